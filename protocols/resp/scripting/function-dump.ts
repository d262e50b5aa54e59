/**
 * FUNCTION DUMP and RESTORE: Redis' own format: for each library the opcode 0xf5 and its code as an RDB string, then the RDB version and
 * a CRC-64 of all before it. Source: Redis' RDB format, version 10; CRC-64 with Jones' polynomial, reflected.
 */
const functionOpcode = 0xf5;
const rdbVersion = 10;
const polynomial = 0x95ac9329ac4bc9b5n; // reflected

let table: readonly bigint[] | undefined;
function crc64(bytes: Uint8Array): bigint {
  table ??= Array.from({ length: 256 }, (_, i) => {
    let crc = BigInt(i);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
    return crc;
  });
  let crc = 0n;
  for (const byte of bytes) crc = (table[Number((crc ^ BigInt(byte)) & 255n)] as bigint) ^ (crc >> 8n);
  return crc;
}

export function dumpLibraries(codes: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  for (const code of codes) {
    parts.push(Buffer.from([functionOpcode]), lengthBytes(code.length), code);
  }
  parts.push(Buffer.from([rdbVersion & 255, rdbVersion >> 8]));
  const body = Buffer.concat(parts);
  const crc = Buffer.alloc(8);
  crc.writeBigUInt64LE(crc64(body));
  return Buffer.concat([body, crc]);
}

function lengthBytes(length: number): Buffer {
  if (length < 64) return Buffer.from([length]);
  if (length < 16384) return Buffer.from([0x40 | (length >> 8), length & 255]);
  const out = Buffer.alloc(5);
  out[0] = 0x80;
  out.writeUInt32BE(length, 1);
  return out;
}

/** Undefined: version or checksum are wrong, or the payload does not parse. */
export function readLibraries(payload: Buffer): Buffer[] | undefined {
  if (payload.length < 10) return undefined;
  const end = payload.length - 10;
  if (payload.readUInt16LE(end) > rdbVersion + 2) return undefined;
  const crc = payload.readBigUInt64LE(payload.length - 8);
  if (crc !== 0n && crc !== crc64(payload.subarray(0, payload.length - 8))) return undefined;
  const codes: Buffer[] = [];
  let at = 0;
  const number = (): number | undefined => {
    const first = payload[at++] as number;
    if (first < 0x40) return first;
    if (first < 0x80) return ((first & 63) << 8) | (payload[at++] as number);
    if (first === 0x80) {
      at += 4;
      return payload.readUInt32BE(at - 4);
    }
    return undefined;
  };
  while (at < end) {
    if (payload[at++] !== functionOpcode) return undefined;
    if (payload[at] === 0xc3) {
      at++;
      const packed = number();
      const length = number();
      if (packed === undefined || length === undefined || packed > end - at || length > 512 << 20) return undefined;
      const code = lzfDecompress(payload.subarray(at, at + packed), length);
      if (code === undefined) return undefined;
      codes.push(code);
      at += packed;
    } else {
      const length = number();
      if (length === undefined || length > end - at) return undefined;
      codes.push(Buffer.from(payload.subarray(at, at + length)));
      at += length;
    }
  }
  return codes;
}

/** LZF, as liblzf writes it: runs of literals and references back. */
function lzfDecompress(input: Uint8Array, length: number): Buffer | undefined {
  const out = Buffer.alloc(length);
  let to = 0;
  for (let at = 0; at < input.length; ) {
    const control = input[at++] as number;
    if (control < 32) {
      const run = control + 1;
      if (at + run > input.length || to + run > length) return undefined;
      out.set(input.subarray(at, at + run), to);
      at += run;
      to += run;
      continue;
    }
    let run = control >> 5;
    if (run === 7) run += input[at++] ?? 0;
    const back = to - (((control & 31) << 8) | (input[at++] ?? 0)) - 1;
    run += 2;
    if (back < 0 || to + run > length) return undefined;
    for (let i = 0; i < run; i++) out[to + i] = out[back + i] as number;
    to += run;
  }
  return to === length ? out : undefined;
}
