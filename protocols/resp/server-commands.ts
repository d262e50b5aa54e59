/** CONFIG, INFO, TIME, SAVE and friends, LOLWUT, SHUTDOWN; refusals of modules. */
import type { Handler } from "./dispatch.js";
import { globMatch } from "./glob.js";
import { helpReply } from "./help.js";
import { infoText } from "./info.js";
import type { RespSession } from "./session.js";

const word = (args: readonly Buffer[], at: number) => args[at]?.toString("latin1").toLowerCase() ?? "";

const config: Handler = (session, args) => {
  const { reply, server } = session;
  switch (word(args, 1)) {
    case "get": {
      const patterns = args.slice(2).map((a) => a.toString("latin1"));
      const names = [...server.configuration.names()].filter((n) => patterns.some((p) => globMatch(p, n, true)));
      reply.map(names.length);
      for (const name of names) {
        reply.bulk(name);
        reply.bulk(server.configuration.get(name));
      }
      return;
    }
    case "set": {
      if (args.length % 2 !== 0) return reply.error("ERR wrong number of arguments for 'config|set' command");
      const pairs: [string, string][] = [];
      for (let i = 2; i < args.length; i += 2) pairs.push([word(args, i), (args[i + 1] as Buffer).toString()]);
      const error = server.configuration.set(pairs);
      if (error === undefined) server.options.configurationChanged?.(pairs);
      return error === undefined ? reply.ok() : reply.error(`ERR ${error}`);
    }
    case "resetstat":
      server.resetStatistics();
      return reply.ok();
    case "rewrite":
      server.configuration.save();
      return reply.ok();
    default:
      return helpReply(session, "config");
  }
};

/** Runs something that takes time and answers when it is done; the connection waits. */
function later(session: RespSession, work: Promise<void>, answer: (error?: unknown) => void): void {
  session.suspend();
  work.then(() => answer(), answer).finally(() => session.unsuspend());
}

export const serverHandlers: Readonly<Record<string, Handler>> = {
  config,
  info: (session, args) =>
    session.reply.verbatim(
      infoText(
        session.server,
        args.slice(1).map((a) => a.toString("latin1").toLowerCase()),
        session,
      ),
    ),
  time: (session) => {
    const micros = Math.floor((performance.timeOrigin + performance.now()) * 1000);
    session.reply.array(2);
    session.reply.bulk(String(Math.floor(micros / 1e6)));
    session.reply.bulk(String(micros % 1e6));
  },
  lastsave: (session) => session.reply.integer(session.server.lastSaveSeconds),
  save: (session) => {
    if (session.isExecuting) return session.reply.error("ERR Command not allowed inside a transaction");
    later(session, session.server.checkpoint(), (error) =>
      error === undefined ? session.reply.ok() : session.reply.error("ERR the checkpoint failed"),
    );
  },
  bgsave: (session, args) => {
    if (args.length > 2 || (args.length === 2 && word(args, 1) !== "schedule")) return session.reply.error("ERR syntax error");
    if (session.server.checkpointing) return session.reply.error("ERR Background save already in progress");
    session.server.checkpoint().catch(() => undefined); // INFO tells when the last one succeeded
    session.reply.status("Background saving started");
  },
  bgrewriteaof: (session) => {
    if (!session.server.checkpointing) session.server.checkpoint().catch(() => undefined);
    session.reply.status("Background append only file rewriting started");
  },
  shutdown: (session, args) => {
    const options = args.slice(1).map((_, i) => word(args, i + 1));
    if (
      options.some((o) => !["save", "nosave", "now", "force", "abort"].includes(o)) ||
      (options.includes("abort") && options.length > 1) ||
      (options.includes("save") && options.includes("nosave"))
    )
      return session.reply.error("ERR syntax error");
    if (options[0] === "abort") return session.reply.error("ERR No shutdown in progress.");
    const { shutdown } = session.server.options;
    if (shutdown === undefined) return session.reply.error("ERR SHUTDOWN is not supported here");
    shutdown(); // no reply: the connection ends with the server
  },
  lolwut: (session, args) => {
    if (args.length > 2 && word(args, 1) === "version" && !/^-?\d+$/.test(word(args, 2)))
      return session.reply.error("ERR value is not an integer or out of range");
    session.reply.verbatim("Orrery: rows, vectors and keys turn together.\nRedis ver. 7.0.15\n");
  },
  module: (session, args) => {
    switch (word(args, 1)) {
      case "list":
        return session.reply.array(0);
      case "help":
        return helpReply(session, "module");
      default:
        return session.reply.error(
          'ERR MODULE command not allowed. If the enable-module-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.',
        );
    }
  },
  object: (session, args) => {
    if (word(args, 1) === "help") return helpReply(session, "object");
    session.reply.error(`ERR OBJECT ${word(args, 1).toUpperCase()} is not supported yet`);
  },
  memory: (session, args) => {
    if (word(args, 1) === "help") return helpReply(session, "memory");
    session.reply.error(`ERR MEMORY ${word(args, 1).toUpperCase()} is not supported yet`);
  },
};
