/**
 * Stored queries and expressions as SQL in PostgreSQL's own form: pg_get_viewdef, pg_get_expr and their kin.
 *
 * The text is parsed and bound again with notes of what binding found (sql/binder/binding-notes.ts); what is printed is the bound
 * expressions, where coercions are nodes, inside the clauses of the syntax tree.
 */
import type { BindContext, PrintedExpression, StoredExpression, StoredQuery } from "../../src/engine/types.js";
import type { FunctionRegistry } from "../../src/functions/registry.js";
import type { Expression } from "../../src/plan/index.js";
import { notSupported, TypeOid } from "../../src/types/index.js";
import { bindStored } from "../binder/bind-default.js";
import { bindExpression } from "../binder/bind-expression.js";
import { bindQuery } from "../binder/bind-query.js";
import { Binder } from "../binder/binder.js";
import { BindingNotes } from "../binder/binding-notes.js";
import { isPolymorphic, tryCoerce } from "../binder/coerce.js";
import { Scope } from "../binder/scope.js";
import { parseExpressionText, parseQueryText, parseStatements } from "../parser/parse.js";
import type { FromItem } from "../parser/syntax-tree.js";
import { printExpression } from "./expression.js";
import { Names } from "./names.js";
import { Printer } from "./printer.js";
import { printQuery } from "./query.js";
import { nodeKind } from "./simple-node.js";

function noted(registry: FunctionRegistry, context: BindContext): Binder {
  const binder = new Binder(context.registry ?? registry, context);
  binder.notes = new BindingNotes();
  return binder;
}

/** A view's query, with the semicolon that ends it. */
export function printStoredQuery(registry: FunctionRegistry, context: BindContext, stored: StoredQuery): string {
  const query = parseQueryText(stored.sql);
  const binder = noted(registry, context);
  binder.parametersAllowed = context.parameterTypes.length > 0;
  if (/\b(?:tableoid|ctid|xmin|xmax|cmin|cmax)\b/i.test(stored.sql)) binder.mentionsSystemColumns = true;
  bindQuery(binder, undefined, query, { resolveUnknowns: true });
  const names = new Names(undefined, [], { qualified: stored.isRule, reserved: stored.isRule ? ["old", "new"] : [] });
  const layout = { fewParentheses: stored.pretty, lines: true, wrapColumn: stored.wrapColumn };
  const printer = new Printer(binder, binder.notes!, layout, names);
  printQuery(printer, query, { columnNames: stored.columnNames, namesVisible: true });
  return printer.text;
}

/** A standard body. Each statement of BEGIN ATOMIC ends in a semicolon, which RETURN (kept as SELECT) has none of. */
export function printRoutineBody(registry: FunctionRegistry, context: BindContext, source: string): string {
  const statements = parseStatements(source);
  const isReturn = !/;\s*$/.test(source);
  const texts = statements.map(({ tree }) => {
    const { statement } = tree;
    if (statement.kind !== "Query") throw notSupported("printing a statement that changes data");
    const binder = noted(registry, context);
    bindQuery(binder, undefined, statement.query, { resolveUnknowns: true });
    const layout = { fewParentheses: false, lines: !isReturn, wrapColumn: 0 };
    const printer = new Printer(binder, binder.notes!, layout, new Names(undefined, [], { qualified: true }));
    if (!isReturn) printer.indentLevel = 1;
    printQuery(printer, statement.query, { namesVisible: false, isReturn });
    return printer.text;
  });
  return isReturn ? (texts[0] ?? "") : `BEGIN ATOMIC\n${texts.map((text) => `${text};\n`).join("")}END`;
}

/** An expression over one row, as pg_get_expr prints it. */
export function printStoredExpression(registry: FunctionRegistry, context: BindContext, stored: StoredExpression): PrintedExpression {
  const tree = parseExpressionText(stored.sql);
  const binder = noted(registry, context);
  const columns = stored.columns.map((column) => binder.newColumn(column.name, column.type, column.typmod));
  const bound =
    context.parameterNames === undefined
      ? bindStored(binder, tree, stored.clause, stored.relation, columns)
      : bindExpression(binder, new Scope(undefined), tree);
  const expression = coerced(binder, bound, stored.type);
  const row: FromItem = {
    kind: "SubqueryItem",
    query: undefined as never,
    alias: { name: stored.relation, columns: [] },
    lateral: false,
    position: 0,
  };
  binder.notes!.entry(row, { name: stored.relation, columns, relationVisible: true, columnsVisible: true });
  const layout = { fewParentheses: stored.pretty, lines: true, wrapColumn: 0 };
  const printer = new Printer(binder, binder.notes!, layout, new Names(undefined, [row], { qualified: false }));
  printExpression(printer, expression, false);
  const kind = nodeKind(printer, expression);
  const isCall =
    kind === "FuncExpr" || (kind === "CallLike" && expression.kind !== "ArrayConstructor" && expression.kind !== "RowConstructor");
  return { text: printer.text, isCall };
}
/** What the expression is stored for decides what an undecided literal is. */
function coerced(binder: Binder, bound: Expression, type: number | undefined): Expression {
  // An undecided literal for a polymorphic parameter stays undecided.
  if (type !== undefined && isPolymorphic(type)) return bound;
  const wanted = type ?? (bound.type === TypeOid.unknown ? TypeOid.text : bound.type);
  return tryCoerce(binder, bound, wanted, "assignment") ?? bound;
}
