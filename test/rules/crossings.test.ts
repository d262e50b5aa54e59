/** Rule 3: the border is crossed once per batch or statement, never per row. Limits on crossings, counted by the addon itself. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Orrery, open } from "../../src/index.js";
import { native } from "../../src/native/index.js";

let db: Orrery;
beforeAll(async () => {
  db = await open();
  await db.query("create table items (id int primary key, name text, amount float8)");
  await db.query("insert into items select g, 'item ' || g, g * 0.5 from generate_series(1, 1000000) g");
});
afterAll(() => db?.close());

async function crossingsOf(work: () => Promise<unknown>): Promise<number> {
  const before = native.crossings();
  await work();
  return native.crossings() - before;
}

test("a prepared point SELECT crosses at most 3 times", async () => {
  const point = (id: number) => db.query("select name from items where id = $1", [id]);
  await point(1);
  expect(await crossingsOf(() => point(77))).toBeLessThanOrEqual(3);
  expect((await point(77)).rows).toEqual([{ name: "item 77" }]);
});

test("an aggregate over 1 M rows crosses at most 100 times", async () => {
  const crossings = await crossingsOf(async () => {
    const { rows } = await db.query("select count(*)::int as n, sum(amount) as total, max(id) as top from items");
    expect(rows).toEqual([{ n: 1_000_000, total: 250_000_250_000, top: 1_000_000 }]);
  });
  expect(crossings).toBeLessThanOrEqual(100);
});

test("an INSERT of 1,000 rows crosses at most 10 times", async () => {
  await db.query("create table copies (id int primary key, name text)");
  const insert = (from: number) =>
    `insert into copies values ${Array.from({ length: 1000 }, (_, i) => `(${from + i}, 'copy ${from + i}')`).join(",")}`;
  await db.query(insert(0));
  expect(await crossingsOf(() => db.query(insert(5000)))).toBeLessThanOrEqual(10);
});
