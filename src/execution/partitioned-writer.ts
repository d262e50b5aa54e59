/**
 * Inserts into a partitioned table: each row goes to the leaf that its key leads to, checked and stored by the leaf's own writer.
 *
 * Callers know the partitioned table's layout only: `prepare` takes such a row, finds its leaf and has the leaf prepare the row as it
 * will be stored; `insert` hands the stored rows to the leaves, a block per leaf.
 */
import type { IndexObject, TableObject } from "../catalog/index.js";
import { type Datum, partitionConstraintViolated, type Row } from "../types/index.js";
import type { CompileEnvironment } from "./expression/compiler.js";
import type { RunState, Steps } from "./operator.js";
import { layoutConversion, PartitionRouter } from "./partition-router.js";
import { plainEnvironment } from "./table-reader.js";
import { TableWriter } from "./table-writer.js";
import type { PlanContext } from "./types.js";

export interface Leaf {
  readonly writer: TableWriter;
  readonly toLeaf: ((row: Row) => Row) | undefined;
  readonly toRoot: ((row: Row) => Row) | undefined;
}
export interface PlacedRow {
  readonly leaf: Leaf;
  readonly row: Row;
}

export class PartitionedWriter extends TableWriter {
  readonly #router: PartitionRouter;
  readonly #leaves = new Map<number, Leaf>();
  readonly #placed = new WeakMap<Row, PlacedRow>();

  constructor(table: TableObject, context: PlanContext, environment: CompileEnvironment) {
    super(table, context, environment, true);
    this.#router = PartitionRouter.of(context, table);
  }

  override prepare(row: Row, state: RunState, checks = this.rowChecks): void {
    if (!this.#router.accepts(row, state))
      throw partitionConstraintViolated(this.table.name, this.describe(row, state.context), this.schemaName);
    const route = this.#router.route(row, state);
    const leaf = this.leafOf(route.table, route.convert);
    const stored = leaf.toLeaf === undefined ? row : leaf.toLeaf(row);
    leaf.writer.prepare(stored, state);
    if (stored !== row) {
      // Generated columns were computed in the leaf: RETURNING shows them.
      const back = leaf.toRoot === undefined ? stored : leaf.toRoot(stored);
      for (let i = 0; i < row.length; i++) row[i] = back[i] as Datum;
    }
    this.#placed.set(row, { leaf, row: stored });
    if (checks.length > 0) this.checkRow(row, state, checks, "policy");
  }
  /** Where a prepared row goes. */
  placeOf(row: Row): PlacedRow | undefined {
    return this.#placed.get(row);
  }

  override returned(row: Row): Row {
    return [...row, this.#placed.get(row)?.leaf.writer.table.oid ?? this.table.oid];
  }

  override *insertInSteps(rows: readonly Row[], state: RunState, arbiters?: readonly IndexObject[]): Steps<void> {
    const byLeaf = new Map<Leaf, { readonly given: Row[]; readonly stored: Row[] }>();
    for (const row of rows) {
      const placed = this.#placed.get(row);
      if (placed === undefined) continue;
      let own = byLeaf.get(placed.leaf);
      if (own === undefined) {
        own = { given: [], stored: [] };
        byLeaf.set(placed.leaf, own);
      }
      own.given.push(row);
      own.stored.push(placed.row);
    }
    for (const [leaf, { given, stored }] of byLeaf) {
      try {
        yield* leaf.writer.insertInSteps(stored, state, arbiters);
      } catch (error) {
        this.refused = leaf.writer.refused && given[stored.indexOf(leaf.writer.refused)];
        throw error;
      }
    }
  }

  leafOf(table: TableObject, convert: ((row: Row) => Row) | undefined): Leaf {
    let leaf = this.#leaves.get(table.oid);
    if (leaf === undefined) {
      leaf = {
        writer: new TableWriter(table, this.context, plainEnvironment(this.context), true),
        toLeaf: convert,
        toRoot: layoutConversion(table, this.table),
      };
      leaf.writer.told = { ...this.told, ...(leaf.toRoot === undefined ? {} : { toTable: leaf.toRoot }) };
      this.#leaves.set(table.oid, leaf);
    }
    return leaf;
  }
}
