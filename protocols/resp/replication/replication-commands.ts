/** REPLCONF, PSYNC, SYNC for replicas; REPLICAOF, ROLE, WAIT, FAILOVER for people. */

import type { Handler } from "../dispatch.js";
import { Counter } from "../server-counters.js";
import type { RespSession } from "../session.js";
import { orreryCapability } from "./primary-link.js";
import { type ReplicaFacts, ReplicaSender } from "./replica-sender.js";

const text = (args: readonly Buffer[], at: number) => args[at]?.toString("latin1") ?? "";
const word = (args: readonly Buffer[], at: number) => text(args, at).toLowerCase();
const isInteger = (value: string) => /^-?\d{1,18}$/.test(value);

function factsOf(session: RespSession): ReplicaFacts {
  session.replicaFacts ??= {
    port: 0,
    address: "",
    takesMark: false,
    takesNewId: false,
    isOrrery: false,
    onlySnapshot: false,
    onlyFunctions: false,
  };
  return session.replicaFacts;
}

const replconf: Handler = (session, args) => {
  const { reply } = session;
  if (args.length % 2 === 0) return reply.error("ERR syntax error");
  for (let i = 1; i < args.length; i += 2) {
    const value = text(args, i + 1);
    const facts = factsOf(session);
    switch (word(args, i)) {
      case "listening-port":
        if (!/^\d{1,5}$/.test(value)) return reply.error("ERR value is not an integer or out of range");
        facts.port = Number(value);
        break;
      case "ip-address":
        if (value.length > 253)
          return reply.error(`ERR REPLCONF ip-address provided by replica instance is too long: ${value.length} bytes`);
        facts.address = value;
        break;
      case "capa":
        if (value.toLowerCase() === "eof") facts.takesMark = true;
        if (value.toLowerCase() === "psync2") facts.takesNewId = true;
        if (value.toLowerCase() === orreryCapability) facts.isOrrery = true;
        break;
      case "ack":
        // Never answered.
        if (/^\d{1,16}$/.test(value)) session.sender?.acknowledged(Number(value));
        return;
      case "getack":
        return; // a primary's question; it comes to us on the link only
      case "rdb-only":
        if (!/^[01]$/.test(value)) return reply.error("ERR value is out of range");
        facts.onlySnapshot = value === "1";
        break;
      case "rdb-filter-only":
        if (value !== "" && value.toLowerCase() !== "functions") return reply.error(`ERR Unsupported rdb-filter-only option: ${value}`);
        facts.onlyFunctions = value !== "";
        break;
      default:
        return reply.error(`ERR Unrecognized REPLCONF option: ${text(args, i)}`);
    }
  }
  reply.ok();
};

const synchronize: Handler = (session, args, command) => {
  const { reply, server } = session;
  if (session.sender !== undefined) return;
  const { primary, link } = server.replication;
  if (primary !== undefined && link.state !== "connected") return reply.error("NOMASTERLINK Can't SYNC while not connected with my master");
  const isPsync = command.name === "psync";
  if (isPsync && !isInteger(text(args, 2))) return reply.error("ERR value is not an integer or out of range");
  session.sender = new ReplicaSender(session, factsOf(session));
  if (isPsync && text(args, 1) !== "?") {
    // PSYNC names the next byte it wants.
    if (session.sender.continue(text(args, 1), Number(text(args, 2)) - 1)) {
      server.counts.add(Counter.partialSyncs, 1);
      return;
    }
    server.counts.add(Counter.refusedPartialSyncs, 1);
  }
  server.counts.add(Counter.fullSyncs, 1);
  session.sender.sendSnapshot(isPsync).catch((error: Error) => {
    server.options.log?.(3, `a replica got no snapshot: ${error.message}`);
    session.close();
  });
};

const replicaOf: Handler = (session, args) => {
  const { reply, server } = session;
  const { replication, options } = server;
  const host = text(args, 1);
  if (word(args, 1) === "no" && word(args, 2) === "one") {
    if (replication.primary === undefined) return reply.ok();
    const lsn = replication.follow(undefined);
    options.log?.(2, "this server takes writes now (REPLICAOF NO ONE)");
    // What came from the primary is this server's own from now on: it must be durable before anybody writes here.
    session.suspend();
    options.whenFlushed(lsn, (error) => {
      if (error === undefined) reply.ok();
      else reply.error(`MISCONF Errors writing to the AOF file: ${error.message}`);
      session.unsuspend();
    });
    return;
  }
  if (session.sender !== undefined) return reply.error("ERR Command is not valid when client is a replica.");
  const port = isInteger(text(args, 2)) ? Number(text(args, 2)) : -1;
  if (port < 0 || port > 65535) return reply.error("ERR Invalid master port");
  if (options.connectTo === undefined) return reply.error("ERR REPLICAOF is not supported here: the server has no network");
  if (/\s/.test(host) || host === "") return reply.error("ERR Invalid master host");
  if (replication.primary?.host === host && replication.primary.port === port)
    return reply.status("OK Already connected to specified master");
  replication.follow({ host, port });
  reply.ok();
};

const role: Handler = (session) => {
  const { reply, server } = session;
  const { primary, link, state } = server.replication;
  if (primary !== undefined) {
    reply.array(5);
    reply.bulk("slave");
    reply.bulk(primary.host);
    reply.integer(primary.port);
    reply.bulk(link.state);
    return reply.integer(link.state === "connected" ? link.offset : -1);
  }
  reply.array(3);
  reply.bulk("master");
  reply.integer(state.endOffset);
  const online = state.replicas.filter((r) => r.streaming);
  reply.array(online.length);
  for (const replica of online) {
    const at = replica.address.lastIndexOf(":");
    reply.array(3);
    reply.bulk(replica.address.slice(0, at));
    reply.bulk(replica.address.slice(at + 1));
    reply.bulk(String(replica.acknowledged));
  }
};

/** Waits for what this server wrote up to now, whoever wrote it: at least what the client wrote. */
const wait: Handler = (session, args) => {
  const { reply, server } = session;
  if (server.replication.primary !== undefined)
    return reply.error(
      "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated.",
    );
  if (!isInteger(text(args, 1))) return reply.error("ERR value is not an integer or out of range");
  if (!isInteger(text(args, 2))) return reply.error("ERR timeout is not an integer or out of range");
  if (Number(args[2]) < 0) return reply.error("ERR timeout is negative");
  const wanted = Number(args[1]);
  const { endOffset, active } = server.replication.state;
  const reached = () => server.replication.state.replicas.filter((r) => r.streaming && r.acknowledged >= endOffset).length;
  if (reached() >= wanted || session.isExecuting) return reply.integer(reached());
  session.block(
    {
      keys: [],
      attempt: (timedOut) => {
        const count = reached();
        if (count < wanted && !timedOut) return false;
        server.replication.waiting.delete(session);
        session.reply.integer(count);
        session.sendReply();
        return true;
      },
    },
    Number(args[2]),
  );
  server.replication.waiting.add(session);
  if (active) server.replication.askForAcknowledgements();
};

const failover: Handler = (session, args) => {
  const { reply, server } = session;
  if (word(args, 1) === "abort" && args.length === 2) return reply.error("ERR No failover in progress.");
  for (let i = 1; i < args.length; i++) {
    const option = word(args, i);
    if (option === "force") continue;
    if (option === "timeout" && i + 1 < args.length) {
      const millis = word(args, ++i);
      if (!/^-?\d{1,18}$/.test(millis)) return reply.error("ERR value is not an integer or out of range");
      if (Number(millis) <= 0) return reply.error("ERR FAILOVER timeout must be greater than 0");
    } else if (option === "to" && i + 2 < args.length) i += 2;
    else return reply.error("ERR syntax error");
  }
  if (server.replication.primary !== undefined) return reply.error("ERR FAILOVER is not valid when server is a replica.");
  if (server.replication.state.replicas.length === 0) return reply.error("ERR FAILOVER requires connected replicas.");
  reply.error("ERR FAILOVER is not supported yet: stop writes, WAIT for the replica, then send it REPLICAOF NO ONE");
};

export const replicationHandlers: Readonly<Record<string, Handler>> = {
  replconf,
  psync: synchronize,
  sync: synchronize,
  replicaof: replicaOf,
  slaveof: replicaOf,
  role,
  wait,
  failover,
};
