/** pg_get_function_arguments and its kin: the catalog's functions as SQL (ruleutils.c). */
import type { FunctionObject, FunctionParameter } from "../catalog/index.js";
import { quoteIdentifier } from "../catalog/index.js";
import { DbError } from "../types/index.js";
import type { StoredText } from "./stored-text.js";

export function routineText(
  printer: StoredText,
  object: FunctionObject,
  what: "arguments" | "identity" | "result" | "definition" | "body",
): string | null {
  switch (what) {
    case "arguments":
      return argumentList(printer, object, true);
    case "identity":
      return argumentList(printer, object, false);
    case "result":
      return resultText(printer, object);
    case "body":
      return bodyText(printer, object);
    case "definition":
      if (object.kind === "aggregate") throw new DbError({ sqlstate: "42809", message: `"${object.name}" is an aggregate function` });
      return definition(printer, object);
  }
}

const isInput = (p: FunctionParameter): boolean => p.mode !== "out" && p.mode !== "table";
const typeName = (printer: StoredText, oid: number): string =>
  printer.session.registry(printer.catalog).typeByOid(oid)?.displayName ?? "???";

/** The default of input parameter `number`, from 1; null: it has none. */
export function parameterDefault(printer: StoredText, object: FunctionObject, number: number): string | null {
  const parameter = object.parameters.filter(isInput)[number - 1];
  return parameter === undefined ? null : defaultText(printer, parameter);
}
function defaultText(printer: StoredText, { defaultSql, type }: FunctionParameter): string | null {
  return defaultSql === undefined ? null : printer.expression(defaultSql, "DEFAULT expressions", false, undefined, type).text;
}

function bodyText(printer: StoredText, object: FunctionObject): string | null {
  const { body } = object;
  return body.language === "sql" && body.atomic ? printer.routineBody(body.source, object.name, object.parameters.filter(isInput)) : null;
}

function argumentList(printer: StoredText, object: FunctionObject, withDefaults: boolean): string {
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
    const value = withDefaults && p.defaultSql !== undefined ? ` DEFAULT ${defaultText(printer, p)}` : "";
    return `${mode}${name}${typeName(printer, p.type)}${value}`;
  };
  return object.parameters
    .filter((p) => p.mode !== "table")
    .map(one)
    .join(", ");
}
function resultText(printer: StoredText, object: FunctionObject): string | null {
  if (object.kind === "procedure") return null;
  const columns = object.parameters.filter((p) => p.mode === "table");
  if (columns.length > 0) return `TABLE(${columns.map((p) => `${quoteIdentifier(p.name)} ${typeName(printer, p.type)}`).join(", ")})`;
  return (object.returnsSet ? "SETOF " : "") + typeName(printer, object.returnType);
}

function definition(printer: StoredText, object: FunctionObject): string {
  const schema = printer.catalog.schemaByOid(object.schema)?.name ?? "";
  const lines = [
    `CREATE OR REPLACE ${object.kind.toUpperCase()} ${quoteIdentifier(schema)}.${quoteIdentifier(object.name)}(${argumentList(printer, object, true)})`,
  ];
  if (object.kind === "function") lines.push(` RETURNS ${resultText(printer, object)}`);
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
  for (const { name, value } of object.settings) lines.push(` SET ${quoteIdentifier(name)} TO ${settingText(name, value)}`);
  const body = bodyText(printer, object);
  if (body !== null) lines.push(body);
  else {
    const source = object.body.language === "aggregate" ? "aggregate_dummy" : object.body.source;
    let quote = `$${object.kind}$`;
    while (source.includes(quote)) quote = `${quote.slice(0, -1)}x$`;
    lines.push(`AS ${quote}${source}${quote}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Settings that are lists of names are quoted name by name. */
const LISTS = new Set([
  "search_path",
  "temp_tablespaces",
  "local_preload_libraries",
  "session_preload_libraries",
  "shared_preload_libraries",
]);
function settingText(name: string, value: string): string {
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  if (!LISTS.has(name)) return quote(value);
  return value
    .split(",")
    .map((part) => quote(part.trim().replace(/^"(.*)"$/, "$1")))
    .join(", ");
}
