/**
 * Conditions as questions to an inverted index: which keys a row's value must have. What the index finds is judged by the condition itself, so
 * a question may ask for less than the condition says, never for more. Source: the rules of jsonb_ops, jsonb_path_ops and array_ops.
 */
import { type PathRequirement, quoteJson, requirementOf } from "../functions/index.js";
import { jsonPathOf } from "../functions/types/jsonpath.js";
import { InvertedKind, InvertedOperation } from "../native/inverted.js";
import { ArrayValue, type Datum, invertedBytes, type Jsonb, type SqlType } from "../types/index.js";

export type InvertedKeys = (kind: number, position: number, value: Uint8Array) => Uint32Array;

/** "all": the index cannot say. */
export type InvertedQuery = "all" | number | { readonly and: readonly InvertedQuery[] } | { readonly or: readonly InvertedQuery[] };
const nothing: InvertedQuery = { or: [] };

/** Which keys an index column of this class and type has. */
export function invertedKind(opclass: string | undefined, type: SqlType): InvertedKind {
  if (type.elementType !== 0) return InvertedKind.array;
  return opclass === "jsonb_path_ops" ? InvertedKind.jsonbPath : InvertedKind.jsonb;
}

const operators: Readonly<Record<InvertedKind, ReadonlySet<string>>> = {
  [InvertedKind.jsonb]: new Set(["@>", "?", "?|", "?&", "@?", "@@"]),
  [InvertedKind.jsonbPath]: new Set(["@>", "@?", "@@"]),
  [InvertedKind.array]: new Set(["@>", "<@", "&&", "="]),
};
export const isInvertedOperator = (kind: InvertedKind, operator: string): boolean => operators[kind].has(operator);

/** One index column: its number in the index, its class and type. */
export interface InvertedKey {
  readonly position: number;
  readonly kind: InvertedKind;
  readonly type: SqlType;
}

/** `column operator value`; NULL finds nothing. */
export function invertedQuery(key: InvertedKey, operator: string, value: Datum, keysOf: InvertedKeys): InvertedQuery {
  if (value === null) return nothing;
  const keys = (bytes: Uint8Array): Uint32Array => keysOf(key.kind, key.position, bytes);
  const json = (text: string): Uint32Array => keys(Buffer.from(text, "utf8"));
  if (key.kind === InvertedKind.array) return arrayQuery(key.type, operator, value as ArrayValue, keys);
  switch (operator) {
    case "@>":
      return every([...json((value as Jsonb).text)]);
    case "?":
      return every([...json(quoteJson(value as string))]);
    case "?|":
      return any(names(value as ArrayValue).flatMap((name) => [...json(quoteJson(name))]));
    case "?&":
      return every(names(value as ArrayValue).flatMap((name) => [...json(quoteJson(name))]));
    case "@?":
    case "@@":
      return pathQuery(key.kind, requirementOf(jsonPathOf(value as string), operator), json);
    default:
      return "all";
  }
}

/** NULLs among names are passed over. */
const names = (list: ArrayValue): readonly string[] => list.elements.filter((e) => e !== null) as string[];

function arrayQuery(type: SqlType, operator: string, value: ArrayValue, keys: (bytes: Uint8Array) => Uint32Array): InvertedQuery {
  const present = value.elements.filter((e) => e !== null);
  const keysOfList = (elements: readonly Datum[]): number[] => [...keys(invertedBytes(type, new ArrayValue(value.elementType, elements)))];
  switch (operator) {
    case "@>":
      if (present.length < value.elements.length) return nothing;
      return present.length === 0 ? "all" : every(keysOfList(present));
    case "&&":
      return present.length === 0 ? nothing : any(keysOfList(present));
    case "<@":
      return any([...(present.length === 0 ? [] : keysOfList(present)), ...keysOfList([])]);
    default:
      return every(keysOfList(value.elements));
  }
}

function pathQuery(kind: InvertedKind, requirement: PathRequirement, json: (text: string) => Uint32Array): InvertedQuery {
  switch (requirement.kind) {
    case "anything":
      return "all";
    case "and":
      return every(requirement.args.map((arg) => pathQuery(kind, arg, json)));
    case "or":
      return any(requirement.args.map((arg) => pathQuery(kind, arg, json)));
    case "name":
      return kind === InvertedKind.jsonb ? every([...json(quoteJson(requirement.name))]) : "all";
    case "scalar": {
      const { text, names: way } = requirement;
      if (kind === InvertedKind.jsonbPath)
        return way === undefined ? "all" : every([...json(way.reduceRight((inner, name) => `{${quoteJson(name)}: ${inner}}`, text))]);
      // A string is one kind of key as an element, another as the value of a member.
      const asElement = [...json(text)];
      return text.startsWith('"') ? any([...asElement, ...[...json(`{"": ${text}}`)].slice(1)]) : every(asElement);
    }
  }
}

export function every(args: readonly InvertedQuery[]): InvertedQuery {
  const telling = args.filter((a) => a !== "all");
  if (telling.length === 0) return "all";
  return telling.length === 1 ? (telling[0] as InvertedQuery) : { and: telling };
}
export function any(args: readonly InvertedQuery[]): InvertedQuery {
  if (args.includes("all")) return "all";
  return args.length === 1 ? (args[0] as InvertedQuery) : { or: args };
}

/** The query in words, operations behind their arguments (native/index/inverted/inverted_index.h). */
export function invertedWords(query: Exclude<InvertedQuery, "all">): Uint32Array {
  const words: number[] = [];
  const write = (q: InvertedQuery): void => {
    if (q === "all") throw new Error("assertion failed: a query of an index says something");
    if (typeof q === "number") words.push(InvertedOperation.key, q);
    else {
      const args = "and" in q ? q.and : q.or;
      for (const arg of args) write(arg);
      words.push("and" in q ? InvertedOperation.and : InvertedOperation.or, args.length);
    }
  };
  write(query);
  return Uint32Array.from(words);
}
