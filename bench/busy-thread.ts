/**
 * Latency of prepared lookups (pgbench -S, 20,000/s offered to 8 connections) while the server's only JavaScript thread stands still for 10 s, on
 * native I/O threads; from the time that each was due. Node:net cannot answer any of them and is not measured.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { startOrrery, temporaryFolder } from "../test/support/processes.js";
import { pgbench, psql } from "./command.js";

const offered = process.env.ORRERY_BUSY_RATE ?? "20000";
const busySeconds = 10;
const millis = (us: number | undefined) => `${((us ?? Number.NaN) / 1000).toFixed(2)} ms`;

/** The thread does nothing else meanwhile. Resolves when it is back, with the times that bound it (Unix microseconds). */
function standStill(port: number): Promise<readonly [number, number]> {
  return new Promise((resolve, reject) => {
    const from = Date.now() * 1000;
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.write(`DEBUG SLEEP ${busySeconds}\r\n`));
    socket.once("error", reject);
    socket.once("data", () => {
      socket.destroy();
      resolve([from, Date.now() * 1000]);
    });
  });
}

export async function run(): Promise<void> {
  const folder = temporaryFolder("bench");
  const server = await startOrrery({ flags: ["--transport", "native"] });
  try {
    await psql(
      server.port,
      "create table pgbench_accounts (aid int primary key, abalance int); insert into pgbench_accounts select g, 0 from generate_series(1, 100000) g; create table pgbench_branches (bid int primary key); insert into pgbench_branches values (1)",
    );
    const log = join(folder, "log");
    const args = ["-S", "-M", "prepared", "-c", "8", "-j", "2", "-R", offered, "-T", String(busySeconds + 4), "-l", `--log-prefix=${log}`];
    const load = pgbench(server.port, args);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const [from, to] = await standStill(server.redisPort);
    await load;
    const latencies: number[] = [];
    for (const name of readdirSync(folder)) {
      for (const line of readFileSync(join(folder, name), "utf8").split("\n")) {
        // client, transaction, latency in microseconds, script, seconds, microseconds, lag
        const [, , latency, , seconds, micros] = line.split(" ").map(Number);
        const at = (seconds ?? 0) * 1e6 + (micros ?? 0);
        if (latency !== undefined && at > from + 100_000 && at < to - 100_000) latencies.push(latency);
      }
    }
    latencies.sort((a, b) => a - b);
    const rate = Math.round(latencies.length / (busySeconds - 0.2));
    const at = (share: number) => millis(latencies[Math.floor(latencies.length * share)]);
    console.log(
      `${rate}/s answered of ${offered}/s offered: p50 ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}, longest ${millis(latencies.at(-1))}`,
    );
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
