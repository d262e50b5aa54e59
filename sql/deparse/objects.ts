/** Names of types, functions, operators and relations, with their schema only where the search path needs it. */
import { quoteIdentifier } from "../../src/catalog/index.js";
import { formatType } from "../../src/functions/index.js";
import type { FunctionSignature, Oid } from "../../src/types/index.js";
import type { Printer } from "./printer.js";

export const typeText = (printer: Printer, type: Oid, typmod: number): string => formatType(printer.registry, type, typmod);

/** generate_relation_name: also qualified when a WITH entry has the bare name. */
export function relationText(printer: Printer, oid: Oid, isHidden: (name: string) => boolean): string {
  const { catalog } = printer.binder;
  const relation = catalog.relationByOid(oid);
  if (relation === undefined) return "?";
  const isVisible = catalog.relation(undefined, relation.name)?.oid === oid && !isHidden(relation.name);
  const schema = isVisible ? "" : `${quoteIdentifier(catalog.schemaByOid(relation.schema)?.name ?? "")}.`;
  return schema + quoteIdentifier(relation.name);
}

/** The names that are looked for without a schema: the system's and those of the search path. */
function isInPath(printer: Printer, schema: string): boolean {
  if (schema === "pg_catalog") return true;
  const path = (printer.binder.catalog as { readonly searchPath?: readonly Oid[] }).searchPath ?? [];
  return path.some((oid) => printer.binder.catalog.schemaByOid(oid)?.name === schema);
}

/** generate_function_name: bare where a call with these types finds this very function. */
export function functionText(printer: Printer, signature: FunctionSignature): string {
  const name = quoteIdentifier(signature.name);
  if (signature.schema === "pg_catalog") return name;
  return isInPath(printer, signature.schema) ? name : `${quoteIdentifier(signature.schema)}.${name}`;
}

/** generate_operator_name. */
export function operatorText(printer: Printer, written: string, functionId: string): string {
  const point = written.lastIndexOf(".");
  const name = written.slice(point + 1);
  const isOurs = point >= 0;
  for (const operator of printer.registry.operatorsByName(name)) {
    if (operator.functionId !== functionId || (isOurs && operator.schema !== written.slice(0, point))) continue;
    return isInPath(printer, operator.schema) ? name : `OPERATOR(${quoteIdentifier(operator.schema)}.${name})`;
  }
  return name;
}
