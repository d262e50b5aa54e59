/** pgvector's distances between bit strings, and the bits of dense vectors. A bit string in memory is its digits, "0101". */
import { bitLengthsDiffer, TypeOid } from "../../types/index.js";
import type { TypeDefinition } from "./definition.js";

const { bit, vector, halfvec, float8 } = TypeOid;
const ONE = "1".charCodeAt(0);

/** How many bits are set in both, in the left, in the right. */
function countBits(left: string, right: string): { both: number; inLeft: number; inRight: number } {
  if (left.length !== right.length) throw bitLengthsDiffer(left.length, right.length);
  let both = 0;
  let inLeft = 0;
  let inRight = 0;
  for (let i = 0; i < left.length; i++) {
    const a = left.charCodeAt(i) === ONE;
    const b = right.charCodeAt(i) === ONE;
    if (a) inLeft++;
    if (b) inRight++;
    if (a && b) both++;
  }
  return { both, inLeft, inRight };
}

export function hammingDistance(left: string, right: string): number {
  const { both, inLeft, inRight } = countBits(left, right);
  return inLeft + inRight - 2 * both;
}

/** 1 where the strings share no set bit, also where neither has one. */
export function jaccardDistance(left: string, right: string): number {
  const { both, inLeft, inRight } = countBits(left, right);
  return both === 0 ? 1 : 1 - both / (inLeft + inRight - both);
}

/** Bit i is 1 where element i is positive. */
export function binaryQuantize(value: Float32Array): string {
  let bits = "";
  for (let i = 0; i < value.length; i++) bits += (value[i] as number) > 0 ? "1" : "0";
  return bits;
}

export const bitDefinition: TypeDefinition = {
  operand: bit,
  functions: [
    ["hamming_distance", [bit, bit], float8, (_context, left: string, right: string) => hammingDistance(left, right)],
    ["jaccard_distance", [bit, bit], float8, (_context, left: string, right: string) => jaccardDistance(left, right)],
    ["binary_quantize", [vector], bit, (_context, value: Float32Array) => binaryQuantize(value)],
    ["binary_quantize", [halfvec], bit, (_context, value: Float32Array) => binaryQuantize(value)],
  ],
  aggregates: [],
  operators: [
    ["<~>", "hamming_distance", "<~>"],
    ["<%>", "jaccard_distance", "<%>"],
  ],
  casts: [],
};
