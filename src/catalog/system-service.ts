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
export interface SessionFacts {
  readonly processId: number;
  readonly user: string;
  readonly database: string;
  readonly applicationName: string;
  readonly startedMicros: Datum;
  readonly transactionMicros: Datum;
  readonly queryMicros: Datum;
  readonly state: string;
  readonly query: string;
  readonly xid: number | null;
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
/** What the graph of an HNSW index is like now. */
export interface VectorIndexFacts {
  readonly rows: number;
  readonly removed: number;
  readonly inserted: number;
  readonly loaded: number;
  readonly entryRow: number;
  readonly levels: number;
  readonly bytes: number;
}
export interface SystemService {
  settings(): Iterable<SettingFacts>;
  sessions(): Iterable<SessionFacts>;
  /** Of this session. */
  cursors(): Iterable<CursorFacts>;
  preparedStatements(): Iterable<PreparedFacts>;
  /** Estimated live rows of a native relation. */
  rowCount(storage: number): number;
  relationBytes(storage: number): number;
  /** undefined: no vector index. */
  vectorIndex(storage: number): VectorIndexFacts | undefined;
  /** null: nextval was not called yet. */
  lastValue(sequence: Oid): number | bigint | null;
  /** A column's default as SQL, names as the search path needs them. */
  printStored(sql: string): string;
  /** FOR VALUES … of a partition. */
  printBound?(table: Oid): string | null;
  readonly extensions: readonly { readonly name: string; readonly version: string; readonly comment: string }[];
}
