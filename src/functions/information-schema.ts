/** Functions of the schema information_schema: JDBC's metadata and pgAdmin number the columns of keys with one, its views read modifiers. */
import { type ArrayValue, type Datum, type Oid, TypeOid } from "../types/index.js";
import type { DefinableRegistry, ScalarBody } from "./registry.js";

/** PostgreSQL gives these OIDs when a cluster is made; 15's are taken. */
const EXPAND_ARRAY_OID = 13208;
const SCHEMA = "information_schema";

type OfModifier = (type: Oid, typmod: number) => Datum;
const INTEGER_BITS: Readonly<Record<Oid, number>> = { [TypeOid.int2]: 16, [TypeOid.int4]: 32, [TypeOid.int8]: 64 };
/** Digits of a mantissa, in bits. */
const FLOAT_BITS: Readonly<Record<Oid, number>> = { [TypeOid.float4]: 24, [TypeOid.float8]: 53 };
const isString = (type: Oid) => type === TypeOid.bpchar || type === TypeOid.varchar;
const isBits = (type: Oid) => type === TypeOid.bit || type === TypeOid.varbit;
const charMaxLength: OfModifier = (type, typmod) => (typmod === -1 ? null : isString(type) ? typmod - 4 : isBits(type) ? typmod : null);
/** An interval's modifier without a precision says all ones. */
const NO_PRECISION = 65535;
const SECONDS_PRECISION = 6;

/** By OID and name, what is made of a type and its modifier. Bytes are of UTF-8, which databases have. */
const ofModifiers: readonly (readonly [oid: Oid, name: string, of: OfModifier])[] = [
  [13212, "_pg_char_max_length", charMaxLength],
  [
    13213,
    "_pg_char_octet_length",
    (type, typmod) => {
      if (type !== TypeOid.text && !isString(type)) return null;
      if (typmod === -1) return 2 ** 30;
      const length = charMaxLength(type, typmod);
      return length === null ? null : 4 * (length as number);
    },
  ],
  [
    13215,
    "_pg_numeric_precision",
    (type, typmod) => {
      if (type === TypeOid.numeric) return typmod === -1 ? null : ((typmod - 4) >> 16) & 65535;
      return INTEGER_BITS[type] ?? FLOAT_BITS[type] ?? null;
    },
  ],
  [
    13216,
    "_pg_numeric_precision_radix",
    (type) => (type === TypeOid.numeric ? 10 : INTEGER_BITS[type] === undefined && FLOAT_BITS[type] === undefined ? null : 2),
  ],
  [
    13217,
    "_pg_numeric_scale",
    (type, typmod) =>
      type === TypeOid.numeric ? (typmod === -1 ? null : (typmod - 4) & 65535) : INTEGER_BITS[type] === undefined ? null : 0,
  ],
  [
    13218,
    "_pg_datetime_precision",
    (type, typmod) => {
      switch (type) {
        case TypeOid.date:
          return 0;
        case TypeOid.time:
        case TypeOid.timestamp:
        case TypeOid.timestamptz:
        case TypeOid.timetz:
          return typmod < 0 ? SECONDS_PRECISION : typmod;
        case TypeOid.interval:
          return typmod < 0 || (typmod & NO_PRECISION) === NO_PRECISION ? SECONDS_PRECISION : typmod & NO_PRECISION;
        default:
          return null;
      }
    },
  ],
];

export function defineInformationSchema(registry: DefinableRegistry): void {
  for (const [oid, name, of] of ofModifiers)
    registry.defineScalar(
      {
        id: `${SCHEMA}.${name}(oid,int4)`,
        oid,
        schema: SCHEMA,
        name,
        argTypes: [TypeOid.oid, TypeOid.int4],
        argNames: ["typid", "typmod"],
        returnType: TypeOid.int4,
        kind: "function",
        strict: true,
        volatility: "immutable",
      },
      ((_context: unknown, type: Oid, typmod: number) => of(type, typmod)) as ScalarBody,
    );
  registry.defineSet(
    {
      id: "information_schema._pg_expandarray(anyarray)",
      oid: EXPAND_ARRAY_OID,
      schema: SCHEMA,
      name: "_pg_expandarray",
      argTypes: [TypeOid.anyarray],
      returnType: TypeOid.record,
      outColumns: [
        { name: "x", type: TypeOid.anyelement },
        { name: "n", type: TypeOid.int4 },
      ],
      kind: "set",
      strict: true,
      volatility: "immutable",
    },
    function* (_context, array: ArrayValue): Generator<Datum[]> {
      // Of an array of several dimensions every element of such a subscript is null.
      const length = array.dimensions[0] ?? 0;
      for (let i = 0; i < length; i++) yield [array.dimensions.length === 1 ? (array.elements[i] as Datum) : null, i + 1];
    },
  );
}
