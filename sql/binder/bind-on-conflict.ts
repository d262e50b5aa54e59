/** ON CONFLICT: the arbiter indexes, the names `excluded` and the target's, DO UPDATE's assignments. */
import type { IndexObject, TableObject } from "../../src/catalog/index.js";
import type { ColumnId, Expression, OnConflict, PlanColumn } from "../../src/plan/index.js";
import {
  conflictNeedsTarget,
  type DbError,
  invalidColumnReference,
  notSupported,
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
import { viewReturning } from "./bind-modification.js";
import { assignedFace, requireAssignable, substitute, type ViewTarget } from "./bind-view-target.js";
import { at, type Binder } from "./binder.js";
import { coerceToBoolean } from "./coerce.js";
import { mentionedColumns } from "./mentioned-columns.js";
import { type Clause, type NamespaceItem, Scope } from "./scope.js";

/** What INSERT writes to, and its name in the statement. */
export interface ConflictTarget {
  readonly table: TableObject;
  readonly view: ViewTarget | undefined;
  readonly item: NamespaceItem;
}
/** `read`: places of the target's columns that the clause reads. */
export interface BoundConflict {
  readonly conflict: OnConflict;
  readonly read: readonly number[];
}

export function bindOnConflict(binder: Binder, outer: Scope, target: ConflictTarget, clause: OnConflictClause): BoundConflict {
  const { table, view } = target;
  const { arbiters, inferred } = findArbiters(binder, target, clause);
  const row = () =>
    liveAttributes(table).map((a) => binder.newColumn(a.name, a.type, a.typmod, { relation: table.oid, attribute: a.number }));
  const existing = row();
  const excluded = row();
  const bound = (
    conflict: Omit<OnConflict, "arbiters" | "existing" | "excluded" | "reads">,
    mentioned: readonly number[],
  ): BoundConflict => {
    const read = [...new Set([...inferred, ...mentioned])];
    const reads = view === undefined ? read.map((place) => liveAttributes(table)[place]!.number) : [];
    return { conflict: { arbiters, existing, excluded, reads, ...conflict }, read };
  };
  if (clause.action === "nothing") return bound({ action: "nothing", assignments: [] }, []);
  if (clause.constraint === undefined && clause.elements.length === 0) {
    throw conflictNeedsTarget(at(clause.position));
  }
  const scope = new Scope(outer);
  // Through a view both rows have the view's columns.
  const plain = (columns: readonly PlanColumn[]) => ({ columns, computed: NOTHING_COMPUTED });
  const shownExisting = view === undefined ? plain(existing) : viewReturning(binder, view, existing);
  const shownExcluded = view === undefined ? plain(excluded) : viewReturning(binder, view, excluded);
  const targetItem: NamespaceItem = { ...target.item, columns: shownExisting.columns };
  const excludedItem: NamespaceItem = {
    name: "excluded",
    columns: shownExcluded.columns,
    relationVisible: true,
    columnsVisible: true,
  };
  binder.own(scope, targetItem);
  binder.own(scope, excludedItem);
  // RETURNING cannot see it, and says so.
  outer.known.push(excludedItem);
  scope.items = [targetItem, excludedItem];
  scope.clause = "UPDATE";
  requireAssignable(
    view,
    clause.set.map((a) => a.column),
    "insert into",
  );
  const assignments = bindAssignments(binder, scope, view === undefined ? table : assignedFace(view), clause.set);
  scope.clause = "WHERE";
  const where =
    clause.where === undefined
      ? undefined
      : coerceToBoolean(binder, bindExpression(binder, scope, clause.where), "WHERE", clause.where.position);
  const written = [assignments, where];
  const computed = new Map([...shownExisting.computed, ...shownExcluded.computed]);
  return bound(
    {
      action: "update",
      assignments: assignments.map((a) => ({ ...a, value: substitute(a.value, computed) })),
      ...(where === undefined ? {} : { where: substitute(where, computed) }),
    },
    [...mentionedColumns(written, targetItem.columns), ...mentionedColumns(written, excludedItem.columns)],
  );
}
const NOTHING_COMPUTED: ReadonlyMap<ColumnId, Expression> = new Map();

interface Arbiters {
  readonly arbiters: readonly Oid[];
  /** Places of the target's columns that the clause mentions. */
  readonly inferred: readonly number[];
}
function findArbiters(binder: Binder, target: ConflictTarget, clause: OnConflictClause): Arbiters {
  const { table, view } = target;
  const face = view?.face ?? table;
  const placeOf = (name: string): number => liveAttributes(face).findIndex((a) => a.name === name);
  if (clause.constraint !== undefined) {
    // A view has none.
    const constraints = view === undefined ? binder.catalog.constraintsOf(table.oid) : [];
    const constraint = constraints.find((candidate) => candidate.name === clause.constraint);
    if (constraint === undefined) throw undefinedObjectAt(`constraint "${clause.constraint}" for table "${face.name}" does not exist`);
    if (constraint.kind !== "primaryKey" && constraint.kind !== "unique") {
      throw wrongObjectType("constraint in ON CONFLICT clause has no associated index");
    }
    return { arbiters: [constraint.index], inferred: constraint.attributes.map((number) => placeOf(table.attributes[number - 1]!.name)) };
  }
  if (clause.elements.length === 0) return { arbiters: [], inferred: [] };
  const columns = new Set<number>();
  const inferred = new Set<number>();
  const expressions: InferenceText[] = [];
  for (const element of clause.elements) {
    if (element.column !== undefined) {
      const attribute = findAttribute(face, element.column);
      if (attribute === undefined) throw undefinedColumn(`column "${element.column}" does not exist`, at(element.position));
      noteAssigned(binder, element, face, attribute);
      inferred.add(placeOf(element.column));
      if (attribute.number === 0) throw computedArbiter(binder, table);
      columns.add(attribute.number);
    } else expressions.push(inferenceText(binder, target, element.expr!, "index expressions"));
  }
  const predicate =
    clause.elementsWhere === undefined ? undefined : inferenceText(binder, target, clause.elementsWhere, "index predicates");
  const matches = binder.catalog.indexesOf(table.oid).filter((index) => matchesInference(index, columns, expressions, predicate));
  if (matches.length === 0) throw noMatchingConstraint();
  for (const { mentioned } of predicate === undefined ? expressions : [...expressions, predicate])
    for (const place of mentioned) inferred.add(place);
  return { arbiters: matches.map((index) => index.oid), inferred: [...inferred] };
}
const noMatchingConstraint = (): DbError =>
  invalidColumnReference("there is no unique or exclusion constraint matching the ON CONFLICT specification");
/** A column that the view computes could only mean an index over that expression. */
const computedArbiter = (binder: Binder, table: TableObject): DbError =>
  binder.catalog.indexesOf(table.oid).some((index) => index.unique && index.columns.some((c) => c.expressionSql !== undefined))
    ? notSupported("ON CONFLICT by a column that the view computes")
    : noMatchingConstraint();

/** An expression as indexes keep it: with the schemas that binding finds, or, as earlier versions did, without. */
interface InferenceText {
  readonly texts: readonly [string, string];
  /** Places of the target's columns in it. */
  readonly mentioned: readonly number[];
}
function inferenceText(binder: Binder, { table, view, item }: ConflictTarget, expr: Expr, clause: Clause): InferenceText {
  const bindOver = (face: TableObject, name: string, e: Expr): readonly number[] => {
    const scope = new Scope(undefined);
    const columns = liveAttributes(face).map((a, i) =>
      binder.newColumn(a.name, a.type, a.typmod, { relation: face.oid, attribute: view === undefined ? a.number : i + 1 }),
    );
    const named: NamespaceItem = { ...item, name, columns };
    binder.own(scope, named);
    scope.items = [named];
    scope.clause = clause;
    return mentionedColumns(bindExpression(binder, scope, e), columns);
  };
  if (view === undefined) {
    const written = deparseExpression(expr);
    const mentioned = bindOver(table, item.name, expr);
    return { texts: [deparseExpression(expr), written], mentioned };
  }
  const mentioned = bindOver(view.face, item.name, expr);
  const attributes = liveAttributes(view.face);
  if (mentioned.some((place) => attributes[place]!.number === 0)) throw computedArbiter(binder, table);
  // The same over the table's own names, which its indexes are told in.
  const names = new Map(mentioned.map((place) => [attributes[place]!.name, table.attributes[attributes[place]!.number - 1]!.name]));
  const below = renamedColumns(expr, names);
  const written = deparseExpression(below);
  bindOver(table, table.name, below);
  return { texts: [deparseExpression(below), written], mentioned };
}
/** A copy whose columns have other names, and no qualifiers. */
function renamedColumns(expr: Expr, names: ReadonlyMap<string, string>): Expr {
  const visit = (node: unknown): unknown => {
    if (typeof node !== "object" || node === null || ArrayBuffer.isView(node)) return node;
    if (Array.isArray(node)) return node.map(visit);
    const { kind, fields } = node as { readonly kind?: unknown; readonly fields?: readonly string[] };
    const name = kind === "ColumnRef" ? names.get(fields?.at(-1) ?? "") : undefined;
    if (name !== undefined) return { ...node, fields: [name] };
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, visit(value)]));
  };
  return visit(expr) as Expr;
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
