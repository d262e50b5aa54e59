/** The hash functions of PostgreSQL's hash operator classes, 32 bits and, with a seed, 64. */
import type { Datum } from "../../types/index.js";
import { type ScalarBody, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { hashBytes, hashBytesExtended } from "../text/hash.js";
import { type Int64, int64 } from "../types/integers.js";
import { hashed, hashOf } from "./value-hash.js";

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

/** Of types that are made of others. */
const ofParts = (isExtended: boolean) =>
  new TypedBody<ScalarBody>((call, registry) => {
    const typeOf = (oid: number) => registry.typeByOid(oid)!;
    const type = typeOf(call.argTypes[0]!);
    return (_c, value: Exclude<Datum, null>, seed: Int64 = 0) => {
      const hash = hashOf(type, value, isExtended ? BigInt(seed) : undefined, typeOf);
      return int64(BigInt.asIntN(isExtended ? 64 : 32, hash));
    };
  });
const typed: Record<string, TypedBody<ScalarBody>> = {};
for (const [plain, extended] of [
  ["hash_array", "hash_array_extended"],
  ["hash_record", "hash_record_extended"],
  ["hash_range", "hash_range_extended"],
  ["hash_multirange", "hash_multirange_extended"],
  ["jsonb_hash", "jsonb_hash_extended"],
  ["hashenum", "hashenumextended"],
] as const) {
  typed[plain] = ofParts(false);
  typed[extended] = ofParts(true);
}

export const hashFamily: Family = { scalars: { ...scalars, ...typed } };
