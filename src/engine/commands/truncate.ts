/** TRUNCATE: all rows at once; tables whose foreign keys point here go along (CASCADE) or stop it. */
import type { TableObject } from "../../catalog/index.js";
import type { Command } from "../../plan/index.js";
import { DbError, truncateReferenced, wrongRelationKind } from "../../types/index.js";
import { noticeLittleData } from "../vector-indexes.js";
import type { DefinitionContext } from "./context.js";
import { withHeirs } from "./inheritance.js";

export function truncate(context: DefinitionContext, command: Extract<Command, { kind: "Truncate" }>): void {
  const tables = new Map<number, TableObject>();
  for (const name of command.tables) {
    const table = context.table(name);
    if (table.materialized !== undefined) throw wrongRelationKind(table.name, "a table");
    if (name.only === true && table.partitioned !== undefined)
      throw new DbError({
        sqlstate: "42809",
        message: "cannot truncate only a partitioned table",
        hint: "Do not specify the ONLY keyword, or use TRUNCATE ONLY on the partitions directly.",
      });
    for (const one of name.only === true ? [table] : withHeirs(context, table)) tables.set(one.oid, one);
  }
  for (const table of tables.values()) {
    for (const constraint of context.snapshot.referencing(table.oid)) {
      if (tables.has(constraint.table)) continue;
      const other = context.snapshot.relationByOid(constraint.table);
      if (other?.class !== "table") continue;
      if (!command.cascade) throw truncateReferenced(other.name, table.name);
      context.notice(`truncate cascades to table "${other.name}"`);
      tables.set(other.oid, other); // the loop goes on to it
    }
  }
  for (const table of tables.values()) {
    context.check(context.storage.truncate(context.engine, context.xid, table.storage));
    for (const index of context.snapshot.indexesOf(table.oid)) if (index.method === "ivfflat") noticeLittleData(context);
    if (!command.restartIdentity) continue;
    for (const sequence of context.snapshot.sequencesOf(table.oid))
      context.check(context.storage.setValue(context.engine, sequence.storage, BigInt(sequence.start), false));
  }
}
