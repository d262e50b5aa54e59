/** Column and whole-row references, with PostgreSQL's hints when there is no such name. */
import type { Expression, PlanColumn } from "../../src/plan/index.js";
import {
  ambiguousAlias,
  ambiguousColumn,
  invalidColumnReference,
  notSupportedAt,
  TypeOid,
  undefinedColumn,
  undefinedTable,
} from "../../src/types/index.js";
import type { ColumnRef } from "../parser/syntax-tree.js";
import { columnReference, selectField } from "./bind-expression.js";
import { attributeFunction } from "./bind-function.js";
import { at, type Binder } from "./binder.js";
import { levenshtein } from "./levenshtein.js";
import type { NamespaceItem, Scope } from "./scope.js";

export function bindColumnRef(binder: Binder, scope: Scope, expr: ColumnRef): Expression {
  if (expr.star) {
    if (expr.fields.length === 0) throw undefinedColumn('row expansion via "*" is not supported here', at(expr.position));
    return wholeRow(binder, findRelation(scope, expr.fields, expr.position), expr.position);
  }
  if (expr.fields.length === 1) return bindBareName(binder, scope, expr);
  return bindQualifiedName(binder, scope, expr);
}

function bindBareName(binder: Binder, scope: Scope, expr: ColumnRef): Expression {
  const name = expr.fields[0]!;
  const column = findColumn(scope, name, expr.position);
  if (column !== undefined) {
    noteColumn(binder, expr, column);
    return columnReference(column, expr.position);
  }
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const item = level.items.find((candidate) => candidate.relationVisible && candidate.name === name);
    if (item !== undefined) {
      noteQualifier(binder, expr, item);
      return wholeRow(binder, item, expr.position);
    }
  }
  const parameter = binder.namedParameter(expr.fields, expr.position);
  if (parameter !== undefined) return parameter;
  throw missingColumn(binder, scope, undefined, name, expr.position);
}

/** The column that a bare name means, innermost level first; undefined when there is none. */
export function findColumn(scope: Scope, name: string, position: number): PlanColumn | undefined {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const found = findColumnHere(level, name, position);
    if (found !== undefined) return found;
  }
  return undefined;
}
export function findColumnHere(scope: Scope, name: string, position: number): PlanColumn | undefined {
  let found: PlanColumn | undefined;
  for (const item of scope.items) {
    if (!item.columnsVisible) continue;
    for (const column of item.columns) {
      if (column.name !== name) continue;
      if (found !== undefined) throw ambiguousColumn(name, at(position));
      requireLateral(item, position);
      found = column;
    }
  }
  if (found === undefined && SYSTEM_COLUMNS.has(name)) {
    for (const item of scope.items) {
      if (!item.columnsVisible) continue;
      const column = item.systemColumns?.find((candidate) => candidate.name === name);
      if (column === undefined) continue;
      if (found !== undefined) throw ambiguousColumn(name, at(position));
      requireLateral(item, position);
      found = column;
    }
  }
  return found;
}

function bindQualifiedName(binder: Binder, scope: Scope, expr: ColumnRef): Expression {
  const fields = expr.fields;
  const name = fields.at(-1)!;
  if (fields.length > 4) throw notSupportedAt("improper qualified name (too many dotted names)", at(expr.position));
  if (binder.context.parameterNames !== undefined && !isRelationInSight(scope, fields)) {
    const parameter = binder.namedParameter(fields, expr.position);
    if (parameter !== undefined) return parameter;
    // A field of a composite parameter.
    const owner = binder.namedParameter(fields.slice(0, -1), expr.position);
    if (owner !== undefined) return selectField(binder, owner, name, expr.position);
  }
  const item = findRelation(scope, fields.slice(0, -1), expr.position);
  const column =
    item.columns.find((candidate) => candidate.name === name) ?? item.systemColumns?.find((candidate) => candidate.name === name);
  const method = column === undefined ? attributeFunction(binder, wholeRow(binder, item, expr.position), name, expr.position) : undefined;
  if (method !== undefined) return method;
  if (column === undefined) throw missingColumn(binder, scope, item, name, expr.position);
  if (item.columns.filter((candidate) => candidate.name === name).length > 1) throw ambiguousColumn(name, at(expr.position));
  noteColumn(binder, expr, column);
  noteQualifier(binder, expr, item);
  return columnReference(column, expr.position);
}
/** Where a renamed relation's own name stands before a column, or for its row. */
function noteQualifier(binder: Binder, expr: ColumnRef, item: NamespaceItem): void {
  const { renaming } = binder;
  if (renaming?.kind !== "relation" || renaming.name === undefined || binder.viewStack.length > 0) return;
  if (item.relation === renaming.relation && item.tableName === undefined) renaming.qualifiers.set(expr, renaming.name);
}
/** Where a renamed column is mentioned. */
function noteColumn(binder: Binder, expr: ColumnRef, column: PlanColumn): void {
  const { renaming } = binder;
  if (renaming?.kind !== "column" || binder.viewStack.length > 0) return;
  if (column.origin?.relation === renaming.relation && column.origin.attribute === renaming.attribute && column.name === renaming.from)
    renaming.columns.set(expr, renaming.to);
}

function isRelationInSight(scope: Scope, fields: readonly string[]): boolean {
  const name = fields.at(-2);
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent)
    if (level.items.some((item) => item.relationVisible && item.name === name)) return true;
  return false;
}

export function findRelation(scope: Scope, fields: readonly string[], position: number): NamespaceItem {
  const name = fields.at(-1)!;
  const schema = fields.length > 1 ? fields.at(-2) : undefined;
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const matches = level.items.filter(
      (item) => item.relationVisible && item.name === name && (schema === undefined || item.schema === schema),
    );
    if (matches.length > 1) throw ambiguousAlias(name, at(position));
    if (matches.length === 1) return requireLateral(matches[0]!, position);
  }
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const hidden = level.known.find((item) => item.name === name && item.relationVisible);
    if (hidden !== undefined) {
      throw undefinedTable(`invalid reference to FROM-clause entry for table "${name}"`, at(position), {
        hint: `There is an entry for table "${name}", but it cannot be referenced from this part of the query.`,
      });
    }
  }
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const renamed = level.known.find((item) => item.tableName === name && item.relationVisible);
    if (renamed !== undefined) {
      throw undefinedTable(`invalid reference to FROM-clause entry for table "${name}"`, at(position), {
        hint: `Perhaps you meant to reference the table alias "${renamed.name}".`,
      });
    }
  }
  throw undefinedTable(`missing FROM-clause entry for table "${name}"`, at(position));
}

function requireLateral(item: NamespaceItem, position: number): NamespaceItem {
  if (item.lateralForbidden !== true) return item;
  throw invalidColumnReference(`invalid reference to FROM-clause entry for table "${item.name}"`, at(position), {
    detail: "The combining JOIN type must be INNER or LEFT for a LATERAL reference.",
  });
}

/** The row of a table or view is of the relation's own row type, whose OID is the relation's. */
export function wholeRow(binder: Binder, item: NamespaceItem, position: number): Expression {
  if (item.scalar === true) return columnReference(item.columns[0]!, position);
  const ofRelation = item.relation !== undefined && item.wholeRow === true && binder.fields(item.relation) !== undefined;
  return {
    kind: "RowConstructor",
    fields: item.columns.map((column) => columnReference(column, position)),
    names: item.columns.map((column) => column.name),
    type: ofRelation ? item.relation! : TypeOid.record,
    typmod: -1,
  };
}

/** PostgreSQL proposes at most two columns that are at most three edits away. */
const FUZZY_DISTANCE_MAX = 3;

/** Every PostgreSQL table has them; ours keep no such values. */
const SYSTEM_COLUMNS = new Set(["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"]);

function missingColumn(_binder: Binder, scope: Scope, relation: NamespaceItem | undefined, name: string, position: number) {
  if (SYSTEM_COLUMNS.has(name) && (relation ?? scope.items.find((item) => item.relation !== undefined))?.relation !== undefined) {
    return notSupportedAt(`system column "${name}"`, at(position));
  }
  const message = relation === undefined ? `column "${name}" does not exist` : `column ${relation.name}.${name} does not exist`;
  // Exactly this column in a relation that cannot be seen from here?
  if (relation === undefined) {
    for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
      const hidden = level.known.find(
        (item) => !level.items.includes(item) && item.name !== "" && item.columns.some((column) => column.name === name),
      );
      if (hidden !== undefined) {
        return undefinedColumn(message, at(position), {
          hint: `There is a column named "${name}" in table "${hidden.name}", but it cannot be referenced from this part of the query.`,
        });
      }
    }
  }
  let best = FUZZY_DISTANCE_MAX + 1;
  let matches: string[] = [];
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    for (const item of level.items) {
      if (item.name === "" || (!item.columnsVisible && !item.relationVisible)) continue;
      const penalty = relation !== undefined && item.name !== relation.name ? levenshtein(relation.name, item.name, best) : 0;
      for (const column of item.columns) {
        if (column.name === "") continue;
        const distance = levenshtein(name, column.name, best);
        if (distance > name.length / 2 || distance + penalty > best || distance + penalty > FUZZY_DISTANCE_MAX) continue;
        const text = `"${item.name}.${column.name}"`;
        if (distance + penalty < best) {
          best = distance + penalty;
          matches = [text];
        } else if (!matches.includes(text)) matches.push(text);
      }
    }
  }
  if (matches.length === 1)
    return undefinedColumn(message, at(position), { hint: `Perhaps you meant to reference the column ${matches[0]}.` });
  if (matches.length === 2) {
    return undefinedColumn(message, at(position), {
      hint: `Perhaps you meant to reference the column ${matches[0]} or the column ${matches[1]}.`,
    });
  }
  return undefinedColumn(message, at(position));
}

export { selectField };
