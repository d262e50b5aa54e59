/** The lists and registers of a run, and the numbers that its sessions give their transactions and what they write. */
import { INITIAL } from "./history.js";

const count = 4;
/** A list that has been appended to so often is left, and one of a new name takes its place: reads cost the same at the end as at the beginning. */
const appendsPerList = 40;

export type Draw = (n: number) => number;

export class Lists {
  private readonly generation: number[] = new Array(count).fill(1);
  private readonly appends: number[] = new Array(count).fill(0);
  private readonly left: string[] = [];
  constructor(private readonly prefix: string) {}

  /** Those that are appended to now. */
  get live(): readonly string[] {
    return this.generation.map((_, slot) => this.name(slot));
  }
  /** Those of the whole run. */
  get all(): readonly string[] {
    return [...this.left, ...this.live];
  }
  forRead(draw: Draw): string {
    return this.name(draw(count));
  }
  forAppend(draw: Draw): string {
    const slot = draw(count);
    if (this.appends[slot] === appendsPerList) {
      this.left.push(this.name(slot));
      this.generation[slot] = (this.generation[slot] as number) + 1;
      this.appends[slot] = 0;
    }
    this.appends[slot] = (this.appends[slot] as number) + 1;
    return this.name(slot);
  }
  private name(slot: number): string {
    return `${this.prefix}${slot + 1}-${this.generation[slot]}`;
  }
}

export class Places {
  private id = 0;
  private value = INITIAL;
  /** In rows. */
  readonly rowLists = new Lists("k");
  readonly rowRegisters = registers("v");
  /** In the keyspace. */
  readonly keyLists: Lists;
  readonly keyRegisters: readonly string[];
  /** A list of the keyspace. */
  readonly witnesses: string;

  /** `name` keeps runs on one server apart: tables and keys have it in theirs. */
  constructor(readonly name: string) {
    this.keyLists = new Lists(`${name}-r`);
    this.keyRegisters = registers(`${name}-s`);
    this.witnesses = `${name}-witnesses`;
  }

  nextId(): number {
    return ++this.id;
  }
  nextValue(): number {
    return ++this.value;
  }
}
const registers = (prefix: string): readonly string[] => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);

export const oneOf = (all: readonly string[], draw: Draw): string => all[draw(all.length)] as string;

/** Numbers below n, the same for the same seed (mulberry32). */
export function generator(seed: number): Draw {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}
