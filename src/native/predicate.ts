/**
 * Builds predicates (docs/formats/predicate.md): conjunctions of `column op constant` that the addon evaluates per row version.
 *
 * A comparison with NULL is never true, so it has no form here: the caller answers it without asking the addon.
 */
import { assert, KeyKind } from "../types/index.js";

export const PredicateOp = { eq: 1, ne: 2, lt: 3, le: 4, gt: 5, ge: 6, in: 7, isNull: 8, isNotNull: 9 } as const;
export type ComparisonOp = 1 | 2 | 3 | 4 | 5 | 6;

/** By kind: bool boolean; int16, int32, float32, float64 number; int64 number or bigint; uuid and interval 16 bytes as in a block;
 *  bytes, numeric (numeric_send) and bpchar bytes or text. */
export type PredicateValue = boolean | number | bigint | string | Uint8Array;

const fixedWidths: Partial<Record<KeyKind, number>> = {
  [KeyKind.bool]: 1,
  [KeyKind.int16]: 2,
  [KeyKind.int32]: 4,
  [KeyKind.int64]: 8,
  [KeyKind.float32]: 4,
  [KeyKind.float64]: 8,
  [KeyKind.uuid]: 16,
  [KeyKind.interval]: 16,
};

export class PredicateBuilder {
  #bytes = Buffer.alloc(256);
  #used = 3;
  #terms = 0;

  constructor() {
    this.#bytes[0] = 1;
  }
  get termCount(): number {
    return this.#terms;
  }

  compare(column: number, kind: KeyKind, op: ComparisonOp, value: PredicateValue): this {
    this.#term(column, kind, op);
    this.#constant(kind, value);
    return this;
  }
  in(column: number, kind: KeyKind, values: readonly PredicateValue[]): this {
    this.#term(column, kind, PredicateOp.in);
    this.#reserve(4);
    this.#used = this.#bytes.writeUInt32LE(values.length, this.#used);
    for (const value of values) this.#constant(kind, value);
    return this;
  }
  isNull(column: number, kind: KeyKind): this {
    return this.#term(column, kind, PredicateOp.isNull);
  }
  isNotNull(column: number, kind: KeyKind): this {
    return this.#term(column, kind, PredicateOp.isNotNull);
  }

  /** A copy; null when there are no terms. */
  finish(): Uint8Array | null {
    if (this.#terms === 0) return null;
    this.#bytes.writeUInt16LE(this.#terms, 1);
    return Uint8Array.prototype.slice.call(this.#bytes, 0, this.#used);
  }

  #term(column: number, kind: KeyKind, op: number): this {
    assert(this.#terms < 65535, "a predicate has fewer than 65536 terms");
    this.#terms++;
    this.#reserve(4);
    this.#bytes.writeUInt16LE(column, this.#used);
    this.#bytes[this.#used + 2] = kind;
    this.#bytes[this.#used + 3] = op;
    this.#used += 4;
    return this;
  }
  #constant(kind: KeyKind, value: PredicateValue): void {
    const width = fixedWidths[kind];
    if (width === undefined) {
      const bytes = typeof value === "string" ? Buffer.from(value, "utf8") : value;
      assert(bytes instanceof Uint8Array, "a varlen constant is bytes or text");
      this.#reserve(4 + bytes.length);
      this.#used = this.#bytes.writeUInt32LE(bytes.length, this.#used);
      this.#bytes.set(bytes, this.#used);
      this.#used += bytes.length;
      return;
    }
    this.#reserve(width);
    const at = this.#used;
    this.#used += width;
    switch (kind) {
      case KeyKind.bool:
        this.#bytes[at] = value === true ? 1 : 0;
        return;
      case KeyKind.int16:
        this.#bytes.writeInt16LE(value as number, at);
        return;
      case KeyKind.int32:
        this.#bytes.writeInt32LE((value as number) | 0, at);
        return; // oid: the same 32 bits
      case KeyKind.int64:
        this.#bytes.writeBigInt64LE(BigInt(value as number | bigint), at);
        return;
      case KeyKind.float32:
        this.#bytes.writeFloatLE(value as number, at);
        return;
      case KeyKind.float64:
        this.#bytes.writeDoubleLE(value as number, at);
        return;
      default: {
        assert(value instanceof Uint8Array && value.length === 16, "a uuid or interval constant has 16 bytes");
        this.#bytes.set(value, at);
      }
    }
  }
  #reserve(more: number): void {
    if (this.#used + more <= this.#bytes.length) return;
    const grown = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#used + more));
    this.#bytes.copy(grown, 0, 0, this.#used);
    this.#bytes = grown;
  }
}
