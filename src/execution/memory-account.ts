/** Rows that one operator holds, counted against the statement's limit. */
import { memoryLimitExceeded, type Row } from "../types/index.js";
import type { RunState } from "./operator.js";
import { rowBytes } from "./row-keys.js";

/** Every this many rows one is measured and stands for the rest. */
const SAMPLE = 64;

export class MemoryAccount {
  #bytes = 0;
  #count = 0;
  readonly #limit: number;
  constructor(
    readonly what: string,
    state: RunState,
  ) {
    this.#limit = state.context.memoryLimitBytes;
  }
  hold(row: Row): void {
    if (this.#count++ % SAMPLE !== 0) return;
    this.#bytes += SAMPLE * rowBytes(row);
    if (this.#bytes > this.#limit) throw memoryLimitExceeded(this.what, this.#limit);
  }
}
