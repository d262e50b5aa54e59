/** ANALYZE, VACUUM, REINDEX, CHECKPOINT, LOCK TABLE. */

import type { IndexObject } from "../../catalog/index.js";
import { PredefinedRole } from "../../catalog/index.js";
import type { Command } from "../../plan/index.js";
import { checkpointDenied, columnMissing, DbError, relationMissing, wrongRelationKind } from "../../types/index.js";
import type { EngineSession } from "../session.js";
import type { ExecuteResult } from "../types.js";
import { type DefinitionContext, displayName } from "./context.js";
import { remakeSortKeys } from "./hidden-columns.js";
import { rebuildIndex } from "./index-storage.js";
import { withHeirs } from "./inheritance.js";
import { done } from "./results.js";

import { whileLocked } from "./table-work.js";

/** Row counts are always current; the names must exist all the same. */
export function analyze(
  session: EngineSession,
  command: Extract<Command, { kind: "Analyze" | "Vacuum" }>,
): ExecuteResult | Promise<ExecuteResult> {
  if (command.kind === "Vacuum") session.transactionBlock.forbid("VACUUM");
  const catalog = session.catalog();
  const named = command.tables.map((name) => {
    const relation = catalog.relation(name.schema, name.name);
    if (relation === undefined) throw relationMissing(displayName(name), name.position);
    const columns = name.columns ?? [];
    columns.forEach((column, i) => {
      if (relation.class !== "table" || !relation.attributes.some((a) => !a.dropped && a.name === column))
        throw columnMissing(column, relation.name);
      if (columns.indexOf(column) !== i)
        throw new DbError({ sqlstate: "42701", message: `column "${column}" of relation "${relation.name}" appears more than once` });
    });
    if (relation.class === "view" || relation.class === "index" || relation.class === "sequence")
      session.notice(
        "WARNING",
        "01000",
        `skipping "${relation.name}" --- cannot ${command.kind === "Vacuum" ? "vacuum" : "analyze"} non-tables or special system tables`,
      );
    return relation;
  });
  // Row counts of a whole database are as current as those of one table: nothing is waited for that somebody works on.
  if (command.kind === "Analyze" && command.tables.length === 0) return done("ANALYZE");
  const objects = command.tables.length > 0 ? named : catalog.snapshot.objects();
  const tables = [...objects].flatMap((object) => (object.class === "table" ? [object] : []));
  return command.kind === "Analyze" ? whileLocked(session, tables).then(() => done("ANALYZE")) : vacuum(session, tables);
}

/** Dead versions go by themselves; this only takes them sooner. Other connections get their turn between two steps. */
async function vacuum(
  session: EngineSession,
  tables: readonly { readonly oid: number; readonly storage: number }[],
): Promise<ExecuteResult> {
  const { native, engine } = session.database;
  await whileLocked(session, tables, async ({ oid, storage }) => {
    session.clock.progress.begin("vacuum", { relation: oid });
    try {
      while (native.storage.vacuum(engine, storage, 1) > 0) {
        await new Promise((done) => setImmediate(done));
        session.checkCancel();
      }
    } finally {
      session.clock.progress.end();
    }
  });
  return done("VACUUM");
}

export async function reindex(context: DefinitionContext, command: Extract<Command, { kind: "Reindex" }>): Promise<void> {
  const rebuild = async (table: number) => {
    for (const index of context.snapshot.indexesOf(table)) await rebuildOne(context, index);
  };
  const { name } = command;
  switch (command.object) {
    case "index": {
      const index = context.relation(name);
      if (index.class !== "index") throw wrongRelationKind(index.name, "an index");
      for (const part of withParts(context, index)) await rebuildOne(context, part);
      return;
    }
    case "table": {
      const table = context.relation(name);
      if (table.class !== "table") throw wrongRelationKind(table.name, "a table or materialized view");
      for (const one of withHeirs(context, table)) await rebuild(one.oid);
      return;
    }
    case "schema": {
      const schema = context.snapshot.schema(name.name);
      if (schema === undefined) throw new DbError({ sqlstate: "3F000", message: `schema "${name.name}" does not exist` });
      for (const object of [...context.snapshot.objects()])
        if (object.class === "table" && object.schema === schema.oid) await rebuild(object.oid);
      return;
    }
    default: {
      if (name.name !== "" && name.name !== context.session.databaseName)
        throw new DbError({ sqlstate: "0A000", message: "can only reindex the currently open database" });
      // Nothing is stored of the indexes of system relations.
      if (command.object === "system") return;
      for (const object of [...context.snapshot.objects()]) if (object.class === "table") await rebuild(object.oid);
    }
  }
}
function withParts(context: DefinitionContext, index: IndexObject): IndexObject[] {
  const parts = [...context.snapshot.objects()].filter((o): o is IndexObject => o.class === "index" && o.parent === index.oid);
  return [index, ...parts.flatMap((part) => withParts(context, part))];
}
/** What works in steps of its own, each committed, is refused in a block. */
export function refuseReindexInBlock(session: EngineSession, command: Extract<Command, { kind: "Reindex" }>): void {
  const block = session.transactionBlock;
  if (session.block === undefined) return;
  if (command.concurrently) block.forbid("REINDEX CONCURRENTLY");
  if (command.object !== "index" && command.object !== "table") block.forbid(`REINDEX ${command.object.toUpperCase()}`);
  const relation = session.catalog().relation(command.name.schema, command.name.name);
  if (relation !== undefined && "partitioned" in relation && relation.partitioned !== undefined)
    block.forbid(`REINDEX ${command.object.toUpperCase()}`);
}

const rebuildOne = async (context: DefinitionContext, index: IndexObject): Promise<void> =>
  index.columns.some((column) => column.sortKey !== undefined) ? remakeSortKeys(context, index) : rebuildIndex(context, index);

/** Rows are not kept in an index's order here; the names must exist, and which index was meant is remembered. */
export function cluster(context: DefinitionContext, command: Extract<Command, { kind: "Cluster" }>): void {
  if (command.table === undefined) return;
  const table = context.table(command.table);
  if (command.index === undefined) {
    if (table.clusterOn === undefined)
      throw new DbError({ sqlstate: "42704", message: `there is no previously clustered index for table "${table.name}"` });
    return;
  }
  const index = context.snapshot.indexesOf(table.oid).find((i) => i.name === command.index);
  if (index === undefined)
    throw new DbError({ sqlstate: "42704", message: `index "${command.index}" for table "${table.name}" does not exist` });
  if (index.predicateSql !== undefined)
    throw new DbError({ sqlstate: "0A000", message: `cannot cluster on partial index "${index.name}"` });
  if (index.method !== "btree" && index.method !== "gist")
    throw new DbError({
      sqlstate: "0A000",
      message: `cannot cluster on index "${index.name}" because access method does not support clustering`,
    });
  context.put({ ...table, clusterOn: index.oid });
}

export function checkpoint(session: EngineSession): Promise<ExecuteResult> {
  if (!session.hasPrivilegesOf(PredefinedRole.checkpoint)) throw checkpointDenied();
  return session.database.native.engine.checkpoint(session.database.engine).then(() => done("CHECKPOINT"));
}
