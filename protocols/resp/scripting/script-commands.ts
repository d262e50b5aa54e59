/** EVAL, EVALSHA and their read-only forms, SCRIPT. */
import { registryIndex } from "../../../src/lua/index.js";
import type { Handler, Outcome } from "../dispatch.js";
import { helpReply } from "../help.js";
import type { RespSession } from "../session.js";
import type { CompiledScript } from "./script-engine.js";
import type { ScriptFlags } from "./script-flags.js";
import { ScriptRun } from "./script-run.js";

/** Number of keys at args[2]; undefined after the error. */
export function keyCount(session: RespSession, args: readonly Buffer[]): number | undefined {
  const text = (args[2] as Buffer).toString("latin1");
  const fail = (message: string) => {
    session.reply.error(message);
    return undefined;
  };
  if (!/^(0|-?[1-9]\d{0,18})$/.test(text)) return fail("ERR value is not an integer or out of range");
  const count = Number(text);
  if (count > args.length - 3) return fail("ERR Number of keys can't be greater than number of args");
  if (count < 0) return fail("ERR Number of keys can't be negative");
  return count;
}

/** What a script's flags forbid now; the error's text. */
export function forbiddenNow(session: RespSession, flags: ScriptFlags, isReadOnly: boolean): string | undefined {
  if (flags.isCompatible) return undefined;
  if (isReadOnly && !flags.noWrites) return "ERR Can not execute a script with write flag using *_ro command.";
  if (!flags.noWrites && !flags.allowOom && session.server.isOutOfMemory())
    return "OOM command not allowed when used memory > 'maxmemory'.";
  return undefined;
}

function evaluate(session: RespSession, args: readonly Buffer[], count: number, script: CompiledScript, isReadOnly: boolean): Outcome {
  const { reply, server } = session;
  const forbidden = forbiddenNow(session, script.flags, isReadOnly);
  if (forbidden !== undefined) {
    reply.error(forbidden);
    return "done";
  }
  const engine = server.scripts;
  const { machine } = engine;
  return ScriptRun.start({
    session,
    machine,
    flags: script.flags,
    isReadOnly: isReadOnly || script.flags.noWrites,
    name: script.sha,
    kind: "script",
    command: args,
    push: (thread) => {
      engine.setGlobal("KEYS", args.slice(3, 3 + count));
      engine.setGlobal("ARGV", args.slice(3 + count));
      machine.lua.lua_rawgeti(thread, registryIndex, script.reference);
      return 0;
    },
    ended: () => engine.tidy(),
  });
}

function byText(isReadOnly: boolean): Handler {
  return (session, args) => {
    const count = keyCount(session, args);
    if (count === undefined) return "done";
    const script = session.server.scripts.load(args[1] as Buffer);
    if (typeof script === "string") {
      session.reply.error(script);
      return "done";
    }
    return evaluate(session, args, count, script, isReadOnly);
  };
}
function byName(isReadOnly: boolean): Handler {
  return (session, args) => {
    const sha = (args[1] as Buffer).toString("latin1").toLowerCase();
    const script = sha.length === 40 ? session.server.scripts.find(sha) : undefined;
    const count = keyCount(session, args);
    if (count === undefined) return "done";
    if (script === undefined) {
      session.reply.error("NOSCRIPT No matching script. Please use EVAL.");
      return "done";
    }
    return evaluate(session, args, count, script, isReadOnly);
  };
}

const script: Handler = (session, args) => {
  const { reply, server } = session;
  switch ((args[1] as Buffer).toString("latin1").toLowerCase()) {
    case "load": {
      const loaded = server.scripts.load(args[2] as Buffer);
      return typeof loaded === "string" ? reply.error(loaded) : reply.bulk(loaded.sha);
    }
    case "exists":
      reply.array(args.length - 2);
      for (const sha of args.slice(2)) reply.integer(server.scripts.exists(sha.toString("latin1").toLowerCase()) ? 1 : 0);
      return;
    case "flush": {
      const how = args[2]?.toString("latin1").toLowerCase();
      if (args.length > 3 || (how !== undefined && how !== "sync" && how !== "async"))
        return reply.error("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
      server.scripts.flush();
      return reply.ok();
    }
    case "kill":
      return server.killRun(session, "script");
    case "debug": {
      const mode = (args[2] as Buffer).toString("latin1").toLowerCase();
      if (mode === "no") return reply.ok();
      return reply.error(mode === "yes" || mode === "sync" ? "ERR SCRIPT DEBUG is not supported yet" : "ERR Use SCRIPT DEBUG YES/SYNC/NO");
    }
    default:
      return helpReply(session, "script");
  }
};

export const scriptHandlers: Readonly<Record<string, Handler>> = {
  eval: byText(false),
  eval_ro: byText(true),
  evalsha: byName(false),
  evalsha_ro: byName(true),
  script,
};
