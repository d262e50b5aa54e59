/** BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their kin. */
import type { Command } from "../../plan/index.js";
import { needsTransactionBlock, unreachable } from "../../types/index.js";
import type { EngineSession } from "../session.js";
import type { ExecuteResult } from "../types.js";
import { done } from "./results.js";

export function transactionCommand(session: EngineSession, command: Extract<Command, { kind: "Transaction" }>, tag: string): ExecuteResult {
  switch (command.action) {
    case "begin":
      session.begin(command);
      return done(tag);
    case "commit": {
      if (command.chain === true && !session.inExplicitBlock) throw needsTransactionBlock("COMMIT AND CHAIN");
      const mode = { isolation: session.block?.isolation, readOnly: session.block?.readOnly };
      const { committed, flushLsn } = session.commitBlock();
      if (command.chain === true) session.begin(mode);
      return done(committed ? "COMMIT" : "ROLLBACK", flushLsn);
    }
    case "rollback": {
      if (command.chain === true && !session.inExplicitBlock) throw needsTransactionBlock("ROLLBACK AND CHAIN");
      const mode = { isolation: session.block?.isolation, readOnly: session.block?.readOnly };
      if (session.block === undefined) session.notice("WARNING", "25P01", "there is no transaction in progress");
      session.rollbackBlock();
      if (command.chain === true) session.begin(mode);
      return done("ROLLBACK");
    }
    case "savepoint": {
      if (!session.inExplicitBlock) throw needsTransactionBlock("SAVEPOINT");
      session.savepoint(command.savepoint ?? "");
      return done("SAVEPOINT");
    }
    case "release": {
      if (!session.inExplicitBlock) throw needsTransactionBlock("RELEASE SAVEPOINT");
      session.block?.releaseSavepoint(command.savepoint ?? "");
      return done("RELEASE");
    }
    case "rollbackTo":
      session.rollbackToSavepoint(command.savepoint ?? "");
      return done("ROLLBACK");
    default:
      return unreachable(command.action);
  }
}
