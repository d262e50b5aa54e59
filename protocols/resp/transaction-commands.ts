/** MULTI, EXEC, DISCARD, WATCH, UNWATCH. */
import { commandTable } from "../../src/keyspace/index.js";
import { type Handler, perform } from "./dispatch.js";
import type { RespSession } from "./session.js";

/** Ends MULTI and forgets the watched keys. */
export function endTransaction(session: RespSession): void {
  session.queue = undefined;
  session.queueFailed = false;
  if (session.watching) session.server.options.addon.keyspace.unwatch(session.native);
  session.watching = false;
  session.configure();
}

const exec: Handler = (session) => {
  const { queue, reply } = session;
  if (queue === undefined) return reply.error("ERR EXEC without MULTI");
  if (session.queueFailed) {
    endTransaction(session);
    return reply.error("EXECABORT Transaction discarded because of previous errors.");
  }
  const { keyspace } = session.server.options.addon;
  const writes = queue.some((args) => commandTable.get(nameOf(args))?.flags.includes("write"));
  const began = keyspace.beginExclusive(session.native, writes);
  if (began === 1) return "wait";
  if (began === 2) {
    endTransaction(session);
    return reply.nullArray();
  }
  // No watch is needed any more, and the session may run commands again.
  session.queue = undefined;
  session.isExecuting = true;
  try {
    reply.array(queue.length);
    for (const args of queue) {
      const command = commandTable.get(nameOf(args));
      if (command !== undefined) perform(session, args, command);
    }
  } finally {
    session.isExecuting = false;
    const lsn = keyspace.endExclusive(session.native);
    if (lsn < 0) {
      reply.take();
      reply.error("MISCONF Errors writing to the AOF file: the log refuses");
    } else session.noteLsn(lsn);
    endTransaction(session);
  }
  return "done";
};

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
