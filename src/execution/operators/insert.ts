/**
 * INSERT, with ON CONFLICT. The source is read to its end first, then the rows go to storage in blocks.
 *
 * ON CONFLICT looks the proposed keys up in the arbiter indexes before it inserts. A row that a concurrent transaction commits in
 * between makes the insert collide: the statement runs again and finds it.
 */
import { type IndexObject, keyAttribute, type TableObject } from "../../catalog/index.js";
import { affectRowTwice, type Datum, type Row, type SqlType } from "../../types/index.js";
import type { Evaluate, EvaluateRow } from "../expression/compiler.js";
import { insertBlocks } from "../native-pipeline/modify.js";
import type { NativePlan } from "../native-pipeline/plan.js";
import { type Cursor, cursorOver, drain, type Operator, type RunState } from "../operator.js";
import { PartitionedWriter } from "../partitioned-writer.js";
import { type HashKey, hashKeyOf } from "../row-keys.js";
import type { TableReader } from "../table-reader.js";
import type { TableWriter } from "../table-writer.js";
import { OperatorBase, type OperatorFacts } from "./base.js";
import { resolveInPartitions } from "./insert-conflict-partitions.js";

/** Over the existing and the proposed row. */
export type PairEvaluate = (existing: Row, proposed: Row, state: RunState) => Datum;

export interface ConflictPlan {
  readonly action: "nothing" | "update";
  readonly arbiters: readonly IndexObject[];
  /** Of one partition of a partitioned table. */
  readonly arbitersOf: (leaf: TableObject) => readonly IndexObject[];
  readonly reader: TableReader;
  readonly assignments: readonly { readonly index: number; readonly value: PairEvaluate }[];
  readonly where: PairEvaluate | undefined;
}

export class InsertOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly writer: TableWriter,
    readonly source: Operator,
    /** Attribute index of each source column. */
    readonly targets: readonly number[],
    readonly defaults: readonly { readonly index: number; readonly evaluate: Evaluate }[],
    readonly conflict: ConflictPlan | undefined,
    readonly returning: EvaluateRow | undefined,
    readonly isTop: boolean,
    /** The source in the table's layout, for rows that need nothing done to them. */
    readonly native?: NativePlan,
  ) {
    super(facts, [source]);
  }

  open(state: RunState): Cursor {
    let result: Cursor | undefined;
    return {
      next: (hint) => {
        result ??= cursorOver(this.#run(state));
        return result.next(hint);
      },
      close: () => undefined,
    };
  }

  #run(state: RunState): Row[] {
    const { writer, targets, defaults, returning } = this;
    if (this.native !== undefined) {
      const inserted = insertBlocks(this.native, writer, state);
      if (inserted !== undefined) {
        if (this.isTop) state.affectedRows += inserted;
        return [];
      }
    }
    const width = writer.table.attributes.length;
    const source = drain(state.open(this.source));
    const rows: Row[] = new Array<Row>(source.length);
    for (let i = 0; i < source.length; i++) {
      const given = source[i] as Row;
      const row: Row = new Array<Datum>(width).fill(null);
      for (let c = 0; c < targets.length; c++) row[targets[c] as number] = given[c] as Datum;
      for (const d of defaults) row[d.index] = d.evaluate(row, state);
      writer.prepare(row, state);
      rows[i] = row;
    }
    const affected = this.conflict === undefined ? rows : this.#resolve(rows, this.conflict, state);
    if (this.conflict === undefined) writer.insert(rows, state);
    if (this.isTop) state.affectedRows += affected.length;
    return returning === undefined ? [] : affected.map((row) => returning(writer.returned(row), state));
  }

  #resolve(rows: readonly Row[], conflict: ConflictPlan, state: RunState): Row[] {
    const { writer } = this;
    if (writer instanceof PartitionedWriter) return resolveInPartitions(rows, conflict, writer, state);
    const arbiters = conflict.arbiters.map((index) => new Arbiter(index, writer));
    for (const arbiter of arbiters) arbiter.find(rows, conflict.reader, state);
    const inserts: Row[] = [];
    const rowIds: number[] = [];
    const oldRows: Row[] = [];
    const newRows: Row[] = [];
    const affected: Row[] = [];
    const touched = new Set<number>();
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as Row;
      const existing = arbiters.map((a) => a.existing(i)).find((e) => e !== undefined);
      const repeated = existing === undefined && arbiters.some((a) => a.wasProposed(i));
      if (conflict.action === "nothing") {
        if (existing !== undefined || repeated) continue;
      } else if (repeated) throw affectRowTwice();
      if (existing === undefined) {
        for (const arbiter of arbiters) arbiter.propose(i);
        inserts.push(row);
        affected.push(row);
        continue;
      }
      if (touched.has(existing.rowId)) throw affectRowTwice();
      touched.add(existing.rowId);
      if (conflict.where !== undefined && conflict.where(existing.row, row, state) !== true) continue;
      const updated = [...existing.row];
      for (const a of conflict.assignments) updated[a.index] = a.value(existing.row, row, state);
      writer.prepare(updated, state);
      rowIds.push(existing.rowId);
      oldRows.push(existing.row);
      newRows.push(updated);
      affected.push(updated);
    }
    if (inserts.length > 0) writer.insert(inserts, state, conflict.arbiters);
    if (rowIds.length > 0)
      writer.update(
        rowIds,
        oldRows,
        newRows,
        conflict.assignments.map((a) => a.index),
        state,
      );
    return affected;
  }
}

/** One unique index that decides what conflicts. */
export class Arbiter {
  readonly #keys: (HashKey | undefined)[] = [];
  readonly #existing = new Map<HashKey, { readonly rowId: number; readonly row: Row }>();
  readonly #proposed = new Set<HashKey>();
  readonly #hash: (values: readonly Datum[]) => HashKey;
  constructor(
    readonly index: IndexObject,
    writer: TableWriter,
  ) {
    this.#hash = hashKeyOf(index.columns.map((c) => writer.types[keyAttribute(c) - 1] as SqlType));
  }
  find(rows: readonly Row[], reader: TableReader, state: RunState): void {
    const keys: Row[] = [];
    const hashes: HashKey[] = [];
    rows.forEach((row, i) => {
      const key = this.index.columns.map((c) => row[keyAttribute(c) - 1] as Datum);
      // NULLs are distinct: such a row conflicts with nothing here.
      if (key.includes(null)) return;
      const hash = this.#hash(key);
      this.#keys[i] = hash;
      keys.push(key);
      hashes.push(hash);
    });
    for (const found of reader.lookup(this.index, keys, state)) this.#existing.set(hashes[found.key], found);
  }
  existing(i: number): { readonly rowId: number; readonly row: Row } | undefined {
    return this.#keys[i] === undefined ? undefined : this.#existing.get(this.#keys[i]);
  }
  wasProposed(i: number): boolean {
    return this.#keys[i] !== undefined && this.#proposed.has(this.#keys[i]);
  }
  propose(i: number): void {
    if (this.#keys[i] !== undefined) this.#proposed.add(this.#keys[i]);
  }
}
