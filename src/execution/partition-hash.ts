/**
 * The hash that decides which partition of a hash-partitioned table takes a row, value for value PostgreSQL's: the extended hash of each
 * key with a fixed seed, combined over the keys. Rows therefore land where PostgreSQL puts them.
 */
import { hashOf } from "../functions/index.js";
import type { Datum, SqlType } from "../types/index.js";

/** HASH_PARTITION_SEED. */
const SEED = 0x7a5b22367996dcfdn;
const MASK64 = (1n << 64n) - 1n;

/** The row's hash as an unsigned 64-bit integer. NULL keys add nothing. */
export function partitionHash(types: readonly SqlType[], key: readonly Datum[], typeOf: (oid: number) => SqlType): bigint {
  let row = 0n;
  key.forEach((value, i) => {
    if (value === null) return;
    row = combine(row, hashOf(types[i] as SqlType, value, SEED, typeOf));
  });
  return row;
}
/** hash_combine64. */
function combine(a: bigint, b: bigint): bigint {
  const mixed = (b + 0x49a0f4dd15e5a8e3n + ((a << 54n) & MASK64) + (a >> 7n)) & MASK64;
  return (a ^ mixed) & MASK64;
}
