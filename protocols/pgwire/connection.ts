/**
 * One client connection of the PostgreSQL protocol 3.0 or 3.2: bytes in, bytes out, no socket.
 * Source: PostgreSQL documentation, "Message Flow".
 *
 * Messages are handled strictly in order. Handlers run synchronously as long as the engine answers synchronously (hot
 * statements do); the first promise makes the connection busy, later messages wait in the reader.
 *
 * Invariants
 *  1. Nothing that says "done" leaves before the log is durable up to the commit it speaks of (`#send`).
 *  2. After an error in the extended protocol everything up to the next Sync is skipped.
 *  3. Before authentication only start-up, cancel and password messages are understood.
 */
import { randomBytes } from "node:crypto";
import type {
  CancelKey,
  ClientPortals,
  CopyInTarget,
  CopyOutSource,
  Database,
  ExecuteOptions,
  ExecuteResult,
  LaneActivity,
  LiftedStatement,
  NamedCursor,
  ParsedStatement,
  Portal,
  PortalRows,
  PreparedStatement,
  ResultColumn,
  Session,
  SessionListener,
} from "../../src/engine/types.js";
import {
  assert,
  type CharacterSet,
  characterSet,
  type Datum,
  DbError,
  type DbErrorFields,
  duplicateCursor,
  duplicatePrepared,
  notSupported,
  type Oid,
  PhysicalType,
  type SqlType,
  stackDepthExceeded,
} from "../../src/types/index.js";
import { Authentication, type Peer } from "./authentication.js";
import { MessageReader, protocolViolation } from "./message-reader.js";
import { MessageWriter } from "./message-writer.js";
import { isCommandTag, type PgFastLane, PointLane, type RanStatement } from "./point-lane.js";
import * as respond from "./responses.js";
import { Backend } from "./responses.js";
import { binaryTextUnsupported, columnEncoders, dataRow, isText, mayHoldText } from "./row-encoder.js";

export interface PgTransport {
  /** Queues bytes; false when the client reads too slowly and `drained` should be awaited. */
  write(bytes: Uint8Array): boolean;
  drained(): Promise<void>;
  /** Sends what is queued, then closes. */
  end(): void;
  readonly peer: Peer;
  readonly pgFastLane?: PgFastLane | undefined;
}
export interface PgConnectionOptions {
  readonly database: Database;
  readonly transport: PgTransport;
  readonly maxMessageBytes: number;
  /** Keeps made-up SCRAM salts stable for unknown users; random per server. */
  readonly scramMockSeed: Buffer;
  /** For clients that say nothing before they are known. */
  readonly authenticationMillis: number;
  /** Why a new client must be refused (limit reached, shutting down), or undefined. */
  readonly admit: () => DbError | undefined;
  /** False: what places are left are kept for superusers. */
  readonly hasOrdinaryPlace: () => boolean;
  /** Reports what was our mistake; never sent to a log with statement parameters. */
  readonly reportInternalError: (error: unknown) => void;
  readonly registerCancelKey: (id: number, key: CancelKey) => void;
}

const FLUSH_BYTES = 64 * 1024;
const TEXT: readonly number[] = [0];
const BINARY: readonly number[] = [1];
const ANY_ROWS: ExecuteOptions = {};
/** A long result lets the thread's other connections in after this time. */
const TURN_MILLIS = 5;
const otherConnectionsTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
const PROTOCOL_3 = 196608;
const NEWEST_MINOR = 2;
/** Words of a cancel key: of protocol 3.0, and of 3.2 with as many as PostgreSQL 18 takes. */
const KEY_WORDS = { 0: 1, 2: 8 } as const;
const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
const Frontend = {
  bind: 0x42,
  close: 0x43,
  describe: 0x44,
  execute: 0x45,
  functionCall: 0x46,
  flush: 0x48,
  parse: 0x50,
  password: 0x70,
  query: 0x51,
  sync: 0x53,
  terminate: 0x58,
  copyData: 0x64,
  copyDone: 0x63,
  copyFail: 0x66,
} as const;

interface BoundPortal {
  readonly statementName: string;
  readonly statement: PreparedStatement;
  readonly parameters: readonly Datum[];
  readonly formats: readonly number[];
  readonly createdMillis: number;
  running?: Portal;
  finishedTag?: string;
}
interface RunningCopy {
  readonly target: CopyInTarget;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  busy: boolean;
}
type Phase = "startup" | "authentication" | "ready" | "closed";
type Pending = void | Promise<void>;

export class PgConnection implements SessionListener {
  readonly #options: PgConnectionOptions;
  readonly #reader: MessageReader;
  readonly #writer = new MessageWriter();
  #phase: Phase = "startup";
  #busy = false;
  #ended = false;
  #session: Session | undefined;
  #authentication: Authentication | undefined;
  #authenticationTimer: NodeJS.Timeout | undefined;
  #minor: keyof typeof KEY_WORDS = 0;
  #startupParameters: Record<string, string> = {};
  #unnamedStatement: PreparedStatement | undefined;
  /** Body of the Parse message that made the unnamed statement on the lane: prepared here when it is asked for. */
  #unnamedParse: Buffer | undefined;
  /** What the client speaks instead of UTF-8. */
  #characters: CharacterSet | undefined;
  readonly #portals = new Map<string, BoundPortal>();
  #skipToSync = false;
  #implicit = false;
  /** A COPY FROM STDIN under way: its statement is running (`#busy`) while its own messages are handled. */
  #copy: RunningCopy | undefined;
  /** Newest commit that the buffered output speaks of. */
  #lsn = 0;
  readonly #held: { readonly bytes: Uint8Array; ready: boolean }[] = [];
  #clientSlow = false;
  #idleTimer: NodeJS.Timeout | undefined;
  readonly #pointLane: PointLane | undefined;

  constructor(options: PgConnectionOptions) {
    this.#options = options;
    const lane = options.transport.pgFastLane;
    this.#pointLane = lane && new PointLane(lane);
    this.#reader = new MessageReader(options.maxMessageBytes);
    // As PostgreSQL's authentication_timeout: without a word.
    this.#authenticationTimer = setTimeout(() => this.#close(), options.authenticationMillis);
  }

  /** Bytes from the client, split anywhere. Nothing of the chunk is kept. */
  data(chunk: Buffer): void {
    if (this.#phase === "closed") return;
    if (this.#idleTimer !== undefined) {
      clearTimeout(this.#idleTimer);
      this.#idleTimer = undefined;
    }
    this.#takeBack();
    this.#reader.push(chunk);
    this.#pump();
    this.#reader.keepRest();
  }
  /** The connection is this session's again, with the block that began on the lane. */
  #takeBack(): void {
    const taken = this.#pointLane?.taken();
    if (taken === undefined) return;
    if (taken.parse !== undefined) {
      this.#unnamedStatement = undefined;
      this.#unnamedParse = taken.parse.length > 0 ? Buffer.from(taken.parse) : undefined;
    }
    if (taken.block !== undefined) this.#session?.enterBlock(taken.block);
  }
  /** Bytes received that wait for the running statement: the listener pauses the socket above its limit. */
  get backlogBytes(): number {
    return this.#reader.backlog;
  }
  /** The client is gone. */
  disconnected(): void {
    if (this.#ended) return;
    this.#takeBack();
    this.#ended = true;
    clearTimeout(this.#authenticationTimer);
    this.#phase = "closed";
    this.#session?.cancel();
    this.#copy?.reject(new DbError({ sqlstate: "08006", message: "connection to client lost" }));
    if (!this.#busy) this.#closeSession();
  }
  /** Server shutdown: tell the client why, and close. */
  shutDown(): void {
    if (this.#phase === "closed") return;
    this.#session?.cancel();
    const { logFailure } = this.#options.database;
    if (logFailure !== undefined) return this.#fatal(fatalLogFailure(logFailure));
    this.#fatal(new DbError({ sqlstate: "57P01", severity: "FATAL", message: "terminating connection due to administrator command" }));
  }

  notice(fields: DbErrorFields & { readonly severityName: string }): void {
    respond.errorOrNotice(this.#writer, Backend.notice, fields.severityName, fields);
  }
  parameterStatus(name: string, value: string): void {
    if (name === "client_encoding") this.#speak(value);
    respond.parameterStatus(this.#writer, name, value);
  }
  notification(processId: number, channel: string, payload: string): void {
    respond.notification(this.#writer, processId, channel, payload);
    if (!this.#busy) this.#send();
  }

  /** From now on text comes and goes in this encoding. Rows are then encoded here: the addon writes UTF-8. */
  #speak(encoding: string): void {
    this.#characters = characterSet(encoding);
    this.#reader.characters = this.#characters;
    this.#writer.characters = this.#characters;
  }
  #encodingOptions(formats: readonly number[]): ExecuteOptions {
    return this.#characters === undefined ? { resultFormats: formats } : ANY_ROWS;
  }

  /** Portals by name, as MOVE, CLOSE and pg_cursors see them. */
  readonly portals: ClientPortals = {
    has: (name) => name !== "" && this.#portals.has(name),
    skip: (name, count) => this.#skipRows(this.#portal(name), count),
    close: (name) => this.#dropPortal(name),
    closeAll: () => {
      for (const name of [...this.#portals.keys()]) if (name !== "") this.#dropPortal(name);
    },
    list: () =>
      [...this.#portals]
        .filter(([name]) => name !== "")
        .map(([name, { statement, createdMillis }]) => ({ name, statement: statement.text, createdMicros: createdMillis * 1000 })),
  };
  async #skipRows(portal: BoundPortal, count: number): Promise<number> {
    if (portal.finishedTag !== undefined || count === 0) return 0;
    if (portal.running === undefined) {
      const result = await (this.#session as Session).execute(portal.statement, portal.parameters, this.#encodingOptions(portal.formats));
      assert(result.kind === "portal", "only a query is moved in");
      portal.running = result.portal;
    }
    let moved = 0;
    while (moved < count) {
      const batch = await portal.running.next(count - moved);
      moved += batch.encoded?.rowCount ?? batch.rows.length;
      if (!batch.done) continue;
      portal.finishedTag = batch.tag;
      portal.running.close();
      delete portal.running;
      break;
    }
    return moved;
  }

  terminate(error: DbError): void {
    if (this.#busy) this.#terminating = error;
    else this.#fatal(error);
  }
  #terminating: DbError | undefined;
  activityElsewhere(): LaneActivity | undefined {
    return this.#pointLane?.activity();
  }
  isBusy(): boolean {
    return this.#busy;
  }

  #pump(): void {
    try {
      while ((this.#copy ? !this.#copy.busy : !this.#busy) && this.#phase !== "closed" && this.#reader.next()) {
        if (this.#copy) {
          this.#handleCopy(this.#copy);
          continue;
        }
        const pending = this.#handle();
        if (pending) {
          this.#busy = true;
          void pending.then(
            () => this.#resume(),
            (error) => {
              this.#fatal(error);
              this.#resume();
            },
          );
        }
      }
    } catch (error) {
      this.#fatal(error);
    }
    if (this.#busy) return;
    try {
      this.#send();
      this.#watchIdle();
      this.#rest();
    } catch (error) {
      this.#fatal(error); // one session's mishap must not be the thread's
    }
  }
  #rest(): void {
    if (this.#pointLane !== undefined && !this.#busy && this.#isAtRest()) this.#pointLane.rest();
  }
  /** The timeouts of a client that sends nothing. */
  #watchIdle(): void {
    const limit = this.#phase === "ready" ? this.#session?.idleLimit() : undefined;
    if (limit !== undefined) this.#idleTimer = setTimeout(() => this.#fatal(limit.error), Math.min(limit.millis, 2 ** 31 - 1));
  }
  /** Between two statements, with nothing open, waited for or unsaid, and no time limit on the silence. */
  #isAtRest(): boolean {
    return (
      this.#phase === "ready" &&
      this.#reader.isEmpty &&
      this.#session?.transactionStatus === "idle" &&
      !this.#implicit &&
      !this.#skipToSync &&
      !this.#clientSlow &&
      this.#portals.size === 0 &&
      this.#held.length === 0 &&
      this.#idleTimer === undefined
    );
  }
  #resume(): void {
    this.#busy = false;
    if (this.#terminating !== undefined) this.#fatal(this.#terminating);
    if (this.#ended) this.#closeSession();
    else this.#pump();
  }

  #handle(): Pending {
    switch (this.#phase) {
      case "startup":
        return this.#handleStartup();
      case "authentication":
        return this.#handlePassword();
      default:
        return this.#handleMessage();
    }
  }

  // Start-up and authentication.

  #handleStartup(): Pending {
    const reader = this.#reader;
    const code = reader.int32();
    if ((code === SSL_REQUEST || code === GSS_REQUEST) && this.#options.transport.peer.tls === undefined) {
      // Where TLS is offered the request does not come here (protocols/server): the client goes on in clear text or gives up, as it was told to.
      this.#options.transport.write(Buffer.from("N"));
      return;
    }
    if (code === CANCEL_REQUEST) {
      const id = reader.int32();
      const key: number[] = [];
      while (reader.remaining >= 4) key.push(reader.int32());
      this.#options.database.cancelSession(id, key);
      this.#close();
      return;
    }
    if (code >>> 16 !== 3) {
      throw new DbError({
        sqlstate: "0A000",
        severity: "FATAL",
        message: `unsupported frontend protocol ${code >>> 16}.${code & 0xffff}: server supports 3.0 to 3.${NEWEST_MINOR}`,
      });
    }
    const parameters: Record<string, string> = {};
    const unknownOptions: string[] = [];
    while (reader.remaining > 1) {
      const name = reader.cstring();
      const value = reader.cstring();
      if (name.startsWith("_pq_.")) unknownOptions.push(name);
      else parameters[name] = value;
    }
    const minor = code & 0xffff;
    this.#minor = minor >= 2 ? 2 : 0; // 3.1 was never a version
    if (minor > NEWEST_MINOR || minor === 1 || unknownOptions.length > 0) {
      this.#writer
        .start(Backend.negotiateVersion)
        .int32(PROTOCOL_3 + this.#minor)
        .int32(unknownOptions.length);
      for (const name of unknownOptions) this.#writer.cstring(name);
      this.#writer.end();
    }
    const user = parameters.user;
    if (!user) throw new DbError({ sqlstate: "28000", severity: "FATAL", message: "no PostgreSQL user name specified in startup packet" });
    if (parameters.replication && !/^(false|off|no|0)$/.test(parameters.replication))
      throw new DbError({ ...notSupported("replication connections").fields, severity: "FATAL" });
    this.#startupParameters = parameters;
    const refusal = this.#options.admit();
    if (refusal) throw refusal;
    reader.startupDone();
    const { database, transport, scramMockSeed } = this.#options;
    const databaseName = parameters.database || user;
    this.#authentication = new Authentication({ database, peer: transport.peer, writer: this.#writer, user, databaseName, scramMockSeed });
    if (this.#authentication.begin()) return this.#welcome();
    this.#phase = "authentication";
  }

  #handlePassword(): Pending {
    const reader = this.#reader;
    const authentication = this.#authentication as Authentication;
    if (reader.type === Frontend.terminate) return this.#close();
    if (reader.type !== Frontend.password)
      throw protocolViolation(`expected ${authentication.expects} response, got message type ${reader.type}`);
    if (authentication.answer(reader)) return this.#welcome();
  }

  /** Who the client is stands fast. */
  #welcome(): Pending {
    const { database } = this.#options;
    const user = this.#startupParameters.user as string;
    const role = database.loginRole(user);
    const refuse = (sqlstate: string, message: string) => new DbError({ sqlstate, severity: "FATAL", message });
    if (role === undefined) throw refuse("28000", `role "${user}" does not exist`);
    if (!role.canLogin) throw refuse("28000", `role "${user}" is not permitted to log in`);
    if (role.isSuperuser) return this.#open();
    if (!this.#options.hasOrdinaryPlace())
      throw refuse("53300", "remaining connection slots are reserved for non-replication superuser connections");
    if (role.connectionLimit < 0) return this.#open();
    const admit = (sessions: number) => {
      if (sessions >= role.connectionLimit) throw refuse("53300", `too many connections for role "${user}"`);
      this.#open();
    };
    const sessions = database.sessionsOf(user);
    return sessions instanceof Promise ? sessions.then(admit) : admit(sessions);
  }
  #open(): void {
    const { database, registerCancelKey } = this.#options;
    const { user, database: requested, options, replication: _, ...settings } = this.#startupParameters;
    const name = requested || (user as string);
    if (!database.databaseExists(name))
      throw new DbError({ sqlstate: "3D000", severity: "FATAL", message: `database "${name}" does not exist` });
    const session = database.openSession({
      user: user as string,
      database: name,
      settings: { ...settings, ...parseOptions(options) },
      client: this.#options.transport.peer.client,
    });
    this.#session = session;
    this.#authentication = undefined;
    clearTimeout(this.#authenticationTimer);
    respond.authentication(this.#writer, 0);
    this.#speak(session.setting("client_encoding"));
    for (const reported of REPORTED_SETTINGS) respond.parameterStatus(this.#writer, reported, session.setting(reported));
    session.setListener(this);
    const key = [...new Int32Array(new Uint8Array(randomBytes(4 * KEY_WORDS[this.#minor])).buffer)];
    registerCancelKey(session.id, key);
    respond.backendKeyData(this.#writer, session.id, key);
    respond.readyForQuery(this.#writer, "idle");
    this.#phase = "ready";
  }

  // Messages of a running session.

  #handleMessage(): Pending {
    const type = this.#reader.type;
    if (this.#skipToSync && type !== Frontend.sync && type !== Frontend.terminate) return;
    try {
      const pending = this.#dispatch(type);
      if (pending) return pending.catch((error) => this.#extendedError(error, type));
    } catch (error) {
      this.#extendedError(error, type);
    }
  }
  #dispatch(type: number): Pending {
    switch (type) {
      case Frontend.query:
        return this.#query(this.#reader.cstring());
      case Frontend.parse:
        return this.#parse();
      case Frontend.bind:
        return this.#bind();
      case Frontend.describe:
        return this.#describe();
      case Frontend.execute:
        return this.#execute();
      case Frontend.close:
        return this.#closeNamed();
      case Frontend.sync:
        return this.#sync();
      case Frontend.flush:
        return this.#send();
      case Frontend.terminate:
        return this.#close();
      case Frontend.functionCall:
        throw notSupported("the function call message", "Use SELECT with the function instead.");
      case Frontend.copyData:
      case Frontend.copyDone:
      case Frontend.copyFail:
        return; // left over from a COPY that failed: ignored, as PostgreSQL does
      default:
        throw protocolViolation(`invalid frontend message type ${type}`);
    }
  }
  #extendedError(error: unknown, type: number): Pending {
    this.#pointLane?.missed();
    if (error instanceof DbError && error.fields.severity === "FATAL") return this.#fatal(error);
    this.#sendError(error);
    const session = this.#session as Session;
    session.fail();
    if (this.#implicit) {
      this.#implicit = false;
      void session.endImplicit(true);
    }
    if (type === Frontend.query || type === Frontend.functionCall) respond.readyForQuery(this.#writer, session.transactionStatus);
    else if (type === Frontend.sync) respond.readyForQuery(this.#writer, session.transactionStatus);
    else this.#skipToSync = true;
  }

  #query(text: string): Pending {
    const session = this.#session as Session;
    this.#dropPortal("");
    this.#unnamedStatement = undefined;
    this.#unnamedParse = undefined;
    this.#pointLane?.unnamedDropped();
    try {
      const lifted = session.prepareLifted(text);
      if (lifted) return this.#queryDone(this.#runStatement(lifted.prepared, lifted.parameters, text, lifted));
      const statements = session.split(text);
      if (statements.length > 1) {
        this.#pointLane?.interrupted();
        return this.#queries(statements);
      }
      const [statement] = statements;
      if (statement === undefined) respond.empty(this.#writer, Backend.emptyQuery);
      else return this.#queryDone(this.#runStatement(session.prepareParsed(statement), [], text));
    } catch (error) {
      this.#queryFailed(error);
    }
    this.#queryDone();
  }
  #queryDone(pending?: Pending): Pending {
    if (pending)
      return pending.then(
        () => this.#queryDone(),
        (error) => {
          this.#queryFailed(error);
          this.#queryDone();
        },
      );
    if (this.#phase !== "closed") respond.readyForQuery(this.#writer, (this.#session as Session).transactionStatus);
  }
  #queryFailed(error: unknown): void {
    this.#pointLane?.missed();
    if (error instanceof DbError && error.fields.severity === "FATAL") return this.#fatal(error);
    this.#sendError(error);
    this.#session?.fail();
  }
  /** Several statements in one message are one transaction. */
  async #queries(statements: readonly ParsedStatement[]): Promise<void> {
    const session = this.#session as Session;
    let failed = false;
    try {
      for (const statement of statements) {
        session.beginImplicit();
        this.#implicit = true;
        await this.#runStatement(session.prepareParsed(statement), [], statement.text);
      }
    } catch (error) {
      failed = true;
      this.#queryFailed(error);
    }
    this.#implicit = false;
    try {
      this.#note(await session.endImplicit(failed));
    } catch (error) {
      this.#sendError(error);
    }
    this.#queryDone();
  }

  #runStatement(prepared: PreparedStatement, parameters: readonly Datum[], query: string, lifted?: LiftedStatement): Pending {
    const result = (this.#session as Session).execute(prepared, parameters, { ...this.#encodingOptions(TEXT), undescribed: true });
    if (result instanceof Promise) return result.then((r) => this.#runSimple(prepared, r, query));
    return this.#runSimple(prepared, result, query, lifted);
  }
  #runSimple(prepared: PreparedStatement, result: ExecuteResult, query: string, lifted?: LiftedStatement): Pending {
    if (result.kind !== "portal") this.#pointLane?.missed();
    switch (result.kind) {
      case "empty":
        return respond.empty(this.#writer, Backend.emptyQuery);
      case "copyIn":
        return this.#copyIn(result.copy);
      case "copyOut":
        return this.#copyOut(result.copy);
      case "portal": {
        const { portal } = result;
        const columns = portal.columns;
        const formats = portal.isBinary ? BINARY : TEXT;
        if (columns.length > 0 || prepared.tag === "SELECT") respond.rowDescription(this.#writer, columns, this.#lengthOf, formats);
        let rows: PortalRows | Promise<PortalRows>;
        try {
          rows = this.#rows(portal, formats, 0);
        } catch (error) {
          portal.close();
          throw error;
        }
        if (rows instanceof Promise)
          return rows
            .then((last) => {
              this.#pointLane?.missed();
              respond.commandComplete(this.#writer, last.tag);
            })
            .finally(() => portal.close());
        if (this.#pointLane !== undefined)
          this.#noteRan(prepared, portal, rows.tag, TEXT, (ran) => this.#pointLane?.queried(query, lifted, ran));
        respond.commandComplete(this.#writer, rows.tag);
        portal.close();
      }
    }
  }

  #parse(): void {
    const reader = this.#reader;
    const body = this.#pointLane && reader.peekRest();
    const name = reader.cstring();
    if (body !== undefined) this.#pointLane?.parsed(name, body);
    const text = reader.cstring();
    const types: Oid[] = [];
    for (let n = reader.uint16(); n > 0; n--) types.push(reader.int32() >>> 0);
    const session = this.#session as Session;
    // The unnamed statement goes even when the new one turns out to be wrong.
    if (name === "") {
      this.#unnamedStatement = undefined;
      this.#unnamedParse = undefined;
    }
    const statement = session.prepare(text, types);
    if (name === "") this.#unnamedStatement = statement;
    else if (session.namedStatement(name) !== undefined) throw duplicatePrepared(name);
    else session.nameStatement(name, statement);
    respond.empty(this.#writer, Backend.parseComplete);
  }

  #bind(): void {
    const reader = this.#reader;
    const session = this.#session as Session;
    const portalName = reader.cstring();
    const statementName = reader.cstring();
    const statement = this.#statement(statementName);
    const formats = this.#readFormats();
    const count = reader.uint16();
    if (count !== statement.parameterTypes.length) {
      throw new DbError({
        sqlstate: "08P01",
        message: `bind message supplies ${count} parameters, but prepared statement "${statementName}" requires ${statement.parameterTypes.length}`,
      });
    }
    if (formats.length > 1 && formats.length !== count)
      throw new DbError({ sqlstate: "08P01", message: `bind message has ${formats.length} parameter formats but ${count} parameters` });
    const parameters: Datum[] = [];
    for (let i = 0; i < count; i++) {
      const length = reader.int32();
      if (length === -1) {
        parameters.push(null);
        continue;
      }
      const type = session.typeOf(statement.parameterTypes[i] as Oid);
      const isBinary = respond.formatOf(formats, i) === 1;
      try {
        parameters.push(this.#parameter(type, length, isBinary));
      } catch (error) {
        throw atParameter(error, portalName, i + 1, isBinary);
      }
    }
    const resultFormats = this.#readFormats();
    if (resultFormats.length > 1 && resultFormats.length !== statement.columns.length) {
      throw new DbError({
        sqlstate: "08P01",
        message: `bind message has ${resultFormats.length} result formats but query has ${statement.columns.length} columns`,
      });
    }
    if (portalName !== "" && (this.#portals.has(portalName) || session.cursor(portalName))) throw duplicateCursor(portalName);
    this.#dropPortal(portalName);
    const createdMillis = portalName === "" ? 0 : Date.now();
    this.#portals.set(portalName, { statementName, statement, parameters, formats: resultFormats, createdMillis });
    respond.empty(this.#writer, Backend.bindComplete);
  }
  #parameter(type: SqlType, length: number, isBinary: boolean): Datum {
    const reader = this.#reader;
    if (!isBinary) return type.input(reader.text(length), -1, (this.#session as Session).format);
    const bytes = this.#characters === undefined ? reader.bytes(length) : this.#binaryText(type, reader.bytes(length), this.#characters);
    // A varlen value (bytea) may be the bytes themselves, and outlives the message.
    return type.receive(type.physical === PhysicalType.varlen ? Buffer.from(bytes) : bytes, -1);
  }
  /** A binary value of a client that does not speak UTF-8. */
  #binaryText(type: SqlType, bytes: Buffer, characters: CharacterSet): Buffer {
    if (isText(type)) return Buffer.from(characters.decode(bytes));
    if (mayHoldText(type)) throw binaryTextUnsupported(type, characters);
    return bytes;
  }
  #readFormats(): number[] {
    const formats: number[] = [];
    for (let n = this.#reader.uint16(); n > 0; n--) {
      const format = this.#reader.int16();
      if (format !== 0 && format !== 1) throw new DbError({ sqlstate: "22023", message: `unsupported format code: ${format}` });
      formats.push(format);
    }
    return formats;
  }

  #describe(): void {
    const kind = this.#reader.byte();
    const name = this.#reader.cstring();
    if (kind === 0x53) {
      const statement = this.#statement(name);
      respond.parameterDescription(this.#writer, statement.parameterTypes);
      this.#describeColumns(statement, []);
    } else if (kind === 0x50) {
      const cursor = this.#portals.has(name) ? undefined : this.#session?.cursor(name);
      if (cursor !== undefined) return respond.rowDescription(this.#writer, cursor.columns, this.#lengthOf, TEXT);
      const portal = this.#portal(name);
      this.#describeColumns(portal.statement, portal.formats);
    } else throw protocolViolation(`invalid DESCRIBE message subtype ${kind}`);
  }
  #describeColumns(statement: PreparedStatement, formats: readonly number[]): void {
    if (statement.columns.length === 0 && statement.tag !== "SELECT") respond.empty(this.#writer, Backend.noData);
    else respond.rowDescription(this.#writer, statement.columns, this.#lengthOf, formats);
  }

  #execute(): Pending {
    const name = this.#reader.cstring();
    const maxRows = Math.max(0, this.#reader.int32());
    const cursor = this.#portals.has(name) ? undefined : this.#session?.cursor(name);
    if (cursor !== undefined) return this.#executeCursor(cursor, maxRows);
    const portal = this.#portal(name);
    if (portal.finishedTag !== undefined) {
      // Executing a finished portal again gives no rows.
      respond.commandComplete(this.#writer, portal.finishedTag.replace(/\d+$/, "0"));
      return;
    }
    if (portal.running) return this.#continuePortal(portal, maxRows);
    const session = this.#session as Session;
    // Executes up to the next Sync are one transaction; when Sync follows at once autocommit is the same and cheaper.
    if (!this.#implicit && (maxRows > 0 || this.#reader.peekType() !== Frontend.sync)) {
      session.beginImplicit();
      this.#implicit = true;
    }
    const result = session.execute(portal.statement, portal.parameters, this.#encodingOptions(portal.formats));
    if (result instanceof Promise) return result.then((r) => this.#executed(portal, r, maxRows));
    return this.#executed(portal, result, maxRows);
  }
  /** Execute of a portal that DECLARE made: in text, BINARY is for FETCH in simple queries. */
  #executeCursor(cursor: NamedCursor, maxRows: number): void {
    const rows = cursor.next(maxRows);
    const encoders = this.#encodersOf(cursor.columns, TEXT);
    for (const row of rows) dataRow(this.#writer, encoders, row);
    if (maxRows > 0 && rows.length === maxRows) respond.empty(this.#writer, Backend.portalSuspended);
    else respond.commandComplete(this.#writer, `SELECT ${rows.length}`);
  }
  #encodersOf(columns: readonly ResultColumn[], formats: readonly number[]): ReturnType<typeof columnEncoders> {
    const session = this.#session as Session;
    return columnEncoders(
      columns.map((c) => session.typeOf(c.type)),
      formats,
      session.format,
      this.#characters,
    );
  }
  #executed(portal: BoundPortal, result: ExecuteResult, maxRows: number): Pending {
    switch (result.kind) {
      case "empty":
        return respond.empty(this.#writer, Backend.emptyQuery);
      case "copyIn":
        return this.#copyIn(result.copy);
      case "copyOut":
        return this.#copyOut(result.copy);
      case "portal":
        portal.running = result.portal;
        return this.#continuePortal(portal, maxRows);
    }
  }
  #continuePortal(portal: BoundPortal, maxRows: number): Pending {
    const rows = this.#rows(portal.running as Portal, portal.formats, maxRows);
    if (rows instanceof Promise) return rows.then((last) => this.#portalStopped(portal, last));
    this.#portalStopped(portal, rows);
  }
  #portalStopped(portal: BoundPortal, last: PortalRows): void {
    if (!last.done) return respond.empty(this.#writer, Backend.portalSuspended);
    const { statementName, statement, formats } = portal;
    if (this.#pointLane !== undefined && portal.running !== undefined)
      this.#noteRan(statement, portal.running, last.tag, formats, (ran) => this.#pointLane?.executed(statementName, formats, ran));
    portal.finishedTag = last.tag;
    portal.running?.close();
    delete portal.running;
    respond.commandComplete(this.#writer, last.tag);
  }

  /** Tells the lane of a statement that has run to its end. A command that is not one of its own may have changed anything. */
  #noteRan(statement: PreparedStatement, portal: Portal, tag: string, formats: readonly number[], note: (ran: RanStatement) => void): void {
    const lane = this.#pointLane;
    const { nativeStatement: native } = portal;
    const isControl = lane?.isControl(statement.text, tag) === true;
    // In a pipeline without Sync the statement was one of several in a transaction of their own.
    if (this.#implicit || (native === undefined && !isControl)) {
      if (isCommandTag(tag)) lane?.interrupted();
      else lane?.missed();
      return;
    }
    note({
      text: statement.text,
      tag,
      parameterTypes: statement.parameterTypes,
      columns: statement.columns,
      native,
      describe: () => respond.rowDescriptionBytes(statement.columns, this.#lengthOf, formats),
      facts: () => (this.#session as Session).facts(),
    });
  }

  #closeNamed(): void {
    this.#pointLane?.interrupted();
    const kind = this.#reader.byte();
    const name = this.#reader.cstring();
    const session = this.#session as Session;
    if (kind === 0x53) {
      if (name === "") {
        this.#unnamedStatement = undefined;
        this.#unnamedParse = undefined;
        this.#pointLane?.unnamedDropped();
      } else session.dropStatement(name);
    } else if (kind === 0x50) {
      this.#dropPortal(name);
      session.closeCursor(name);
    } else throw protocolViolation(`invalid CLOSE message subtype ${kind}`);
    respond.empty(this.#writer, Backend.closeComplete);
  }

  #sync(): Pending {
    this.#skipToSync = false;
    const session = this.#session as Session;
    if (this.#implicit) {
      this.#implicit = false;
      const lsn = session.endImplicit(false);
      if (lsn instanceof Promise) {
        return lsn.then((l) => {
          this.#note(l);
          this.#synced();
        });
      }
      this.#note(lsn);
    }
    this.#synced();
  }
  #synced(): void {
    const session = this.#session as Session;
    if (session.transactionStatus === "idle") for (const name of [...this.#portals.keys()]) this.#dropPortal(name);
    respond.readyForQuery(this.#writer, session.transactionStatus);
  }

  // Rows.

  /** Sends rows until `maxRows` (0: all), the end, or an error; resolves to the last batch. */
  #rows(portal: Portal, formats: readonly number[], maxRows: number): PortalRows | Promise<PortalRows> {
    let encoders: ReturnType<typeof columnEncoders> | undefined;
    let sent = 0;
    const step = (batch: PortalRows): boolean => {
      if (batch.encoded) {
        this.#writer.raw(batch.encoded.bytes);
        sent += batch.encoded.rowCount;
      } else if (batch.rows.length > 0) {
        encoders ??= this.#encodersOf(portal.columns, formats);
        for (const row of batch.rows) dataRow(this.#writer, encoders, row);
        sent += batch.rows.length;
      }
      this.#note(batch.flushLsn);
      if (this.#writer.length > FLUSH_BYTES) this.#send();
      return batch.done || (maxRows > 0 && sent >= maxRows);
    };
    // A portal counts the rows of one call for its tag: ask for all that this Execute may get.
    const want = () => (maxRows > 0 ? maxRows - sent : 0);
    const turnEnds = performance.now() + TURN_MILLIS;
    for (;;) {
      const batch = portal.next(want());
      if (batch instanceof Promise || this.#clientSlow) return this.#rowsLater(batch, portal, step, want);
      if (step(batch)) return batch;
      if (performance.now() > turnEnds)
        return this.#rowsLater(
          otherConnectionsTurn().then(() => portal.next(want())),
          portal,
          step,
          want,
        );
    }
  }
  async #rowsLater(
    first: PortalRows | Promise<PortalRows>,
    portal: Portal,
    step: (batch: PortalRows) => boolean,
    want: () => number,
  ): Promise<PortalRows> {
    let batch = await first;
    let turnEnds = performance.now() + TURN_MILLIS;
    while (!step(batch)) {
      if (this.#clientSlow) await this.#drain();
      if (performance.now() > turnEnds) {
        await otherConnectionsTurn();
        turnEnds = performance.now() + TURN_MILLIS;
      }
      batch = await portal.next(want());
    }
    return batch;
  }

  // COPY.

  #copyIn(target: CopyInTarget): Promise<void> {
    respond.copyResponse(this.#writer, Backend.copyIn, target.columnCount, target.binary);
    this.#send();
    return new Promise<void>((resolve, reject) => {
      this.#copy = { target, resolve, reject, busy: false };
      // Messages of the COPY may be here already.
      queueMicrotask(() => this.#pump());
    }).finally(() => {
      this.#copy = undefined;
    });
  }
  #handleCopy(copy: RunningCopy): void {
    const reader = this.#reader;
    /** After this the statement goes on; no further message is COPY's. */
    const finish = (work: Promise<void>) => {
      copy.busy = true;
      void work.then(copy.resolve, copy.reject);
    };
    switch (reader.type) {
      case Frontend.copyData: {
        try {
          const pending = copy.target.write(reader.rest());
          if (!pending) return;
          copy.busy = true;
          void pending.then(() => {
            copy.busy = false;
            this.#pump();
          }, copy.reject);
        } catch (error) {
          copy.busy = true;
          copy.reject(error);
        }
        return;
      }
      case Frontend.copyDone:
        return finish(
          copy.target.finish().then(({ tag, flushLsn }) => {
            this.#note(flushLsn);
            respond.commandComplete(this.#writer, tag);
          }),
        );
      case Frontend.copyFail: {
        const reason = reader.cstring();
        return finish(
          copy.target.fail(reason).then(() => {
            throw new DbError({ sqlstate: "57014", message: `COPY from stdin failed: ${reason}` });
          }),
        );
      }
      case Frontend.flush:
      case Frontend.sync:
        return; // allowed inside COPY, ignored
      default:
        return finish(
          Promise.reject(
            new DbError({ sqlstate: "08P01", message: `unexpected message type 0x${reader.type.toString(16)} during COPY from stdin` }),
          ),
        );
    }
  }
  async #copyOut(source: CopyOutSource): Promise<void> {
    respond.copyResponse(this.#writer, Backend.copyOut, source.columnCount, source.binary);
    for (;;) {
      const chunk = await source.next();
      if (chunk === null) break;
      this.#writer.raw(chunk);
      if (this.#writer.length > FLUSH_BYTES) this.#send();
      if (this.#clientSlow) await this.#drain();
    }
    respond.empty(this.#writer, Backend.copyDone);
    respond.commandComplete(this.#writer, source.tag());
  }

  // Output.

  #note(lsn: number): void {
    if (lsn > this.#lsn) this.#lsn = lsn;
  }
  /** Sends what is buffered, held back until the commits that it speaks of are durable; later output queues behind it. */
  #send(): void {
    if (this.#writer.length === 0) return;
    const bytes = this.#writer.take();
    const lsn = this.#lsn;
    this.#lsn = 0;
    if (lsn === 0 && this.#held.length === 0) return this.#write(bytes);
    const entry = { bytes, ready: lsn === 0 };
    this.#held.push(entry);
    if (lsn === 0) return;
    this.#options.database.whenFlushed(lsn, (error) => {
      if (error) {
        // What was held speaks of work that is lost; a connection that was about to end says this as its last word.
        this.#held.length = 0;
        if (this.#phase !== "closed") return this.#fatal(fatalLogFailure(error));
        respond.errorOrNotice(this.#writer, Backend.error, "FATAL", fatalLogFailure(error).fields);
        this.#write(this.#writer.take());
        return this.#options.transport.end();
      }
      entry.ready = true;
      while (this.#held[0]?.ready) this.#write((this.#held.shift() as { bytes: Uint8Array }).bytes);
      this.#rest();
      if (this.#closing && this.#held.length === 0) this.#options.transport.end();
    });
  }
  #closing = false;
  #write(bytes: Uint8Array): void {
    if (this.#ended) return;
    if (this.#options.transport.write(bytes) || this.#clientSlow) return;
    this.#clientSlow = true;
    if (this.#pointLane !== undefined) void this.#drain().then(() => this.#rest());
  }
  async #drain(): Promise<void> {
    await this.#options.transport.drained();
    this.#clientSlow = false;
  }

  #sendError(error: unknown): void {
    this.#writer.abandon();
    if (error instanceof DbError) {
      respond.errorOrNotice(this.#writer, Backend.error, error.fields.severity ?? "ERROR", error.fields);
      return;
    }
    if (error instanceof RangeError && error.message.startsWith("Maximum call stack")) {
      respond.errorOrNotice(this.#writer, Backend.error, "ERROR", stackDepthExceeded().fields);
      return;
    }
    this.#options.reportInternalError(error);
    const message = error instanceof Error ? error.message : String(error);
    respond.errorOrNotice(this.#writer, Backend.error, "ERROR", { sqlstate: "XX000", message: `internal error: ${message}` });
  }
  #fatal(error: unknown): void {
    if (this.#phase === "closed") return;
    this.#takeBack();
    const fields = error instanceof DbError ? error.fields : undefined;
    this.#writer.abandon();
    if (fields) respond.errorOrNotice(this.#writer, Backend.error, "FATAL", fields);
    else this.#sendError(error);
    this.#close();
  }
  #close(): void {
    if (this.#phase === "closed") return;
    this.#takeBack();
    this.#phase = "closed";
    this.#send();
    this.#closing = true;
    if (this.#held.length === 0) this.#options.transport.end();
    if (!this.#busy) this.#closeSession();
  }
  #closeSession(): void {
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#authenticationTimer);
    for (const name of [...this.#portals.keys()]) this.#dropPortal(name);
    this.#session?.close();
    this.#session = undefined;
  }

  // Names.

  #statement(name: string): PreparedStatement {
    if (name === "" && this.#unnamedParse !== undefined) this.#unnamedStatement = this.#prepareUnnamed(this.#unnamedParse);
    const statement = name === "" ? this.#unnamedStatement : this.#session?.namedStatement(name);
    if (statement) return statement;
    throw new DbError({
      sqlstate: "26000",
      message: name === "" ? "unnamed prepared statement does not exist" : `prepared statement "${name}" does not exist`,
    });
  }
  /** Of a Parse message that ran on the lane, so it is well-formed. */
  #prepareUnnamed(body: Buffer): PreparedStatement {
    const end = body.indexOf(0, 1);
    const types: Oid[] = [];
    for (let at = end + 3; at + 4 <= body.length; at += 4) types.push(body.readUInt32BE(at));
    const statement = (this.#session as Session).prepare(body.toString("utf8", 1, end), types);
    this.#unnamedParse = undefined;
    return statement;
  }
  #portal(name: string): BoundPortal {
    const portal = this.#portals.get(name);
    if (!portal) throw new DbError({ sqlstate: "34000", message: `portal "${name}" does not exist` });
    return portal;
  }
  #dropPortal(name: string): void {
    this.#portals.get(name)?.running?.close();
    this.#portals.delete(name);
  }
  readonly #lengthOf = (type: Oid): number => (this.#session as Session).typeOf(type).length;
}

const REPORTED_SETTINGS = [
  "application_name",
  "client_encoding",
  "DateStyle",
  "default_transaction_read_only",
  "in_hot_standby",
  "integer_datetimes",
  "IntervalStyle",
  "is_superuser",
  "server_encoding",
  "server_version",
  "session_authorization",
  "standard_conforming_strings",
  "TimeZone",
] as const;

/** Which parameter was wrong; its text is shown by no more than dots, as log_parameter_max_length_on_error 0 has it. */
function atParameter(error: unknown, portal: string, number: number, isBinary: boolean): unknown {
  if (!(error instanceof DbError) || error.fields.severity === "FATAL") return error;
  const where = `${portal === "" ? "unnamed portal" : `portal "${portal}"`} parameter $${number}${isBinary ? "" : " = '...'"}`;
  return new DbError({ ...error.fields, where: error.fields.where === undefined ? where : `${error.fields.where}\n${where}` });
}
function fatalLogFailure(error: Error): DbError {
  return new DbError({ sqlstate: "58030", message: error.message, ...(error instanceof DbError ? error.fields : {}), severity: "FATAL" });
}

/** The `options` start-up parameter: `-c name=value` and `--name=value`, backslash escapes a blank. */
function parseOptions(text: string | undefined): Record<string, string> {
  const settings: Record<string, string> = {};
  if (!text) return settings;
  const words = (text.match(/(?:\\.|\S)+/g) ?? []).map((word) => word.replace(/\\(.)/g, "$1"));
  for (let i = 0; i < words.length; i++) {
    let word = words[i] as string;
    if (word === "-c") word = words[++i] ?? "";
    else if (word.startsWith("-c")) word = word.slice(2);
    else if (word.startsWith("--")) word = word.slice(2);
    const equals = word.indexOf("=");
    if (equals < 1)
      throw new DbError({ sqlstate: "42601", severity: "FATAL", message: `invalid command-line argument for server process: ${word}` });
    settings[word.slice(0, equals).replace(/-/g, "_")] = word.slice(equals + 1);
  }
  return settings;
}
