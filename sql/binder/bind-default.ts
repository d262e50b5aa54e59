/** Defaults, identities and generated columns: what an attribute gets when the statement gives it nothing. */
import type { AttributeObject, TableObject } from "../../src/catalog/index.js";
import type { Expression, PlanColumn } from "../../src/plan/index.js";
import { TypeOid } from "../../src/types/index.js";
import type { Expr } from "../parser/syntax-tree.js";
import { bindExpression } from "./bind-expression.js";
import { callFunction } from "./bind-function.js";
import type { Binder } from "./binder.js";
import { coerceForAssignment, resolveUnknown } from "./coerce.js";
import { type Clause, Scope } from "./scope.js";
import { parseStoredExpression } from "./stored-sql.js";

/** A stored expression over `columns`, bound without parameters and without the statement's own names. */
export function bindStored(binder: Binder, expr: Expr, clause: Clause, tableName: string, columns: readonly PlanColumn[]): Expression {
  const scope = new Scope(undefined);
  if (columns.length > 0) {
    const item = { name: tableName, columns, relationVisible: true, columnsVisible: true };
    for (const column of columns) binder.owners[column.id] = scope;
    scope.items = [item];
    scope.known.push(item);
  }
  scope.clause = clause;
  const allowed = binder.parametersAllowed;
  binder.parametersAllowed = false;
  try {
    return bindExpression(binder, scope, expr);
  } finally {
    binder.parametersAllowed = allowed;
  }
}

/** undefined: no default, which means NULL. */
export function defaultOf(binder: Binder, attribute: AttributeObject): Expression | undefined {
  if (attribute.generated === true) return undefined;
  const defaultSql =
    attribute.defaultSql ?? (attribute.identity === undefined ? binder.registry.typeByOid(attribute.type)?.defaultSql : undefined);
  if (defaultSql !== undefined) {
    const bound = bindStored(binder, parseStoredExpression(defaultSql), "DEFAULT expressions", "", []);
    return coerceForAssignment(
      binder,
      resolveForType(binder, bound, attribute),
      attribute.type,
      attribute.typmod,
      attribute.name,
      undefined,
    );
  }
  if (attribute.identity !== undefined && attribute.sequence !== undefined) {
    const sequence = binder.catalog.relationByOid(attribute.sequence);
    const schema = sequence === undefined ? undefined : binder.catalog.schemaByOid(sequence.schema)?.name;
    const name = [schema, sequence?.name]
      .filter((part) => part !== undefined)
      .map(quoteIdentifier)
      .join(".");
    const literal: Expression = { kind: "Constant", value: name, type: TypeOid.unknown, typmod: -1 };
    return coerceForAssignment(
      binder,
      callFunction(binder, "nextval", [literal]),
      attribute.type,
      attribute.typmod,
      attribute.name,
      undefined,
    );
  }
  return undefined;
}
const resolveForType = (binder: Binder, bound: Expression, attribute: AttributeObject): Expression =>
  bound.type === TypeOid.unknown && bound.kind === "Constant" ? bound : resolveUnknown(binder, bound, attribute.type);

export const quoteIdentifier = (name: string): string => (/^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);

/** DEFAULT written out: the default, or a NULL of the attribute's type. */
export function defaultOrNull(binder: Binder, attribute: AttributeObject): Expression {
  return defaultOf(binder, attribute) ?? { kind: "Constant", value: null, type: attribute.type, typmod: attribute.typmod };
}

export const liveAttributes = (table: TableObject): readonly AttributeObject[] =>
  table.attributes.filter((attribute) => !attribute.dropped);
/** System attributes that may not be written. */
export const findAttribute = (table: TableObject, name: string): AttributeObject | undefined =>
  table.attributes.find((a) => !a.dropped && a.name === name);
