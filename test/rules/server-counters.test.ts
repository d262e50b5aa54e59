/** What monitoring reads: counters of the server count what happened, from a start that all threads agree on. */
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { type OrreryProcess, sleep, startOrrery } from "../support/processes.js";

describe("counters of the server", () => {
  let orrery: OrreryProcess;
  const clients: pg.Client[] = [];
  beforeAll(async () => {
    orrery = await startOrrery({ flags: ["--threads", "2"] });
    for (let i = 0; i < 2; i++) clients.push(await connectPg(orrery.port));
  });
  afterAll(async () => {
    for (const client of clients) await client.end();
    await orrery?.stop();
  });
  const row = async (sql: string, client = 0) => (await clients[client]!.query(sql)).rows[0] as Record<string, unknown>;
  const bgwriter = (client = 0) => row("select * from pg_stat_bgwriter", client);
  const wal = (client = 0) => row("select * from pg_stat_wal", client);

  test("a checkpoint counts as requested", async () => {
    const before = Number((await bgwriter()).checkpoints_req);
    await clients[0]!.query("checkpoint");
    const after = await bgwriter(1);
    expect(Number(after.checkpoints_req)).toBe(before + 1);
    expect(after.checkpoints_timed).toBe("0");
    expect(after.checkpoint_write_time).toBeNull();
  });
  test("a durable row adds its bytes to the log, and a sync", async () => {
    await clients[0]!.query("create table noted (t text)");
    const before = await wal();
    await clients[0]!.query(`insert into noted values (repeat('${"0123456789abcdef".repeat(8)}', 1000))`);
    const after = await wal(1);
    expect(Number(after.wal_bytes)).toBeGreaterThan(Number(before.wal_bytes));
    expect(Number(after.wal_sync)).toBeGreaterThan(Number(before.wal_sync));
    expect([after.wal_fpi, after.wal_records, after.wal_write_time]).toEqual(["0", null, null]);
  });
  test("the start is one moment for all threads and calls", async () => {
    const sql = `select pg_postmaster_start_time()::text as a, (select stats_reset::text from pg_stat_wal) as b,
      (select stats_reset::text from pg_stat_bgwriter) as c, (select stats_reset::text from pg_stat_archiver) as d,
      pg_postmaster_start_time() between now() - interval '1 hour' and now() as recent`;
    const first = await row(sql, 0);
    await sleep(20);
    expect(await row(sql, 1)).toEqual(first);
    expect(new Set([first.a, first.b, first.c, first.d]).size).toBe(1);
    expect(first.recent).toBe(true);
  });
  test("counters begin anew with the server", async () => {
    const { wal_bytes: written } = await wal();
    for (const client of clients.splice(0)) await client.end();
    const { folder } = orrery;
    await orrery.kill();
    orrery = await startOrrery({ folder });
    clients.push(await connectPg(orrery.port));
    expect(Number((await wal()).wal_bytes)).toBeLessThan(Number(written));
    expect(Number((await bgwriter()).checkpoints_req)).toBe(0);
  });
});
