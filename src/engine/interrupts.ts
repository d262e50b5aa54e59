/**
 * Requests to stop a statement. Who asks writes to the session's place, and the statement looks there (EngineSession.checkCancel).
 *
 * A client's request comes by a connection of its own and may overtake its statement, which is still in a buffer or waits on an I/O thread. So
 * it *stands*: the next statement does not forget it. It stands until something takes it, or for a moment after the session's thread has
 * heard of it; then it is like any other. The client's connection stays open for as long: who waits for its end cannot hit a later statement.
 */
import { assert } from "../types/index.js";
import { MAX_KEY_WORDS, NO_PLACE, type SessionPlaces, Word } from "./session-places.js";

/** What a client must know to cancel: 32-bit words as they came in the protocol. */
export type CancelKey = readonly number[];

/** Bits. */
export const Interrupt = { none: 0, cancel: 1, terminate: 2, standing: 4 } as const;
export type Interrupt = (typeof Interrupt)[keyof typeof Interrupt];

/**
 * How long a request stands that the session's thread knows: longer than a statement may wait on an I/O thread before it is a session's
 * (native/io/io_thread.cc).
 */
const STANDS_MILLIS = 40;
/** How long for the thread to hear of it: it may compute for another session. */
const HEARD_MILLIS_MAX = 10_000;
const LOOK_MILLIS = 2;

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
  /** A statement begins: what was asked for before does not concern it, unless it stands. */
  forget(place: number): void {
    if (place === NO_PLACE) return;
    // In this order: a request that comes between the two is wanted by both words.
    Atomics.store(this.#words, place + Word.stop, 0);
    const asked = Atomics.and(this.#words, place + Word.asked, Interrupt.standing);
    if ((asked & Interrupt.standing) !== 0) this.stop(place);
  }
  /**
   * A client's request. undefined: there is no such session, or `key` is not its key. Else a promise that ends when the request stands no more.
   *
   * @param heard resolves when the session's thread has looked for the session
   */
  stand(processId: number, key: CancelKey, heard: () => Promise<void>): Promise<void> | undefined {
    if (!this.ask(processId, Interrupt.standing, key)) return undefined;
    return this.#settle(this.#places.find(processId), heard());
  }
  async #settle(place: number, heard: Promise<void>): Promise<void> {
    if (place === NO_PLACE) return;
    let ends = performance.now() + HEARD_MILLIS_MAX;
    void heard.then(() => (ends = performance.now() + STANDS_MILLIS));
    const asked = () => Atomics.load(this.#words, place + Word.asked);
    while ((asked() & Interrupt.standing) !== 0 && performance.now() < ends)
      await new Promise<void>((resolve) => setTimeout(resolve, LOOK_MILLIS));
    for (let was = asked(); (was & Interrupt.standing) !== 0; was = asked()) {
      const without = (was & ~Interrupt.standing) | Interrupt.cancel;
      if (Atomics.compareExchange(this.#words, place + Word.asked, was, without) === was) return;
    }
  }
  /** Whether a request stands that a statement may take, and none to end the session is there. */
  stands(place: number): boolean {
    if (place === NO_PLACE) return false;
    return (Atomics.load(this.#words, place + Word.asked) & (Interrupt.standing | Interrupt.terminate)) === Interrupt.standing;
  }
  /** What was asked for since the last call. */
  take(place: number): Interrupt {
    if (place === NO_PLACE || Atomics.load(this.#words, place + Word.asked) === Interrupt.none) return Interrupt.none;
    const asked = Atomics.exchange(this.#words, place + Word.asked, Interrupt.none);
    return (asked & Interrupt.terminate) !== 0 ? Interrupt.terminate : Interrupt.cancel;
  }
}
