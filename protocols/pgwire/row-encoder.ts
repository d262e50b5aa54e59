/** DataRow messages from rows of datums, for results that the addon did not encode itself. */
import { type CharacterSet, type FormatContext, notSupported, type Row, type SqlType, TypeOid } from "../../src/types/index.js";
import type { MessageWriter } from "./message-writer.js";
import { Backend, formatOf } from "./responses.js";

type ValueEncoder = (w: MessageWriter, value: never) => void;

/** One encoder per result column, made once per Execute. */
export function columnEncoders(
  types: readonly SqlType[],
  formats: readonly number[],
  context: FormatContext,
  characters: CharacterSet | undefined,
): readonly ValueEncoder[] {
  return types.map((type, i) => {
    if (formatOf(formats, i) === 1) {
      // The binary form of text is the text; inside of other values it would have to be found first.
      if (characters !== undefined && isText(type)) return (w: MessageWriter, value: never) => void w.text(type.output(value, context));
      if (characters !== undefined && mayHoldText(type)) throw binaryTextUnsupported(type, characters);
      return (w: MessageWriter, value: never) => void w.value(type.send(value));
    }
    switch (type.oid) {
      case TypeOid.int2:
      case TypeOid.int4:
      case TypeOid.int8:
      case TypeOid.oid:
        return (w: MessageWriter, value: never) => void w.text(String(value as number | bigint));
      case TypeOid.text:
      case TypeOid.varchar:
        return (w: MessageWriter, value: never) => void w.text(value as string);
      case TypeOid.bool:
        return (w: MessageWriter, value: never) => void w.text((value as boolean) ? "t" : "f");
      default:
        return (w: MessageWriter, value: never) => void w.text(type.output(value, context));
    }
  });
}

export const isText = (type: SqlType) =>
  type.category === "S" || type.category === "E" || type.oid === TypeOid.json || type.oid === TypeOid.unknown || type.oid === TypeOid.name;
/** Arrays, rows, ranges, jsonb. */
export const mayHoldText = (type: SqlType) =>
  type.category === "A" || type.category === "C" || type.category === "R" || type.oid === TypeOid.jsonb;

export const binaryTextUnsupported = (type: SqlType, characters: CharacterSet) =>
  notSupported(`binary format of type ${type.displayName} with client_encoding ${characters.name}`);

export function dataRow(w: MessageWriter, encoders: readonly ValueEncoder[], row: Row): void {
  w.start(Backend.dataRow).int16(encoders.length);
  for (let i = 0; i < encoders.length; i++) {
    const value = row[i];
    if (value === null || value === undefined) w.int32(-1);
    else (encoders[i] as ValueEncoder)(w, value as never);
  }
  w.end();
}
