/** Which types sort and which have an equality, as PostgreSQL's default operator classes say. */
import type { Expression } from "../../src/plan/index.js";
import { DbError, type Oid, type SqlType, TypeOid, undefinedFunction } from "../../src/types/index.js";
import { at, type Binder } from "./binder.js";

/** xid, cid and aclitem can be hashed, not sorted. */
const HASHED_ONLY: ReadonlySet<Oid> = new Set([28, 29, 1033]);

/** A composite type is as comparable as its fields, an array as its elements. */
function has(binder: Binder, oid: Oid, fits: (type: SqlType) => boolean): boolean {
  const type = binder.registry.typeByOid(oid);
  if (type === undefined || oid === TypeOid.unknown) return true;
  if (type.fields !== undefined) return type.fields.every((field) => has(binder, field.type, fits));
  if (type.category === "A" && type.elementType !== 0) return has(binder, type.elementType, fits);
  return fits(type);
}
const hasEquality = (binder: Binder, oid: Oid): boolean =>
  has(binder, oid, (type) => type.hashKey !== undefined || type.compare !== undefined);
const hasOrder = (binder: Binder, oid: Oid): boolean =>
  has(binder, oid, (type) => type.compare !== undefined && !HASHED_ONLY.has(type.oid));

export function requireOrder(binder: Binder, expression: Expression, position: number): void {
  if (hasOrder(binder, expression.type)) return;
  throw undefinedFunction(
    `could not identify an ordering operator for type ${binder.typeName(expression.type)}`,
    at(position),
    "Use an explicit ordering operator or modify the query.",
  );
}
/** DISTINCT, GROUP BY and UNION need equality. */
export function requireEquality(binder: Binder, expression: { readonly type: Oid }, position: number): void {
  if (hasEquality(binder, expression.type)) return;
  throw undefinedFunction(`could not identify an equality operator for type ${binder.typeName(expression.type)}`, at(position));
}
/** Rows of a window's partition are brought together by sorting. */
export function requirePartition(binder: Binder, expression: Expression, position: number): void {
  requireEquality(binder, expression, position);
  if (hasOrder(binder, expression.type)) return;
  throw new DbError({
    sqlstate: "0A000",
    message: "could not implement window PARTITION BY",
    detail: "Window partitioning columns must be of sortable datatypes.",
  });
}
/** So are the values of an aggregate's DISTINCT. */
export function requireDistinct(binder: Binder, expression: Expression, position: number): void {
  requireEquality(binder, expression, position);
  if (hasOrder(binder, expression.type)) return;
  const message = `could not identify an ordering operator for type ${binder.typeName(expression.type)}`;
  const { fields } = undefinedFunction(message, at(position));
  throw new DbError({ ...fields, detail: "Aggregates with DISTINCT must be able to sort their inputs." });
}
