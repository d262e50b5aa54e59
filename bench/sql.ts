/**
 * Big statements against PostgreSQL 15 with its defaults (parallel workers included), equal indexes, both warmed, rounds interleaved.
 *
 * `ORRERY_BENCH_ROWS` sets the size of the big table (1,000,000 by default; the others follow), `ORRERY_BENCH_ROUNDS` the rounds (5),
 * `ORRERY_BENCH_ONLY` a part of the names to run.
 */
import { startOrrery, startPostgres } from "../test/support/processes.js";
import { connectDrain, type DrainClient } from "./drain-client.js";
import { interleave, type Line, ratioOf, report } from "./report.js";
import { residentBytes } from "./resident.js";

const ROWS = Number(process.env.ORRERY_BENCH_ROWS ?? 1_000_000);
const ROUNDS = Number(process.env.ORRERY_BENCH_ROUNDS ?? 5);
const ONLY = process.env.ORRERY_BENCH_ONLY ?? "";
const SMALL = ROWS / 10;
const TENTH = ROWS / 10;

const load = [
  "create table big (id int primary key, k int not null, g10 int not null, g10k int not null, v int not null, f float8, t text)",
  `insert into big select g, (g::bigint * 7919 % ${SMALL})::int + 1, g % 10, (g::bigint * 31 % ${Math.max(10, ROWS / 100)})::int, (g::bigint * 2654435761 % 1000003)::int,
     (g % 1000) / 7.0, 'row ' || (g % 5000) from generate_series(1, ${ROWS}) g`,
  "create table small (id int primary key, v int not null, name text)",
  `insert into small select g, (g::bigint * 40503 % 1000)::int, 'name ' || g from generate_series(1, ${SMALL}) g`,
  "create index on big (k)",
  "create table target (id int primary key, k int, v int, t text)",
];

interface Statement {
  readonly what: string;
  readonly sql: string;
  /** The ratio that is wanted; 1 when absent. */
  readonly goal?: number;
  /** Run before and after, not measured. */
  readonly before?: string;
  readonly after?: string;
}

/** Ten thousand keys spread over the table. */
const keys = Array.from({ length: Math.min(10_000, SMALL) }, (_, i) => ((i * 7907) % SMALL) + 1).join(",");

const statements: readonly Statement[] = [
  { what: "SELECT * of 1 M rows", sql: "select * from big", goal: 2 },
  { what: "COPY TO of 1 M rows, text", sql: "copy big to stdout", goal: 2 },
  { what: "COPY TO of 1 M rows, CSV", sql: "copy big to stdout with (format csv)", goal: 2 },
  { what: "COPY TO of 1 M rows, binary", sql: "copy big to stdout with (format binary)", goal: 2 },
  { what: "hash join 1 M x 100 k, aggregated", sql: "select count(*), sum(s.v) from big b join small s on s.id = b.k" },
  { what: "hash join 1 M x 100 k, all rows", sql: "select b.id, b.v, s.name from big b join small s on s.id = b.k" },
  { what: "GROUP BY into 10 groups", sql: "select g10, count(*), sum(v), avg(v), min(f), max(f) from big group by g10" },
  { what: "GROUP BY into 10 k groups", sql: "select g10k, count(*), sum(v), avg(f) from big group by g10k" },
  { what: "GROUP BY into 1 M groups, counted", sql: "select count(*), sum(s) from (select id, sum(v) s from big group by id) x" },
  { what: "GROUP BY into 1 M groups, all rows", sql: "select id, sum(v) from big group by id" },
  { what: "ORDER BY int, counted", sql: "select count(*) from (select id, v from big order by v offset 0) x" },
  { what: "ORDER BY int, all rows", sql: "select id, v from big order by v" },
  { what: "ORDER BY text, int, counted", sql: "select count(*) from (select id, t from big order by t, id offset 0) x" },
  {
    what: "window row_number, rank, sum, counted",
    sql: `select count(*), sum(n), sum(r), sum(s) from (select row_number() over w n, rank() over w r, sum(v) over w s
      from big window w as (partition by g10k order by v)) x`,
  },
  { what: "window rank, all rows", sql: "select id, rank() over (partition by g10k order by v) from big" },
  {
    what: "correlated subquery over 100 k",
    sql: "select count(*) from small s where s.v * 1000 > (select avg(b.v) from big b where b.k = s.id)",
  },
  { what: "EXISTS over 100 k", sql: "select count(*) from small s where exists (select 1 from big b where b.k = s.id and b.v < 1000)" },
  {
    what: "recursive CTE of 1 M rows",
    sql: `with recursive r(n) as (select 1 union all select n + 1 from r where n < ${ROWS}) select count(*), sum(n) from r`,
  },
  { what: "DISTINCT of 1 M", sql: "select count(*) from (select distinct v from big) x" },
  { what: "DISTINCT text, int, all rows", sql: "select distinct t, g10 from big" },
  { what: "IN of 10 k values", sql: `select count(*), sum(v) from big where id in (${keys})` },
  { what: "IN of 10 k values, no index", sql: `select count(*), sum(v) from big where v in (${keys})` },
  { what: "UPDATE of 100 k rows", sql: `update big set v = v + 1 where id <= ${TENTH}`, before: "begin", after: "rollback" },
  { what: "UPDATE of 100 k rows, committed", sql: `update small set v = v + 1` },
  { what: "DELETE of 100 k rows", sql: `delete from big where id <= ${TENTH}`, before: "begin", after: "rollback" },
  { what: "INSERT ... SELECT of 1 M rows", sql: "insert into target select id, k, v, t from big", before: "truncate target" },
];

export async function run(): Promise<void> {
  const postgres = await startPostgres(["shared_buffers=512MB"]);
  const orrery = await startOrrery({ flags: ["--redis-port", "0"] });
  const lines: Line[] = [];
  const memory: string[] = [];
  try {
    const clients = await Promise.all([orrery.port, postgres.port].map(connectDrain));
    const [ours, theirs] = clients as [DrainClient, DrainClient];
    for (const client of clients) {
      const start = performance.now();
      for (const sql of load) await client.run(sql);
      for (const table of ["big", "small"]) await client.run(`vacuum analyze ${table}`);
      console.log(`loaded in ${Math.round(performance.now() - start)} ms`);
    }
    const base = residentMegabytes(orrery.pid);
    for (const statement of statements) {
      if (!statement.what.includes(ONLY)) continue;
      await once(ours, statement);
      await once(theirs, statement);
      const { ours: a, peer: b } = await interleave(
        ROUNDS,
        () => once(ours, statement),
        () => once(theirs, statement),
      );
      const line: Line = {
        what: statement.what,
        unit: "ms",
        ours: a,
        peer: b,
        peerName: "PostgreSQL",
        higherIsBetter: false,
        goal: statement.goal ?? 1,
      };
      lines.push(line);
      console.log(`${statement.what}: ${a.toFixed(1)} / ${b.toFixed(1)} = ${ratioOf(line).toFixed(2)}`);
      memory.push(`${residentMegabytes(orrery.pid) - base}`);
    }
    for (const client of clients) client.end();
  } finally {
    await orrery.stop();
    await postgres.stop();
  }
  const mean = Math.exp(lines.reduce((sum, line) => sum + Math.log(ratioOf(line)), 0) / lines.length);
  const notes = [
    `${ROWS.toLocaleString("en-US")} rows in the big table, ${SMALL.toLocaleString("en-US")} in the small one. Geometric mean of the ratios: ${mean.toFixed(2)}.`,
    `Resident memory after each statement, above the loaded server's, in MB: ${memory.join(", ")}.`,
  ];
  if (ONLY === "" && ROWS >= 1_000_000) report("sql", "Big statements", lines, notes);
  else console.log(notes.join("\n"));
}

/** Milliseconds of one run, rows received and counted. */
async function once(client: DrainClient, statement: Statement): Promise<number> {
  if (statement.before !== undefined) await client.run(statement.before);
  const start = performance.now();
  await client.run(statement.sql);
  const millis = performance.now() - start;
  if (statement.after !== undefined) await client.run(statement.after);
  return millis;
}

const residentMegabytes = (pid: number): number => Math.round(residentBytes(pid) / 2 ** 20);
