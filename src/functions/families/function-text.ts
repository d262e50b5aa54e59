/** PostgreSQL's own functions as pg_get_function_arguments, pg_get_function_result and pg_get_functiondef show them (ruleutils.c). */
import { DbError, type FunctionSignature, type Oid } from "../../types/index.js";
import { quoteIdentifier } from "../catalog-service.js";
import { functionProperty, functionSource } from "../facts/function-properties.js";
import { knownFunctions } from "../facts/known-functions.js";
import type { FunctionRegistry } from "../registry.js";
import { formatType } from "./system.js";

/** `a integer, b text DEFAULT 'x'::text, OUT c integer`; identity leaves defaults out. */
export function argumentsOf(registry: FunctionRegistry, signature: FunctionSignature, identity: boolean): string {
  const defaults = signature.defaults ?? [];
  const firstDefault = signature.argTypes.length - defaults.length;
  const named = (name: string | undefined, type: Oid) =>
    `${name === undefined || name === "" ? "" : `${quoteIdentifier(name)} `}${formatType(registry, type, null)}`;
  const ins = signature.argTypes.map((type, i) => {
    const isVariadic = signature.variadic !== undefined && i === signature.argTypes.length - 1;
    const value = identity || i < firstDefault ? "" : ` DEFAULT ${defaults[i - firstDefault]}`;
    return `${isVariadic ? "VARIADIC " : ""}${named(signature.argNames?.[i], type)}${value}`;
  });
  const { directArgCount } = signature;
  if (directArgCount !== undefined) {
    // A last argument that takes any number stands on both sides.
    const ordered = directArgCount === ins.length ? ins.slice(-1) : ins.slice(directArgCount);
    return [ins.slice(0, directArgCount).join(", "), `ORDER BY ${ordered.join(", ")}`].filter((part) => part !== "").join(" ");
  }
  return [...ins, ...outColumnsOf(signature).map((column) => `OUT ${named(column.name, column.type)}`)].join(", ");
}
export function outColumnsOf(signature: FunctionSignature): readonly { readonly name: string; readonly type: Oid }[] {
  const { outColumns, outName, returnType } = signature;
  return outColumns ?? (outName === undefined ? [] : [{ name: outName, type: returnType }]);
}

export function resultOf(registry: FunctionRegistry, signature: FunctionSignature): string {
  return (signature.kind === "set" ? "SETOF " : "") + formatType(registry, signature.returnType, null);
}

export function definitionOf(registry: FunctionRegistry, signature: FunctionSignature): string {
  const { oid, name } = signature;
  if (signature.kind === "aggregate") throw new DbError({ sqlstate: "42809", message: `"${name}" is an aggregate function` });
  const own = (property: Parameters<typeof functionProperty>[1]) => functionProperty(oid, property);
  const support = own("support");
  const facts = [
    ...(signature.kind === "window" ? ["WINDOW"] : []),
    ...(signature.volatility === "volatile" ? [] : [signature.volatility.toUpperCase()]),
    ...(own("parallel") === "u" ? [] : [own("parallel") === "r" ? "PARALLEL RESTRICTED" : "PARALLEL SAFE"]),
    ...(signature.strict ? ["STRICT"] : []),
    ...(own("leakproof") === undefined ? [] : ["LEAKPROOF"]),
    ...(own("cost") === undefined ? [] : [`COST ${own("cost")}`]),
    ...(own("rows") === undefined ? [] : [`ROWS ${own("rows")}`]),
    ...(support === undefined ? [] : [`SUPPORT ${knownFunctions().get(Number(support))?.name}`]),
  ];
  const lines = [
    `CREATE OR REPLACE FUNCTION ${signature.schema}.${quoteIdentifier(name)}(${argumentsOf(registry, signature, false)})`,
    ` RETURNS ${resultOf(registry, signature)}`,
    " LANGUAGE internal",
    ...(facts.length === 0 ? [] : [` ${facts.join(" ")}`]),
    `AS $function$${functionSource(oid) ?? name}$function$`,
  ];
  return `${lines.join("\n")}\n`;
}
