/**
 * Syntax trees back to SQL, in PostgreSQL's manner: upper-case keywords, parentheses around operators. What is printed parses
 * to the same tree, which is what the catalog needs of it.
 */

import { notSupported } from "../../src/types/index.js";
import { deparseJson, deparseJsonTable } from "./deparse-json.js";
import { deparseModification } from "./deparse-modification.js";
import { qualified, qualifiedOperator } from "./schemas-of-names.js";
import type {
  Alias, CommonTableExpr, Expr, FrameEdge, FromItem, GroupItem, Indirection, LockingClause, ModificationStatement, QualifiedIdentifier, Query, RelationName, SampleClause, SelectQuery, SortItem, Target, TypeName, WindowSpecification, WithClause,
} from "./syntax-tree.js"; // biome-ignore format: a list of names
import { isModification } from "./syntax-tree.js";

/** Words that cannot stand as a bare name (reserved, and those that functions or types reserve). */
const RESERVED = new Set(
  (
    "all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char character check coalesce collate collation column concurrently constraint create cross " +
    "current_catalog current_date current_role current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full " +
    "grant greatest group grouping having ilike in initially inner inout int integer intersect interval into is isnull join lateral leading least left like limit localtime localtimestamp national natural nchar none normalize not notnull null nullif " +
    "numeric offset on only or order out outer overlaps overlay placing position precision primary real references returning right row select session_user setof similar smallint some substring symmetric table tablesample then time timestamp to trailing treat trim true union " +
    "unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable"
  ).split(" "),
);
export const quoteName = (name: string): string =>
  /^[a-z_][a-z0-9_$]*$/.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
const quoteNames = (names: QualifiedIdentifier): string => names.map(quoteName).join(".");
export const quoteText = (text: string): string =>
  text.includes("\\") ? ` E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'` : `'${text.replaceAll("'", "''")}'`;
const commas = <Item>(items: readonly Item[], print: (item: Item) => string): string => items.map(print).join(", ");

/** What binding found out about names in a query that is to be stored. */
export interface ResolvedNames {
  /** Schemas of relations that were written without one. */
  readonly schemas: ReadonlyMap<RelationName, string>;
  /** What each `*` of a select list stood for: a later column of the table is not part of it. */
  readonly stars: ReadonlyMap<Expr, readonly QualifiedIdentifier[]>;
  /** New names of renamed columns and relations, where they are mentioned. */
  readonly columns?: ReadonlyMap<Expr, string>;
  readonly relations?: ReadonlyMap<RelationName, { readonly schema: string; readonly name: string }>;
  /** New qualifiers of columns, and new names of whole rows; absent: renamed relations get their old name as an alias. */
  readonly qualifiers?: ReadonlyMap<Expr, string>;
}
const NOTHING_RESOLVED: ResolvedNames = { schemas: new Map(), stars: new Map() };
let resolved = NOTHING_RESOLVED;

/** The query with its names fixed as they were bound, so that it means the same under another search path. */
export function deparseResolved(tree: Query | Expr | ModificationStatement, names: ResolvedNames): string {
  resolved = names;
  try {
    if (isStatement(tree)) return deparseModification(tree);
    return isQuery(tree) ? deparseQuery(tree) : deparseExpression(tree);
  } finally {
    resolved = NOTHING_RESOLVED;
  }
}

const isStatement = (tree: Query | Expr | ModificationStatement): tree is ModificationStatement => isModification(tree as Query);
const isQuery = (tree: Query | Expr): tree is Query => tree.kind === "Select" || tree.kind === "Values" || tree.kind === "SetOperation";

export function deparseExpression(expr: Expr): string {
  const d = deparseExpression;
  switch (expr.kind) {
    case "Literal":
      if (expr.value === null) return "NULL";
      if (expr.literal === "boolean") return expr.value === true ? "true" : "false";
      if (expr.literal === "bits") return `${String(expr.value)[0]}'${String(expr.value).slice(1)}'`;
      return expr.literal === "string" ? quoteText(expr.value as string) : String(expr.value);
    case "ParameterRef":
      return `$${expr.number}`;
    case "ColumnRef":
      return [...renamed(expr).map(quoteName), ...(expr.star ? ["*"] : [])].join(".");
    case "Operator": {
      if (expr.left === undefined) return `(${operatorText(expr, expr.name)} ${d(expr.right)})`;
      const parts: string[] = [];
      let left: Expr = expr;
      let opened = 0;
      while (left.kind === "Operator" && left.left !== undefined) {
        parts.push(` ${operatorText(left, left.name)} ${d(left.right)})`);
        opened++;
        left = left.left;
      }
      return "(".repeat(opened) + d(left) + parts.reverse().join("");
    }
    case "Quantified":
      return `(${d(expr.left)} ${operatorText(expr, expr.operator)} ${expr.quantifier.toUpperCase()} (${d(expr.array)}))`;
    case "Distinct":
      return `(${d(expr.left)} IS ${expr.negated ? "NOT " : ""}DISTINCT FROM ${d(expr.right)})`;
    case "NullIf":
      return `NULLIF(${d(expr.left)}, ${d(expr.right)})`;
    case "In":
      return `(${d(expr.left)} ${expr.negated ? "NOT " : ""}IN (${commas(expr.items, d)}))`;
    case "Between":
      return `(${d(expr.arg)} ${expr.negated ? "NOT " : ""}BETWEEN ${expr.symmetric ? "SYMMETRIC " : ""}${d(expr.low)} AND ${d(expr.high)})`;
    case "And":
    case "Or":
      return `(${expr.args.map(d).join(expr.kind === "And" ? " AND " : " OR ")})`;
    case "Not":
      return `(NOT ${d(expr.arg)})`;
    case "Function":
      return deparseFunction(expr);
    case "Cast": {
      const arg = d(expr.arg);
      return `${needsParentheses(expr.arg) ? `(${arg})` : arg}::${deparseType(expr.target)}`;
    }
    case "Case":
      return `CASE${expr.operand === undefined ? "" : ` ${d(expr.operand)}`}${expr.whens.map((w) => ` WHEN ${d(w.when)} THEN ${d(w.then)}`).join("")}${expr.otherwise === undefined ? "" : ` ELSE ${d(expr.otherwise)}`} END`;
    case "Coalesce":
    case "Greatest":
    case "Least":
      return `${expr.kind.toUpperCase()}(${commas(expr.args, d)})`;
    case "Array":
      return `ARRAY[${commas(expr.elements, d)}]`;
    case "Row":
      return `ROW(${commas(expr.fields, d)})`;
    case "Subquery":
      return deparseSubquery(expr);
    case "Indirection":
      return `(${d(expr.arg)})${expr.path.map(deparseStep).join("")}`;
    case "NullTest":
      return `(${d(expr.arg)} IS ${expr.negated ? "NOT " : ""}NULL)`;
    case "BooleanTest":
      return `(${d(expr.arg)} IS ${expr.negated ? "NOT " : ""}${expr.test.toUpperCase()})`;
    case "Collate":
      return `(${d(expr.arg)} COLLATE ${quoteNames(qualified(expr.collation))})`;
    case "SqlValue":
      return `${expr.name.toUpperCase()}${expr.precision >= 0 ? `(${expr.precision})` : ""}`;
    case "CurrentOf":
      return `CURRENT OF ${quoteName(expr.cursor)}`;
    case "Default":
      return "DEFAULT";
    case "Grouping":
      return `GROUPING(${commas(expr.args, d)})`;
    case "MergeAction":
      return "MERGE_ACTION()";
    default:
      return deparseJson(expr);
  }
}
/** A column's written name, its last part replaced where the column was renamed. */
function renamed(expr: Extract<Expr, { kind: "ColumnRef" }>): QualifiedIdentifier {
  const qualifier = resolved.qualifiers?.get(expr);
  if (qualifier !== undefined) return [qualifier, ...expr.fields.slice(expr.fields.length > 1 ? -1 : 1)];
  const name = resolved.columns?.get(expr);
  return name === undefined ? expr.fields : [...expr.fields.slice(0, -1), name];
}
const needsParentheses = (expr: Expr): boolean =>
  expr.kind === "Case" || (expr.kind === "Literal" && typeof expr.value === "number" && expr.value < 0);

/** Of a column that is written to: its new name where it is renamed. */
export const columnName = (written: object, name: string): string => quoteName(resolved.columns?.get(written as Expr) ?? name);

export function deparseStep(step: Indirection): string {
  switch (step.kind) {
    case "field":
      return `.${quoteName(step.name)}`;
    case "star":
      return ".*";
    case "index":
      return `[${deparseExpression(step.index)}]`;
    case "slice":
      return `[${step.lower === undefined ? "" : deparseExpression(step.lower)}:${step.upper === undefined ? "" : deparseExpression(step.upper)}]`;
  }
}

export function deparseType(type: TypeName): string {
  // The grammar spells built-in types pg_catalog.int4; a "char" in quotes is another type than char.
  const names = type.names.length > 1 && type.names[0] === "pg_catalog" ? type.names.slice(1) : qualified(type.names);
  const name =
    type.names[0] === "pg_catalog" && names[0] === "interval" && type.modifiers.length > 0
      ? intervalType(type)
      : names.map(quoteType).join(".");
  const modifiers = type.modifiers.length > 0 && !name.startsWith("interval") ? `(${type.modifiers.join(",")})` : "";
  return name + modifiers + "[]".repeat(type.arrayDimensions);
}
const quoteType = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) && name !== "char" ? name : `"${name}"`);
const INTERVAL_FULL_RANGE = "32767";
function intervalType(type: TypeName): string {
  if (type.modifiers.length === 2 && type.modifiers[0] === INTERVAL_FULL_RANGE) return `interval(${type.modifiers[1]})`;
  throw notSupported("interval fields in a stored expression");
}

function deparseFunction(expr: Extract<Expr, { kind: "Function" }>): string {
  const args = expr.args.map((arg, i) => {
    const name = expr.argNames[i];
    const variadic = expr.variadic && i === expr.args.length - 1 ? "VARIADIC " : "";
    return (name === undefined ? "" : `${quoteName(name)} => `) + variadic + deparseExpression(arg);
  });
  const standard = expr.sqlSyntax ? deparseStandard(expr.name.at(-1)!, expr.args.map(deparseExpression), expr.args[0]) : undefined;
  if (standard !== undefined) return standard;
  const order = expr.orderBy.length === 0 ? "" : `ORDER BY ${commas(expr.orderBy, deparseSortItem)}`;
  const inner = expr.star
    ? "*"
    : [(expr.distinct ? "DISTINCT " : "") + args.join(", "), expr.withinGroup ? "" : order].filter((part) => part !== "").join(" ");
  const within = expr.withinGroup ? ` WITHIN GROUP (${order})` : "";
  const filter = expr.filter === undefined ? "" : ` FILTER (WHERE ${deparseExpression(expr.filter)})`;
  const over = expr.over === undefined ? "" : ` OVER ${deparseWindow(expr.over)}`;
  const parts = qualified(expr.name);
  const name = parts
    .map((part) => (/^[a-z_][a-z0-9_]*$/.test(part) && (parts.length > 1 || !RESERVED.has(part)) ? part : `"${part}"`))
    .join(".");
  return `${name}(${inner})${within}${filter}${over}`;
}

/** What the grammar reads in words of the standard; undefined: an ordinary call. */
function deparseStandard(name: string, args: readonly string[], first: Expr | undefined): string | undefined {
  const [a = "", b = "", c, d] = args;
  const word = first?.kind === "Literal" ? String(first.value) : undefined;
  const trim = (side: string): string => `TRIM(${side} ${args.length > 1 ? `${b} ` : ""}FROM ${a})`;
  switch (name) {
    case "timezone":
      return `((${b}) AT TIME ZONE (${a}))`;
    case "extract":
      return word === undefined ? undefined : `EXTRACT(${quoteText(word).trim()} FROM ${b})`;
    case "overlaps":
      return `((${a}, ${b}) OVERLAPS (${c}, ${d}))`;
    case "overlay":
      return `OVERLAY(${a} PLACING ${b} FROM ${c}${d === undefined ? "" : ` FOR ${d}`})`;
    case "position":
      return `POSITION((${b}) IN (${a}))`;
    case "substring":
      return args.length === 1 ? undefined : `SUBSTRING(${a} FROM ${b}${c === undefined ? "" : ` FOR ${c}`})`;
    case "btrim":
      return trim("BOTH");
    case "ltrim":
      return trim("LEADING");
    case "rtrim":
      return trim("TRAILING");
    default:
      return undefined;
  }
}

function deparseSubquery(expr: Extract<Expr, { kind: "Subquery" }>): string {
  const query = deparseQuery(expr.query);
  switch (expr.form) {
    case "exists":
      return `(EXISTS (${query}))`;
    case "scalar":
      return `(${query})`;
    case "array":
      return `ARRAY(${query})`;
    case "any":
    case "all":
      return expr.isIn
        ? `(${deparseExpression(expr.test!)} IN (${query}))`
        : `(${deparseExpression(expr.test!)} ${operatorText(expr, expr.operator)} ${expr.form.toUpperCase()} (${query}))`;
  }
}

function operatorText(written: object, bare: string): string {
  const name = qualifiedOperator(written, bare);
  const point = name.lastIndexOf(".");
  return point < 0 ? name : `OPERATOR(${quoteName(name.slice(0, point))}${name.slice(point)})`;
}

export function deparseSortItem(item: SortItem): string {
  const direction =
    item.direction === "desc" ? " DESC" : item.direction === "using" ? ` USING ${operatorText(item, item.operator ?? "")}` : "";
  const nulls = item.nulls === "default" ? "" : ` NULLS ${item.nulls.toUpperCase()}`;
  return deparseExpression(item.expr) + direction + nulls;
}
export function deparseWindow(window: WindowSpecification): string {
  if (window.name !== undefined) return quoteName(window.name);
  const edge = (e: FrameEdge): string => {
    switch (e.kind) {
      case "unboundedPreceding":
        return "UNBOUNDED PRECEDING";
      case "unboundedFollowing":
        return "UNBOUNDED FOLLOWING";
      case "currentRow":
        return "CURRENT ROW";
      default:
        return `${deparseExpression(e.offset)} ${e.kind.toUpperCase()}`;
    }
  };
  const frame = window.frame;
  const exclusions = { none: "", current: " EXCLUDE CURRENT ROW", group: " EXCLUDE GROUP", ties: " EXCLUDE TIES" };
  const parts = [
    window.reference === undefined ? "" : quoteName(window.reference),
    window.partitionBy.length === 0 ? "" : `PARTITION BY ${commas(window.partitionBy, deparseExpression)}`,
    window.orderBy.length === 0 ? "" : `ORDER BY ${commas(window.orderBy, deparseSortItem)}`,
    frame === undefined
      ? ""
      : `${frame.mode.toUpperCase()} ${frame.isBetween ? `BETWEEN ${edge(frame.start)} AND ${edge(frame.end)}` : edge(frame.start)}${exclusions[frame.exclude]}`,
  ];
  return `(${parts.filter((part) => part !== "").join(" ")})`;
}

export function deparseQuery(query: Query): string {
  const withClause = query.with === undefined ? "" : `${deparseWith(query.with)} `;
  const tail = [
    query.orderBy.length === 0 ? "" : ` ORDER BY ${commas(query.orderBy, deparseSortItem)}`,
    query.offset === undefined ? "" : ` OFFSET ${deparseExpression(query.offset)}`,
    query.limit === undefined
      ? ""
      : query.withTies
        ? ` FETCH FIRST (${deparseExpression(query.limit)}) ROWS WITH TIES`
        : ` LIMIT ${deparseExpression(query.limit)}`,
    ...query.locking.map((clause) => deparseLocking(query, clause)),
  ].join("");
  switch (query.kind) {
    case "Values":
      return `${withClause}VALUES ${commas(query.rows, (row) => `(${commas(row, deparseExpression)})`)}${tail}`;
    case "SetOperation":
      return `${withClause}(${deparseQuery(query.left)}) ${query.operation.toUpperCase()}${query.all ? " ALL" : ""} (${deparseQuery(query.right)})${tail}`;
    case "Select":
      return `${withClause}${deparseSelect(query)}${tail}`;
  }
}
function deparseLocking(query: Query, { strength, relations, wait }: LockingClause): string {
  const from = query.kind === "Select" ? query.from.flatMap(relationsIn) : [];
  const names = relations.map(({ name }) => {
    const named = from.find(({ alias, name: own }) => alias === undefined && own === name);
    const moved = named === undefined || resolved.qualifiers === undefined ? undefined : resolved.relations?.get(named);
    return quoteName(moved?.name ?? name);
  });
  const waits = { block: "", skip: " SKIP LOCKED", error: " NOWAIT" } as const;
  return ` ${LOCK_WORDS[strength]}${names.length === 0 ? "" : ` OF ${names.join(", ")}`}${waits[wait]}`;
}
export const LOCK_WORDS = {
  update: "FOR UPDATE",
  noKeyUpdate: "FOR NO KEY UPDATE",
  share: "FOR SHARE",
  keyShare: "FOR KEY SHARE",
} as const;
function relationsIn(item: FromItem): readonly RelationName[] {
  if (item.kind === "JoinItem") return [...relationsIn(item.left), ...relationsIn(item.right)];
  return item.kind === "Relation" ? [item.relation] : [];
}
function deparseSelect(query: SelectQuery): string {
  const distinct =
    query.distinct === "none" ? "" : query.distinct === "all" ? "DISTINCT " : `DISTINCT ON (${commas(query.distinct, deparseExpression)}) `;
  const windows = query.windows.map((window) => `${quoteName(window.name!)} AS ${deparseWindow({ ...window, name: undefined })}`);
  return [
    `SELECT ${distinct}${query.targets.flatMap(deparseTarget).join(", ")}`,
    query.from.length === 0 ? "" : ` FROM ${commas(query.from, deparseFrom)}`,
    query.where === undefined ? "" : ` WHERE ${deparseExpression(query.where)}`,
    query.groupBy.length === 0 ? "" : ` GROUP BY ${query.groupDistinct ? "DISTINCT " : ""}${commas(query.groupBy, deparseGroup)}`,
    query.having === undefined ? "" : ` HAVING ${deparseExpression(query.having)}`,
    windows.length === 0 ? "" : ` WINDOW ${windows.join(", ")}`,
  ].join("");
}
export function deparseTarget(target: Target): string | readonly string[] {
  const star = resolved.stars.get(target.expr);
  if (star !== undefined) return star.map(quoteNames);
  return deparseExpression(target.expr) + (target.name === undefined ? "" : ` AS ${quoteName(target.name)}`);
}
function deparseGroup(item: GroupItem): string {
  switch (item.kind) {
    case "expression":
      // A row in parentheses means its fields; ROW(…) would be one value.
      return item.expr.kind === "Row" ? `(${commas(item.expr.fields, deparseExpression)})` : deparseExpression(item.expr);
    case "empty":
      return "()";
    case "simple":
      return `(${commas(item.items, deparseGroup)})`;
    case "sets":
      return `GROUPING SETS (${commas(item.items, deparseGroup)})`;
    case "rollup":
    case "cube":
      return `${item.kind.toUpperCase()} (${commas(item.items, deparseGroup)})`;
  }
}
export function deparseWith(clause: WithClause): string {
  const tables = clause.tables.map((table) => {
    const columns = table.columnNames.length === 0 ? "" : `(${commas(table.columnNames, quoteName)})`;
    const materialized = table.materialized === undefined ? "" : table.materialized ? "MATERIALIZED " : "NOT MATERIALIZED ";
    return `${quoteName(table.name)}${columns} AS ${materialized}(${isModification(table.query) ? deparseModification(table.query) : deparseQuery(table.query)})${deparseSearch(table)}`;
  });
  return `WITH ${clause.recursive ? "RECURSIVE " : ""}${tables.join(", ")}`;
}
function deparseSearch({ search, cycle }: CommonTableExpr): string {
  const bySearch =
    search === undefined
      ? ""
      : ` SEARCH ${search.breadthFirst ? "BREADTH" : "DEPTH"} FIRST BY ${commas(search.columns, quoteName)} SET ${quoteName(search.sequence)}`;
  if (cycle === undefined) return bySearch;
  const marks = ` TO ${deparseExpression(cycle.value)} DEFAULT ${deparseExpression(cycle.defaultValue)}`;
  return `${bySearch} CYCLE ${commas(cycle.columns, quoteName)} SET ${quoteName(cycle.mark)}${marks} USING ${quoteName(cycle.path)}`;
}
const deparseAlias = (alias: Alias | undefined, before = " "): string =>
  alias === undefined
    ? ""
    : `${before}${quoteName(alias.name)}${alias.columns.length === 0 ? "" : `(${commas(alias.columns, quoteName)})`}`;

const deparseSample = (sample: SampleClause | undefined): string =>
  sample === undefined
    ? ""
    : ` TABLESAMPLE ${quoteName(sample.method)} (${commas(sample.args, deparseExpression)})${sample.repeatable === undefined ? "" : ` REPEATABLE (${deparseExpression(sample.repeatable)})`}`;

/** `before`: what stands before the alias' name. */
export function deparseRelation(relation: RelationName, before = " "): string {
  const { name, alias, only } = relation;
  const moved = resolved.relations?.get(relation);
  // What stands elsewhere in the query under the old name still finds it.
  const shown =
    moved !== undefined && alias === undefined && moved.name !== name && resolved.qualifiers === undefined ? { name, columns: [] } : alias;
  const schema = moved?.schema ?? relation.schema ?? resolved.schemas.get(relation);
  const own = moved?.name ?? name;
  return `${only ? "ONLY " : ""}${quoteNames(schema === undefined ? [own] : [schema, own])}${deparseAlias(shown, before)}`;
}

export function deparseFrom(item: FromItem): string {
  switch (item.kind) {
    case "Relation": {
      return deparseRelation(item.relation) + deparseSample(item.sample);
    }
    case "SubqueryItem":
      return `${item.lateral ? "LATERAL " : ""}(${deparseQuery(item.query)})${deparseAlias(item.alias)}`;
    case "FunctionItem": {
      const definitions = (columns: typeof item.columns): string =>
        commas(columns, (column) => `${quoteName(column.name)} ${deparseType(column.type)}`);
      const calls = item.functions.map(
        (f) => deparseExpression(f.call) + (f.columns.length === 0 ? "" : ` AS (${definitions(f.columns)})`),
      );
      const source = calls.length === 1 && item.functions[0]!.columns.length === 0 ? calls[0]! : `ROWS FROM (${calls.join(", ")})`;
      const list = item.columns.length === 0 ? "" : `${item.alias === undefined ? " AS" : ""} (${definitions(item.columns)})`;
      return `${item.lateral ? "LATERAL " : ""}${source}${item.ordinality ? " WITH ORDINALITY" : ""}${deparseAlias(item.alias)}${list}`;
    }
    case "JsonTableItem":
      return `${item.lateral ? "LATERAL " : ""}${deparseJsonTable(item)}${deparseAlias(item.alias)}`;
    case "JoinItem": {
      const isCross = !item.natural && item.using === undefined && item.on === undefined;
      const type = isCross
        ? "CROSS JOIN"
        : `${item.natural ? "NATURAL " : ""}${item.type === "inner" ? "" : `${item.type.toUpperCase()} `}JOIN`;
      const condition =
        item.using !== undefined
          ? ` USING (${commas(item.using, quoteName)})${item.usingAlias === undefined ? "" : ` AS ${quoteName(item.usingAlias)}`}`
          : item.on !== undefined
            ? ` ON ${deparseExpression(item.on)}`
            : "";
      const joined = `(${deparseFrom(item.left)} ${type} ${deparseFrom(item.right)}${condition})`;
      return joined + deparseAlias(item.alias);
    }
  }
}
