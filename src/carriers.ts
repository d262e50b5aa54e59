/**
 * Which JavaScript thread carries a PostgreSQL connection: the one that has the fewest. A thread that need not run from the start begins when every
 * other has a connection. Until it runs it is given connections only where the others would have two more: they wait for it then, which is
 * better than a whole pool on one thread for as long as it lives; two clients never wait.
 */
type State = "asleep" | "starting" | "running";

export const carriedBytes = (threads: number): number => threads * Int32Array.BYTES_PER_ELEMENT;

export class Carriers {
  /** Connections by thread, in shared memory: counted here, taken off by their thread when they end. */
  readonly #carried: Int32Array;
  readonly #states: State[];
  readonly #begin: (thread: number) => void;

  /** @param begin starts a thread; `runs` follows */
  constructor(carried: Int32Array, runningCount: number, begin: (thread: number) => void) {
    this.#carried = carried;
    this.#states = Array.from(carried, (_, thread): State => (thread < runningCount ? "running" : "asleep"));
    this.#begin = begin;
  }

  /** The thread for a new connection. */
  next(): number {
    if (this.#awake().every((thread) => this.#count(thread) > 0)) this.#wakeOne();
    const cost = (thread: number): number => this.#count(thread) + (this.isRunning(thread) ? 0 : 1);
    const isBetter = (a: number, b: number): boolean =>
      cost(a) < cost(b) || (cost(a) === cost(b) && this.isRunning(a) && !this.isRunning(b));
    const best = this.#awake().reduce((found, thread) => (isBetter(thread, found) ? thread : found));
    Atomics.add(this.#carried, best, 1);
    return best;
  }
  runs(thread: number): void {
    this.#states[thread] = "running";
  }
  isRunning(thread: number): boolean {
    return this.#states[thread] === "running";
  }

  #wakeOne(): void {
    const thread = this.#states.indexOf("asleep");
    if (thread < 0) return;
    this.#states[thread] = "starting";
    this.#begin(thread);
  }
  #awake(): number[] {
    return this.#states.flatMap((state, thread) => (state === "asleep" ? [] : [thread]));
  }
  #count(thread: number): number {
    return Atomics.load(this.#carried, thread);
  }
}
