import { invalidBinary, type Jsonb, PhysicalType } from "../../types/index.js";
import { compareJson, jsonbFromInput, jsonbFromStorage, jsonKey, writeJsonKey } from "../json/jsonb-value.js";
import { JsonReader } from "../json/parse.js";
import { concatBytes, decodeText, encodeText, receiveText } from "./bytes.js";
import { makeType } from "./define-type.js";

function validJson(text: string): string {
  new JsonReader(text, false, true).readDocument();
  return text;
}
/** json is the text as written; it has neither order nor equality. */
export const jsonType = makeType("json", {
  physical: PhysicalType.varlen,
  keyKind: undefined,
  input: validJson,
  output: (value) => value as string,
  receive: (bytes) => validJson(receiveText(bytes)),
  send: (value) => encodeText(value as string),
  toStorage: (value) => value as string,
  fromStorage: decodeText,
});

export const jsonbType = makeType("jsonb", {
  physical: PhysicalType.varlen,
  keyKind: undefined,
  input: jsonbFromInput,
  output: (value) => (value as Jsonb).text,
  receive: (bytes) => {
    if (bytes[0] !== 1) throw invalidBinary(`unsupported jsonb version number ${bytes[0] ?? 0}`);
    return jsonbFromInput(receiveText(bytes.subarray(1)));
  },
  send: (value) => concatBytes([Uint8Array.of(1), encodeText((value as Jsonb).text)]),
  toStorage: (value) => (value as Jsonb).text,
  fromStorage: (bytes) => jsonbFromStorage(decodeText(bytes)),
  compare: (left, right) => compareJson((left as Jsonb).value, (right as Jsonb).value),
  hashKey: (value) => jsonKey((value as Jsonb).value),
  writeKey: (value, out) => writeJsonKey((value as Jsonb).value, out),
});
