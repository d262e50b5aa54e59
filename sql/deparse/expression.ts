/**
 * Bound expressions as SQL, in the form of ruleutils.c's get_rule_expr: every operator in parentheses (or, pretty, only where
 * precedence asks for them), constants with their types, coercions that nobody wrote only where `showImplicit` says so.
 */
import { findCollation, quoteIdentifier } from "../../src/catalog/index.js";
import type { ColumnReference, Constant, Expression, FunctionCall } from "../../src/plan/index.js";
import { notSupported, TypeOid } from "../../src/types/index.js";
import { makeOperator } from "../binder/bind-expression.js";
import { coerceTo, commonType } from "../binder/coerce.js";
import { deparseExpression } from "../parser/deparse.js";
import type { Expr, InExpr, OperatorExpr } from "../parser/syntax-tree.js";
import { printAggregate, printCall } from "./call.js";
import { printConstant } from "./constant.js";
import { operatorText, typeText } from "./objects.js";
import type { Printer } from "./printer.js";
import { isSimple, nodeKind } from "./simple-node.js";
import { printSubquery } from "./subquery.js";

export function printExpression(p: Printer, e: Expression, showImplicit: boolean): void {
  const written = p.notes.written.get(e);
  const collation = p.notes.collations.get(e);
  if (collation !== undefined) {
    p.notes.collations.delete(e);
    parenthesized(p, () => inside(p, e, e, showImplicit));
    const at = p.text.endsWith(")") && !p.layout.fewParentheses ? p.text.length - 1 : p.text.length;
    p.text = `${p.text.slice(0, at)} COLLATE ${collationText(p, collation)}${p.text.slice(at)}`;
    p.notes.collations.set(e, collation);
    return;
  }
  if (written?.kind === "SqlValue") {
    p.add(written.name.toUpperCase() + (written.precision >= 0 ? `(${written.precision})` : ""));
    return;
  }
  // SQL/JSON is younger than the version whose form this is: as it was stored.
  if (written?.kind.startsWith("Json") === true) return p.add(deparseExpression(written));
  if (written?.kind === "In") return printIn(p, e, written);
  if (written?.kind === "Operator" && written.left?.kind === "Row" && /^[<>]=?$/.test(written.name) && written.left.fields.length > 1)
    return printRowComparison(p, written);
  switch (e.kind) {
    case "Constant":
      return printConstant(p, e);
    case "Parameter":
      return p.add(parameterText(p, e.index));
    case "ColumnReference":
      return printColumn(p, e);
    case "FunctionCall":
      return printFunctionCall(p, e, showImplicit);
    case "And":
    case "Or":
      return parenthesized(p, () => p.list(e.args, (arg) => inside(p, arg, e, false), e.kind === "And" ? " AND " : " OR "));
    case "Not":
      return parenthesized(p, () => {
        p.add("NOT ");
        inside(p, e.arg, e, false);
      });
    case "NullTest":
      return suffixed(p, e.arg, e, true, e.negated ? " IS NOT NULL" : " IS NULL");
    case "BooleanTest":
      return suffixed(p, e.arg, e, false, ` IS ${e.negated ? "NOT " : ""}${e.test.toUpperCase()}`);
    case "DistinctTest": {
      const test = (): void => binary(p, e.left, " IS DISTINCT FROM ", e.right, e);
      if (!e.negated) return test();
      return parenthesized(p, () => {
        p.add("NOT ");
        if (p.layout.fewParentheses) p.add("(");
        test();
        if (p.layout.fewParentheses) p.add(")");
      });
    }
    case "Case":
      return printCase(p, e);
    case "CaseOperand":
      return p.add("CASE_TEST_EXPR");
    case "Coalesce":
    case "Greatest":
    case "Least":
      return callLike(p, e.kind.toUpperCase(), e.args);
    case "NullIf":
      return callLike(p, "NULLIF", [e.left, e.right]);
    case "InList":
      return parenthesized(p, () => {
        inside(p, e.arg, e, true);
        p.add(" = ANY (ARRAY[");
        p.list(e.items, (item) => printExpression(p, item, true));
        p.add("])");
      });
    case "ArrayComparison":
      return parenthesized(p, () => {
        inside(p, e.left, e, true);
        p.add(` ${operatorText(p, e.operator, e.functionId)} ${e.quantifier.toUpperCase()} (`);
        inside(p, e.array, e, true);
        p.add(")");
      });
    case "ArrayConstructor":
      p.add("ARRAY[");
      p.list(e.elements, (element) => printExpression(p, element, true));
      return p.add(e.elements.length === 0 ? `]::${typeText(p, e.type, -1)}` : "]");
    case "RowConstructor":
      return printRow(p, e, written);
    case "Subscript":
      return printSubscript(p, e);
    case "SubscriptAssignment":
      throw notSupported("an assignment to an element in a stored query");
    case "FieldSelect":
      return printField(p, e);
    case "Relabel":
    case "CoerceViaText":
      if (!e.explicit && !showImplicit) return inside(p, e.arg, e, false);
      return printCoercion(p, e.arg, e);
    case "CoerceArray":
      if (!isWrittenElementCast(e.element) && !showImplicit) return inside(p, e.arg, e, false);
      return printCoercion(p, e.arg, e);
    case "CoerceModifier": {
      // The cast to the type and the one to its modifier were written as one.
      const arg = castArgument(e.arg) ?? e.arg;
      if (!e.explicit && !showImplicit) return inside(p, arg, e, false);
      return printCoercion(p, arg, e);
    }
    case "JsonQuery":
      throw notSupported("a column of JSON_TABLE outside of it");
    case "Subquery":
      return printSubquery(p, e, written, printExpression);
  }
}

/** A routine's parameter by its name, qualified where there are columns to mistake it for; a domain's value is VALUE. */
function parameterText(p: Printer, index: number): string {
  const known = p.binder.context.parameterNames;
  const name = known?.names[index];
  if (known === undefined || name === undefined || name === "") return `$${index + 1}`;
  if (known.routine === "") return name.toUpperCase();
  return (p.names.hasEntries ? `${quoteIdentifier(known.routine)}.` : "") + quoteIdentifier(name);
}

/** Parentheses around forms that always have them, unless printing pretty. */
export function parenthesized(p: Printer, print: () => void): void {
  if (p.layout.fewParentheses) return print();
  p.add("(");
  print();
  p.add(")");
}
/** get_rule_expr_paren: an operand, in parentheses where printing pretty would change what it means. */
export function inside(p: Printer, e: Expression, parent: Expression, showImplicit: boolean): void {
  const needed = p.layout.fewParentheses && e !== parent && !isSimple(p, e, parent);
  if (needed) p.add("(");
  printExpression(p, e, showImplicit);
  if (needed) p.add(")");
}
function binary(p: Printer, left: Expression, operator: string, right: Expression, parent: Expression): void {
  parenthesized(p, () => {
    inside(p, left, parent, true);
    p.add(operator);
    inside(p, right, parent, true);
  });
}
function suffixed(p: Printer, arg: Expression, parent: Expression, showImplicit: boolean, suffix: string): void {
  parenthesized(p, () => {
    inside(p, arg, parent, showImplicit);
    p.add(suffix);
  });
}
function callLike(p: Printer, name: string, args: readonly Expression[]): void {
  p.add(`${name}(`);
  p.list(args, (arg) => printExpression(p, arg, true));
  p.add(")");
}

/** The entry that has the column in force here, and the column's name in it; undefined: a join's merged column. */
export function rangeColumn(p: Printer, column: ColumnReference) {
  return p.notes.columns.get(column.id)?.findLast(({ from }) => !p.names.isOpen(from));
}
function printColumn(p: Printer, column: ColumnReference): void {
  const range = rangeColumn(p, column);
  if (range !== undefined) {
    const entry = p.names.of(range.from);
    const name = quoteIdentifier(range.name);
    return p.add(
      entry !== undefined && (p.names.qualified || p.names.parent?.of(range.from) !== undefined)
        ? `${quoteIdentifier(entry)}.${name}`
        : name,
    );
  }
  const call = p.notes.calls.get(column.id);
  if (call === undefined) return p.add(quoteIdentifier(column.name));
  if (call.written.kind === "Grouping") {
    return callLike(
      p,
      "GROUPING",
      call.written.args.map((arg) => boundOf(p, arg)),
    );
  }
  printAggregate(p, call.call!, call.written, printExpression);
}
/** What an expression of the syntax tree was bound to. */
export function boundOf(p: Printer, written: Expr): Expression {
  const bound = p.notes.bound.get(written);
  if (bound === undefined) throw notSupported("an expression of this form in a stored query");
  return bound;
}

function printFunctionCall(p: Printer, e: FunctionCall, showImplicit: boolean): void {
  switch (e.syntax.form) {
    case "operator": {
      const name = operatorText(p, e.syntax.name, e.functionId);
      const [left, right] = e.args;
      if (right !== undefined) return binary(p, left!, ` ${name} `, right, e);
      return parenthesized(p, () => {
        p.add(`${name} `);
        inside(p, left!, e, true);
      });
    }
    case "cast": {
      const arg = nodeKind(p, e) === "CoerceToDomain" ? (castArgument(e.args[0]!) ?? e.args[0]!) : e.args[0]!;
      if (e.syntax.implicit === true && !showImplicit) return inside(p, arg, e, false);
      return printCoercion(p, arg, e);
    }
    case "function":
      return printCall(p, e, printExpression);
  }
}

/** Below a modifier or a domain: what a cast that came with it was applied to; undefined: none did. */
function castArgument(e: Expression): Expression | undefined {
  switch (e.kind) {
    case "Relabel":
    case "CoerceViaText":
    case "CoerceModifier":
      return e.arg;
    case "FunctionCall":
      return e.syntax.form === "cast" ? e.args[0] : undefined;
    default:
      return undefined;
  }
}
function isWrittenElementCast(element: Expression): boolean {
  if (element.kind === "FunctionCall") return element.syntax.implicit !== true;
  return "explicit" in element ? element.explicit : true;
}
/** get_coercion_expr: `(arg)::type`. A constant that already has the type is shown without it. */
function printCoercion(p: Printer, arg: Expression, e: Expression): void {
  if (arg.kind === "Constant" && arg.type === e.type && arg.typmod === -1) printConstant(p, arg, "never");
  else parenthesized(p, () => inside(p, arg, e, false));
  p.add(`::${typeText(p, e.type, e.typmod)}`);
}

function printCase(p: Printer, e: Extract<Expression, { kind: "Case" }>): void {
  const space = (): void => {
    if (!p.layout.lines) p.add(" ");
  };
  p.keyword("CASE", 0, 4, 0);
  if (e.operand !== undefined) {
    p.add(" ");
    printExpression(p, e.operand, true);
  }
  for (const { when, then } of e.whens) {
    space();
    p.keyword("WHEN ", 0, 0, 0);
    const isComparison = e.operand !== undefined && when.kind === "FunctionCall" && mentionsOperand(when.args[0]);
    printExpression(p, isComparison ? when.args[1]! : when, false);
    p.add(" THEN ");
    printExpression(p, then, true);
  }
  space();
  p.keyword("ELSE ", 0, 0, 0);
  printExpression(p, e.otherwise, true);
  space();
  p.keyword("END", -4, 0, 0);
}
function mentionsOperand(e: Expression | undefined): boolean {
  if (e === undefined) return false;
  return e.kind === "CaseOperand" || mentionsOperand(castArgument(e));
}

/** `x IN (a, b)` is a comparison with an array; a list of one is a plain comparison. */
function printIn(p: Printer, e: Expression, written: InExpr): void {
  const left = boundOf(p, written.left);
  const items = written.items.map((item) => boundOf(p, item));
  const isRow = written.left.kind === "Row";
  const type = isRow ? undefined : commonType(p.binder, [left, ...items], undefined);
  if (items.length === 1 && !isRow)
    return printExpression(p, makeOperator(p.binder, written.negated ? "<>" : "=", left, items[0]!, 0), false);
  if (type === undefined || isRow) {
    // The bound form is the chain of comparisons that PostgreSQL makes too.
    p.notes.written.delete(e);
    printExpression(p, e, false);
    p.notes.written.set(e, written);
    return;
  }
  const name = written.negated ? "<>" : "=";
  const elements = items.map((item) => coerceTo(p.binder, item, type, "IN"));
  const probe = makeOperator(p.binder, name, left, elements[0]!, 0) as FunctionCall;
  parenthesized(p, () => {
    inside(p, probe.args[0]!, e, true);
    p.add(` ${operatorText(p, name, probe.functionId)} ${written.negated ? "ALL" : "ANY"} (`);
    const declared = probe.args[1]!.type;
    const isCast = declared !== type;
    if (isCast && !p.layout.fewParentheses) p.add("(");
    p.add("ARRAY[");
    p.list(elements, (element) => printExpression(p, element, true));
    p.add("]");
    if (isCast) p.add(`${p.layout.fewParentheses ? "" : ")"}::${typeText(p, p.binder.arrayType(declared), -1)}`);
    p.add(")");
  });
}

/** `(a, b) < (c, d)`, whose bound form is the comparisons that decide it. */
function printRowComparison(p: Printer, written: OperatorExpr): void {
  const fields = (e: Expr): readonly Expr[] => (e.kind === "Row" ? e.fields : [e]);
  const right = fields(written.right);
  const pairs = fields(written.left!).map(
    (field, i) => makeOperator(p.binder, written.name, boundOf(p, field), boundOf(p, right[i]!), 0) as FunctionCall,
  );
  p.add("(");
  callLike(
    p,
    "ROW",
    pairs.map((pair) => pair.args[0]!),
  );
  p.add(` ${written.name} `);
  callLike(
    p,
    "ROW",
    pairs.map((pair) => pair.args[1]!),
  );
  p.add(")");
}

/** With its schema only where the search path needs it. */
function collationText(p: Printer, names: readonly string[]): string {
  const { catalog } = p.binder;
  const bare = names.at(-1) ?? "";
  const isVisible = findCollation(catalog, undefined, bare)?.oid === findCollation(catalog, names.at(-2), bare)?.oid;
  return (isVisible ? [bare] : names).map((part) => quoteIdentifier(part)).join(".");
}
/** ROW(…); the row of a FROM entry is `entry.*`. */
function printRow(p: Printer, e: Extract<Expression, { kind: "RowConstructor" }>, written: Expr | undefined): void {
  const [first] = e.fields;
  if (written?.kind === "ColumnRef" && first?.kind === "ColumnReference") {
    const range = rangeColumn(p, first);
    const entry = range === undefined ? undefined : p.names.of(range.from);
    if (entry !== undefined) return p.add(`${quoteIdentifier(entry)}.*`);
  }
  p.add("ROW(");
  p.list(e.fields, (field) => printExpression(p, field, true));
  p.add(")");
  // A type that was written; one that an assignment gives is not shown.
  if (written?.kind === "Cast" && e.type !== TypeOid.record) p.add(`::${typeText(p, e.type, -1)}`);
}

function printSubscript(p: Printer, e: Extract<Expression, { kind: "Subscript" }>): void {
  const kind = nodeKind(p, e.container);
  const needed = kind !== "Var" && kind !== "FieldSelect";
  if (needed) p.add("(");
  printExpression(p, e.container, needed);
  if (needed) p.add(")");
  for (const { lower, upper } of e.subscripts) {
    p.add("[");
    if (e.isSlice) {
      if (lower !== undefined) printExpression(p, lower, false);
      p.add(":");
    }
    if (upper !== undefined) printExpression(p, upper, false);
    p.add("]");
  }
}

function printField(p: Printer, e: Extract<Expression, { kind: "FieldSelect" }>): void {
  const kind = nodeKind(p, e.record);
  const bare = kind === "SubscriptingRef" || kind === "FieldSelect";
  if (!bare) p.add("(");
  printExpression(p, e.record, true);
  if (!bare) p.add(")");
  p.add(`.${quoteIdentifier(fieldName(p, e))}`);
}
function fieldName(p: Printer, e: Extract<Expression, { kind: "FieldSelect" }>): string {
  const fields = p.binder.fields(e.record.type);
  if (fields !== undefined) return fields[e.fieldIndex]!.name;
  const signature = e.record.kind === "FunctionCall" ? p.registry.functionById(e.record.functionId) : undefined;
  return signature?.outColumns?.[e.fieldIndex]?.name ?? `f${e.fieldIndex + 1}`;
}

export const isConstant = (e: Expression): e is Constant => e.kind === "Constant";
