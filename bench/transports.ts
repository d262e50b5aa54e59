/** Short statements over both transports (native I/O threads, node:net) against PostgreSQL: pgbench's scripts, a wide lookup, durable inserts. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startOrrery, startPostgres, temporaryFolder } from "../test/support/processes.js";
import { pgbench, psql } from "./command.js";
import { type Line, median, report } from "./report.js";

const wide = `
create table wide (id int primary key, a int, b int, c bigint, d float8, e text, f text, g numeric, h date, i bool);
insert into wide select n, n, n, n, n / 7.0::float8, 'text ' || n, repeat('x', 40), n * 1.25, date '2024-01-01' + n % 1000, n % 2 = 0
  from generate_series(1, 100000) n;
create table events (id bigserial primary key, device int, reading float8, note text);
`;
const pgbenchTables = `
create table pgbench_accounts (aid int not null primary key, bid int, abalance int, filler char(84));
insert into pgbench_accounts select g, 1 + g % 10, 0, '' from generate_series(1, 100000) g;
create table pgbench_branches (bid int not null primary key, bbalance int, filler char(88));
insert into pgbench_branches select g, 0, '' from generate_series(1, 10) g;
create table pgbench_tellers (tid int not null primary key, bid int, tbalance int, filler char(84));
insert into pgbench_tellers select g, 1 + g % 10, 0, '' from generate_series(1, 100) g;
create table pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
`;

/** One measurement each in a round. */
const rounds = Number(process.env.ORRERY_BENCH_ROUNDS ?? 3);
const seconds = process.env.ORRERY_BENCH_SECONDS ?? "4";

export async function run(): Promise<void> {
  const folder = temporaryFolder("bench");
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const lookup = file("wide.sql", "\\set id random(1, 100000)\nselect * from wide where id = :id;\n");
  const insert = file(
    "insert.sql",
    "\\set reading random(0, 1000000)\ninsert into events (device, reading, note) values (:client_id, :reading, 'a reading of a device');\n",
  );
  const postgres = await startPostgres(["shared_buffers=512MB"]);
  const native = await startOrrery({ flags: ["--redis-port", "0", "--transport", "native"] });
  const node = await startOrrery({ flags: ["--redis-port", "0", "--transport", "node"] });
  const lines: Line[] = [];
  try {
    for (const { port } of [native, node, postgres]) await psql(port, `${pgbenchTables}${wide}`);
    await psql(postgres.port, "vacuum analyze");
    const measure = async (what: string, goal: number, args: readonly string[]) => {
      const runs = [native, node, postgres].map(({ port }) => ({ port, figures: [] as number[] }));
      for (let round = 0; round < rounds; round++)
        for (const { port, figures } of round % 2 === 0 ? runs : [...runs].reverse())
          figures.push(await pgbench(port, [...args, "-j", "2", "-T", seconds]));
      const [ours, alternative, peer] = runs.map(({ figures }) => median(figures)) as [number, number, number];
      const line = { unit: "transactions/s", peer, peerName: "PostgreSQL", higherIsBetter: true };
      lines.push({ what: `${what}, native`, ours, goal, ...line }, { what: `${what}, node`, ours: alternative, ...line });
    };
    for (const clients of ["8", "64"]) {
      for (const [mode, goal] of [
        ["prepared", 1.5],
        ["simple", 1.3],
        ["extended", 1.2],
      ] as const)
        await measure(`pgbench -S -M ${mode} -c ${clients}`, goal, ["-S", "-M", mode, "-c", clients]);
    }
    await measure("10 columns by key, prepared, -c 8", 1.5, ["-M", "prepared", "-c", "8", "-f", lookup]);
    await measure("pgbench -N, prepared, -c 8", 1.5, ["-N", "-M", "prepared", "-c", "8"]);
    await measure("TPC-B-like, prepared, -c 8", 1.5, ["-M", "prepared", "-c", "8"]);
    for (const clients of ["16", "64"])
      await measure(`durable INSERT of one row, -c ${clients}`, 2, ["-M", "prepared", "-c", clients, "-f", insert]);
  } finally {
    await native.stop();
    await node.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  report("transports", "Short statements on both transports", lines);
}
