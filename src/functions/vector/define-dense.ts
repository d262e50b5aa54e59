/** Functions, operators, casts and aggregates that vector and halfvec both have, as pgvector 0.8 declares them. */
import { type ArrayValue, TypeOid } from "../../types/index.js";
import { accumulate, averageOf, averageVectors, combine, sumVectors } from "./aggregates.js";
import { addVectors, concatVectors, multiplyVectors, normalizeVector, subtractVectors, subvector } from "./arithmetic.js";
import { arrayToDense, denseToFloat4Array } from "./casts.js";
import { comparisonOperators, type TypeDefinition } from "./definition.js";
import { checkExpectedDimensions, type DenseKind } from "./dense-kind.js";
import { compareDense, halfvecType, vectorType } from "./dense-type.js";
import {
  cosineDistance,
  innerProduct,
  l1Distance,
  l2Distance,
  l2Squared,
  maxSim,
  negativeInnerProduct,
  norm,
  sphericalDistance,
} from "./distances.js";

const { float8, int4, bool, float4Array, float8Array, int4Array, numericArray } = TypeOid;
type Binary = (kind: DenseKind, left: Float32Array, right: Float32Array) => number | Float32Array;

export function denseDefinition(kind: DenseKind): TypeDefinition {
  const { name, type } = kind;
  const two = [type, type];
  const pair = (body: Binary) => (_context: unknown, left: Float32Array, right: Float32Array) => body(kind, left, right);
  const compared = (holds: (order: number) => boolean) => (_context: unknown, left: Float32Array, right: Float32Array) =>
    holds(compareDense(left, right));
  return {
    operand: type,
    type: type === TypeOid.vector ? vectorType : halfvecType,
    functions: [
      ["l2_distance", two, float8, pair(l2Distance)],
      [`${name}_l2_squared_distance`, two, float8, pair(l2Squared)],
      ["inner_product", two, float8, pair(innerProduct)],
      [`${name}_negative_inner_product`, two, float8, pair(negativeInnerProduct)],
      ["cosine_distance", two, float8, pair(cosineDistance)],
      ["l1_distance", two, float8, pair(l1Distance)],
      [`${name}_spherical_distance`, two, float8, pair(sphericalDistance)],
      [
        "max_sim",
        [kind.arrayType, kind.arrayType],
        float8,
        (_context, query: ArrayValue, document: ArrayValue) =>
          maxSim(kind, query.elements as (Float32Array | null)[], document.elements as (Float32Array | null)[]),
      ],
      ["vector_dims", [type], int4, (_context, value: Float32Array) => value.length],
      [name === "vector" ? "vector_norm" : "l2_norm", [type], float8, (_context, value: Float32Array) => norm(value)],
      ["l2_normalize", [type], type, (_context, value: Float32Array) => normalizeVector(kind, value)],
      [
        "subvector",
        [type, int4, int4],
        type,
        (_context, value: Float32Array, start: number, count: number) => subvector(kind, value, start, count),
      ],
      [`${name}_add`, two, type, pair(addVectors)],
      [`${name}_sub`, two, type, pair(subtractVectors)],
      [`${name}_mul`, two, type, pair(multiplyVectors)],
      [`${name}_concat`, two, type, pair(concatVectors)],
      [`${name}_lt`, two, bool, compared((order) => order < 0)],
      [`${name}_le`, two, bool, compared((order) => order <= 0)],
      [`${name}_eq`, two, bool, compared((order) => order === 0)],
      [`${name}_ne`, two, bool, compared((order) => order !== 0)],
      [`${name}_ge`, two, bool, compared((order) => order >= 0)],
      [`${name}_gt`, two, bool, compared((order) => order > 0)],
      [`${name}_cmp`, two, int4, (_context, left: Float32Array, right: Float32Array) => Math.sign(compareDense(left, right))],
      [
        name,
        [type, int4, bool],
        type,
        (_context, value: Float32Array, typmod: number) => {
          checkExpectedDimensions(typmod, value.length);
          return value;
        },
      ],
      ...[int4Array, float4Array, float8Array, numericArray].map((array): TypeDefinition["functions"][number] => [
        `array_to_${name}`,
        [array, int4, bool],
        type,
        (_context, value: ArrayValue, typmod: number) => arrayToDense(kind, value, typmod),
      ]),
      [
        `${name}_accum`,
        [float8Array, type],
        float8Array,
        (_context, state: ArrayValue, value: Float32Array) => accumulate(kind, state, value),
      ],
      [`${name}_avg`, [float8Array], type, (_context, state: ArrayValue) => averageOf(kind, state)],
      [`${name}_combine`, [float8Array, float8Array], float8Array, (_context, a: ArrayValue, b: ArrayValue) => combine(kind, a, b)],
      [`${name}_to_float4`, [type, int4, bool], float4Array, (_context, value: Float32Array) => denseToFloat4Array(value)],
    ],
    aggregates: [
      ["avg", averageVectors(kind)],
      ["sum", sumVectors(kind)],
    ],
    operators: [
      ["<->", "l2_distance", "<->"],
      ["<#>", `${name}_negative_inner_product`, "<#>"],
      ["<=>", "cosine_distance", "<=>"],
      ["<+>", "l1_distance", "<+>"],
      ["+", `${name}_add`, "+"],
      ["-", `${name}_sub`],
      ["*", `${name}_mul`, "*"],
      ["||", `${name}_concat`],
      ...comparisonOperators(name),
    ],
    casts: [
      ...[int4Array, float4Array, float8Array, numericArray].map((source): TypeDefinition["casts"][number] => [
        source,
        type,
        "assignment",
        `array_to_${name}`,
      ]),
      [type, float4Array, name === "vector" ? "implicit" : "assignment", `${name}_to_float4`],
    ],
  };
}
