/** The hash functions of PostgreSQL's hash operator classes, 32 bits and, with a seed, 64. */
import { type ArrayValue, dataError, type Interval, type NetworkAddress, type Numeric, type TimeTz } from "../../types/index.js";
import { totalMicros } from "../datetime/interval.js";
import { sendNumeric } from "../numeric/numeric-value.js";
import { type ScalarBody, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { hashBytes, hashBytesExtended, wordBytes } from "../text/hash.js";
import { fromHex } from "../types/bytea.js";
import { encodeText, made, viewOf } from "../types/bytes.js";
import { type Int64, int64 } from "../types/integers.js";
import { macBytes } from "../types/network.js";
import { trimSpacesRight } from "../types/strings.js";

/** What of a value is hashed; a number: the hash itself, whatever the seed. */
type Hashed = Uint8Array | { readonly fixed: bigint; readonly seeded: (seed: bigint) => bigint };

/** Integers that fit 32 bits hash alike in all widths. */
function integerBytes(value: Int64): Uint8Array {
  const wide = BigInt.asIntN(64, BigInt(value));
  const high = Number(BigInt.asIntN(32, wide >> 32n));
  return wordBytes(Number(BigInt.asIntN(32, wide)) ^ (wide >= 0n ? high : ~high));
}
function floatBytes(value: number): Hashed {
  if (value === 0) return { fixed: 0n, seeded: (seed) => seed };
  return made(8, (view) => view.setFloat64(0, value, true));
}
/** Base-10000 digits as they lie in memory; the weight is mixed in afterwards. */
function numericHash(value: Numeric): Hashed {
  if (value.special !== "finite") return { fixed: 0n, seeded: (seed) => seed };
  if (value.coefficient === 0n) return { fixed: -1n, seeded: (seed) => seed - 1n };
  const sent = sendNumeric(value);
  const view = viewOf(sent);
  const count = view.getInt16(0);
  const weight = view.getInt16(2);
  const digits = made(2 * count, (out) => {
    for (let i = 0; i < count; i++) out.setInt16(2 * i, view.getInt16(8 + 2 * i), true);
  });
  return {
    fixed: BigInt(hashBytes(digits) ^ weight),
    seeded: (seed) => BigInt.asIntN(64, hashBytesExtended(digits, seed) ^ BigInt(weight)),
  };
}
const zoned = ({ micros, offset }: TimeTz): Hashed => ({
  fixed: BigInt(hashBytes(integerBytes(micros)) ^ hashBytes(wordBytes(-offset))),
  seeded: (seed) => hashBytesExtended(integerBytes(micros), seed) ^ hashBytesExtended(wordBytes(-offset), seed),
});

const hashed: Readonly<Record<string, (value: never) => Hashed>> = {
  hashint2: (value: number) => wordBytes(value),
  hashint4: (value: number) => wordBytes(value),
  hashint8: integerBytes,
  hashoid: (value: number) => wordBytes(value | 0),
  hashchar: (value: string) => wordBytes(value === "" ? 0 : (value.charCodeAt(0) << 24) >> 24),
  hashname: (value: string) => encodeText(value),
  hashtext: (value: string) => encodeText(value),
  hashbpchar: (value: string) => encodeText(trimSpacesRight(value)),
  hashvarlena: (value: Uint8Array) => value,
  hashfloat4: floatBytes,
  hashfloat8: floatBytes,
  hash_numeric: numericHash,
  hashmacaddr: (value: string) => macBytes(value),
  hashmacaddr8: (value: string) => macBytes(value),
  hashinet: ({ bytes, bits }: NetworkAddress) => Uint8Array.of(bytes.length === 4 ? 2 : 3, bits, ...bytes),
  uuid_hash: (value: string) => fromHex(value.replaceAll("-", "")),
  time_hash: (value: number) => integerBytes(value),
  timestamp_hash: (value: Int64) => integerBytes(infinityBits(value)),
  timetz_hash: zoned,
  interval_hash: (value: Interval) => integerBytes(totalMicros(value)),
  pg_lsn_hash: integerBytes,
};
function infinityBits(value: Int64): Int64 {
  if (value === Number.POSITIVE_INFINITY) return 9223372036854775807n;
  return value === Number.NEGATIVE_INFINITY ? -9223372036854775808n : value;
}

const scalars: Record<string, ScalarBody> = {};
for (const [name, of] of Object.entries(hashed)) {
  const extended = `${name}${name.endsWith("_hash") || name === "hash_numeric" ? "_extended" : "extended"}`;
  scalars[name] = (_c, value: never) => {
    const bytes = of(value);
    return bytes instanceof Uint8Array ? hashBytes(bytes) : Number(bytes.fixed);
  };
  scalars[extended] = (_c, value: never, seed: Int64) => {
    const bytes = of(value);
    return int64(bytes instanceof Uint8Array ? hashBytesExtended(bytes, BigInt(seed)) : BigInt.asIntN(64, bytes.seeded(BigInt(seed))));
  };
}

/** The hash function of an array's elements. */
const elementHashes: Readonly<Record<string, string>> = {
  int2: "hashint2",
  int4: "hashint4",
  int8: "hashint8",
  oid: "hashoid",
  char: "hashchar",
  name: "hashname",
  text: "hashtext",
  varchar: "hashtext",
  bpchar: "hashbpchar",
  bytea: "hashvarlena",
  float4: "hashfloat4",
  float8: "hashfloat8",
  numeric: "hash_numeric",
  macaddr: "hashmacaddr",
  macaddr8: "hashmacaddr8",
  inet: "hashinet",
  cidr: "hashinet",
  uuid: "uuid_hash",
  time: "time_hash",
  timestamp: "timestamp_hash",
  timestamptz: "timestamp_hash",
  timetz: "timetz_hash",
  interval: "interval_hash",
  pg_lsn: "pg_lsn_hash",
};
const hashArray = (isExtended: boolean) =>
  new TypedBody<ScalarBody>((call, registry) => {
    const element = registry.typeByOid(registry.typeByOid(call.argTypes[0]!)?.elementType ?? 0);
    const of = element === undefined ? undefined : hashed[elementHashes[element.name] ?? ""];
    if (of === undefined) {
      const kind = isExtended ? "an extended hash" : "a hash";
      return () => {
        throw dataError("42883", `could not identify ${kind} function for type ${element?.displayName ?? "unknown"}`);
      };
    }
    const width = isExtended ? 64 : 32;
    return (_c, array: ArrayValue, seed: Int64 = 0) => {
      let result = 1n;
      for (const item of array.elements) {
        let hash = 0n;
        if (item !== null) {
          const bytes = of(item as never);
          if (isExtended) hash = bytes instanceof Uint8Array ? hashBytesExtended(bytes, BigInt(seed)) : bytes.seeded(BigInt(seed));
          else hash = bytes instanceof Uint8Array ? BigInt(hashBytes(bytes)) : bytes.fixed;
        }
        result = BigInt.asUintN(width, (result << 5n) - result + hash);
      }
      return int64(BigInt.asIntN(width, result));
    };
  });

export const hashFamily: Family = {
  scalars: { ...scalars, hash_array: hashArray(false), hash_array_extended: hashArray(true) },
};
