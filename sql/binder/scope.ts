/**
 * What names mean at one query level. A level's parent is the query around it; a name that is not found here is looked for there,
 * which makes the reference correlated.
 */
import type { AggregateCall, ColumnId, CommonTable, Expression, PlanColumn, SortKey, WindowFrame } from "../../src/plan/index.js";
import type { Oid } from "../../src/types/index.js";
import type { WindowSpecification } from "../parser/syntax-tree.js";

/** One relation (or join) that names may refer to. */
export interface NamespaceItem {
  readonly name: string;
  readonly schema?: string;
  readonly relation?: Oid;
  /** The table's own name where an alias hides it. */
  readonly tableName?: string;
  readonly columns: readonly PlanColumn[];
  /** `name.column` works. */
  readonly relationVisible: boolean;
  /** A bare `column` works. */
  readonly columnsVisible: boolean;
  /** A LATERAL reference to it is an error: it stands left of a RIGHT or FULL join. */
  readonly lateralForbidden?: boolean;
  /** Row id of a table that can be locked or modified. */
  readonly rowId?: ColumnId;
}

/** A WITH entry in reach. */
export interface CommonTableScope {
  readonly cteId: number;
  readonly name: string;
  columns: readonly PlanColumn[] | undefined; // undefined while its own definition is being bound
  recursive: "no" | "bindingBase" | "bindingTerm" | "done";
  references: number;
  readonly modifying: boolean;
}

/** Names the clause in "aggregate functions are not allowed in …". */
export type Clause =
  | "select list" | "FROM" | "JOIN conditions" | "WHERE" | "GROUP BY" | "HAVING" | "ORDER BY" | "LIMIT" | "OFFSET" | "VALUES" | "RETURNING" | "UPDATE"
  | "functions in FROM" | "FILTER" | "window definitions" | "check constraints" | "DEFAULT expressions" | "index expressions" | "index predicates"
  | "column generation expressions" | "EXECUTE parameters" | "transform expressions" | "COPY FROM WHERE conditions" | "DISTINCT ON"; // biome-ignore format: a list

export interface WindowCall {
  readonly call: AggregateCall;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortKey[];
  readonly frame: WindowFrame;
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
  windows: readonly WindowSpecification[] = [];
  /** GROUPING(…) calls wait for the group keys. */
  readonly ctes = new Map<string, CommonTableScope>();
  readonly commonTables: CommonTable[] = [];
  insideAggregate = false;
  insideWindow = false;
  hasSetReturning = false;
  /** Aliases of tables that FOR UPDATE or DML needs the row ids of. */
  lockNames: ReadonlySet<string> | "all" = NO_NAMES;

  constructor(readonly parent: Scope | undefined) {}

  get level(): number {
    return this.parent === undefined ? 0 : this.parent.level + 1;
  }
  findCte(name: string): CommonTableScope | undefined {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      const found = scope.ctes.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
