/**
 * One command that the native run left to TypeScript: the checks in Redis' order, then queueing, the native body or a handler.
 */
import { type CommandDescription, commandTable, subcommandTable } from "../../src/keyspace/index.js";
import { DbError } from "../../src/types/index.js";
import { blockingHandlers } from "./blocking-commands.js";
import { connectionHandlers } from "./connection-commands.js";
import { pubsubHandlers } from "./pubsub-commands.js";
import { serverHandlers } from "./server-commands.js";
import type { RespSession } from "./session.js";
import { transactionHandlers } from "./transaction-commands.js";

/** "wait": nothing was done, a key is locked; run it again when the lock is gone. */
export type Outcome = "done" | "wait";
export type Handler = (session: RespSession, args: Buffer[], command: CommandDescription) => Outcome | void;

const handlers: ReadonlyMap<string, Handler> = new Map(
  [connectionHandlers, serverHandlers, pubsubHandlers, transactionHandlers, blockingHandlers].flatMap((family) => Object.entries(family)),
);

const allowedWhileSubscribed = new Set(["subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ping", "quit", "reset"]);
/** Never queued by MULTI. */
const allowedInQueue = new Set(["exec", "discard", "multi", "watch", "quit", "reset"]);

export function dispatch(session: RespSession, args: Buffer[]): Outcome {
  const given = (args[0] as Buffer).toString("latin1");
  const name = given.toLowerCase();
  const command = commandTable.get(name);
  const refuse = (text: string): Outcome => {
    if (session.queue !== undefined) session.queueFailed = true;
    session.reply.error(text);
    return "done";
  };
  if (command === undefined) return refuse(unknownCommand(given, args));
  let described = command;
  const isContainer = command.arity < 0 && args.length > 1 && containers.has(name);
  if (isContainer) {
    const sub = subcommandTable.get(`${name}|${(args[1] as Buffer).toString("latin1").toLowerCase()}`);
    if (sub === undefined)
      return refuse(`ERR unknown subcommand '${(args[1] as Buffer).toString("latin1").slice(0, 128)}'. Try ${name.toUpperCase()} HELP.`);
    described = sub;
  }
  if (!arityFits(described.arity, args.length)) return refuse(`ERR wrong number of arguments for '${described.name}' command`);
  if (!session.authenticated && !command.flags.includes("no_auth")) return refuse("NOAUTH Authentication required.");
  if (described.runs === "refused" || command.runs === "refused")
    return refuse(`ERR ${described.name.replace("|", " ").toUpperCase()} is not supported yet`);
  if (session.isSubscribed && !session.resp3 && !allowedWhileSubscribed.has(name))
    return refuse(
      `ERR Can't execute '${described.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
    );
  session.lastCommand = described.name;
  if (session.queue !== undefined && !allowedInQueue.has(name)) {
    if (described.flags.includes("no_multi")) return refuse("ERR Command not allowed inside a transaction");
    session.queue.push(args.map((a) => Buffer.from(a)));
    session.reply.status("QUEUED");
    return "done";
  }
  return perform(session, args, command);
}

/** Runs a command that passed the checks. */
export function perform(session: RespSession, args: Buffer[], command: CommandDescription): Outcome {
  if (command.name === "ping" && session.isSubscribed && !session.resp3) {
    session.reply.array(2);
    session.reply.bulk("pong");
    session.reply.bulk(args[1] ?? "");
    return "done";
  }
  if (command.runs === "native") {
    const outcome = session.executeNative(args);
    if (outcome !== "typescript") return outcome;
  }
  const handler = handlers.get(command.name);
  if (handler === undefined) {
    session.reply.error(
      `ERR ${args
        .slice(0, containers.has(command.name) ? 2 : 1)
        .join(" ")
        .toUpperCase()} is not supported yet`,
    );
    return "done";
  }
  try {
    return handler(session, args, command) ?? "done";
  } catch (error) {
    if (!(error instanceof DbError)) throw error;
    session.reply.error(`${error.fields.resp ?? "ERR"} ${error.message}`);
    return "done";
  }
}

const containers = new Set([...subcommandTable.keys()].map((name) => name.split("|")[0] as string));

export const arityFits = (arity: number, count: number) => (arity >= 0 ? count === arity : count >= -arity);

function unknownCommand(given: string, args: readonly Buffer[]): string {
  let shown = "";
  for (let i = 1; i < args.length && shown.length < 128; i++)
    shown += `'${(args[i] as Buffer).toString("latin1").slice(0, 128 - shown.length)}' `;
  return `ERR unknown command '${given.slice(0, 128)}', with args beginning with: ${shown}`;
}
