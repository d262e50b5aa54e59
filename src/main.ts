/** The server of one process: the engine, and its doors on one or several JavaScript threads. */
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { countersBytes } from "../protocols/resp/index.js";
import { socketPath } from "../protocols/server/index.js";
import type { Settings } from "./cli/settings.js";
import { type Door, type DoorShare, openDoors } from "./doors.js";
import { sessionPlaceBytes } from "./engine/index.js";
import { createLogger } from "./logger.js";
import { native } from "./native/index.js";
import type { ReceptionReport, ReceptionShare } from "./reception-thread.js";
import { socketFolders } from "./server-configuration.js";
import type { LogFailure, ThreadData, ThreadOrder } from "./server-thread.js";

export interface RunningServer {
  readonly pgPort: number | undefined;
  readonly redisPort: number | undefined;
  readonly redisTlsPort: number | undefined;
  /** Reads again what may change while the server runs. */
  reload(): void;
  /** Stops the doors, tells clients, flushes and closes the engine. */
  close(): Promise<void>;
}

const GRACE_MILLIS = 3000;
/** How long clients have to read why, when the server cannot go on. */
const FAILURE_GRACE_MILLIS = 500;

/** @param failed called once, with one clear line, when the server cannot go on and has told its clients: the process must end. */
export async function startServer(settings: Settings, failed: (message: string) => void): Promise<RunningServer> {
  const log = createLogger(settings.log_level);
  native.engine.useWholeStack();
  const share: DoorShare = {
    settings,
    threadNumber: 0,
    connectionCounts: new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT),
    redisCounters: new SharedArrayBuffer(countersBytes),
    scramMockSeed: randomBytes(32),
    sessionPlaces: new SharedArrayBuffer(sessionPlaceBytes),
  };
  const receives = settings.pg_port !== 0;
  /** From the reception to each thread: here the ends that it writes to. */
  const carriers: MessagePort[] = [];
  const receptionEnd = (): MessagePort | undefined => {
    if (!receives) return undefined;
    const { port1, port2 } = new MessageChannel();
    carriers.push(port1);
    return port2;
  };
  const own = receptionEnd();
  const threads: ServerThread[] = [];
  let turn = 0;
  // Connections go round: this thread, then each of the others.
  const doors = await openDoors(share, own, (door, descriptor) => {
    turn = (turn + 1) % (threads.length + 1);
    if (turn === 0) return false;
    (threads[turn - 1] as ServerThread).adopt(door, descriptor);
    return true;
  });
  let reception: ReceptionThread | undefined;
  let pgPort: number | undefined;
  let ending = false;
  const fail = (message: string, logFailure?: LogFailure) => {
    if (ending) return;
    ending = true;
    // No checkpoint and no orderly end of the engine: memory may be ahead of what is durable, the next start reads the log.
    void Promise.all([
      doors.closeListeners(FAILURE_GRACE_MILLIS),
      ...threads.map((thread) => thread.close(FAILURE_GRACE_MILLIS, logFailure)),
    ]).finally(() => failed(message));
  };
  doors.database.onEvent((event) => {
    if (event.kind === "logFailed")
      fail(`the log cannot be written (${event.message}): stopping; everything acknowledged is in ${settings.data}`, event);
  });
  try {
    for (let number = 1; number < settings.threads; number++)
      threads.push(new ServerThread(share, number, receptionEnd(), (message) => fail(`thread ${number}: ${message}`)));
    await Promise.all(threads.map((thread) => thread.ready));
    if (receives) reception = new ReceptionThread(settings, share.sessionPlaces, carriers, (message) => fail(`reception: ${message}`));
    pgPort = await reception?.port;
  } catch (error) {
    ending = true;
    await reception?.close();
    own?.close();
    await Promise.all(threads.map((thread) => thread.close(0)));
    await doors.close(0);
    throw error;
  }
  const tornBytes = native.engine.statistics(doors.database.engine)["recovery.tornBytes"] ?? 0;
  if (tornBytes > 0)
    log.warn({ tornBytes }, "the log ended in an unfinished record (power loss or kill): cut off, nothing acknowledged was in it");
  return {
    pgPort,
    redisPort: doors.redis?.port,
    redisTlsPort: doors.redisTls?.port,
    reload: () => doors.database.reloadConfiguration(),
    close: async () => {
      ending = true;
      await reception?.close();
      own?.close();
      await Promise.all([doors.closeListeners(GRACE_MILLIS), ...threads.map((thread) => thread.close(GRACE_MILLIS))]);
      await doors.close();
    },
  };
}

class ReceptionThread {
  /** Rejects as listening does: EADDRINUSE and its like. */
  readonly port: Promise<number>;
  readonly #worker: Worker;
  readonly #gone: Promise<void>;
  readonly #socketFolders: readonly string[];

  constructor(settings: Settings, sessionPlaces: SharedArrayBuffer, carriers: MessagePort[], failed: (message: string) => void) {
    this.#socketFolders = socketFolders(settings);
    const workerData: ReceptionShare = {
      host: settings.host,
      port: settings.pg_port,
      socketFolders: this.#socketFolders,
      socketPermissions: settings.unix_socket_permissions,
      maxSilent: 2 * settings.max_connections,
      sessionPlaces,
      carriers,
    };
    this.#worker = new Worker(new URL("./reception-thread.js", import.meta.url), {
      workerData,
      transferList: carriers,
      // It keeps nothing.
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 },
    });
    this.#gone = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
    this.port = new Promise((resolve, reject) => {
      this.#worker.once("message", (report: ReceptionReport) => {
        if ("port" in report) resolve(report.port);
        else reject(Object.assign(new Error(report.error.message), report.error));
      });
      this.#worker.once("error", reject);
    });
    this.#worker.on("error", (error) => failed(error.message));
  }

  /** Stops accepting. */
  async close(): Promise<void> {
    this.#worker.postMessage("close");
    const timer = setTimeout(() => void this.#worker.terminate(), 1000);
    await this.#gone;
    clearTimeout(timer);
    // What had to be ended could not clear up.
    const port = await this.port.catch(() => undefined);
    if (port !== undefined) for (const folder of this.#socketFolders) rmSync(socketPath(folder, port), { force: true });
  }
}

class ServerThread {
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #gone: Promise<void>;

  constructor(share: DoorShare, threadNumber: number, reception: MessagePort | undefined, failed: (message: string) => void) {
    const workerData: ThreadData = { share: { ...share, threadNumber }, reception };
    const transferList = reception === undefined ? [] : [reception];
    this.#worker = new Worker(new URL("./server-thread.js", import.meta.url), { workerData, transferList });
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
  async close(graceMillis: number, logFailure?: LogFailure): Promise<void> {
    this.#order({ closeWithin: graceMillis, logFailure: logFailure && { message: logFailure.message, code: logFailure.code } });
    const timer = setTimeout(() => void this.#worker.terminate(), graceMillis + 2000);
    await this.#gone;
    clearTimeout(timer);
  }
}
