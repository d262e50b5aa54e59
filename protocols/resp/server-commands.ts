/** COMMAND, CONFIG, INFO, TIME, SAVE and friends, DEBUG SLEEP, LOLWUT, WAIT, ROLE; the rest of OBJECT and MEMORY. */
import { type CommandDescription, commandTable, keyPositions, subcommandTable } from "../../src/keyspace/index.js";
import { arityFits, type Handler } from "./dispatch.js";
import { globMatch } from "./glob.js";
import { infoText } from "./info.js";
import type { ReplyWriter } from "./reply-writer.js";
import type { RespSession } from "./session.js";

const word = (args: readonly Buffer[], at: number) => args[at]?.toString("latin1").toLowerCase() ?? "";

function writeCommand(reply: ReplyWriter, c: CommandDescription): void {
  reply.array(10);
  reply.bulk(c.name);
  reply.integer(c.arity);
  reply.set(c.flags.length);
  for (const flag of c.flags) reply.status(flag);
  reply.integer(c.firstKey);
  reply.integer(c.lastKey);
  reply.integer(c.keyStep);
  reply.set(c.categories.length);
  for (const category of c.categories) reply.status(`@${category}`);
  reply.set(0);
  reply.set(0);
  const subcommands = [...subcommandTable.values()].filter((s) => s.name.startsWith(`${c.name}|`) && s.runs !== "refused");
  reply.set(subcommands.length);
  for (const s of subcommands) writeCommand(reply, s);
}

const supported = () => [...commandTable.values()].filter((c) => c.runs !== "refused");

const command: Handler = (session, args) => {
  const { reply } = session;
  if (args.length === 1) {
    const all = supported();
    reply.array(all.length);
    for (const c of all) writeCommand(reply, c);
    return;
  }
  const named = (name: string) => commandTable.get(name) ?? subcommandTable.get(name);
  switch (word(args, 1)) {
    case "count":
      return reply.integer(supported().length);
    case "info": {
      const names = args.length === 2 ? supported().map((c) => c.name) : args.slice(2).map((a) => a.toString("latin1").toLowerCase());
      reply.array(names.length);
      for (const name of names) {
        const c = named(name);
        if (c === undefined || c.runs === "refused") reply.null();
        else writeCommand(reply, c);
      }
      return;
    }
    case "docs": {
      const chosen =
        args.length === 2
          ? supported()
          : args
              .slice(2)
              .map((a) => named(a.toString("latin1").toLowerCase()))
              .filter((c) => c !== undefined && c.runs !== "refused");
      reply.map(chosen.length);
      for (const c of chosen as CommandDescription[]) {
        reply.bulk(c.name);
        reply.map(2);
        reply.bulk("since");
        reply.bulk(c.since);
        reply.bulk("group");
        reply.bulk(c.group);
      }
      return;
    }
    case "list": {
      let names = supported().map((c) => c.name);
      if (args.length > 2) {
        if (args.length !== 5 || word(args, 2) !== "filterby") return reply.error("ERR syntax error");
        const value = (args[4] as Buffer).toString("latin1");
        switch (word(args, 3)) {
          case "pattern":
            names = names.filter((n) => globMatch(value, n, true));
            break;
          case "aclcat":
            names = supported()
              .filter((c) => c.categories.includes(value.toLowerCase()))
              .map((c) => c.name);
            break;
          case "module":
            names = [];
            break;
          default:
            return reply.error("ERR syntax error");
        }
      }
      reply.array(names.length);
      for (const name of names) reply.bulk(name);
      return;
    }
    case "getkeys": {
      const inner = args.slice(2);
      const c = commandTable.get(word(inner, 0));
      if (c === undefined) return reply.error("ERR Invalid command specified");
      if (c.firstKey === 0 && c.keyCountAt === 0) return reply.error("ERR The command has no key arguments");
      if (!arityFits(c.arity, inner.length)) return reply.error("ERR Invalid number of arguments specified for command");
      const at = keyPositions(c, inner);
      if (at.length === 0) return reply.error("ERR Invalid arguments specified for command");
      reply.array(at.length);
      for (const i of at) reply.bulk(inner[i] as Buffer);
      return;
    }
    default:
      return reply.error(`ERR COMMAND ${word(args, 1).toUpperCase()} is not supported yet`);
  }
};

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
    default:
      return reply.error(`ERR CONFIG ${word(args, 1).toUpperCase()} is not supported yet`);
  }
};

function checkpoint(session: RespSession): Promise<void> {
  const { server } = session;
  return server.options.addon.engine.checkpoint(server.options.engine).then(() => {
    server.lastSaveSeconds = Math.floor(Date.now() / 1000);
  });
}

/** Runs something that takes time and answers when it is done; the connection waits. */
function later(session: RespSession, work: Promise<void>, answer: (error?: unknown) => void): void {
  session.suspend();
  work.then(() => answer(), answer).finally(() => session.unsuspend());
}

export const serverHandlers: Readonly<Record<string, Handler>> = {
  command,
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
    later(session, checkpoint(session), (error) =>
      error === undefined ? session.reply.ok() : session.reply.error("ERR the checkpoint failed"),
    );
  },
  bgsave: (session) => {
    checkpoint(session).catch(() => undefined); // INFO tells when the last one succeeded
    session.reply.status("Background saving started");
  },
  bgrewriteaof: (session) => {
    checkpoint(session).catch(() => undefined);
    session.reply.status("Background append only file rewriting started");
  },
  shutdown: (session, args) => {
    const options = args.slice(1).map((_, i) => word(args, i + 1));
    if (options.some((o) => !["save", "nosave", "now", "force", "abort"].includes(o)) || (options.includes("abort") && options.length > 1))
      return session.reply.error("ERR syntax error");
    if (options[0] === "abort") return session.reply.error("ERR No shutdown in progress.");
    const { shutdown } = session.server.options;
    if (shutdown === undefined) return session.reply.error("ERR SHUTDOWN is not supported here");
    shutdown(); // no reply: the connection ends with the server
  },
  debug: (session, args) => {
    const { reply } = session;
    if (word(args, 1) === "sleep" && args.length === 3) {
      const seconds = Number((args[2] as Buffer).toString());
      if (!(seconds >= 0)) return reply.error("ERR value is not a valid float");
      // The server goes on; this connection sleeps.
      return later(session, new Promise((resolve) => setTimeout(resolve, seconds * 1000)), () => reply.ok());
    }
    return reply.error(`ERR DEBUG ${word(args, 1).toUpperCase()} is not supported yet`);
  },
  lolwut: (session) => session.reply.verbatim(`Orrery: rows, vectors and keys turn together. Redis ver. 7.0.15\n`),
  wait: (session, args) => {
    if (!/^-?\d+$/.test((args[1] as Buffer).toString()) || !/^-?\d+$/.test((args[2] as Buffer).toString()))
      return session.reply.error("ERR value is not an integer or out of range");
    if (Number(args[2]) < 0) return session.reply.error("ERR timeout is negative");
    session.reply.integer(0); // no replicas
  },
  role: (session) => {
    session.reply.array(3);
    session.reply.bulk("master");
    session.reply.integer(session.server.newestLsn);
    session.reply.array(0);
  },
};
