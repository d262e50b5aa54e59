/**
 * Bound scalar expressions. Pure data: no SQL text, no idea how they will run.
 *
 * Invariants
 *  1. Every reference is bound: a column by its ColumnId, a function by its signature's id, a type by OID.
 *  2. Argument types already match the function: coercions are nodes of their own.
 *  3. Nodes are immutable; a rewrite returns a new node and shares the rest.
 */
import type { Datum, Oid } from "../types/index.js";
import type { LogicalPlan } from "./logical-plan.js";

/** Names one column of one plan node, unique within a statement. Correlation is a reference to an id of an outer plan. */
export type ColumnId = number & { readonly brand: "ColumnId" };

export type Expression =
  | Constant
  | Parameter
  | ColumnReference
  | FunctionCall
  | BooleanOperation
  | Not
  | NullTest
  | BooleanTest
  | DistinctTest
  | Case
  | CaseOperand
  | Coalesce
  | NullIf
  | Extreme
  | InList
  | ArrayComparison
  | ArrayConstructor
  | RowConstructor
  | Subscript
  | SubscriptAssignment
  | FieldSelect
  | Relabel
  | CoerceViaText
  | CoerceArray
  | CoerceModifier
  | JsonQuery
  | SubqueryExpression;

interface Typed {
  readonly type: Oid;
  readonly typmod: number; // -1: none
  /** Character position in the statement (from 1) for run-time errors that PostgreSQL locates; mostly absent. */
  readonly position?: number;
}
export interface Constant extends Typed {
  readonly kind: "Constant";
  readonly value: Datum;
}
/** `$1` is index 0. */
export interface Parameter extends Typed {
  readonly kind: "Parameter";
  readonly index: number;
}
export interface ColumnReference extends Typed {
  readonly kind: "ColumnReference";
  readonly id: ColumnId;
  readonly name: string;
}
export interface FunctionCall extends Typed {
  readonly kind: "FunctionCall";
  readonly functionId: string; // FunctionSignature.id; operators and function casts too
  readonly args: readonly Expression[];
  readonly strict: boolean;
  readonly volatility: "immutable" | "stable" | "volatile";
  /** The last argument is an array whose elements are the arguments of VARIADIC "any". */
  readonly spreads?: boolean;
  /** The column definition list of a function in FROM that gives records. */
  readonly recordColumns?: readonly { readonly name: string; readonly type: Oid; readonly typmod: number }[];
  /** How it was written, for EXPLAIN and view definitions. */
  readonly syntax: { readonly form: "function" | "operator" | "cast"; readonly name: string; readonly implicit?: boolean };
}
export interface BooleanOperation extends Typed {
  readonly kind: "And" | "Or";
  readonly args: readonly Expression[];
}
export interface Not extends Typed {
  readonly kind: "Not";
  readonly arg: Expression;
}
export interface NullTest extends Typed {
  readonly kind: "NullTest";
  readonly arg: Expression;
  readonly negated: boolean;
}
export interface BooleanTest extends Typed {
  readonly kind: "BooleanTest";
  readonly arg: Expression;
  readonly test: "true" | "false" | "unknown";
  readonly negated: boolean;
}
/** IS [NOT] DISTINCT FROM; `equalId` is the equality function's id. */
export interface DistinctTest extends Typed {
  readonly kind: "DistinctTest";
  readonly left: Expression;
  readonly right: Expression;
  readonly equalId: string;
  readonly negated: boolean;
}
/** With `operand`, the `when`s mention it as CaseOperand (evaluated once). */
export interface Case extends Typed {
  readonly kind: "Case";
  readonly operand?: Expression;
  readonly whens: readonly { readonly when: Expression; readonly then: Expression }[];
  readonly otherwise: Expression;
}
export interface CaseOperand extends Typed {
  readonly kind: "CaseOperand";
}
export interface Coalesce extends Typed {
  readonly kind: "Coalesce";
  readonly args: readonly Expression[];
}
export interface NullIf extends Typed {
  readonly kind: "NullIf";
  readonly left: Expression;
  readonly right: Expression;
  readonly equalId: string;
}
export interface Extreme extends Typed {
  readonly kind: "Greatest" | "Least";
  readonly args: readonly Expression[];
}
/** `arg IN (items)`; NULL semantics of a chain of ORs. NOT IN is Not around it. */
export interface InList extends Typed {
  readonly kind: "InList";
  readonly arg: Expression;
  readonly items: readonly Expression[];
  readonly equalId: string;
}
/** `left op ANY|ALL (array)`. */
export interface ArrayComparison extends Typed {
  readonly kind: "ArrayComparison";
  readonly quantifier: "any" | "all";
  readonly operator: string;
  readonly functionId: string;
  readonly left: Expression;
  readonly array: Expression;
}
/** ARRAY[…]; nested ARRAY[ARRAY[…]] has array-typed elements and `multidimensional`. */
export interface ArrayConstructor extends Typed {
  readonly kind: "ArrayConstructor";
  readonly elementType: Oid;
  readonly elements: readonly Expression[];
  readonly multidimensional: boolean;
}
export interface RowConstructor extends Typed {
  readonly kind: "RowConstructor";
  readonly fields: readonly Expression[];
  readonly names?: readonly string[];
}
/** `array[1]`, `array[1:2][3]`; a slice has `lower`/`upper` where an index has only `upper`. */
export interface Subscript extends Typed {
  readonly kind: "Subscript";
  readonly container: Expression;
  readonly isSlice: boolean;
  readonly subscripts: readonly { readonly lower?: Expression; readonly upper?: Expression }[];
}
/** The container with one element, slice or jsonb place changed to `value`; subscripts as in Subscript. */
export interface SubscriptAssignment extends Typed {
  readonly kind: "SubscriptAssignment";
  readonly container: Expression;
  readonly isSlice: boolean;
  readonly subscripts: Subscript["subscripts"];
  readonly value: Expression;
}
export interface FieldSelect extends Typed {
  readonly kind: "FieldSelect";
  readonly record: Expression;
  readonly fieldIndex: number;
}
/** A cast that changes no bytes (binary coercible). */
export interface Relabel extends Typed {
  readonly kind: "Relabel";
  readonly arg: Expression;
  readonly explicit: boolean;
  /** COLLATE: the collation's OID. It means nothing once the statement's collations are derived (sql/binder/collate-plan.ts). */
  readonly collation?: Oid;
}
/** A cast by the types' output and input functions. */
export interface CoerceViaText extends Typed {
  readonly kind: "CoerceViaText";
  readonly arg: Expression;
  readonly explicit: boolean;
}
/** Casts each element: `element` mentions it as CaseOperand. */
export interface CoerceArray extends Typed {
  readonly kind: "CoerceArray";
  readonly arg: Expression;
  readonly element: Expression;
}
/** Applies `typmod` (length, precision) to a value that already has the type. */
export interface CoerceModifier extends Typed {
  readonly kind: "CoerceModifier";
  readonly arg: Expression;
  readonly explicit: boolean;
}
/**
 * JSON_EXISTS, JSON_VALUE, JSON_QUERY over `context` (jsonb) by `path` (jsonpath); NULL when either is. `onEmpty`, `onError`: what stands for
 * the result, evaluated only then; absent: the error is raised.
 */
export interface JsonQuery extends Typed {
  readonly kind: "JsonQuery";
  readonly operation: "exists" | "value" | "query";
  readonly context: Expression;
  readonly path: Expression;
  readonly passing: readonly { readonly name: string; readonly value: Expression }[];
  readonly wrapper: "none" | "conditional" | "unconditional";
  readonly omitQuotes: boolean;
  readonly onEmpty?: Expression;
  readonly onError?: Expression;
  /** Column of JSON_TABLE that it computes, for error texts. */
  readonly columnName?: string;
}
export interface SubqueryExpression extends Typed {
  readonly kind: "Subquery";
  /** scalar: one column, at most one row (21000). array: ARRAY(…). any/all: `test` compares, mentioning columns of the plan. */
  readonly form: "exists" | "scalar" | "array" | "any" | "all";
  readonly plan: LogicalPlan;
  readonly test?: Expression;
  /** How IN or op ANY was written: `=` with columns, for semi-join rewriting: pairs (outer expression, inner column). */
  readonly pairs?: readonly {
    readonly outer: Expression;
    readonly inner: ColumnId;
    readonly functionId: string;
    readonly operator: string;
  }[];
}
