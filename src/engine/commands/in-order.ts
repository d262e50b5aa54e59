/** Steps of a definition one after the other, of which some go on in other threads: a transaction may work for one only at a time. */
export type Pending = Promise<void> | undefined;

/** A promise from the first step on that gave one; undefined when all of it was done on the spot. */
export function inOrder<T>(items: readonly T[], step: (item: T) => Pending): Pending {
  const from = (at: number): Pending => {
    for (let i = at; i < items.length; i++) {
      const pending = step(items[i] as T);
      if (pending !== undefined) return pending.then(() => from(i + 1));
    }
    return undefined;
  };
  return from(0);
}

/** What follows a step, at once when that was done on the spot. */
export const after = (pending: Pending, next: () => Pending | void): Pending =>
  pending === undefined ? (next() ?? undefined) : pending.then(next);
