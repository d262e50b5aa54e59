/**
 * Blocking pops: the non-blocking native command is tried; while it finds nothing the client waits, and it is tried again whenever one of its
 * keys changed (the addon tells) until it gives an element or the time is up. Inside EXEC they do not wait.
 */
import type { Handler } from "./dispatch.js";
import type { RespSession } from "./session.js";

export type Attempt = (session: RespSession) => "done" | "wait" | "nothing";

export const isNull = (reply: Buffer) => reply.length <= 5 && /^(\*-1|\$-1|_)\r\n$/.test(reply.toString("latin1"));

/** Runs a native command and takes its reply away to look at it. */
export function probe(session: RespSession, args: readonly (Buffer | string)[]): Buffer | "wait" {
  const before = session.reply.length > 0 ? session.reply.take() : undefined;
  const outcome = session.executeNative(args.map((a) => (typeof a === "string" ? Buffer.from(a) : a)));
  const reply = session.reply.take();
  if (before !== undefined) session.reply.raw(before);
  return outcome === "wait" ? "wait" : reply;
}

function timeout(session: RespSession, argument: Buffer): number | undefined {
  const text = argument.toString("latin1");
  const seconds = Number(text);
  if (text.trim() === "" || !Number.isFinite(seconds)) {
    session.reply.error("ERR timeout is not a float or out of range");
    return undefined;
  }
  if (seconds < 0) {
    session.reply.error("ERR timeout is negative");
    return undefined;
  }
  return Math.ceil(seconds * 1000);
}

export function waitOn(
  session: RespSession,
  timeoutMillis: number,
  attempt: Attempt,
  nothing: () => void,
  inTransaction: boolean,
  group: string,
  keys: readonly Buffer[],
): "done" | "wait" {
  const first = attempt(session);
  if (first !== "nothing") return first;
  if (inTransaction) {
    nothing();
    return "done";
  }
  session.block(
    {
      keys,
      group,
      attempt: (timedOut) => {
        const outcome = attempt(session);
        if (outcome === "nothing" && !timedOut) return false;
        if (outcome === "wait") return false; // a lock: its end changes keys, which brings us here again
        if (outcome === "nothing") nothing();
        session.sendReply();
        return true;
      },
    },
    timeoutMillis,
  );
  return "done";
}

/** One key after the other with `pop`; the reply is [key, …element]. */
function popFirst(pop: string, isZset: boolean): Handler {
  return (session, args) => {
    const time = timeout(session, args[args.length - 1] as Buffer);
    if (time === undefined) return;
    const keys = args.slice(1, -1).map((k) => Buffer.from(k));
    const attempt: Attempt = () => {
      for (const key of keys) {
        const got = probe(session, [pop, key]);
        if (got === "wait") return "wait";
        if (isNull(got)) continue;
        if (isZset && got.toString("latin1", 0, 4) === "*0\r\n") continue;
        if (got[0] !== 0x2d) {
          session.reply.array(isZset ? 3 : 2);
          session.reply.bulk(key);
          session.reply.raw(isZset ? got.subarray(4) : got); // without the inner "*2\r\n"
        } else session.reply.raw(got);
        return "done";
      }
      return "nothing";
    };
    const group = groupOf(session, [pop, ...keys]);
    return waitOn(session, time, attempt, () => session.reply.nullArray(), session.isExecuting, group, keys);
  };
}

export const groupOf = (session: RespSession, words: readonly (Buffer | string)[]) =>
  `${session.database}:${session.resp3 ? 3 : 2}:${words.map((w) => (typeof w === "string" ? w : `${w.length}:${w.toString("latin1")}`)).join(" ")}`;

/** A command of the same form without the timeout, that answers null when there is nothing. */
function same(
  native: string,
  rest: (args: readonly Buffer[]) => { readonly args: Buffer[]; readonly timeout: Buffer; readonly keys: Buffer[] },
): Handler {
  return (session, args) => {
    const split = rest(args.map((a) => Buffer.from(a)));
    const time = timeout(session, split.timeout);
    if (time === undefined) return;
    const attempt: Attempt = () => {
      const got = probe(session, [native, ...split.args]);
      if (got === "wait") return "wait";
      if (isNull(got)) return "nothing";
      session.reply.raw(got);
      return "done";
    };
    // Where it may not wait, a move answers null as its form without a timeout does.
    const nothing = () =>
      session.isExecuting && (native === "lmove" || native === "rpoplpush") ? session.reply.null() : session.reply.nullArray();
    return waitOn(session, time, attempt, nothing, session.isExecuting, groupOf(session, [native, ...split.args]), split.keys);
  };
}
/** Moves from their first key. */
const lastIsTimeout = (args: readonly Buffer[]) => ({
  args: args.slice(1, -1),
  timeout: args[args.length - 1] as Buffer,
  keys: args.slice(1, 2),
});
/** Then the number of keys and the keys. */
const firstIsTimeout = (args: readonly Buffer[]) => ({
  args: args.slice(2),
  timeout: args[1] as Buffer,
  keys: args.slice(3, 3 + Math.max(0, Math.trunc(Number((args[2] as Buffer).toString("latin1"))) || 0)),
});

export const blockingHandlers: Readonly<Record<string, Handler>> = {
  blpop: popFirst("lpop", false),
  brpop: popFirst("rpop", false),
  bzpopmin: popFirst("zpopmin", true),
  bzpopmax: popFirst("zpopmax", true),
  blmove: same("lmove", lastIsTimeout),
  brpoplpush: same("rpoplpush", lastIsTimeout),
  blmpop: same("lmpop", firstIsTimeout),
  bzmpop: same("zmpop", firstIsTimeout),
};
