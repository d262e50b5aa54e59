/**
 * Latency of hot statements on native I/O threads while the server's only JavaScript thread is busy for 10 s in one of several ways: prepared lookups
 * and INSERTs (pgbench) and GETs, 20,000/s offered in all, a third of each. pgbench counts from the time that each was due. Node:net cannot
 * answer any of them and is not measured.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type OrreryProcess, sleep, startOrrery, temporaryFolder } from "../test/support/processes.js";
import { pgbench, psql } from "./command.js";
import { ask, greet, query, READY, startUp } from "./greet.js";
import { PacedGets } from "./paced-gets.js";

const offered = Number(process.env.ORRERY_BUSY_RATE ?? 20_000);
const busySeconds = Number(process.env.ORRERY_BUSY_SECONDS ?? 10);
const connections = 4;
/** Load before and after, and what is left out of the busy time at its ends. */
const marginSeconds = 2;
const edgeSeconds = 0.1;

/** Keeps the thread busy with one statement after the other until the time is over; the last one is cut. */
async function execute(server: OrreryProcess, statement: string): Promise<void> {
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
    execute(
      server,
      Array.from({ length: 2000 }, (_, i) => `select aid + ${i} as a from pgbench_accounts where aid = ${i}`).join(" union all "),
    ),
  "a JavaScript function over 10 M rows": (server) =>
    execute(server, "select sum(length(regexp_replace(g::text, '[0-4]+', 'x', 'g'))) from generate_series(1, 10000000) g"),
  "collecting garbage": (server) =>
    execute(
      server,
      "select count(j) from (select jsonb_agg(jsonb_build_object('k', g, 't', 'row ' || g)) j from generate_series(1, 300000) g) x",
    ),
};

/** Microseconds that transactions of a pgbench log took which ended in a time (Unix microseconds). */
function latenciesOf(folder: string, log: string, from: number, to: number): number[] {
  const latencies: number[] = [];
  for (const name of readdirSync(folder).filter((file) => file.startsWith(log))) {
    for (const line of readFileSync(join(folder, name), "utf8").split("\n")) {
      // client, transaction, latency in microseconds, script, seconds, microseconds, lag
      const [, , latency, , seconds, micros] = line.split(" ").map(Number);
      const at = (seconds ?? 0) * 1e6 + (micros ?? 0);
      if (latency !== undefined && at > from && at < to) latencies.push(latency);
    }
  }
  return latencies;
}
function report(what: string, latencies: number[]): void {
  latencies.sort((a, b) => a - b);
  const millis = (us: number | undefined) => `${((us ?? Number.NaN) / 1000).toFixed(2)} ms`;
  const at = (share: number) => millis(latencies[Math.floor(latencies.length * share)]);
  const rate = Math.round(latencies.length / (busySeconds - 2 * edgeSeconds));
  const of = Math.round(offered / 3);
  console.log(`  ${what}: ${rate}/s of ${of}/s: p50 ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}, longest ${millis(latencies.at(-1))}`);
}

async function measure(server: OrreryProcess, way: string, keepBusy: (server: OrreryProcess) => Promise<void>): Promise<void> {
  const folder = temporaryFolder("bench");
  try {
    writeFileSync(join(folder, "insert.sql"), "insert into made (v) values (1);\n");
    const perLoad = String(Math.round(offered / 3));
    const seconds = String(busySeconds + 2 * marginSeconds);
    const load = (log: string, script: readonly string[]) =>
      pgbench(server.port, [
        ...script,
        ...[
          "-M",
          "prepared",
          "-c",
          String(connections),
          "-j",
          "1",
          "-R",
          perLoad,
          "-T",
          seconds,
          "-l",
          `--log-prefix=${join(folder, log)}`,
        ],
      ]);
    const loads = [load("select", ["-S"]), load("made", ["-f", join(folder, "insert.sql")])];
    const gets = await PacedGets.start(server.redisPort, Number(perLoad), connections);
    await sleep(marginSeconds * 1000);
    const from = (Date.now() + edgeSeconds * 1000) * 1000;
    await keepBusy(server);
    const to = (Date.now() - edgeSeconds * 1000) * 1000;
    await Promise.all(loads);
    gets.stop();
    console.log(`JavaScript thread busy with ${way}:`);
    report("SELECT", latenciesOf(folder, "select", from, to));
    report("INSERT", latenciesOf(folder, "made", from, to));
    report(
      "GET",
      gets.latencies.filter(({ at }) => at > from && at < to).map(({ micros }) => micros),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
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
