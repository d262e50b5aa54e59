/** ON CONFLICT on a partitioned table: decided partition by partition, with the partition's own indexes. */
import { affectRowTwice, type Datum, partitionOfUpdateDiffers, type Row } from "../../types/index.js";
import { BATCH_ROWS, type RunState, type Steps } from "../operator.js";
import type { Leaf, PartitionedWriter } from "../partitioned-writer.js";
import { TableReader } from "../table-reader.js";
import type { Refusal } from "../table-writer.js";
import { Arbiter, judgesExisting, withExisting } from "./arbiter.js";
import type { ConflictPlan } from "./insert.js";

interface Placed {
  readonly root: Row;
  readonly stored: Row;
}

/** The rows that were inserted or updated, in the partitioned table's layout. */
export function* resolveInPartitions(
  rows: readonly Row[],
  conflict: ConflictPlan,
  writer: PartitionedWriter,
  state: RunState,
): Steps<Row[]> {
  const byLeaf = new Map<Leaf, Placed[]>();
  for (const root of rows) {
    const placed = writer.placeOf(root);
    if (placed === undefined) continue;
    const list = byLeaf.get(placed.leaf);
    if (list === undefined) byLeaf.set(placed.leaf, [{ root, stored: placed.row }]);
    else list.push({ root, stored: placed.row });
  }
  const affected = new Set<Row>();
  for (const [leaf, own] of byLeaf) {
    const { table } = leaf.writer;
    const reader = new TableReader(table, leaf.writer.context);
    const arbiters = conflict.arbitersOf(table).map((index) => new Arbiter(index, leaf.writer));
    const stored = own.map((o) => o.stored);
    for (const arbiter of arbiters) yield* arbiter.find(stored, reader, state);
    const rows = yield* withExisting(arbiters, reader, judgesExisting(conflict), state, (reevaluated) =>
      resolveInLeaf(leaf, own, arbiters, conflict, writer, reevaluated, state),
    );
    for (const row of rows) affected.add(row);
  }
  return [...affected] as Datum[][];
}

function* resolveInLeaf(
  leaf: Leaf,
  own: readonly Placed[],
  arbiters: readonly Arbiter[],
  conflict: ConflictPlan,
  writer: PartitionedWriter,
  reevaluated: boolean,
  state: RunState,
): Steps<Row[]> {
  const { table } = leaf.writer;
  const affected: Row[] = [];
  const inserts: Row[] = [];
  const changes: { rowIds: number[]; old: Row[]; now: Row[] } = { rowIds: [], old: [], now: [] };
  const touched = new Set<number>();
  let refusal: Refusal | undefined;
  for (const [i, { root, stored: row }] of own.entries()) {
    if (i % BATCH_ROWS === BATCH_ROWS - 1) yield;
    const existing = arbiters.map((a) => a.existing(i)).find((e) => e !== undefined);
    const repeated = existing === undefined && arbiters.some((a) => a.wasProposed(i));
    if (conflict.action === "nothing") {
      if (existing !== undefined || repeated) continue;
    } else if (repeated) throw affectRowTwice();
    if (existing === undefined) {
      for (const arbiter of arbiters) arbiter.propose(i);
      inserts.push(row);
      affected.push(root);
      refusal = writer.viewRefusal(root, state);
      if (refusal !== undefined) break;
      continue;
    }
    if (touched.has(existing.rowId)) throw affectRowTwice();
    touched.add(existing.rowId);
    const before = leaf.toRoot === undefined ? existing.row : leaf.toRoot(existing.row);
    writer.checkRow(before, state, conflict.existingChecks, "view");
    if (conflict.where !== undefined && conflict.where(before, root, state) !== true) continue;
    writer.checkRow(before, state, conflict.existingChecks, "policy");
    const updated = [...before];
    for (const a of conflict.assignments) updated[a.index] = a.value(before, root, state);
    writer.prepare(updated, state, writer.updateChecks);
    const place = writer.placeOf(updated);
    if (place?.leaf !== leaf) throw partitionOfUpdateDiffers();
    changes.rowIds.push(existing.rowId);
    changes.old.push(existing.row);
    changes.now.push(place.row);
    affected.push(updated);
    refusal = writer.viewRefusal(updated, state, writer.updateChecks);
    if (refusal !== undefined) break;
  }
  const changed = conflict.assignments.map((a) => {
    const name = writer.table.attributes[a.index]?.name;
    return table.attributes.findIndex((x) => !x.dropped && x.name === name);
  });
  // Updates first: where one meets a changed row nothing was inserted yet.
  if (changes.rowIds.length > 0) yield* leaf.writer.updateInSteps(changes.rowIds, changes.old, changes.now, changed, state, reevaluated);
  if (inserts.length > 0) yield* leaf.writer.insertInSteps(inserts, state, conflict.arbitersOf(table));
  if (refusal !== undefined) throw refusal.error;
  return affected;
}
