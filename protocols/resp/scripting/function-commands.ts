/** FCALL, FCALL_RO, FUNCTION. */
import { registryIndex } from "../../../src/lua/index.js";
import type { Handler, Outcome } from "../dispatch.js";
import { globMatchBytes } from "../glob.js";
import { helpReply } from "../help.js";
import type { RespSession } from "../session.js";
import { dumpLibraries, readLibraries } from "./function-dump.js";
import type { Library } from "./function-engine.js";
import { forbiddenNow } from "./script-commands.js";
import { flagTexts } from "./script-flags.js";
import { ScriptRun } from "./script-run.js";

const latin1 = (bytes: Buffer | undefined) => bytes?.toString("latin1") ?? "";

function fcall(isReadOnly: boolean): Handler {
  return (session, args): Outcome => {
    const { reply, server } = session;
    const fail = (text: string): Outcome => {
      reply.error(text);
      return "done";
    };
    const found = server.functions.find(latin1(args[1]));
    if (found === undefined) return fail("ERR Function not found");
    if (!/^(0|-?[1-9]\d{0,18})$/.test(latin1(args[2]))) return fail("ERR Bad number of keys provided");
    const count = Number(latin1(args[2]));
    if (count > args.length - 3) return fail("ERR Number of keys can't be greater than number of args");
    if (count < 0) return fail("ERR Number of keys can't be negative");
    const forbidden = forbiddenNow(session, found.flags, isReadOnly);
    if (forbidden !== undefined) return fail(forbidden);
    const { machine } = server.functions;
    const { lua } = machine;
    const list = (thread: number, values: readonly Buffer[]) => {
      lua.lua_createtable(thread, values.length, 0);
      for (let i = 0; i < values.length; i++) {
        machine.push(thread, values[i] as Buffer);
        lua.lua_rawseti(thread, -2, i + 1);
      }
    };
    return ScriptRun.start({
      session,
      machine,
      flags: found.flags,
      isReadOnly: isReadOnly || found.flags.noWrites,
      name: found.name,
      kind: "function",
      command: args.map((a) => Buffer.from(a)),
      push: (thread) => {
        lua.lua_rawgeti(thread, registryIndex, found.reference);
        list(thread, args.slice(3, 3 + count));
        list(thread, args.slice(3 + count));
        return 2;
      },
      ended: () => undefined,
    });
  };
}

function list(session: RespSession, args: readonly Buffer[]): void {
  const { reply, server } = session;
  let withCode = false;
  let pattern: string | undefined;
  for (let i = 2; i < args.length; i++) {
    const option = latin1(args[i]).toLowerCase();
    if (option === "withcode" && !withCode) withCode = true;
    else if (option === "libraryname" && pattern === undefined) {
      if (i + 1 >= args.length) return reply.error("ERR library name argument was not given");
      pattern = latin1(args[++i]);
    } else return reply.error(`ERR Unknown argument ${latin1(args[i])}`);
  }
  const chosen: Library[] = [...server.functions.libraries.values()].filter(
    (l) => pattern === undefined || globMatchBytes(pattern.toLowerCase(), l.name.toLowerCase()),
  );
  reply.array(chosen.length);
  for (const library of chosen) {
    reply.map(withCode ? 4 : 3);
    reply.bulk("library_name");
    reply.bulk(library.name);
    reply.bulk("engine");
    reply.bulk("LUA");
    reply.bulk("functions");
    reply.array(library.functions.size);
    for (const f of library.functions.values()) {
      reply.map(3);
      reply.bulk("name");
      reply.bulk(f.name);
      reply.bulk("description");
      if (f.description === undefined) reply.null();
      else reply.bulk(Buffer.from(f.description, "latin1"));
      reply.bulk("flags");
      const flags = flagTexts(f.flags);
      reply.set(flags.length);
      for (const flag of flags) reply.status(flag);
    }
    if (!withCode) continue;
    reply.bulk("library_code");
    reply.bulk(library.code);
  }
}

function stats(session: RespSession): void {
  const { reply, server } = session;
  const run = server.functions.current;
  const libraries = [...server.functions.libraries.values()];
  reply.map(2);
  reply.bulk("running_script");
  if (run === undefined) reply.null();
  else {
    reply.map(3);
    reply.bulk("name");
    reply.bulk(run.options.name);
    reply.bulk("command");
    reply.array(run.options.command.length);
    for (const argument of run.options.command) reply.bulk(argument);
    reply.bulk("duration_ms");
    reply.integer(run.millis);
  }
  reply.bulk("engines");
  reply.map(1);
  reply.bulk("LUA");
  reply.map(2);
  reply.bulk("libraries_count");
  reply.integer(libraries.length);
  reply.bulk("functions_count");
  reply.integer(libraries.reduce((sum, l) => sum + l.functions.size, 0));
}

function restore(session: RespSession, args: readonly Buffer[]): void {
  const { reply, server } = session;
  if (args.length > 4) return reply.error("ERR wrong number of arguments for 'function|restore' command");
  const policy = args.length === 4 ? latin1(args[3]).toLowerCase() : "append";
  if (policy !== "flush" && policy !== "append" && policy !== "replace")
    return reply.error("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
  const codes = readLibraries(args[2] as Buffer);
  if (codes === undefined) return reply.error("ERR DUMP payload version or checksum are wrong");
  const before = [...server.functions.libraries.values()].map((l) => l.code);
  if (policy === "flush") server.functions.flush();
  for (const code of codes) {
    const loaded = server.functions.load(code, policy === "replace");
    if (typeof loaded !== "string") continue;
    // All or nothing.
    server.functions.flush();
    for (const old of before) server.functions.load(old, false);
    return reply.error(`ERR ${loaded.replace(/^Library '(.*)' already exists$/, "Library $1 already exists")}`);
  }
  reply.ok();
}

const functionCommand: Handler = (session, args) => {
  const { reply, server } = session;
  switch (latin1(args[1]).toLowerCase()) {
    case "load": {
      let replace = false;
      for (let i = 2; i < args.length - 1; i++) {
        if (latin1(args[i]).toLowerCase() !== "replace") return reply.error(`ERR Unknown option given: ${latin1(args[i])}`);
        replace = true;
      }
      const loaded = server.functions.load(Buffer.from(args[args.length - 1] as Buffer), replace);
      return typeof loaded === "string" ? reply.error(`ERR ${loaded}`) : reply.bulk(loaded.name);
    }
    case "delete":
      return server.functions.delete(latin1(args[2])) ? reply.ok() : reply.error("ERR Library not found");
    case "flush": {
      const how = latin1(args[2]).toLowerCase();
      if (args.length > 3 || (args.length === 3 && how !== "sync" && how !== "async"))
        return reply.error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
      server.functions.flush();
      return reply.ok();
    }
    case "list":
      return list(session, args);
    case "stats":
      return stats(session);
    case "kill":
      return server.killRun(session, "function");
    case "dump":
      return reply.bulk(dumpLibraries([...server.functions.libraries.values()].map((l) => l.code)));
    case "restore":
      return restore(session, args);
    default:
      return helpReply(session, "function");
  }
};

export const functionHandlers: Readonly<Record<string, Handler>> = {
  fcall: fcall(false),
  fcall_ro: fcall(true),
  function: functionCommand,
};
