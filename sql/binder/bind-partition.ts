/** PARTITION BY and FOR VALUES: keys over the new row, bounds as constants of the keys' types. */
import { collationByOid, collationOid, isIcu, type TableObject } from "../../src/catalog/index.js";
import type { BoundValue, ColumnDefinition, PartitionBoundDefinition, PartitionSchemeDefinition } from "../../src/plan/index.js";
import {
  type CollationReference,
  DbError,
  datatypeMismatch,
  featureNotSupported,
  generatedInPartitionKey,
  invalidObjectDefinition,
  invalidTableDefinition,
  noOperatorClassAt,
  notSupported,
  undefinedColumn,
} from "../../src/types/index.js";
import { deparseExpression } from "../parser/deparse.js";
import { locationOf } from "../parser/location.js";
import type { Expr } from "../parser/syntax-tree.js";
import type { PartitionBoundSyntax, PartitionSchemeSyntax } from "../parser/syntax-tree-definition.js";
import { bindStored } from "./bind-default.js";
import { type RowShape, shapeColumns } from "./bind-table-definition.js";
import { at, type Binder } from "./binder.js";
import { coerceForAssignment, resolveUnknown } from "./coerce.js";
import { bindCollation } from "./collations.js";
import { requireImmutable } from "./immutability.js";
import { visitExpression } from "./walk.js";

const SYSTEM_COLUMNS = new Set(["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"]);

export function bindPartitionScheme(
  binder: Binder,
  syntax: PartitionSchemeSyntax,
  columns: readonly ColumnDefinition[],
  shape: RowShape,
  table: string,
): PartitionSchemeDefinition {
  if (syntax.strategy === "list" && syntax.keys.length > 1)
    throw invalidObjectDefinition('cannot use "list" partition strategy with more than one column');
  const keys = syntax.keys.map((key) => {
    const name =
      key.column ?? (key.expr?.kind === "ColumnRef" && key.expr.fields.length === 1 && !key.expr.star ? key.expr.fields[0] : undefined);
    if (name !== undefined) {
      if (SYSTEM_COLUMNS.has(name)) throw invalidObjectDefinition(`cannot use system column "${name}" in partition key`, at(key.position));
      const column = columns.find((c) => c.name === name);
      if (column === undefined) throw undefinedColumn(`column "${name}" named in partition key does not exist`, at(key.position));
      if (column.generated !== undefined) throw generatedInPartitionKey(name, at(key.position));
      requireOrder(binder, column.type.type, syntax.strategy);
      const collation = bindCollation(binder, key.collation, column.type.type, key.position);
      requireBytes(binder, key.collation === undefined ? column.collation : collation, syntax.strategy);
      const isOwn = key.collation === undefined || collation === column.collation;
      return { column: name, ...column.type, ...(isOwn ? {} : { collation: collation ?? "default" }) };
    }
    const expr = key.expr as Expr;
    const bound = resolveUnknown(binder, bindStored(binder, expr, "partition key expressions", table, shapeColumns(binder, shape)));
    let hasColumn = false;
    visitExpression(bound, (e) => {
      if (e.kind === "Subquery") throw featureNotSupported("cannot use subquery in partition key expression");
      if (e.kind === "ColumnReference") hasColumn = true;
    });
    requireImmutable(binder, bound, "functions in partition key expression must be marked IMMUTABLE");
    if (!hasColumn) throw invalidObjectDefinition("cannot use constant expression as partition key");
    requireOrder(binder, bound.type, syntax.strategy);
    const collation = bindCollation(binder, key.collation, bound.type, key.position);
    requireBytes(binder, collation, syntax.strategy);
    return {
      expressionSql: deparseExpression(expr),
      type: bound.type,
      typmod: bound.typmod,
      ...(collation === undefined ? {} : { collation }),
    };
  });
  return { strategy: syntax.strategy, keys };
}
/** Rows find their partition by bytes, which is what equality is under every deterministic collation. */
function requireBytes(binder: Binder, reference: CollationReference | undefined, strategy: string): void {
  const collation = collationByOid(binder.catalog, collationOid(reference));
  if (collation === undefined || !isIcu(collation) || (collation.deterministic && strategy !== "range")) return;
  throw notSupported(`partitioning by ${strategy} under collation "${collation.name}"`);
}
function requireOrder(binder: Binder, type: number, strategy: string): void {
  const found = binder.type(type);
  if (found.compare === undefined) throw noOperatorClassAt(found.displayName, strategy === "hash" ? "hash" : "btree");
}

export function bindPartitionBound(
  binder: Binder,
  parent: TableObject,
  syntax: PartitionBoundSyntax,
  _name: string,
): PartitionBoundDefinition {
  const of = (values: readonly Expr[]): (number | undefined)[] => values.map((value) => at(locationOf(value)));
  const places = {
    bound: at(syntax.position),
    from: syntax.kind === "list" ? of(syntax.values) : syntax.kind === "range" ? of(syntax.from) : [],
    to: syntax.kind === "range" ? of(syntax.to) : [],
  };
  return { ...bindBound(binder, parent, syntax), places };
}
function bindBound(binder: Binder, parent: TableObject, syntax: PartitionBoundSyntax): PartitionBoundDefinition {
  const scheme = parent.partitioned;
  if (scheme === undefined) throw invalidTableDefinition(`"${parent.name}" is not partitioned`);
  const wrong = (what: string) => invalidTableDefinition(`invalid bound specification for a ${what} partition`, at(syntax.position));
  switch (syntax.kind) {
    case "default":
      if (scheme.strategy === "hash") throw invalidTableDefinition("a hash-partitioned table may not have a default partition");
      return { kind: "default" };
    case "hash": {
      if (scheme.strategy !== "hash") throw wrong(scheme.strategy);
      const { modulus, remainder } = syntax;
      if (modulus <= 0) throw invalidTableDefinition("modulus for hash partition must be an integer value greater than zero");
      if (remainder < 0)
        throw invalidTableDefinition("remainder for hash partition must be an integer value greater than or equal to zero");
      if (remainder >= modulus) throw invalidTableDefinition("remainder for hash partition must be less than modulus");
      return { kind: "hash", modulus, remainder };
    }
    case "list":
      if (scheme.strategy !== "list") throw wrong(scheme.strategy);
      return { kind: "list", values: syntax.values.map((expr) => boundConstant(binder, parent, 0, expr, false)) };
    case "range": {
      if (scheme.strategy !== "range") throw wrong(scheme.strategy);
      const count = scheme.keys.length;
      if (syntax.from.length !== count) throw invalidTableDefinition("FROM must specify exactly one value per partitioning column");
      if (syntax.to.length !== count) throw invalidTableDefinition("TO must specify exactly one value per partitioning column");
      const side = (values: readonly Expr[]): BoundValue[] => {
        let infinity: string | undefined;
        return values.map((expr, i) => {
          const value = boundConstant(binder, parent, i, expr, true);
          const kind = typeof value === "string" ? value : undefined;
          if (infinity !== undefined && kind !== infinity) {
            const word = infinity.toUpperCase();
            throw datatypeMismatch(`every bound following ${word} must also be ${word}`, at(expr.position));
          }
          infinity ??= kind;
          return value;
        });
      };
      return { kind: "range", from: side(syntax.from), to: side(syntax.to) };
    }
  }
}

function boundConstant(binder: Binder, parent: TableObject, index: number, expr: Expr, isRange: boolean): BoundValue {
  const key = parent.partitioned?.keys[index];
  if (key === undefined) throw invalidTableDefinition("a bound has a key");
  if (isRange && expr.kind === "ColumnRef" && expr.fields.length === 1 && !expr.star) {
    const word = expr.fields[0];
    if (word === "minvalue" || word === "maxvalue") return word;
  }
  if (isRange && expr.kind === "Literal" && expr.value === null) throw invalidObjectDefinition("cannot specify NULL in range bound");
  const column = key.attribute === 0 ? undefined : parent.attributes[key.attribute - 1]?.name;
  const bound = bindStored(binder, expr, "partition bounds", "", []);
  visitExpression(bound, (e) => {
    if (e.kind === "Subquery") throw featureNotSupported("cannot use subquery in partition bound", at(expr.position));
  });
  const print = column ?? (key.expressionSql ?? "").replace(/^\((.*)\)$/s, "$1");
  try {
    return coerceForAssignment(binder, bound, key.type, key.typmod, print, expr.position);
  } catch (error) {
    if (!(error instanceof DbError) || error.sqlstate !== "42804") throw error;
    throw datatypeMismatch(`specified value cannot be cast to type ${binder.typeName(key.type)} for column "${print}"`, at(expr.position));
  }
}
