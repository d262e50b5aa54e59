/**
 * Doors from functions to the engine, reached through `context.service(name)`. A session that has none gives undefined: names of
 * relations then do not resolve, and what needs the catalog says so.
 */
import type { ClientFacts, CollationObject } from "../catalog/index.js";
import type { FormatContext, Oid } from "../types/index.js";
import { DbError, notSupported } from "../types/index.js";

/** `service("catalog")`. Names come split and folded: ["public", "t"] or ["t"]. */
export interface CatalogService {
  relationByName(path: readonly string[]): Oid | undefined;
  /** As regclass prints: qualified unless visible in the search path, quoted where needed. */
  relationName(oid: Oid): string | undefined;
  relationVisible(oid: Oid): boolean;
  /** Of the relation of a composite type; undefined: no such type. */
  compositeVisible?(oid: Oid): boolean | undefined;
  isSequence(oid: Oid): boolean;
  /** undefined: no such column (dropped ones are none). */
  columnNumber(relation: Oid, column: string): number | undefined;
  columnName(relation: Oid, number: number): string | undefined;
  /** The relation as an object has it: its kind's word and its schema's and its own name. */
  relationFacts(oid: Oid): { readonly kind: string; readonly schema: string; readonly name: string } | undefined;
  namespaceByName(name: string): Oid | undefined;
  namespaceName(oid: Oid): string | undefined;
  collationByName(path: readonly string[]): Oid | undefined;
  /** As regcollation prints: qualified unless visible, quoted where needed. */
  collationName(oid: Oid): string | undefined;
  collationFacts(oid: Oid): CollationObject | undefined;
  roleByName(name: string): Oid | undefined;
  roleName(oid: Oid): string | undefined;
  /** COMMENT ON …; `subId` is the attribute number or 0. `catalog` is pg_class, pg_namespace…, undefined for the one-argument form. */
  description(oid: Oid, catalog: string | undefined, subId: number): string | null;
  /** pg_relation_is_updatable: 4 UPDATE, 8 INSERT, 16 DELETE. */
  updatableEvents(oid: Oid): number;
  isColumnUpdatable(oid: Oid, column: number): boolean;
  /** pg_get_statisticsobjdef and its part without CREATE. */
  statisticsText?(oid: Oid, what: "definition" | "columns"): string | undefined;
  /** getObjectDescription. */
  describeObject?(oid: Oid): string | undefined;
  statisticsExpressions?(oid: Oid): readonly string[] | undefined;
  isStatisticsVisible?(oid: Oid): boolean | undefined;
  indexDefinition(oid: Oid, column: number, pretty: boolean): string | null;
  /** The method of an index, its key columns in order, and how many more are only included. */
  indexColumns?(oid: Oid):
    | {
        readonly method: string;
        readonly keys: readonly { readonly descending: boolean; readonly nullsFirst: boolean; readonly operatorClass: string }[];
        readonly includeCount: number;
      }
    | undefined;
  constraintDefinition(oid: Oid, pretty: boolean): string | null;
  /** The columns that a view's query mentions. */
  columnsOfView(oid: Oid): readonly { readonly relation: Oid; readonly attribute: number }[];
  /** `wrapColumn`: how long a line of a list may get; 0: every item in a line of its own. */
  viewDefinition(oid: Oid, pretty: boolean, wrapColumn: number): string | null;
  /** pg_get_expr of what a catalog column holds: SQL over the relation's row, or a partition's bound. */
  storedExpression(sql: string, relation: Oid, pretty: boolean): string;
  /** A column's default or generation expression; null: it has none. */
  columnDefault(relation: Oid, column: number): string | null;
  /** Parameters of a function that the catalog defines, or its result; undefined: not such a function. */
  routineText?(oid: Oid, what: "arguments" | "identity" | "result" | "definition" | "body"): string | null | undefined;
  /** pg_get_function_arg_default; `number` counts input parameters from 1. */
  parameterDefault?(oid: Oid, number: number): string | null;
  /** pg_get_partkeydef: RANGE (a, b). */
  partitionKeyDefinition?(oid: Oid): string | null;
  partitionConstraintDefinition?(oid: Oid): string | null;
  /** How a table or index stands among partitions: its parent, what is below it. undefined: neither partitioned nor a partition. */
  partitionLinks?(oid: Oid): { readonly parent: Oid | undefined; readonly children: readonly Oid[]; readonly isLeaf: boolean } | undefined;
  /** pg_get_ruledef of a view's own rule. */
  ruleDefinition?(rule: Oid, pretty: boolean): string | null;
  /** A domain's default; null: it has none. */
  typeDefault?(oid: Oid): string | null;
  /** pg_get_serial_sequence: quoted, qualified name. */
  serialSequence(relation: Oid, column: string): string | null;
  /** Bytes: pg_relation_size and friends; undefined when there is no such relation. */
  relationSize(oid: Oid, what: "main" | "indexes" | "total"): number | undefined;
  databaseSize(): number;
  /** acldefault: by PostgreSQL's letter for the kind of object; undefined: no such kind. */
  defaultAcl(kind: string, owner: Oid): readonly string[] | undefined;
  currentSchemas(includeImplicit: boolean): readonly string[];
}

/** `service("sequences")`. */
export interface SequenceService {
  next(sequence: Oid): number | bigint;
  current(sequence: Oid): number | bigint;
  last(): number | bigint;
  set(sequence: Oid, value: number | bigint, isCalled: boolean): number | bigint;
}

/** What an advisory lock is taken on: the halves of one int8, or two int4. */
export interface AdvisoryKey {
  readonly high: number;
  readonly low: number;
  readonly isPair: boolean;
}

/** Ids of transactions, for SQL that asks for them. */
export interface TransactionIds {
  /** The current transaction's; from now on it is assigned. */
  current(): number;
  /** undefined: it has not written and nobody asked for its id. */
  assigned(): number | undefined;
  /** What the next transaction gets. */
  next(): number;
  snapshot(): { readonly xmin: number; readonly xmax: number; readonly running: readonly number[] };
  /** Publishes the statement's snapshot; its name. */
  exportSnapshot(): string;
  /** undefined: it ended too long ago to tell. */
  status(xid: number): "in progress" | "committed" | "aborted" | undefined;
}
/** `service("session")`. */
export interface SessionService {
  readonly backendPid: number;
  readonly transactions: TransactionIds;
  /** False when another session holds it; with `wait` the engine leaves the statement and runs it again when the lock is held. */
  advisoryLock?(key: AdvisoryKey, options: { readonly shared: boolean; readonly wait: boolean; readonly transaction: boolean }): boolean;
  advisoryUnlock?(key: AdvisoryKey, shared: boolean): boolean;
  advisoryUnlockAll?(): void;
  /** Leaves the statement for so long; true when the time is over. */
  sleep?(millis: number): void;
  /** False, with a warning: there is no such session. */
  signal?(processId: number, signal: "cancel" | "terminate"): boolean;
  readonly client?: ClientFacts | null;
  /** Asks the server to read its configuration again. */
  reloadConfiguration?(): void;
  blockingPids?(processId: number): readonly number[];
  safeSnapshotBlockingPids?(processId: number): readonly number[];
  /** The share of the k nearest rows that a search of this session finds through an HNSW index, measured with rows of it as queries; leaves the
   *  statement meanwhile. null: it has too few rows. */
  vectorRecall?(index: Oid, k: number, queries: number): number | null;
  /** The text that the client sent, all of it. */
  readonly currentQuery?: string;
  notify?(channel: string, payload: string): void;
  /** Of this session, in the order of its LISTENs. */
  listeningChannels?(): readonly string[];
}

interface MaybeEvaluation {
  service?<T>(name: string): T | undefined;
}

export function findService<T>(context: FormatContext, name: string): T | undefined {
  return (context as FormatContext & MaybeEvaluation).service?.<T>(name);
}
export function catalogOf(context: FormatContext): CatalogService | undefined {
  return findService<CatalogService>(context, "catalog");
}
export function requireService<T>(context: FormatContext, name: string): T {
  const service = findService<T>(context, name);
  if (service === undefined) throw notSupported(`${name} here`);
  return service;
}

/** Splits `a."B c".d` as SQL identifiers. */
export function splitName(text: string): string[] {
  const parts: string[] = [];
  const one = /\s*(?:"((?:[^"]|"")+)"|([^\s".]+))\s*(\.|$)/y;
  for (;;) {
    const match = one.exec(text);
    if (match === null) throw new DbError({ sqlstate: "42602", message: "invalid name syntax" });
    parts.push(match[1] !== undefined ? match[1].replace(/""/g, '"') : match[2]!.toLowerCase());
    if (match[3] === "") return parts;
  }
}
const plainIdentifier = /^[a-z_][a-z0-9_$]*$/;
const reserved = new Set(
  "all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign from grant group having in initially intersect into lateral leading limit localtime localtimestamp not null offset on only or order placing primary references returning select session_user some symmetric table then to trailing true union unique user using variadic when where window with authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join left like natural notnull outer overlaps right similar tablesample verbose between bigint bit boolean char character coalesce dec decimal exists extract float greatest grouping inout int integer interval least national nchar none normalize nullif numeric out overlay position precision real row setof smallint substring time timestamp treat trim values varchar xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable".split(
    " ",
  ),
);
export function quoteIdentifier(name: string): string {
  return plainIdentifier.test(name) && !reserved.has(name) ? name : `"${name.replace(/"/g, '""')}"`;
}
