/**
 * XREAD and XREADGROUP with BLOCK: the native body answers when there is something; here the client waits and asks again after changes.
 *
 * `$` means "after what is there now", so it becomes that id before the wait begins.
 */
import { type Attempt, groupOf, isNull, probe, waitOn } from "./blocking-commands.js";
import type { Handler } from "./dispatch.js";
import type { RespSession } from "./session.js";

const wordAt = (args: readonly Buffer[], word: string) =>
  args.findIndex((a, i) => i > 0 && a.length === word.length && a.toString("latin1").toUpperCase() === word);

function lastId(session: RespSession, key: Buffer): Buffer {
  const reply = probe(session, ["xinfo", "stream", key]).toString();
  return Buffer.from(/last-generated-id\r\n\$\d+\r\n([\d-]+)/.exec(reply)?.[1] ?? "0-0");
}

function exists(session: RespSession, key: Buffer): boolean {
  return probe(session, ["exists", key]).toString() === ":1\r\n";
}

/** What a client hears whose group went away while it waited. */
function withoutGroup(session: RespSession, keys: readonly Buffer[]): string {
  return keys.every((key) => exists(session, key))
    ? "NOGROUP the consumer group this client was blocked on no longer exists"
    : "UNBLOCKED the stream key no longer exists";
}

function blockingRead(withGroup: boolean): Handler {
  return (session, args) => {
    const own = args.map((a) => Buffer.from(a));
    const streams = wordAt(own, "STREAMS") + 1;
    const block = wordAt(own.slice(0, streams), "BLOCK");
    const timeoutMillis = Number((own[block + 1] as Buffer).toString("latin1"));
    const half = (own.length - streams) / 2;
    const keys = own.slice(streams, streams + half);
    const ids = own.slice(streams + half).map((id, i) => (id.toString("latin1") === "$" ? lastId(session, keys[i] as Buffer) : id));
    const command = [...own.slice(0, block), ...own.slice(block + 2, streams), ...keys, ...ids];
    let first = true;
    const attempt: Attempt = () => {
      const got = probe(session, command);
      const again = !first;
      first = false;
      if (got === "wait") return "wait";
      if (isNull(got)) return "nothing";
      if (again && withGroup && got.toString("latin1", 0, 8) === "-NOGROUP") session.reply.error(withoutGroup(session, keys));
      else session.reply.raw(got);
      return "done";
    };
    return waitOn(session, timeoutMillis, attempt, () => session.reply.nullArray(), session.isExecuting, groupOf(session, command), keys);
  };
}

export const streamHandlers: Readonly<Record<string, Handler>> = {
  xread: blockingRead(false),
  xreadgroup: blockingRead(true),
};
