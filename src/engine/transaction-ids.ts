/**
 * Transaction ids as SQL shows them. Every transaction has one; it counts as *assigned* once the transaction has written or was asked for it.
 * Ids count from the start of the process, and how a transaction ended is kept only for those whose id was shown: nobody can ask about others.
 */
import type { TransactionIds } from "../functions/index.js";
import { assert } from "../types/index.js";
import type { EngineSession } from "./session.js";
import type { SessionTransaction } from "./transaction.js";

/** Ids whose outcome is remembered; the oldest are forgotten first, as PostgreSQL's oldest are. */
const OUTCOMES_MAX = 100_000;

export class TransactionOutcomes {
  readonly #outcomes = new Map<number, "committed" | "aborted">();

  ended(xid: number, outcome: "committed" | "aborted"): void {
    this.#outcomes.set(xid, outcome);
    if (this.#outcomes.size > OUTCOMES_MAX) this.#outcomes.delete(this.#outcomes.keys().next().value as number);
  }
  of(xid: number): "committed" | "aborted" | undefined {
    return this.#outcomes.get(xid);
  }
}

export function transactionIds(session: EngineSession, transaction: SessionTransaction | undefined): TransactionIds {
  const { native, engine } = session.database;
  const own = transaction?.xid ?? 0;
  const open = () => native.locks.transactions(engine);
  const isAssigned = () => transaction?.idShown === true || open().some((t) => t.xid === own && t.hasWritten);
  /** The next id: one is taken and given back. */
  const next = (): number => {
    const xid = native.storage.begin(engine, 0, session.id, true);
    native.storage.rollback(engine, xid);
    return xid;
  };
  return {
    current: () => {
      if (transaction !== undefined) transaction.idShown = true;
      return own;
    },
    assigned: () => (own !== 0 && isAssigned() ? own : undefined),
    next,
    snapshot: () => {
      // A transaction's own snapshot ends where it began; read committed's moves on.
      const xmax = transaction !== undefined && transaction.isolation !== "read committed" ? own + 1 : next();
      const running = open()
        .map((t) => t.xid)
        .filter((xid) => xid < xmax && (xid !== own || isAssigned()))
        .sort((a, b) => a - b);
      return { xmin: running[0] ?? xmax, xmax, running };
    },
    exportSnapshot: () => {
      assert(transaction !== undefined, "a statement that exports its snapshot runs in a transaction");
      return transaction.exportSnapshot();
    },
    status: (xid) => {
      if (xid === own || open().some((t) => t.xid === xid)) return "in progress";
      return session.database.outcomes.of(xid);
    },
  };
}
