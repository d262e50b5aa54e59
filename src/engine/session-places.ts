/**
 * What every JavaScript thread of the server, and native threads, may write to or read of a session while its own thread is busy with a statement and
 * takes no message: a place of 96 bytes in shared memory. Two views of it: requests to stop (Interrupts) and how far long work has come (Progress).
 *
 * 32-bit words: process id (0: free), how many words the cancel key has, what is asked for, whether native work shall end, then of Progress: kind of work (0: none), command,
 * phase, relation, index, an extra; from byte 40 on three 64-bit numbers: what there is to do, what is done, one more that the kind explains; then the cancel key. Only the thread of a
 * session takes and frees its place; progress is for looking at, so its words are not read as one.
 */
import { assert } from "../types/index.js";

/** Protocol 3.0 has cancel keys of one word, 3.2 of up to 64; ours have eight. */
export const MAX_KEY_WORDS = 8;
const BYTES = 64 + MAX_KEY_WORDS * Int32Array.BYTES_PER_ELEMENT;
const WORDS = BYTES / Int32Array.BYTES_PER_ELEMENT;
/** Sessions that can be reached so; those beyond are reached by message alone, when their thread is free, and show no progress. */
const PLACES = 1 << 13;
export const sessionPlaceBytes = PLACES * BYTES;
/** A session without a place. */
export const NO_PLACE = -1;

export const Word = {
  process: 0,
  keyLength: 1,
  asked: 2,
  stop: 3,
  kind: 4,
  command: 5,
  phase: 6,
  relation: 7,
  index: 8,
  extra: 9,
  key: 16,
} as const;
export const Amount = { total: 5, done: 6, more: 7 } as const;

export class SessionPlaces {
  readonly words: Int32Array;
  readonly amounts: Float64Array;
  #next = 0;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(sessionPlaceBytes)) {
    assert(memory.byteLength === sessionPlaceBytes, "the memory of session places has its size");
    this.words = new Int32Array(memory);
    this.amounts = new Float64Array(memory);
  }
  /** The index of its first word; NO_PLACE when all are taken. */
  take(processId: number): number {
    for (let i = 0; i < PLACES; i++) {
      const place = ((this.#next + i) % PLACES) * WORDS;
      if (Atomics.compareExchange(this.words, place + Word.process, 0, processId) !== 0) continue;
      this.#next = place / WORDS + 1;
      return place;
    }
    return NO_PLACE;
  }
  free(place: number): void {
    if (place === NO_PLACE) return;
    for (const word of [Word.kind, Word.keyLength, Word.asked, Word.process]) Atomics.store(this.words, place + word, 0);
  }
  find(processId: number): number {
    // A free place has no session.
    if (processId === 0) return NO_PLACE;
    for (let place = 0; place < this.words.length; place += WORDS)
      if (Atomics.load(this.words, place + Word.process) === processId) return place;
    return NO_PLACE;
  }
  /** Places that are taken. */
  *taken(): Iterable<number> {
    for (let place = 0; place < this.words.length; place += WORDS) if (Atomics.load(this.words, place + Word.process) !== 0) yield place;
  }
}
