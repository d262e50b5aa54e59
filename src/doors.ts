/** The doors of one JavaScript thread over the engine that the threads of the process share (architecture, rule 2). */
import { availableParallelism } from "node:os";
import type { MessagePort } from "node:worker_threads";
import { RespServer, type RespThreadMessage } from "../protocols/resp/index.js";
import {
  connectTo,
  type Listener,
  NativeConnections,
  openPostgresDoor,
  openRedisDoor,
  type PostgresDoor,
  type RedisDoor,
} from "../protocols/server/index.js";
import type { Settings } from "./cli/settings.js";
import { compose } from "./compose.js";
import type { EngineDatabase, ThreadMessage } from "./engine/index.js";
import { createLogger } from "./logger.js";
import { native } from "./native/index.js";
import type { Heard, Received } from "./reception-thread.js";
import {
  type ConfigurationInForce,
  inForce,
  prepareCertificate,
  readConfiguration,
  type ServerConfiguration,
  takenOver,
} from "./server-configuration.js";
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
  /** Requests to stop statements and their progress (engine/session-places.ts). */
  readonly sessionPlaces: SharedArrayBuffer;
  /** When the server started (engine/server-start.ts). */
  readonly serverStart: SharedArrayBuffer;
  /** PostgreSQL's connections by thread (Carriers). */
  readonly carried: SharedArrayBuffer;
  /** Of a thread that begins when it is needed. */
  readonly late?: LateStart;
}
/** It has PostgreSQL's door alone: what Redis' servers tell each other while they run it has not heard. */
export interface LateStart {
  readonly configuration: ConfigurationInForce;
}
export interface Doors {
  readonly database: EngineDatabase;
  readonly redis: Listener | undefined;
  readonly redisTls: Listener | undefined;
  configuration(): ConfigurationInForce;
  /** Stops accepting, tells clients, and closes this thread's hold on the engine; the last one checkpoints. */
  close(graceMillis?: number): Promise<void>;
  /** The first half of close(): after it no client of this thread is left. */
  closeListeners(graceMillis?: number): Promise<void>;
}

/** `replicaof`: "host port", as in redis.conf. */
function primaryOf({ replicaof }: Settings): { readonly host: string; readonly port: number } | undefined {
  const [host, port] = replicaof.split(/\s+/);
  return host === undefined || port === undefined ? undefined : { host, port: Number(port) };
}

export type Door = "redis" | "redisTls";
export interface MainThread {
  /** Takes a new connection to another thread; false: it stays. */
  handOver(door: Door, descriptor: number): boolean;
  /** Another configuration is in force. */
  configured(configuration: ConfigurationInForce): void;
}

/**
 * The main thread listens on Redis' port and the others get connections from it (`Listener.adopt`); PostgreSQL's come from a thread of their own
 * (reception-thread.ts) through `reception`.
 */
export async function openDoors(share: DoorShare, reception: MessagePort | undefined, main?: MainThread): Promise<Doors> {
  const { settings, threadNumber, late } = share;
  const listens = threadNumber === 0;
  const { host } = settings;
  const log = createLogger(settings.log_level);
  const database = await compose({
    folder: settings.data,
    checkpointLogBytes: settings.checkpoint_log_bytes,
    threadNumber,
    sessionPlaces: share.sessionPlaces,
    serverStart: share.serverStart,
  });
  const counts = new Int32Array(share.connectionCounts);
  const carried = new Int32Array(share.carried);
  const listeners: Listener[] = [];
  let connections: NativeConnections | undefined;
  let resp: RespServer | undefined;
  const closeListeners = async (graceMillis?: number) => {
    await Promise.all(listeners.splice(0).map((listener) => listener.close(graceMillis)));
    resp?.close();
  };
  const close = async (graceMillis?: number) => {
    await closeListeners(graceMillis);
    connections?.close();
    await database.close();
  };
  try {
    // Now the folder is there.
    if (threadNumber === 0) prepareCertificate(settings);
    let configuration = late === undefined ? readConfiguration(settings) : takenOver(settings, late.configuration);
    connections = carrier(settings, database);
    let pg: PostgresDoor | undefined;
    if (settings.pg_port !== 0) {
      pg = openPostgresDoor({
        database,
        host,
        port: settings.pg_port,
        maxConnections: settings.max_connections,
        reservedConnections: Math.min(settings.superuser_reserved_connections, settings.max_connections - 1),
        maxMessageBytes: settings.max_message_bytes,
        scramMockSeed: Buffer.from(share.scramMockSeed),
        connectionCount: counts.subarray(0, 1),
        ended: () => void Atomics.sub(carried, threadNumber, 1),
        duplicateDescriptor: native.engine.duplicateDescriptor,
        peerHasLeft: native.engine.peerHasLeft,
        native: connections,
        tls: configuration.tls,
        reportInternalError: (error) => log.error(error, "internal error in a PostgreSQL session"),
      });
      listeners.push(pg.listener);
    }
    if (settings.ordered_keys === "yes" && threadNumber === 0) native.keyspace.orderedKeys(database.engine, true);
    let redis: RedisDoor | undefined;
    let redisTls: RedisDoor | undefined;
    if (late === undefined && (settings.redis_port !== 0 || settings.redis_tls_port !== 0)) {
      const server = new RespServer({
        addon: native,
        engine: database.engine,
        whenFlushed: (lsn, callback) => database.whenFlushed(lsn, callback),
        requirepass: settings.requirepass,
        masterauth: settings.masterauth,
        masteruser: settings.masteruser,
        appendfsync: settings.appendfsync,
        port: settings.redis_port,
        version,
        dataFolder: settings.data,
        firstClientId: threadNumber * 2 ** 32,
        threadNumber,
        threadCount: settings.threads || 1,
        counters: share.redisCounters,
        fastLanes: connections,
        tellOthers: (message) => database.tellOthers({ kind: "redis", message }),
        log: (level, text) => (level < 3 ? log.info({}, text) : log.warn({}, text)),
        configurationChanged: (pairs) => database.tellOthers({ kind: "redisConfiguration", pairs }),
        connectTo,
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
      const door = (name: Door, port: number) => ({
        server,
        host,
        port,
        maxConnections: settings.max_redis_connections,
        handOver: main && ((descriptor: number) => main.handOver(name, descriptor)),
        connectionCount: counts.subarray(1, 2),
        duplicateDescriptor: native.engine.duplicateDescriptor,
        native: connections,
      });
      if (settings.redis_port !== 0) {
        redis = openRedisDoor(door("redis", settings.redis_port));
        if (listens) await redis.listener.listen();
        listeners.push(redis.listener);
      }
      if (settings.redis_tls_port !== 0 && configuration.tls !== undefined) {
        const tls = { material: configuration.tls, clientCertificates: settings.tls_auth_clients };
        redisTls = openRedisDoor(door("redisTls", settings.redis_tls_port), tls);
        if (listens) await redisTls.listener.listen();
        listeners.push(redisTls.listener);
      }
      server.replication.start(primaryOf(settings));
    }
    const configure = (now: ServerConfiguration): void => {
      configuration = now;
      database.server = configuration.facts;
      pg?.renewTls(configuration.tls);
      if (configuration.tls !== undefined) redisTls?.renewTls(configuration.tls);
      main?.configured(inForce(configuration));
    };
    configure(configuration);
    reception?.on("message", (message: Received) => {
      if (message.kind === "connection") pg?.listener.adopt(message.descriptor, message.received, message.origin);
      else if (message.kind === "configuration") configure(takenOver(settings, message.configuration));
      else if (database.noticeInterrupt(message.processId)) reception.postMessage({ heard: message.processId } satisfies Heard);
    });
    database.configurationAsked = () => {
      configure(readConfiguration(settings, configuration));
      for (const complaint of configuration.complaints) log.warn({}, `configuration not taken over: ${complaint}`);
    };
    return {
      database,
      redis: redis?.listener,
      redisTls: redisTls?.listener,
      configuration: () => inForce(configuration),
      close,
      closeListeners,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** `--transport`: what carries connections; undefined: node:net, which "auto" takes where there is no epoll. */
function carrier(settings: Settings, database: EngineDatabase): NativeConnections | undefined {
  if (settings.transport === "node") return undefined;
  const ioThreads = settings.io_threads || Math.max(1, Math.floor(availableParallelism() / 2));
  const connections = NativeConnections.open(native, database.engine, ioThreads, () => database.deliverEvents());
  if (connections === undefined && settings.transport === "native")
    throw new Error("transport native is not supported on this system: use node");
  return connections;
}
