/** What kind of PostgreSQL node a bound expression stands for, and which need no parentheses inside which (isSimpleNode). */
import { domainCheckId } from "../../src/functions/index.js";
import type { Expression } from "../../src/plan/index.js";
import type { Printer } from "./printer.js";

export type NodeKind =
  | "Var" | "Const" | "Param" | "CaseTestExpr" | "OpExpr" | "FuncExpr" | "Cast" | "Relabel" | "CoerceToDomain" | "BoolExpr" | "NullTest" | "BooleanTest" | "DistinctExpr"
  | "CaseExpr" | "CallLike" | "SubscriptingRef" | "FieldSelect" | "ScalarArrayOpExpr" | "SubLink" | "SqlSyntax" | "CollateExpr" | "RowCompareExpr"; // biome-ignore format: a list

const isDomainCheck = (functionId: string, type: number): boolean => functionId === domainCheckId(type);

/** CallLike: ARRAY[], ROW(), COALESCE(), GREATEST(), NULLIF(), aggregates, window functions, CURRENT_DATE. */
export function nodeKind(printer: Printer, expression: Expression): NodeKind {
  const written = printer.notes.written.get(expression);
  if (printer.notes.collations.has(expression)) return "CollateExpr";
  if (written?.kind === "SqlValue" || written?.kind.startsWith("Json") === true) return "CallLike";
  if (written?.kind === "In") return written.items.length === 1 ? "OpExpr" : "ScalarArrayOpExpr";
  switch (expression.kind) {
    case "ColumnReference":
      return printer.notes.columns.has(expression.id) ? "Var" : printer.notes.calls.has(expression.id) ? "CallLike" : "Var";
    case "Constant":
      return "Const";
    case "Parameter":
      return "Param";
    case "FunctionCall":
      if (expression.syntax.form === "operator") return "OpExpr";
      if (expression.syntax.form === "cast") return isDomainCheck(expression.functionId, expression.type) ? "CoerceToDomain" : "Cast";
      return written?.kind === "Function" && written.sqlSyntax ? "SqlSyntax" : "FuncExpr";
    case "And":
    case "Or":
    case "Not":
      return "BoolExpr";
    case "NullTest":
      return "NullTest";
    case "BooleanTest":
      return "BooleanTest";
    case "DistinctTest":
      return expression.negated ? "BoolExpr" : "DistinctExpr";
    case "Case":
      return "CaseExpr";
    case "CaseOperand":
      return "CaseTestExpr";
    case "JsonQuery":
    case "Coalesce":
    case "NullIf":
    case "Greatest":
    case "Least":
    case "ArrayConstructor":
    case "RowConstructor":
      return written?.kind === "ColumnRef" ? "Var" : "CallLike";
    case "InList":
    case "ArrayComparison":
      return "ScalarArrayOpExpr";
    case "Subscript":
    case "SubscriptAssignment":
      return "SubscriptingRef";
    case "FieldSelect":
      return "FieldSelect";
    case "Relabel":
    case "CoerceViaText":
    case "CoerceArray":
      return "Relabel";
    case "CoerceModifier":
      return "Cast";
    case "Subquery":
      return "SubLink";
  }
}

/** Forms that put their operands between parentheses or keywords of their own. */
const ENCLOSING: ReadonlySet<NodeKind> = new Set<NodeKind>(["SubscriptingRef", "CallLike", "CaseExpr", "FuncExpr"]);

/** Whether `expression` may stand bare inside `parent`. */
export function isSimple(printer: Printer, expression: Expression, parent: Expression): boolean {
  const outer = nodeKind(printer, parent);
  const inner = nodeKind(printer, expression);
  switch (inner) {
    case "Var":
    case "Const":
    case "Param":
    case "CallLike":
    case "FuncExpr":
    case "SqlSyntax":
    case "Cast":
    case "SubscriptingRef":
    case "CaseExpr":
      return true;
    case "FieldSelect":
      return outer !== "FieldSelect";
    case "Relabel":
    case "CoerceToDomain": {
      const arg = expression.kind === "FunctionCall" ? expression.args[0] : "arg" in expression ? expression.arg : undefined;
      return arg === undefined || isSimple(printer, arg, expression);
    }
    case "OpExpr":
      if (outer === "OpExpr") return isSimpleArithmetic(expression, parent);
      return outer === "BoolExpr" || ENCLOSING.has(outer);
    case "SubLink":
    case "NullTest":
    case "BooleanTest":
    case "DistinctExpr":
      return outer === "BoolExpr" || ENCLOSING.has(outer);
    case "BoolExpr":
      if (outer === "BoolExpr") return isSimpleBoolean(expression, parent);
      return ENCLOSING.has(outer);
    default:
      return false;
  }
}

/** Only + - * / % are known to bind as arithmetic does. */
function isSimpleArithmetic(expression: Expression, parent: Expression): boolean {
  const rank = (e: Expression): number => {
    if (e.kind !== "FunctionCall" || e.syntax.form !== "operator" || e.args.length !== 2 || e.syntax.name.length !== 1) return 0;
    return "*/%".includes(e.syntax.name) ? 2 : "+-".includes(e.syntax.name) ? 1 : 0;
  };
  const [inner, outer] = [rank(expression), rank(parent)];
  if (inner === 0 || outer === 0) return false;
  if (inner !== outer) return inner > outer;
  // (a - b) - c, but not a - (b - c).
  return parent.kind === "FunctionCall" && parent.args[0] === expression;
}
function isSimpleBoolean(expression: Expression, parent: Expression): boolean {
  const kind = (e: Expression): string => (e.kind === "DistinctTest" ? "Not" : e.kind);
  const [inner, outer] = [kind(expression), kind(parent)];
  if (inner === "Or") return outer === "Or";
  return outer === "And" || outer === "Or";
}
