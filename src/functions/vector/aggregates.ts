/** avg adds in float64; sum is a chain of `+`, in the elements' own precision, as in pgvector. */
import { ArrayValue, type Datum, DbError, floatRangeError, TypeOid } from "../../types/index.js";
import type { AggregateBody } from "../registry.js";
import { addVectors } from "./arithmetic.js";
import { checkDimensions, checkElement, checkExpectedDimensions, type DenseKind } from "./dense-kind.js";

interface AverageState {
  count: number;
  sums: Float64Array | undefined;
}

function means(kind: DenseKind, sums: ArrayLike<number>, count: number): Float32Array {
  return Float32Array.from(sums, (sum) => {
    const element = kind.round(sum / count);
    checkElement(kind.name, element);
    return element;
  });
}

export function averageVectors(kind: DenseKind): AggregateBody<AverageState> {
  return {
    create: () => ({ count: 0, sums: undefined }),
    step(_context, state, value: Datum) {
      const vector = value as Float32Array;
      state.sums ??= new Float64Array(vector.length);
      checkExpectedDimensions(state.sums.length, vector.length);
      state.count++;
      for (let i = 0; i < vector.length; i++) {
        const sum = (state.sums[i] as number) + (vector[i] as number);
        if (!Number.isFinite(sum)) throw floatRangeError("overflow");
        state.sums[i] = sum;
      }
      return state;
    },
    finish(_context, state) {
      if (state.sums === undefined) return null;
      return means(kind, state.sums, state.count);
    },
  };
}

export function sumVectors(kind: DenseKind): AggregateBody<Float32Array | null> {
  return {
    create: () => null,
    step: (_context, state, value: Datum) => (state === null ? (value as Float32Array) : addVectors(kind, state, value as Float32Array)),
    finish: (_context, state) => state,
  };
}

/** pgvector's own form of avg's state: the count, then the sums. */
function stateOf(value: ArrayValue, caller: string): readonly number[] {
  if (value.dimensions.length !== 1 || value.elements.some((e) => e === null))
    throw new DbError({ sqlstate: "XX000", message: `${caller}: expected state array` });
  return value.elements as number[];
}
const stateArray = (values: readonly number[]): ArrayValue => new ArrayValue(TypeOid.float8, [...values]);
function added(a: number, b: number): number {
  const sum = a + b;
  if (!Number.isFinite(sum)) throw floatRangeError("overflow");
  return sum;
}
export function accumulate(kind: DenseKind, state: ArrayValue, value: Float32Array): ArrayValue {
  const [count = 0, ...sums] = stateOf(state, `${kind.name}_accum`);
  if (sums.length === 0) return stateArray([count + 1, ...value]);
  checkExpectedDimensions(sums.length, value.length);
  return stateArray([count + 1, ...sums.map((sum, i) => added(sum, value[i] as number))]);
}
export function combine(kind: DenseKind, left: ArrayValue, right: ArrayValue): ArrayValue {
  const [leftCount = 0, ...leftSums] = stateOf(left, `${kind.name}_combine`);
  const [rightCount = 0, ...rightSums] = stateOf(right, `${kind.name}_combine`);
  if (leftCount === 0) return right;
  if (rightCount === 0) return left;
  checkExpectedDimensions(leftSums.length, rightSums.length);
  return stateArray([leftCount + rightCount, ...leftSums.map((sum, i) => added(sum, rightSums[i] as number))]);
}
export function averageOf(kind: DenseKind, state: ArrayValue): Float32Array | null {
  const [count = 0, ...sums] = stateOf(state, `${kind.name}_avg`);
  if (count === 0) return null;
  checkDimensions(kind, sums.length);
  return means(kind, sums, count);
}
