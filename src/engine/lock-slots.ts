/**
 * This thread's way to weak relation locks without a call into the addon (native/storage/lock_slots.h has the protocol and its reasons).
 *
 * A slot is four 32-bit words: relation (0: free, 2^32 - 1: the lock manager's by now), mode, process, unused.
 */
import type { Engine, LocksBinding } from "../native/index.js";
import type { Oid } from "../types/index.js";

const WORDS = 4;
const MODE = 1;
const PROCESS = 2;

export class LockSlots {
  readonly #strong: Uint32Array;
  readonly #slots: Uint32Array;
  readonly #free: number[] = [];
  /** Slots from here on were never used. */
  #fresh = 0;

  constructor(locks: LocksBinding, engine: Engine) {
    const { strong, slots } = locks.slots(engine);
    this.#strong = strong;
    this.#slots = slots;
  }

  /** Somebody holds or wants a strong lock of the relation, or of one that shares its place. */
  isContended(relation: Oid): boolean {
    return Atomics.load(this.#strong, relation % this.#strong.length) !== 0;
  }
  /** The slot that holds the lock now; undefined: the lock manager must be asked. */
  take(process: number, relation: Oid, mode: number): number | undefined {
    if (this.isContended(relation)) return undefined;
    const slot = this.#free.pop() ?? this.#fresh;
    if (slot === this.#fresh) {
      if (slot + WORDS > this.#slots.length) return undefined;
      this.#fresh += WORDS;
    }
    this.#slots[slot + MODE] = mode;
    this.#slots[slot + PROCESS] = process;
    Atomics.store(this.#slots, slot, relation);
    // Whoever counted itself before the store is seen now; whoever did after it finds the slot, and the lock is held.
    if (!this.isContended(relation) || Atomics.load(this.#slots, slot) !== relation) return slot;
    if (Atomics.compareExchange(this.#slots, slot, relation, 0) !== relation) return slot;
    this.#free.push(slot);
    return undefined;
  }
  /** False: the lock manager has it and must release it too; `freed` afterwards. */
  give(slot: number, relation: Oid): boolean {
    if (Atomics.compareExchange(this.#slots, slot, relation, 0) !== relation) return false;
    this.#free.push(slot);
    return true;
  }
  /** After the lock manager has released what it took over. */
  freed(slot: number): void {
    Atomics.store(this.#slots, slot, 0);
    this.#free.push(slot);
  }
}
