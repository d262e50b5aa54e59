/** The server of one process: the engine, and its doors on one or several JavaScript threads. */
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { countersBytes } from "../protocols/resp/index.js";
import { socketPath } from "../protocols/server/index.js";
import { carriedBytes } from "./carriers.js";
import type { Settings } from "./cli/settings.js";
import { type Door, type DoorShare, openDoors } from "./doors.js";
import { serverStartBytes, sessionPlaceBytes } from "./engine/index.js";
import { createLogger } from "./logger.js";
import { native } from "./native/index.js";
import type { ReceptionOrder, ReceptionReport, ReceptionShare } from "./reception-thread.js";
import { type ConfigurationInForce, socketFolders } from "./server-configuration.js";
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
  const startCount = settings.threads || 1;
  const threadCount = settings.threads || automaticThreads();
  const share: DoorShare = {
    settings,
    threadNumber: 0,
    connectionCounts: new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT),
    carried: new SharedArrayBuffer(carriedBytes(threadCount)),
    redisCounters: new SharedArrayBuffer(countersBytes),
    scramMockSeed: randomBytes(32),
    sessionPlaces: new SharedArrayBuffer(sessionPlaceBytes),
    serverStart: new SharedArrayBuffer(serverStartBytes),
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
  let reception: ReceptionThread | undefined;
  const doors = await openDoors(share, own, {
    // Redis' connections go round: this thread, then each that ran from the start.
    handOver: (door, descriptor) => {
      turn = (turn + 1) % startCount;
      if (turn === 0) return false;
      (threads[turn - 1] as ServerThread).adopt(door, descriptor);
      return true;
    },
    configured: (configuration) => reception?.configure(configuration),
  });
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
    const ready: Promise<void>[] = [];
    for (let number = 1; number < startCount; number++) {
      const data = { share: { ...share, threadNumber: number }, reception: receptionEnd() };
      const started = startThread(data, (message) => fail(`thread ${number}: ${message}`));
      threads.push(started.thread);
      ready.push(started.ready);
    }
    await Promise.all(ready);
    if (receives) {
      reception = new ReceptionThread(share, carriers, threadCount, doors.configuration(), {
        failed: (message) => fail(`reception: ${message}`),
        begun: (thread) => threads.push(thread),
      });
      pgPort = await reception.port;
    }
  } catch (error) {
    ending = true;
    await reception?.close();
    own?.close();
    await Promise.all(threads.map((thread) => thread.close(0)));
    await reception?.gone();
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
      await reception?.gone();
      await doors.close();
    },
  };
}

/** More than these gain little: the engine's own threads need processors, too. */
const AUTOMATIC_THREADS_MAX = 4;
const automaticThreads = (): number => Math.min(availableParallelism(), AUTOMATIC_THREADS_MAX);

interface ReceptionEvents {
  readonly failed: (message: string) => void;
  /** A thread that was not there at the start. */
  readonly begun: (thread: ServerThread) => void;
}

class ReceptionThread {
  /** Rejects as listening does: EADDRINUSE and its like. */
  readonly port: Promise<number>;
  readonly #worker: Worker;
  readonly #gone: Promise<void>;
  readonly #socketFolders: readonly string[];
  #closed: () => void = () => {};

  constructor(
    share: DoorShare,
    carriers: MessagePort[],
    threadCount: number,
    configuration: ConfigurationInForce,
    events: ReceptionEvents,
  ) {
    const { settings, sessionPlaces, carried } = share;
    this.#socketFolders = socketFolders(settings);
    const transferList = [...carriers];
    const late: ReceptionShare["late"][number][] = [];
    const orders = new Map<number, MessagePort>();
    for (let number = carriers.length; number < threadCount; number++) {
      const [carrier, order] = [new MessageChannel(), new MessageChannel()];
      late.push({
        carrier: carrier.port1,
        data: { share: { ...share, threadNumber: number }, reception: carrier.port2, orders: order.port2 },
      });
      orders.set(number, order.port1);
      transferList.push(carrier.port1, carrier.port2, order.port2);
    }
    const workerData: ReceptionShare = {
      host: settings.host,
      port: settings.pg_port,
      socketFolders: this.#socketFolders,
      socketPermissions: settings.unix_socket_permissions,
      maxSilent: 2 * settings.max_connections,
      sessionPlaces,
      carried,
      carriers,
      late,
      configuration,
    };
    this.#worker = new Worker(new URL("./reception-thread.js", import.meta.url), {
      workerData,
      transferList,
      // It keeps nothing.
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 },
    });
    this.#gone = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
    this.port = new Promise((resolve, reject) => {
      this.#worker.on("message", (report: ReceptionReport) => {
        if (report === "closed") this.#closed();
        else if ("port" in report) resolve(report.port);
        else if ("begun" in report)
          events.begun(new ServerThread(orders.get(report.begun) as MessagePort, () => void this.#worker.terminate()));
        else if ("threadFailed" in report) events.failed(`thread ${report.threadFailed.number}: ${report.threadFailed.message}`);
        else reject(Object.assign(new Error(report.error.message), report.error));
      });
      this.#worker.once("error", reject);
    });
    this.#worker.on("error", (error) => events.failed(error.message));
  }

  configure(configuration: ConfigurationInForce): void {
    this.#worker.postMessage({ configuration } satisfies ReceptionOrder);
  }

  /** Stops accepting. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => (this.#closed = resolve));
    this.#worker.postMessage("close" satisfies ReceptionOrder);
    const timer = setTimeout(() => void this.#worker.terminate(), 1000);
    await Promise.race([closed, this.#gone]);
    clearTimeout(timer);
    // What had to be ended could not clear up.
    const port = await this.port.catch(() => undefined);
    if (port !== undefined) for (const folder of this.#socketFolders) rmSync(socketPath(folder, port), { force: true });
  }
  /** Once the threads that it began have ended. */
  gone(): Promise<void> {
    return this.#gone;
  }
}

function startThread(
  data: Omit<ThreadData, "orders">,
  failed: (message: string) => void,
): { readonly thread: ServerThread; readonly ready: Promise<void> } {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL("./server-thread.js", import.meta.url), {
    workerData: { ...data, orders: port2 } satisfies ThreadData,
    transferList: data.reception === undefined ? [port2] : [data.reception, port2],
  });
  const ready = new Promise<void>((resolve, reject) => {
    worker.once("message", () => resolve());
    worker.once("error", reject);
  });
  worker.on("error", (error) => failed(error.message));
  return { thread: new ServerThread(port1, () => void worker.terminate()), ready };
}

class ServerThread {
  readonly #orders: MessagePort;
  readonly #terminate: () => void;
  readonly #gone: Promise<void>;

  constructor(orders: MessagePort, terminate: () => void) {
    this.#orders = orders;
    this.#terminate = terminate;
    this.#gone = new Promise((resolve) => orders.once("close", () => resolve()));
  }

  /** Gives it a connection: a duplicate of the descriptor, which the thread closes by itself. */
  adopt(door: Door, descriptor: number): void {
    this.#order({ door, descriptor: native.engine.duplicateDescriptor(descriptor) });
  }
  #order(order: ThreadOrder): void {
    this.#orders.postMessage(order);
  }

  /** Asks the thread to close its doors; ends it when it does not. */
  async close(graceMillis: number, logFailure?: LogFailure): Promise<void> {
    this.#order({ closeWithin: graceMillis, logFailure: logFailure && { message: logFailure.message, code: logFailure.code } });
    const timer = setTimeout(this.#terminate, graceMillis + 2000);
    await this.#gone;
    clearTimeout(timer);
  }
}
