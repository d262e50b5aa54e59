/**
 * random() of a session: the platform's generator until setseed(), then xoroshiro128** as PostgreSQL seeds it, so that a seed gives the
 * sequence that it gives there. Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2021); splitmix64.
 */
const MASK = (1n << 64n) - 1n;
const rotate = (x: bigint, bits: bigint) => ((x << bits) | (x >> (64n - bits))) & MASK;

export class Randomness {
  #state: [bigint, bigint] | undefined;

  /** @param seed  from -1 to 1 */
  seed(seed: number): void {
    let state = BigInt.asUintN(64, BigInt(Math.trunc((2 ** 52 - 1) * seed)));
    const next = (): bigint => {
      state = (state + 0x9e3779b97f4a7c15n) & MASK;
      let value = state;
      value = ((value ^ (value >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
      value = ((value ^ (value >> 27n)) * 0x94d049bb133111ebn) & MASK;
      return value ^ (value >> 31n);
    };
    this.#state = [next(), next()];
  }
  /** From 0 up to, not including, 1. */
  next(): number {
    if (this.#state === undefined) return Math.random();
    const [first, second] = this.#state;
    const mixed = first ^ second;
    const value = (rotate((first * 5n) & MASK, 7n) * 9n) & MASK;
    this.#state = [(rotate(first, 24n) ^ mixed ^ (mixed << 16n)) & MASK, rotate(mixed, 37n)];
    return Number(value >> 12n) * 2 ** -52;
  }
}
