/** Functions over the system relations whose answers follow from what we do not have: extended statistics. */
import type { DefinableRegistry } from "../../src/functions/index.js";
import { type FunctionSignature, TypeOid } from "../../src/types/index.js";

export function defineCatalogFunctions(registry: DefinableRegistry): void {
  const signature = (name: string, oid: number, argType: number, returnType: number, kind: "function" | "set"): FunctionSignature => ({
    id: `${name}(${registry.typeByOid(argType)?.name})`,
    oid,
    schema: "pg_catalog",
    name,
    argTypes: [argType],
    returnType,
    kind,
    strict: true,
    volatility: kind === "set" ? "volatile" : "stable",
  });
  if (registry.functionsByName("pg_get_statisticsobjdef_columns").length === 0)
    registry.defineScalar(signature("pg_get_statisticsobjdef_columns", 6174, TypeOid.oid, TypeOid.text, "function"), () => null);
}
