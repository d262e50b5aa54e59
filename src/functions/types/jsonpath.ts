/** jsonpath: kept as the text it prints as; parsed paths are remembered by that text. */
import { invalidBinary, PhysicalType } from "../../types/index.js";
import { parseJsonPath } from "../jsonpath/parser.js";
import { printJsonPath } from "../jsonpath/print.js";
import type { JsonPath } from "../jsonpath/syntax.js";
import { concatBytes, encodeText, receiveText } from "./bytes.js";
import { makeType } from "./define-type.js";

const parsed = new Map<string, JsonPath>();
const PARSED_MAX = 1000;

export function jsonPathOf(text: string): JsonPath {
  let path = parsed.get(text);
  if (path === undefined) {
    path = parseJsonPath(text);
    if (parsed.size >= PARSED_MAX) parsed.clear();
    parsed.set(text, path);
  }
  return path;
}

const input = (text: string) => printJsonPath(parseJsonPath(text));
export const jsonpathType = makeType("jsonpath", {
  physical: PhysicalType.varlen,
  keyKind: undefined,
  input,
  output: (value) => value as string,
  receive: (bytes) => {
    if (bytes[0] !== 1) throw invalidBinary(`unsupported jsonpath version number: ${bytes[0] ?? 0}`);
    return input(receiveText(bytes.subarray(1)));
  },
  send: (value) => concatBytes([Uint8Array.of(1), encodeText(value as string)]),
});
