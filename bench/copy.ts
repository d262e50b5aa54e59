/** COPY of 1,000,000 rows (int key, int, text, float8, timestamp) into an empty table with a primary key. */

import { spawn } from "node:child_process";
import { createReadStream, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startOrrery, startPostgres, temporaryFolder } from "../test/support/processes.js";
import { psql } from "./command.js";
import { interleave, report } from "./report.js";

const ROWS = 1_000_000;

export async function run(): Promise<void> {
  const folder = temporaryFolder("bench");
  const file = join(folder, "rows.tsv");
  const parts: string[] = [];
  for (let i = 1; i <= ROWS; i++)
    parts.push(
      `${i}\t${(i * 7919) % 100_003}\tcustomer number ${i}\t${(i * 0.37).toFixed(2)}\t2024-01-${String((i % 28) + 1).padStart(2, "0")} 12:34:56\n`,
    );
  writeFileSync(file, parts.join(""));
  const postgres = await startPostgres(["shared_buffers=512MB", "max_wal_size=4GB"]);
  const orrery = await startOrrery({ flags: ["--redis-port", "0"] });
  try {
    const measure = (port: number) => async () => {
      await psql(port, "drop table if exists big; create table big (id int primary key, ref int, name text, amount float8, at timestamp)");
      const started = performance.now();
      await new Promise<void>((resolve, reject) => {
        const child = spawn(
          "psql",
          ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "-c", "copy big from stdin"],
          { stdio: ["pipe", "ignore", "inherit"] },
        );
        createReadStream(file, { highWaterMark: 1 << 20 }).pipe(child.stdin);
        child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`psql ended with code ${code}`))));
      });
      const rate = ROWS / ((performance.now() - started) / 1000);
      const count = (await psql(port, "select count(*) from big")).trim();
      if (count !== String(ROWS)) throw new Error(`COPY gave ${count} rows`);
      return rate;
    };
    const { ours, peer } = await interleave(5, measure(orrery.port), measure(postgres.port));
    report("copy", "COPY FROM STDIN", [
      {
        what: "1,000,000 rows of 5 columns, primary key",
        unit: "rows/s",
        ours,
        peer,
        peerName: "PostgreSQL",
        higherIsBetter: true,
        goal: 1,
      },
    ]);
  } finally {
    await orrery.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
