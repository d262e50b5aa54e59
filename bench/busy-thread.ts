/**
 * Latency of hot statements on native I/O threads while the server's only JavaScript thread is busy for 10 s in one of several ways: prepared lookups
 * and durable INSERTs and GETs, 20,000/s offered in all, a third of each. Node:net cannot answer any of them and is not measured.
 *
 * The clients are processes of their own (native/bench/paced_client.cc). Beside a thread that computes they and the I/O thread share what is left of
 * two cores: how much too late requests were sent is shown.
 */
import { closeSync, fdatasyncSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execute, int16, int32, message, sync } from "../test/support/conversations.js";
import { type OrreryProcess, sleep, startOrrery } from "../test/support/processes.js";
import { psql } from "./command.js";
import { ask, greet, query, READY, startUp } from "./greet.js";
import { type Answer, PacedRequests } from "./paced-requests.js";
import { stolenSeconds } from "./processor-time.js";

const offered = Number(process.env.ORRERY_BUSY_RATE ?? 20_000);
/** 0: without INSERTs. Where a hypervisor charges a machine for its disk's flushes they slow down everything on it. */
const hasInserts = process.env.ORRERY_BUSY_INSERTS !== "0";
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

const millis = (micros: number | undefined) => `${((micros ?? Number.NaN) / 1000).toFixed(2)} ms`;
/** What a share of the microseconds, which are sorted, is below. */
const at = (sorted: readonly number[], share: number) => millis(sorted[Math.floor(sorted.length * share)]);

function report(what: string, answers: readonly Answer[]): void {
  const sorted = (value: (answer: Answer) => number) => answers.map(value).sort((x, y) => x - y);
  const latencies = sorted(({ micros }) => micros);
  const late = sorted((answer) => answer.late);
  const rate = Math.round(answers.length / (busySeconds - 2 * edgeSeconds));
  const of = Math.round(offered / 3);
  const shares = `p50 ${at(latencies, 0.5)}, p99 ${at(latencies, 0.99)}, p99.9 ${at(latencies, 0.999)}, longest ${millis(latencies.at(-1))}`;
  console.log(`  ${what}: ${rate}/s of ${of}/s: ${shares}; sent too late by p99 ${at(late, 0.99)}`);
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
        greeted: Buffer.from(`1\0\0\0\x04${READY}`),
        requests: executions(1000),
        answered: Buffer.from(READY),
      },
    });
  const loads = {
    SELECT: await statements("select abalance from pgbench_accounts where aid = $1", 4),
    // Each waits for the disk.
    ...(hasInserts ? { INSERT: await statements("insert into made (v) values ($1)", 16) } : {}),
    GET: await PacedRequests.start({
      ...{ port: server.redisPort, perSecond, connections: 4, hello: Buffer.from("SET paced value\r\n"), greeted: Buffer.from("+OK\r\n") },
      ...{ requests: [Buffer.from("GET paced\r\n")], answered: Buffer.from("$5\r\nvalue\r\n") },
    }),
  };
  await sleep(marginSeconds * 1000);
  const from = (Date.now() + edgeSeconds * 1000) * 1000;
  const stolenBefore = stolenSeconds();
  await keepBusy(server);
  const stolen = stolenSeconds() - stolenBefore;
  const to = (Date.now() - edgeSeconds * 1000) * 1000;
  await sleep(marginSeconds * 1000);
  console.log(`JavaScript thread busy with ${way} (${stolen.toFixed(2)} s of processor time went to other machines):`);
  for (const [what, load] of Object.entries(loads))
    report(
      what,
      (await load.stop()).filter(({ at }) => at > from && at < to),
    );
}

/** The machine's floor for an INSERT: one page written and flushed at a time, nothing else. */
function flushes(): string {
  const folder = mkdtempSync(join(tmpdir(), "orrery-bench-flush-"));
  const file = openSync(join(folder, "file"), "w");
  const page = Buffer.alloc(4096, 7);
  for (let i = 0; i < 256; i++) writeSync(file, page);
  fsyncSync(file);
  const micros: number[] = [];
  for (const end = performance.now() + 3000; performance.now() < end; ) {
    const started = performance.now();
    writeSync(file, page, 0, page.length, (micros.length % 256) * page.length);
    fdatasyncSync(file);
    micros.push((performance.now() - started) * 1000);
  }
  closeSync(file);
  rmSync(folder, { recursive: true });
  micros.sort((x, y) => x - y);
  return `p50 ${at(micros, 0.5)}, p99 ${at(micros, 0.99)}`;
}

export async function run(): Promise<void> {
  if (hasInserts) console.log(`The disk alone, a page and a flush at a time: ${flushes()}.`);
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
