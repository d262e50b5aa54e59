/** Scalar expressions: parse_expr.c's transformations, one function per form. */

import { requireCollation } from "../../src/catalog/index.js";
import { knownTypes } from "../../src/functions/index.js";
import type { Expression, PlanColumn } from "../../src/plan/index.js";
import {
  DbError,
  FIRST_USER_OID,
  featureNotSupported,
  Numeric,
  notSupportedAt,
  type Oid,
  syntaxError,
  TypeOid,
  undefinedColumn,
  undefinedObjectAt,
} from "../../src/types/index.js";
import { locationOf } from "../parser/location.js";
import { noteName } from "../parser/schemas-of-names.js";
import type { CaseExpr, CastExpr, Expr, IndirectionExpr, Literal, OperatorExpr, TypeName } from "../parser/syntax-tree.js";
import { bindBetween, bindDistinct, bindIn, bindNullIf, bindQuantified, bindRowComparison } from "./bind-comparison.js";
import { attributeFunction, bindFunction, bindSqlValue } from "./bind-function.js";
import { bindGrouping } from "./bind-grouping.js";
import { bindJson } from "./bind-json.js";
import { bindColumnRef } from "./bind-name.js";
import { bindSubqueryExpression } from "./bind-subquery.js";
import { bindSubscripts, type SubscriptStep } from "./bind-subscript.js";
import { at, type Binder } from "./binder.js";
import { castTo, coerceTo, coerceToBoolean, commonModifier, commonType, literal, resolveUnknown } from "./coerce.js";
import { requireCollatable } from "./collations.js";
import { equalityId, operatorCall, recordFields, requireOperator } from "./resolve.js";
import type { Scope } from "./scope.js";

export function bindExpression(binder: Binder, scope: Scope, expr: Expr): Expression {
  const bound = expr.kind === "Literal" ? bindLiteral(binder, expr) : bindNode(binder, scope, expr);
  binder.notes?.expression(expr, bound);
  return bound;
}
function bindNode(binder: Binder, scope: Scope, expr: Exclude<Expr, Literal>): Expression {
  const bind = (e: Expr): Expression => bindExpression(binder, scope, e);
  switch (expr.kind) {
    case "ParameterRef":
      return binder.parameter(expr.number, expr.position);
    case "ColumnRef":
      return bindColumnRef(binder, scope, expr);
    case "Operator":
      return bindOperator(binder, scope, expr);
    case "Quantified":
      return bindQuantified(binder, scope, expr);
    case "Distinct":
      return bindDistinct(binder, bind, expr);
    case "NullIf":
      return bindNullIf(binder, bind, expr);
    case "In":
      return bindIn(binder, scope, expr);
    case "Between":
      return bindBetween(binder, scope, expr);
    case "And":
    case "Or": {
      const construct = expr.kind === "And" ? "AND" : "OR";
      const args = expr.args.map((arg) => coerceToBoolean(binder, bind(arg), construct, locationOf(arg)));
      return { kind: expr.kind, args, type: TypeOid.bool, typmod: -1 };
    }
    case "Not":
      return { kind: "Not", arg: coerceToBoolean(binder, bind(expr.arg), "NOT", locationOf(expr.arg)), type: TypeOid.bool, typmod: -1 };
    case "Function":
      if (expr.name.at(-1) === "pg_collation_for" && expr.args.length === 1) {
        binder.collated = true;
        // A literal has no collation before it has a type.
        if (expr.args[0]?.kind === "Literal" && expr.args[0].literal === "string")
          return { kind: "Constant", value: null, type: TypeOid.text, typmod: -1 };
      }
      return bindFunction(binder, scope, expr);
    case "Cast":
      return bindCast(binder, scope, expr);
    case "Case":
      return withinConditional(scope, "CASE", () => bindCase(binder, scope, expr));
    case "Coalesce": {
      const [args, type] = bindCommon(
        binder,
        withinConditional(scope, "COALESCE", () => expr.args.map(bind)),
        "COALESCE",
      );
      return { kind: "Coalesce", args, type, typmod: commonModifier(args, type) };
    }
    case "Greatest":
    case "Least": {
      const [args, type] = bindCommon(binder, expr.args.map(bind), expr.kind === "Greatest" ? "GREATEST" : "LEAST");
      return { kind: expr.kind, args, type, typmod: commonModifier(args, type) };
    }
    case "Array":
      return bindArray(binder, scope, expr.elements, undefined, -1, expr.position);
    case "Row": {
      // Undecided literals wait: a cast of the row to a composite type reads them as its fields' types.
      const fields = expandRow(binder, scope, expr.fields).map((field) =>
        field.kind === "Constant" ? field : resolveUnknown(binder, field),
      );
      return { kind: "RowConstructor", fields, type: TypeOid.record, typmod: -1 };
    }
    case "Subquery":
      return bindSubqueryExpression(binder, scope, expr);
    case "Indirection":
      return bindIndirection(binder, scope, expr);
    case "NullTest": {
      const arg = bind(expr.arg);
      return { kind: "NullTest", arg, negated: expr.negated, type: TypeOid.bool, typmod: -1 };
    }
    case "BooleanTest": {
      const construct = `IS ${expr.negated ? "NOT " : ""}${expr.test.toUpperCase()}`;
      const arg = coerceToBoolean(binder, bind(expr.arg), construct, locationOf(expr.arg));
      return { kind: "BooleanTest", arg, test: expr.test, negated: expr.negated, type: TypeOid.bool, typmod: -1 };
    }
    case "Collate": {
      const arg = resolveUnknown(binder, bind(expr.arg));
      requireCollatable(binder, arg.type, expr.position);
      const { oid, schema, name } = requireCollation(binder.catalog, expr.collation, expr.position);
      noteName(expr.collation, oid, binder.catalog.schemaByOid(schema)?.name, name);
      if (oid >= FIRST_USER_OID) binder.relationsRead.add(oid);
      if (binder.notes !== undefined) {
        binder.notes.collations.set(arg, expr.collation);
        return arg;
      }
      binder.collated = true;
      return { kind: "Relabel", arg, explicit: false, collation: oid, type: arg.type, typmod: arg.typmod, position: expr.position };
    }
    case "SqlValue":
      return bindSqlValue(binder, scope, expr);
    case "Grouping":
      return bindGrouping(binder, scope, expr);
    case "MergeAction":
      return bindMergeAction(scope, expr.position);
    case "CurrentOf":
      throw featureNotSupported("WHERE CURRENT OF is not supported here");
    case "Default":
      throw syntaxError("DEFAULT is not allowed in this context", at(expr.position));
    default:
      return bindJson(binder, scope, expr);
  }
}
/** merge_action(), also in a subquery of RETURNING. */
function bindMergeAction(scope: Scope, position: number): Expression {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent)
    if (level.mergeAction !== undefined) return columnReference(level.mergeAction, position);
  throw syntaxError("MERGE_ACTION() can only be used in the RETURNING list of a MERGE command", at(position));
}

export function bindLiteral(binder: Binder, expr: Literal): Expression {
  const position = expr.position;
  switch (expr.literal) {
    case "null":
      return { kind: "Constant", value: null, type: TypeOid.unknown, typmod: -1, position };
    case "boolean":
      return { kind: "Constant", value: expr.value as boolean, type: TypeOid.bool, typmod: -1, position };
    case "integer":
      return { kind: "Constant", value: expr.value as number, type: TypeOid.int4, typmod: -1, position };
    case "string":
      return { kind: "Constant", value: expr.value as string, type: TypeOid.unknown, typmod: -1, position };
    case "float":
      return bindNumber(expr.value as string, position);
    case "bits":
      return literal(
        binder,
        { kind: "Constant", value: expr.value as string, type: TypeOid.unknown, typmod: -1, position },
        TypeOid.bit,
        -1,
      );
  }
}
const INT4_MIN = -0x80000000n;
const INT8_MIN = -0x8000000000000000n;
const INT8_MAX = 0x7fffffffffffffffn;
/** What does not fit int4 as the lexer reads it: int8 when it is a whole number that fits, else numeric. The grammar puts the sign in. */
function bindNumber(text: string, position: number): Expression {
  const isNegative = text.startsWith("-");
  const plain = (isNegative ? text.slice(1) : text).replaceAll("_", "");
  if (/^(\d+|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(plain)) {
    const value = isNegative ? -BigInt(plain) : BigInt(plain);
    if (value === INT4_MIN) return { kind: "Constant", value: Number(value), type: TypeOid.int4, typmod: -1, position };
    if (value >= INT8_MIN && value <= INT8_MAX) {
      const datum = Number.isSafeInteger(Number(value)) ? Number(value) : value;
      return { kind: "Constant", value: datum, type: TypeOid.int8, typmod: -1, position };
    }
    return { kind: "Constant", value: new Numeric(value, 0), type: TypeOid.numeric, typmod: -1, position };
  }
  const match = /^(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(plain)!;
  const exponent = Number(match[3] ?? "0");
  if (Math.abs(exponent) > NUMERIC_EXPONENT_MAX) throw new DbError({ sqlstate: "22003", message: "value overflows numeric format" });
  let scale = match[2]!.length - exponent;
  let coefficient = BigInt(match[1]! + match[2]! || "0");
  if (scale < 0) {
    coefficient *= 10n ** BigInt(-scale);
    scale = 0;
  }
  return {
    kind: "Constant",
    value: new Numeric(isNegative ? -coefficient : coefficient, scale),
    type: TypeOid.numeric,
    typmod: -1,
    position,
  };
}
/** numeric holds 131072 digits before the point; a larger exponent would only cost memory. */
const NUMERIC_EXPONENT_MAX = 131072;

function withinConditional<Result>(scope: Scope, construct: "CASE" | "COALESCE", run: () => Result): Result {
  const outer = scope.insideConditional;
  scope.insideConditional = construct;
  try {
    return run();
  } finally {
    scope.insideConditional = outer;
  }
}

/** Long chains `a + b + c …` are left-deep: walked in a loop. */
function bindOperator(binder: Binder, scope: Scope, expr: OperatorExpr): Expression {
  const spine: OperatorExpr[] = [expr];
  let bottom = expr.left;
  while (bottom?.kind === "Operator" && spine.length < 1_000_000) {
    spine.push(bottom);
    bottom = bottom.left;
  }
  let left: Expression | undefined;
  for (let i = spine.length - 1; i >= 0; i--) {
    const node = spine[i]!;
    if (left === undefined && bottom !== undefined && i === spine.length - 1) {
      const row = bindRowComparison(binder, scope, node);
      if (row !== undefined) {
        left = row;
        continue;
      }
      left = bindExpression(binder, scope, bottom);
    }
    const right = bindExpression(binder, scope, node.right);
    left = makeOperator(binder, node.name, left, right, node.position, node);
  }
  return left!;
}
/** `written`: where the operator stands, when that may be stored. */
export function makeOperator(
  binder: Binder,
  name: string,
  left: Expression | undefined,
  right: Expression,
  position: number,
  written?: object,
): Expression {
  const operator = requireOperator(binder, name, left === undefined ? 0 : left.type, right.type, position);
  if (written !== undefined && operator.isUserDefined === true) noteName(written, operator.oid, operator.schema, operator.name);
  return operatorCall(binder, operator, left, right, operator.name, position);
}

export function bindCommon(binder: Binder, args: readonly Expression[], construct: string): [readonly Expression[], Oid] {
  const type = commonType(binder, args, construct)!;
  return [args.map((arg) => coerceTo(binder, arg, type, construct)), type];
}

/** PostgreSQL's own types that Orrery does not have are refused by name rather than unknown; so are the row types of system relations. */
function isUnsupportedType(binder: Binder, name: string, schema: string | undefined): boolean {
  if (schema !== undefined && schema !== "pg_catalog") return false;
  return knownTypes.some((type) => type.name === name) || binder.catalog.relation("pg_catalog", name) !== undefined;
}

function isShell(binder: Binder, name: string, schema: string | undefined): boolean {
  for (const object of binder.catalog.objects())
    if (object.class === "type" && object.kind === "shell" && object.name === name)
      return schema === undefined || binder.catalog.schemaByOid(object.schema)?.name === schema;
  return false;
}

/** The type's OID and modifier. */
export function resolveTypeName(binder: Binder, name: TypeName): { type: Oid; typmod: number } {
  const last = name.names.at(-1)!;
  const schema = name.names.length > 1 ? name.names.at(-2)! : undefined;
  if (schema !== undefined && binder.catalog.schemaByName(schema) === undefined)
    throw new DbError({
      sqlstate: "3F000",
      message: `schema "${schema}" does not exist`,
      ...(name.position === 0 ? {} : { position: name.position }),
    });
  const found = binder.registry.typeByName(last, schema);
  if (found === undefined && isUnsupportedType(binder, last, schema)) throw notSupportedAt(`type ${last}`, at(name.position));
  if (found === undefined && isShell(binder, last, schema))
    throw undefinedObjectAt(`type "${name.names.join(".")}" is only a shell`, at(name.position));
  if (found === undefined)
    throw undefinedObjectAt(`type "${name.names.join(".")}${"[]".repeat(name.arrayDimensions)}" does not exist`, at(name.position));
  if (found.oid >= FIRST_USER_OID) {
    binder.relationsRead.add(found.oid);
    noteName(name.names, found.oid, schema ?? schemaOfType(binder, last, found.oid), last);
  }
  let typmod = -1;
  // bpchar without a length is char(1) only when written as character, which the grammar spells out.
  if (name.modifiers.length > 0) {
    if (found.parseModifier === undefined) throw syntaxError(`type modifier is not allowed for type "${last}"`, at(name.position));
    try {
      typmod = found.parseModifier(name.modifiers);
    } catch (error) {
      throw error instanceof DbError ? error.at(at(name.position)) : error;
    }
  }
  if (name.arrayDimensions === 0) return { type: found.oid, typmod };
  // An array of arrays is one of more dimensions; a domain over arrays is an element like any other.
  if (found.category === "A" && found.base === undefined) return { type: found.oid, typmod };
  if (found.arrayType === 0) throw undefinedObjectAt(`could not find array type for data type ${found.displayName}`, at(name.position));
  return { type: found.arrayType, typmod };
}

/** Where along the search path the name means that type. */
function schemaOfType(binder: Binder, name: string, type: Oid): string | undefined {
  for (const oid of binder.catalog.searchPath) {
    const schema = binder.catalog.schemaByOid(oid)?.name;
    if (schema !== undefined && binder.registry.typeByName(name, schema)?.oid === type) return schema;
  }
  return undefined;
}

function bindCast(binder: Binder, scope: Scope, expr: CastExpr): Expression {
  const { type, typmod } = resolveTypeName(binder, expr.target);
  if (expr.arg.kind === "Array") {
    // The target's element type is known to the elements: ARRAY[]::int[] works, literals need no guess.
    const element = binder.elementType(type);
    if (element !== 0 && binder.category(type) === "A") {
      const array = bindArray(binder, scope, expr.arg.elements, element, typmod, expr.arg.position);
      return castTo(binder, array, type, typmod, expr.position);
    }
  }
  return castTo(binder, bindExpression(binder, scope, expr.arg), type, typmod, expr.position);
}

function bindArray(
  binder: Binder,
  scope: Scope,
  elements: readonly Expr[],
  target: Oid | undefined,
  typmod: number,
  position: number,
): Expression {
  const nested = elements.length > 0 && elements.every((element) => element.kind === "Array");
  const bound = elements.map((element) =>
    element.kind === "Array"
      ? bindArray(binder, scope, element.elements, target, typmod, element.position)
      : bindExpression(binder, scope, element),
  );
  if (target !== undefined) {
    const arrayType = binder.arrayType(target);
    const each = nested ? bound : bound.map((element) => castTo(binder, element, target, typmod, element.position));
    return { kind: "ArrayConstructor", elementType: target, elements: each, multidimensional: nested, type: arrayType, typmod: -1 };
  }
  if (bound.length === 0) {
    throw new DbError({
      sqlstate: "42P18",
      message: "cannot determine type of empty array",
      hint: "Explicitly cast to the desired type, for example ARRAY[]::integer[].",
      ...(position === 0 ? {} : { position }),
    });
  }
  const [args, type] = bindCommon(binder, bound, "ARRAY");
  // Elements that are arrays make one array of more dimensions; values of a domain over arrays are elements like any other.
  const isArray = (of: Oid) => binder.category(of) === "A" && binder.registry.typeByOid(of)?.base === undefined;
  const multidimensional = bound.some((element) => isArray(element.type));
  const elementType = multidimensional ? binder.elementType(type) : type;
  const arrayType = multidimensional ? type : isArray(type) ? 0 : binder.arrayType(type);
  if (arrayType === 0) throw undefinedObjectAt(`could not find array type for data type ${binder.typeName(type)}`, at(position));
  return { kind: "ArrayConstructor", elementType, elements: args, multidimensional, type: arrayType, typmod: -1 };
}

function bindCase(binder: Binder, scope: Scope, expr: CaseExpr): Expression {
  const operand = expr.operand === undefined ? undefined : resolveUnknown(binder, bindExpression(binder, scope, expr.operand));
  const whens = expr.whens.map(({ when, then }) => {
    const condition = bindExpression(binder, scope, when);
    if (operand === undefined)
      return { when: coerceToBoolean(binder, condition, "CASE/WHEN", locationOf(when)), then: bindExpression(binder, scope, then) };
    const mention: Expression = { kind: "CaseOperand", type: operand.type, typmod: operand.typmod };
    const test = coerceToBoolean(binder, makeOperator(binder, "=", mention, condition, when.position), "CASE/WHEN", locationOf(when));
    return { when: test, then: bindExpression(binder, scope, then) };
  });
  const otherwise: Expression =
    expr.otherwise === undefined
      ? { kind: "Constant", value: null, type: TypeOid.unknown, typmod: -1 }
      : bindExpression(binder, scope, expr.otherwise);
  // PostgreSQL looks at the ELSE first.
  const [results, type] = bindCommon(binder, [otherwise, ...whens.map((w) => w.then)], "CASE");
  return {
    kind: "Case",
    ...(operand === undefined ? {} : { operand }),
    whens: whens.map((w, i) => ({ when: w.when, then: results[i + 1]! })),
    otherwise: results[0]!,
    type,
    typmod: commonModifier(results, type),
  };
}

/** ROW(t.*, 1): stars spread. */
export function expandRow(binder: Binder, scope: Scope, fields: readonly Expr[]): Expression[] {
  return fields.flatMap((field) => {
    const bound = bindExpression(binder, scope, field);
    if (field.kind === "ColumnRef" && field.star && bound.kind === "RowConstructor") return bound.fields;
    return [bound];
  });
}

function bindIndirection(binder: Binder, scope: Scope, expr: IndirectionExpr): Expression {
  let current = bindExpression(binder, scope, expr.arg);
  let i = 0;
  while (i < expr.path.length) {
    const step = expr.path[i]!;
    if (step.kind === "field") {
      current = selectField(binder, current, step.name, expr.position);
      i++;
      continue;
    }
    if (step.kind === "star") throw notSupportedAt('row expansion via "*" here', at(expr.position));
    const run: SubscriptStep[] = [];
    for (; i < expr.path.length; i++) {
      const next = expr.path[i]!;
      if (next.kind !== "index" && next.kind !== "slice") break;
      run.push(next);
    }
    current = bindSubscripts(binder, scope, current, run, locationOf(expr.arg));
  }
  return current;
}

/** (row).field: of a row whose fields are known here. */
export function selectField(binder: Binder, record: Expression, name: string, position: number): Expression {
  if (record.kind === "RowConstructor") {
    const index = record.names?.indexOf(name) ?? fieldNumber(name, record.fields.length);
    if (index >= 0) return record.fields[index]!;
  }
  const columns = recordFields(binder, record);
  const place = columns?.findIndex((column) => column.name === name) ?? -1;
  if (columns !== undefined && place >= 0)
    return { kind: "FieldSelect", record, fieldIndex: place, type: columns[place]!.type, typmod: -1 };
  const fields = binder.fields(record.type);
  if (fields !== undefined) {
    const index = fields.findIndex((field) => field.name === name);
    const method = index < 0 ? attributeFunction(binder, record, name, position) : undefined;
    if (method !== undefined) return method;
    if (index < 0) throw undefinedColumn(`column "${name}" not found in data type ${binder.typeName(record.type)}`, at(position));
    return { kind: "FieldSelect", record, fieldIndex: index, type: fields[index]!.type, typmod: fields[index]!.typmod };
  }
  if (record.type === TypeOid.record) throw undefinedColumn(`could not identify column "${name}" in record data type`, at(position));
  throw datatypeMismatchField(binder, record, name, position);
}
const fieldNumber = (name: string, count: number): number => {
  const match = /^f(\d+)$/.exec(name);
  const index = match === null ? -1 : Number(match[1]) - 1;
  return index < count ? index : -1;
};
const datatypeMismatchField = (binder: Binder, record: Expression, name: string, position: number): DbError =>
  new DbError({
    sqlstate: "42809",
    message: `column notation .${name} applied to type ${binder.typeName(record.type)}, which is not a composite type`,
    ...(position === 0 ? {} : { position }),
  });

export const columnReference = (column: PlanColumn, position?: number): Expression =>
  position === undefined || position === 0
    ? { kind: "ColumnReference", id: column.id, name: column.name, type: column.type, typmod: column.typmod }
    : { kind: "ColumnReference", id: column.id, name: column.name, type: column.type, typmod: column.typmod, position };
export { equalityId };
