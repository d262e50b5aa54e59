/**
 * The subset of DEBUG that test suites use. What would say something of Redis' inside that is not so here is refused.
 */

import { EndHistory } from "../../src/native/index.js";
import { memoryValue } from "./configuration-values.js";
import type { Handler } from "./dispatch.js";
import { helpReply, subcommandError } from "./help.js";

const latin1 = (bytes: Buffer | undefined) => bytes?.toString("latin1") ?? "";

/** Subcommands of Redis 7.0 that look into what is not so here. */
const refusedHere = new Set([
  "assert",
  "client-eviction",
  "clusterlink",
  "crash-and-recover",
  "digest",
  "digest-value",
  "drop-cluster-packet-filter",
  "htstats",
  "leak",
  "loadaof",
  "mallctl",
  "mallctl-str",
  "object",
  "oom",
  "panic",
  "populate",
  "reload",
  "restart",
  "segfault",
  "set-skip-checksum-validation",
  "stringmatch-test",
  "structsize",
]);

const maxSleepSeconds = 60;

const debug: Handler = (session, args) => {
  const { reply, server } = session;
  const sub = latin1(args[1]).toLowerCase();
  const argument = latin1(args[2]);
  switch (sub) {
    case "sleep": {
      const parsed = Number.parseFloat(argument);
      const seconds = Number.isNaN(parsed) ? 0 : Math.max(parsed, 0);
      if (args.length !== 3) return subcommandError(session, "debug", latin1(args[1]));
      // The thread stands still, as Redis does: tests rely on it.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.min(seconds, maxSleepSeconds) * 1000);
      return reply.ok();
    }
    case "set-active-expire":
      server.configuration.activeExpire = argument !== "0";
      return reply.ok();
    case "quicklist-packed-threshold":
      return isThreshold(argument) ? reply.ok() : reply.error("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
    case "pause-cron":
      if (args.length !== 3) return subcommandError(session, "debug", latin1(args[1]));
      server.configuration.cronPaused = argument !== "0";
      return reply.ok();
    case "replybuffer": // tunes buffers that are not so here
      return args.length === 4 ? reply.ok() : subcommandError(session, "debug", latin1(args[1]));
    case "aof-flush-sleep":
    case "set-disable-deny-scripts":
    case "replicate":
    case "config-rewrite-force-all":
      return reply.ok();
    case "change-repl-id":
      server.options.addon.keyspace.endHistory(server.options.engine, EndHistory.newId);
      return reply.ok();
    case "log":
      server.options.log?.(2, `DEBUG LOG: ${argument}`);
      return reply.ok();
    case "error":
      return reply.raw(Buffer.from(`-${argument.replace(/[\r\n]/g, " ")}\r\n`, "latin1"));
    case "protocol":
      if (args.length !== 3) return subcommandError(session, "debug", latin1(args[1]));
      return protocol(session.reply, argument.toLowerCase(), (text) => reply.error(text));
    case "help":
      return helpReply(session, "debug");
    default:
      return refusedHere.has(sub)
        ? reply.error(`ERR DEBUG ${sub.toUpperCase()} is not supported yet`)
        : subcommandError(session, "debug", latin1(args[1]));
  }
};

function isThreshold(text: string): boolean {
  const bytes = memoryValue(text);
  return bytes !== undefined && bytes < 2 ** 32;
}

/** One reply of each kind. */
function protocol(reply: Parameters<Handler>[0]["reply"], kind: string, fail: (text: string) => void): void {
  const three = (write: (i: number) => void) => {
    for (let i = 0; i < 3; i++) write(i);
  };
  switch (kind) {
    case "string":
      return reply.bulk("Hello World");
    case "integer":
      return reply.integer(12345);
    case "double":
      return reply.double(Number("3.141"));
    case "null":
      return reply.null();
    case "array":
      reply.array(3);
      return three((i) => reply.integer(i));
    case "set":
      reply.set(3);
      return three((i) => reply.integer(i));
    case "map":
      reply.map(3);
      return three((i) => {
        reply.integer(i);
        reply.raw(reply.resp3 ? (i === 1 ? "#t\r\n" : "#f\r\n") : i === 1 ? ":1\r\n" : ":0\r\n");
      });
    case "attrib":
      if (reply.resp3) reply.raw("|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n");
      return reply.bulk("Some real reply following the attribute");
    case "push":
      if (!reply.resp3) return fail("ERR RESP2 is not supported by this command");
      reply.push(2);
      reply.bulk("server-cpu-usage");
      reply.integer(42);
      return;
    case "verbatim":
      return reply.verbatim("This is a verbatim\nstring");
    case "true":
      return reply.raw(reply.resp3 ? "#t\r\n" : ":1\r\n");
    case "false":
      return reply.raw(reply.resp3 ? "#f\r\n" : ":0\r\n");
    case "bignum":
      if (reply.resp3) reply.raw("(1234567999999999999999999999999999999\r\n");
      else reply.bulk("1234567999999999999999999999999999999");
      return;
    default:
      return fail(
        "ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
      );
  }
}

export const debugHandlers: Readonly<Record<string, Handler>> = { debug };
