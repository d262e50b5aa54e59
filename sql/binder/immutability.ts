/**
 * Whether an expression gives the same value for the same row at all times: what generated columns, index and partition keys ask.
 *
 * Not only functions decide. A conversion through text reads and writes by the types' own functions, some of which look at settings (DateStyle);
 * `text || anything` is such a conversion, which PostgreSQL sees because it inlines the function (contain_mutable_functions).
 */
import type { Expression } from "../../src/plan/index.js";
import { type DbError, invalidObjectDefinition, type Oid, TypeOid } from "../../src/types/index.js";
import type { Binder } from "./binder.js";
import { visitExpression } from "./walk.js";

/** @throws DbError 42P17 with `message` */
export function requireImmutable(binder: Binder, expression: Expression, message: string): void {
  const refused = (): DbError => invalidObjectDefinition(message);
  visitExpression(expression, (e) => {
    if (e.kind === "CoerceViaText" && (writesBySettings(binder, e.arg.type) || readsBySettings(binder, e.type))) throw refused();
    if (e.kind !== "FunctionCall" || e.volatility === "immutable") return;
    const value = e.args[CONVERTING.get(e.functionId) ?? -1];
    if (value === undefined || writesBySettings(binder, value.type)) throw refused();
  });
}
/** PostgreSQL's functions in SQL that convert an argument to text and are immutable otherwise: which argument. */
const CONVERTING: ReadonlyMap<string, number> = new Map([
  ["textanycat(text,anynonarray)", 1],
  ["anytextcat(anynonarray,text)", 0],
  ["quote_literal(anyelement)", 0],
  ["quote_nullable(anyelement)", 0],
]);

/** Types whose output functions are not immutable; arrays, composites, enums and ranges come to these. */
const WRITTEN_BY_SETTINGS: ReadonlySet<Oid> = new Set([
  TypeOid.date, TypeOid.timestamp, TypeOid.timestamptz, TypeOid.interval, 790, 1033, 2202, 2203, 2204, 2205, 2206, 24, 3734, 3769, 4089, 4096, 4191,
]); // biome-ignore format: money, aclitem and the names of objects
const READ_BY_SETTINGS: ReadonlySet<Oid> = new Set([...WRITTEN_BY_SETTINGS, TypeOid.time, TypeOid.timetz]);
/** int2vector and oidvector are no arrays to their own functions. */
const VECTORS: ReadonlySet<Oid> = new Set([22, 30]);

function isMadeOfOthers(binder: Binder, type: Oid): boolean {
  return binder.fields(type) !== undefined || type === TypeOid.record || ("AER".includes(binder.category(type)) && !VECTORS.has(type));
}
function writesBySettings(binder: Binder, type: Oid): boolean {
  const base = binder.baseType(type);
  return WRITTEN_BY_SETTINGS.has(base) || isMadeOfOthers(binder, base);
}
function readsBySettings(binder: Binder, type: Oid): boolean {
  const base = binder.baseType(type);
  return READ_BY_SETTINGS.has(base) || isMadeOfOthers(binder, base);
}
