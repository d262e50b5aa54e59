/**
 * Enum types. A value is its label's enumsortorder: values order, hash and are stored as their numbers, and ALTER TYPE … RENAME VALUE
 * touches no row.
 */
import type { EnumObject } from "../../catalog/index.js";
import { type Datum, DbError, KeyKind, type Oid, PhysicalType, type SqlType } from "../../types/index.js";
import { encodeText, made, receiveText, viewOf } from "../types/bytes.js";
import type { TypeBodies } from "../types/define-type.js";

export interface EnumType extends SqlType {
  readonly labels: readonly { readonly oid: Oid; readonly label: string; readonly order: number }[];
}
export const isEnumType = (type: SqlType | undefined): type is EnumType => type?.kind === "enum";

export function enumBodies(object: EnumObject, displayName: string): TypeBodies & Pick<EnumType, "labels"> {
  const labels = object.labels.toSorted((a, b) => a.order - b.order);
  const byLabel = new Map(labels.map((l) => [l.label, l.order]));
  const byOrder = new Map(labels.map((l) => [l.order, l.label]));
  const input = (text: string): Datum => {
    const order = byLabel.get(text);
    if (order === undefined) throw new DbError({ sqlstate: "22P02", message: `invalid input value for enum ${displayName}: "${text}"` });
    return order;
  };
  const output = (value: Exclude<Datum, null>): string => {
    const label = byOrder.get(value as number);
    // A label cannot be dropped, so this is damage and not a user's mistake.
    if (label === undefined) throw new DbError({ sqlstate: "22P03", message: `invalid internal value for enum: ${value}` });
    return label;
  };
  return {
    kind: "enum",
    labels,
    physical: PhysicalType.float64,
    keyKind: KeyKind.float64,
    input,
    output,
    receive: (bytes) => input(receiveText(bytes)),
    send: (value) => encodeText(output(value)),
    toStorage: (value) => made(8, (view) => view.setFloat64(0, value as number)),
    fromStorage: (bytes) => viewOf(bytes).getFloat64(0),
    compare: (left, right) => (left as number) - (right as number),
    hashKey: (value) => value as number,
  };
}
