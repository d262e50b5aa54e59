/** pg_stat_progress_*: how far long work has come. Blocks are not counted here: what has rows to count counts those. */
import { DATABASE_OID, type ProgressFacts, type ProgressKind } from "../../src/catalog/index.js";
import { provide } from "./provider.js";

/** By the numbers that src/engine gives commands and phases. */
const buildCommands = ["", "CREATE INDEX", "CREATE INDEX CONCURRENTLY", "REINDEX", "REINDEX CONCURRENTLY"];
const copyCommands = ["", "COPY FROM", "COPY TO"];
const copyEnds = ["", "FILE", "PROGRAM", "PIPE", "CALLBACK"];

function provideProgress(view: string, kind: ProgressKind, columns: (facts: ProgressFacts) => Record<string, unknown>): void {
  provide(`pg_catalog.pg_stat_progress_${view}`, function* (source) {
    for (const facts of source.system.progress())
      if (facts.kind === kind)
        yield { pid: facts.processId, datid: DATABASE_OID, datname: source.database, relid: facts.relation, ...columns(facts) } as never;
  });
}

provideProgress("create_index", "createIndex", (f) => ({
  index_relid: f.index,
  command: buildCommands[f.command] ?? null,
  phase: f.total === 0 ? "initializing" : "building index: loading tuples in tree",
  lockers_total: 0,
  lockers_done: 0,
  current_locker_pid: 0,
  blocks_total: 0,
  blocks_done: 0,
  tuples_total: f.total,
  tuples_done: Math.min(f.done, f.total),
  partitions_total: 0,
  partitions_done: 0,
}));
provideProgress("copy", "copy", (f) => ({
  command: copyCommands[f.command] ?? null,
  type: copyEnds[f.phase] ?? null,
  bytes_processed: f.done,
  bytes_total: f.total,
  tuples_processed: f.more,
  tuples_excluded: f.extra,
}));
provideProgress("vacuum", "vacuum", () => ({
  phase: "vacuuming heap",
  heap_blks_total: 0,
  heap_blks_scanned: 0,
  heap_blks_vacuumed: 0,
  index_vacuum_count: 0,
  max_dead_tuples: 0,
  num_dead_tuples: 0,
}));
/** Counts of rows are always current, rows are not kept in an index's order, backups are copies of checkpoints: nothing works long at these. */
for (const view of ["analyze", "cluster", "basebackup"]) provide(`pg_catalog.pg_stat_progress_${view}`, () => []);
