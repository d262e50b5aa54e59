/** One long change of rows does not keep the other sessions of its thread waiting: counted in turns, not in time. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EngineDatabase, EngineSession } from "../../src/engine/index.js";
import { openTestDatabase, openTestSession, run } from "./support.js";

let database: EngineDatabase;
let long: EngineSession;
let short: EngineSession;
beforeAll(async () => {
  database = await openTestDatabase();
  [long, short] = [openTestSession(database), openTestSession(database)];
  await run(long, "create table t (k int primary key, v int, w int)");
  await run(long, "insert into t select g, 0, 0 from generate_series(1, 100000) g");
  await run(long, "create table u (k int primary key, v int, w int); insert into u select * from t");
  await run(long, "create table w (k int primary key, v int); insert into w select g, 0 from generate_series(1, 50000) g");
  await run(long, "create table p (k int primary key, v int, w int) partition by range (k)");
  await run(long, "create table p1 partition of p for values from (0) to (25001)");
  await run(long, "create table p2 partition of p for values from (25001) to (200000)");
  await run(long, "create table parent (k int, v int, w int); create table child () inherits (parent)");
  await run(long, "insert into parent select g, 0, 0 from generate_series(1, 25000) g");
  await run(long, "insert into child select g, 0, 0 from generate_series(1, 25000) g");
  await run(long, "create table f (k int primary key, v int); insert into f select g, 0 from generate_series(1, 50000) g");
});
afterAll(() => database.close());

/** How many statements the other session ran meanwhile, each with what it saw. */
async function meanwhile(sql: string, look: string): Promise<{ readonly turns: number; readonly seen: ReadonlySet<string> }> {
  let over = false;
  const running = run(long, sql).finally(() => {
    over = true;
  });
  const seen = new Set<string>();
  let turns = 0;
  while (!over) {
    const answer = (await run(short, look)).rows[0]?.[0] as string;
    if (!over) {
      turns++;
      seen.add(answer);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await running;
  return { turns, seen };
}

const changes: readonly (readonly [string, string, string])[] = [
  ["UPDATE", "update t set v = v + 1", "select v from t where k = 100000"],
  ["UPDATE with RETURNING", "update t set v = v + 1 returning k", "select v from t where k = 100000"],
  [
    "INSERT of rows",
    "insert into t select g, v, w from t, generate_series(k + 100000, k + 100000) g",
    "select count(*) from t where k = 150000",
  ],
  ["DELETE with RETURNING", "delete from t where k > 100000 returning *", "select count(*) from t where k = 150000"],
  [
    "INSERT … ON CONFLICT DO UPDATE",
    "insert into u select g, 0, 0 from generate_series(75001, 125000) g on conflict (k) do update set v = u.v + 1",
    "select v from u where k = 100000",
  ],
  [
    "MERGE",
    "merge into u using generate_series(1, 50000) g on u.k = g when matched and g > 40000 then delete when matched then update set v = v + 1",
    "select v from u where k = 1",
  ],
  ["INSERT into partitions", "insert into p select g, 0, 0 from generate_series(1, 50000) g", "select count(*) from p"],
  ["UPDATE in partitions", "update p set v = v + 1", "select v from p where k = 50000"],
  ["UPDATE that moves rows to another partition", "update p set k = 50001 - k, v = v + 1", "select v from p where k = 1"],
  [
    "INSERT … ON CONFLICT into partitions",
    "insert into p select g, 0, 0 from generate_series(1, 50000) g on conflict (k) do update set v = p.v + 1",
    "select v from p where k = 50000",
  ],
  [
    "MERGE into partitions",
    "merge into p using generate_series(1, 50000) g on p.k = g when matched and g > 40000 then delete when matched then update set v = v + 1",
    "select v from p where k = 1",
  ],
  ["DELETE from partitions", "delete from p where k > 100", "select count(*) from p"],
  ["UPDATE of a table and what inherits from it", "update parent set v = v + 1", "select sum(v) from parent where k = 7"],
  ["DELETE from a table and what inherits from it", "delete from parent where k > 7", "select count(*) from parent"],
];
test.each(changes)("%s gives others their turn, and shows them nothing before its end", async (_name, sql, look) => {
  const before = (await run(short, look)).rows[0]?.[0];
  const { turns, seen } = await meanwhile(sql, look);
  expect(turns).toBeGreaterThan(2);
  expect([...seen]).toEqual([before]);
  expect((await run(short, look)).rows[0]?.[0]).not.toBe(before);
});

test.each([
  ["ALTER TABLE … TYPE", "alter table w alter column v type text using regexp_replace('abc' || v, '([a-z])+', '\\1')"],
  ["CREATE INDEX over an expression", "create index on w ((regexp_replace(v, '([a-z])+', '\\1')))"],
])("%s gives others their turn", async (_name, sql) => {
  const { turns, seen } = await meanwhile(sql, "select v from t where k = 1");
  expect(turns).toBeGreaterThan(2);
  expect(seen.size).toBe(1);
  expect((await run(short, "select count(*) from w where v = 'c0'")).rows).toEqual([["50000"]]);
});

/** Tables that refer to f, each with its rows; those of `late` are judged at the commit. */
const references: readonly (readonly [string, string, string, string])[] = [
  ["foreign keys of rows that were inserted", "references f", "insert into r select g, g from generate_series(1, 50000) g", ""],
  ["of rows that are judged late", "references f initially deferred", "insert into r select g, g from generate_series(1, 50000) g", ""],
  ["ON DELETE CASCADE", "references f on delete cascade", "delete from f", "insert into r select g, g from generate_series(1, 50000) g"],
  [
    "ON UPDATE CASCADE",
    "references f on update cascade",
    "update f set k = -k where k > 0",
    "insert into r select g, g from generate_series(1, 50000) g",
  ],
  ["ON DELETE SET NULL", "references f on delete set null", "delete from f", "insert into r select g, g from generate_series(1, 50000) g"],
  ["NO ACTION", "references f", "delete from f where k > 10", "insert into r select g, g % 10 + 1 from generate_series(1, 50000) g"],
  ["late unique keys", "unique deferrable initially deferred", "insert into r select g, g from generate_series(1, 50000) g", ""],
];
test.each(references)("%s give others their turn, also where they are judged", async (_name, constraint, sql, before) => {
  await run(long, `drop table if exists r; truncate f; insert into f select g, 0 from generate_series(1, 50000) g`);
  await run(long, `create table r (id int, k int ${constraint}); create index on r (k)`);
  if (before !== "") await run(long, before);
  const plain = await turnsOf("begin; update f set v = v + 1; rollback");
  const { turns } = await meanwhile(sql, "select v from t where k = 1");
  expect(turns).toBeGreaterThan(plain / 4);
  expect(turns).toBeGreaterThan(3);
});
const turnsOf = async (sql: string): Promise<number> => (await meanwhile(sql, "select v from t where k = 1")).turns;

test("a change that is cancelled between two steps leaves nothing", async () => {
  const before = (await run(short, "select sum(v) from t")).rows;
  const running = run(long, "update t set v = v + 1").then(
    () => "finished",
    (error) => error.fields.sqlstate,
  );
  await new Promise((resolve) => setImmediate(resolve));
  long.cancel();
  expect(await running).toBe("57014");
  expect((await run(short, "select sum(v) from t")).rows).toEqual(before);
  expect((await run(short, "update t set v = v where k = 1")).tag).toBe("UPDATE 1");
});

test("two long changes of the same rows meet: the second waits and counts on from the first", async () => {
  const before = Number((await run(short, "select v from t where k = 1")).rows[0]?.[0]);
  const both = await Promise.all([run(long, "update t set v = v + 1"), run(short, "update t set v = v + 1")]);
  expect(both.map((answer) => answer.tag)).toEqual(["UPDATE 100000", "UPDATE 100000"]);
  expect((await run(short, "select distinct v from t")).rows).toEqual([[String(before + 2)]]);
});

test("the second of two long changes of the same rows in blocks is the victim of a deadlock when they come from both ends", async () => {
  await run(long, "begin; update t set w = 1 where k = 100000");
  await run(short, "begin; update t set w = 2 where k = 1");
  const outcomes = await Promise.allSettled([run(long, "update t set w = 1"), run(short, "update t set w = 2")]);
  expect(outcomes.map((o) => (o.status === "fulfilled" ? o.value.tag : o.reason.fields.sqlstate)).sort()).toEqual([
    "40P01",
    "UPDATE 100000",
  ]);
  await run(long, "rollback");
  await run(short, "rollback");
});
