/**
 * pgbench's TPC-B-like transaction for a long time (`ORRERY_BENCH_MINUTES=30`), then kill -9 in the middle of more of it: whether memory and
 * data stay bounded, and the sums of balances right. Only what grows by design may grow: pgbench_history, a row for each transaction.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { PG_BIN, sleep, startOrrery, temporaryFolder } from "../test/support/processes.js";
import { output, psql } from "./command.js";
import { report } from "./report.js";
import { residentBytes } from "./resident.js";
import { balances } from "./tpcb.js";

const minutes = Number(process.env.ORRERY_BENCH_MINUTES ?? 30);
const SAMPLES = 15;

const where = (port: number): readonly string[] => ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "postgres"];
const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
/** Bytes of the files of a folder. */
async function folderBytes(folder: string): Promise<number> {
  return Number((await output("du", ["-sb", folder])).split("\t")[0]);
}

export async function run(): Promise<void> {
  const folder = temporaryFolder("tpcb-long");
  const flags = ["--redis-port", "0"];
  const start = () => startOrrery({ folder, keepFolder: true, flags });
  const pgbench = (port: number, seconds: number) => {
    const args = ["-n", "-M", "prepared", "-c", "8", "-j", "2", "-T", String(seconds), ...where(port)];
    return spawn(`${PG_BIN}/pgbench`, args, { stdio: "ignore" });
  };
  const table = ["| minute | transactions | resident MB | data folder MB | pgbench_history MB |", "|---|---|---|---|---|"];
  let server = await start();
  try {
    await output(`${PG_BIN}/pgbench`, ["-i", "-q", "-s", "10", ...where(server.port)]);
    const sample = async (minute: number): Promise<void> => {
      const [count, bytes] = (await psql(server.port, "select count(*), pg_table_size('pgbench_history') from pgbench_history"))
        .split("|")
        .map(Number);
      const line = [minute, count, megabytes(residentBytes(server.pid)), megabytes(await folderBytes(folder)), megabytes(bytes as number)];
      console.log(`minute ${line[0]}: ${line[1]} transactions, ${line[2]} MB resident, ${line[3]} MB of data, history ${line[4]} MB`);
      table.push(`| ${line.map((n) => (n as number).toLocaleString("en-US")).join(" | ")} |`);
    };
    await sample(0);
    const began = performance.now();
    const long = pgbench(server.port, minutes * 60);
    const ended = once(long, "close");
    for (let i = 1; i <= SAMPLES; i++) {
      await sleep(Math.max(0, began + (i * minutes * 60_000) / SAMPLES - performance.now()));
      if (i === SAMPLES) await ended;
      await sample(Math.round(((i * minutes) / SAMPLES) * 10) / 10);
    }
    if ((await psql(server.port, balances)).trim() !== "1") throw new Error("the sums of balances differ");
    const more = once(pgbench(server.port, 60), "close");
    await sleep(10_000);
    await server.kill();
    await more;
    server = await start();
    if ((await psql(server.port, balances)).trim() !== "1") throw new Error("the sums of balances differ after kill -9");
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  report(
    "tpcb-long",
    `Transactions for ${minutes} minutes: what stays bounded`,
    [],
    [
      table.join("\n"),
      "pgbench -M prepared -s 10 -c 8 -j 2. The sums of all four tables agree at the end, and after kill -9 in the middle of a further run.",
    ],
  );
}
