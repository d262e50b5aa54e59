/** A relation with no rows costs less than 16 KiB; 1,000 tables of 10 columns with 10 rows each less than 64 MiB in all. */
import { afterAll, expect, test } from "vitest";
import { type Orrery, open } from "../../src/index.js";

let db: Orrery;
afterAll(() => db?.close());

const columns = Array.from({ length: 10 }, (_, i) => (i === 0 ? "id int primary key" : `c${i} ${i % 2 ? "text" : "int8"}`)).join(", ");
const rows = Array.from(
  { length: 10 },
  (_, r) => `(${Array.from({ length: 10 }, (_, i) => (i === 0 ? r : i % 2 ? `'value ${r}'` : r * i)).join(",")})`,
).join(",");

test("small tables are small", async () => {
  db = await open();
  const size = async (table: string) => Number((await db.query(`select pg_total_relation_size('${table}') as n`)).rows[0]?.n);
  await db.query(`create table empty_one (${columns})`);
  expect(await size("empty_one")).toBeLessThan(16 * 1024);

  const before = process.memoryUsage.rss();
  let total = 0;
  for (let t = 0; t < 1000; t++) {
    await db.query(`create table t${t} (${columns})`);
    await db.query(`insert into t${t} values ${rows}`);
    total += await size(`t${t}`);
  }
  expect(total).toBeLessThan(64 * 2 ** 20);
  // What the process really took, plans and catalog objects in JavaScript included; generous because the collector decides when.
  expect(process.memoryUsage.rss() - before).toBeLessThan(400 * 2 ** 20);
}, 180_000);
