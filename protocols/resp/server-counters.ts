/**
 * Numbers of INFO that live with connections, for all threads together: each thread writes its own row of one shared array, readers add
 * the rows up.
 */
export const Counter = {
  clients: 0,
  blocked: 1,
  connectionsReceived: 2,
  rejected: 3,
  inputBytes: 4,
  outputBytes: 5,
  pubsubClients: 6,
  reads: 7,
  writes: 8,
  evictedClients: 9,
  monitors: 10,
  evalScriptsBytes: 11,
  fullSyncs: 12,
  partialSyncs: 13,
  refusedPartialSyncs: 14,
  clientBytes: 15,
} as const;
export const counterSlots = 16;
export const maxCounterThreads = 64;
export const countersBytes = counterSlots * maxCounterThreads * Float64Array.BYTES_PER_ELEMENT;

/** Since CONFIG RESETSTAT: the others are levels. */
const sums = [
  Counter.connectionsReceived,
  Counter.rejected,
  Counter.inputBytes,
  Counter.outputBytes,
  Counter.reads,
  Counter.writes,
  Counter.fullSyncs,
  Counter.partialSyncs,
  Counter.refusedPartialSyncs,
] as const;

export class ServerCounters {
  readonly #all: Float64Array;
  readonly #mine: number;
  #samples: { readonly at: number; readonly commands: number; readonly input: number; readonly output: number }[] = [];

  constructor(shared: SharedArrayBuffer | undefined, thread: number) {
    this.#all = new Float64Array(shared ?? new ArrayBuffer(countersBytes));
    this.#mine = (thread % maxCounterThreads) * counterSlots;
  }
  add(counter: number, by: number): void {
    this.#all[this.#mine + counter] = (this.#all[this.#mine + counter] as number) + by;
  }
  set(counter: number, value: number): void {
    this.#all[this.#mine + counter] = value;
  }
  total(counter: number): number {
    let sum = 0;
    for (let at = counter; at < this.#all.length; at += counterSlots) sum += this.#all[at] as number;
    return sum;
  }
  reset(): void {
    for (const counter of sums) for (let at: number = counter; at < this.#all.length; at += counterSlots) this.#all[at] = 0;
    this.#samples = [];
  }
  /** Once a second: for the rates of the last moments. */
  sample(commands: number): void {
    this.#samples.push({ at: Date.now(), commands, input: this.total(Counter.inputBytes), output: this.total(Counter.outputBytes) });
    if (this.#samples.length > 16) this.#samples.shift();
  }
  /** Commands and kilobytes a second. */
  rates(): { readonly commands: number; readonly input: number; readonly output: number } {
    const first = this.#samples[0];
    const last = this.#samples[this.#samples.length - 1];
    const seconds = first === undefined || last === undefined ? 0 : (last.at - first.at) / 1000;
    if (first === undefined || last === undefined || seconds <= 0) return { commands: 0, input: 0, output: 0 };
    return {
      commands: Math.max(Math.round((last.commands - first.commands) / seconds), 0),
      input: Math.max((last.input - first.input) / seconds / 1024, 0),
      output: Math.max((last.output - first.output) / seconds / 1024, 0),
    };
  }
}
