/**
 * The database as one JavaScript thread has it: the native engine it shares with other threads, and this thread's caches and sessions.
 */
import { threadId } from "node:worker_threads";
import { bootstrapObjects, CatalogStore, type SystemRelation, SystemRelations } from "../catalog/index.js";
import type { Statistics } from "../execution/index.js";
import type { FunctionRegistry } from "../functions/index.js";
import { native as addon, type Engine, type EngineEvent, type EngineOptions, type NativeAddon, StatusCode } from "../native/index.js";
import { assert, nativeFailure, noSuchDatabase, noSuchLoginRole } from "../types/index.js";
import { FlushQueue } from "./flush-queue.js";
import { NotificationHub } from "./notifications.js";
import { PlanCache } from "./plan-cache.js";
import { EngineSession } from "./session.js";
import { dropLeftovers } from "./temporary.js";
import type { Database, FrontEnd, ThreadMessage } from "./types.js";
import { WaitRegistry } from "./wait-registry.js";

export interface DatabaseOptions extends EngineOptions {
  readonly registry: FunctionRegistry;
  /** pg_catalog, information_schema, redis: what the composition root registered providers for. */
  readonly systemRelations: Iterable<SystemRelation>;
  /** Tests pass a fake. */
  readonly native?: NativeAddon;
  /** More doors for functions (EvaluationContext.service), by name. */
  readonly services?: Readonly<Record<string, unknown>>;
  /** Tells process ids of this thread from those of others; default: Node's number of the thread. */
  readonly threadNumber?: number;
}

export function openDatabase(options: DatabaseOptions, frontEnd: FrontEnd): EngineDatabase {
  return new EngineDatabase(options, frontEnd);
}

/** Process ids: up to 2^20 sessions per thread before they repeat, 2^10 threads. */
const SESSION_BITS = 20;
const MAX_THREADS = 1 << 10;

export class EngineDatabase implements Database {
  readonly native: NativeAddon;
  readonly engine: Engine;
  readonly frontEnd: FrontEnd;
  readonly registry: FunctionRegistry;
  readonly store: CatalogStore;
  readonly systemRelations: SystemRelations;
  readonly planCache = new PlanCache();
  readonly flushes: FlushQueue;
  readonly waits: WaitRegistry;
  readonly notifications: NotificationHub;
  readonly statistics: Statistics;
  readonly sessions = new Map<number, EngineSession>();
  readonly services: Readonly<Record<string, unknown>>;
  readonly #threadNumber: number;
  readonly #secrets = new Map<number, number>();
  #nextSession = 1;
  #closed = false;
  readonly #eventListeners = new Set<(event: EngineEvent) => void>();

  constructor(options: DatabaseOptions, frontEnd: FrontEnd) {
    const { registry, systemRelations, native, services, threadNumber, ...engineOptions } = options;
    this.native = native ?? addon;
    this.engine = this.native.engine.open(engineOptions);
    this.frontEnd = frontEnd;
    this.registry = registry;
    this.services = services ?? {};
    this.#threadNumber = (threadNumber ?? threadId) & (MAX_THREADS - 1);
    this.store = new CatalogStore(this.native.storage, this.engine);
    this.systemRelations = new SystemRelations(systemRelations);
    this.flushes = new FlushQueue(this.native.engine, this.engine);
    this.waits = new WaitRegistry(this.native, this.engine);
    this.notifications = new NotificationHub((processId, notifications) => this.tellOthers({ kind: "notify", processId, notifications }));
    this.statistics = { rowCount: (storage) => this.native.storage.rowCountEstimate(this.engine, storage) };
    this.native.engine.onEvents(this.engine, (events) => {
      for (const event of events) this.#onEvent(event);
    });
    this.#bootstrap();
    if (this.native.engine.statistics(this.engine)["engine.attachments"] === 1) dropLeftovers(this);
  }

  openSession(options: {
    readonly user: string;
    readonly database: string;
    readonly settings?: Readonly<Record<string, string>>;
  }): EngineSession {
    const catalog = this.store.current();
    if (catalog.database(options.database) === undefined) throw noSuchDatabase(options.database);
    const role = catalog.role(options.user);
    if (role === undefined || !role.login) throw noSuchLoginRole(options.user);
    const id = (this.#threadNumber << SESSION_BITS) | (this.#nextSession++ & ((1 << SESSION_BITS) - 1));
    const session = new EngineSession(this, id, options.user, options.database, options.settings ?? {});
    this.sessions.set(id, session);
    this.notifications.add(session);
    return session;
  }
  sessionClosed(session: EngineSession): void {
    this.sessions.delete(session.id);
    this.#secrets.delete(session.id);
    this.notifications.remove(session);
  }

  roleVerifier(user: string): { readonly canLogin: boolean; readonly password: string | null } | undefined {
    const role = this.store.current().role(user);
    return role === undefined ? undefined : { canLogin: role.login, password: role.password ?? null };
  }
  databaseExists(name: string): boolean {
    return this.store.current().database(name) !== undefined;
  }
  whenFlushed(lsn: number, callback: (error?: Error) => void): void {
    this.flushes.whenFlushed(lsn, callback);
  }
  registerCancelKey(id: number, secret: number): void {
    this.#secrets.set(id, secret);
  }
  cancelSession(id: number, secret: number): void {
    if (this.sessions.has(id)) this.#cancelOwn(id, secret);
    else this.tellOthers({ kind: "cancel", processId: id, secret });
  }
  #cancelOwn(id: number, secret: number): void {
    if (this.#secrets.get(id) === secret) this.sessions.get(id)?.cancel();
  }
  /** To the other JavaScript threads of this engine; they get it as a `told` event. */
  tellOthers(message: ThreadMessage): void {
    this.native.engine.tell(this.engine, JSON.stringify(message));
  }
  /** Events of the engine that are not the engine room's own: messages of channels. Returns how to stop. */
  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.#eventListeners.add(listener);
    return () => void this.#eventListeners.delete(listener);
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      for (const session of [...this.sessions.values()]) session.close();
      this.flushes.request();
      this.native.engine.close(this.engine);
    }
    return Promise.resolve();
  }

  #onEvent(event: EngineEvent): void {
    switch (event.kind) {
      case "flushed":
        this.flushes.flushed(event.lsn);
        break;
      case "logFailed":
        this.flushes.failed(event.message, event.code);
        break;
      case "waitOver":
        this.waits.waitOver(event.token);
        break;
      case "catalog":
        break; // every statement looks at the version itself
      case "message":
        break;
      case "told": {
        const message = JSON.parse(event.text) as ThreadMessage;
        if (message.kind === "notify") this.notifications.deliver(message.processId, message.notifications);
        else if (message.kind === "cancel") this.#cancelOwn(message.processId, message.secret);
        break;
      }
    }
    for (const listener of this.#eventListeners) listener(event);
  }

  /** The first start writes what every database has; two threads that start at once may both try: the second finds it done. */
  #bootstrap(): void {
    if (this.store.current().schema("pg_catalog") !== undefined) return;
    const { storage } = this.native;
    const xid = storage.begin(this.engine, 0);
    for (const object of bootstrapObjects) {
      const status = storage.catalogPut(this.engine, xid, object.oid, JSON.stringify(object));
      if (status === StatusCode.ok) continue;
      storage.rollback(this.engine, xid);
      throw nativeFailure("XX000", this.native.engine.lastError(this.engine).message);
    }
    const lsn = storage.commit(this.engine, xid);
    assert(lsn >= 0, "the first commit of a fresh log succeeds");
    this.store.current();
  }
}
