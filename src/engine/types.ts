/**
 * The engine's face towards doors (pgwire, RESP, the embedded API). A door gets a Session and hands it bound statements;
 * the SQL front end is passed in by the composition root, because the engine must not know SQL text.
 */
import type { CatalogReader, ClientFacts, PolicyObject, TableObject } from "../catalog/index.js";
import type { IndexSearchSource, PointWriteSource } from "../execution/index.js";
import type { FunctionRegistry } from "../functions/index.js";
import type { NearestPipeline, PointPipeline } from "../native/index.js";
import type { BoundStatement } from "../plan/index.js";
import type { Datum, DbError, DbErrorFields, FormatContext, Oid, Row, SqlType } from "../types/index.js";
import type { ServerFacts } from "./host-access/index.js";
import type { CancelKey } from "./interrupts.js";
import type { ThreadQuestion } from "./thread-questions.js";

export type { ClientFacts, EncryptionFacts } from "../catalog/index.js";
export type { FloatCast, IndexSearchSource, SearchBound } from "../execution/index.js";
export type { AccessRule, AuthenticationMethod } from "./host-access/index.js";
export type { CancelKey } from "./interrupts.js";

/** What JavaScript threads over one engine tell each other: state that lives with connections and not in the addon. */
export type ThreadMessage =
  | {
      readonly kind: "notify";
      readonly processId: number;
      readonly notifications: readonly { readonly channel: string; readonly payload: string }[];
    }
  /** `key`: of threads that share no memory of interrupts: what the asking one could not check. */
  | { readonly kind: "interrupt"; readonly processId: number; readonly key?: CancelKey }
  | { readonly kind: "question"; readonly from: number; readonly id: number; readonly question: ThreadQuestion }
  | { readonly kind: "answer"; readonly to: number; readonly id: number; readonly answer: unknown }
  /** The server's configuration has to be read again. */
  | { readonly kind: "reload" }
  | { readonly kind: "redisConfiguration"; readonly pairs: readonly (readonly [string, string])[] }
  | { readonly kind: "redis"; readonly message: object }; // protocols/resp/thread-messages.ts

/** Implemented by `sql/`. */
export interface FrontEnd {
  /** Splits and parses; throws DbError 42601 with position. A statement keeps its source text. */
  parse(text: string): readonly ParsedStatement[];
  /** `parameterTypes[i]` 0 or absent = infer. */
  bind(statement: ParsedStatement, context: BindContext): BoundStatement;
  /** A stored query with the new name wherever it means the renamed thing; bound under the catalog as it is before the rename. */
  renameInQuery(sql: string, context: BindContext, renaming: Renaming): string;
  /** The same for the statements of a routine's standard body; `context` names its parameters. */
  renameInBody(source: string, context: BindContext, renaming: Renaming): string;
  /** The same for a stored expression over one row; `table` may qualify a column. */
  renameInExpression(sql: string, table: string, from: string, to: string): string;
  /** Stored SQL in the form in which PostgreSQL shows it: constants with types, names as the context's search path needs them. */
  printQuery(context: BindContext, stored: StoredQuery): string;
  printExpression(context: BindContext, stored: StoredExpression): PrintedExpression;
  /** The statements of a routine's standard body; `context` names its parameters. */
  printRoutineBody(context: BindContext, source: string): string;
}
export interface StoredQuery {
  readonly sql: string;
  /** Parentheses only where they are needed. */
  readonly pretty: boolean;
  /** A line is broken once it would be longer; 0: after every item of a list. */
  readonly wrapColumn: number;
  /** The relation's own column names, whatever the query calls them. */
  readonly columnNames?: readonly string[];
  /** A view's: columns say whose they are, and nothing is called old or new. */
  readonly isRule: boolean;
}
export interface StoredExpression {
  readonly sql: string;
  readonly pretty: boolean;
  readonly clause:
    | "check constraints"
    | "policy expressions"
    | "DEFAULT expressions"
    | "index expressions"
    | "index predicates"
    | "column generation expressions"
    | "partition key expressions";
  /** The row that the expression reads. */
  readonly relation: string;
  readonly columns: readonly { readonly name: string; readonly type: Oid; readonly typmod: number }[];
  /** What the value goes into. */
  readonly type?: Oid;
}
export interface PrintedExpression {
  readonly text: string;
  /** Looks like a call: stands without parentheses where an index or a partition key has it. */
  readonly isCall: boolean;
}
export type Renaming =
  | { readonly kind: "column"; readonly relation: Oid; readonly attribute: number; readonly from: string; readonly to: string }
  /** `name`, `schema`: what changes. */
  | { readonly kind: "relation"; readonly relation: Oid; readonly name?: string; readonly schema?: string }
  | { readonly kind: "schema"; readonly oid: Oid; readonly name: string }
  /** A function, type, operator or collation, and what it is called afterwards. */
  | { readonly kind: "object"; readonly oid: Oid; readonly schema: string; readonly name: string };
export interface ParsedStatement {
  readonly text: string;
  /** Offset of `text` in the whole query string, for error positions (characters). */
  readonly offset: number;
  readonly tree: unknown; // the front end's own
  /** For transaction control in an aborted transaction and for routing, without binding. */
  readonly transactionAction: "begin" | "commit" | "rollback" | "rollbackTo" | "prepare" | undefined;
}
export interface BindContext {
  readonly catalog: CatalogReader;
  /** Types, functions, operators and casts as the catalog has them; absent: PostgreSQL's own. */
  readonly registry?: FunctionRegistry;
  /** Inside a routine or a domain's check: the names of $1…$n, and the routine's own. */
  /** The statement is a routine's last: what the routine returns. */
  readonly routineResult?: {
    readonly type: Oid;
    readonly isProcedure: boolean;
    readonly outputs: readonly { readonly name: string; readonly type: Oid }[];
  };
  /** The statement is to be kept: `resolvedSql` comes too. */
  readonly resolvesNames?: true;
  readonly parameterNames?: { readonly routine: string; readonly names: readonly string[] };
  readonly parameterTypes: readonly Oid[];
  /** False in a simple query; default true. */
  readonly parametersAllowed?: boolean;
  readonly format: FormatContext;
  readonly currentUser: string;
  readonly currentDatabase: string;
  /** The statement is an element of CREATE SCHEMA: the schema's name. */
  readonly creatingSchema?: string;
  /**
   * Policies that restrict the user (or `owner`, for whom a view reads) on a table with row level security; undefined: none does. Absent: a
   * statement of the server's own, which sees every row. @throws DbError 42501 with row_security = off
   */
  readonly policiesFor?: (table: TableObject, owner: Oid | undefined) => readonly PolicyObject[] | undefined;
  /** For what binding has to say before it fails. */
  readonly notice?: (message: string, detail?: string) => void;
  /** Parameter types of a statement that PREPARE made; undefined: there is none. */
  readonly preparedTypes?: (name: string) => readonly Oid[] | undefined;
}

export interface ResultColumn {
  readonly name: string;
  readonly type: Oid;
  readonly typmod: number;
  readonly origin?: { readonly relation: Oid; readonly attribute: number };
}

/** A statement that was parsed and bound once: what Parse makes and Bind runs. */
export interface PreparedStatement {
  /** Its text holds no statement. */
  readonly isEmpty: boolean;
  readonly text: string;
  readonly parameterTypes: readonly Oid[];
  readonly columns: readonly ResultColumn[]; // empty when it returns no rows
  readonly tag: string;
}

/** A statement whose literals became parameters. */
export interface LiftedStatement {
  readonly prepared: PreparedStatement;
  readonly parameters: readonly Datum[];
  /** The text with $1, $2, … for the literals, and a letter for each (literals.ts). */
  readonly text: string;
  readonly kinds: string;
}

/**
 * A running statement. `next` gives up to `maxRows` rows (0 = all that are ready, never empty unless at the end). Synchronous
 * when it can be: hot statements must not pay for a promise.
 */
export interface Portal {
  readonly columns: readonly ResultColumn[];
  /** Rows of a binary cursor: a simple query gets them in binary form. */
  readonly isBinary?: boolean;
  /** The same statement can run in the addon alone, with its parameters. */
  readonly nativeStatement?: NativeStatement | undefined;
  next(maxRows: number): PortalRows | Promise<PortalRows>;
  close(): void;
}
export type NativeStatement = NativePoint | NativeNearest | NativeWrite;
/** A SELECT by a whole key of parameters, or a search of an index by a list of keys or a range. */
export interface NativePoint {
  readonly kind: "select";
  readonly pipeline: PointPipeline;
  /** The parameter of each key column, of a search of those that are held equal. */
  readonly keys: readonly number[];
  readonly search: IndexSearchSource | undefined;
  /** The native catalog's version that it was planned for. */
  readonly catalogVersion: number;
  /** OID of the table that it reads. */
  readonly relation: number;
}
/** A SELECT of the rows nearest to a parameter's vector. */
export interface NativeNearest {
  readonly kind: "nearest";
  readonly pipeline: NearestPipeline;
  /** Whose value is the vector. */
  readonly parameter: number;
  readonly limit: { readonly count: number } | { readonly parameter: number };
  /** As the session's settings have them (hnsw.ef_search, hnsw.recall_target). */
  readonly effort: number;
  readonly recallTarget: number;
  readonly catalogVersion: number;
  readonly relation: number;
}
/** A write of one row, its key given by parameters. */
export interface NativeWrite {
  readonly kind: "write";
  readonly source: PointWriteSource;
  /** The parameter of each key column. */
  readonly keys: readonly number[];
  /** RETURNING: column, wire kind and format of each. */
  readonly outputs: Uint32Array;
  readonly catalogVersion: number;
  readonly relation: number;
}
/** What statements that run outside of the session have to know of it. */
export interface SessionFacts {
  /** Another one: a setting has changed. */
  readonly generation: number;
  /** Who owns its locks. */
  readonly process: number;
  readonly isolation: "read committed" | "repeatable read";
  /** A commit is answered when it is durable. */
  readonly isSynchronous: boolean;
  readonly mayWrite: boolean;
  /** Transaction blocks may begin and end there: no time limit watches them, no notification waits for their end. */
  readonly mayBegin: boolean;
  /** A moment without an offset is one of UTC. */
  readonly isUtc: boolean;
}
/** Times in microseconds since 2000. Without `transactionMicros` no block is open. */
export interface LaneActivity {
  readonly query: string;
  readonly queryMicros: number;
  readonly transactionMicros: number | undefined;
  readonly xid: number | undefined;
}
/** A transaction block that began outside of the session. */
export interface BegunBlock {
  /** 0: no statement of it has run. */
  readonly xid: number;
  readonly startMicros: number;
  /** Relation and mode of each lock that the lock manager has for the session, one after the other. */
  readonly locks: readonly number[];
}
export interface PortalRows {
  readonly rows: readonly Row[];
  /** Set instead of `rows` when the addon already encoded DataRow messages in the formats asked for, or COPY's rows. */
  readonly encoded?: { readonly bytes: Uint8Array; readonly rowCount: number };
  readonly done: boolean;
  /** When done: the whole command tag, "INSERT 0 3". */
  readonly tag: string;
  /** Log position that must be durable before the client hears of success; 0 = none. */
  readonly flushLsn: number;
}
export interface ExecuteOptions {
  /** Result format codes as in Bind (0 text, 1 binary; none = all text, one = all). Lets the addon encode rows; absent = rows as datums. */
  readonly resultFormats?: readonly number[];
  /** The client has not been told the columns: they may be others when a definition came between. */
  readonly undescribed?: boolean;
}

export interface CopyInTarget {
  write(chunk: Uint8Array): void | Promise<void>;
  /** Judges what has come so far: before another message of the client's is answered, what was wrong before it is told. */
  look(): void | Promise<void>;
  finish(): Promise<{ tag: string; flushLsn: number }>;
  fail(message: string): Promise<void>;
  readonly columnCount: number;
  readonly binary: boolean;
}
export interface CopyOutSource {
  /** CopyData messages for a client, the bytes as they are for a file; null at the end. Overwritten by the next call. */
  next(): Uint8Array | null | Promise<Uint8Array | null>;
  readonly columnCount: number;
  readonly binary: boolean;
  readonly tag: () => string;
}

export type ExecuteResult =
  | { readonly kind: "portal"; readonly portal: Portal }
  | { readonly kind: "copyIn"; readonly copy: CopyInTarget }
  | { readonly kind: "copyOut"; readonly copy: CopyOutSource }
  | { readonly kind: "empty" };

export type TransactionStatus = "idle" | "transaction" | "failed";

export interface SessionListener {
  notice(fields: DbErrorFields & { readonly severityName: "NOTICE" | "WARNING" | "INFO" | "LOG" | "DEBUG" }): void;
  /** A setting that clients are told of has changed; they are told before the next question is theirs. */
  parameterStatus(name: string, value: string, before: string): void;
  notification(processId: number, channel: string, payload: string): void;
  /** Hang up with this error, once what runs has stopped. */
  terminate?(error: DbError): void;
  /** What ran outside of the session after its own newest statement, for pg_stat_activity. */
  activityElsewhere?(): LaneActivity | undefined;
  /** The client has closed its connection. */
  clientHasLeft?(): boolean;
  /** Whether a statement is running, for pg_stat_activity. */
  isBusy?(): boolean;
  /** Portals that the client opened by name: SQL moves and closes them like cursors. */
  readonly portals?: ClientPortals | undefined;
}
export interface ClientPortals {
  has(name: string): boolean;
  /** Passes over up to `count` rows; how many there were. */
  skip(name: string, count: number): number | Promise<number>;
  close(name: string): void;
  closeAll(): void;
  list(): Iterable<{ readonly name: string; readonly statement: string; readonly createdMicros: number }>;
}
/** A cursor that DECLARE made, read as a portal. */
export interface NamedCursor {
  readonly columns: readonly ResultColumn[];
  /** The next rows; 0: all that are left. */
  next(maxRows: number): readonly Row[];
}

export interface Session {
  readonly id: number; // backend process id as clients see it
  readonly format: FormatContext;
  readonly transactionStatus: TransactionStatus;
  /** Also one of statements without BEGIN that has not ended yet. */
  readonly isInTransaction: boolean;
  setListener(listener: SessionListener): void;
  /** Parse and bind; from the plan cache when it can. */
  prepare(text: string, parameterTypes: readonly Oid[]): PreparedStatement;
  /** Parse only: a simple query's statements, bound one by one as they run. */
  split(text: string): readonly ParsedStatement[];
  prepareParsed(statement: ParsedStatement): PreparedStatement;
  /** Prepared statements by name: those of PREPARE and those of the client's Parse are one set. */
  namedStatement(name: string): PreparedStatement | undefined;
  nameStatement(name: string, statement: PreparedStatement): void;
  dropStatement(name: string): void;
  /** Cursors of DECLARE are portals, too. */
  cursor(name: string): NamedCursor | undefined;
  closeCursor(name: string): void;
  /** A simple query by its text, without parsing, when texts that differ only in literals came before. */
  prepareLifted(text: string): LiftedStatement | undefined;
  /** What planning a text of one statement with its literals as constants says; undefined: that it can run. */
  planningError(text: string): DbError | undefined;
  /** Runs in the session's transaction, or in one of its own (autocommit). Durability: the caller waits for `flushLsn`
   *  (`whenFlushed`) before it says so to the client. */
  execute(statement: PreparedStatement, parameters: readonly Datum[], options?: ExecuteOptions): ExecuteResult | Promise<ExecuteResult>;
  /** Several statements of one message, or Executes of a pipeline, are one implicit transaction: before each of them, and the end after the last. */
  beginImplicit(of: "message" | "pipeline"): void;
  endImplicit(failed: boolean): number | Promise<number>; // flushLsn
  /** Error inside a transaction block: status becomes "failed"; outside: rolled back. */
  fail(): void;
  /** Parameter and result values. */
  typeOf(oid: Oid): SqlType;
  /** undefined: nothing of the session's may run elsewhere. */
  facts(): SessionFacts | undefined;
  /** OIDs of sequences, each with the number that was drawn from it elsewhere for this session; the newest last. */
  noteDrawn(drawn: readonly (number | bigint)[]): void;
  /** The session is in this block from now on. */
  enterBlock(block: BegunBlock): void;
  /** How long the session may stay idle from now on, and the error that ends it then; undefined: for ever. */
  idleLimit(): { readonly millis: number; readonly error: DbError } | undefined;
  /** Cancels what runs now: it fails with 57014 at the next check. */
  cancel(): void;
  setting(name: string): string;
  setSetting(name: string, value: string): void;
  close(): void;
}

export interface LoginRole {
  readonly canLogin: boolean;
  readonly isSuperuser: boolean;
  /** -1: none. */
  readonly connectionLimit: number;
  /** SCRAM verifier or `md5…`; null: the role has no password. */
  readonly password: string | null;
  /** VALID UNTIL is over: the password opens nothing. */
  readonly isExpired: boolean;
}

export interface Database {
  openSession(options: {
    readonly user: string;
    readonly database: string;
    readonly settings?: Readonly<Record<string, string>>;
    readonly client?: ClientFacts;
  }): Session;
  /** Who may connect, and what the server tells of itself. */
  readonly server: ServerFacts;
  /** Whether `user` is in `role`, at any distance; false when one of them does not exist. */
  isMemberOf(user: string, role: string): boolean;
  /** What decides whether a role may log in; undefined: there is no such role. */
  loginRole(user: string): LoginRole | undefined;
  /** Sessions of a role on all threads. */
  sessionsOf(user: string): number | Promise<number>;
  databaseExists(name: string): boolean;
  /** One that is listed as a template alone: nobody connects to it. */
  isTemplateDatabase(name: string): boolean;
  /** Runs `callback` when the log is durable up to lsn, at once if it is. */
  whenFlushed(lsn: number, callback: (error?: Error) => void): void;
  /** Why nothing can become durable any more. */
  readonly logFailure?: Error | undefined;
  /** Only who knows the session's secret may cancel it. */
  registerCancelKey(id: number, secret: CancelKey): void;
  /** A client's cancel request; it may have come in on another thread than the session's. */
  cancelSession(id: number, secret: CancelKey): Promise<void>;
  close(): Promise<void>;
}
