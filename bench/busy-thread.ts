/**
 * Latency of hot statements on native I/O threads while the server's only JavaScript thread is busy for 10 s in one of several ways: prepared lookups
 * and durable INSERTs and GETs, 20,000/s offered in all, a third of each. Node:net cannot answer any of them and is not measured.
 *
 * The client needs half a core: beside a thread that computes, two cores do not suffice, and what the client itself is late is shown.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { execute, int16, int32, message, sync } from "../test/support/conversations.js";
import { type OrreryProcess, sleep, startOrrery } from "../test/support/processes.js";
import { psql } from "./command.js";
import { ask, greet, query, READY, startUp } from "./greet.js";
import { PacedRequests } from "./paced-requests.js";

const offered = Number(process.env.ORRERY_BUSY_RATE ?? 20_000);
const busySeconds = Number(process.env.ORRERY_BUSY_SECONDS ?? 10);
/** Load before and after, and what is left out of the busy time at its ends. */
const marginSeconds = 2;
const edgeSeconds = 0.1;

/** Keeps the thread busy with one statement after the other until the time is over; the last one is cut. */
async function runFor(server: OrreryProcess, statement: string): Promise<void> {
  const socket = await greet(server.port, startUp, READY);
  const until = performance.now() + busySeconds * 1000;
  for (let left = busySeconds * 1000; left > 0; left = until - performance.now()) {
    await ask(socket, query(`set statement_timeout = ${Math.ceil(left)}`), READY);
    const answer = await ask(socket, query(statement), READY);
    if (answer.startsWith("E") && !answer.includes("C57014")) throw new Error(answer);
  }
  socket.destroy();
}

const ways: Readonly<Record<string, (server: OrreryProcess) => Promise<void>>> = {
  "standing still": async (server) => {
    (await greet(server.redisPort, Buffer.from(`DEBUG SLEEP ${busySeconds}\r\n`), "+OK\r\n")).destroy();
  },
  "planning statements of 2,000 tables": (server) =>
    runFor(
      server,
      Array.from({ length: 2000 }, (_, i) => `select aid + ${i} as a from pgbench_accounts where aid = ${i}`).join(" union all "),
    ),
  "a JavaScript function over 10 M rows": (server) =>
    runFor(server, "select sum(length(regexp_replace(g::text, '[0-4]+', 'x', 'g'))) from generate_series(1, 10000000) g"),
  "collecting garbage": (server) =>
    runFor(
      server,
      "select count(j) from (select jsonb_agg(jsonb_build_object('k', g, 't', 'row ' || g)) j from generate_series(1, 300000) g) x",
    ),
};

function report(what: string, latencies: number[]): void {
  latencies.sort((a, b) => a - b);
  const millis = (us: number | undefined) => `${((us ?? Number.NaN) / 1000).toFixed(2)} ms`;
  const at = (share: number) => millis(latencies[Math.floor(latencies.length * share)]);
  const rate = Math.round(latencies.length / (busySeconds - 2 * edgeSeconds));
  const of = Math.round(offered / 3);
  console.log(`  ${what}: ${rate}/s of ${of}/s: p50 ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}, longest ${millis(latencies.at(-1))}`);
}

/** Prepared by each connection, then Bind, Execute and Sync with a number. */
const prepared = (statement: string) => Buffer.concat([startUp, message("P", "s", statement, int16(1), int32(23)), sync]);
const executions = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    Buffer.concat([message("B", "", "s", int16(1, 1, 1), int32(4), int32(i + 1), int16(0)), execute(), sync]),
  );

async function measure(server: OrreryProcess, way: string, keepBusy: (server: OrreryProcess) => Promise<void>): Promise<void> {
  const perSecond = offered / 3;
  const statements = (text: string, connections: number) =>
    PacedRequests.start({
      ...{
        port: server.port,
        perSecond,
        connections,
        hello: prepared(text),
        greeted: `1\0\0\0\x04${READY}`,
        requests: executions(1000),
        answered: READY,
      },
    });
  const loads = {
    SELECT: await statements("select abalance from pgbench_accounts where aid = $1", 4),
    // Each waits for the disk.
    INSERT: await statements("insert into made (v) values ($1)", 16),
    GET: await PacedRequests.start({
      ...{ port: server.redisPort, perSecond, connections: 4, hello: Buffer.from("SET paced value\r\n"), greeted: "+OK\r\n" },
      ...{ requests: [Buffer.from("GET paced\r\n")], answered: "$5\r\nvalue\r\n" },
    }),
  };
  await sleep(marginSeconds * 1000);
  const from = (Date.now() + edgeSeconds * 1000) * 1000;
  const late = monitorEventLoopDelay({ resolution: 1 });
  late.enable();
  await keepBusy(server);
  late.disable();
  const to = (Date.now() - edgeSeconds * 1000) * 1000;
  await sleep(marginSeconds * 1000);
  // A timer of 1 ms, to which this delay is added.
  const behind = (percent: number) => (late.percentile(percent) / 1e6 - 1).toFixed(2);
  console.log(`JavaScript thread busy with ${way} (the client itself is late by p50 ${behind(50)} ms, p99 ${behind(99)} ms):`);
  for (const [what, load] of Object.entries(loads)) {
    load.stop();
    report(
      what,
      load.latencies.filter(({ at }) => at > from && at < to).map(({ micros }) => micros),
    );
  }
}

export async function run(): Promise<void> {
  const server = await startOrrery({ flags: ["--transport", "native", "--threads", "1"] });
  try {
    await psql(
      server.port,
      "create table pgbench_accounts (aid int primary key, abalance int); insert into pgbench_accounts select g, 0 from generate_series(1, 100000) g; create table pgbench_branches (bid int primary key); insert into pgbench_branches values (1); create table made (id bigserial primary key, v int)",
    );
    for (const [way, keepBusy] of Object.entries(ways)) await measure(server, way, keepBusy);
  } finally {
    await server.stop();
  }
}
