/** How a pgvector type is declared: data that `define-vector.ts` puts into the registry. */
import type { CastSignature, Oid, SqlType } from "../../types/index.js";
import type { AggregateBody, ScalarBody } from "../registry.js";

export interface TypeDefinition {
  readonly type: SqlType;
  readonly functions: readonly (readonly [name: string, argTypes: readonly Oid[], returnType: Oid, body: ScalarBody])[];
  // biome-ignore lint/suspicious/noExplicitAny: each aggregate has a state type of its own.
  readonly aggregates: readonly (readonly [name: string, body: AggregateBody<any>])[];
  /** Both operands are of the type. */
  readonly operators: readonly (readonly [name: string, functionName: string, commutator?: string, negator?: string])[];
  /** The function takes (source, typmod, is explicit). */
  readonly casts: readonly (readonly [source: Oid, target: Oid, context: CastSignature["context"], functionName: string])[];
}

export function comparisonOperators(typeName: string): TypeDefinition["operators"] {
  return [
    ["<", `${typeName}_lt`, ">", ">="],
    ["<=", `${typeName}_le`, ">=", ">"],
    ["=", `${typeName}_eq`, "=", "<>"],
    ["<>", `${typeName}_ne`, "<>", "="],
    [">=", `${typeName}_ge`, "<=", "<"],
    [">", `${typeName}_gt`, "<", "<="],
  ];
}
