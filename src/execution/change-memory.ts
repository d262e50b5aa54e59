/**
 * Rows that INSERT, UPDATE, DELETE and MERGE hold while they change them. The statements of a thread share half of its heap: a heap that is full ends
 * the process, and work_mem does not count what a statement changes.
 */
import { getHeapStatistics } from "node:v8";
import { memoryLimitExceeded, type Row } from "../types/index.js";
import { rowBytes } from "./row-keys.js";

/** Every this many rows one is measured and stands for the rest. */
const SAMPLE = 64;
const limitBytes = getHeapStatistics().heap_size_limit / 2;
let heldBytes = 0;

export class ChangeMemory {
  readonly #what: string;
  #bytes = 0;
  #count = 0;

  constructor(what: string) {
    this.#what = what;
  }
  /** @param copies forms that the statement gives the row: as it is read, as it was, as it is now */
  hold(row: Row, copies: number): void {
    if (this.#count++ % SAMPLE !== 0) return;
    const bytes = SAMPLE * copies * rowBytes(row);
    this.#bytes += bytes;
    heldBytes += bytes;
    if (heldBytes > limitBytes) throw memoryLimitExceeded(this.#what, limitBytes);
  }
  release(): void {
    heldBytes -= this.#bytes;
    this.#bytes = 0;
  }
}
