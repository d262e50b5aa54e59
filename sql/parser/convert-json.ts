/** SQL/JSON: libpg-query's nodes to ours. */
import { convertExpression, convertSortItem, convertWindow } from "./convert-expression.js";
import { convertQuery } from "./convert-query.js";
import { type Converter, convertAlias, convertTypeName } from "./converter.js";
import { bodyOf, child, flag, kindOf, list, optionalText, type RawNode, text } from "./raw.js";
import type {
  JsonBehavior, JsonExpr, JsonFormat, JsonInput, JsonItemKind, JsonOutput, JsonPassing, JsonQuotes, JsonTableColumn, JsonTableItem, JsonTablePath, JsonWrapper,
} from "./syntax-tree-json.js"; // biome-ignore format: a list

const ENCODINGS: Readonly<Record<string, JsonFormat["encoding"]>> = {
  JS_ENC_UTF8: "utf8",
  JS_ENC_UTF16: "utf16",
  JS_ENC_UTF32: "utf32",
};
function convertFormat(converter: Converter, raw: RawNode | undefined): JsonFormat {
  if (raw === undefined) return { json: false, encoding: "default", position: 0 };
  return {
    json: raw.format_type === "JS_FORMAT_JSON",
    encoding: ENCODINGS[text(raw, "encoding")] ?? "default",
    position: converter.position(raw),
  };
}
/** A JsonValueExpr without its wrapper. */
function convertInput(converter: Converter, raw: RawNode, depth: number): JsonInput {
  return {
    expr: convertExpression(converter, child(raw, "raw_expr")!, depth + 1),
    format: convertFormat(converter, child(raw, "format")),
  };
}
function convertOutput(converter: Converter, raw: RawNode | undefined): JsonOutput | undefined {
  if (raw === undefined) return undefined;
  return {
    type: convertTypeName(converter, child(raw, "typeName")!),
    format: convertFormat(converter, child(child(raw, "returning") ?? {}, "format")),
  };
}

const BEHAVIORS: Readonly<Record<string, Exclude<JsonBehavior["behavior"], "default">>> = {
  JSON_BEHAVIOR_NULL: "null",
  JSON_BEHAVIOR_ERROR: "error",
  JSON_BEHAVIOR_EMPTY: "empty",
  JSON_BEHAVIOR_TRUE: "true",
  JSON_BEHAVIOR_FALSE: "false",
  JSON_BEHAVIOR_UNKNOWN: "unknown",
  JSON_BEHAVIOR_EMPTY_ARRAY: "emptyArray",
  JSON_BEHAVIOR_EMPTY_OBJECT: "emptyObject",
};
function convertBehavior(converter: Converter, raw: RawNode | undefined, depth: number): JsonBehavior | undefined {
  if (raw === undefined) return undefined;
  const position = converter.position(raw);
  const expr = child(raw, "expr");
  if (raw.btype === "JSON_BEHAVIOR_DEFAULT" && expr !== undefined)
    return { behavior: "default", expr: convertExpression(converter, expr, depth + 1), position };
  return { behavior: BEHAVIORS[text(raw, "btype")] ?? "null", position };
}
const WRAPPERS: Readonly<Record<string, JsonWrapper>> = {
  JSW_NONE: "none",
  JSW_CONDITIONAL: "conditional",
  JSW_UNCONDITIONAL: "unconditional",
};
const wrapperOf = (raw: RawNode): JsonWrapper => WRAPPERS[text(raw, "wrapper")] ?? "unspecified";
const quotesOf = (raw: RawNode): JsonQuotes =>
  raw.quotes === "JS_QUOTES_KEEP" ? "keep" : raw.quotes === "JS_QUOTES_OMIT" ? "omit" : "unspecified";

function convertPassing(converter: Converter, raw: RawNode, depth: number): JsonPassing[] {
  return list(raw, "passing").map((item) => {
    const body = bodyOf(item);
    return { name: text(body, "name"), value: convertInput(converter, child(body, "val")!, depth) };
  });
}
const OPERATIONS: Readonly<Record<string, "exists" | "value" | "query">> = {
  JSON_EXISTS_OP: "exists",
  JSON_VALUE_OP: "value",
  JSON_QUERY_OP: "query",
};

/** undefined: no SQL/JSON node. */
export function convertJson(converter: Converter, wrapped: RawNode, depth: number): JsonExpr | undefined {
  const raw = bodyOf(wrapped);
  const position = converter.position(raw);
  const returning = (from: RawNode = raw): JsonOutput | undefined => convertOutput(converter, child(from, "output"));
  const absentOnNull = flag(raw, "absent_on_null");
  switch (kindOf(wrapped)) {
    case "JsonObjectConstructor":
      return {
        kind: "JsonObject",
        pairs: list(raw, "exprs").map((item) => {
          const pair = bodyOf(item);
          return {
            key: convertExpression(converter, child(pair, "key")!, depth + 1),
            value: convertInput(converter, child(pair, "value")!, depth),
          };
        }),
        absentOnNull,
        uniqueKeys: flag(raw, "unique"),
        returning: returning(),
        position,
      };
    case "JsonArrayConstructor":
      return {
        kind: "JsonArray",
        items: list(raw, "exprs").map((item) => convertInput(converter, bodyOf(item), depth)),
        absentOnNull,
        returning: returning(),
        position,
      };
    case "JsonArrayQueryConstructor":
      return {
        kind: "JsonArrayQuery",
        query: convertQuery(converter, child(raw, "query")!, depth + 1),
        format: convertFormat(converter, child(raw, "format")),
        returning: returning(),
        position,
      };
    case "JsonObjectAgg":
    case "JsonArrayAgg":
      return convertAggregate(converter, wrapped, depth);
    case "JsonParseExpr":
      return {
        kind: "JsonParse",
        input: convertInput(converter, child(raw, "expr")!, depth),
        uniqueKeys: flag(raw, "unique_keys"),
        position,
      };
    case "JsonScalarExpr":
      return { kind: "JsonScalar", arg: convertExpression(converter, child(raw, "expr")!, depth + 1), position };
    case "JsonSerializeExpr":
      return { kind: "JsonSerialize", input: convertInput(converter, child(raw, "expr")!, depth), returning: returning(), position };
    case "JsonIsPredicate":
      return {
        kind: "JsonTest",
        arg: convertExpression(converter, child(raw, "expr")!, depth + 1),
        format: convertFormat(converter, child(raw, "format")),
        item: ITEM_KINDS[text(raw, "item_type")] ?? "value",
        uniqueKeys: flag(raw, "unique_keys"),
        position,
      };
    case "JsonFuncExpr":
      return {
        kind: "JsonQuery",
        operation: OPERATIONS[text(raw, "op")]!,
        input: convertInput(converter, child(raw, "context_item")!, depth),
        path: convertExpression(converter, child(raw, "pathspec")!, depth + 1),
        passing: convertPassing(converter, raw, depth),
        returning: returning(),
        onEmpty: convertBehavior(converter, child(raw, "on_empty"), depth),
        onError: convertBehavior(converter, child(raw, "on_error"), depth),
        wrapper: wrapperOf(raw),
        quotes: quotesOf(raw),
        position,
      };
    default:
      return undefined;
  }
}
const ITEM_KINDS: Readonly<Record<string, JsonItemKind>> = {
  JS_TYPE_OBJECT: "object",
  JS_TYPE_ARRAY: "array",
  JS_TYPE_SCALAR: "scalar",
};

function convertAggregate(converter: Converter, wrapped: RawNode, depth: number): JsonExpr {
  const raw = bodyOf(wrapped);
  const constructor = child(raw, "constructor") ?? {};
  const arg = child(raw, "arg")!;
  const isObject = kindOf(wrapped) === "JsonObjectAgg";
  const filter = child(constructor, "agg_filter");
  const over = child(constructor, "over");
  return {
    kind: "JsonAggregate",
    key: isObject ? convertExpression(converter, child(arg, "key")!, depth + 1) : undefined,
    value: convertInput(converter, isObject ? child(arg, "value")! : arg, depth),
    absentOnNull: flag(raw, "absent_on_null"),
    uniqueKeys: flag(raw, "unique"),
    orderBy: list(constructor, "agg_order").map((item) => convertSortItem(converter, item, depth + 1)),
    filter: filter === undefined ? undefined : convertExpression(converter, filter, depth + 1),
    over: over === undefined ? undefined : convertWindow(converter, over, depth + 1),
    returning: convertOutput(converter, child(constructor, "output")),
    position: converter.position(constructor),
  };
}

function convertTablePath(converter: Converter, raw: RawNode, depth: number): JsonTablePath {
  return {
    path: convertExpression(converter, child(raw, "string")!, depth + 1),
    name: optionalText(raw, "name"),
    position: converter.position(raw),
  };
}
const COLUMN_KINDS: Readonly<Record<string, "regular" | "formatted" | "exists">> = {
  JTC_REGULAR: "regular",
  JTC_FORMATTED: "formatted",
  JTC_EXISTS: "exists",
};
function convertTableColumn(converter: Converter, wrapped: RawNode, depth: number): JsonTableColumn {
  const raw = bodyOf(wrapped);
  const name = text(raw, "name");
  const position = converter.position(raw);
  const path = child(raw, "pathspec");
  if (raw.coltype === "JTC_FOR_ORDINALITY") return { kind: "ordinality", name, position };
  if (raw.coltype === "JTC_NESTED")
    return {
      kind: "nested",
      name,
      path: convertTablePath(converter, path!, depth),
      columns: list(raw, "columns").map((column) => convertTableColumn(converter, column, depth + 1)),
      position,
    };
  return {
    kind: COLUMN_KINDS[text(raw, "coltype")]!,
    name,
    type: convertTypeName(converter, child(raw, "typeName")!),
    path: path === undefined ? undefined : convertTablePath(converter, path, depth),
    format: convertFormat(converter, child(raw, "format")),
    wrapper: wrapperOf(raw),
    quotes: quotesOf(raw),
    onEmpty: convertBehavior(converter, child(raw, "on_empty"), depth),
    onError: convertBehavior(converter, child(raw, "on_error"), depth),
    position,
  };
}
export function convertJsonTable(converter: Converter, raw: RawNode, depth: number): JsonTableItem {
  return {
    kind: "JsonTableItem",
    input: convertInput(converter, child(raw, "context_item")!, depth),
    path: convertTablePath(converter, child(raw, "pathspec")!, depth),
    passing: convertPassing(converter, raw, depth),
    columns: list(raw, "columns").map((column) => convertTableColumn(converter, column, depth)),
    onError: convertBehavior(converter, child(raw, "on_error"), depth),
    alias: convertAlias(child(raw, "alias")),
    lateral: flag(raw, "lateral"),
    position: converter.position(raw),
  };
}
