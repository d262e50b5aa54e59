/** Definitions as SQL again: pg_get_indexdef, pg_get_constraintdef. */
import type { ConstraintObject, IndexObject, StatisticsObject, SystemRelation, TableObject } from "../catalog/index.js";
import { collationOid, collationText, quoteIdentifier, quoteLiteral } from "../catalog/index.js";
import type { ForeignKeyAction } from "../plan/index.js";
import { type Oid, TypeOid } from "../types/index.js";
import type { StoredText } from "./stored-text.js";

/** The table with its schema, but pretty only where the search path needs it. */
export function indexDefinition(printer: StoredText, index: IndexObject, pretty: boolean): string {
  const table = printer.catalog.relationByOid(index.table);
  const schema = quoteIdentifier(printer.catalog.schemaByOid(index.schema)?.name ?? "");
  const tableName = pretty ? printer.relationName(index.table) : `${schema}.${quoteIdentifier(table?.name ?? "")}`;
  const columns = index.columns.map((_, i) => indexColumn(printer, index, i, pretty)).join(", ");
  const include = index.include.length === 0 ? "" : ` INCLUDE (${attributeNames(table, index.include).join(", ")})`;
  const distinct = index.nullsNotDistinct ? " NULLS NOT DISTINCT" : "";
  const options = Object.entries(index.options);
  const where =
    index.predicateSql === undefined
      ? ""
      : ` WHERE ${tableExpression(printer, table, index.predicateSql, "index predicates", pretty).text}`;
  const only = index.partitioned === true ? "ONLY " : "";
  const withOptions =
    options.length === 0
      ? ""
      : ` WITH (${options.map(([name, value]) => `${quoteIdentifier(name)}=${quoteIdentifier(value) === value ? value : quoteLiteral(value)}`).join(", ")})`;
  return `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${quoteIdentifier(index.name)} ON ${only}${tableName} USING ${index.method} (${columns})${include}${distinct}${withOptions}${where}`;
}
/** Column `number` (from 1) alone, without its order. */
export function indexColumnDefinition(printer: StoredText, index: IndexObject, number: number, pretty: boolean): string {
  const column = index.columns[number - 1];
  const table = printer.catalog.relationByOid(index.table);
  const included = index.include[number - 1 - index.columns.length];
  if (column === undefined) return included === undefined ? "" : (attributeNames(table, [included])[0] ?? "");
  if (column.expressionSql === undefined) return attributeNames(table, [column.attribute])[0] ?? "";
  const { text, isCall } = tableExpression(printer, table, column.expressionSql, "index expressions", pretty);
  // A function call stands bare, any other expression in parentheses.
  return isCall ? text : `(${text})`;
}
function indexColumn(printer: StoredText, index: IndexObject, i: number, pretty: boolean): string {
  const column = index.columns[i] as IndexObject["columns"][number];
  const collation = column.collation === undefined ? "" : ` COLLATE ${collationText(printer.catalog, collationOid(column.collation))}`;
  const opclass = column.opclass === undefined ? "" : ` ${column.opclass}`;
  const direction = column.descending ? (column.nullsFirst ? " DESC" : " DESC NULLS LAST") : column.nullsFirst ? " NULLS FIRST" : "";
  return `${indexColumnDefinition(printer, index, i + 1, pretty)}${collation}${opclass}${direction}`;
}
function tableExpression(
  printer: StoredText,
  table: { readonly class: string } | undefined,
  sql: string,
  clause: "index expressions" | "index predicates" | "check constraints",
  pretty: boolean,
) {
  const type = clause === "index expressions" ? undefined : TypeOid.bool;
  return printer.expression(sql, clause, pretty, table?.class === "table" ? (table as TableObject) : undefined, type);
}

/** pg_get_statisticsobjdef: the kinds are said where not all of them were asked for. */
export function statisticsDefinition(printer: StoredText, object: StatisticsObject): string {
  const schema = quoteIdentifier(printer.catalog.schemaByOid(object.schema)?.name ?? "");
  const named = Object.entries({ d: "ndistinct", f: "dependencies", m: "mcv" }).filter(([letter]) => object.kinds.includes(letter));
  const isOneExpression = object.attributes.length + object.expressions.length === 1;
  const kinds = named.length === 3 || isOneExpression ? "" : ` (${named.map(([, word]) => word).join(", ")})`;
  return `CREATE STATISTICS ${schema}.${quoteIdentifier(object.name)}${kinds} ON ${statisticsColumns(printer, object)} FROM ${printer.relationName(object.table)}`;
}
export function statisticsColumns(printer: StoredText, object: StatisticsObject): string {
  const columns = attributeNames(printer.catalog.relationByOid(object.table), object.attributes);
  const expressions = statisticsExpressions(printer, object, true).map(({ text, isCall }) => (isCall ? text : `(${text})`));
  return [...columns, ...expressions].join(", ");
}
export function statisticsExpressions(printer: StoredText, object: StatisticsObject, pretty = false) {
  const table = printer.catalog.relationByOid(object.table);
  return object.expressions.map((sql) => tableExpression(printer, table, sql, "index expressions", pretty));
}

const actions: Readonly<Record<ForeignKeyAction, string>> = {
  noAction: "",
  restrict: "RESTRICT",
  cascade: "CASCADE",
  setNull: "SET NULL",
  setDefault: "SET DEFAULT",
};

export function constraintDefinition(printer: StoredText, constraint: ConstraintObject, pretty = false): string {
  const table = printer.catalog.relationByOid(constraint.table);
  const names = (attributes: readonly number[], of = table) => attributeNames(of, attributes).join(", ");
  const unvalidated = constraint.validated ? "" : " NOT VALID";
  switch (constraint.kind) {
    case "primaryKey":
      return `PRIMARY KEY (${names(constraint.attributes)})${includeOf(printer, constraint.index)}${deferral(constraint)}`;
    case "unique": {
      const index = printer.catalog.relationByOid(constraint.index);
      return `UNIQUE ${index?.class === "index" && index.nullsNotDistinct ? "NULLS NOT DISTINCT " : ""}(${names(constraint.attributes)})${includeOf(printer, constraint.index)}${deferral(constraint)}`;
    }
    case "exclusion": {
      const index = printer.catalog.relationByOid(constraint.index);
      if (index?.class !== "index") return "";
      const columns = index.columns
        .map((_, i) => `${indexColumn(printer, index, i, pretty)} WITH ${index.exclusion?.[i]?.operator}`)
        .join(", ");
      const where =
        index.predicateSql === undefined
          ? ""
          : ` WHERE (${tableExpression(printer, table, index.predicateSql, "index predicates", pretty).text})`;
      const include = includeOf(printer, constraint.index);
      return `EXCLUDE USING ${index.method} (${columns})${include}${where}${deferral(constraint)}`;
    }
    case "check":
      return `CHECK (${tableExpression(printer, table, constraint.sql, "check constraints", pretty).text})${constraint.noInherit === true ? " NO INHERIT" : ""}${unvalidated}`;
    case "foreignKey": {
      const match = constraint.match === "full" ? " MATCH FULL" : "";
      const onUpdate = constraint.onUpdate === "noAction" ? "" : ` ON UPDATE ${actions[constraint.onUpdate]}`;
      const onDelete = constraint.onDelete === "noAction" ? "" : ` ON DELETE ${actions[constraint.onDelete]}`;
      const deferrable = constraint.deferrable ? ` DEFERRABLE${constraint.initiallyDeferred ? " INITIALLY DEFERRED" : ""}` : "";
      const referenced = printer.catalog.relationByOid(constraint.references);
      return `FOREIGN KEY (${names(constraint.attributes)}) REFERENCES ${printer.relationName(constraint.references)}(${names(constraint.referencedAttributes, referenced)})${match}${onUpdate}${onDelete}${deferrable}${unvalidated}`;
    }
  }
}

function includeOf(printer: StoredText, oid: Oid): string {
  const index = printer.catalog.relationByOid(oid);
  if (index?.class !== "index" || index.include.length === 0) return "";
  return ` INCLUDE (${attributeNames(printer.catalog.relationByOid(index.table), index.include).join(", ")})`;
}
const deferral = (constraint: { readonly deferrable?: boolean; readonly initiallyDeferred?: boolean }): string =>
  constraint.deferrable === true ? ` DEFERRABLE${constraint.initiallyDeferred === true ? " INITIALLY DEFERRED" : ""}` : "";

function attributeNames(relation: { readonly class: string } | undefined, numbers: readonly number[]): string[] {
  if (relation?.class === "system") {
    const { columns } = relation as SystemRelation;
    return numbers.map((number) => quoteIdentifier(columns[number - 1]?.name ?? "?"));
  }
  if (relation?.class !== "table") return numbers.map(() => "?");
  const { attributes } = relation as TableObject;
  return numbers.map((number) => quoteIdentifier(attributes[number - 1]?.name ?? "?"));
}
