/** INSERT: where the rows come from, defaults, ON CONFLICT. */

import type { AttributeObject, TableObject } from "../../src/catalog/index.js";
import type { Expression, Insert, LogicalPlan, OnConflict, Returning } from "../../src/plan/index.js";
import {
  type DbError,
  duplicateColumn,
  featureNotSupported,
  generatedAlways,
  syntaxError,
  TypeOid,
  undefinedColumn,
} from "../../src/types/index.js";
import { locationOf } from "../parser/location.js";
import type { Expr, InsertStatement, ValuesQuery } from "../parser/syntax-tree.js";
import { assignField, noValue } from "./assign-field.js";
import { noteAssigned } from "./bind-assignment.js";
import { defaultOrNull, findAttribute, liveAttributes } from "./bind-default.js";
import { bindExpression, columnReference } from "./bind-expression.js";
import { bindReturning, freshRow, modificationTarget, rowChecksOf } from "./bind-modification.js";
import { bindOnConflict } from "./bind-on-conflict.js";
import { bindQuery } from "./bind-query.js";
import { assignedType, bindSubscriptAssignment, coercePart, startsWithSubscript } from "./bind-subscript.js";
import { passagesOf, refuseTwice, requireWritable, type ViewTarget } from "./bind-view-target.js";
import { at, type Binder } from "./binder.js";
import { coerceForAssignment, tryCoerce } from "./coerce.js";
import { expandSets } from "./expand-sets.js";
import { TargetGuard } from "./row-security.js";
import { type NamespaceItem, Scope } from "./scope.js";
import { visitExpression } from "./walk.js";

export function bindInsert(binder: Binder, scope: Scope, statement: InsertStatement): LogicalPlan {
  const { table, view } = modificationTarget(binder, statement.relation, "insert into");
  const face = view?.face ?? table;
  const named = namedAttributes(binder, face, statement);
  const given = statement.source === undefined ? { attributes: [], plan: ONE_ROW } : bindSource(binder, scope, face, statement, named);
  const written = statement.columns.some((column) => column.indirection.length > 0)
    ? joinParts(binder, scope, face, statement, given)
    : given;
  for (const attribute of written.attributes) requireWritable(view, attribute, "insert into");
  const names = (named.length > 0 ? named : written.attributes).map((a) => a.name);
  const writtenTable = view === undefined ? table : withViewDefaults(view, written.attributes);
  const source = addDefaults(binder, writtenTable, written.attributes, written.plan);
  const shown = view?.view ?? table;
  const alias = statement.relation.alias?.name ?? shown.name;
  const schema = statement.relation.alias === undefined ? binder.catalog.schemaByOid(shown.schema)?.name : undefined;
  const target: NamespaceItem = {
    name: alias,
    ...(schema === undefined ? {} : { schema }),
    relation: shown.oid,
    ...(statement.relation.alias === undefined ? {} : { tableName: shown.name }),
    columns: [],
    relationVisible: true,
    columnsVisible: true,
  };
  const bound =
    statement.onConflict === undefined ? undefined : bindOnConflict(binder, scope, { table, view, item: target }, statement.onConflict);
  const onConflict = bound?.conflict;
  scope.items = [];
  const old = onConflict?.action === "update" ? "other" : "none";
  const returning = bindReturning(binder, scope, table, target, statement.returning, { old, new: "row" }, view);
  const guard = view === undefined ? TargetGuard.of(binder, table) : view.guard;
  const reads = guard !== undefined && (readsTarget(returning?.returning, onConflict) || (statement.onConflict?.elements.length ?? 0) > 0);
  const insert: Insert = {
    kind: "Insert",
    relation: table.oid,
    attributes: source.attributes,
    source: source.plan,
    given: (named.length > 0 ? named : written.attributes).map((a) => a.number),
    ...passagesOf(
      view,
      [...(returning?.read ?? []), ...(bound?.read ?? [])],
      names,
      statement.onConflict?.set.map((a) => a.column),
    ),
    ...(onConflict === undefined ? {} : { onConflict: checkedConflict(binder, table, view, guard, onConflict, reads) }),
    ...(returning === undefined ? {} : { returning: returning.returning }),
    ...rowChecksOf(binder, table, view, guard, "insert", reads),
    columns: returning?.columns ?? [],
  };
  return insert;
}
/** Whether RETURNING or DO UPDATE reads columns of the target. */
function readsTarget(returning: Returning | undefined, conflict: OnConflict | undefined): boolean {
  const ids = new Set([...(returning?.row ?? []), ...(conflict?.existing ?? [])].map((c) => c.id));
  let found = false;
  const parts = [...(returning?.expressions ?? []), ...(conflict?.assignments ?? []).map((a) => a.value)];
  for (const expression of conflict?.where === undefined ? parts : [...parts, conflict.where])
    visitExpression(expression, (e) => {
      if (e.kind === "ColumnReference" ? ids.has(e.id) : e.kind === "Subquery") found = true;
    });
  return found;
}
/** What policies and the view ask of the row that is there and of what it becomes. */
function checkedConflict(
  binder: Binder,
  table: TableObject,
  view: ViewTarget | undefined,
  guard: TargetGuard | undefined,
  conflict: OnConflict,
  reads: boolean,
): OnConflict {
  if (conflict.action === "nothing" || (guard === undefined && view === undefined)) return conflict;
  const row = view?.scan.columns ?? freshRow(binder, table);
  const existing = [...(view?.conditions ?? []), ...(guard?.existingChecks(row, "update", "conflict", reads) ?? [])];
  const updated = [...(guard?.checks(row, "update", reads) ?? []), ...(view?.checks ?? [])];
  return {
    ...conflict,
    ...(existing.length === 0 ? {} : { existingChecks: { row, checks: existing } }),
    ...(updated.length === 0 ? {} : { updateChecks: { row, checks: updated } }),
  };
}
/** ALTER VIEW … SET DEFAULT comes before the table's own default. */
function withViewDefaults(view: ViewTarget, written: readonly AttributeObject[]): TableObject {
  const { table, face } = view;
  const hasOwn = face.attributes.filter((a) => a.number !== 0 && a.defaultSql !== table.attributes[a.number - 1]?.defaultSql);
  // They are values that the statement gives, so to say.
  refuseTwice(
    view,
    [...written, ...hasOwn].map((a) => a.name),
  );
  const own = new Map(hasOwn.map((a) => [a.number, a.defaultSql]));
  return {
    ...table,
    attributes: table.attributes.map((a) => {
      const sql = own.get(a.number);
      return sql === undefined ? a : { ...a, defaultSql: sql };
    }),
  };
}
const ONE_ROW: LogicalPlan = { kind: "Values", rows: [[]], columns: [] };

function namedAttributes(binder: Binder, table: TableObject, statement: InsertStatement): AttributeObject[] {
  const seen = new Map<string, boolean>();
  return statement.columns.map((column) => {
    const isPart = column.indirection.length > 0;
    const attribute = findAttribute(table, column.name);
    if (attribute === undefined)
      throw undefinedColumn(`column "${column.name}" of relation "${table.name}" does not exist`, at(column.position));
    noteAssigned(binder, column, table, attribute);
    // Several fields of one column may be given, but not beside the whole column.
    if (seen.has(attribute.name) && !(isPart && seen.get(attribute.name) === true))
      throw duplicateColumn(`column "${column.name}" specified more than once`, at(column.position));
    seen.set(attribute.name, isPart);
    // The cells of a subscripted column are of what the place takes; joinParts puts them together.
    if (startsWithSubscript(column.indirection))
      return { ...attribute, type: assignedType(binder, attribute.type, column.indirection, column.position) };
    return attribute;
  });
}

/** What a cell is coerced to: the attribute's type; a field of it is coerced when the row is put together. */
function coerceCell(
  binder: Binder,
  scope: Scope,
  statement: InsertStatement,
  attribute: AttributeObject,
  i: number,
  bound: Expression,
  position: number | undefined,
): Expression {
  const column = statement.columns[i];
  if (column !== undefined && startsWithSubscript(column.indirection)) return coercePart(binder, bound, attribute, column.position);
  if (column !== undefined && column.indirection.length > 0)
    return assignField(
      binder,
      scope,
      noValue(attribute),
      binder.baseType(attribute.type),
      column.indirection,
      attribute.name,
      bound,
      column.position,
    );
  return coerceForAssignment(binder, bound, attribute.type, attribute.typmod, attribute.name, position);
}

/** Columns that were given field by field, each as a row with one field, or place by place: one column of whole values. */
function joinParts(binder: Binder, scope: Scope, table: TableObject, statement: InsertStatement, written: Written): Written {
  const attributes: AttributeObject[] = [];
  const expressions: Expression[] = [];
  written.plan.columns.forEach((column, i) => {
    const attribute = written.attributes[i]!;
    const place = attributes.findIndex((a) => a.number === attribute.number);
    const target = statement.columns[i];
    if (target !== undefined && startsWithSubscript(target.indirection)) {
      const whole = findAttribute(table, target.name) ?? attribute;
      const cell = columnReference(column);
      const before = place < 0 ? noValue(whole) : expressions[place]!;
      const value = bindSubscriptAssignment(binder, scope, before, target.indirection, cell, whole.name, target.position);
      if (place < 0) attributes.push(whole);
      expressions[place < 0 ? expressions.length : place] = value;
      return;
    }
    const cell: Expression = { ...columnReference(column), type: binder.baseType(attribute.type) };
    const step = statement.columns[i]?.indirection[0];
    if (place < 0 || step?.kind !== "field") {
      attributes.push(attribute);
      expressions.push(cell);
      return;
    }
    const fields = binder.fields(attribute.type)!;
    const index = fields.findIndex((field) => field.name === step.name);
    const before = expressions[place]!;
    const read = (record: Expression, at: number): Expression => ({
      kind: "FieldSelect",
      record,
      fieldIndex: at,
      type: fields[at]!.type,
      typmod: fields[at]!.typmod,
    });
    const kept = (at: number): Expression => (before.kind === "RowConstructor" ? before.fields[at]! : read(before, at));
    expressions[place] = {
      kind: "RowConstructor",
      fields: fields.map((_, at) => (at === index ? read(cell, at) : kept(at))),
      names: fields.map((field) => field.name),
      type: binder.baseType(attribute.type),
      typmod: -1,
    };
  });
  const columns = attributes.map((a) => binder.newColumn(a.name, a.type, a.typmod));
  const parts = new Set(statement.columns.flatMap((column) => (column.indirection.length > 0 ? [column.name] : [])));
  // A domain over the type checks the row now that all its fields are there.
  const whole = expressions.map((row, i) => {
    const attribute = attributes[i]!;
    return parts.has(attribute.name) ? tryCoerce(binder, row, attribute.type, "assignment")! : { ...row, type: attribute.type };
  });
  return { attributes, plan: { kind: "Project", input: written.plan, expressions: whole, columns } };
}

interface Written {
  readonly attributes: readonly AttributeObject[];
  readonly plan: LogicalPlan;
}

function bindSource(
  binder: Binder,
  scope: Scope,
  table: TableObject,
  statement: InsertStatement,
  named: readonly AttributeObject[],
): Written {
  const source = statement.source!;
  const targets = named.length > 0 ? named : liveAttributes(table);
  const isPlainValues =
    source.kind === "Values" && source.orderBy.length === 0 && source.limit === undefined && source.offset === undefined;
  if (isPlainValues) return bindValueRows(binder, scope, table, statement, source, targets, named.length > 0);
  const plan = bindQuery(binder, scope, source, { resolveUnknowns: false });
  checkCount(targets, plan.columns.length, named.length > 0, undefined, statement);
  const used = targets.slice(0, plan.columns.length);
  for (const attribute of used) {
    if (attribute.generated === true) throw cannotInsert(attribute);
    if (attribute.identity === "always" && statement.overriding === "none") throw cannotInsert(attribute);
  }
  // Literals of a plain SELECT take the attribute's type.
  const cells = plan.kind === "Project" ? plan.expressions : plan.columns.map((column) => columnReference(column));
  const expressions = used.map((attribute, i) => coerceCell(binder, scope, statement, attribute, i, cells[i]!, cells[i]!.position));
  const columns = used.map((attribute) => binder.newColumn(attribute.name, attribute.type, attribute.typmod));
  const input = plan.kind === "Project" ? plan.input : plan;
  if (statement.overriding !== "user") return { attributes: used, plan: { kind: "Project", input, expressions, columns } };
  // OVERRIDING USER VALUE: what is given for an identity column is thrown away.
  const kept = used.map((attribute, i) => ({ attribute, i })).filter(({ attribute }) => attribute.identity === undefined);
  return {
    attributes: kept.map(({ attribute }) => attribute),
    plan: { kind: "Project", input, expressions: kept.map(({ i }) => expressions[i]!), columns: kept.map(({ i }) => columns[i]!) },
  };
}

function checkCount(
  targets: readonly AttributeObject[],
  count: number,
  named: boolean,
  row: readonly Expr[] | undefined,
  statement: InsertStatement,
): void {
  if (count > targets.length) throw syntaxError("INSERT has more expressions than target columns", at(row?.[targets.length]?.position));
  if (named && count < targets.length)
    throw syntaxError("INSERT has more target columns than expressions", at(statement.columns[count]?.position));
}

const cannotInsert = (attribute: AttributeObject): DbError =>
  attribute.generated === true
    ? generatedAlways(
        `cannot insert a non-DEFAULT value into column "${attribute.name}"`,
        `Column "${attribute.name}" is a generated column.`,
      )
    : generatedAlways(
        `cannot insert a non-DEFAULT value into column "${attribute.name}"`,
        `Column "${attribute.name}" is an identity column defined as GENERATED ALWAYS.`,
        "Use OVERRIDING SYSTEM VALUE to override.",
      );

/** VALUES rows are coerced cell by cell straight to the attributes' types; DEFAULT may stand in any of them. */
function bindValueRows(
  binder: Binder,
  scope: Scope,
  table: TableObject,
  statement: InsertStatement,
  source: ValuesQuery,
  targets: readonly AttributeObject[],
  named: boolean,
): Written {
  const level = new Scope(scope);
  // One row is like a SELECT: functions that return sets make more of it.
  level.clause = source.rows.length === 1 ? "INSERT" : "VALUES";
  // Naming a column of the target here gets a hint, not a value.
  level.known.push({
    name: statement.relation.alias?.name ?? table.name,
    columns: liveAttributes(table).map((a) => binder.newColumn(a.name, a.type, a.typmod)),
    relationVisible: true,
    columnsVisible: true,
  });
  const width = source.rows[0]!.length;
  for (const row of source.rows)
    if (row.length !== width) throw syntaxError("VALUES lists must all be the same length", at(row[0]?.position));
  checkCount(targets, width, named, source.rows[0]!, statement);
  const used = targets.slice(0, width);
  const defaults: (Expression | undefined)[] = [];
  const defaultFor = (i: number): Expression => {
    defaults[i] ??= defaultOrNull(binder, used[i]!);
    return defaults[i];
  };
  const rows = source.rows.map((row) =>
    row.map((expr, i) => {
      const attribute = used[i]!;
      if (expr.kind === "Default" && startsWithSubscript(statement.columns[i]?.indirection ?? []))
        throw featureNotSupported("cannot set an array element to DEFAULT", at(statement.columns[i]!.position));
      if (expr.kind === "Default") return defaultFor(i);
      if (attribute.generated === true) throw cannotInsert(attribute);
      if (attribute.identity === "always" && statement.overriding === "none") throw cannotInsert(attribute);
      const bound = bindExpression(binder, level, expr);
      if (attribute.identity !== undefined && statement.overriding === "user") return defaultFor(i);
      return coerceCell(binder, scope, statement, attribute, i, bound, locationOf(expr));
    }),
  );
  // A generated column that got DEFAULT is computed by the engine like one that was left out.
  const kept = used.map((attribute, i) => ({ attribute, i })).filter(({ attribute }) => attribute.generated !== true);
  const columns = kept.map(({ attribute }) => binder.newColumn(attribute.name, attribute.type, attribute.typmod));
  const keptRows = kept.length === used.length ? rows : rows.map((row) => kept.map(({ i }) => row[i]!));
  const attributes = kept.map(({ attribute }) => attribute);
  if (!level.hasSetReturning) return { attributes, plan: { kind: "Values", rows: keptRows, columns } };
  const { plan, expressions } = expandSets(binder, ONE_ROW, keptRows[0]!, true);
  return { attributes, plan: { kind: "Project", input: plan, expressions, columns } };
}

/** Attributes that the statement leaves out but that have a default: one more column each. */
function addDefaults(
  binder: Binder,
  table: TableObject,
  written: readonly AttributeObject[],
  plan: LogicalPlan,
): { attributes: readonly number[]; plan: LogicalPlan } {
  const given = new Set(written.map((attribute) => attribute.number));
  const missing = liveAttributes(table).filter(
    (attribute) =>
      !given.has(attribute.number) &&
      attribute.generated !== true &&
      (attribute.defaultSql !== undefined || attribute.identity !== undefined),
  );
  const attributes = [...written, ...missing].map((attribute) => attribute.number);
  if (missing.length === 0) return { attributes, plan };
  const defaults = missing.map((attribute) => defaultOrNull(binder, attribute));
  const columns = missing.map((attribute) => binder.newColumn(attribute.name, attribute.type, attribute.typmod));
  if (plan.kind === "Values") {
    return {
      attributes,
      plan: { kind: "Values", rows: plan.rows.map((row) => [...row, ...defaults]), columns: [...plan.columns, ...columns] },
    };
  }
  if (plan.kind === "Project")
    return { attributes, plan: { ...plan, expressions: [...plan.expressions, ...defaults], columns: [...plan.columns, ...columns] } };
  const expressions = [...plan.columns.map((column) => columnReference(column)), ...defaults];
  return { attributes, plan: { kind: "Project", input: plan, expressions, columns: [...plan.columns, ...columns] } };
}

export { TypeOid };
