/** SLOWLOG, LATENCY, MONITOR: what took long, and what runs. */
import { commandTable, subcommandTable } from "../../src/keyspace/index.js";
import type { Handler } from "./dispatch.js";
import { helpReply, subcommandError } from "./help.js";

const latin1 = (bytes: Buffer | undefined) => bytes?.toString("latin1") ?? "";

const slowlog: Handler = (session, args) => {
  const { reply, server } = session;
  const { keyspace } = server.options.addon;
  switch (latin1(args[1]).toLowerCase()) {
    case "len":
      return reply.integer(keyspace.slowLogSize());
    case "reset":
      keyspace.slowLogClear();
      return reply.ok();
    case "get": {
      if (args.length > 3) return subcommandError(session, "slowlog", latin1(args[1]));
      let count = 10;
      if (args.length === 3) {
        count = /^-?\d{1,18}$/.test(latin1(args[2])) ? Number(latin1(args[2])) : -2;
        if (count < -1) return reply.error("ERR count should be greater than or equal to -1");
      }
      const entries = keyspace.slowLog(count);
      reply.array(entries.length);
      for (const entry of entries) {
        reply.array(6);
        reply.integer(entry.id);
        reply.integer(entry.seconds);
        reply.integer(entry.micros);
        reply.array(entry.args.length);
        for (const argument of entry.args) reply.bulk(argument);
        reply.bulk(entry.address);
        reply.bulk(entry.name);
      }
      return;
    }
    default:
      return helpReply(session, "slowlog");
  }
};

const graphWidth = 80;

const latency: Handler = (session, args) => {
  const { reply, server } = session;
  const { keyspace } = server.options.addon;
  const name = latin1(args[2]);
  switch (latin1(args[1]).toLowerCase()) {
    case "latest": {
      const events = keyspace.latencies();
      reply.array(events.length);
      for (const event of events) {
        reply.array(4);
        reply.bulk(event.name);
        reply.integer(event.samples[event.samples.length - 2] ?? 0);
        reply.integer(event.samples[event.samples.length - 1] ?? 0);
        reply.integer(event.max);
      }
      return;
    }
    case "history": {
      const samples = keyspace.latencies().find((e) => e.name === name)?.samples ?? [];
      reply.array(samples.length / 2);
      for (let i = 0; i < samples.length; i += 2) {
        reply.array(2);
        reply.integer(samples[i] as number);
        reply.integer(samples[i + 1] as number);
      }
      return;
    }
    case "reset":
      return reply.integer(keyspace.clearLatencies(args.slice(2).map(latin1)));
    case "graph": {
      const event = keyspace.latencies().find((e) => e.name === name);
      if (event === undefined) return reply.error(`ERR No samples available for event '${name}'`);
      const millis = event.samples.filter((_, i) => i % 2 === 1).slice(-graphWidth);
      const high = Math.max(...millis);
      const low = Math.min(...millis);
      const rows = Array.from({ length: 4 }, (_, row) =>
        millis.map((m) => (Math.round(((m - low) / Math.max(high - low, 1)) * 3) >= 3 - row ? (row === 3 ? "_" : "#") : " ")).join(""),
      );
      return reply.verbatim(
        `${event.name} - high ${high} ms, low ${low} ms (all time high ${event.max} ms)\n${"-".repeat(graphWidth)}\n${rows.join("\n")}\n`,
      );
    }
    case "doctor": {
      const events = keyspace.latencies();
      if (server.configuration.get("latency-monitor-threshold") === "0")
        return reply.verbatim(
          "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use \"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable it. If we weren't in a deep space mission I'd suggest to take a look at https://redis.io/topics/latency-monitor.\n",
        );
      if (events.length === 0)
        return reply.verbatim(
          "Dave, no latency spike was observed during the lifetime of this Redis instance, not in the slightest bit. I honestly think you ought to sit down calmly, take a stress pill, and think things over.\n",
        );
      const lines = events.map((e, i) => `${i + 1}. ${e.name}: ${e.samples.length / 2} latency spikes. Worst all time event ${e.max}ms.\n`);
      return reply.verbatim(`Dave, I have observed latency spikes in this Redis instance.\n\n${lines.join("")}`);
    }
    case "histogram": {
      const wanted = args.length > 2 ? args.slice(2).map((a) => latin1(a).toLowerCase()) : undefined;
      const everything = [...commandTable.values(), ...subcommandTable.values()];
      const chosen = everything.filter(
        (c) => wanted === undefined || wanted.some((w) => c.name === w || (!w.includes("|") && c.name.startsWith(`${w}|`))),
      );
      const measured = chosen
        .map((c) => ({ c, histogram: keyspace.commandHistogram(c.index) }))
        .filter(({ histogram }) => histogram.length > 0);
      reply.map(measured.length);
      for (const { c, histogram } of measured) {
        reply.bulk(c.name);
        reply.map(2);
        reply.bulk("calls");
        reply.integer(histogram[histogram.length - 1] as number);
        reply.bulk("histogram_usec");
        reply.map(histogram.length / 2);
        for (const number of histogram) reply.integer(number);
      }
      return;
    }
    default:
      return helpReply(session, "latency");
  }
};

export const latencyHandlers: Readonly<Record<string, Handler>> = {
  slowlog,
  latency,
  monitor: (session) => {
    if (session.isExecuting) return session.reply.error("ERR MONITOR isn't allowed in a transaction or script");
    if (!session.isMonitor) {
      session.isMonitor = true;
      session.server.setMonitor(session, true);
      session.configure();
    }
    session.reply.ok();
  },
};
