/** Writes programs of native pipelines (docs/formats/pipeline.md): little-endian bytes that grow. */
import { NativeKind } from "./kinds.js";

/** The numbers of native/exec/pipeline/expression_parts.h. */
export const ExpressionOp = {
  column: 1,
  constant: 2,
  and: 3,
  or: 4,
  not: 5,
  nullTest: 6,
  booleanTest: 7,
  distinct: 8,
  case: 9,
  coalesce: 10,
  nullIf: 11,
  greatest: 12,
  least: 13,
  inList: 14,
  compare: 15,
  arithmetic: 16,
  unary: 17,
  cast: 18,
  like: 19,
  concat: 20,
} as const;

/** The numbers of native/exec/pipeline/program.cc. */
export const OperatorCode = {
  scan: 1,
  filter: 2,
  project: 3,
  hashJoin: 4,
  aggregate: 5,
  sort: 6,
  limit: 7,
  window: 8,
  append: 9,
  values: 10,
  series: 11,
  recursion: 12,
  workingScan: 13,
  blocks: 14,
} as const;

const PROGRAM_VERSION = 1;

export class ProgramWriter {
  #bytes = Buffer.allocUnsafe(1024);
  #used = 0;
  /** Open scans that the program mentions: its pipeline takes them over. */
  readonly scans: number[] = [];

  constructor() {
    this.u8(PROGRAM_VERSION);
  }
  u8(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#used++] = value;
    return this;
  }
  u16(value: number): this {
    this.#reserve(2);
    this.#used = this.#bytes.writeUInt16LE(value, this.#used);
    return this;
  }
  /** Negative numbers as their two's complement. */
  u32(value: number): this {
    this.#reserve(4);
    this.#used = this.#bytes.writeUInt32LE(value >>> 0, this.#used);
    return this;
  }
  i64(value: number | bigint): this {
    this.#reserve(8);
    this.#used = this.#bytes.writeBigInt64LE(BigInt(value), this.#used);
    return this;
  }
  /** UINT64_MAX for Infinity. */
  u64(value: number | bigint): this {
    this.#reserve(8);
    this.#used = this.#bytes.writeBigUInt64LE(value === Infinity ? 0xffffffffffffffffn : BigInt(value), this.#used);
    return this;
  }
  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#used);
    this.#used += bytes.length;
    return this;
  }
  /** Length as LEB128, then the bytes. */
  string(bytes: Uint8Array): this {
    let length = bytes.length;
    for (; length >= 0x80; length = Math.floor(length / 128)) this.u8((length & 0x7f) | 0x80);
    this.u8(length);
    return this.raw(bytes);
  }
  /** A value's bytes as its kind has them in a program. */
  value(kind: NativeKind, bytes: Uint8Array): this {
    return kind === NativeKind.bytes ? this.string(bytes) : this.raw(bytes);
  }
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#used);
  }
  #reserve(more: number): void {
    if (this.#used + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#used + more));
    this.#bytes.copy(grown, 0, 0, this.#used);
    this.#bytes = grown;
  }
}
