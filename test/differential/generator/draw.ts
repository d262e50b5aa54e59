/** Random choices of one generated statement, drawn through fast-check so that a seed gives them again. */
import fc from "fast-check";

export class Draw {
  readonly #value: ReturnType<typeof generatorOf>;
  constructor(seed: number) {
    this.#value = generatorOf(seed);
  }
  /** 0 … max - 1. */
  below(max: number): number {
    return this.#value(evenly, max - 1);
  }
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }
  /** True in `percent` of 100 draws. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
  /** Calls one of the functions; each counts as often as it says. */
  weighted<T>(choices: readonly (readonly [weight: number, make: () => T])[]): T {
    let at = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, make] of choices) {
      if (at < weight) return make();
      at -= weight;
    }
    throw new Error("assertion failed: weights add up");
  }
  times<T>(count: number, make: (index: number) => T): T[] {
    return Array.from({ length: count }, (_, i) => make(i));
  }
}

/** fast-check prefers small numbers, which would make most choices the first ones. */
const evenly = (max: number) => fc.noBias(fc.nat({ max }));

function generatorOf(seed: number) {
  const [value] = fc.sample(fc.gen(), { seed, numRuns: 1 });
  if (value === undefined) throw new Error("assertion failed: fast-check gives as many samples as asked for");
  return value;
}
