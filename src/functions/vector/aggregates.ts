/** avg adds in float64; sum is a chain of `+`, in the elements' own precision, as in pgvector. */
import { type Datum, floatRangeError } from "../../types/index.js";
import type { AggregateBody } from "../registry.js";
import { addVectors } from "./arithmetic.js";
import { checkElement, checkExpectedDimensions, type DenseKind } from "./dense-kind.js";

interface AverageState {
  count: number;
  sums: Float64Array | undefined;
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
      const result = new Float32Array(state.sums.length);
      for (let i = 0; i < result.length; i++) {
        result[i] = kind.round((state.sums[i] as number) / state.count);
        checkElement(kind.name, result[i] as number);
      }
      return result;
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
