/** Long native pipelines run on the addon's threads: others are served, a cancel or a time limit is heard at once, a slow client costs nothing. */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectPg, requestCancel } from "../support/clients.js";
import { type OrreryProcess, sleep, startOrrery } from "../support/processes.js";

const ROWS = 1_000_000;
let orrery: OrreryProcess;
let long: pg.Client;
beforeAll(async () => {
  orrery = await startOrrery({ flags: ["--redis-port", "0"] });
  long = await connectPg(orrery.port);
  await long.query("create table big (id int primary key, v int not null, t text)");
  await long.query(
    `insert into big select g, (g::bigint * 2654435761 % 1000003)::int, 'row number ' || g % 5000 from generate_series(1, ${ROWS}) g`,
  );
}, 60_000);
afterAll(async () => {
  await long?.end();
  await orrery?.stop();
});

const sorts = [
  "select count(*) from (select id, v from big order by v offset 0) x",
  "select count(*) from (select id, t from big order by t, id offset 0) x",
  "select count(*), max(s) from (select sum(v) over (partition by v % 1000 order by id) s from big) x",
];

test("point queries of others do not wait for a sort", async () => {
  const other = await connectPg(orrery.port);
  const point = { name: "point", text: "select v from big where id = $1" };
  for (let id = 1; id < 200; id++) await other.query(point, [id]);
  const millis: number[] = [];
  let running = true;
  const sortMillis: number[] = [];
  const work = (async () => {
    for (const sql of sorts) sortMillis.push(await timeOf(sql));
    running = false;
  })();
  while (running) {
    const start = performance.now();
    const id = 1 + (millis.length % ROWS);
    const result = await other.query(point, [id]);
    expect(result.rowCount).toBe(1);
    millis.push(performance.now() - start);
  }
  await work;
  millis.sort((a, b) => a - b);
  // On one thread nobody is answered while a sort runs, however busy the machine is.
  expect(millis.length).toBeGreaterThan(100);
  expect(millis[Math.floor(millis.length * 0.99)]).toBeLessThan(Math.min(...sortMillis) / 4);
  await other.end();
});

async function timeOf(sql: string): Promise<number> {
  const start = performance.now();
  await long.query(sql);
  return performance.now() - start;
}

test("a cancel and statement_timeout end a pipeline at once", async () => {
  for (const sql of sorts) {
    // 50 ms is what the server may take; the rest is for the machine that runs the tests, which may be busy.
    const bound = Math.max(150, (await timeOf(sql)) / 2);
    // In the middle of reading, of sorting, of whatever comes after.
    for (const after of [5, 8, 11, 20, 60, 120]) {
      const running = long.query(sql).then(
        () => "finished",
        (error: pg.DatabaseError) => error.code,
      );
      await sleep(after);
      const start = performance.now();
      await requestCancel(long, orrery.port);
      const outcome = await running;
      const took = performance.now() - start;
      expect(["finished", "57014"]).toContain(outcome);
      if (outcome === "57014") expect(took).toBeLessThan(bound);
    }
    await long.query("set statement_timeout = 30");
    const start = performance.now();
    await expect(long.query(sql)).rejects.toThrow("canceling statement due to statement timeout");
    expect(performance.now() - start).toBeLessThan(bound + 50);
    await long.query("reset statement_timeout");
  }
  expect((await long.query("select count(*)::int as n from big")).rows).toEqual([{ n: ROWS }]);
});

test("an error of a value is the general plan's, wherever the pipeline runs", async () => {
  await expect(long.query("select id, 1 / (v - v) from (select id, v from big order by v offset 0) x")).rejects.toThrow("division by zero");
});

function residentMegabytes(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${orrery.pid}/status`, "utf8"))?.[1]) / 1024;
}

test("a client that does not read keeps memory flat", async () => {
  const socket = connect(orrery.port, "127.0.0.1");
  const parameters = Buffer.from("user\0postgres\0database\0postgres\0\0");
  const startup = Buffer.alloc(8);
  startup.writeInt32BE(8 + parameters.length, 0);
  startup.writeInt32BE(196608, 4);
  socket.write(Buffer.concat([startup, parameters]));
  await new Promise((resolve) => socket.once("data", resolve));
  socket.pause();
  const before = residentMegabytes();
  const text = Buffer.from("select a.* from big a union all select b.* from big b union all select c.* from big c\0");
  const query = Buffer.alloc(5);
  query[0] = 0x51;
  query.writeInt32BE(4 + text.length, 1);
  socket.write(Buffer.concat([query, text]));
  for (let i = 0; i < 10; i++) {
    await sleep(150);
    expect(residentMegabytes() - before).toBeLessThan(40);
  }
  let bytes = 0;
  socket.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  socket.resume();
  for (let last = -1; last !== bytes; ) {
    last = bytes;
    await sleep(300);
  }
  // Three times a million rows of at least 30 bytes: all came.
  expect(bytes).toBeGreaterThan(3 * ROWS * 30);
  socket.destroy();
}, 30_000);
