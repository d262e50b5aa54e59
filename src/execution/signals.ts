/** What stops a statement without being an error: the engine rolls back to the statement's implicit savepoint and acts on it. */
import type { Xid } from "../native/addon.js";

/** Wait for the end of transaction `xid`, then run the statement again. With `noWait` set the engine raises 55P03 instead. */
export class WaitSignal extends Error {
  constructor(readonly xid: Xid) {
    super(`waiting for transaction ${xid}`);
    this.name = "WaitSignal";
  }
}

/** A row changed after the statement's snapshot: run the statement again with a new one. */
export class RestartSignal extends Error {
  constructor() {
    super("the statement must run again");
    this.name = "RestartSignal";
  }
}

/** A call that cannot answer yet (a sleep, a lock): leave the statement, then run it again with what `pause` resolves to as the call's answer. */
export class PauseSignal extends Error {
  constructor(readonly pause: () => Promise<unknown>) {
    super("the statement pauses");
    this.name = "PauseSignal";
  }
}
