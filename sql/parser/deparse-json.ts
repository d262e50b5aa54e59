/** SQL/JSON expressions and JSON_TABLE back to SQL. */
import { deparseExpression, deparseQuery, deparseSortItem, deparseType, deparseWindow, quoteName } from "./deparse.js";
import type {
  JsonBehavior, JsonExpr, JsonFormat, JsonInput, JsonOutput, JsonPassing, JsonQuotes, JsonTableColumn, JsonTableItem, JsonTablePath, JsonWrapper,
} from "./syntax-tree-json.js"; // biome-ignore format: a list

const format = (f: JsonFormat): string =>
  f.json ? ` FORMAT JSON${f.encoding === "default" ? "" : ` ENCODING ${f.encoding.toUpperCase()}`}` : "";
const input = (i: JsonInput): string => deparseExpression(i.expr) + format(i.format);
const returning = (o: JsonOutput | undefined): string => (o === undefined ? "" : ` RETURNING ${deparseType(o.type)}${format(o.format)}`);
const unique = (keys: boolean): string => (keys ? " WITH UNIQUE KEYS" : "");
const nulls = (absent: boolean): string => ` ${absent ? "ABSENT" : "NULL"} ON NULL`;
const passing = (items: readonly JsonPassing[]): string =>
  items.length === 0 ? "" : ` PASSING ${items.map((p) => `${input(p.value)} AS ${quoteName(p.name)}`).join(", ")}`;

const WRAPPERS: Readonly<Record<JsonWrapper, string>> = {
  unspecified: "",
  none: " WITHOUT WRAPPER",
  conditional: " WITH CONDITIONAL WRAPPER",
  unconditional: " WITH UNCONDITIONAL WRAPPER",
};
const quotes = (q: JsonQuotes): string => (q === "unspecified" ? "" : ` ${q.toUpperCase()} QUOTES`);
function behavior(b: JsonBehavior | undefined, event: "EMPTY" | "ERROR"): string {
  if (b === undefined) return "";
  const what =
    b.behavior === "default"
      ? `DEFAULT ${deparseExpression(b.expr)}`
      : b.behavior === "emptyArray"
        ? "EMPTY ARRAY"
        : b.behavior === "emptyObject"
          ? "EMPTY OBJECT"
          : b.behavior.toUpperCase();
  return ` ${what} ON ${event}`;
}

export function deparseJson(expr: JsonExpr): string {
  switch (expr.kind) {
    case "JsonObject": {
      if (expr.pairs.length === 0) return `JSON_OBJECT(${returning(expr.returning).trimStart()})`;
      const pairs = expr.pairs.map((p) => `${deparseExpression(p.key)} VALUE ${input(p.value)}`);
      return `JSON_OBJECT(${pairs.join(", ")}${nulls(expr.absentOnNull)}${unique(expr.uniqueKeys)}${returning(expr.returning)})`;
    }
    case "JsonArray":
      if (expr.items.length === 0) return `JSON_ARRAY(${returning(expr.returning).trimStart()})`;
      return `JSON_ARRAY(${expr.items.map(input).join(", ")}${nulls(expr.absentOnNull)}${returning(expr.returning)})`;
    case "JsonArrayQuery":
      return `JSON_ARRAY(${deparseQuery(expr.query)}${format(expr.format)}${returning(expr.returning)})`;
    case "JsonAggregate": {
      const order = expr.orderBy.length === 0 ? "" : ` ORDER BY ${expr.orderBy.map(deparseSortItem).join(", ")}`;
      const args =
        expr.key === undefined
          ? `JSON_ARRAYAGG(${input(expr.value)}${order}`
          : `JSON_OBJECTAGG(${deparseExpression(expr.key)} VALUE ${input(expr.value)}`;
      const filter = expr.filter === undefined ? "" : ` FILTER (WHERE ${deparseExpression(expr.filter)})`;
      const over = expr.over === undefined ? "" : ` OVER ${deparseWindow(expr.over)}`;
      return `${args}${nulls(expr.absentOnNull)}${unique(expr.uniqueKeys)}${returning(expr.returning)})${filter}${over}`;
    }
    case "JsonParse":
      return `JSON(${input(expr.input)}${unique(expr.uniqueKeys)})`;
    case "JsonScalar":
      return `JSON_SCALAR(${deparseExpression(expr.arg)})`;
    case "JsonSerialize":
      return `JSON_SERIALIZE(${input(expr.input)}${returning(expr.returning)})`;
    case "JsonTest":
      return `(${deparseExpression(expr.arg)}${format(expr.format)} IS JSON${expr.item === "value" ? "" : ` ${expr.item.toUpperCase()}`}${unique(expr.uniqueKeys)})`;
    case "JsonQuery":
      return `JSON_${expr.operation.toUpperCase()}(${input(expr.input)}, ${deparseExpression(expr.path)}${passing(expr.passing)}${returning(expr.returning)}${WRAPPERS[expr.wrapper]}${quotes(expr.quotes)}${behavior(expr.onEmpty, "EMPTY")}${behavior(expr.onError, "ERROR")})`;
  }
}

const tablePath = (path: JsonTablePath): string =>
  `${deparseExpression(path.path)}${path.name === undefined ? "" : ` AS ${quoteName(path.name)}`}`;
function tableColumn(column: JsonTableColumn): string {
  switch (column.kind) {
    case "ordinality":
      return `${quoteName(column.name)} FOR ORDINALITY`;
    case "nested":
      return `NESTED PATH ${tablePath(column.path)} COLUMNS (${column.columns.map(tableColumn).join(", ")})`;
    default: {
      const exists = column.kind === "exists" ? " EXISTS" : "";
      const path = column.path === undefined ? "" : ` PATH ${tablePath(column.path)}`;
      const shape = column.kind === "exists" ? "" : `${WRAPPERS[column.wrapper]}${quotes(column.quotes)}`;
      return `${quoteName(column.name)} ${deparseType(column.type)}${exists}${format(column.format)}${path}${shape}${behavior(column.onEmpty, "EMPTY")}${behavior(column.onError, "ERROR")}`;
    }
  }
}
/** Without its alias. */
export function deparseJsonTable(item: JsonTableItem): string {
  const columns = item.columns.map(tableColumn).join(", ");
  return `JSON_TABLE(${input(item.input)}, ${tablePath(item.path)}${passing(item.passing)} COLUMNS (${columns})${behavior(item.onError, "ERROR")})`;
}
