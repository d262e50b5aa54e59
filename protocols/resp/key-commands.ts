/** What the native bodies of OBJECT, MEMORY, XGROUP and XINFO leave to TypeScript: HELP and the facts about the process's memory. */
import type { Handler } from "./dispatch.js";
import { helpReply } from "./help.js";
import { peakMemoryOf } from "./info.js";
import type { RespSession } from "./session.js";

const emptyInstanceBytes = 5 << 20; // as Redis: below it there is nothing to diagnose

function stats(session: RespSession): void {
  const { reply, server } = session;
  const { addon, engine } = server.options;
  const { memory } = addon.keyspace.counters(engine);
  const sizes = addon.keyspace.databaseSizes(session.native);
  const keys = sizes.filter((_, i) => i % 2 === 0).reduce((a, b) => a + b, 0);
  const { rss, heapUsed } = process.memoryUsage();
  const total = memory + heapUsed;
  const peak = Math.max(peakMemoryOf(memory) + heapUsed, total);
  const { endOffset, firstOffset } = server.replication.state;
  const facts: readonly (readonly [string, number])[] = [
    ["peak.allocated", peak],
    ["total.allocated", total],
    ["startup.allocated", heapUsed],
    ["replication.backlog", endOffset - firstOffset],
    ["clients.normal", [...server.sessions.values()].reduce((sum, s) => sum + s.inputBytes + s.pendingOutputBytes + s.queueBytes, 0)],
    ["lua.caches", server.scripts.usedBytes],
    ["functions.caches", server.functions.usedBytes],
    ["overhead.total", heapUsed],
    ["keys.count", keys],
    ["keys.bytes-per-key", keys === 0 ? 0 : Math.floor(memory / keys)],
    ["dataset.bytes", memory],
    ["dataset.percentage", (100 * memory) / total],
    ["peak.percentage", (100 * total) / peak],
    ["allocator.allocated", total],
    ["allocator.resident", rss],
    ["fragmentation", rss / total],
    ["fragmentation.bytes", rss - total],
  ];
  reply.map(facts.length);
  for (const [name, value] of facts) {
    reply.bulk(name);
    if (!name.endsWith(".percentage") && name !== "fragmentation") reply.integer(Math.floor(value));
    else if (session.resp3) reply.raw(`,${value}\r\n`);
    else reply.bulk(String(value));
  }
}

const memory: Handler = (session, args) => {
  const { reply, server } = session;
  switch ((args[1] as Buffer).toString("latin1").toLowerCase()) {
    case "help":
      helpReply(session, "memory");
      return;
    case "doctor": {
      const { memory: used } = server.options.addon.keyspace.counters(server.options.engine);
      return reply.verbatim(
        used < emptyInstanceBytes
          ? "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our programming as soon as I finished rebooting.\n"
          : "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n",
      );
    }
    case "purge":
      server.options.addon.keyspace.trimMemory();
      return reply.ok();
    case "malloc-stats":
      return reply.verbatim("Stats not supported for the current allocator");
    default:
      return stats(session);
  }
};
const helpOf =
  (container: string): Handler =>
  (session) => {
    helpReply(session, container);
  };

export const keyHandlers: Readonly<Record<string, Handler>> = {
  memory,
  object: helpOf("object"),
  xgroup: helpOf("xgroup"),
  xinfo: helpOf("xinfo"),
};
