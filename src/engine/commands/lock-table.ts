/** LOCK TABLE: a lock of each named table with its children, or of a view with all that its query reads; one after the other, as written. */
import type { TableObject, ViewObject } from "../../catalog/index.js";
import { LockMode, lockModeNames } from "../../native/index.js";
import type { Command } from "../../plan/index.js";
import { DbError, FIRST_USER_OID, needsTransactionBlock, relationLockNotAvailable } from "../../types/index.js";
import { permissionDenied } from "../access.js";
import { LockSignal } from "../relation-locks.js";
import type { EngineSession } from "../session.js";
import type { ExecuteResult } from "../types.js";
import { roleOf } from "./catalog/ownership.js";
import { DefinitionContext } from "./context.js";
import { done } from "./results.js";

type LockTable = Extract<Command, { kind: "LockTable" }>;

/** It takes no snapshot: a transaction that locks first sees what others committed while it waited. */
export function lockTable(session: EngineSession, command: LockTable): ExecuteResult | Promise<ExecuteResult> {
  const block = session.transactionBlock.isAround ? session.block : undefined;
  if (block === undefined) throw needsTransactionBlock("LOCK TABLE");
  try {
    lockAll(new DefinitionContext(session, block, "LOCK TABLE"), command);
    return done("LOCK TABLE");
  } catch (error) {
    if (!(error instanceof LockSignal)) throw error;
    return block.relations.wait(error.lock).then(() => lockTable(session, command));
  }
}

function lockAll(context: DefinitionContext, command: LockTable): void {
  const mode = lockModeNames.indexOf(lockName(command.mode)) as LockMode;
  for (const name of command.tables) {
    const relation = context.relation(name);
    if (
      relation.class === "index" ||
      relation.class === "sequence" ||
      (relation.class === "table" && relation.materialized !== undefined)
    ) {
      const kinds = relation.class === "index" ? "indexes" : relation.class === "sequence" ? "sequences" : "materialized views";
      throw new DbError({
        sqlstate: "42809",
        message: `cannot lock relation "${relation.name}"`,
        detail: `This operation is not supported for ${kinds}.`,
      });
    }
    requirePrivilege(context, relation, mode);
    lock(context, relation, mode, command.nowait);
    if (relation.class === "view") lockRead(context, relation, mode, command.nowait, new Set([relation.oid]));
    else if (name.only !== true) lockChildren(context, relation, mode, command.nowait);
  }
}

const lockName = (mode: string): (typeof lockModeNames)[number] =>
  `${mode
    .toLowerCase()
    .split(" ")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("")}Lock` as (typeof lockModeNames)[number];

function lock(context: DefinitionContext, relation: TableObject | ViewObject, mode: LockMode, nowait: boolean): void {
  if (context.transaction.relations.tryAcquire(relation.oid, mode)) return;
  if (nowait) throw relationLockNotAvailable(relation.name);
  throw new LockSignal({ relation: relation.oid, mode });
}
function lockChildren(context: DefinitionContext, table: TableObject, mode: LockMode, nowait: boolean): void {
  const seen = new Set([table.oid]);
  const walk = (parent: TableObject): void => {
    for (const child of context.snapshot.childrenOf(parent.oid)) {
      if (seen.has(child.oid)) continue;
      seen.add(child.oid);
      lock(context, child, mode, nowait);
      walk(child);
    }
  };
  walk(table);
}
function lockRead(context: DefinitionContext, view: ViewObject, mode: LockMode, nowait: boolean, seen: Set<number>): void {
  for (const oid of view.dependsOn) {
    const read = context.snapshot.object(oid);
    if (oid < FIRST_USER_OID || seen.has(oid) || (read?.class !== "table" && read?.class !== "view")) continue;
    if (read.class === "table" && read.materialized !== undefined) continue;
    seen.add(oid);
    lock(context, read, mode, nowait);
    if (read.class === "view") lockRead(context, read, mode, nowait, seen);
    else lockChildren(context, read, mode, nowait);
  }
}

/** Of any change for row exclusive, of changes of rows that are there for more. */
function requirePrivilege(context: DefinitionContext, relation: TableObject | ViewObject, mode: LockMode): void {
  const me = roleOf(context);
  if (me.superuser) return;
  const letters = mode === LockMode.accessShare ? "rwdD" : mode === LockMode.rowExclusive ? "awdD" : "wdD";
  if (!context.session.access(context.catalog).may(me.oid, relation, letters, "any")) throw permissionDenied(relation);
}
