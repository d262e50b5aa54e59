/** The parts of CREATE TABLE beyond columns and constraints: LIKE, INHERITS, PARTITION BY and OF, storage parameters. */
import { DbError, featureNotSupported } from "../../src/types/index.js";
import { optionText } from "./convert-definition.js";
import { convertExpression } from "./convert-expression.js";
import { type Converter, convertRelationName } from "./converter.js";
import { bodyOf, child, flag, integer, list, optionalText, type RawNode, strings, text } from "./raw.js";
import type { LikeSyntax, PartitionBoundSyntax, PartitionSchemeSyntax } from "./syntax-tree-definition.js";

/** Bits of TableLikeClause.options. */
const LIKE_COMMENTS = 1;
const LIKE_COMPRESSION = 2;
const LIKE_CONSTRAINTS = 4;
const LIKE_DEFAULTS = 8;
const LIKE_GENERATED = 16;
const LIKE_IDENTITY = 32;
const LIKE_INDEXES = 64;
const LIKE_STATISTICS = 128;
const LIKE_STORAGE = 256;

export function convertLike(converter: Converter, raw: RawNode): LikeSyntax {
  const bits = integer(raw, "options");
  const has = (bit: number): boolean => (bits & bit) !== 0;
  return {
    kind: "like",
    relation: convertRelationName(converter, child(raw, "relation")!),
    comments: has(LIKE_COMMENTS),
    compression: has(LIKE_COMPRESSION),
    constraints: has(LIKE_CONSTRAINTS),
    defaults: has(LIKE_DEFAULTS),
    generated: has(LIKE_GENERATED),
    identity: has(LIKE_IDENTITY),
    indexes: has(LIKE_INDEXES),
    statistics: has(LIKE_STATISTICS),
    storage: has(LIKE_STORAGE),
  };
}

export function convertPartitionScheme(converter: Converter, raw: RawNode): PartitionSchemeSyntax {
  const strategy = text(raw, "strategy").replace("PARTITION_STRATEGY_", "").toLowerCase();
  return {
    strategy: strategy === "list" || strategy === "l" ? "list" : strategy === "hash" || strategy === "h" ? "hash" : "range",
    keys: list(raw, "partParams").map((item) => {
      const body = bodyOf(item);
      const expr = child(body, "expr");
      return {
        column: optionalText(body, "name"),
        expr: expr === undefined ? undefined : convertExpression(converter, expr),
        collation: list(body, "collation").length === 0 ? undefined : strings(body, "collation"),
        position: converter.position(body),
      };
    }),
    position: converter.position(raw),
  };
}

export function convertPartitionBound(converter: Converter, raw: RawNode): PartitionBoundSyntax {
  const position = converter.position(raw);
  const values = (field: string) => list(raw, field).map((item) => convertExpression(converter, item));
  if (flag(raw, "is_default")) return { kind: "default", position };
  switch (text(raw, "strategy")) {
    case "l":
      return { kind: "list", values: values("listdatums"), position };
    case "h":
      return { kind: "hash", modulus: integer(raw, "modulus"), remainder: integer(raw, "remainder"), position };
    default:
      return { kind: "range", from: values("lowerdatums"), to: values("upperdatums"), position };
  }
}

/** These tell PostgreSQL how to lay its pages out and change no result: they are kept as facts. */
const STORAGE_HINTS = new Set([
  "fillfactor",
  "toast_tuple_target",
  "parallel_workers",
  "vacuum_truncate",
  "log_autovacuum_min_duration",
  "user_catalog_table",
]);
export function convertStorageOptions(items: readonly RawNode[]): Readonly<Record<string, string>> {
  const options: Record<string, string> = {};
  for (const item of items) {
    const body = bodyOf(item);
    const name = text(body, "defname");
    const space = optionalText(body, "defnamespace");
    if (space === undefined && name === "oids") {
      if (optionText(child(body, "arg")) !== "false") throw featureNotSupported("tables declared WITH OIDS are not supported");
      continue;
    }
    options[space === undefined ? name : `${space}.${name}`] = optionText(child(body, "arg"));
  }
  return options;
}
export const isStorageOption = (name: string): boolean =>
  STORAGE_HINTS.has(name) || name.startsWith("autovacuum_") || name.startsWith("toast.");

export function convertOnCommit(raw: RawNode, field: string): "preserve" | "deleteRows" | "drop" | undefined {
  switch (raw[field]) {
    case "ONCOMMIT_PRESERVE_ROWS":
      return "preserve";
    case "ONCOMMIT_DELETE_ROWS":
      return "deleteRows";
    case "ONCOMMIT_DROP":
      return "drop";
    default:
      return undefined;
  }
}
export function refuseTablespace(raw: RawNode, field: string): void {
  const name = optionalText(raw, field);
  if (name !== undefined && name !== "" && name !== "pg_default")
    throw new DbError({ sqlstate: "42704", message: `tablespace "${name}" does not exist` });
}
