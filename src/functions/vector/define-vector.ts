/**
 * Adds pgvector's type, functions, operators, casts and aggregates to a registry. OIDs from 16010 are ours: PostgreSQL gives
 * extensions numbers per database, below 16384 nothing of a user's can collide with them.
 */
import { type ArrayValue, type Datum, type FunctionSignature, type Oid, TypeOid } from "../../types/index.js";
import type { DefinableRegistry, ScalarBody } from "../registry.js";
import { makeArrayType } from "../types/array.js";
import { averageVector, sumVectors } from "./aggregates.js";
import { addVectors, concatVectors, multiplyVectors, normalizeVector, subtractVectors, subvector } from "./arithmetic.js";
import { arrayToVector, vectorToFloat4Array } from "./casts.js";
import {
  cosineDistance,
  innerProduct,
  l1Distance,
  l2Distance,
  l2Squared,
  negativeInnerProduct,
  norm,
  sphericalDistance,
} from "./distances.js";
import { checkExpectedDimensions, compareVectors, vectorType } from "./vector-type.js";

const { vector, float8, int4, bool, float4Array, float8Array, int4Array, numericArray } = TypeOid;
const firstOid = 16010;
const firstOperatorOid = 16100;

type Binary = (left: Float32Array, right: Float32Array) => Datum;
const pair =
  (body: Binary): ScalarBody =>
  (_context, left: Float32Array, right: Float32Array) =>
    body(left, right);

const typeNames: Record<Oid, string> = {
  [vector]: "vector",
  [int4]: "int4",
  [bool]: "bool",
  [float4Array]: "_float4",
  [float8Array]: "_float8",
  [int4Array]: "_int4",
  [numericArray]: "_numeric",
};
const idOf = (name: string, argTypes: readonly Oid[]) => `${name}(${argTypes.map((oid) => typeNames[oid]).join(",")})`;

type Definition = readonly [name: string, argTypes: readonly Oid[], returnType: Oid, body: ScalarBody];
const two = [vector, vector] as const;
const functions: readonly Definition[] = [
  ["l2_distance", two, float8, pair(l2Distance)],
  ["vector_l2_squared_distance", two, float8, pair(l2Squared)],
  ["inner_product", two, float8, pair(innerProduct)],
  ["vector_negative_inner_product", two, float8, pair(negativeInnerProduct)],
  ["cosine_distance", two, float8, pair(cosineDistance)],
  ["l1_distance", two, float8, pair(l1Distance)],
  ["vector_spherical_distance", two, float8, pair(sphericalDistance)],
  ["vector_dims", [vector], int4, (_context, value: Float32Array) => value.length],
  ["vector_norm", [vector], float8, (_context, value: Float32Array) => norm(value)],
  ["l2_normalize", [vector], vector, (_context, value: Float32Array) => normalizeVector(value)],
  [
    "subvector",
    [vector, int4, int4],
    vector,
    (_context, value: Float32Array, start: number, count: number) => subvector(value, start, count),
  ],
  ["vector_add", two, vector, pair(addVectors)],
  ["vector_sub", two, vector, pair(subtractVectors)],
  ["vector_mul", two, vector, pair(multiplyVectors)],
  ["vector_concat", two, vector, pair(concatVectors)],
  ["vector_lt", two, bool, pair((a, b) => compareVectors(a, b) < 0)],
  ["vector_le", two, bool, pair((a, b) => compareVectors(a, b) <= 0)],
  ["vector_eq", two, bool, pair((a, b) => compareVectors(a, b) === 0)],
  ["vector_ne", two, bool, pair((a, b) => compareVectors(a, b) !== 0)],
  ["vector_ge", two, bool, pair((a, b) => compareVectors(a, b) >= 0)],
  ["vector_gt", two, bool, pair((a, b) => compareVectors(a, b) > 0)],
  ["vector_cmp", two, int4, pair((a, b) => Math.sign(compareVectors(a, b)))],
  [
    "vector",
    [vector, int4, bool],
    vector,
    (_context, value: Float32Array, typmod: number) => {
      checkExpectedDimensions(typmod, value.length);
      return value;
    },
  ],
  ...[int4Array, float4Array, float8Array, numericArray].map(
    (array): Definition => [
      "array_to_vector",
      [array, int4, bool],
      vector,
      (_context, value: ArrayValue, typmod: number) => arrayToVector(value, typmod),
    ],
  ),
  ["vector_to_float4", [vector, int4, bool], float4Array, (_context, value: Float32Array) => vectorToFloat4Array(value)],
];

const operators: readonly (readonly [name: string, functionName: string, commutator?: string, negator?: string])[] = [
  ["<->", "l2_distance", "<->"],
  ["<#>", "vector_negative_inner_product", "<#>"],
  ["<=>", "cosine_distance", "<=>"],
  ["<+>", "l1_distance", "<+>"],
  ["+", "vector_add", "+"],
  ["-", "vector_sub"],
  ["*", "vector_mul", "*"],
  ["||", "vector_concat"],
  ["<", "vector_lt", ">", ">="],
  ["<=", "vector_le", ">=", ">"],
  ["=", "vector_eq", "=", "<>"],
  ["<>", "vector_ne", "<>", "="],
  [">=", "vector_ge", "<=", "<"],
  [">", "vector_gt", "<", "<="],
];

export function defineVector(registry: DefinableRegistry): void {
  registry.defineType(vectorType);
  // The facts are of PostgreSQL's own types; an array of vectors differs from one of real in these alone.
  registry.defineType({
    ...makeArrayType("_float4", vectorType),
    oid: vectorType.arrayType,
    name: "_vector",
    displayName: "vector[]",
    elementType: vector,
  });
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
  for (const [name, argTypes, returnType, body] of functions) {
    registry.defineScalar(signature(name, argTypes, returnType, "function"), body);
  }
  registry.defineAggregate(signature("avg", [vector], vector, "aggregate"), averageVector);
  registry.defineAggregate(signature("sum", [vector], vector, "aggregate"), sumVectors);

  let operatorOid = firstOperatorOid;
  for (const [name, functionName, commutator, negator] of operators) {
    const functionId = idOf(functionName, two);
    registry.defineOperator({
      oid: operatorOid++,
      schema: "public",
      name,
      left: vector,
      right: vector,
      functionId,
      result: registry.functionById(functionId)!.returnType,
      ...(commutator === undefined ? {} : { commutator }),
      ...(negator === undefined ? {} : { negator }),
    });
  }
  for (const source of [int4Array, float4Array, float8Array, numericArray]) {
    const functionId = idOf("array_to_vector", [source, int4, bool]);
    registry.defineCast({ source, target: vector, context: "assignment", method: { kind: "function", functionId } });
  }
  const toArray = idOf("vector_to_float4", [vector, int4, bool]);
  registry.defineCast({ source: vector, target: float4Array, context: "implicit", method: { kind: "function", functionId: toArray } });
}
