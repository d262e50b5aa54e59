/** The server of one process: the engine, and its doors on one or several JavaScript threads. */
import { randomBytes } from "node:crypto";
import { Worker } from "node:worker_threads";
import { countersBytes } from "../protocols/resp/index.js";
import type { Settings } from "./cli/settings.js";
import { type Door, type DoorShare, openDoors } from "./doors.js";
import { createLogger } from "./logger.js";
import { native } from "./native/index.js";
import type { ThreadOrder } from "./server-thread.js";

export interface RunningServer {
  readonly pgPort: number | undefined;
  readonly redisPort: number | undefined;
  /** Stops the doors, tells clients, flushes and closes the engine. */
  close(): Promise<void>;
}

const GRACE_MILLIS = 3000;
/** How long clients have to read why, when the server cannot go on. */
const FAILURE_GRACE_MILLIS = 500;

/** @param failed called once, with one clear line, when the server cannot go on and has told its clients: the process must end. */
export async function startServer(settings: Settings, failed: (message: string) => void): Promise<RunningServer> {
  const log = createLogger(settings.log_level);
  const share: DoorShare = {
    settings,
    threadNumber: 0,
    connectionCounts: new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT),
    redisCounters: new SharedArrayBuffer(countersBytes),
    scramMockSeed: randomBytes(32),
  };
  const threads: ServerThread[] = [];
  let turn = 0;
  // Connections go round: this thread, then each of the others.
  const doors = await openDoors(share, (door, descriptor) => {
    turn = (turn + 1) % (threads.length + 1);
    if (turn === 0) return false;
    (threads[turn - 1] as ServerThread).adopt(door, descriptor);
    return true;
  });
  let ending = false;
  const fail = (message: string) => {
    if (ending) return;
    ending = true;
    // No checkpoint and no orderly end of the engine: memory may be ahead of what is durable, the next start reads the log.
    void Promise.all([doors.closeListeners(FAILURE_GRACE_MILLIS), ...threads.map((thread) => thread.close(FAILURE_GRACE_MILLIS))]).finally(
      () => failed(message),
    );
  };
  doors.database.onEvent((event) => {
    if (event.kind === "logFailed")
      fail(`the log cannot be written (${event.message}): stopping; everything acknowledged is in ${settings.data}`);
  });
  try {
    for (let number = 1; number < settings.threads; number++)
      threads.push(new ServerThread(share, number, (message) => fail(`thread ${number}: ${message}`)));
    await Promise.all(threads.map((thread) => thread.ready));
  } catch (error) {
    ending = true;
    await Promise.all(threads.map((thread) => thread.close(0)));
    await doors.close(0);
    throw error;
  }
  const tornBytes = native.engine.statistics(doors.database.engine)["recovery.tornBytes"] ?? 0;
  if (tornBytes > 0)
    log.warn({ tornBytes }, "the log ended in an unfinished record (power loss or kill): cut off, nothing acknowledged was in it");
  return {
    pgPort: doors.pg?.port,
    redisPort: doors.redis?.port,
    close: async () => {
      ending = true;
      await Promise.all([doors.closeListeners(GRACE_MILLIS), ...threads.map((thread) => thread.close(GRACE_MILLIS))]);
      await doors.close();
    },
  };
}

class ServerThread {
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #gone: Promise<void>;

  constructor(share: DoorShare, threadNumber: number, failed: (message: string) => void) {
    const workerData: DoorShare = { ...share, threadNumber };
    this.#worker = new Worker(new URL("./server-thread.js", import.meta.url), { workerData });
    this.#gone = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
    this.ready = new Promise((resolve, reject) => {
      this.#worker.once("message", () => resolve());
      this.#worker.once("error", reject);
    });
    this.#worker.on("error", (error) => failed(error.message));
  }

  /** Gives it a connection: a duplicate of the descriptor, which the thread closes by itself. */
  adopt(door: Door, descriptor: number): void {
    this.#order({ door, descriptor: native.engine.duplicateDescriptor(descriptor) });
  }
  #order(order: ThreadOrder): void {
    this.#worker.postMessage(order);
  }

  /** Asks the thread to close its doors; ends it when it does not. */
  async close(graceMillis: number): Promise<void> {
    this.#order({ closeWithin: graceMillis });
    const timer = setTimeout(() => void this.#worker.terminate(), graceMillis + 2000);
    await this.#gone;
    clearTimeout(timer);
  }
}
