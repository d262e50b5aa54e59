/** What computed relations ask of the running engine: `EvaluationContext.service("system")`. */
import type { Datum, Oid } from "../types/index.js";

export interface SettingFacts {
  readonly name: string;
  readonly value: string;
  readonly unit: string | null;
  readonly category: string;
  readonly description: string;
  readonly more: string | null;
  readonly context: string;
  readonly type: string;
  readonly min: string | null;
  readonly max: string | null;
  readonly values: readonly string[] | null;
  readonly bootValue: string;
  readonly resetValue: string;
  readonly isChanged: boolean;
}
/** How a client is connected. */
export interface ClientFacts {
  /** null: through a Unix socket. */
  readonly address: string | null;
  /** -1: through a Unix socket. */
  readonly port: number;
  /** This end of the connection, where it is known. */
  readonly server: { readonly address: string; readonly port: number } | null;
  readonly encryption: EncryptionFacts | null;
}
/** TLS of a connection, as pg_stat_ssl shows it. */
export interface EncryptionFacts {
  readonly version: string;
  readonly cipher: string;
  readonly bits: number;
  /** Of the client's certificate. */
  readonly clientDn: string | null;
  /** A decimal number. */
  readonly clientSerial: string | null;
  readonly issuerDn: string | null;
}
/** A line of pg_hba_file_rules. */
export interface AccessRuleFacts {
  readonly line: number;
  readonly type: string | null;
  readonly databases: readonly string[] | null;
  readonly users: readonly string[] | null;
  readonly address: string | null;
  readonly netmask: string | null;
  readonly method: string | null;
  readonly options: readonly string[] | null;
  readonly error: string | null;
}
export interface SessionFacts {
  readonly processId: number;
  readonly user: string;
  readonly database: string;
  readonly applicationName: string;
  /** null: it has no client (embedded). */
  readonly client: ClientFacts | null;
  readonly startedMicros: Datum;
  readonly transactionMicros: Datum;
  readonly queryMicros: Datum;
  readonly state: string;
  readonly query: string;
  readonly xid: number | null;
  /** The timestamp of its oldest snapshot: what vacuum must keep for it. */
  readonly xmin: number | null;
  readonly waitEventType: string | null;
  readonly waitEvent: string | null;
  /** Since when it waits for a lock. */
  readonly waitStartMicros: number | null;
}
/** A row of pg_locks: the columns that are not NULL. */
export interface LockFacts {
  readonly locktype: "virtualxid" | "transactionid" | "relation" | "tuple" | "advisory";
  readonly database?: Oid;
  readonly relation?: Oid;
  readonly page?: number;
  readonly tuple?: number;
  readonly virtualxid?: string;
  readonly transactionid?: number;
  readonly classid?: number;
  readonly objid?: number;
  readonly objsubid?: number;
  readonly virtualtransaction: string;
  /** Absent: a prepared transaction's. */
  readonly pid?: number;
  readonly mode: string;
  readonly granted: boolean;
  readonly fastpath: boolean;
  readonly waitstart?: number;
}
export interface PreparedTransactionFacts {
  readonly xid: number;
  readonly name: string;
  readonly preparedMicros: Datum;
  readonly owner: string;
}
export interface CursorFacts {
  readonly name: string;
  readonly statement: string;
  readonly isHoldable: boolean;
  readonly isBinary: boolean;
  readonly isScrollable: boolean;
  readonly createdMicros: Datum;
}
export interface PreparedFacts {
  readonly name: string;
  readonly statement: string;
  readonly preparedMicros: Datum;
  readonly parameterTypes: readonly Oid[];
  readonly isFromSql: boolean;
}
export type ProgressKind = "createIndex" | "copy" | "vacuum";
/** Long work that a session is at; command, phase and amounts by the kind (sql/pg_catalog/progress.ts). */
export interface ProgressFacts {
  readonly processId: number;
  readonly kind: ProgressKind;
  readonly command: number;
  readonly phase: number;
  readonly relation: Oid;
  readonly index: Oid;
  readonly total: number;
  readonly done: number;
  readonly more: number;
  readonly extra: number;
}
/** A statement that has run; `reason`: why no I/O thread can run it, null: one can. */
export interface HotPathFacts {
  readonly statement: string;
  readonly reason: string | null;
  readonly calls: number;
}
/** What the graph of an HNSW index is like now. */
export interface VectorIndexFacts {
  readonly rows: number;
  readonly removed: number;
  readonly inserted: number;
  readonly loaded: number;
  readonly entryRow: number;
  readonly levels: number;
  /** Beside the vectors, which are the table's. */
  readonly bytes: number;
  /** Rows when recall was last measured; 0: never. */
  readonly probedRows: number;
  /** What walks of rising effort found of the 10 and of the 100 nearest (0: the effort is below that). */
  readonly recall: readonly { readonly ef: number; readonly at10: number; readonly at100: number }[];
}
export interface IvfflatFacts {
  readonly rows: number;
  readonly bytes: number;
}
/** Counted since the start of the server. */
export interface ServerCounters {
  readonly startedMicros: number;
  readonly checkpoints: number;
  readonly logBytes: number;
  readonly logSyncs: number;
  /** LSNs: where the log ends, and up to where it is durable. */
  readonly logEnd: number;
  readonly logFlushed: number;
}
export interface SystemService {
  counters(): ServerCounters;
  settings(): Iterable<SettingFacts>;
  /** Whether the current user may see what a session of that user does. */
  mayWatch(user: string): boolean;
  /** Of all threads. */
  sessions(): Iterable<SessionFacts>;
  progress(): Iterable<ProgressFacts>;
  locks(): Iterable<LockFacts>;
  /** Of the file that decides who may connect; none without one. */
  accessRules(): Iterable<AccessRuleFacts>;
  preparedTransactions(): Iterable<PreparedTransactionFacts>;
  /** Of this session. */
  cursors(): Iterable<CursorFacts>;
  preparedStatements(): Iterable<PreparedFacts>;
  /** Estimated live rows of a native relation. */
  rowCount(storage: number): number;
  relationBytes(storage: number): number;
  /** undefined: no vector index. */
  vectorIndex(storage: number): VectorIndexFacts | undefined;
  hotPath(): Iterable<HotPathFacts>;
  ivfflatIndex(storage: number): IvfflatFacts | undefined;
  /** null: nextval was not called yet. */
  lastValue(sequence: Oid): number | bigint | null;
  /** FOR VALUES … of a partition. */
  printBound?(table: Oid): string | null;
  readonly extensions: readonly { readonly name: string; readonly version: string; readonly comment: string }[];
}
