/** Work on tables that one session at a time may do: VACUUM, ANALYZE. Readers and writers of the tables go on. */
import { LockMode } from "../../native/index.js";
import type { Oid } from "../../types/index.js";
import { RelationLocks } from "../relation-locks.js";
import type { EngineSession } from "../session.js";

const mode = LockMode.shareUpdateExclusive;

/** Each table's lock is held for its work; in a block to the end of the block. */
export async function whileLocked<T extends { readonly oid: Oid }>(
  session: EngineSession,
  tables: readonly T[],
  work: (table: T) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { block } = session;
  for (const table of tables) {
    const locks = block?.relations ?? new RelationLocks(session);
    try {
      if (!locks.tryAcquire(table.oid, mode)) await locks.wait({ relation: table.oid, mode });
      await work(table);
    } finally {
      if (block === undefined) locks.releaseAll();
    }
  }
}
