/**
 * One client connection of the PostgreSQL protocol 3.0: bytes in, bytes out, no socket.
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
  CopyInTarget,
  CopyOutSource,
  Database,
  ExecuteOptions,
  ExecuteResult,
  ParsedStatement,
  Portal,
  PortalRows,
  PreparedStatement,
  Session,
  SessionListener,
} from "../../src/engine/types.js";
import { type Datum, DbError, type DbErrorFields, notSupported, type Oid, PhysicalType } from "../../src/types/index.js";
import { MessageReader, protocolViolation } from "./message-reader.js";
import { MessageWriter } from "./message-writer.js";
import * as respond from "./responses.js";
import { Backend } from "./responses.js";
import { columnEncoders, dataRow } from "./row-encoder.js";
import { ScramExchange } from "./scram.js";

export interface PgTransport {
  /** Queues bytes; false when the client reads too slowly and `drained` should be awaited. */
  write(bytes: Uint8Array): boolean;
  drained(): Promise<void>;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Whether the peer is on this machine: trusted while its role has no password. */
  readonly isLoopback: boolean;
  readonly remoteAddress: string;
}
export interface PgConnectionOptions {
  readonly database: Database;
  readonly transport: PgTransport;
  readonly maxMessageBytes: number;
  /** Keeps made-up SCRAM salts stable for unknown users; random per server. */
  readonly scramMockSeed: Buffer;
  /** Why a new client must be refused (limit reached, shutting down), or undefined. */
  readonly admit: () => DbError | undefined;
  /** Reports what was our mistake; never sent to a log with statement parameters. */
  readonly reportInternalError: (error: unknown) => void;
  readonly registerCancelKey: (key: { readonly id: number; readonly secret: number }) => void;
}

const FLUSH_BYTES = 64 * 1024;
const TEXT_RESULTS: ExecuteOptions = { resultFormats: [] };
/** A long result lets the thread's other connections in after this time. */
const TURN_MILLIS = 5;
const otherConnectionsTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
const PROTOCOL_3 = 196608;
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
  readonly statement: PreparedStatement;
  readonly parameters: readonly Datum[];
  readonly formats: readonly number[];
  running?: Portal;
  finishedTag?: string;
}
interface RunningCopy {
  readonly target: CopyInTarget;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  busy: boolean;
}
type Phase = "startup" | "sasl" | "saslFinal" | "ready" | "closed";
type Pending = void | Promise<void>;

export class PgConnection implements SessionListener {
  readonly #options: PgConnectionOptions;
  readonly #reader: MessageReader;
  readonly #writer = new MessageWriter();
  #phase: Phase = "startup";
  #busy = false;
  #ended = false;
  #session: Session | undefined;
  #scram: ScramExchange | undefined;
  #startupParameters: Record<string, string> = {};
  readonly #statements = new Map<string, PreparedStatement>();
  readonly #portals = new Map<string, BoundPortal>();
  #skipToSync = false;
  #implicit = false;
  /** A COPY FROM STDIN under way: its statement is running (`#busy`) while its own messages are handled. */
  #copy: RunningCopy | undefined;
  /** Newest commit that the buffered output speaks of. */
  #lsn = 0;
  readonly #held: { readonly bytes: Uint8Array; ready: boolean }[] = [];
  #clientSlow = false;

  constructor(options: PgConnectionOptions) {
    this.#options = options;
    this.#reader = new MessageReader(options.maxMessageBytes);
  }

  /** Bytes from the client, split anywhere. Nothing of the chunk is kept. */
  data(chunk: Buffer): void {
    if (this.#phase === "closed") return;
    this.#reader.push(chunk);
    this.#pump();
    this.#reader.keepRest();
  }
  /** Bytes received that wait for the running statement: the listener pauses the socket above its limit. */
  get backlogBytes(): number {
    return this.#reader.buffered;
  }
  /** The client is gone. */
  disconnected(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#phase = "closed";
    this.#session?.cancel();
    this.#copy?.reject(new DbError({ sqlstate: "08006", message: "connection to client lost" }));
    if (!this.#busy) this.#closeSession();
  }
  /** Server shutdown: tell the client and close. */
  shutDown(): void {
    if (this.#phase === "closed") return;
    this.#session?.cancel();
    this.#fatal(new DbError({ sqlstate: "57P01", severity: "FATAL", message: "terminating connection due to administrator command" }));
  }

  notice(fields: DbErrorFields & { readonly severityName: string }): void {
    respond.errorOrNotice(this.#writer, Backend.notice, fields.severityName, fields);
  }
  parameterStatus(name: string, value: string): void {
    respond.parameterStatus(this.#writer, name, value);
  }
  notification(processId: number, channel: string, payload: string): void {
    respond.notification(this.#writer, processId, channel, payload);
    if (!this.#busy) this.#send();
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
    if (!this.#busy) this.#send();
  }
  #resume(): void {
    this.#busy = false;
    if (this.#ended) this.#closeSession();
    else this.#pump();
  }

  #handle(): Pending {
    switch (this.#phase) {
      case "startup":
        return this.#handleStartup();
      case "sasl":
      case "saslFinal":
        return this.#handlePassword();
      default:
        return this.#handleMessage();
    }
  }

  // Start-up and authentication.

  #handleStartup(): Pending {
    const reader = this.#reader;
    const code = reader.int32();
    if (code === SSL_REQUEST || code === GSS_REQUEST) {
      // TLS is not offered: the client goes on in clear text or gives up, as it was told to.
      this.#options.transport.write(Buffer.from("N"));
      return;
    }
    if (code === CANCEL_REQUEST) {
      this.#options.database.cancelSession(reader.int32(), reader.int32());
      this.#close();
      return;
    }
    if (code >>> 16 !== 3) {
      throw new DbError({
        sqlstate: "0A000",
        severity: "FATAL",
        message: `unsupported frontend protocol ${code >>> 16}.${code & 0xffff}: server supports 3.0 to 3.0`,
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
    if (code !== PROTOCOL_3 || unknownOptions.length > 0) {
      this.#writer.start(Backend.negotiateVersion).int32(0).int32(unknownOptions.length);
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
    this.#authenticate(user);
  }

  #authenticate(user: string): void {
    const role = this.#options.database.roleVerifier(user);
    const { transport } = this.#options;
    if (role?.canLogin && role.password === null) {
      if (transport.isLoopback) return this.#welcome();
      throw new DbError({
        sqlstate: "28000",
        severity: "FATAL",
        message: `role "${user}" has no password: only connections from this machine are allowed`,
        hint: `Connect locally and run ALTER ROLE ${user} PASSWORD '…'.`,
      });
    }
    if (transport.isLoopback && role === undefined)
      throw new DbError({ sqlstate: "28000", severity: "FATAL", message: `role "${user}" does not exist` });
    this.#scram = new ScramExchange(role?.canLogin ? (role.password ?? undefined) : undefined, this.#options.scramMockSeed);
    respond.authentication(this.#writer, 10, Buffer.from("SCRAM-SHA-256\0\0"));
    this.#phase = "sasl";
  }

  #handlePassword(): Pending {
    const reader = this.#reader;
    const scram = this.#scram as ScramExchange;
    if (reader.type === Frontend.terminate) return this.#close();
    if (reader.type !== Frontend.password) throw protocolViolation(`expected SASL response, got message type ${reader.type}`);
    if (this.#phase === "sasl") {
      const mechanism = reader.cstring();
      if (mechanism !== "SCRAM-SHA-256") throw protocolViolation("client selected an invalid SASL authentication mechanism");
      const length = reader.int32();
      respond.authentication(this.#writer, 11, Buffer.from(scram.first(length < 0 ? "" : reader.text(length))));
      this.#phase = "saslFinal";
      return;
    }
    const final = scram.final(reader.text(reader.remaining));
    if (final === undefined) {
      throw new DbError({
        sqlstate: "28P01",
        severity: "FATAL",
        message: `password authentication failed for user "${this.#startupParameters.user}"`,
      });
    }
    respond.authentication(this.#writer, 12, Buffer.from(final));
    this.#welcome();
  }

  #welcome(): void {
    const { database, registerCancelKey } = this.#options;
    const { user, database: requested, options, replication: _, ...settings } = this.#startupParameters;
    const name = requested || (user as string);
    if (!database.databaseExists(name))
      throw new DbError({ sqlstate: "3D000", severity: "FATAL", message: `database "${name}" does not exist` });
    const session = database.openSession({ user: user as string, database: name, settings: { ...settings, ...parseOptions(options) } });
    this.#session = session;
    respond.authentication(this.#writer, 0);
    for (const reported of REPORTED_SETTINGS) respond.parameterStatus(this.#writer, reported, session.setting(reported));
    session.setListener(this);
    const secret = randomBytes(4).readInt32BE();
    registerCancelKey({ id: session.id, secret });
    respond.backendKeyData(this.#writer, session.id, secret);
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
    this.#statements.delete("");
    try {
      const lifted = session.prepareLifted(text);
      if (lifted) return this.#queryDone(this.#runStatement(lifted.prepared, lifted.parameters));
      const statements = session.split(text);
      if (statements.length > 1) return this.#queries(statements);
      const [statement] = statements;
      if (statement === undefined) respond.empty(this.#writer, Backend.emptyQuery);
      else return this.#queryDone(this.#runStatement(session.prepareParsed(statement, []), []));
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
        await this.#runStatement(session.prepareParsed(statement, []), []);
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

  #runStatement(prepared: PreparedStatement, parameters: readonly Datum[]): Pending {
    const result = (this.#session as Session).execute(prepared, parameters, TEXT_RESULTS);
    return result instanceof Promise ? result.then((r) => this.#runSimple(prepared, r)) : this.#runSimple(prepared, result);
  }
  #runSimple(prepared: PreparedStatement, result: ExecuteResult): Pending {
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
        if (columns.length > 0 || prepared.tag === "SELECT") respond.rowDescription(this.#writer, columns, this.#lengthOf, []);
        let rows: PortalRows | Promise<PortalRows>;
        try {
          rows = this.#rows(portal, [], 0);
        } catch (error) {
          portal.close();
          throw error;
        }
        if (rows instanceof Promise)
          return rows.then((last) => respond.commandComplete(this.#writer, last.tag)).finally(() => portal.close());
        respond.commandComplete(this.#writer, rows.tag);
        portal.close();
      }
    }
  }

  #parse(): void {
    const reader = this.#reader;
    const name = reader.cstring();
    const text = reader.cstring();
    const types: Oid[] = [];
    for (let n = reader.uint16(); n > 0; n--) types.push(reader.int32() >>> 0);
    if (name !== "" && this.#statements.has(name))
      throw new DbError({ sqlstate: "42P05", message: `prepared statement "${name}" already exists` });
    this.#statements.set(name, (this.#session as Session).prepare(text, types));
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
      if (respond.formatOf(formats, i) !== 1) {
        parameters.push(type.input(reader.text(length), -1, session.format));
        continue;
      }
      // A varlen value (bytea) may be the bytes themselves, and outlives the message.
      const bytes = reader.bytes(length);
      parameters.push(type.receive(type.physical === PhysicalType.varlen ? Buffer.from(bytes) : bytes, -1));
    }
    const resultFormats = this.#readFormats();
    if (resultFormats.length > 1 && resultFormats.length !== statement.columns.length) {
      throw new DbError({
        sqlstate: "08P01",
        message: `bind message has ${resultFormats.length} result formats but query has ${statement.columns.length} columns`,
      });
    }
    if (portalName !== "" && this.#portals.has(portalName))
      throw new DbError({ sqlstate: "42P03", message: `cursor "${portalName}" already exists` });
    this.#dropPortal(portalName);
    this.#portals.set(portalName, { statement, parameters, formats: resultFormats });
    respond.empty(this.#writer, Backend.bindComplete);
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
      const portal = this.#portal(name);
      this.#describeColumns(portal.statement, portal.formats);
    } else throw protocolViolation(`invalid DESCRIBE message subtype ${kind}`);
  }
  #describeColumns(statement: PreparedStatement, formats: readonly number[]): void {
    if (statement.columns.length === 0 && statement.tag !== "SELECT") respond.empty(this.#writer, Backend.noData);
    else respond.rowDescription(this.#writer, statement.columns, this.#lengthOf, formats);
  }

  #execute(): Pending {
    const portal = this.#portal(this.#reader.cstring());
    const maxRows = Math.max(0, this.#reader.int32());
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
    const result = session.execute(portal.statement, portal.parameters, { resultFormats: portal.formats });
    if (result instanceof Promise) return result.then((r) => this.#executed(portal, r, maxRows));
    return this.#executed(portal, result, maxRows);
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
    portal.finishedTag = last.tag;
    portal.running?.close();
    delete portal.running;
    respond.commandComplete(this.#writer, last.tag);
  }

  #closeNamed(): void {
    const kind = this.#reader.byte();
    const name = this.#reader.cstring();
    if (kind === 0x53) this.#statements.delete(name);
    else if (kind === 0x50) this.#dropPortal(name);
    else throw protocolViolation(`invalid CLOSE message subtype ${kind}`);
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
    const session = this.#session as Session;
    let encoders: ReturnType<typeof columnEncoders> | undefined;
    let sent = 0;
    const step = (batch: PortalRows): boolean => {
      if (batch.encoded) {
        this.#writer.raw(batch.encoded.bytes);
        sent += batch.encoded.rowCount;
      } else if (batch.rows.length > 0) {
        encoders ??= columnEncoders(
          portal.columns.map((c) => session.typeOf(c.type)),
          formats,
          session.format,
        );
        for (const row of batch.rows) {
          const before = this.#writer.length;
          try {
            dataRow(this.#writer, encoders, row);
          } catch (error) {
            this.#writer.truncate(before);
            throw error;
          }
        }
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
          const pending = copy.target.write(Buffer.from(reader.rest()));
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
      this.#writer.start(Backend.copyData).bytes(chunk).end();
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
        this.#held.length = 0;
        return this.#fatal(
          new DbError({ sqlstate: "58030", message: error.message, ...(error instanceof DbError ? error.fields : {}), severity: "FATAL" }),
        );
      }
      entry.ready = true;
      while (this.#held[0]?.ready) this.#write((this.#held.shift() as { bytes: Uint8Array }).bytes);
      if (this.#closing && this.#held.length === 0) this.#options.transport.end();
    });
  }
  #closing = false;
  #write(bytes: Uint8Array): void {
    if (this.#ended) return;
    if (!this.#options.transport.write(bytes)) this.#clientSlow = true;
  }
  async #drain(): Promise<void> {
    await this.#options.transport.drained();
    this.#clientSlow = false;
  }

  #sendError(error: unknown): void {
    if (error instanceof DbError) {
      respond.errorOrNotice(this.#writer, Backend.error, error.fields.severity ?? "ERROR", error.fields);
      return;
    }
    this.#options.reportInternalError(error);
    const message = error instanceof Error ? error.message : String(error);
    respond.errorOrNotice(this.#writer, Backend.error, "ERROR", { sqlstate: "XX000", message: `internal error: ${message}` });
  }
  #fatal(error: unknown): void {
    if (this.#phase === "closed") return;
    const fields = error instanceof DbError ? error.fields : undefined;
    if (fields) respond.errorOrNotice(this.#writer, Backend.error, "FATAL", fields);
    else this.#sendError(error);
    this.#close();
  }
  #close(): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#send();
    this.#closing = true;
    if (this.#held.length === 0) this.#options.transport.end();
    if (!this.#busy) this.#closeSession();
  }
  #closeSession(): void {
    for (const name of [...this.#portals.keys()]) this.#dropPortal(name);
    this.#session?.close();
    this.#session = undefined;
  }

  // Names.

  #statement(name: string): PreparedStatement {
    const statement = this.#statements.get(name);
    if (statement) return statement;
    throw new DbError({
      sqlstate: "26000",
      message: name === "" ? "unnamed prepared statement does not exist" : `prepared statement "${name}" does not exist`,
    });
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
