/** What the rows of a COPY noted to be judged when all of them are there: foreign keys, late keys, exclusion constraints. */
import { WaitSignal } from "../../execution/index.js";
import type { RunState, Steps } from "../../execution/internal.js";
import type { DefinitionContext } from "../commands/context.js";
import { inTurns } from "../turns.js";

/** Other sessions have their turns meanwhile; whoever holds a row that is looked at is waited for. */
export async function judgeAtEnd(context: DefinitionContext, state: RunState): Promise<void> {
  const checks = state.atEnd.splice(0);
  while (checks.length > 0) {
    try {
      context.nextStep();
      await inTurns(allOf(checks), () => context.session.checkCancel());
      return;
    } catch (error) {
      if (!(error instanceof WaitSignal)) throw error;
      await context.session.waits.forTransaction(context.transaction.xid, error.xid);
    }
  }
}

function* allOf(checks: readonly (() => Steps<void>)[]): Steps<void> {
  for (const check of checks) yield* check();
}
