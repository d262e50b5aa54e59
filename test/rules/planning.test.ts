/** Planning takes milliseconds in a catalog of 1,000 tables, over 1,000 columns, over 1,000 partitions, and is printed. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Orrery, open } from "../../src/index.js";

let db: Orrery;
beforeAll(async () => {
  db = await open();
  for (let t = 0; t < 1000; t++) await db.query(`create table t${t} (id int primary key, v int)`);
  await db.query(`create table wide (${Array.from({ length: 1000 }, (_, i) => `c${i} int`).join(", ")})`);
  await db.query("create table parted (id int, v int) partition by range (id)");
  for (let p = 0; p < 1000; p++)
    await db.query(`create table part${p} partition of parted for values from (${p * 10}) to (${p * 10 + 10})`);
}, 120_000);
afterAll(() => db?.close());

/** Median of EXPLAIN's time, each text new to every cache. The limits are for a machine that does other things: a quiet one needs a tenth. */
async function planningMillis(sql: (i: number) => string): Promise<number> {
  const millis: number[] = [];
  for (let i = 0; i < 9; i++) {
    const start = performance.now();
    await db.query(`explain ${sql(i)}`);
    millis.push(performance.now() - start);
  }
  return millis.sort((a, b) => a - b)[4] as number;
}

test.each([
  ["one of 1,000 tables", (i: number) => `select v from t${i * 7} where id = ${i}`, 50],
  [
    "join of 6 of 1,000 tables",
    (i: number) =>
      `select t${i}.v from t${i} join t11 using (id) join t12 using (id) join t13 using (id) join t14 using (id) join t15 using (id)`,
    100,
  ],
  ["1,000 columns", (i: number) => `select * from wide where c${i} = ${i}`, 250],
  ["1,000 partitions, one left", (i: number) => `select v from parted where id = ${i * 100}`, 50],
  ["1,000 partitions, all", (i: number) => `select count(*) from parted where v = ${i}`, 400],
] as const)("%s", async (what, sql, limit) => {
  const millis = await planningMillis(sql);
  console.log(`${what}: ${millis.toFixed(2)} ms`);
  expect(millis).toBeLessThan(limit);
});
