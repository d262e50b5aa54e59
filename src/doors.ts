/** The doors of one JavaScript thread over the engine that the threads of the process share (architecture, rule 2). */
import { RespServer, type RespThreadMessage } from "../protocols/resp/index.js";
import { type Listener, openPostgresDoor, openRedisDoor } from "../protocols/server/index.js";
import type { Settings } from "./cli/settings.js";
import { compose } from "./compose.js";
import type { EngineDatabase, ThreadMessage } from "./engine/index.js";
import { createLogger } from "./logger.js";
import { native } from "./native/index.js";
import { version } from "./types/version.js";

/** What the threads of one server have in common; all of it can be sent to a worker. */
export interface DoorShare {
  readonly settings: Settings;
  /** 0 is the main thread. */
  readonly threadNumber: number;
  /** Numbers of the Redis connections of all threads (protocols/resp/server-counters.ts). */
  readonly redisCounters: SharedArrayBuffer;
  /** Open connections: PostgreSQL's, Redis'. */
  readonly connectionCounts: SharedArrayBuffer;
  readonly scramMockSeed: Uint8Array;
}
export interface Doors {
  readonly database: EngineDatabase;
  readonly pg: Listener | undefined;
  readonly redis: Listener | undefined;
  /** Stops accepting, tells clients, and closes this thread's hold on the engine; the last one checkpoints. */
  close(graceMillis?: number): Promise<void>;
  /** The first half of close(): after it no client of this thread is left. */
  closeListeners(graceMillis?: number): Promise<void>;
}

export type Door = "pg" | "redis";
/** Takes a new connection to another thread; false: it stays. */
export type HandOver = (door: Door, descriptor: number) => boolean;

/** The main thread listens on the ports; the others get connections from it (`Listener.adopt`). */
export async function openDoors(share: DoorShare, handOver?: HandOver): Promise<Doors> {
  const { settings, threadNumber } = share;
  const listens = threadNumber === 0;
  const { host } = settings;
  const log = createLogger(settings.log_level);
  const database = await compose({ folder: settings.data, checkpointLogBytes: settings.checkpoint_log_bytes, threadNumber });
  const counts = new Int32Array(share.connectionCounts);
  const listeners: Listener[] = [];
  let resp: RespServer | undefined;
  const closeListeners = async (graceMillis?: number) => {
    await Promise.all(listeners.splice(0).map((listener) => listener.close(graceMillis)));
    resp?.close();
  };
  const close = async (graceMillis?: number) => {
    await closeListeners(graceMillis);
    await database.close();
  };
  try {
    let pg: Listener | undefined;
    if (settings.pg_port !== 0) {
      pg = openPostgresDoor({
        database,
        host,
        port: settings.pg_port,
        maxConnections: settings.max_connections,
        maxMessageBytes: settings.max_message_bytes,
        scramMockSeed: Buffer.from(share.scramMockSeed),
        handOver: handOver && ((descriptor) => handOver("pg", descriptor)),
        connectionCount: counts.subarray(0, 1),
        duplicateDescriptor: native.engine.duplicateDescriptor,
        reportInternalError: (error) => log.error(error, "internal error in a PostgreSQL session"),
      });
      if (listens) await pg.listen();
      listeners.push(pg);
    }
    let redis: Listener | undefined;
    if (settings.redis_port !== 0) {
      const server = new RespServer({
        addon: native,
        engine: database.engine,
        whenFlushed: (lsn, callback) => database.whenFlushed(lsn, callback),
        requirepass: settings.requirepass,
        appendfsync: settings.appendfsync,
        port: settings.redis_port,
        version,
        dataFolder: settings.data,
        firstClientId: threadNumber * 2 ** 32,
        threadNumber,
        threadCount: settings.threads,
        counters: share.redisCounters,
        tellOthers: (message) => database.tellOthers({ kind: "redis", message }),
        log: (level, text) => (level < 3 ? log.info({}, text) : log.warn({}, text)),
        configurationChanged: (pairs) => database.tellOthers({ kind: "redisConfiguration", pairs }),
        shutdown: () => process.kill(process.pid, "SIGTERM"),
      });
      resp = server;
      database.onEvent((event) => {
        server.handleEvent(event);
        if (event.kind !== "told") return;
        const message = JSON.parse(event.text) as ThreadMessage;
        if (message.kind === "redisConfiguration") server.configuration.set(message.pairs);
        else if (message.kind === "redis") server.handleTold(message.message as RespThreadMessage);
      });
      redis = openRedisDoor({
        server,
        host,
        port: settings.redis_port,
        maxConnections: settings.max_redis_connections,
        handOver: handOver && ((descriptor) => handOver("redis", descriptor)),
        connectionCount: counts.subarray(1, 2),
        duplicateDescriptor: native.engine.duplicateDescriptor,
      });
      if (listens) await redis.listen();
      listeners.push(redis);
    }
    return { database, pg, redis, close, closeListeners };
  } catch (error) {
    await close();
    throw error;
  }
}
