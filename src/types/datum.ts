/**
 * One SQL value in JavaScript. NULL is `null`; everything else is fixed by the SQL type, never by the value:
 *
 *   bool                        boolean
 *   int2 int4 oid float4 float8 number; xid cid and the reg types (regclass, regtype…) too: they are oids
 *   int8                        number while it is a safe integer, bigint beyond
 *   numeric                     Numeric (src/types/numeric.ts)
 *   text varchar bpchar (blank-padded) name "char" json uuid (lower case, hyphens), void (empty)  string
 *   bit varbit ("0101"), macaddr macaddr8 ("08:00:2b:…"), tid ("(0,1)"), pg_snapshot txid_snapshot ("10:20:10,14")  string
 *   money (hundredths) pg_lsn xid8 (both unsigned)  number or bigint like int8
 *   inet cidr                   NetworkAddress (src/types/network-address.ts)
 *   timetz                      TimeTz (src/types/time-tz.ts)
 *   point lseg box line circle polygon  Float64Array: x, y; two points; upper right and lower left; A, B, C; centre and radius; points
 *   path                        GeometricPath (src/types/geometric-path.ts)
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
import type { GeometricPath } from "./geometric-path.js";
import type { Interval } from "./interval.js";
import type { Jsonb } from "./jsonb.js";
import type { NetworkAddress } from "./network-address.js";
import type { Numeric } from "./numeric.js";
import type { MultirangeValue, RangeValue } from "./range-value.js";
import type { RowValue } from "./row-value.js";
import type { SparseVector } from "./sparse-vector.js";
import type { TimeTz } from "./time-tz.js";

export type Datum =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Float32Array
  | Float64Array
  | GeometricPath
  | NetworkAddress
  | TimeTz
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
