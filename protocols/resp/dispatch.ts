/**
 * One command that the native run left to TypeScript: the checks in Redis' order, then queueing, the native body or a handler.
 */
import { type CommandDescription, commandTable, laterSubcommands, subcommandTable } from "../../src/keyspace/index.js";
import { DbError } from "../../src/types/index.js";
import { aclHandlers } from "./acl/acl-commands.js";
import { blockingHandlers } from "./blocking-commands.js";
import { clientHandlers } from "./client-commands.js";
import { clusterHandlers } from "./cluster-commands.js";
import { commandHandlers } from "./command-commands.js";
import { connectionHandlers } from "./connection-commands.js";
import { debugHandlers } from "./debug-commands.js";
import { keyHandlers } from "./key-commands.js";
import { latencyHandlers } from "./latency-commands.js";
import { migrateHandlers } from "./migrate-command.js";
import { pubsubHandlers } from "./pubsub-commands.js";
import { replicationHandlers } from "./replication/replication-commands.js";
import { functionHandlers } from "./scripting/function-commands.js";
import { scriptHandlers } from "./scripting/script-commands.js";
import { serverHandlers } from "./server-commands.js";
import type { RespSession } from "./session.js";
import { streamHandlers } from "./stream-commands.js";
import { transactionHandlers } from "./transaction-commands.js";

/**
 * "wait": nothing was done, a key is locked; run it again when the lock is gone. "pending": the command goes on by itself and ends with
 * session.endPending. "later": nothing was done, clients are paused.
 */
export type Outcome = "done" | "wait" | "pending" | "later";
export type Handler = (session: RespSession, args: Buffer[], command: CommandDescription) => Outcome | void;

let handlers: ReadonlyMap<string, Handler> | undefined;
/** Not at load time: the families import this file too. */
function handlerOf(name: string): Handler | undefined {
  handlers ??= new Map(
    [
      ...[connectionHandlers, clientHandlers, serverHandlers, commandHandlers, pubsubHandlers, transactionHandlers, blockingHandlers],
      ...[scriptHandlers, functionHandlers, aclHandlers, debugHandlers, latencyHandlers, clusterHandlers, streamHandlers, keyHandlers],
      ...[replicationHandlers, migrateHandlers],
    ].flatMap((family) => Object.entries(family)),
  );
  return handlers.get(name);
}

const allowedWhileSubscribed = new Set([
  ...["subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe", "sunsubscribe", "ping", "quit", "reset"],
]);
/** Never queued by MULTI. */
const allowedInQueue = new Set(["exec", "discard", "multi", "watch", "quit", "reset"]);
/** May run while a script has the keys, besides those flagged allow_busy. */
const busyExceptions = new Set(["script|kill", "function|kill", "function|stats"]);

export function dispatch(session: RespSession, args: Buffer[]): Outcome {
  const { server } = session;
  const { keyspace } = server.options.addon;
  const given = (args[0] as Buffer).toString("latin1");
  const name = given.toLowerCase();
  const command = commandTable.get(name);
  let described = command;
  const refuse = (text: string): Outcome => {
    if (session.queue !== undefined) session.queueFailed = true;
    if (described !== undefined) keyspace.recordRejected(described.index);
    keyspace.recordError(Buffer.from(text, "latin1"));
    if (name === "exec" && described !== undefined) {
      abortExec(session);
      session.reply.error(`EXECABORT Transaction discarded because of: ${text}`);
    } else session.reply.error(text);
    return "done";
  };
  if (command === undefined || described === undefined) return refuse(unknownCommand(given, args));
  const isContainer = command.arity < 0 && args.length > 1 && containers.has(name);
  if (isContainer) {
    const path = `${name}|${(args[1] as Buffer).toString("latin1").toLowerCase()}`;
    const sub = subcommandTable.get(path) ?? laterSubcommands.get(path);
    if (sub === undefined && name !== "debug") {
      described = undefined;
      return refuse(`ERR unknown subcommand '${(args[1] as Buffer).toString("latin1").slice(0, 128)}'. Try ${name.toUpperCase()} HELP.`);
    }
    described = sub ?? described;
  }
  session.lastCommand = described.name;
  if (!arityFits(described.arity, args.length)) return refuse(`ERR wrong number of arguments for '${described.name}' command`);
  if (!session.authenticated && !command.flags.includes("no_auth")) return refuse("NOAUTH Authentication required.");
  if (session.queue !== undefined && described.flags.includes("no_multi")) return refuse("ERR Command not allowed inside a transaction");
  const denied = session.permission(args);
  if (denied !== undefined) {
    session.noteDenied(
      args,
      denied,
      session.queue !== undefined && name === "exec" ? "toplevel" : session.queue !== undefined ? "multi" : "toplevel",
    );
    return refuse(denied.text);
  }
  const sortDenied = session.isRestricted && (name === "sort" || name === "sort_ro") ? deniedSortOption(session, args) : undefined;
  if (sortDenied !== undefined) return refuse(`ERR ${sortDenied} option of SORT denied due to insufficient ACL permissions.`);
  if (described.runs === "refused" || command.runs === "refused")
    return refuse(`ERR ${described.name.replace("|", " ").toUpperCase()} is not supported yet`);
  if (session.queue !== undefined && needsMemory(session.queue, name) && server.isOutOfMemory())
    return refuse("OOM command not allowed when used memory > 'maxmemory'.");
  if (described.flags.includes("write") && !session.isPrimary && server.replication.refusesWrites)
    return refuse("READONLY You can't write against a read only replica.");
  if (session.isSubscribed && !session.resp3 && !allowedWhileSubscribed.has(name))
    return refuse(
      `ERR Can't execute '${described.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
    );
  if (server.isLoading && !described.flags.includes("loading") && !session.isPrimary)
    return refuse("LOADING Redis is loading the dataset in memory");
  if (server.isBusy() && !described.flags.includes("allow_busy") && !busyExceptions.has(described.name)) return refuse(server.busyText());
  if (server.pausedUntil !== 0 && isPaused(session, described)) return "later";
  if (session.queue !== undefined && !allowedInQueue.has(name)) {
    const copy = args.map((a) => Buffer.from(a));
    session.queue.push(copy);
    for (const argument of copy) session.queueBytes += argument.length;
    session.reply.status("QUEUED");
    return "done";
  }
  return perform(session, args, command, described);
}

/** Whether a command in MULTI is refused above maxmemory: the queue takes memory itself; EXEC when something in it does. */
function needsMemory(queue: readonly (readonly Buffer[])[], name: string): boolean {
  if (name !== "exec") return !["discard", "quit", "reset"].includes(name);
  return queue.some((args) => commandTable.get((args[0] as Buffer).toString("latin1").toLowerCase())?.flags.includes("denyoom"));
}

/** BY and GET look at keys that the command does not name: only who may read all keys may use them. */
function deniedSortOption(session: RespSession, args: readonly Buffer[]): string | undefined {
  if (session.user.root.allKeys) return undefined;
  for (let i = 2; i + 1 < args.length; i++) {
    const option = (args[i] as Buffer).toString("latin1").toUpperCase();
    if (option === "BY" && (args[i + 1] as Buffer).includes(0x2a)) return "BY";
    if (option === "GET") return "GET";
  }
  return undefined;
}

/** EXEC could not even begin: as Redis, the transaction is over. */
function abortExec(session: RespSession): void {
  session.queue = undefined;
  session.queueFailed = false;
  session.queueBytes = 0;
  if (session.watching) session.server.options.addon.keyspace.unwatch(session.native);
  session.watching = false;
  session.configure();
}

/** Whether CLIENT PAUSE makes the command wait. */
function isPaused(session: RespSession, command: CommandDescription): boolean {
  const { server } = session;
  if (server.pausedUntil <= Date.now() || command.name.startsWith("client|") || session.isExecuting || session.isPrimary) return false;
  if (server.pauseMode === "all") return true;
  const mayWrite = (c: CommandDescription | undefined) =>
    c !== undefined &&
    (c.flags.includes("write") || c.name === "publish" || c.name === "spublish" || c.name === "pfcount" || mayRunScripts.has(c.name));
  if (command.name === "exec")
    return session.queue?.some((args) => mayWrite(commandTable.get((args[0] as Buffer).toString("latin1").toLowerCase()))) ?? false;
  if (session.queue !== undefined) return false;
  return mayWrite(command);
}
const mayRunScripts = new Set(["eval", "evalsha", "fcall"]);

/** Runs a command that passed the checks, and counts it. */
export function perform(session: RespSession, args: Buffer[], command: CommandDescription, described?: CommandDescription): Outcome {
  const { server } = session;
  const { keyspace } = server.options.addon;
  const counted = described ?? subcommandOf(command, args) ?? command;
  const before = session.reply.length;
  const isMonitored = server.isMonitored && !counted.flags.includes("admin") && !command.flags.includes("admin");
  if (isMonitored && counted.flags.includes("skip_monitor") && command.name !== "exec") server.feedMonitors(monitorLine(session, args));
  const started = performance.now();
  session.errorIsCounted = false;
  const outcome = run(session, args, command);
  if (outcome === "wait" || outcome === "later") return outcome;
  const micros = (performance.now() - started) * 1000;
  const failed = session.reply.length > before && session.reply.byteAt(before) === 0x2d;
  keyspace.recordCommand(counted.index, micros, failed);
  if (command.runs !== "native") server.scriptCommandCount++;
  if (failed && !session.errorIsCounted) keyspace.recordError(session.reply.firstLine(before + 1));
  server.configuration.noteSlow(session, args, counted, micros);
  if (isMonitored && !counted.flags.includes("skip_monitor")) server.feedMonitors(monitorLine(session, args));
  return outcome;
}

function subcommandOf(command: CommandDescription, args: readonly Buffer[]): CommandDescription | undefined {
  if (args.length < 2 || !containers.has(command.name)) return undefined;
  return subcommandTable.get(`${command.name}|${(args[1] as Buffer).toString("latin1").toLowerCase()}`);
}

function run(session: RespSession, args: Buffer[], command: CommandDescription): Outcome {
  if (command.name === "ping" && session.isSubscribed && !session.resp3) {
    session.reply.array(2);
    session.reply.bulk("pong");
    session.reply.bulk(args[1] ?? "");
    return "done";
  }
  if (command.runs === "native") {
    const { tracking } = session;
    const outcome = session.executeNative(args);
    if (tracking !== undefined) tracking.commandEnded(session, command);
    if (outcome !== "typescript") return outcome;
    if (session.server.isBusy() && !session.isExecuting) {
      session.reply.error(session.server.busyText());
      return "done";
    }
  }
  const handler = handlerOf(command.name);
  if (handler === undefined) {
    session.reply.error(
      `ERR ${args
        .slice(0, containers.has(command.name) ? 2 : 1)
        .map((a) => a.toString("latin1"))
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

const visible = (byte: number) => byte >= 0x20 && byte < 0x7f;
const named: Readonly<Record<number, string>> = { 10: "\\n", 13: "\\r", 9: "\\t", 7: "\\a", 8: "\\b", 34: '\\"', 92: "\\\\" };

/** A string as redis-cli shows it. */
export function quoted(bytes: Uint8Array): string {
  let out = '"';
  for (const byte of bytes) out += named[byte] ?? (visible(byte) ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`);
  return `${out}"`;
}

function monitorLine(session: RespSession, args: readonly Buffer[]): string {
  const micros = Math.floor((performance.timeOrigin + performance.now()) * 1000);
  const who = session.server.currentRun?.options.session === session ? "lua" : (session.host.remoteAddress ?? "embedded:0");
  const seconds = Math.floor(micros / 1e6);
  return `+${seconds}.${String(micros % 1e6).padStart(6, "0")} [${session.database} ${who}] ${args.map(quoted).join(" ")}\r\n`;
}
