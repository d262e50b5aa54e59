/** The constants of an IN list as a hash set, made when the first row asks: a native pipeline may run instead and never ask. */
import type { Expression } from "../../plan/index.js";
import type { Datum } from "../../types/index.js";

export class HashedList {
  readonly #items: readonly Expression[];
  readonly #hash: ((value: Exclude<Datum, null>) => unknown) | undefined;
  #keys: Set<unknown> | undefined;

  /** `hash` undefined: the values are their own keys. NULLs are left out. */
  constructor(items: readonly Expression[], hash: ((value: Exclude<Datum, null>) => unknown) | undefined) {
    this.#items = items;
    this.#hash = hash;
  }
  has(key: unknown): boolean {
    this.#keys ??= this.#build();
    return this.#keys.has(key);
  }
  #build(): Set<unknown> {
    const keys = new Set<unknown>();
    for (const item of this.#items) {
      if (item.kind === "Constant" && item.value !== null) keys.add(this.#hash === undefined ? item.value : this.#hash(item.value));
    }
    return keys;
  }
}
