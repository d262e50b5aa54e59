/** COMMAND: the command table as Redis describes it, for the commands that run here. */
import {
  type CommandDescription,
  commandDocsFacts,
  commandFact,
  commandTable,
  type Fact,
  hasKeys,
  keyUses,
  subcommandTable,
} from "../../src/keyspace/index.js";
import { arityFits, type Handler } from "./dispatch.js";
import { globMatch } from "./glob.js";
import { helpReply } from "./help.js";
import type { ReplyWriter } from "./reply-writer.js";
import type { RespSession } from "./session.js";

const word = (args: readonly Buffer[], at: number) => args[at]?.toString("latin1").toLowerCase() ?? "";

export function writeFact(reply: ReplyWriter, fact: Fact): void {
  if (fact === null) reply.null();
  else if (typeof fact === "number") reply.integer(fact);
  else if (typeof fact === "boolean") reply.integer(fact ? 1 : 0);
  else if (typeof fact === "string") {
    if (fact[0] === "+") reply.status(fact.slice(1));
    else reply.bulk(fact.slice(1));
  } else if ("m" in fact) {
    reply.map(fact.m.length / 2);
    for (const item of fact.m) writeFact(reply, item);
  } else if ("s" in fact) {
    reply.set(fact.s.length);
    for (const item of fact.s) writeFact(reply, item);
  } else {
    reply.array(fact.length);
    for (const item of fact) writeFact(reply, item);
  }
}

/** A command's description: Redis' own facts, or the table's for what Redis 7.0 does not have. */
function writeCommand(reply: ReplyWriter, c: CommandDescription): void {
  const fact = commandFact(c.name);
  if (fact !== undefined) return writeFact(reply, fact);
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
  reply.array(0);
  reply.array(0);
  reply.array(0);
}

const supported = () => [...commandTable.values()].filter((c) => c.runs !== "refused");
const named = (name: string): CommandDescription | undefined => {
  const found = commandTable.get(name) ?? subcommandTable.get(name);
  return found?.runs === "refused" ? undefined : found;
};

function docs(session: RespSession, args: readonly Buffer[]): void {
  const { reply } = session;
  const chosen = args.length === 2 ? supported() : args.slice(2).map((_, i) => named(word(args, i + 2)));
  const found = chosen.filter((c) => c !== undefined);
  reply.map(found.length);
  for (const c of found) {
    reply.bulk(c.name);
    writeFact(reply, docsOf(c));
  }
}

/** A subcommand's docs stand in its container's. */
function docsOf(c: CommandDescription): Fact {
  const [top = ""] = c.name.split("|");
  const text = commandDocsFacts[top];
  if (text === undefined) return { m: ["$since", `$${c.since}`, "$group", `$${c.group}`] };
  const fact = JSON.parse(text) as { m: Fact[] };
  if (top === c.name) return fact;
  const at = fact.m.indexOf("$subcommands");
  const subcommands = at < 0 ? [] : (fact.m[at + 1] as { m: Fact[] }).m;
  return subcommands[subcommands.indexOf(`$${c.name}`) + 1] ?? { m: [] };
}

function list(session: RespSession, args: readonly Buffer[]): void {
  const { reply } = session;
  let names = supported().map((c) => c.name);
  if (args.length > 2) {
    if (args.length !== 5 || word(args, 2) !== "filterby") return reply.error("ERR syntax error");
    const value = (args[4] as Buffer).toString("latin1");
    const everything = [...supported(), ...[...subcommandTable.values()].filter((s) => s.runs !== "refused")];
    switch (word(args, 3)) {
      case "pattern":
        names = everything.map((c) => c.name).filter((n) => globMatch(value, n, true));
        break;
      case "aclcat":
        names = everything.filter((c) => c.categories.includes(value.toLowerCase())).map((c) => c.name);
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
}

function getKeys(session: RespSession, args: readonly Buffer[], withFlags: boolean): void {
  const { reply } = session;
  const inner = args.slice(2);
  const name = word(inner, 0);
  const command = subcommandTable.get(`${name}|${word(inner, 1)}`) ?? commandTable.get(name);
  if (command === undefined) return reply.error("ERR Invalid command specified");
  if (!hasKeys(command)) return reply.error("ERR The command has no key arguments");
  if (!arityFits(command.arity, inner.length)) return reply.error("ERR Invalid number of arguments specified for command");
  const uses = keyUses(command, inner);
  if (uses === undefined || (uses.length === 0 && !command.flags.includes("no_mandatory_keys")))
    return reply.error("ERR Invalid arguments specified for command");
  reply.array(uses.length);
  for (const use of uses) {
    if (withFlags) reply.array(2);
    reply.bulk(inner[use.position] as Buffer);
    if (!withFlags) continue;
    reply.set(use.flags.length);
    for (const flag of use.flags) reply.status(flag);
  }
}

const command: Handler = (session, args) => {
  const { reply } = session;
  const all = () => {
    reply.array(supported().length);
    for (const c of supported()) writeCommand(reply, c);
  };
  if (args.length === 1) return all();
  switch (word(args, 1)) {
    case "count":
      return reply.integer(supported().length);
    case "info": {
      if (args.length === 2) return all();
      reply.array(args.length - 2);
      for (let i = 2; i < args.length; i++) {
        const c = named(word(args, i));
        if (c === undefined) reply.null();
        else writeCommand(reply, c);
      }
      return;
    }
    case "docs":
      return docs(session, args);
    case "list":
      return list(session, args);
    case "getkeys":
      return getKeys(session, args, false);
    case "getkeysandflags":
      return getKeys(session, args, true);
    default:
      return helpReply(session, "command");
  }
};

export const commandHandlers: Readonly<Record<string, Handler>> = { command };
