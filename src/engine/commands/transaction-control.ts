/** BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their kin. */

import { isIndexConstraint, type SessionCatalogReader } from "../../catalog/index.js";
import type { Command, QualifiedName } from "../../plan/index.js";
import { DbError, needsTransactionBlock, type Oid, unreachable } from "../../types/index.js";
import type { EngineSession } from "../session.js";
import type { ExecuteResult } from "../types.js";
import { displayName } from "./context.js";
import { done } from "./results.js";
import { finishPrepared, prepareTransaction } from "./two-phase.js";

export function transactionCommand(
  session: EngineSession,
  command: Extract<Command, { kind: "Transaction" }>,
  tag: string,
): ExecuteResult | Promise<ExecuteResult> {
  switch (command.action) {
    case "begin":
      session.transactionBlock.begin(command);
      return done(tag);
    case "commit": {
      if (command.chain === true && !session.inExplicitBlock) throw needsTransactionBlock("COMMIT AND CHAIN");
      const mode = session.transactionBlock.chainedMode;
      session.transactionBlock.warnOutside();
      const commit = (): ExecuteResult => {
        const { committed, flushLsn } = session.transactionBlock.commit();
        if (command.chain === true) session.transactionBlock.begin(mode);
        return done(committed ? "COMMIT" : "ROLLBACK", flushLsn);
      };
      const settled = session.transactionBlock.settleDeferred();
      return settled instanceof Promise ? settled.then(commit) : commit();
    }
    case "rollback": {
      if (command.chain === true && !session.inExplicitBlock) throw needsTransactionBlock("ROLLBACK AND CHAIN");
      const mode = session.transactionBlock.chainedMode;
      session.transactionBlock.warnOutside();
      session.transactionBlock.rollback();
      if (command.chain === true) session.transactionBlock.begin(mode);
      return done("ROLLBACK");
    }
    case "savepoint": {
      if (!session.inExplicitBlock) throw needsTransactionBlock("SAVEPOINT");
      session.transactionBlock.savepoint(command.savepoint ?? "");
      return done("SAVEPOINT");
    }
    case "release": {
      if (!session.inExplicitBlock) throw needsTransactionBlock("RELEASE SAVEPOINT");
      session.block?.releaseSavepoint(command.savepoint ?? "");
      return done("RELEASE");
    }
    case "prepare":
      return prepareTransaction(session, command.savepoint ?? "");
    case "commitPrepared":
    case "rollbackPrepared":
      return finishPrepared(session, command.savepoint ?? "", command.action === "commitPrepared");
    case "rollbackTo":
      session.transactionBlock.rollbackToSavepoint(command.savepoint ?? "");
      return done("ROLLBACK");
    default:
      return unreachable(command.action);
  }
}

/** SET CONSTRAINTS: what is no longer deferred is judged at once. */
export function setConstraints(
  session: EngineSession,
  command: Extract<Command, { kind: "SetConstraints" }>,
): ExecuteResult | Promise<ExecuteResult> {
  const transaction = session.block;
  if (!session.transactionBlock.isAround) session.notice("WARNING", "25P01", "SET CONSTRAINTS can only be used in transaction blocks");
  const named = command.names.length === 0 ? undefined : deferrableNamed(session.catalogIn(transaction), command.names);
  if (transaction === undefined) return done("SET CONSTRAINTS");
  const { constraintTimes } = transaction;
  const settle = (): ExecuteResult => {
    if (named === undefined) {
      constraintTimes.clear();
      constraintTimes.set("all", command.deferred);
    } else for (const oid of named) constraintTimes.set(oid, command.deferred);
    return done("SET CONSTRAINTS");
  };
  if (command.deferred || transaction.deferred.length === 0) return settle();
  const judged = session.transactionBlock.judgeDeferred(named);
  return judged instanceof Promise ? judged.then(settle) : settle();
}

/** The constraints of these names in the first schema of the search path that has one, with their parts in partitions. */
function deferrableNamed(catalog: SessionCatalogReader, names: readonly QualifiedName[]): ReadonlySet<Oid> {
  const all = [...catalog.objects()].flatMap((o) => (o.class === "constraint" ? [o] : []));
  const found = new Set<Oid>();
  for (const name of names) {
    const schema = name.schema === undefined ? undefined : catalog.schemaByName(name.schema);
    if (name.schema !== undefined && schema === undefined)
      throw new DbError({ sqlstate: "3F000", message: `schema "${name.schema}" does not exist` });
    const schemas = schema === undefined ? catalog.searchPath : [schema.oid];
    const own = schemas.map((oid) => all.filter((c) => c.schema === oid && c.name === name.name)).find((list) => list.length > 0);
    if (own === undefined) throw new DbError({ sqlstate: "42704", message: `constraint "${displayName(name)}" does not exist` });
    for (const constraint of own) {
      const deferrable = (constraint.kind === "foreignKey" || isIndexConstraint(constraint)) && constraint.deferrable === true;
      if (!deferrable) throw new DbError({ sqlstate: "42809", message: `constraint "${constraint.name}" is not deferrable` });
      found.add(constraint.oid);
    }
  }
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const c of all) if (c.parent !== undefined && found.has(c.parent)) found.add(c.oid);
  }
  return found;
}
