/**
 * hash_any and hash_any_extended as PostgreSQL computes them. Source: Bob Jenkins, "lookup3", 2006; word order of little-endian machines.
 */
const rotate = (x: number, k: number) => (x << k) | (x >>> (32 - k));

/** The last two words of state after mixing: the 32-bit hash is the second, the 64-bit one both. */
function mixBytes(bytes: Uint8Array, seed: bigint): readonly [high: number, low: number] {
  const length = bytes.length;
  let a = (0x9e3779b9 + length + 3923095) | 0;
  let b = a;
  let c = a;
  const mix = () => {
    a = (a - c) | 0;
    a ^= rotate(c, 4);
    c = (c + b) | 0;
    b = (b - a) | 0;
    b ^= rotate(a, 6);
    a = (a + c) | 0;
    c = (c - b) | 0;
    c ^= rotate(b, 8);
    b = (b + a) | 0;
    a = (a - c) | 0;
    a ^= rotate(c, 16);
    c = (c + b) | 0;
    b = (b - a) | 0;
    b ^= rotate(a, 19);
    a = (a + c) | 0;
    c = (c - b) | 0;
    c ^= rotate(b, 4);
    b = (b + a) | 0;
  };
  if (seed !== 0n) {
    a = (a + Number(BigInt.asIntN(32, seed >> 32n))) | 0;
    b = (b + Number(BigInt.asIntN(32, seed))) | 0;
    mix();
  }
  const word = (at: number) => bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24) | 0;
  let at = 0;
  for (; length - at >= 12; at += 12) {
    a = (a + word(at)) | 0;
    b = (b + word(at + 4)) | 0;
    c = (c + word(at + 8)) | 0;
    mix();
  }
  // The lowest byte of c is reserved for the length.
  const rest = length - at;
  const shifts = [0, 8, 16, 24, 0, 8, 16, 24, 8, 16, 24];
  for (let i = 0; i < rest; i++) {
    const value = bytes[at + i]! << shifts[i]!;
    if (i < 4) a = (a + value) | 0;
    else if (i < 8) b = (b + value) | 0;
    else c = (c + value) | 0;
  }
  c ^= b;
  c = (c - rotate(b, 14)) | 0;
  a ^= c;
  a = (a - rotate(c, 11)) | 0;
  b ^= a;
  b = (b - rotate(a, 25)) | 0;
  c ^= b;
  c = (c - rotate(b, 16)) | 0;
  a ^= c;
  a = (a - rotate(c, 4)) | 0;
  b ^= a;
  b = (b - rotate(a, 14)) | 0;
  c ^= b;
  c = (c - rotate(b, 24)) | 0;
  return [b | 0, c | 0];
}

/** Signed 32 bits. */
export function hashBytes(bytes: Uint8Array): number {
  return mixBytes(bytes, 0n)[1];
}
/** Signed 64 bits, from a seed. */
export function hashBytesExtended(bytes: Uint8Array, seed: bigint): bigint {
  const [high, low] = mixBytes(bytes, seed);
  return BigInt.asIntN(64, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));
}
/** Four bytes, least significant first. */
export function wordBytes(value: number): Uint8Array {
  return Uint8Array.of(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255);
}
