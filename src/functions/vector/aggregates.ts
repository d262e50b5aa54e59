/** avg(vector) adds in float64; sum(vector) is a chain of `+`, in float32, as in pgvector. */
import { type Datum, floatRangeError } from "../../types/index.js";
import type { AggregateBody } from "../registry.js";
import { addVectors } from "./arithmetic.js";
import { checkElement, checkExpectedDimensions } from "./vector-type.js";

interface AverageState {
  count: number;
  sums: Float64Array | undefined;
}

export const averageVector: AggregateBody<AverageState> = {
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
    const result = new Float32Array(state.sums.length);
    for (let i = 0; i < result.length; i++) {
      result[i] = (state.sums[i] as number) / state.count;
      checkElement(result[i] as number);
    }
    return result;
  },
};

export const sumVectors: AggregateBody<Float32Array | null> = {
  create: () => null,
  step: (_context, state, value: Datum) => (state === null ? (value as Float32Array) : addVectors(state, value as Float32Array)),
  finish: (_context, state) => state,
};
