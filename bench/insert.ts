/** Durable single-row INSERTs in autocommit from 16 and 64 connections. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startOrrery, startPostgres, temporaryFolder } from "../test/support/processes.js";
import { pgbench, psql } from "./command.js";
import { interleave, type Line, report } from "./report.js";

export async function run(): Promise<void> {
  const folder = temporaryFolder("bench");
  const script = join(folder, "insert.sql");
  writeFileSync(script, "insert into events (device, reading, note) values (:client_id, random() * 1000, 'a reading of a device');\n");
  const postgres = await startPostgres(["shared_buffers=512MB"]);
  const orrery = await startOrrery({ flags: ["--redis-port", "0"] });
  const lines: Line[] = [];
  try {
    for (const port of [orrery.port, postgres.port])
      await psql(port, "create table events (id bigserial primary key, device int, reading float8, note text)");
    for (const clients of [16, 64]) {
      const measure = (port: number) => () => pgbench(port, ["-M", "prepared", "-c", String(clients), "-j", "2", "-T", "4", "-f", script]);
      const { ours, peer } = await interleave(5, measure(orrery.port), measure(postgres.port));
      lines.push({
        what: `INSERT of one row, ${clients} connections`,
        unit: "commits/s",
        ours,
        peer,
        peerName: "PostgreSQL",
        higherIsBetter: true,
        ...(clients === 16 ? { goal: 1 } : {}),
      });
    }
  } finally {
    await orrery.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  report("insert", "Durable inserts", lines);
}
