/**
 * One SQL value in JavaScript. NULL is `null`; everything else is fixed by the SQL type, never by the value:
 *
 *   bool                        boolean
 *   int2 int4 oid float4 float8 number; xid cid and the reg types (regclass, regtype…) too: they are oids
 *   int8                        number while it is a safe integer, bigint beyond
 *   numeric                     Numeric (src/types/numeric.ts)
 *   text varchar bpchar (blank-padded) name "char" json uuid (lower case, hyphens) tid, void (empty)  string
 *   int2vector oidvector        ArrayValue with lower bound 0
 *   jsonb                       Jsonb (src/types/jsonb.ts)
 *   bytea                       Uint8Array
 *   date                        days since 2000-01-01; ±Infinity
 *   time                        microseconds since midnight, number
 *   timestamp timestamptz       microseconds since 2000-01-01 (UTC), number or bigint like int8; ±Infinity
 *   interval                    Interval (src/types/interval.ts)
 *   arrays                      ArrayValue (src/types/array-value.ts)
 *   vector halfvec              Float32Array (a halfvec's elements are exact in 16 bits)
 *   sparsevec                   SparseVector (src/types/sparse-vector.ts)
 *   record                      RowValue (src/types/row-value.ts)
 *   jsonpath                    string: the path as it prints
 *   ranges, multiranges         RangeValue, MultirangeValue (src/types/range-value.ts)
 */
import type { ArrayValue } from "./array-value.js";
import type { Interval } from "./interval.js";
import type { Jsonb } from "./jsonb.js";
import type { Numeric } from "./numeric.js";
import type { MultirangeValue, RangeValue } from "./range-value.js";
import type { RowValue } from "./row-value.js";
import type { SparseVector } from "./sparse-vector.js";

export type Datum =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Float32Array
  | Numeric
  | Interval
  | Jsonb
  | ArrayValue
  | RowValue
  | SparseVector
  | RangeValue
  | MultirangeValue;

/** A row between TypeScript operators: one datum per output column, in the order of the operator's columns. */
export type Row = Datum[];
