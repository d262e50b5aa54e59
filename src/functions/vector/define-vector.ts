/**
 * Adds pgvector's types, functions, operators, casts and aggregates to a registry. OIDs from 16010 are ours: PostgreSQL gives
 * extensions numbers per database, below 16384 nothing of a user's can collide with them.
 */
import { type FunctionSignature, notSupported, type Oid, TypeOid } from "../../types/index.js";
import { findService, type SessionService } from "../catalog-service.js";
import type { DefinableRegistry } from "../registry.js";
import { makeArrayType } from "../types/array.js";
import { bitDefinition } from "./define-bit.js";
import { denseDefinition } from "./define-dense.js";
import { sparseDefinition } from "./define-sparse.js";
import type { TypeDefinition } from "./definition.js";
import { halfvecKind, vectorKind } from "./dense-kind.js";
import { packedForms } from "./packed-forms.js";

const firstOid = 16010;
const firstOperatorOid = 16100;
const { int4, bool } = TypeOid;

const definitions: readonly TypeDefinition[] = [denseDefinition(vectorKind), denseDefinition(halfvecKind), sparseDefinition, bitDefinition];

/** Of orrery_vector_recall. */
const DEFAULT_RECALL = { k: 10, queries: 100 };

export function defineVector(registry: DefinableRegistry): void {
  for (const { type } of definitions) {
    if (type === undefined) continue;
    registry.defineType(type);
    // The facts are of PostgreSQL's own types; an array of vectors differs from one of real in these alone.
    registry.defineType({
      ...makeArrayType("_float4", type),
      oid: type.arrayType,
      name: `_${type.name}`,
      displayName: `${type.name}[]`,
      elementType: type.oid,
    });
  }
  const idOf = (name: string, argTypes: readonly Oid[]) => `${name}(${argTypes.map((oid) => registry.typeByOid(oid)?.name).join(",")})`;
  let oid = firstOid;
  const signature = (name: string, argTypes: readonly Oid[], returnType: Oid, kind: FunctionSignature["kind"]): FunctionSignature => ({
    id: idOf(name, argTypes),
    oid: oid++,
    schema: "public",
    name,
    argTypes,
    returnType,
    kind,
    strict: true,
    volatility: "immutable",
  });
  let operatorOid = firstOperatorOid;
  for (const { operand, functions, aggregates, operators } of definitions) {
    for (const [name, argTypes, returnType, body] of functions)
      registry.defineScalar(signature(name, argTypes, returnType, "function"), body);
    for (const [name, body] of aggregates) registry.defineAggregate(signature(name, [operand], operand, "aggregate"), body);
    for (const [name, functionName, commutator, negator] of operators) {
      const functionId = idOf(functionName, [operand, operand]);
      registry.defineOperator({
        oid: operatorOid++,
        schema: "public",
        name,
        left: operand,
        right: operand,
        functionId,
        result: registry.functionById(functionId)!.returnType,
        ...(commutator === undefined ? {} : { commutator }),
        ...(negator === undefined ? {} : { negator }),
      });
    }
  }
  for (const [type, { functionName, pack }] of packedForms)
    registry.defineScalar(signature(functionName, [type], TypeOid.vector, "function"), (_context, value: never) => pack(value));
  for (const extra of [[], [int4], [int4, int4]])
    registry.defineScalar(
      { ...signature("orrery_vector_recall", [TypeOid.regclass, ...extra], TypeOid.float8, "function"), volatility: "volatile" },
      (context, index: Oid, k: number = DEFAULT_RECALL.k, queries: number = DEFAULT_RECALL.queries) => {
        const measure = findService<SessionService>(context, "session")?.vectorRecall;
        if (measure === undefined) throw notSupported("orrery_vector_recall");
        return measure(index, k, queries);
      },
    );
  for (const { casts } of definitions)
    for (const [source, target, context, functionName] of casts) {
      const functionId = idOf(functionName, [source, int4, bool]);
      registry.defineCast({ source, target, context, method: { kind: "function", functionId } });
    }
}
