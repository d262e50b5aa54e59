/** MULTI, EXEC, DISCARD, WATCH, UNWATCH. */
import { commandTable } from "../../src/keyspace/index.js";
import { type Handler, type Outcome, perform } from "./dispatch.js";
import type { RespSession } from "./session.js";

/** Ends MULTI and forgets the watched keys. */
export function endTransaction(session: RespSession): void {
  session.queue = undefined;
  session.queueFailed = false;
  session.queueBytes = 0;
  if (session.watching) session.server.options.addon.keyspace.unwatch(session.native);
  session.watching = false;
  session.configure();
}

/** Not flagged as writes, and able to. */
const mayWrite = new Set(["eval", "evalsha", "fcall", "function"]);

const exec: Handler = (session) => {
  const { queue, reply } = session;
  if (queue === undefined) return reply.error("ERR EXEC without MULTI");
  if (session.queueFailed) {
    endTransaction(session);
    return reply.error("EXECABORT Transaction discarded because of previous errors.");
  }
  const { keyspace } = session.server.options.addon;
  const writes = queue.some((args) => mayWrite.has(nameOf(args)) || commandTable.get(nameOf(args))?.flags.includes("write"));
  const began = keyspace.beginExclusive(session.native, writes, true);
  if (began === 1) return "wait";
  if (began === 3) return reply.error(session.server.busyText());
  if (began === 2) {
    endTransaction(session);
    return reply.nullArray();
  }
  // No watch is needed any more, and the session may run commands again.
  session.queue = undefined;
  session.isExecuting = true;
  reply.array(queue.length);
  return runQueue(session, queue, 0, false);
};

/** The queue from `from` on; a script in it that takes long comes back here when it is over. */
function runQueue(session: RespSession, queue: readonly Buffer[][], from: number, isPending: boolean): Outcome {
  const { keyspace } = session.server.options.addon;
  let i = from;
  try {
    for (; i < queue.length; i++) {
      const args = queue[i] as Buffer[];
      const command = commandTable.get(nameOf(args));
      if (command === undefined) continue;
      // Permissions may have changed since it was queued.
      const denied = session.permission(args);
      if (denied !== undefined) {
        session.noteDenied(args, denied, "multi");
        session.reply.error(denied.text);
        continue;
      }
      if (perform(session, args, command) !== "pending") continue;
      session.afterPending = () => {
        runQueue(session, queue, i + 1, true);
      };
      return "pending";
    }
  } catch (error) {
    endExec(session, keyspace.endExclusive(session.native));
    throw error;
  }
  endExec(session, keyspace.endExclusive(session.native));
  if (isPending) session.endPending();
  return "done";
}

function endExec(session: RespSession, lsn: number): void {
  session.isExecuting = false;
  if (lsn < 0) {
    session.reply.take();
    session.reply.error("MISCONF Errors writing to the AOF file: the log refuses");
  } else session.noteLsn(lsn);
  if (session.isClosed) return;
  endTransaction(session);
}

const nameOf = (args: readonly Buffer[]) => (args[0] as Buffer).toString("latin1").toLowerCase();

export const transactionHandlers: Readonly<Record<string, Handler>> = {
  multi: (session) => {
    if (session.queue !== undefined) return session.reply.error("ERR MULTI calls can not be nested");
    session.queue = [];
    session.configure();
    session.reply.ok();
  },
  exec,
  discard: (session) => {
    if (session.queue === undefined) return session.reply.error("ERR DISCARD without MULTI");
    endTransaction(session);
    session.reply.ok();
  },
  watch: (session, args) => {
    if (session.queue !== undefined) return session.reply.error("ERR WATCH inside MULTI is not allowed");
    for (const key of args.slice(1)) session.server.options.addon.keyspace.watch(session.native, key);
    session.watching = true;
    session.reply.ok();
  },
  unwatch: (session) => {
    session.server.options.addon.keyspace.unwatch(session.native);
    session.watching = false;
    session.reply.ok();
  },
};
