/** ON CONFLICT: the arbiter indexes, the names `excluded` and the target's, DO UPDATE's assignments. */
import type { IndexObject, TableObject } from "../../src/catalog/index.js";
import type { OnConflict } from "../../src/plan/index.js";
import {
  conflictNeedsTarget,
  invalidColumnReference,
  type Oid,
  undefinedColumn,
  undefinedObjectAt,
  wrongObjectType,
} from "../../src/types/index.js";
import { deparseExpression } from "../parser/deparse.js";
import type { Expr, OnConflictClause } from "../parser/syntax-tree.js";
import { bindAssignments, noteAssigned } from "./bind-assignment.js";
import { findAttribute, liveAttributes } from "./bind-default.js";
import { bindExpression } from "./bind-expression.js";
import { at, type Binder } from "./binder.js";
import { coerceToBoolean } from "./coerce.js";
import { mentionedColumns } from "./mentioned-columns.js";
import { type NamespaceItem, Scope } from "./scope.js";

export function bindOnConflict(
  binder: Binder,
  outer: Scope,
  table: TableObject,
  target: NamespaceItem,
  clause: OnConflictClause,
): OnConflict {
  const { arbiters, inferred } = findArbiters(binder, table, target, clause);
  const row = () =>
    liveAttributes(table).map((a) => binder.newColumn(a.name, a.type, a.typmod, { relation: table.oid, attribute: a.number }));
  const existing = row();
  const excluded = row();
  const numbers = (places: readonly number[]) => [...new Set(places)].map((i) => liveAttributes(table)[i]!.number);
  if (clause.action === "nothing") return { action: "nothing", arbiters, existing, excluded, assignments: [], reads: numbers(inferred) };
  if (clause.constraint === undefined && clause.elements.length === 0) {
    throw conflictNeedsTarget(at(clause.position));
  }
  const scope = new Scope(outer);
  const targetItem: NamespaceItem = { ...target, columns: existing };
  const excludedItem: NamespaceItem = { name: "excluded", columns: excluded, relationVisible: true, columnsVisible: true };
  binder.own(scope, targetItem);
  binder.own(scope, excludedItem);
  // RETURNING cannot see it, and says so.
  outer.known.push(excludedItem);
  scope.items = [targetItem, excludedItem];
  scope.clause = "UPDATE";
  const assignments = bindAssignments(binder, scope, table, clause.set);
  scope.clause = "WHERE";
  const where =
    clause.where === undefined
      ? undefined
      : coerceToBoolean(binder, bindExpression(binder, scope, clause.where), "WHERE", clause.where.position);
  const written = [assignments, where];
  const reads = numbers([...inferred, ...mentionedColumns(written, existing), ...mentionedColumns(written, excluded)]);
  return { action: "update", arbiters, existing, excluded, assignments, ...(where === undefined ? {} : { where }), reads };
}

interface Arbiters {
  readonly arbiters: readonly Oid[];
  /** Places of the columns that the clause mentions. */
  readonly inferred: readonly number[];
}
function findArbiters(binder: Binder, table: TableObject, target: NamespaceItem, clause: OnConflictClause): Arbiters {
  const placeOf = (attribute: number): number => liveAttributes(table).findIndex((a) => a.number === attribute);
  if (clause.constraint !== undefined) {
    const constraint = binder.catalog.constraintsOf(table.oid).find((candidate) => candidate.name === clause.constraint);
    if (constraint === undefined) throw undefinedObjectAt(`constraint "${clause.constraint}" for table "${table.name}" does not exist`);
    if (constraint.kind !== "primaryKey" && constraint.kind !== "unique") {
      throw wrongObjectType("constraint in ON CONFLICT clause has no associated index");
    }
    return { arbiters: [constraint.index], inferred: constraint.attributes.map(placeOf) };
  }
  if (clause.elements.length === 0) return { arbiters: [], inferred: [] };
  const columns = new Set<number>();
  const expressions: InferenceText[] = [];
  for (const element of clause.elements) {
    if (element.column !== undefined) {
      const attribute = findAttribute(table, element.column);
      if (attribute === undefined) throw undefinedColumn(`column "${element.column}" does not exist`, at(element.position));
      noteAssigned(binder, element, table, attribute);
      columns.add(attribute.number);
    } else expressions.push(inferenceText(binder, table, target, element.expr!, "index expressions"));
  }
  const predicate =
    clause.elementsWhere === undefined ? undefined : inferenceText(binder, table, target, clause.elementsWhere, "index predicates");
  const matches = binder.catalog.indexesOf(table.oid).filter((index) => matchesInference(index, columns, expressions, predicate));
  if (matches.length === 0) {
    throw invalidColumnReference("there is no unique or exclusion constraint matching the ON CONFLICT specification");
  }
  const inferred = [...[...columns].map(placeOf), ...expressions.flatMap((e) => e.mentioned), ...(predicate?.mentioned ?? [])];
  return { arbiters: matches.map((index) => index.oid), inferred };
}
/** An expression as indexes keep it: with the schemas that binding finds, or, as earlier versions did, without. */
interface InferenceText {
  readonly texts: readonly [string, string];
  /** Places of the columns in it. */
  readonly mentioned: readonly number[];
}
function inferenceText(binder: Binder, table: TableObject, target: NamespaceItem, expr: Expr, clause: string): InferenceText {
  const written = deparseExpression(expr);
  const scope = new Scope(undefined);
  const columns = liveAttributes(table).map((a) =>
    binder.newColumn(a.name, a.type, a.typmod, { relation: table.oid, attribute: a.number }),
  );
  const item: NamespaceItem = { ...target, columns };
  binder.own(scope, item);
  scope.items = [item];
  scope.clause = clause as Scope["clause"];
  const bound = bindExpression(binder, scope, expr);
  return { texts: [deparseExpression(expr), written], mentioned: mentionedColumns(bound, columns) };
}
/** infer_arbiter_indexes: the same set of columns and expressions; a partial index needs its predicate named. */
function matchesInference(
  index: IndexObject,
  columns: ReadonlySet<number>,
  expressions: readonly InferenceText[],
  predicate: InferenceText | undefined,
): boolean {
  if (!index.unique || !index.valid) return false;
  if (index.predicateSql !== undefined && predicate?.texts.includes(index.predicateSql) !== true) return false;
  const ownColumns = new Set(index.columns.filter((column) => column.expressionSql === undefined).map((column) => column.attribute));
  const ownExpressions = new Set(index.columns.flatMap((column) => (column.expressionSql === undefined ? [] : [column.expressionSql])));
  const sameColumns = ownColumns.size === columns.size && [...columns].every((column) => ownColumns.has(column));
  const distinct = new Map(expressions.map(({ texts }) => [texts[0], texts]));
  return (
    sameColumns &&
    ownExpressions.size === distinct.size &&
    [...distinct.values()].every((texts) => texts.some((text) => ownExpressions.has(text)))
  );
}
