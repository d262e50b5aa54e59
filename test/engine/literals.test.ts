/** Statements that share a plan through their literals, against the same statements prepared as they are. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EngineDatabase, EngineSession } from "../../src/engine/index.js";
import { Numeric } from "../../src/types/index.js";
import { openTestDatabase, openTestSession, run } from "./support.js";

let database: EngineDatabase;
let session: EngineSession;
beforeAll(async () => {
  database = await openTestDatabase();
  session = openTestSession(database);
  await run(
    session,
    "create table item (id int primary key, small int2, big int8, price numeric(8,2), ratio float8, name text, code varchar(3), made date)",
  );
});
afterAll(() => database.close());

/** Shows the first text to the cache until it decides; then the second either shares a plan or does not. */
function shares(first: string, second: string): boolean {
  session.prepareLifted(first);
  session.prepareLifted(first);
  return session.prepareLifted(second) !== undefined;
}
async function runLifted(text: string): Promise<(string | number | null)[][]> {
  const lifted = session.prepareLifted(text);
  expect(lifted, text).toBeDefined();
  const result = await session.execute(lifted!.prepared, lifted!.parameters);
  if (result.kind !== "portal") throw new Error("rows expected");
  return (await result.portal.next(0)).rows as (string | number | null)[][];
}

describe("texts that differ in literals only", () => {
  test("share a plan where literals are plain values", async () => {
    expect(
      shares(
        "insert into item (id, small, big, ratio, name) values (1, 1, 1, 0, 'a')",
        "insert into item (id, small, big, ratio, name) values (2, 2, 2, 1, 'it''s')",
      ),
    ).toBe(true);
    for (let id = 3; id < 10; id++)
      await runLifted(`insert into item (id, small, big, ratio, name) values (${id}, ${id}, ${id}, ${id}, 'n${id}')`);
    expect(shares("select name from item where id = 1", "select name from item where id = 2")).toBe(true);
    expect(await runLifted("select name from item where id = 7")).toEqual([["n7"]]);
    expect(await runLifted("select name from item where id = 700")).toEqual([]);
    expect(shares("update item set big = big + -1 where id = 3", "update item set big = big + -1 where id = 4")).toBe(true);
    await runLifted("update item set big = big + -100 where id = 5");
    expect(shares("select big from item where name = 'n5'", "select big from item where name = ''")).toBe(true);
    expect(await runLifted("select big from item where name = 'n5'")).toEqual([[-95]]);
    expect(shares("select 1 as one", "select 2 as one")).toBe(true);
    expect(await runLifted("select 5 as one")).toEqual([[5]]);
    expect(shares("select count(*) from item where id in (1, 2)", "select count(*) from item where id in (3, 4)")).toBe(true);
    expect(await runLifted("select count(*) from item where id in (3, 4)")).toEqual([[2]]);
  });

  test("share a plan where they are decimal numbers or moments", async () => {
    expect(
      shares(
        "insert into item (id, price, made) values (21, 1.50, '2020-01-01')",
        "insert into item (id, price, made) values (22, 2.25, '2020-01-02')",
      ),
    ).toBe(true);
    await runLifted("insert into item (id, price, made) values (23, 1.505, '2020-02-29')");
    expect(shares("update item set price = price - 0.25 where id = 21", "update item set price = price - 1.5 where id = 23")).toBe(true);
    await runLifted("update item set price = price - 1.50 where id = 23");
    expect(
      shares(
        "select price::text, 1.50 from item where made = date '2020-01-01'",
        "select price::text, 2.5 from item where made = date '2020-01-02'",
      ),
    ).toBe(true);
    const [[price, other] = []] = await runLifted("select price::text, 7.10 from item where made = date '2020-02-29'");
    expect([price, other]).toEqual(["0.01", new Numeric(710n, 2)]);
    await run(session, "create table moment (id int, at timestamptz)");
    expect(shares("insert into moment values (1, '2024-01-01 10:00:00+00')", "insert into moment values (2, '2024-01-01')")).toBe(true);
    expect(session.prepareLifted("insert into moment values (3, 'now')")).toBeUndefined();
    expect(shares("select id from item where ratio > 0.5", "select id from item where ratio > 1.25")).toBe(true);
  });

  test("share a plan where they are labels, intervals or lists", async () => {
    await run(session, "create type mood as enum ('sad', 'ok')");
    await run(session, "create table kept (id int, mood mood, span interval, codes int[], tags text[], days date[])");
    expect(
      shares(
        "insert into kept values (1, 'ok', '1 day', '{1,2}', '{a,\"b c\"}')",
        "insert into kept values (2, 'sad', '1 mon -1 day', '{}', '{NULL}')",
      ),
    ).toBe(true);
    await runLifted("insert into kept values (3, 'sad', '02:00', '[2:3]={7,8}', '{x}')");
    expect(session.prepareLifted("insert into kept values (4, 'glad', '1 day', '{1}', '{}')")).toBeUndefined();
    expect(shares("select id from kept where mood = 'ok'", "select id from kept where mood = 'sad'")).toBe(true);
    expect(
      shares(
        "select id, codes::text from kept where mood = 'ok' and span = '1 day'",
        "select id, codes::text from kept where mood = 'ok' and span = '2 days'",
      ),
    ).toBe(true);
    expect(await runLifted("select id, codes::text from kept where mood = 'sad' and span = '120 min'")).toEqual([[3, "[2:3]={7,8}"]]);
    expect(shares("select now() - interval '1 day'", "select now() - interval '2 days'")).toBe(true);
    // One of them may be `today`.
    expect(shares("insert into kept (days) values ('{2024-01-01}')", "insert into kept (days) values ('{2024-01-02}')")).toBe(false);
  });

  test.each([
    ["select name from item order by 1", "select name from item order by 2"],
    ["select name, id from item group by 1, 2", "select name, id from item group by 2, 1"],
    ["select id from item limit 1", "select id from item limit 2"],
    ["select id from item where made = date '2020-01-01'", "select id from item where made = date 'today'"],
    ["select id from item where made = '2020-01-01'", "select id from item where made = 'now'"],
    ["select price::numeric(4,1) from item", "select price::numeric(5,1) from item"],
    ["select 1 /* 'x' */", "select 1 /* 'y' */"],
    ["select 'abc'::varchar(2)", "select 'abd'::varchar(2)"],
    ["select 1; select 2", "select 3; select 4"],
    ["select nosuch from item where id = 1", "select nosuch from item where id = 2"],
  ])("keep their own where a literal is more than a value: %s", (first, second) => {
    expect(shares(first, second)).toBe(false);
  });

  test("a value that the place's type does not take is left to the usual way", () => {
    expect(shares("select id from item where ratio = '1.5'", "select id from item where ratio = '2.5'")).toBe(true);
    expect(session.prepareLifted("select id from item where ratio = 'abc'")).toBeUndefined();
    expect(shares("insert into item (id, code) values (11, 'abc')", "insert into item (id, code) values (12, 'abd')")).toBe(true);
    expect(session.prepareLifted("insert into item (id, code) values (12, 'abcd')")).toBeUndefined();
    expect(session.prepareLifted("insert into item (id, code) values (12, 'abc  ')")).toBeDefined();
    expect(shares("insert into item (id, price) values (11, 1.5)", "insert into item (id, price) values (12, 2.125)")).toBe(true);
    expect(session.prepareLifted("insert into item (id, price) values (12, 1234567.5)")).toBeUndefined();
  });

  test("what planning would compute from literals and fails is left to the usual way", () => {
    expect(shares("select 6 / 2 as half", "select 8 / 2 as half")).toBe(true);
    expect(session.prepareLifted("select 8 / 0 as half")).toBeUndefined();
    expect(shares("select id / 2 from item", "select id / 0 from item")).toBe(true);
    expect(shares("update item set small = 2 returning small", "update item set small = 3 returning small")).toBe(true);
    expect(session.prepareLifted("update item set small = 70000 returning small")).toBeUndefined();
    expect(shares("update item set big = 6 / 2 returning big", "update item set big = 6 / 3 returning big")).toBe(true);
    expect(session.prepareLifted("update item set big = 6 / 0 returning big")).toBeUndefined();
  });

  test("a text that was refused is looked at again when the catalog has changed", async () => {
    expect(shares("select id from later where id = 1", "select id from later where id = 2")).toBe(false);
    await run(session, "create table later (id int primary key)");
    expect(session.prepareLifted("select id from later where id = 3")).toBeDefined();
  });

  test("a changed table is seen at once", async () => {
    expect(shares("select * from item where id = 1", "select * from item where id = 2")).toBe(true);
    await run(session, "alter table item add column extra int");
    expect(session.prepareLifted("select * from item where id = 3")?.prepared.columns.at(-1)?.name).toBe("extra");
  });
});
