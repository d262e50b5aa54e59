/** pg_stat_progress_*: what another session sees of long work while it goes on, and that nothing is left of it after. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connectPg } from "../support/clients.js";
import { hasPostgres, type OrreryProcess, sleep, startOrrery } from "../support/processes.js";

let server: OrreryProcess;
let worker: pg.Client;
let watcher: pg.Client;
beforeAll(async () => {
  server = await startOrrery({ flags: ["--redis-port", "0", "--threads", "2"] });
  worker = await connectPg(server.port);
  watcher = await connectPg(server.port);
  await worker.query("create extension vector; create table items (id int primary key, v vector(64))");
});
afterAll(async () => {
  await worker?.end();
  await watcher?.end();
  await server?.stop();
});
async function seen(view: string, until: (row: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
  for (;;) {
    const { rows } = await watcher.query(`select *, relid::regclass::text as relation from pg_stat_progress_${view}`);
    const found = rows.find(until);
    if (found !== undefined) return found;
    await sleep(2);
  }
}

/** COPY FROM STDIN whose data comes when the test says so. */
function copying(statement: string) {
  const psql = spawn("psql", ["-X", "-q", "-h", "127.0.0.1", "-p", String(server.port), "-U", "postgres", "-c", statement, "postgres"], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  const ended = once(psql, "close");
  return {
    send: (text: string) => psql.stdin.write(text),
    end: async (): Promise<number> => {
      psql.stdin.end();
      return (await ended)[0];
    },
  };
}

it.skipIf(!hasPostgres)("COPY FROM: bytes and rows, those that WHERE leaves out too", async () => {
  const lines = (from: number) => Array.from({ length: 100_000 }, (_, i) => `${from + i}\n`).join("");
  const first = lines(0);
  const copy = copying("copy items (id) from stdin where id % 2 = 0");
  copy.send(first);
  const half = await seen("copy", (row) => Number(row.tuples_processed) > 0);
  expect(half).toMatchObject({ relation: "items", datname: "postgres", command: "COPY FROM", type: "PIPE", bytes_total: "0" });
  expect(Number(half.bytes_processed)).toBeLessThanOrEqual(first.length);
  expect(Number(half.tuples_excluded)).toBeGreaterThan(0);
  copy.send(lines(100_000));
  expect(await copy.end()).toBe(0);
  expect((await watcher.query("select count(*)::int from items")).rows).toEqual([{ count: 100_000 }]);
  expect((await watcher.query("select * from pg_stat_progress_copy")).rows).toEqual([]);
});

it.skipIf(!hasPostgres)("COPY FROM that fails leaves nothing", async () => {
  const copy = copying("copy items (id) from stdin");
  copy.send("no number\n");
  expect(await copy.end()).not.toBe(0);
  expect((await watcher.query("select * from pg_stat_progress_copy")).rows).toEqual([]);
});

it("CREATE INDEX over vectors: rows of the graph, and the command", async () => {
  await worker.query("truncate items");
  await worker.query(
    "insert into items select id, array(select random() from generate_series(id, id + 63))::vector from generate_series(1, 6000) id",
  );
  const { count } = (await worker.query("select count(*)::int as count from items")).rows[0];
  const done = worker.query("create index items_v on items using hnsw (v vector_l2_ops) with (ef_construction = 200)");
  const first = await seen("create_index", (row) => Number(row.tuples_done) > 0);
  expect(first).toMatchObject({ relation: "items", command: "CREATE INDEX", tuples_total: String(count) });
  const later = await seen("create_index", (row) => Number(row.tuples_done) > Number(first.tuples_done));
  expect(Number(later.tuples_done)).toBeLessThanOrEqual(count);
  await done;
  const [index] = (await worker.query("select 'items_v'::regclass::oid::int as oid")).rows;
  expect(Number(first.index_relid)).toBe(index.oid);
  expect((await watcher.query("select * from pg_stat_progress_create_index")).rows).toEqual([]);
});
