/** pgbench's TPC-B-like transaction, scale 10, 8 clients; the sums of balances are right after it. */
import { startOrrery, startPostgres } from "../test/support/processes.js";
import { output, pgbench, psql } from "./command.js";
import { interleave, type Line, report } from "./report.js";

const initialize = (port: number): Promise<string> =>
  output("/usr/lib/postgresql/15/bin/pgbench", [
    "-i",
    "-q",
    "-s",
    "10",
    "-h",
    "127.0.0.1",
    "-p",
    String(port),
    "-U",
    "postgres",
    "postgres",
  ]);

/** Tellers, branches, accounts and history add up to the same. */
export const balances =
  "select count(distinct s) from (select sum(abalance) s from pgbench_accounts union all select sum(tbalance) from pgbench_tellers union all select sum(bbalance) from pgbench_branches union all select sum(delta) from pgbench_history) t";

export async function run(): Promise<void> {
  const postgres = await startPostgres(["shared_buffers=512MB", "max_wal_size=4GB"]);
  const orrery = await startOrrery({ flags: ["--redis-port", "0"] });
  const lines: Line[] = [];
  try {
    await initialize(orrery.port);
    await initialize(postgres.port);
    for (const [mode, goal] of [
      ["prepared", 1.5],
      ["simple", undefined],
    ] as const) {
      const measure = (port: number) => () => pgbench(port, ["-M", mode, "-c", "8", "-j", "2", "-T", "10"]);
      const { ours, peer } = await interleave(3, measure(orrery.port), measure(postgres.port));
      lines.push({
        what: `pgbench -M ${mode} -s 10 -c 8 -j 2`,
        unit: "transactions/s",
        ours,
        peer,
        peerName: "PostgreSQL",
        higherIsBetter: true,
        ...(goal === undefined ? {} : { goal }),
      });
    }
    for (const port of [orrery.port, postgres.port])
      if ((await psql(port, balances)).trim() !== "1") throw new Error("the sums of balances differ");
  } finally {
    await orrery.stop();
    await postgres.stop();
  }
  report("tpcb", "Transactions, pgbench TPC-B", lines, ["After it the sums of all four tables agree, on both sides."]);
}
