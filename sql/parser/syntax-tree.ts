/**
 * Our own syntax tree: what the binder reads. Only sql/parser/convert-*.ts knows the shapes that libpg-query gives.
 *
 * `position` counts characters (code points) of the whole query string from 1; 0 = unknown. Names are already folded to lower case.
 */
import type { DefinitionStatement } from "./syntax-tree-definition.js";
import type { JsonExpr, JsonTableItem } from "./syntax-tree-json.js";

export interface Positioned {
  readonly position: number;
}
export type QualifiedIdentifier = readonly string[]; // ["schema", "name"] or ["name"]

export interface TypeName extends Positioned {
  readonly names: QualifiedIdentifier;
  readonly modifiers: readonly string[];
  /** interval's field mask as the grammar gives it, else the same as modifiers. */
  readonly arrayDimensions: number;
  readonly setOf: boolean;
}

export type Expr =
  | Literal
  | ParameterRef
  | ColumnRef
  | OperatorExpr
  | QuantifiedExpr
  | DistinctExpr
  | NullIfExpr
  | InExpr
  | BetweenExpr
  | LogicalExpr
  | NotExpr
  | FunctionExpr
  | CastExpr
  | CaseExpr
  | CoalesceExpr
  | ExtremeExpr
  | ArrayExpr
  | RowExpr
  | SubqueryExpr
  | IndirectionExpr
  | NullTestExpr
  | BooleanTestExpr
  | CollateExpr
  | SqlValueExpr
  | DefaultExpr
  | CurrentOfExpr
  | GroupingExpr
  | MergeActionExpr
  | JsonExpr;

export interface Literal extends Positioned {
  readonly kind: "Literal";
  readonly literal: "null" | "boolean" | "integer" | "float" | "string" | "bits";
  readonly value: null | boolean | number | string; // float and bits as text
}
export interface ParameterRef extends Positioned {
  readonly kind: "ParameterRef";
  readonly number: number;
}
/** `a`, `t.a`, `s.t.a`; `star`: `*`, `t.*`. */
export interface ColumnRef extends Positioned {
  readonly kind: "ColumnRef";
  readonly fields: readonly string[];
  readonly star: boolean;
}
/** `name`: `schema.op` where OPERATOR(schema.op) was written. */
export interface OperatorExpr extends Positioned {
  readonly kind: "Operator";
  readonly name: string;
  readonly left: Expr | undefined;
  readonly right: Expr;
}
export interface QuantifiedExpr extends Positioned {
  readonly kind: "Quantified";
  readonly quantifier: "any" | "all";
  readonly operator: string;
  readonly left: Expr;
  readonly array: Expr;
}
export interface DistinctExpr extends Positioned {
  readonly kind: "Distinct";
  readonly left: Expr;
  readonly right: Expr;
  readonly negated: boolean; // true: IS NOT DISTINCT FROM
}
export interface NullIfExpr extends Positioned {
  readonly kind: "NullIf";
  readonly left: Expr;
  readonly right: Expr;
}
export interface InExpr extends Positioned {
  readonly kind: "In";
  readonly left: Expr;
  readonly items: readonly Expr[];
  readonly negated: boolean;
}
export interface BetweenExpr extends Positioned {
  readonly kind: "Between";
  readonly arg: Expr;
  readonly low: Expr;
  readonly high: Expr;
  readonly negated: boolean;
  readonly symmetric: boolean;
}
export interface LogicalExpr extends Positioned {
  readonly kind: "And" | "Or";
  readonly args: readonly Expr[];
}
export interface NotExpr extends Positioned {
  readonly kind: "Not";
  readonly arg: Expr;
}
export interface FunctionExpr extends Positioned {
  readonly kind: "Function";
  readonly name: QualifiedIdentifier;
  readonly args: readonly Expr[];
  /** Names of named arguments, by place; undefined where positional. */
  readonly argNames: readonly (string | undefined)[];
  /** Where the names stand; absent: none is written. */
  readonly argNamePositions?: readonly (number | undefined)[];
  readonly star: boolean;
  readonly distinct: boolean;
  readonly variadic: boolean;
  readonly orderBy: readonly SortItem[];
  readonly withinGroup: boolean;
  readonly filter: Expr | undefined;
  readonly over: WindowSpecification | undefined;
  /** EXTRACT(…), SUBSTRING(… FROM …), … AT TIME ZONE: written in the standard's own syntax. */
  readonly sqlSyntax: boolean;
}
export interface CastExpr extends Positioned {
  readonly kind: "Cast";
  readonly arg: Expr;
  readonly target: TypeName;
}
export interface CaseExpr extends Positioned {
  readonly kind: "Case";
  readonly operand: Expr | undefined;
  readonly whens: readonly { readonly when: Expr; readonly then: Expr }[];
  readonly otherwise: Expr | undefined;
}
export interface CoalesceExpr extends Positioned {
  readonly kind: "Coalesce";
  readonly args: readonly Expr[];
}
export interface ExtremeExpr extends Positioned {
  readonly kind: "Greatest" | "Least";
  readonly args: readonly Expr[];
}
export interface ArrayExpr extends Positioned {
  readonly kind: "Array";
  readonly elements: readonly Expr[];
}
export interface RowExpr extends Positioned {
  readonly kind: "Row";
  readonly fields: readonly Expr[];
}
export interface SubqueryExpr extends Positioned {
  readonly kind: "Subquery";
  readonly form: "exists" | "scalar" | "array" | "any" | "all";
  readonly test: Expr | undefined;
  readonly operator: string; // "=" for IN
  readonly isIn: boolean;
  readonly query: Query;
}
export type Indirection =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "star" }
  | { readonly kind: "index"; readonly index: Expr }
  | { readonly kind: "slice"; readonly lower: Expr | undefined; readonly upper: Expr | undefined };
export interface IndirectionExpr extends Positioned {
  readonly kind: "Indirection";
  readonly arg: Expr;
  readonly path: readonly Indirection[];
}
export interface NullTestExpr extends Positioned {
  readonly kind: "NullTest";
  readonly arg: Expr;
  readonly negated: boolean;
}
export interface BooleanTestExpr extends Positioned {
  readonly kind: "BooleanTest";
  readonly arg: Expr;
  readonly test: "true" | "false" | "unknown";
  readonly negated: boolean;
}
export interface CollateExpr extends Positioned {
  readonly kind: "Collate";
  readonly arg: Expr;
  readonly collation: QualifiedIdentifier;
}
export interface SqlValueExpr extends Positioned {
  readonly kind: "SqlValue";
  readonly name: string; // current_date, current_timestamp, localtime, current_user…
  readonly precision: number; // -1: none
}
/** DEFAULT in VALUES or SET. */
export interface DefaultExpr extends Positioned {
  readonly kind: "Default";
}
/** WHERE CURRENT OF: the whole condition of an UPDATE or DELETE. */
export interface CurrentOfExpr extends Positioned {
  readonly kind: "CurrentOf";
  readonly cursor: string;
}
export interface GroupingExpr extends Positioned {
  readonly kind: "Grouping";
  readonly args: readonly Expr[];
}

/** merge_action(): in the RETURNING of a MERGE (PostgreSQL 17). */
export interface MergeActionExpr extends Positioned {
  readonly kind: "MergeAction";
}

export interface SortItem extends Positioned {
  readonly expr: Expr;
  readonly direction: "default" | "asc" | "desc" | "using";
  readonly nulls: "default" | "first" | "last";
  readonly operator: string | undefined;
}
export interface WindowSpecification extends Positioned {
  readonly name: string | undefined; // WINDOW w AS…
  readonly reference: string | undefined; // OVER w, or (w …)
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly SortItem[];
  readonly frame: FrameSpecification | undefined;
}
export type FrameEdge =
  | { readonly kind: "unboundedPreceding" | "currentRow" | "unboundedFollowing" }
  | { readonly kind: "preceding" | "following"; readonly offset: Expr };
export interface FrameSpecification {
  readonly mode: "range" | "rows" | "groups";
  /** BETWEEN start AND end was written; else `end` is the current row. */
  readonly isBetween: boolean;
  readonly start: FrameEdge;
  readonly end: FrameEdge;
  readonly exclude: "none" | "current" | "group" | "ties";
}

/** SELECT …, VALUES …, or a set operation of two of them. */
export type Query = SelectQuery | ValuesQuery | SetQuery;
interface QueryTail extends Positioned {
  readonly with: WithClause | undefined;
  readonly orderBy: readonly SortItem[];
  readonly limit: Expr | undefined;
  readonly offset: Expr | undefined;
  readonly withTies: boolean;
  readonly locking: readonly LockingClause[];
}
export interface SelectQuery extends QueryTail {
  readonly kind: "Select";
  readonly distinct: "none" | "all" | readonly Expr[];
  readonly targets: readonly Target[];
  readonly from: readonly FromItem[];
  readonly where: Expr | undefined;
  readonly groupBy: readonly GroupItem[];
  readonly groupDistinct: boolean;
  readonly having: Expr | undefined;
  readonly windows: readonly WindowSpecification[];
  readonly into: RelationName | undefined;
}
export interface ValuesQuery extends QueryTail {
  readonly kind: "Values";
  readonly rows: readonly (readonly Expr[])[];
}
export interface SetQuery extends QueryTail {
  readonly kind: "SetOperation";
  readonly operation: "union" | "intersect" | "except";
  readonly all: boolean;
  readonly left: Query;
  readonly right: Query;
}
export interface Target extends Positioned {
  readonly name: string | undefined;
  /** In SET a.b = …, INSERT (a[1]): what follows the column. */
  readonly indirection: readonly Indirection[];
  readonly expr: Expr;
}
export type GroupItem =
  | { readonly kind: "expression"; readonly expr: Expr }
  | { readonly kind: "sets" | "rollup" | "cube" | "simple" | "empty"; readonly items: readonly GroupItem[]; readonly position: number };
export interface WithClause extends Positioned {
  readonly recursive: boolean;
  readonly tables: readonly CommonTableExpr[];
}
export interface CommonTableExpr extends Positioned {
  readonly name: string;
  readonly columnNames: readonly string[];
  readonly materialized: boolean | undefined;
  readonly query: Query | ModificationStatement;
  readonly search: SearchClause | undefined;
  readonly cycle: CycleClause | undefined;
}
export interface SearchClause extends Positioned {
  readonly columns: readonly string[];
  readonly breadthFirst: boolean;
  readonly sequence: string;
}
export interface CycleClause extends Positioned {
  readonly columns: readonly string[];
  readonly mark: string;
  readonly value: Expr;
  readonly defaultValue: Expr;
  readonly path: string;
}
export interface LockingClause {
  readonly relations: readonly RelationName[];
  readonly strength: "update" | "noKeyUpdate" | "share" | "keyShare";
  readonly wait: "block" | "skip" | "error";
}

export interface RelationName extends Positioned {
  readonly catalog: string | undefined;
  readonly schema: string | undefined;
  readonly name: string;
  readonly alias: Alias | undefined;
  readonly only: boolean;
  readonly persistence: "permanent" | "unlogged" | "temporary";
}
export interface Alias {
  readonly name: string;
  readonly columns: readonly string[];
}
export type FromItem = RelationItem | SubqueryItem | FunctionItem | JoinItem | JsonTableItem;
export interface RelationItem extends Positioned {
  readonly kind: "Relation";
  readonly relation: RelationName;
  readonly sample?: SampleClause;
}
export interface SampleClause extends Positioned {
  readonly method: string;
  readonly args: readonly Expr[];
  readonly repeatable: Expr | undefined;
}
export interface SubqueryItem extends Positioned {
  readonly kind: "SubqueryItem";
  readonly query: Query;
  readonly alias: Alias | undefined;
  readonly lateral: boolean;
}
export interface ColumnDef {
  readonly name: string;
  readonly type: TypeName;
}
export interface FunctionItem extends Positioned {
  readonly kind: "FunctionItem";
  readonly functions: readonly { readonly call: Expr; readonly columns: readonly ColumnDef[] }[];
  readonly alias: Alias | undefined;
  readonly columns: readonly ColumnDef[];
  readonly ordinality: boolean;
  readonly lateral: boolean;
}
export interface JoinItem extends Positioned {
  readonly kind: "JoinItem";
  readonly type: "inner" | "left" | "right" | "full";
  readonly natural: boolean;
  readonly left: FromItem;
  readonly right: FromItem;
  readonly using: readonly string[] | undefined;
  readonly usingAlias: string | undefined;
  readonly on: Expr | undefined;
  readonly alias: Alias | undefined;
}

export interface InsertStatement extends Positioned {
  readonly kind: "Insert";
  readonly with: WithClause | undefined;
  readonly relation: RelationName;
  readonly columns: readonly { readonly name: string; readonly indirection: readonly Indirection[]; readonly position: number }[];
  readonly source: Query | undefined; // undefined: DEFAULT VALUES
  readonly overriding: "none" | "user" | "system";
  readonly onConflict: OnConflictClause | undefined;
  readonly returning: ReturningClause;
}
/** No targets: no RETURNING. `old`, `new`: what WITH (OLD AS …) calls the rows before and after (PostgreSQL 18). */
export interface ReturningClause {
  readonly targets: readonly Target[];
  readonly old: string | undefined;
  readonly new: string | undefined;
}
export interface OnConflictClause extends Positioned {
  readonly action: "nothing" | "update";
  readonly constraint: string | undefined;
  readonly elements: readonly {
    readonly column: string | undefined;
    readonly expr: Expr | undefined;
    readonly opclass: boolean;
    readonly position: number;
  }[];
  readonly elementsWhere: Expr | undefined;
  readonly set: readonly Assignment[];
  readonly where: Expr | undefined;
}
/** SET column = value; for SET (a, b) = source each column gets `source` and its place in it. */
export interface Assignment extends Positioned {
  readonly column: string;
  readonly indirection: readonly Indirection[];
  readonly value: Expr;
  readonly multi: { readonly index: number; readonly count: number } | undefined;
}
export interface UpdateStatement extends Positioned {
  readonly kind: "Update";
  readonly with: WithClause | undefined;
  readonly relation: RelationName;
  readonly set: readonly Assignment[];
  readonly from: readonly FromItem[];
  readonly where: Expr | undefined;
  readonly returning: ReturningClause;
}
export interface DeleteStatement extends Positioned {
  readonly kind: "Delete";
  readonly with: WithClause | undefined;
  readonly relation: RelationName;
  readonly using: readonly FromItem[];
  readonly where: Expr | undefined;
  readonly returning: ReturningClause;
}

/** What may stand in WITH and bring rows by RETURNING. */
export type ModificationStatement = InsertStatement | UpdateStatement | DeleteStatement | MergeStatement;
export const isModification = (tree: Query | ModificationStatement): tree is ModificationStatement =>
  tree.kind === "Insert" || tree.kind === "Update" || tree.kind === "Delete" || tree.kind === "Merge";

export interface MergeStatement extends Positioned {
  readonly kind: "Merge";
  readonly with: WithClause | undefined;
  readonly relation: RelationName;
  readonly source: FromItem;
  readonly on: Expr;
  readonly whens: readonly MergeWhenClause[];
  readonly returning: ReturningClause;
}
export interface MergeWhenClause {
  readonly match: "matched" | "notMatchedBySource" | "notMatchedByTarget";
  readonly condition: Expr | undefined;
  readonly action: "nothing" | "update" | "delete" | "insert";
  readonly set: readonly Assignment[];
  readonly columns: InsertStatement["columns"];
  /** INSERT's; none: DEFAULT VALUES. */
  readonly values: readonly Expr[];
  readonly overriding: InsertStatement["overriding"];
}

export type Statement =
  | { readonly kind: "Query"; readonly query: Query }
  | InsertStatement
  | UpdateStatement
  | DeleteStatement
  | MergeStatement
  | DefinitionStatement
  | { readonly kind: "Empty" };
