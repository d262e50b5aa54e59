/** Updates beside a reader that stays: what lies between its snapshot and the newest versions is taken back, and the reader can be found. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { type OrreryProcess, startOrrery } from "../support/processes.js";

let server: OrreryProcess;
beforeAll(async () => {
  server = await startOrrery();
});
afterAll(async () => {
  await server?.stop();
});

/** Megabytes that the process holds. */
const resident = (): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]) / 1024;

test.skipIf(process.platform !== "linux")("memory stays bounded while a reader stays", { timeout: 240_000 }, async () => {
  const [reader, writer] = [await connectPg(server.port), await connectPg(server.port)];
  await writer.query("create table t (k int primary key, v int, filler text)");
  await writer.query("insert into t select g, 0, repeat('x', 400) from generate_series(1, 5000) g");
  await reader.query("begin isolation level repeatable read");
  expect((await reader.query("select sum(v) as s from t")).rows).toEqual([{ s: "0" }]);
  // 400 bytes a version, some 2.3 MB each round.
  const round = () => writer.query("update t set v = v + 1, filler = md5(v::text) || repeat('y', 380)");
  for (let i = 0; i < 40; i++) await round();
  await new Promise((done) => setTimeout(done, 1000));
  const early = resident();
  for (let i = 0; i < 160; i++) await round();
  await new Promise((done) => setTimeout(done, 1000));
  // 160 rounds would be 370 MB.
  expect(resident() - early).toBeLessThan(150);

  expect((await reader.query("select sum(v) as s, count(*) filter (where filler = repeat('x', 400)) as n from t")).rows).toEqual([
    { s: "0", n: "5000" },
  ]);
  expect((await reader.query("select v from t where k = 4711")).rows).toEqual([{ v: 0 }]);
  // Who keeps old versions: the snapshot's transaction and its age, as PostgreSQL shows them.
  const pid = (reader as unknown as { processID: number }).processID;
  const { rows } = await writer.query(
    "select backend_xmin is not null as holds, xact_start < now() - interval '1 second' as old, age(backend_xmin) > 100 as many from pg_stat_activity where pid = $1",
    [pid],
  );
  expect(rows).toEqual([{ holds: true, old: true, many: true }]);
  await expect(reader.query("update t set v = -1 where k = 1")).rejects.toMatchObject({ code: "40001" });
  await reader.query("rollback");
  expect((await reader.query("select sum(v) as s from t")).rows).toEqual([{ s: String(200 * 5000) }]);
  await Promise.all([reader.end(), writer.end()]);
});
