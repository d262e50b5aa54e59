/**
 * The engine's face towards doors (pgwire, RESP, the embedded API). A door gets a Session and hands it bound statements;
 * the SQL front end is passed in by the composition root, because the engine must not know SQL text.
 */
import type { CatalogReader } from "../catalog/index.js";
import type { FunctionRegistry } from "../functions/index.js";
import type { BoundStatement } from "../plan/index.js";
import type { Datum, DbErrorFields, FormatContext, Oid, Row, SqlType } from "../types/index.js";

/** What JavaScript threads over one engine tell each other: state that lives with connections and not in the addon. */
export type ThreadMessage =
  | {
      readonly kind: "notify";
      readonly processId: number;
      readonly notifications: readonly { readonly channel: string; readonly payload: string }[];
    }
  | { readonly kind: "cancel"; readonly processId: number; readonly secret: number }
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
  /** The same for a stored expression over one row; `table` may qualify a column. */
  renameInExpression(sql: string, table: string, from: string, to: string): string;
}
export type Renaming =
  | { readonly kind: "column"; readonly relation: Oid; readonly attribute: number; readonly from: string; readonly to: string }
  /** `name`, `schema`: what changes. */
  | { readonly kind: "relation"; readonly relation: Oid; readonly name?: string; readonly schema?: string }
  | { readonly kind: "schema"; readonly oid: Oid; readonly name: string };
export interface ParsedStatement {
  readonly text: string;
  /** Offset of `text` in the whole query string, for error positions (characters). */
  readonly offset: number;
  readonly tree: unknown; // the front end's own
  /** For transaction control in an aborted transaction and for routing, without binding. */
  readonly transactionAction: "begin" | "commit" | "rollback" | "rollbackTo" | undefined;
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
  readonly parameterNames?: { readonly routine: string; readonly names: readonly string[] };
  readonly parameterTypes: readonly Oid[];
  readonly format: FormatContext;
  readonly currentUser: string;
  readonly currentDatabase: string;
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
  readonly text: string;
  readonly parameterTypes: readonly Oid[];
  readonly columns: readonly ResultColumn[]; // empty when it returns no rows
  readonly tag: string;
}

/** A statement whose literals became parameters. */
export interface LiftedStatement {
  readonly prepared: PreparedStatement;
  readonly parameters: readonly Datum[];
}

/**
 * A running statement. `next` gives up to `maxRows` rows (0 = all that are ready, never empty unless at the end). Synchronous
 * when it can be: hot statements must not pay for a promise.
 */
export interface Portal {
  readonly columns: readonly ResultColumn[];
  next(maxRows: number): PortalRows | Promise<PortalRows>;
  close(): void;
}
export interface PortalRows {
  readonly rows: readonly Row[];
  /** Set instead of `rows` when the addon already encoded DataRow messages in the formats asked for. */
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
}

export interface CopyInTarget {
  write(chunk: Uint8Array): void | Promise<void>;
  finish(): Promise<{ tag: string; flushLsn: number }>;
  fail(message: string): Promise<void>;
  readonly columnCount: number;
  readonly binary: boolean;
}
export interface CopyOutSource {
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
  parameterStatus(name: string, value: string): void;
  notification(processId: number, channel: string, payload: string): void;
}

export interface Session {
  readonly id: number; // backend process id as clients see it
  readonly format: FormatContext;
  readonly transactionStatus: TransactionStatus;
  setListener(listener: SessionListener): void;
  /** Parse and bind; from the plan cache when it can. */
  prepare(text: string, parameterTypes: readonly Oid[]): PreparedStatement;
  /** Parse only: a simple query's statements, bound one by one as they run. */
  split(text: string): readonly ParsedStatement[];
  prepareParsed(statement: ParsedStatement, parameterTypes: readonly Oid[]): PreparedStatement;
  /** A simple query by its text, without parsing, when texts that differ only in literals came before. */
  prepareLifted(text: string): LiftedStatement | undefined;
  /** Runs in the session's transaction, or in one of its own (autocommit). Durability: the caller waits for `flushLsn`
   *  (`whenFlushed`) before it says so to the client. */
  execute(statement: PreparedStatement, parameters: readonly Datum[], options?: ExecuteOptions): ExecuteResult | Promise<ExecuteResult>;
  /** Simple-query text with several statements is one implicit transaction: begin before, end after the last. */
  beginImplicit(): void;
  endImplicit(failed: boolean): number | Promise<number>; // flushLsn
  /** Error inside a transaction block: status becomes "failed"; outside: rolled back. */
  fail(): void;
  /** Parameter and result values. */
  typeOf(oid: Oid): SqlType;
  /** Cancels what runs now: it fails with 57014 at the next check. */
  cancel(): void;
  setting(name: string): string;
  setSetting(name: string, value: string): void;
  close(): void;
}

export interface Database {
  openSession(options: { readonly user: string; readonly database: string; readonly settings?: Readonly<Record<string, string>> }): Session;
  /** SCRAM verifier of a role; undefined = no such role. null = no password. */
  roleVerifier(user: string): { readonly canLogin: boolean; readonly password: string | null } | undefined;
  databaseExists(name: string): boolean;
  /** Runs `callback` when the log is durable up to lsn, at once if it is. */
  whenFlushed(lsn: number, callback: (error?: Error) => void): void;
  /** Only who knows the session's secret may cancel it. */
  registerCancelKey(id: number, secret: number): void;
  /** A client's cancel request; it may have come in on another thread than the session's. */
  cancelSession(id: number, secret: number): void;
  close(): Promise<void>;
}
