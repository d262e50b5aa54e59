/** pg_get_function_arguments and its kin: the catalog's functions as SQL (ruleutils.c). */
import type { FunctionObject, FunctionParameter, SessionCatalogReader } from "../catalog/index.js";
import { quoteIdentifier } from "../catalog/index.js";
import type { ScopedRegistry } from "../functions/index.js";
import type { Oid } from "../types/index.js";

export function routineText(
  registry: ScopedRegistry,
  catalog: SessionCatalogReader,
  object: FunctionObject,
  what: "arguments" | "identity" | "result" | "definition",
): string | null {
  const typeName = (oid: Oid): string => registry.typeByOid(oid)?.displayName ?? "???";
  switch (what) {
    case "arguments":
      return argumentList(object, typeName, true);
    case "identity":
      return argumentList(object, typeName, false);
    case "result":
      return resultText(object, typeName);
    case "definition":
      return object.kind === "aggregate" ? null : definition(catalog, object, typeName);
  }
}

function argumentList(object: FunctionObject, typeName: (oid: Oid) => string, withDefaults: boolean): string {
  const one = (p: FunctionParameter): string => {
    const mode =
      p.mode === "out"
        ? "OUT "
        : p.mode === "inout"
          ? "INOUT "
          : p.mode === "variadic"
            ? "VARIADIC "
            : object.kind === "procedure"
              ? "IN "
              : "";
    const name = p.name === "" ? "" : `${quoteIdentifier(p.name)} `;
    const type = typeName(p.type);
    const value = withDefaults && p.defaultSql !== undefined ? ` DEFAULT ${defaultText(p.defaultSql, type)}` : "";
    return `${mode}${name}${type}${value}`;
  };
  return object.parameters
    .filter((p) => p.mode !== "table")
    .map(one)
    .join(", ");
}
/** A bare string is printed with the type that it was read as. */
const defaultText = (sql: string, type: string): string => (/^'(?:[^']|'')*'$/.test(sql) ? `${sql}::${type}` : sql);

function resultText(object: FunctionObject, typeName: (oid: Oid) => string): string | null {
  if (object.kind === "procedure") return null;
  const columns = object.parameters.filter((p) => p.mode === "table");
  if (columns.length > 0) return `TABLE(${columns.map((p) => `${quoteIdentifier(p.name)} ${typeName(p.type)}`).join(", ")})`;
  return (object.returnsSet ? "SETOF " : "") + typeName(object.returnType);
}

function definition(catalog: SessionCatalogReader, object: FunctionObject, typeName: (oid: Oid) => string): string {
  const schema = catalog.schemaByOid(object.schema)?.name ?? "";
  const lines = [
    `CREATE OR REPLACE ${object.kind.toUpperCase()} ${quoteIdentifier(schema)}.${quoteIdentifier(object.name)}(${argumentList(object, typeName, true)})`,
  ];
  if (object.kind === "function") lines.push(` RETURNS ${resultText(object, typeName)}`);
  lines.push(` LANGUAGE ${object.body.language}`);
  const facts: string[] = [];
  if (object.volatility !== "volatile") facts.push(object.volatility.toUpperCase());
  if (object.parallel !== "unsafe") facts.push(`PARALLEL ${object.parallel.toUpperCase()}`);
  if (object.strict) facts.push("STRICT");
  if (object.securityDefiner) facts.push("SECURITY DEFINER");
  if (object.leakproof) facts.push("LEAKPROOF");
  if (object.cost !== (object.body.language === "internal" ? 1 : 100)) facts.push(`COST ${object.cost}`);
  if (object.returnsSet && object.rows !== 1000) facts.push(`ROWS ${object.rows}`);
  if (facts.length > 0) lines.push(` ${facts.join(" ")}`);
  for (const { name, value } of object.settings) lines.push(` SET ${quoteIdentifier(name)} TO '${value.replaceAll("'", "''")}'`);
  if (object.body.language === "sql" && object.body.atomic) lines.push(`BEGIN ATOMIC\n${object.body.source.trim()}\nEND`);
  else {
    const source = object.body.language === "aggregate" ? "aggregate_dummy" : object.body.source;
    let quote = `$${object.kind}$`;
    while (source.includes(quote)) quote = `${quote.slice(0, -1)}x$`;
    lines.push(`AS ${quote}${source}${quote}`);
  }
  return `${lines.join("\n")}\n`;
}
