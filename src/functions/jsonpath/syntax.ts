/**
 * A jsonpath as a tree. Pure data.
 *
 * A path expression is a head (`$`, `@`, a literal, an operator in parentheses) and the accessors behind it; predicates are expressions
 * that give true, false or unknown.
 */
export interface JsonPath {
  readonly lax: boolean;
  readonly expression: PathNode;
}

export type PathNode = PathHead & { readonly steps: readonly PathStep[] };

export type PathHead =
  | { readonly kind: "root" | "current" | "last" | "null" }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "string" | "variable"; readonly value: string }
  | { readonly kind: "arithmetic"; readonly operator: Arithmetic; readonly left: PathNode; readonly right: PathNode }
  | { readonly kind: "sign"; readonly operator: "+" | "-"; readonly arg: PathNode }
  | Predicate;

export type Arithmetic = "+" | "-" | "*" | "/" | "%";
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

export type Predicate =
  | { readonly kind: "and" | "or"; readonly left: PathNode; readonly right: PathNode }
  | { readonly kind: "not" | "isUnknown" | "exists"; readonly arg: PathNode }
  | { readonly kind: "comparison"; readonly operator: Comparison; readonly left: PathNode; readonly right: PathNode }
  | { readonly kind: "startsWith"; readonly left: PathNode; readonly right: PathNode }
  | { readonly kind: "likeRegex"; readonly left: PathNode; readonly pattern: string; readonly flags: string };

export const methods = ["type", "size", "abs", "floor", "ceiling", "double", "keyvalue"] as const;
export type Method = (typeof methods)[number];

export type PathStep =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "anyKey" | "anyArray" }
  | { readonly kind: "subscripts"; readonly subscripts: readonly { readonly from: PathNode; readonly to?: PathNode }[] }
  /** `**{first to last}`; Infinity is the leaves. */
  | { readonly kind: "descend"; readonly first: number; readonly last: number }
  | { readonly kind: "method"; readonly method: Method }
  | { readonly kind: "datetime"; readonly template?: string }
  | { readonly kind: "filter"; readonly predicate: PathNode };

const predicates: ReadonlySet<string> = new Set(["and", "or", "not", "isUnknown", "exists", "comparison", "startsWith", "likeRegex"]);
/** True, false or unknown rather than a value: only without accessors behind it. */
export const isPredicate = (node: PathNode): boolean => predicates.has(node.kind) && node.steps.length === 0;
