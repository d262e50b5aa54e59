/** ANALYZE, VACUUM, REINDEX, CHECKPOINT, LOCK TABLE. */
import type { Command } from "../../plan/index.js";
import {
  columnMissing,
  DbError,
  forbidsTransactionBlock,
  needsTransactionBlock,
  notSupported,
  relationMissing,
} from "../../types/index.js";
import type { EngineSession } from "../session.js";
import type { ExecuteResult } from "../types.js";
import { type DefinitionContext, displayName } from "./context.js";
import { rebuildIndex } from "./index-storage.js";
import { withHeirs } from "./inheritance.js";
import { done } from "./results.js";

/** Row counts are always current; the names must exist all the same. */
export function analyze(
  session: EngineSession,
  command: Extract<Command, { kind: "Analyze" | "Vacuum" }>,
): ExecuteResult | Promise<ExecuteResult> {
  if (command.kind === "Vacuum" && session.inExplicitBlock) throw forbidsTransactionBlock("VACUUM");
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
  if (command.kind === "Analyze") return done("ANALYZE");
  const objects = command.tables.length > 0 ? named : catalog.snapshot.objects();
  return vacuum(
    session,
    [...objects].flatMap((object) => (object.class === "table" ? [object.storage] : [])),
  );
}

/** Dead versions go by themselves; this only takes them sooner. Other connections get their turn between two steps. */
async function vacuum(session: EngineSession, relations: readonly number[]): Promise<ExecuteResult> {
  const { native, engine } = session.database;
  for (const relation of relations) while (native.storage.vacuum(engine, relation, 1) > 0) await new Promise((done) => setImmediate(done));
  return done("VACUUM");
}

export async function reindex(context: DefinitionContext, command: Extract<Command, { kind: "Reindex" }>): Promise<void> {
  const rebuild = async (table: number) => {
    for (const index of context.snapshot.indexesOf(table)) await rebuildIndex(context, index);
  };
  switch (command.object) {
    case "index": {
      const index = context.relation(command.name);
      if (index.class !== "index") throw notSupported(`REINDEX INDEX of a ${index.class}`);
      return rebuildIndex(context, index);
    }
    case "table": {
      for (const table of withHeirs(context, context.table(command.name))) await rebuild(table.oid);
      return;
    }
    default:
      throw notSupported(`REINDEX ${command.object.toUpperCase()}`);
  }
}

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
  if (index.method !== "btree")
    throw new DbError({
      sqlstate: "0A000",
      message: `cannot cluster on index "${index.name}" because access method does not support clustering`,
    });
  context.put({ ...table, clusterOn: index.oid });
}

export function checkpoint(session: EngineSession): Promise<ExecuteResult> {
  return session.database.native.engine.checkpoint(session.database.engine).then(() => done("CHECKPOINT"));
}

/** Rows are locked as they are touched; a lock that would keep readers or writers out of a whole table is refused, not pretended. */
export function lockTable(context: DefinitionContext, command: Extract<Command, { kind: "LockTable" }>): void {
  if (!context.session.inExplicitBlock) throw needsTransactionBlock("LOCK TABLE");
  for (const name of command.tables) context.relation(name);
  const mode = command.mode.toUpperCase();
  if (!["ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE"].includes(mode)) throw notSupported(`LOCK TABLE … IN ${mode} MODE`);
}
