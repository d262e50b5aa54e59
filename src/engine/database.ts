/**
 * The database as one JavaScript thread has it: the native engine it shares with other threads, and this thread's caches and sessions.
 */

import { threadId } from "node:worker_threads";
import type { ClientFacts, SessionFacts } from "../catalog/index.js";
import {
  BOOTSTRAP_ROLE_OID,
  bootstrapObjects,
  CatalogStore,
  predefinedRoles,
  type SystemRelation,
  SystemRelations,
  TEMPLATE_DATABASES,
} from "../catalog/index.js";
import type { Statistics } from "../execution/index.js";
import type { FunctionRegistry } from "../functions/index.js";
import { native as addon, type Engine, type EngineEvent, type EngineOptions, type NativeAddon, StatusCode } from "../native/index.js";
import { assert, nativeFailure, noSuchDatabase, noSuchLoginRole, storedFormat, TypeOid } from "../types/index.js";
import { Access } from "./access.js";
import { clockMicros } from "./clock.js";
import { FlushQueue } from "./flush-queue.js";
import { noServer, type ServerFacts } from "./host-access/index.js";
import { type CancelKey, Interrupt, Interrupts } from "./interrupts.js";
import { LockSlots } from "./lock-slots.js";
import { NotificationHub } from "./notifications.js";
import { PlanCache } from "./plan-cache.js";
import { ServerStart } from "./server-start.js";
import { ownSessions, signalOwn } from "./services/activity.js";
import { ownHotPath } from "./services/hot-path.js";
import { EngineSession } from "./session.js";
import { SessionPlaces } from "./session-places.js";
import { dropLeftovers } from "./temporary.js";
import { type ThreadQuestion, ThreadQuestions } from "./thread-questions.js";
import { TransactionOutcomes } from "./transaction-ids.js";
import type { Database, FrontEnd, LoginRole, ThreadMessage } from "./types.js";
import { WaitRegistry } from "./wait-registry.js";

export interface DatabaseOptions extends EngineOptions {
  readonly registry: FunctionRegistry;
  /** pg_catalog, information_schema, redis: what the composition root registered providers for. */
  readonly systemRelations: Iterable<SystemRelation>;
  /** Tests pass a fake. */
  readonly native?: NativeAddon;
  /** More doors for functions (EvaluationContext.service), by name. */
  readonly services?: Readonly<Record<string, unknown>>;
  /** Shared by the threads of a server (SessionPlaces). */
  readonly sessionPlaces?: SharedArrayBuffer;
  /** Likewise (ServerStart). */
  readonly serverStart?: SharedArrayBuffer;
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
  readonly outcomes = new TransactionOutcomes();
  readonly flushes: FlushQueue;
  readonly waits: WaitRegistry;
  readonly lockSlots: LockSlots;
  readonly places: SessionPlaces;
  readonly interrupts: Interrupts;
  readonly notifications: NotificationHub;
  readonly statistics: Statistics;
  readonly start: ServerStart;
  /** The server around the engine, as it is configured now. */
  server: ServerFacts = noServer;
  readonly sessions = new Map<number, EngineSession>();
  readonly services: Readonly<Record<string, unknown>>;
  readonly #threadNumber: number;
  readonly #questions: ThreadQuestions;
  #nextSession = 1;
  #closed = false;
  readonly #eventListeners = new Set<(event: EngineEvent) => void>();

  constructor(options: DatabaseOptions, frontEnd: FrontEnd) {
    const { registry, systemRelations, native, services, threadNumber, sessionPlaces, serverStart, ...engineOptions } = options;
    this.places = new SessionPlaces(sessionPlaces);
    this.interrupts = new Interrupts(this.places);
    this.native = native ?? addon;
    this.engine = this.native.engine.open(engineOptions);
    this.start = new ServerStart(serverStart);
    this.start.note(clockMicros(), this.native.engine.statistics(this.engine)["log.appended"] ?? 0);
    this.frontEnd = frontEnd;
    this.registry = registry;
    this.services = services ?? {};
    this.#threadNumber = (threadNumber ?? threadId) & (MAX_THREADS - 1);
    this.store = new CatalogStore(this.native.storage, this.engine);
    this.systemRelations = new SystemRelations(systemRelations);
    this.flushes = new FlushQueue(this.native.engine, this.engine);
    this.waits = new WaitRegistry(this.native, this.engine);
    this.lockSlots = new LockSlots(this.native.locks, this.engine);
    this.notifications = new NotificationHub((processId, notifications) => this.tellOthers({ kind: "notify", processId, notifications }));
    this.#questions = new ThreadQuestions(
      this.#threadNumber,
      (message) => this.tellOthers(message),
      (question) => this.#answer(question),
    );
    const { storage } = this.native;
    this.statistics = {
      rowCount: (relation) => storage.rowCountEstimate(this.engine, relation),
      keysAreOrdered: () => this.native.keyspace.orderedKeys(this.engine),
      inverted: { keys: storage.invertedKeys, rows: (index, query) => storage.invertedEstimate(this.engine, 0, index, query) },
    };
    this.native.engine.onEvents(this.engine, (events) => this.#onEvents(events));
    this.#bootstrap();
    if (this.native.engine.statistics(this.engine)["engine.attachments"] === 1) dropLeftovers(this);
  }

  openSession(options: {
    readonly user: string;
    readonly database: string;
    readonly settings?: Readonly<Record<string, string>>;
    readonly client?: ClientFacts;
  }): EngineSession {
    const catalog = this.store.current();
    if (catalog.database(options.database) === undefined) throw noSuchDatabase(options.database);
    const role = catalog.role(options.user);
    if (role === undefined || !role.login) throw noSuchLoginRole(options.user);
    const id = (this.#threadNumber << SESSION_BITS) | (this.#nextSession++ & ((1 << SESSION_BITS) - 1));
    const session = new EngineSession(this, id, options.user, options.database, options.settings ?? {}, options.client ?? null);
    this.sessions.set(id, session);
    this.notifications.add(session);
    return session;
  }
  sessionClosed(session: EngineSession): void {
    this.sessions.delete(session.id);
    this.notifications.remove(session);
  }

  loginRole(user: string): LoginRole | undefined {
    const role = this.store.current().role(user);
    if (role === undefined) return undefined;
    const { login: canLogin, superuser: isSuperuser, connectionLimit, validUntil } = role;
    return {
      canLogin,
      isSuperuser,
      connectionLimit,
      password: role.password ?? null,
      isExpired: validUntil !== undefined && this.#isOver(validUntil),
    };
  }
  #isOver(time: string): boolean {
    const micros = this.registry.typeByOid(TypeOid.timestamptz)?.input(time, -1, storedFormat);
    return typeof micros === "number" || typeof micros === "bigint" ? micros < clockMicros() : false;
  }
  /** Sessions of a role on all threads. */
  sessionsOf(user: string): number | Promise<number> {
    const count = (sessions: Iterable<{ readonly user: string }>) => [...sessions].filter((session) => session.user === user).length;
    const own = [...this.sessions.values()].filter((session) => session.authenticatedUser === user).length;
    if (this.otherThreads === 0) return own;
    return this.ask({ about: "sessions" }).then((answers) => own + count((answers as SessionFacts[][]).flat()));
  }
  isTemplateDatabase(name: string): boolean {
    return TEMPLATE_DATABASES.some((template) => template.name === name);
  }
  databaseExists(name: string): boolean {
    return this.store.current().database(name) !== undefined;
  }
  isMemberOf(user: string, role: string): boolean {
    const snapshot = this.store.current();
    const [member, of] = [snapshot.role(user), snapshot.role(role)];
    return member !== undefined && of !== undefined && new Access(snapshot).isDirectOrIndirectMember(member.oid, of.oid);
  }
  /** Asks every thread of the server to read its configuration again. */
  reloadConfiguration(): void {
    this.tellOthers({ kind: "reload" });
    this.configurationAsked();
  }
  /** Set by the server around the engine. */
  configurationAsked: () => void = () => {};
  whenFlushed(lsn: number, callback: (error?: Error) => void): void {
    this.flushes.whenFlushed(lsn, callback);
  }
  get logFailure(): Error | undefined {
    return this.flushes.failure;
  }
  registerCancelKey(id: number, secret: CancelKey): void {
    this.sessions.get(id)?.setCancelKey(secret);
  }
  /** Resolves when the request concerns nothing that is still to come. */
  async cancelSession(id: number, secret: CancelKey): Promise<void> {
    const standing = this.interrupts.stand(id, secret, () => {
      this.interrupted(id);
      return Promise.resolve();
    });
    if (standing === undefined && !this.sessions.has(id)) this.tellOthers({ kind: "interrupt", processId: id, key: secret });
    await standing;
  }
  /** Something was asked of a session: its thread looks, when it is free to. */
  interrupted(id: number): void {
    if (!this.noticeInterrupt(id)) this.tellOthers({ kind: "interrupt", processId: id });
  }
  /** False: the session is none of this thread's. */
  noticeInterrupt(id: number): boolean {
    const session = this.sessions.get(id);
    session?.clock.noticeInterrupt();
    return session !== undefined;
  }
  /** To the other JavaScript threads of this engine; they get it as a `told` event. */
  tellOthers(message: ThreadMessage): void {
    this.native.engine.tell(this.engine, JSON.stringify(message));
  }
  /** JavaScript threads over the engine beside this one. */
  get otherThreads(): number {
    return (this.native.engine.statistics(this.engine)["engine.attachments"] ?? 1) - 1;
  }
  /** An answer from each other thread. */
  ask(question: ThreadQuestion): Promise<unknown[]> {
    return this.#questions.ask(question, this.otherThreads);
  }
  #answer(question: ThreadQuestion): unknown {
    switch (question.about) {
      case "sessions":
        return ownSessions(this);
      case "hotPath":
        return ownHotPath(this);
      case "signal":
        return signalOwn(this, question.processId, question.signal);
    }
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

  /** Brings what has happened in the engine to its listeners now: before input that came after it is looked at. */
  deliverEvents(): void {
    const events = this.#closed ? null : this.native.engine.takeEvents(this.engine);
    if (events !== null) this.#onEvents(events);
  }

  #onEvents(events: readonly EngineEvent[]): void {
    for (const event of events) this.#onEvent(event);
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
        else if (message.kind === "interrupt") {
          if (message.key !== undefined) this.interrupts.ask(message.processId, Interrupt.cancel, message.key);
          this.sessions.get(message.processId)?.clock.noticeInterrupt();
        } else if (message.kind === "reload") this.configurationAsked();
        else if (message.kind === "question" || message.kind === "answer") this.#questions.told(message);
        break;
      }
    }
    for (const listener of this.#eventListeners) listener(event);
  }

  /** The first start writes what every database has; two threads that start at once may both try: the second finds it done. */
  #bootstrap(): void {
    const catalog = this.store.current();
    const isFirst = catalog.schema("pg_catalog") === undefined;
    // A folder of an earlier version lacks roles that came later.
    const missing = isFirst ? bootstrapObjects : predefinedRoles(BOOTSTRAP_ROLE_OID).filter((o) => catalog.object(o.oid) === undefined);
    if (missing.length === 0) return;
    const { storage } = this.native;
    const xid = storage.begin(this.engine, 0);
    for (const object of missing) {
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
