/** Requests to stop a statement. Who asks writes to the session's place, and the statement looks there (EngineSession.checkCancel). */
import { assert } from "../types/index.js";
import { MAX_KEY_WORDS, NO_PLACE, type SessionPlaces, Word } from "./session-places.js";

/** What a client must know to cancel: 32-bit words as they came in the protocol. */
export type CancelKey = readonly number[];

export const Interrupt = { none: 0, cancel: 1, terminate: 2 } as const;
export type Interrupt = (typeof Interrupt)[keyof typeof Interrupt];

export class Interrupts {
  readonly #places: SessionPlaces;
  readonly #words: Int32Array;

  constructor(places: SessionPlaces) {
    this.#places = places;
    this.#words = places.words;
  }
  setKey(place: number, key: CancelKey): void {
    if (place === NO_PLACE) return;
    assert(key.length <= MAX_KEY_WORDS, "a cancel key has at most eight words");
    Atomics.store(this.#words, place + Word.keyLength, 0);
    for (let i = 0; i < key.length; i++) Atomics.store(this.#words, place + Word.key + i, (key[i] as number) | 0);
    Atomics.store(this.#words, place + Word.keyLength, key.length);
  }
  /** False: there is no such session, or `key` is not its key. */
  ask(processId: number, what: Interrupt, key?: CancelKey): boolean {
    const place = this.#places.find(processId);
    if (place === NO_PLACE || (key !== undefined && !this.#opens(place, key))) return false;
    Atomics.or(this.#words, place + Word.asked, what);
    this.stop(place);
    return true;
  }
  /** Compares all words whatever they are: how long it takes tells nothing. */
  #opens(place: number, key: CancelKey): boolean {
    const length = Atomics.load(this.#words, place + Word.keyLength);
    if (length === 0 || key.length !== length) return false;
    let difference = 0;
    for (let i = 0; i < length; i++) difference |= Atomics.load(this.#words, place + Word.key + i) ^ (key[i] as number);
    return difference === 0;
  }
  /** Stays until the next statement: native work looks at it beside whoever takes what was asked for. */
  stop(place: number): void {
    if (place !== NO_PLACE) Atomics.store(this.#words, place + Word.stop, 1);
  }
  /** A statement begins: what was asked for before does not concern it. */
  forget(place: number): void {
    if (place === NO_PLACE) return;
    Atomics.store(this.#words, place + Word.asked, Interrupt.none);
    Atomics.store(this.#words, place + Word.stop, 0);
  }
  /** What was asked for since the last call. */
  take(place: number): Interrupt {
    if (place === NO_PLACE || Atomics.load(this.#words, place + Word.asked) === Interrupt.none) return Interrupt.none;
    const asked = Atomics.exchange(this.#words, place + Word.asked, Interrupt.none);
    return (asked & Interrupt.terminate) !== 0 ? Interrupt.terminate : Interrupt.cancel;
  }
}
