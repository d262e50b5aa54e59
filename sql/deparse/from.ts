/** FROM as SQL (get_from_clause_item): tables, subqueries, functions and joins with their aliases. */
import { quoteIdentifier } from "../../src/catalog/index.js";
import { resolveTypeName } from "../binder/bind-expression.js";
import { deparseJsonTable } from "../parser/deparse-json.js";
import type { FromItem, FunctionItem, JoinItem, RelationItem, SampleClause } from "../parser/syntax-tree.js";
import { boundOf, printExpression } from "./expression.js";
import { ownName } from "./names.js";
import { relationText, typeText } from "./objects.js";
import { INDENT, type Printer } from "./printer.js";
import { printNestedQuery } from "./query.js";

export function printFrom(p: Printer, from: readonly FromItem[]): void {
  for (const [i, item] of from.entries()) {
    if (i === 0) {
      p.keyword(" FROM ", -INDENT.standard, INDENT.standard, 2);
      printItem(p, item);
      continue;
    }
    p.add(", ");
    p.addWrapped(
      p.aside(() => printItem(p, item)),
      true,
    );
  }
}

function printItem(p: Printer, item: FromItem): void {
  switch (item.kind) {
    case "Relation":
      return printRelation(p, item);
    case "SubqueryItem":
      p.add(`${item.lateral ? "LATERAL " : ""}(`);
      printNestedQuery(p, item.query, { namesVisible: true });
      p.add(")");
      p.add(` ${quoteIdentifier(p.names.of(item) ?? "")}`);
      if (item.alias !== undefined && item.alias.columns.length > 0) printColumnNames(p, item);
      return;
    case "JsonTableItem":
      p.add(`${item.lateral ? "LATERAL " : ""}${deparseJsonTable(item)} ${quoteIdentifier(p.names.of(item) ?? "json_table")}`);
      if (item.alias !== undefined && item.alias.columns.length > 0) printColumnNames(p, item);
      return;
    case "FunctionItem":
      return printFunctions(p, item);
    case "JoinItem":
      return printJoin(p, item);
  }
}
function printColumnNames(p: Printer, item: FromItem): void {
  const columns = p.notes.entries.get(item)?.columns ?? [];
  p.add(`(${columns.map((column) => quoteIdentifier(column.name)).join(", ")})`);
}

function printRelation(p: Printer, item: RelationItem): void {
  const entry = p.notes.entries.get(item);
  const name = p.names.of(item) ?? item.relation.name;
  const isCte = entry?.relation === undefined;
  const own = isCte ? item.relation.name : (p.binder.catalog.relationByOid(entry.relation!)?.name ?? item.relation.name);
  p.add(item.relation.only ? "ONLY " : "");
  p.add(isCte ? quoteIdentifier(own) : relationText(p, entry.relation!, () => false));
  if (item.relation.alias !== undefined || name !== own) p.add(` ${quoteIdentifier(name)}`);
  const aliases = item.relation.alias?.columns ?? [];
  if (aliases.length > 0 && (isCte || renames(p, item))) printColumnNames(p, item);
  if (item.sample !== undefined) printSample(p, item.sample);
}
/** A table's column names are said only where an alias changed one. */
function renames(p: Printer, item: RelationItem): boolean {
  const entry = p.notes.entries.get(item);
  const relation = p.binder.catalog.relationByOid(entry?.relation ?? 0);
  const names =
    relation?.class === "table"
      ? relation.attributes.filter((a) => !a.dropped).map((a) => a.name)
      : relation !== undefined && "columns" in relation && relation.class !== "index"
        ? relation.columns.map((column) => column.name)
        : [];
  return entry?.columns.some((column, i) => column.name !== names[i]) ?? false;
}
function printSample(p: Printer, sample: SampleClause): void {
  p.add(` TABLESAMPLE ${quoteIdentifier(sample.method)} (`);
  p.list(sample.args, (arg) => printExpression(p, boundOf(p, arg), false));
  p.add(")");
  if (sample.repeatable === undefined) return;
  p.add(" REPEATABLE (");
  printExpression(p, boundOf(p, sample.repeatable), false);
  p.add(")");
}

function printFunctions(p: Printer, item: FunctionItem): void {
  const definitions = (columns: FunctionItem["columns"]): string =>
    columns
      .map((column) => {
        const { type, typmod } = resolveTypeName(p.binder, column.type);
        return `${quoteIdentifier(column.name)} ${typeText(p, type, typmod)}`;
      })
      .join(", ");
  if (item.lateral) p.add("LATERAL ");
  const [first, ...others] = item.functions;
  if (others.length === 0) printExpression(p, boundOf(p, first!.call), true);
  else {
    p.add("ROWS FROM(");
    p.list(item.functions, ({ call, columns }) => {
      printExpression(p, boundOf(p, call), true);
      if (columns.length > 0) p.add(` AS (${definitions(columns)})`);
    });
    p.add(")");
  }
  if (item.ordinality) p.add(" WITH ORDINALITY");
  p.add(` ${quoteIdentifier(p.names.of(item) ?? ownName(item) ?? "")}`);
  const own = others.length === 0 && first!.columns.length > 0 ? first!.columns : item.columns;
  if (own.length > 0) p.add(`(${definitions(own)})`);
  else printColumnNames(p, item);
}

function printJoin(p: Printer, item: JoinItem): void {
  const wrapped = !p.layout.fewParentheses || item.alias !== undefined;
  if (wrapped) p.add("(");
  p.names.openJoins.add(item);
  const using = usingNames(p, item);
  const condition = item.on;
  const isCross = item.type === "inner" && condition === undefined && using.length === 0;
  printItem(p, item.left);
  p.keyword(
    isCross ? " CROSS JOIN " : item.type === "inner" ? " JOIN " : ` ${item.type.toUpperCase()} JOIN `,
    -INDENT.standard,
    INDENT.standard,
    INDENT.join,
  );
  const rightNeeds = p.layout.fewParentheses && item.right.kind === "JoinItem" && item.right.alias === undefined;
  if (rightNeeds) p.add("(");
  printItem(p, item.right);
  if (rightNeeds) p.add(")");
  if (using.length > 0) {
    p.add(` USING (${using.map((name) => quoteIdentifier(name)).join(", ")})`);
    if (item.usingAlias !== undefined) p.add(` AS ${quoteIdentifier(item.usingAlias)}`);
  } else if (condition !== undefined) {
    p.add(p.layout.fewParentheses ? " ON " : " ON (");
    printExpression(p, boundOf(p, condition), false);
    if (!p.layout.fewParentheses) p.add(")");
  } else if (!isCross) p.add(" ON TRUE");
  p.names.openJoins.delete(item);
  if (wrapped) p.add(")");
  if (item.alias === undefined) return;
  p.add(` ${quoteIdentifier(p.names.of(item) ?? item.alias.name)}`);
  if (item.alias.columns.length > 0) printColumnNames(p, item);
}
/** USING's columns; of NATURAL the names that both sides have. */
function usingNames(p: Printer, item: JoinItem): readonly string[] {
  if (!item.natural) return item.using ?? [];
  const right = new Set(columnNames(p, item.right));
  return [...new Set(columnNames(p, item.left))].filter((name) => right.has(name));
}
function columnNames(p: Printer, item: FromItem): string[] {
  if (item.kind === "JoinItem" && item.alias === undefined) return [...columnNames(p, item.left), ...columnNames(p, item.right)];
  return (p.notes.entries.get(item)?.columns ?? []).map((column) => column.name);
}
