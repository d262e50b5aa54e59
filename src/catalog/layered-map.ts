/**
 * An immutable map that is cheap to change a little: a big base, shared by many versions, under a small delta.
 *
 * A new version copies only the delta, and not even that when nothing is changed; when the delta outgrows the square root of the base (roughly) both are merged into a
 * new base. So n single changes cost O(n·√n) in all, and a lookup at most two Map accesses.
 */
const GONE = Symbol("gone");

export class LayeredMap<K, V> {
  readonly #base: ReadonlyMap<K, V>;
  readonly #delta: ReadonlyMap<K, V | typeof GONE>;

  constructor(base: ReadonlyMap<K, V> = new Map(), delta: ReadonlyMap<K, V | typeof GONE> = new Map()) {
    this.#base = base;
    this.#delta = delta;
  }

  get(key: K): V | undefined {
    const changed = this.#delta.get(key);
    if (changed === undefined) return this.#base.get(key);
    return changed === GONE ? undefined : (changed as V);
  }

  /** That nothing was ever put into it. */
  get isEmpty(): boolean {
    return this.#base.size === 0 && this.#delta.size === 0;
  }
  *entries(): IterableIterator<readonly [K, V]> {
    for (const entry of this.#base) if (!this.#delta.has(entry[0])) yield entry;
    for (const [key, value] of this.#delta) if (value !== GONE) yield [key, value as V];
  }
  *values(): IterableIterator<V> {
    for (const [key, value] of this.#base) if (!this.#delta.has(key)) yield value;
    for (const value of this.#delta.values()) if (value !== GONE) yield value as V;
  }

  /** A version of its own to change; `done` gives the new immutable map. */
  edit(): LayeredMapEditor<K, V> {
    const base = this.#base;
    let delta: ReadonlyMap<K, V | typeof GONE> = this.#delta;
    let own: Map<K, V | typeof GONE> | undefined;
    const changed = (): Map<K, V | typeof GONE> => {
      own ??= new Map(delta);
      delta = own;
      return own;
    };
    return {
      get: (key) => {
        const value = delta.get(key);
        if (value === undefined) return base.get(key);
        return value === GONE ? undefined : (value as V);
      },
      set: (key, value) => void changed().set(key, value),
      delete: (key) => {
        if (base.has(key)) changed().set(key, GONE);
        else if (delta.has(key)) changed().delete(key);
      },
      done: () => {
        if (own === undefined) return this;
        if (delta.size <= 32 + 4 * Math.sqrt(base.size)) return new LayeredMap(base, delta);
        const merged = new Map(base);
        for (const [key, value] of delta) {
          if (value === GONE) merged.delete(key);
          else merged.set(key, value as V);
        }
        return new LayeredMap(merged);
      },
    };
  }
}

export interface LayeredMapEditor<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  delete(key: K): void;
  done(): LayeredMap<K, V>;
}
