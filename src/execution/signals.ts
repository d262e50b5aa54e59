/**
 * What stops a statement without being an error: the engine rolls back to the statement's implicit savepoint and acts on it. Not an Error: under
 * contention they are thrown as often as rows are changed, and nobody reads their stack.
 */
import type { Xid } from "../native/addon.js";

/** Wait for the end of transaction `xid`, then run the statement again. With `noWait` set the engine raises 55P03 instead. */
export class WaitSignal {
  readonly message = "waiting for a transaction";
  constructor(readonly xid: Xid) {}
}

/** A row changed after the statement's snapshot: run the statement again with a new one. */
export class RestartSignal {
  readonly message = "the statement must run again";
}

/** A call that cannot answer yet (a sleep, a lock): leave the statement, then run it again with what `pause` resolves to as the call's answer. */
export class PauseSignal {
  readonly message = "the statement pauses";
  constructor(readonly pause: () => Promise<unknown>) {}
}
