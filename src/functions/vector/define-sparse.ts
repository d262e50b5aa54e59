/** Functions, operators and casts of sparsevec, and the casts between the three vector types, as pgvector 0.8 declares them. */
import { type ArrayValue, type Oid, type SparseVector, TypeOid } from "../../types/index.js";
import { convertElements } from "./arithmetic.js";
import { arrayElements } from "./casts.js";
import { comparisonOperators, type TypeDefinition } from "./definition.js";
import { checkElement, checkExpectedDimensions, type DenseKind, halfvecKind, vectorKind } from "./dense-kind.js";
import {
  denseToSparse,
  normalizeSparse,
  sparseCosineDistance,
  sparseInnerProduct,
  sparseL1Distance,
  sparseL2Distance,
  sparseL2Squared,
  sparseNegativeInnerProduct,
  sparseNorm,
  sparseToDense,
} from "./sparse-functions.js";
import { compareSparse, sparsevecType } from "./sparse-type.js";

const { vector, halfvec, sparsevec, float8, int4, bool, float4Array, float8Array, int4Array, numericArray } = TypeOid;
type Definition = TypeDefinition["functions"][number];
const two = [sparsevec, sparsevec];
const arrays = [int4Array, float4Array, float8Array, numericArray];

const pair = (body: (left: SparseVector, right: SparseVector) => number) => (_context: unknown, left: SparseVector, right: SparseVector) =>
  body(left, right);
const compared = (holds: (order: number) => boolean) => (_context: unknown, left: SparseVector, right: SparseVector) =>
  holds(compareSparse(left, right));

/** `(source, typmod, is explicit)`, the dimensions checked before the work. */
const conversion = <Source>(
  name: string,
  source: Oid,
  target: Oid,
  dimensions: (value: Source) => number,
  body: (value: Source) => unknown,
): Definition => [
  name,
  [source, int4, bool],
  target,
  ((_context: unknown, value: Source, typmod: number) => {
    checkExpectedDimensions(typmod, dimensions(value));
    return body(value);
  }) as Definition[3],
];
const lengthOf = (value: Float32Array) => value.length;
const dimensionsOf = (value: SparseVector) => value.dimensions;
const toDense = (kind: DenseKind, name: string) =>
  conversion<SparseVector>(name, sparsevec, kind.type, dimensionsOf, (value) => sparseToDense(kind, value));

export const sparseDefinition: TypeDefinition = {
  operand: sparsevec,
  type: sparsevecType,
  functions: [
    ["l2_distance", two, float8, pair(sparseL2Distance)],
    ["sparsevec_l2_squared_distance", two, float8, pair(sparseL2Squared)],
    ["inner_product", two, float8, pair(sparseInnerProduct)],
    ["sparsevec_negative_inner_product", two, float8, pair(sparseNegativeInnerProduct)],
    ["cosine_distance", two, float8, pair(sparseCosineDistance)],
    ["l1_distance", two, float8, pair(sparseL1Distance)],
    ["l2_norm", [sparsevec], float8, (_context, value: SparseVector) => sparseNorm(value)],
    ["l2_normalize", [sparsevec], sparsevec, (_context, value: SparseVector) => normalizeSparse(value)],
    ["sparsevec_lt", two, bool, compared((order) => order < 0)],
    ["sparsevec_le", two, bool, compared((order) => order <= 0)],
    ["sparsevec_eq", two, bool, compared((order) => order === 0)],
    ["sparsevec_ne", two, bool, compared((order) => order !== 0)],
    ["sparsevec_ge", two, bool, compared((order) => order >= 0)],
    ["sparsevec_gt", two, bool, compared((order) => order > 0)],
    ["sparsevec_cmp", two, int4, pair((left, right) => Math.sign(compareSparse(left, right)))],
    conversion<SparseVector>("sparsevec", sparsevec, sparsevec, dimensionsOf, (value) => value),
    conversion<Float32Array>("vector_to_halfvec", vector, halfvec, lengthOf, (value) => convertElements(halfvecKind, value)),
    conversion<Float32Array>("halfvec_to_vector", halfvec, vector, lengthOf, (value) => value),
    conversion<Float32Array>("vector_to_sparsevec", vector, sparsevec, lengthOf, denseToSparse),
    conversion<Float32Array>("halfvec_to_sparsevec", halfvec, sparsevec, lengthOf, denseToSparse),
    toDense(vectorKind, "sparsevec_to_vector"),
    toDense(halfvecKind, "sparsevec_to_halfvec"),
    ...arrays.map((array) =>
      conversion<ArrayValue>(
        "array_to_sparsevec",
        array,
        sparsevec,
        (value) => value.elements.length,
        (value) => {
          const elements = arrayElements(value);
          for (const element of elements) checkElement("sparsevec", element);
          return denseToSparse(elements);
        },
      ),
    ),
  ],
  aggregates: [],
  operators: [
    ["<->", "l2_distance", "<->"],
    ["<#>", "sparsevec_negative_inner_product", "<#>"],
    ["<=>", "cosine_distance", "<=>"],
    ["<+>", "l1_distance", "<+>"],
    ...comparisonOperators("sparsevec"),
  ],
  casts: [
    [vector, halfvec, "implicit", "vector_to_halfvec"],
    [halfvec, vector, "assignment", "halfvec_to_vector"],
    [vector, sparsevec, "implicit", "vector_to_sparsevec"],
    [halfvec, sparsevec, "implicit", "halfvec_to_sparsevec"],
    [sparsevec, vector, "assignment", "sparsevec_to_vector"],
    [sparsevec, halfvec, "assignment", "sparsevec_to_halfvec"],
    ...arrays.map((array): TypeDefinition["casts"][number] => [array, sparsevec, "assignment", "array_to_sparsevec"]),
  ],
};
