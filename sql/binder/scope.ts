/**
 * What names mean at one query level. A level's parent is the query around it; a name that is not found here is looked for there,
 * which makes the reference correlated.
 */
import type { AggregateCall, ColumnId, CommonTable, Expression, PlanColumn, SortKey, WindowFrame } from "../../src/plan/index.js";
import type { Oid } from "../../src/types/index.js";
import type { LockingClause } from "../parser/syntax-tree.js";
import type { LockedRow } from "./bind-locking.js";

/** One relation (or join) that names may refer to. */
export interface NamespaceItem {
  readonly name: string;
  readonly schema?: string;
  readonly relation?: Oid;
  /** The table's own name where an alias hides it. */
  readonly tableName?: string;
  readonly columns: readonly PlanColumn[];
  /** Its columns are all of `relation`'s: a reference to the whole row is of that relation's row type. */
  readonly wholeRow?: boolean;
  /** A function that gives one value a row: its name means that value. */
  readonly scalar?: boolean;
  /** `name.column` works. */
  readonly relationVisible: boolean;
  /** A bare `column` works. */
  readonly columnsVisible: boolean;
  /** A LATERAL reference to it is an error: it stands left of a RIGHT or FULL join. */
  readonly lateralForbidden?: boolean;
  /** Row id of a table whose rows the statement changes. */
  readonly rowId?: ColumnId;
  /** Which table such a row is of, where the rows are of several. */
  readonly tableOid?: ColumnId;
  /** What FOR UPDATE locks: a table's row, or those that a view or subquery hands up. */
  readonly lockedRows?: readonly LockedRow[];
  /** What FOR UPDATE passes over, and refuses by name. */
  readonly notLockable?: "join" | "function" | "table function" | "WITH query" | "VALUES";
  /** A relation whose rows cannot be locked. */
  readonly lockRefusal?: { readonly kind: "sequence" | "materialized view" | "system relation"; readonly name: string };
  /** tableoid and its kin; only where the statement mentions one. */
  readonly systemColumns?: readonly PlanColumn[];
}

/** A WITH entry in reach. */
export interface CommonTableScope {
  readonly cteId: number;
  readonly name: string;
  columns: readonly PlanColumn[] | undefined; // undefined while its own definition is being bound
  recursive: "no" | "bindingBase" | "bindingTerm" | "done";
  references: number;
  readonly modifying: boolean;
  /** SEARCH and CYCLE: columns that the recursive term reads unseen, and what keeps it from going on. */
  hidden?:
    | { readonly columns: readonly PlanColumn[]; readonly condition: ((carried: readonly Expression[]) => Expression) | undefined }
    | undefined;
  /** The hidden columns where the recursive term read the table. */
  carried?: readonly PlanColumn[];
}

/** Names the clause in "aggregate functions are not allowed in …". */
export type Clause =
  | "select list" | "FROM" | "JOIN conditions" | "WHERE" | "GROUP BY" | "HAVING" | "ORDER BY" | "LIMIT" | "OFFSET" | "VALUES" | "INSERT" | "RETURNING" | "UPDATE"
  | "functions in FROM" | "FILTER" | "window ROWS" | "window RANGE" | "window GROUPS" | "MERGE WHEN conditions" | "check constraints" | "policy expressions" | "statistics expressions" | "DEFAULT expressions" | "index expressions" | "index predicates"
  | "column generation expressions" | "EXECUTE parameters" | "CALL arguments" | "transform expressions" | "COPY FROM WHERE conditions" | "partition bounds" | "partition key expressions" | "DISTINCT ON"; // biome-ignore format: a list

/** A window as a call sees it. */
export interface BoundWindow {
  readonly name: string | undefined;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortKey[];
  readonly frame: WindowFrame;
  /** A frame was written: such a window may not be copied. */
  readonly hasFrame: boolean;
}
export interface WindowCall {
  readonly call: AggregateCall;
  readonly window: BoundWindow;
  readonly column: PlanColumn;
}
/** GROUPING(…) until the group keys are known. */
export interface GroupingCall {
  readonly args: readonly Expression[];
  readonly positions: readonly number[];
  readonly column: PlanColumn;
}

const NO_NAMES: ReadonlySet<string> = new Set();

export class Scope {
  items: NamespaceItem[] = [];
  /** Everything in FROM, also what cannot be seen from the clause being bound: for hints. */
  readonly known: NamespaceItem[] = [];
  clause: Clause = "select list";
  readonly aggregates: { readonly call: AggregateCall; readonly column: PlanColumn }[] = [];
  readonly windowCalls: WindowCall[] = [];
  /** WINDOW clause, bound. */
  readonly namedWindows = new Map<string, BoundWindow>();
  readonly groupings: GroupingCall[] = [];
  readonly ctes = new Map<string, CommonTableScope>();
  readonly commonTables: CommonTable[] = [];
  insideAggregate = false;
  insideWindow = false;
  hasSetReturning = false;
  /** Around an entry of FROM: the level whose FROM it is, whose columns a LATERAL entry may read. */
  lateralOf: Scope | undefined;
  /** Function calls around what is being bound. */
  callDepth = 0;
  /** The level around a recursive term: no aggregates in the query right below. */
  recursiveTerm = false;
  /** CASE or COALESCE around what is being bound: no set-returning function there. */
  insideConditional: "CASE" | "COALESCE" | undefined;
  /** What merge_action() means: in the RETURNING of a MERGE. */
  mergeAction: PlanColumn | undefined;
  /** FOR UPDATE and its kin, also those of queries around this one in FROM. */
  locking: readonly LockingClause[] = [];
  /** A cursor asks for the row ids of all tables. */
  wantsRowIds = false;

  constructor(readonly parent: Scope | undefined) {}

  get level(): number {
    return this.parent === undefined ? 0 : this.parent.level + 1;
  }
  /** WITH entries that are not bound yet. */
  laterTables: ReadonlySet<string> = NO_NAMES;
  hasLaterTable(name: string): boolean {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) if (scope.laterTables.has(name)) return true;
    return false;
  }
  findCte(name: string): CommonTableScope | undefined {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      const found = scope.ctes.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
