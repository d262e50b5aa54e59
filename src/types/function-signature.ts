import type { Oid } from "./oid.js";

/** What the binder knows of a function; its body is found in src/functions by `id`. */
export interface FunctionSignature {
  /** Unique, stable: `name(argtype,argtype)` with internal type names, e.g. `lower(text)`, `int4pl(int4,int4)`. */
  readonly id: string;
  /** pg_proc's OID when the function is PostgreSQL's own, else one of ours. */
  readonly oid: Oid;
  readonly schema: string; // "pg_catalog", "public" for pgvector's, "redis"
  readonly name: string;
  readonly argTypes: readonly Oid[]; // may hold polymorphic pseudo-types
  /** Element type of a VARIADIC last argument (its argTypes entry is the array type), else undefined. */
  readonly variadic?: Oid;
  /** How many trailing arguments may be left out, and their values as SQL literals. */
  readonly defaults?: readonly string[];
  /** For `name => value`; absent when PostgreSQL names none. */
  readonly argNames?: readonly string[];
  readonly returnType: Oid;
  /** Column name of a set-returning function whose one OUT parameter is named: `value` of jsonb_array_elements. */
  readonly outName?: string;
  /** For set-returning functions with two or more OUT columns; their body gives a Row. */
  readonly outColumns?: readonly { readonly name: string; readonly type: Oid }[];
  readonly kind: "function" | "aggregate" | "window" | "set" | "procedure";
  /** An aggregate that is called WITHIN GROUP, and how many of its arguments stand in its own parentheses. */
  readonly aggregate?: "ordered" | "hypothetical";
  readonly directArgCount?: number;
  readonly strict: boolean;
  readonly volatility: "immutable" | "stable" | "volatile";
}

/** pg_operator: an operator is a name and operand types that lead to a function. `left` is 0 for a prefix operator. */
export interface OperatorSignature {
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  readonly left: Oid;
  readonly right: Oid;
  readonly result: Oid;
  readonly functionId: string;
  /** CREATE OPERATOR made it: its name says nothing about what it does. */
  readonly isUserDefined?: boolean;
  readonly commutator?: string;
  readonly negator?: string;
}

/** pg_cast. `method`: run a function, read the bytes as they are, or go through text. */
export interface CastSignature {
  readonly source: Oid;
  readonly target: Oid;
  readonly context: "implicit" | "assignment" | "explicit";
  readonly method: { readonly kind: "function"; readonly functionId: string } | { readonly kind: "binary" } | { readonly kind: "inout" };
}
