/** pgbench -S: one row by primary key out of 100,000, 8 clients, prepared statements (and the other two modes). */
import { startOrrery, startPostgres } from "../test/support/processes.js";
import { pgbench, psql } from "./command.js";
import { interleave, type Line, report } from "./report.js";

const load = `
create table pgbench_accounts (aid int not null primary key, bid int, abalance int, filler char(84));
insert into pgbench_accounts select g, 1, 0, '' from generate_series(1, 100000) g;
create table pgbench_branches (bid int not null primary key, bbalance int, filler char(88));
insert into pgbench_branches values (1, 0, '');
`;

export async function run(): Promise<void> {
  const postgres = await startPostgres(["shared_buffers=512MB"]);
  const orrery = await startOrrery({ flags: ["--redis-port", "0"] });
  const lines: Line[] = [];
  try {
    await psql(orrery.port, load);
    await psql(postgres.port, `${load} vacuum analyze;`);
    for (const [mode, goal] of [
      ["prepared", 0.9],
      ["extended", undefined],
      ["simple", undefined],
    ] as const) {
      const measure = (port: number) => () => pgbench(port, ["-S", "-M", mode, "-c", "8", "-j", "2", "-T", "5"]);
      const { ours, peer } = await interleave(5, measure(orrery.port), measure(postgres.port));
      lines.push({
        what: `pgbench -S -M ${mode} -c 8 -j 2`,
        unit: "transactions/s",
        ours,
        peer,
        peerName: "PostgreSQL",
        higherIsBetter: true,
        ...(goal === undefined ? {} : { goal }),
      });
    }
  } finally {
    await orrery.stop();
    await postgres.stop();
  }
  report("point-select", "Point lookups, pgbench -S", lines);
}
