/** Calls as SQL: functions, the standard's own syntax for some of them, aggregates and window functions. */
import { quoteIdentifier } from "../../src/catalog/index.js";
import type { AggregateCall, Expression, FunctionCall } from "../../src/plan/index.js";
import { type FunctionSignature, TypeOid } from "../../src/types/index.js";
import type { Expr, FunctionExpr } from "../parser/syntax-tree.js";
import { functionText } from "./objects.js";
import type { PrintExpression, Printer } from "./printer.js";
import { printOrderBy } from "./sort.js";
import { printWindow } from "./window.js";

export function printCall(p: Printer, e: FunctionCall, print: PrintExpression): void {
  const signature = p.registry.functionById(e.functionId);
  const written = p.notes.written.get(e);
  const call = written?.kind === "Function" ? written : undefined;
  if (call?.sqlSyntax === true && printStandardSyntax(p, signature?.name ?? e.syntax.name, e, print)) return;
  p.add(`${signature === undefined ? quoteIdentifier(e.syntax.name) : functionText(p, signature)}(`);
  printArguments(p, e, signature, call, print);
  p.add(")");
}

/** As many arguments as were written: defaults are filled in anew by every call. */
function printArguments(
  p: Printer,
  e: FunctionCall,
  signature: FunctionSignature | undefined,
  call: FunctionExpr | undefined,
  print: PrintExpression,
): void {
  if (call?.argNames.some((name) => name !== undefined)) {
    p.list(call.args, (_, i) => {
      const name = call.argNames[i];
      const place = name === undefined ? i : (signature?.argNames?.indexOf(name) ?? i);
      if (name !== undefined) p.add(`${quoteIdentifier(name)} => `);
      print(p, e.args[place]!, true);
    });
    return;
  }
  const isPacked = signature?.variadic !== undefined && signature.variadic !== TypeOid.any && e.args.length === signature.argTypes.length;
  const isVariadic = isPacked || e.spreads === true;
  const args = call === undefined || isVariadic ? e.args : e.args.slice(0, call.args.length);
  p.list(args, (arg, i) => {
    if (isVariadic && i === args.length - 1) p.add("VARIADIC ");
    print(p, arg, true);
  });
}

/** get_func_sql_syntax; false: this call has none. */
function printStandardSyntax(p: Printer, name: string, e: FunctionCall, print: PrintExpression): boolean {
  const [a, b, c, d] = e.args as [Expression, Expression, Expression | undefined, Expression | undefined];
  const part = (prefix: string, arg: Expression | undefined): void => {
    if (arg === undefined) return;
    p.add(prefix);
    print(p, arg, false);
  };
  const trim = (side: string): boolean => {
    p.add(`TRIM(${side} `);
    if (b !== undefined) {
      print(p, b, false);
      p.add(" ");
    }
    part("FROM ", a);
    p.add(")");
    return true;
  };
  switch (name) {
    case "timezone":
      p.add("(");
      print(p, b, false);
      part(" AT TIME ZONE ", a);
      p.add(")");
      return true;
    case "extract":
      if (a.kind !== "Constant") return false;
      p.add(`EXTRACT(${String(a.value)}`);
      part(" FROM ", b);
      p.add(")");
      return true;
    case "is_normalized":
      p.add("(");
      print(p, a, false);
      p.add(` IS ${b?.kind === "Constant" ? `${String(b.value)} ` : ""}NORMALIZED)`);
      return true;
    case "normalize":
      p.add("NORMALIZE(");
      print(p, a, false);
      if (b?.kind === "Constant") p.add(`, ${String(b.value)}`);
      p.add(")");
      return true;
    case "overlaps":
      p.add("((");
      print(p, a, false);
      part(", ", b);
      part(") OVERLAPS (", c);
      part(", ", d);
      p.add("))");
      return true;
    case "overlay":
      p.add("OVERLAY(");
      print(p, a, false);
      part(" PLACING ", b);
      part(" FROM ", c);
      part(" FOR ", d);
      p.add(")");
      return true;
    case "position":
      p.add("POSITION((");
      print(p, b, false);
      part(") IN (", a);
      p.add("))");
      return true;
    case "substring": {
      const isPattern = c !== undefined && b.type === TypeOid.text;
      p.add("SUBSTRING(");
      print(p, a, false);
      part(isPattern ? " SIMILAR " : " FROM ", b);
      part(isPattern ? " ESCAPE " : " FOR ", c);
      p.add(")");
      return true;
    }
    case "btrim":
      return trim("BOTH");
    case "ltrim":
      return trim("LEADING");
    case "rtrim":
      return trim("TRAILING");
    case "pg_collation_for":
      p.add("COLLATION FOR (");
      print(p, a, false);
      p.add(")");
      return true;
    default:
      return false;
  }
}

/** An aggregate or a window function. */
export function printAggregate(p: Printer, call: AggregateCall, written: Expr, print: PrintExpression): void {
  if (written.kind !== "Function") return;
  const signature = p.registry.functionById(call.functionId);
  p.add(`${signature === undefined ? quoteIdentifier(call.name) : functionText(p, signature)}(`);
  if (call.distinct) p.add("DISTINCT ");
  if (written.withinGroup) {
    p.list(call.direct ?? [], (arg) => print(p, arg, true));
    p.add(") WITHIN GROUP (ORDER BY ");
    printOrderBy(p, call.orderBy, print);
  } else {
    if (written.star) p.add("*");
    else p.list(call.args, (arg) => print(p, arg, true));
    if (call.orderBy.length > 0) {
      p.add(" ORDER BY ");
      printOrderBy(p, call.orderBy, print);
    }
  }
  p.add(")");
  if (call.filter !== undefined) {
    p.add(" FILTER (WHERE ");
    print(p, call.filter, false);
    p.add(")");
  }
  if (written.over === undefined) return;
  p.add(" OVER ");
  if (written.over.name !== undefined) p.add(quoteIdentifier(written.over.name));
  else printWindow(p, written.over, print);
}
