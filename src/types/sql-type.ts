import type { CollationReference } from "./collation.js";
import type { Datum } from "./datum.js";
import type { Oid } from "./oid.js";
import type { KeyWriter } from "./ordered-key.js";
import type { RangeRules } from "./range-value.js";

/** How a value lies in native memory; the numbers of native/core/physical_type.h. */
export const PhysicalType = {
  bool: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  float32: 5,
  float64: 6,
  uuid: 7,
  interval: 8,
  varlen: 9,
  vector: 10,
} as const;
export type PhysicalType = (typeof PhysicalType)[keyof typeof PhysicalType];

/** How an index key column orders; the numbers of native/core/physical_type.h. */
export const KeyKind = {
  bool: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  float32: 5,
  float64: 6,
  uuid: 7,
  interval: 8,
  bytes: 9,
  numeric: 10,
  bpchar: 11,
} as const;
export type KeyKind = (typeof KeyKind)[keyof typeof KeyKind];

/** Session settings that input and output of values depend on. */
export interface FormatContext {
  readonly timeZone: string;
  readonly dateStyle: string; // "ISO, MDY"
  readonly intervalStyle: string;
  readonly extraFloatDigits: number;
  readonly byteaOutput: "hex" | "escape";
  /** Microseconds since 2000-01-01 UTC of the transaction's start; `now` and friends as input. */
  readonly transactionTimeMicros: number;
}
/** The form in which values are kept as text, whatever a session's settings are. */
export const storedFormat: FormatContext = {
  timeZone: "UTC",
  dateStyle: "ISO, MDY",
  intervalStyle: "postgres",
  extraFloatDigits: 1,
  byteaOutput: "hex",
  transactionTimeMicros: 0,
};

/**
 * The type as a column keeps it. A dense vector without a modifier may have any length, so it has no place in a matrix of rows of one
 * length: it is kept in its wire form.
 */
export function storedType(type: SqlType, typmod: number): SqlType {
  if (type.physical !== PhysicalType.vector || typmod > 0) return type;
  let stored = looseVectors.get(type);
  if (stored === undefined) {
    stored = { ...type, physical: PhysicalType.varlen };
    looseVectors.set(type, stored);
  }
  return stored;
}
const looseVectors = new WeakMap<SqlType, SqlType>();

/** A live attribute of a composite type; `number` counts dropped ones too. */
export interface CompositeField {
  readonly name: string;
  readonly number: number;
  readonly type: Oid;
  readonly typmod: number;
  /** Where it is not the type's. */
  readonly collation?: CollationReference;
}

/** A type: its facts (pg_type), its text and binary forms, its place in native memory. Bodies live in src/functions/types. */
export interface SqlType {
  readonly oid: Oid;
  readonly name: string; // pg_type.typname: int4, bpchar, _text, vector
  /** What format_type says without a modifier: integer, character varying, timestamp with time zone, text[] */
  readonly displayName: string;
  /** Where it is, when neither in pg_catalog nor an extension's or a catalog object's. */
  readonly schema?: string;
  readonly category: string; // pg_type.typcategory
  readonly preferred: boolean; // pg_type.typispreferred
  readonly length: number; // pg_type.typlen
  readonly elementType: Oid; // arrays, else 0
  readonly arrayType: Oid; // 0 when there is none
  readonly range?: RangeRules; // range types and their multirange types
  readonly physical: PhysicalType;
  readonly keyKind: KeyKind | undefined; // undefined: no btree order
  /** What a catalog object made it; absent for base and pseudo types. */
  readonly kind?: "enum" | "domain" | "composite" | "range" | "multirange";
  /** Domains: the type right below (which may be a domain again) and the modifier its values get. */
  readonly base?: { readonly type: Oid; readonly typmod: number };
  /** Domains: the collation that the domain itself says. */
  readonly collation?: CollationReference;
  /** Domains: the default of columns that have none of their own, as stored SQL. */
  readonly defaultSql?: string;
  /** Composite types: the attributes that are not dropped, in order. */
  readonly fields?: readonly CompositeField[];
  /** format_type's suffix of a modifier: "(10,2)"; empty for -1. */
  formatModifier(typmod: number): string;
  /** Encodes the written modifiers `varchar(10)`, `numeric(10,2)`, `timestamp(3)`; throws DbError 22023. */
  parseModifier?(values: readonly string[]): number;
  /** Text input; `typmod` applied as in an explicit cast from text literal (length checks per PostgreSQL). Throws DbError 22P02, 22003, 22007, 22008… */
  input(text: string, typmod: number, context: FormatContext): Datum;
  /** What `input` makes of the text in `bytes`, for types that can do without a string of it. undefined: not this text, or it is wrong; `input` is to judge it. */
  inputBytes?(bytes: Uint8Array, typmod: number): Datum | undefined;
  /** The elements of an array's text of one dimension, for types that read many at once. undefined: `input` is to judge each. */
  inputArray?(text: string | Uint8Array, typmod: number): Datum[] | undefined;
  /** Not even NULL can be written as a literal of the type. */
  readonly refusesNull?: true;
  output(value: Exclude<Datum, null>, context: FormatContext): string;
  /** PostgreSQL's binary wire form. Throws DbError 08P01, 22P03. */
  receive(bytes: Uint8Array, typmod: number): Datum;
  send(value: Exclude<Datum, null>): Uint8Array;
  /** The bytes in native memory; only for varlen types. Inverse of each other. */
  toStorage?(value: Exclude<Datum, null>): Uint8Array | string;
  fromStorage?(bytes: Uint8Array): Exclude<Datum, null>;
  /** Vector types: the value with these elements, which are checked as input() checks them. */
  fromNumbers?(numbers: ArrayLike<number>): Exclude<Datum, null>;
  /** Length coercion of an assignment (explicit = false) or a cast; present on types with a modifier. */
  coerceModifier?(value: Exclude<Datum, null>, typmod: number, explicit: boolean): Datum;
  /** Order for ORDER BY, min/max, btree: negative, 0, positive. Absent where PostgreSQL has no default btree opclass. */
  compare?(left: Exclude<Datum, null>, right: Exclude<Datum, null>): number;
  /** Writes the ordered key of a value (ordered-key.ts); on types that have `compare` and no `keyKind`. */
  writeKey?(value: Exclude<Datum, null>, out: KeyWriter): void;
  /** Array types whose elements have an order: the stored form with each element's ordered key in place of its bytes (inverted-form.ts). */
  elementKeys?(value: Exclude<Datum, null>): Uint8Array;
  /** Array types: equal elements have equal bytes in the stored form. */
  readonly bytewiseElements?: boolean;
  /** A key for hash joins and GROUP BY: equal values give equal (===) keys. Present with `compare` (json has neither). */
  hashKey?(value: Exclude<Datum, null>): string | number | bigint | boolean;
}
