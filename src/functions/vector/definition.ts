/** What pgvector declares for one type: data that `define-vector.ts` puts into the registry. */
import type { CastSignature, Oid, SqlType } from "../../types/index.js";
import type { AggregateBody, ScalarBody } from "../registry.js";

export interface TypeDefinition {
  /** Of both operands of the operators, of the arguments and results of the aggregates. */
  readonly operand: Oid;
  /** The type itself, where it is pgvector's. */
  readonly type?: SqlType;
  readonly functions: readonly (readonly [name: string, argTypes: readonly Oid[], returnType: Oid, body: ScalarBody])[];
  // biome-ignore lint/suspicious/noExplicitAny: each aggregate has a state type of its own.
  readonly aggregates: readonly (readonly [name: string, body: AggregateBody<any>])[];
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
