/** CREATE and ALTER STATISTICS. The objects are facts: the planner does not read what they would hold, so nothing is gathered. */
import { chooseName, columnNamesPart, type StatisticsObject, type TableObject } from "../../../catalog/index.js";
import type { Command } from "../../../plan/index.js";
import { DbError, hasOrderedKey } from "../../../types/index.js";
import { type DefinitionContext, displayName } from "../context.js";
import { requireOwner } from "./ownership.js";

const KINDS: Readonly<Record<string, string>> = { ndistinct: "d", dependencies: "f", mcv: "m" };
const COLUMNS_MAX = 8;
const TARGET_MAX = 10_000;

const fail = (sqlstate: string, message: string): DbError => new DbError({ sqlstate, message });

export function createStatistics(context: DefinitionContext, command: Extract<Command, { kind: "CreateStatistics" }>): void {
  const table = context.snapshot.object(command.table);
  if (table?.class !== "table") throw fail("42P01", "relation does not exist");
  requireOwner(context, table);
  const schema = command.name === undefined ? undefined : context.creationSchema(command.name);
  const name = command.name?.name ?? defaultName(context, table, command.elements);
  const schemaOid = schema?.oid ?? table.schema;
  if (context.snapshot.statisticsNamed(schemaOid, name) !== undefined) {
    if (command.ifNotExists) return context.notice(`statistics object "${name}" already exists, skipping`, "42710");
    throw fail("42710", `statistics object "${name}" already exists`);
  }
  if (command.elements.length > COLUMNS_MAX) throw fail("54011", `cannot have more than ${COLUMNS_MAX} columns in statistics`);
  const attributes: number[] = [];
  const expressions: string[] = [];
  for (const element of command.elements) {
    if ("sql" in element) {
      const type = context.type(element.type);
      // One expression alone needs no order: its own statistics are those of a column.
      if (command.elements.length > 1 && !hasOrderedKey(type))
        throw fail(
          "0A000",
          `expression cannot be used in multivariate statistics because its type ${type.displayName} has no default btree operator class`,
        );
      expressions.push(element.sql);
      continue;
    }
    const { column } = element;
    if (["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"].includes(column))
      throw fail("0A000", "statistics creation on system columns is not supported");
    const attribute = table.attributes.find((a) => !a.dropped && a.name === column);
    if (attribute === undefined) throw fail("42703", `column "${column}" does not exist`);
    const type = context.type(attribute.type);
    if (!hasOrderedKey(type))
      throw fail(
        "0A000",
        `column "${column}" cannot be used in statistics because its type ${type.displayName} has no default btree operator class`,
      );
    attributes.push(attribute.number);
  }
  let kinds = "";
  for (const kind of command.kinds) {
    const letter = KINDS[kind];
    if (letter === undefined) throw fail("42601", `unrecognized statistics kind "${kind}"`);
    if (!kinds.includes(letter)) kinds += letter;
  }
  if (attributes.length === 0 && expressions.length === 1) {
    if (kinds !== "") throw fail("42601", "when building statistics on a single expression, statistics kinds may not be specified");
  } else if (attributes.length + expressions.length < 2) throw fail("42P17", "extended statistics require at least 2 columns");
  else {
    kinds = kinds === "" ? "dfm" : [..."dfm"].filter((letter) => kinds.includes(letter)).join("");
  }
  if (expressions.length > 0) kinds += "e";
  attributes.sort((a, b) => a - b);
  if (new Set(attributes).size < attributes.length) throw fail("42701", "duplicate column name in statistics definition");
  if (new Set(expressions).size < expressions.length) throw fail("42701", "duplicate expression in statistics definition");
  context.put({
    class: "statistics",
    oid: context.newOid(),
    schema: schemaOid,
    name,
    owner: context.owner,
    table: table.oid,
    kinds,
    attributes,
    expressions,
    target: -1,
  });
}

type Elements = Extract<Command, { kind: "CreateStatistics" }>["elements"];
function defaultName(context: DefinitionContext, table: TableObject, elements: Elements): string {
  const part = columnNamesPart(
    elements.map((e) => ("sql" in e ? "expr" : e.column)),
    false,
  );
  return chooseName(table.name, part, "stat", (n) => context.snapshot.statisticsNamed(table.schema, n) !== undefined);
}

export function statisticsMissing(name: string): DbError {
  return fail("42704", `statistics object "${name}" does not exist`);
}

export function alterStatistics(context: DefinitionContext, command: Extract<Command, { kind: "AlterStatistics" }>): void {
  if (command.target < -1) throw fail("22023", `statistics target ${command.target} is too low`);
  if (command.target > TARGET_MAX) context.session.notice("WARNING", "22023", `lowering statistics target to ${TARGET_MAX}`);
  const found = findStatistics(context, command.name.schema, command.name.name);
  if (found === undefined) {
    if (command.ifExists) return context.notice(`statistics object "${command.name.name}" does not exist, skipping`);
    throw statisticsMissing(displayName(command.name));
  }
  requireOwner(context, found);
  context.put({ ...found, target: Math.min(command.target, TARGET_MAX) });
}

export function findStatistics(context: DefinitionContext, schema: string | undefined, name: string): StatisticsObject | undefined {
  const { snapshot } = context;
  if (schema !== undefined) return snapshot.statisticsNamed(context.catalog.schemaByName(schema)?.oid ?? 0, name);
  for (const oid of context.catalog.searchPath) {
    const found = snapshot.statisticsNamed(oid, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function requireFreeStatisticsName(context: DefinitionContext, schema: number, name: string): void {
  if (context.snapshot.statisticsNamed(schema, name) !== undefined)
    throw fail("42710", `statistics object "${name}" already exists in schema "${context.schemaName(schema)}"`);
}

/** LIKE … INCLUDING STATISTICS: under names of their own. */
export function copyStatistics(context: DefinitionContext, source: TableObject, target: TableObject, withComments: boolean): void {
  for (const statistics of context.snapshot.statisticsOf(source.oid)) {
    const nameOf = (number: number): string => source.attributes[number - 1]?.name ?? "";
    const elements: Elements = [
      ...statistics.attributes.map((number) => ({ column: nameOf(number) })),
      ...statistics.expressions.map((sql) => ({ sql, type: 0 })),
    ];
    const oid = context.newOid();
    context.put({
      ...statistics,
      oid,
      schema: target.schema,
      name: defaultName(context, target, elements),
      owner: context.owner,
      table: target.oid,
      attributes: statistics.attributes
        .map((number) => target.attributes.find((a) => !a.dropped && a.name === nameOf(number))?.number ?? number)
        .sort((a, b) => a - b),
    });
    const comment = context.snapshot.comment(statistics.oid);
    if (withComments && comment !== undefined) context.put({ ...comment, oid: context.newOid(), object: oid });
  }
}
