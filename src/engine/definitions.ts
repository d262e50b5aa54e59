/** Definitions as SQL again: pg_get_indexdef, pg_get_constraintdef, pg_get_viewdef, column defaults. */
import type { AttributeObject, ConstraintObject, IndexObject, SessionCatalogReader, TableObject, ViewObject } from "../catalog/index.js";
import { quoteIdentifier } from "../catalog/index.js";
import type { ForeignKeyAction } from "../plan/index.js";
import type { Oid } from "../types/index.js";
import { fromStoredSql } from "./commands/stored-sql.js";

export interface Printer {
  readonly catalog: SessionCatalogReader;
  /** Qualified unless visible. */
  relationName(oid: Oid): string | undefined;
}

/** Always with its schema, as PostgreSQL prints it. */
export function indexDefinition(printer: Printer, index: IndexObject): string {
  const table = printer.catalog.relationByOid(index.table);
  const schema = quoteIdentifier(printer.catalog.schemaByOid(index.schema)?.name ?? "");
  const columns = index.columns.map((_, i) => indexColumn(printer, index, i)).join(", ");
  const include = index.include.length === 0 ? "" : ` INCLUDE (${attributeNames(table, index.include).join(", ")})`;
  const distinct = index.nullsNotDistinct ? " NULLS NOT DISTINCT" : "";
  const options = Object.entries(index.options);
  const where = index.predicateSql === undefined ? "" : ` WHERE ${withParentheses(printStored(printer, index.predicateSql))}`;
  const only = index.partitioned === true ? "ONLY " : "";
  const withOptions = options.length === 0 ? "" : ` WITH (${options.map(([name, value]) => `${name}='${value}'`).join(", ")})`;
  return `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${quoteIdentifier(index.name)} ON ${only}${schema}.${quoteIdentifier(table?.name ?? "")} USING ${index.method} (${columns})${include}${distinct}${withOptions}${where}`;
}
/** Column `number` (from 1) alone, without its order. */
export function indexColumnDefinition(printer: Printer, index: IndexObject, number: number): string {
  const column = index.columns[number - 1];
  if (column === undefined) return "";
  if (column.expressionSql !== undefined) return printStored(printer, column.expressionSql);
  return attributeNames(printer.catalog.relationByOid(index.table), [column.attribute])[0] ?? "";
}
function indexColumn(printer: Printer, index: IndexObject, i: number): string {
  const column = index.columns[i] as IndexObject["columns"][number];
  const printed = indexColumnDefinition(printer, index, i + 1);
  // A function call stands bare, any other expression in parentheses.
  const isCall =
    column.expressionSql !== undefined && /^[a-z_][a-z0-9_.]*\(.*\)$/is.test(printed) && closesAtEnd(printed.slice(printed.indexOf("(")));
  const name = column.expressionSql === undefined || isCall ? printed : `(${printed})`;
  const opclass = column.opclass === undefined ? "" : ` ${column.opclass}`;
  const direction = column.descending ? (column.nullsFirst ? " DESC" : " DESC NULLS LAST") : column.nullsFirst ? " NULLS FIRST" : "";
  return `${name}${opclass}${direction}`;
}

const actions: Readonly<Record<ForeignKeyAction, string>> = {
  noAction: "",
  restrict: "RESTRICT",
  cascade: "CASCADE",
  setNull: "SET NULL",
  setDefault: "SET DEFAULT",
};

export function constraintDefinition(printer: Printer, constraint: ConstraintObject, pretty = false): string {
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
    case "check":
      return `CHECK (${pretty ? stripParentheses(printStored(printer, constraint.sql)) : withParentheses(printStored(printer, constraint.sql))})${constraint.noInherit === true ? " NO INHERIT" : ""}${unvalidated}`;
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

function includeOf(printer: Printer, oid: Oid): string {
  const index = printer.catalog.relationByOid(oid);
  if (index?.class !== "index" || index.include.length === 0) return "";
  return ` INCLUDE (${attributeNames(printer.catalog.relationByOid(index.table), index.include).join(", ")})`;
}
const deferral = (constraint: { readonly deferrable?: boolean; readonly initiallyDeferred?: boolean }): string =>
  constraint.deferrable === true ? ` DEFERRABLE${constraint.initiallyDeferred === true ? " INITIALLY DEFERRED" : ""}` : "";

export function viewDefinition(view: Pick<ViewObject, "sql">): string {
  const sql = view.sql.trim();
  return ` ${sql.endsWith(";") ? sql : `${sql};`}`;
}

/** A column's default (or generation expression) as pg_get_expr gives it. */
export function defaultDefinition(printer: Printer, attribute: AttributeObject): string | undefined {
  return attribute.defaultSql === undefined ? undefined : printStored(printer, attribute.defaultSql);
}
function printStored(printer: Printer, sql: string): string {
  return fromStoredSql(sql, (oid) => printer.relationName(oid));
}

function attributeNames(relation: { readonly class: string } | undefined, numbers: readonly number[]): string[] {
  if (relation?.class !== "table") return numbers.map(() => "?");
  const { attributes } = relation as TableObject;
  return numbers.map((number) => quoteIdentifier(attributes[number - 1]?.name ?? "?"));
}

/** One pair around the whole expression, no more. */
function withParentheses(sql: string): string {
  return `(${stripParentheses(sql)})`;
}
function stripParentheses(sql: string): string {
  let text = sql.trim();
  while (text.startsWith("(") && closesAtEnd(text)) text = text.slice(1, -1).trim();
  return text;
}
/** Whether the first parenthesis is closed by the last character. Quoted text may hold parentheses. */
function closesAtEnd(text: string): boolean {
  let depth = 0;
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (quote !== "") {
      if (c === quote) quote = "";
    } else if (c === "'" || c === '"') quote = c;
    else if (c === "(") depth++;
    else if (c === ")" && --depth === 0) return i === text.length - 1;
  }
  return false;
}
