/** SQL/JSON (PostgreSQL 16 and 17): constructors, IS JSON, query functions, JSON_TABLE. */
import type { Alias, Expr, Positioned, Query, SortItem, TypeName, WindowSpecification } from "./syntax-tree.js";

/** FORMAT JSON [ENCODING …]; `json` false: nothing was written. */
export interface JsonFormat extends Positioned {
  readonly json: boolean;
  readonly encoding: "default" | "utf8" | "utf16" | "utf32";
}
export interface JsonInput {
  readonly expr: Expr;
  readonly format: JsonFormat;
}
export interface JsonOutput {
  readonly type: TypeName;
  readonly format: JsonFormat;
}

export interface JsonObjectExpr extends Positioned {
  readonly kind: "JsonObject";
  readonly pairs: readonly { readonly key: Expr; readonly value: JsonInput }[];
  readonly absentOnNull: boolean;
  readonly uniqueKeys: boolean;
  readonly returning: JsonOutput | undefined;
}
export interface JsonArrayExpr extends Positioned {
  readonly kind: "JsonArray";
  readonly items: readonly JsonInput[];
  readonly absentOnNull: boolean;
  readonly returning: JsonOutput | undefined;
}
/** JSON_ARRAY(SELECT …). */
export interface JsonArrayQueryExpr extends Positioned {
  readonly kind: "JsonArrayQuery";
  readonly query: Query;
  readonly format: JsonFormat;
  readonly returning: JsonOutput | undefined;
}
/** JSON_OBJECTAGG; JSON_ARRAYAGG has no `key`. */
export interface JsonAggregateExpr extends Positioned {
  readonly kind: "JsonAggregate";
  readonly key: Expr | undefined;
  readonly value: JsonInput;
  readonly absentOnNull: boolean;
  readonly uniqueKeys: boolean;
  readonly orderBy: readonly SortItem[];
  readonly filter: Expr | undefined;
  readonly over: WindowSpecification | undefined;
  readonly returning: JsonOutput | undefined;
}
/** JSON(…). */
export interface JsonParseExpr extends Positioned {
  readonly kind: "JsonParse";
  readonly input: JsonInput;
  readonly uniqueKeys: boolean;
}
export interface JsonScalarExpr extends Positioned {
  readonly kind: "JsonScalar";
  readonly arg: Expr;
}
export interface JsonSerializeExpr extends Positioned {
  readonly kind: "JsonSerialize";
  readonly input: JsonInput;
  readonly returning: JsonOutput | undefined;
}
/** IS JSON; IS NOT JSON is Not around it. */
export interface JsonTestExpr extends Positioned {
  readonly kind: "JsonTest";
  readonly arg: Expr;
  readonly format: JsonFormat;
  readonly item: JsonItemKind;
  readonly uniqueKeys: boolean;
}
export type JsonItemKind = "value" | "array" | "object" | "scalar";

export type JsonBehavior = Positioned &
  (
    | { readonly behavior: "null" | "error" | "empty" | "true" | "false" | "unknown" | "emptyArray" | "emptyObject" }
    | { readonly behavior: "default"; readonly expr: Expr }
  );
export type JsonWrapper = "unspecified" | "none" | "conditional" | "unconditional";
export type JsonQuotes = "unspecified" | "keep" | "omit";

export interface JsonPassing {
  readonly name: string;
  readonly value: JsonInput;
}
/** JSON_EXISTS, JSON_VALUE, JSON_QUERY. */
export interface JsonQueryExpr extends Positioned {
  readonly kind: "JsonQuery";
  readonly operation: "exists" | "value" | "query";
  readonly input: JsonInput;
  readonly path: Expr;
  readonly passing: readonly JsonPassing[];
  readonly returning: JsonOutput | undefined;
  readonly onEmpty: JsonBehavior | undefined;
  readonly onError: JsonBehavior | undefined;
  readonly wrapper: JsonWrapper;
  readonly quotes: JsonQuotes;
}
export type JsonExpr =
  | JsonObjectExpr
  | JsonArrayExpr
  | JsonArrayQueryExpr
  | JsonAggregateExpr
  | JsonParseExpr
  | JsonScalarExpr
  | JsonSerializeExpr
  | JsonTestExpr
  | JsonQueryExpr;

export interface JsonTablePath extends Positioned {
  readonly path: Expr;
  readonly name: string | undefined;
}
export type JsonTableColumn = Positioned & { readonly name: string } & (
    | { readonly kind: "ordinality" }
    | {
        readonly kind: "regular" | "formatted" | "exists";
        readonly type: TypeName;
        /** None: `$."name"`. */
        readonly path: JsonTablePath | undefined;
        readonly format: JsonFormat;
        readonly wrapper: JsonWrapper;
        readonly quotes: JsonQuotes;
        readonly onEmpty: JsonBehavior | undefined;
        readonly onError: JsonBehavior | undefined;
      }
    | { readonly kind: "nested"; readonly path: JsonTablePath; readonly columns: readonly JsonTableColumn[] }
  );
export interface JsonTableItem extends Positioned {
  readonly kind: "JsonTableItem";
  readonly input: JsonInput;
  readonly path: JsonTablePath;
  readonly passing: readonly JsonPassing[];
  readonly columns: readonly JsonTableColumn[];
  readonly onError: JsonBehavior | undefined;
  readonly alias: Alias | undefined;
  readonly lateral: boolean;
}
