/** How the addon shows a physical value on the wire; the numbers of native/wire/field.h. */
import { type FormatContext, TypeOid } from "../types/index.js";

const WireKind = {
  bool: 1,
  int2: 2,
  int4: 3,
  int8: 4,
  oid: 5,
  float4: 6,
  float8: 7,
  bytes: 8,
  bytea: 9,
  uuid: 10,
  date: 11,
  time: 12,
  timestamp: 13,
  timestamptzUtc: 14,
  numeric: 15,
  vector: 16,
  jsonb: 17,
  halfvec: 18,
} as const;

const kinds = new Map<number, number>([
  [TypeOid.bool, WireKind.bool],
  [TypeOid.int2, WireKind.int2],
  [TypeOid.int4, WireKind.int4],
  [TypeOid.int8, WireKind.int8],
  [TypeOid.oid, WireKind.oid],
  [TypeOid.float4, WireKind.float4],
  [TypeOid.float8, WireKind.float8],
  [TypeOid.text, WireKind.bytes],
  [TypeOid.varchar, WireKind.bytes],
  [TypeOid.bpchar, WireKind.bytes],
  [TypeOid.json, WireKind.bytes],
  [TypeOid.bytea, WireKind.bytea],
  [TypeOid.uuid, WireKind.uuid],
  [TypeOid.date, WireKind.date],
  [TypeOid.time, WireKind.time],
  [TypeOid.timestamp, WireKind.timestamp],
  [TypeOid.timestamptz, WireKind.timestamptzUtc],
  [TypeOid.numeric, WireKind.numeric],
  [TypeOid.vector, WireKind.vector],
  [TypeOid.halfvec, WireKind.halfvec],
  [TypeOid.jsonb, WireKind.jsonb],
]);

/**
 * The wire kind of a type in a format, or undefined when TypeScript must encode it: a type without a native form, or a text form that
 * the session's settings change.
 */
export function wireKindOf(type: number, binary: boolean, format: FormatContext): number | undefined {
  const kind = kinds.get(type);
  if (kind === undefined || binary) return kind;
  switch (type) {
    case TypeOid.float4:
    case TypeOid.float8:
      return format.extraFloatDigits >= 1 ? kind : undefined;
    case TypeOid.bytea:
      return format.byteaOutput === "hex" ? kind : undefined;
    case TypeOid.date:
    case TypeOid.timestamp:
      return format.dateStyle.startsWith("ISO") ? kind : undefined;
    case TypeOid.timestamptz:
      return format.dateStyle.startsWith("ISO") && (format.timeZone === "UTC" || format.timeZone === "Etc/UTC") ? kind : undefined;
    default:
      return kind;
  }
}
