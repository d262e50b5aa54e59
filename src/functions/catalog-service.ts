/**
 * Doors from functions to the engine, reached through `context.service(name)`. A session that has none gives undefined: names of
 * relations then do not resolve, and what needs the catalog says so.
 */
import type { FormatContext, Oid } from "../types/index.js";
import { DbError, notSupported } from "../types/index.js";

/** `service("catalog")`. Names come split and folded: ["public", "t"] or ["t"]. */
export interface CatalogService {
  relationByName(path: readonly string[]): Oid | undefined;
  /** As regclass prints: qualified unless visible in the search path, quoted where needed. */
  relationName(oid: Oid): string | undefined;
  relationVisible(oid: Oid): boolean;
  isSequence(oid: Oid): boolean;
  /** undefined: no such column (dropped ones are none). */
  columnNumber(relation: Oid, column: string): number | undefined;
  columnName(relation: Oid, number: number): string | undefined;
  /** The relation as an object has it: its kind's word and its schema's and its own name. */
  relationFacts(oid: Oid): { readonly kind: string; readonly schema: string; readonly name: string } | undefined;
  namespaceByName(name: string): Oid | undefined;
  namespaceName(oid: Oid): string | undefined;
  roleByName(name: string): Oid | undefined;
  roleName(oid: Oid): string | undefined;
  /** COMMENT ON …; `subId` is the attribute number or 0. `catalog` is pg_class, pg_namespace…, undefined for the one-argument form. */
  description(oid: Oid, catalog: string | undefined, subId: number): string | null;
  indexDefinition(oid: Oid, column: number, pretty: boolean): string | null;
  constraintDefinition(oid: Oid, pretty: boolean): string | null;
  viewDefinition(oid: Oid, pretty: boolean): string | null;
  /** Parameters of a function that the catalog defines, or its result; undefined: not such a function. */
  routineText?(oid: Oid, what: "arguments" | "identity" | "result" | "definition"): string | null | undefined;
  /** pg_get_partkeydef: RANGE (a, b). */
  partitionKeyDefinition?(oid: Oid): string | null;
  /** pg_get_serial_sequence: quoted, qualified name. */
  serialSequence(relation: Oid, column: string): string | null;
  /** Bytes: pg_relation_size and friends; undefined when there is no such relation. */
  relationSize(oid: Oid, what: "main" | "indexes" | "total"): number | undefined;
  databaseSize(): number;
  currentSchemas(includeImplicit: boolean): readonly string[];
}

/** `service("sequences")`. */
export interface SequenceService {
  next(sequence: Oid): number | bigint;
  current(sequence: Oid): number | bigint;
  last(): number | bigint;
  set(sequence: Oid, value: number | bigint, isCalled: boolean): number | bigint;
}

/** `service("session")`. */
export interface SessionService {
  readonly backendPid: number;
  currentTransactionId(): number;
  /** False when another session holds it; with `wait` the engine may restart the statement instead of returning. */
  advisoryLock?(key: bigint, options: { readonly shared: boolean; readonly wait: boolean; readonly transaction: boolean }): boolean;
  advisoryUnlock?(key: bigint, shared: boolean): boolean;
  advisoryUnlockAll?(): void;
  notify?(channel: string, payload: string): void;
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
