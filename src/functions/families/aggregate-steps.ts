/** Transition functions that PostgreSQL's aggregates use inside and that CREATE AGGREGATE may name. */
import { ArrayValue, type Datum, DbError, type Oid, TypeOid } from "../../types/index.js";
import type { ScalarBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { add8 } from "./integer-math.js";

type Int8 = number | bigint;

/** [count, sum] as int8[]. */
const countAndSum: ScalarBody = (_c, state: ArrayValue, value: number): Datum => {
  const [count, sum] = state.elements as readonly Int8[];
  if (state.elements.length !== 2) throw new DbError({ sqlstate: "22023", message: "expected 2-element int8 array" });
  return new ArrayValue(TypeOid.int8 as Oid, [add8(count as Int8, 1), add8(sum as Int8, value)]);
};

export const aggregateStepFamily: Family = {
  scalars: {
    int4_avg_accum: countAndSum,
    int2_avg_accum: countAndSum,
    int8inc_any: (_c, count: Int8) => add8(count, 1),
  },
};
