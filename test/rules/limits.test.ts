/**
 * Limits: what PostgreSQL answers is answered, what it refuses is refused with its SQLSTATE, and nothing of it ends the server or
 * another session. Sizes are PostgreSQL 15's own limits or what its default max_stack_depth allows.
 */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg, outcomeOf } from "../support/clients.js";
import { type OrreryProcess, startOrrery } from "../support/processes.js";

let orrery: OrreryProcess;
let client: pg.Client;
let bystander: pg.Client;
beforeAll(async () => {
  orrery = await startOrrery();
  client = await connectPg(orrery.port, { raw: true });
  bystander = await connectPg(orrery.port, { raw: true });
  await bystander.query("create table one as select 1 as a");
});
afterAll(async () => {
  // Whatever happened, the server and another session live.
  expect((await bystander.query("select 1 as one")).rows).toHaveLength(1);
  await client.end();
  await bystander.end();
  await orrery.stop();
});

const times = (count: number, make: (i: number) => string, between = ","): string =>
  Array.from({ length: count }, (_, i) => make(i)).join(between);
const nested = (count: number, open: string, inner: string, close: string): string => open.repeat(count) + inner + close.repeat(count);
/** The first value of the first row, or the SQLSTATE. */
async function answer(sql: string): Promise<string | null | undefined> {
  const outcome = await outcomeOf(client, sql);
  return outcome.error?.code ?? outcome.rows?.[0]?.[0];
}

describe("nesting", () => {
  test.each<readonly [string, string, string]>([
    ["5,000 parentheses", `select ${nested(5000, "(", "7", ")")}`, "7"],
    ["5,000 NOTs", `select ${"not ".repeat(5000)}true`, "t"],
    ["1,000 CASEs", `select ${nested(1000, "case when true then ", "7", " end")}`, "7"],
    ["2,000 calls", `select ${nested(2000, "abs(", "7", ")")}`, "7"],
    ["1,000 scalar subqueries", `select ${nested(1000, "(select ", "7", ")")}`, "7"],
    ["1,000 subqueries in FROM", `select * from ${"(select * from ".repeat(1000)}(select 7 as a) t${times(1000, (i) => `) t${i}`, "")}`, "7"],
    ["5,000 branches of UNION ALL", times(5000, (i) => `select ${i}`, " union all "), "0"],
    ["500 WITH entries that read each other", `with ${times(500, (i) => `w${i} as (select ${i === 0 ? "7 as a" : `* from w${i - 1}`})`)} select * from w499`, "7"],
    ["5,000 arrays in a json value", `select '${nested(5000, "[", "", "]")}'::jsonb is null`, "f"],
    ["5,000 additions", `select ${times(5000, () => "1", "+")}`, "5000"],
    ["500 joins of subqueries", `select count(*) from ${times(500, (i) => `(select 1 as a) j${i}`, " cross join ")}`, "1"],
    ["1,500 LEFT JOINs", `select count(*) from one t0 ${times(1500, (i) => `left join one t${i + 1} on t${i + 1}.a = t0.a`, " ")}`, "1"],
    ["1,500 JOINs USING", `select count(*) from one t0 ${times(1500, (i) => `join one t${i + 1} using (a)`, " ")}`, "1"],
    ["1,500 relations and their conditions", `select count(*) from ${times(1500, (i) => `one t${i}`)} where ${times(1499, (i) => `t${i}.a = t${i + 1}.a`, " and ")}`, "1"],
    ["100,000 parentheses", `select ${nested(100_000, "(", "7", ")")}`, "54001"],
    ["100,000 arrays in a json value", `select '${nested(100_000, "[", "", "]")}'::jsonb`, "54001"],
    ["100,000 nested CASEs", `select ${nested(100_000, "case when true then ", "7", " end")}`, "54001"],
    ["100,000 nested subqueries", `select ${nested(100_000, "(select ", "7", ")")}`, "54001"],
    ["a function that calls itself", "create function calls(i int) returns int language sql as 'select 1'; create or replace function calls(i int) returns int language sql as 'select calls(i + 1)'; select calls(1)", "54001"],
  ])("%s", async (_, sql, expected) => expect(await answer(sql)).toBe(expected), 60_000); // biome-ignore format: a table
});

describe("counts and sizes", () => {
  test.each<readonly [string, string, string | undefined]>([
    ["1,600 columns", `create temp table wide (${times(1600, (i) => `c${i} int`)})`, undefined],
    ["1,601 columns", `create temp table wider (${times(1601, (i) => `c${i} int`)})`, "54011"],
    ["1,664 targets", `select ${times(1664, (i) => String(i))}`, "0"],
    ["1,665 targets", `select ${times(1665, (i) => String(i))}`, "54011"],
    ["101 arguments", `select concat(${times(101, (i) => String(i))})`, "54023"],
    ["10,000 items of IN", `select 9999 in (${times(10_000, (i) => String(i))})`, "t"],
    ["10,000 terms of AND", `select ${times(10_000, () => "true", " and ")}`, "t"],
    ["50,000 rows of VALUES", `select count(*) from (values ${times(50_000, (i) => `(${i})`)}) v`, "50000"],
    ["a literal of 16 MB", `select length('${"x".repeat(16_000_000)}')`, "16000000"],
    ["repeat beyond 1 GB", "select repeat('x', 1100000000)", "54000"],
    ["lpad beyond 1 GB", "select lpad('x', 1100000000)", "54000"],
    ["an array beyond 128 M elements", "select array_fill(1, array[200000000])", "54000"],
  ])("%s", async (_, sql, expected) => expect(await answer(sql)).toBe(expected), 60_000); // biome-ignore format: a table

  test("a literal of 100 MB", async () => {
    expect(await answer(`select length('${"x".repeat(100_000_000)}')`)).toBe("100000000");
  }, 300_000);
  test("65,535 parameters", async () => {
    const plain = new pg.Client({ host: "127.0.0.1", port: orrery.port, user: "postgres", database: "postgres" });
    await plain.connect();
    const { rows } = await plain.query(
      `select count(*)::int as n from (values ${times(65_535, (i) => `($${i + 1}::int)`)}) v`,
      new Array(65_535).fill(1),
    );
    expect(rows).toEqual([{ n: 65_535 }]);
    await plain.end();
  }, 60_000);
  test("a joined chain of 200 tables is planned in time that another session can wait", async () => {
    await client.query(times(200, (i) => `create table j${i} (a int, b int)`, ";"));
    const started = performance.now();
    expect(await answer(`select count(*) from ${times(200, (i) => (i === 0 ? "j0" : `join j${i} on j${i - 1}.a = j${i}.a`), " ")}`)).toBe(
      "0",
    );
    expect(performance.now() - started).toBeLessThan(20_000);
  }, 60_000);
  test("names are cut at 63 bytes, with a notice", async () => {
    const notices: string[] = [];
    client.on("notice", (notice) => notices.push(`${notice.code} ${notice.message}`));
    const { columns } = await outcomeOf(client, `select 1 as ${"é".repeat(40)}`);
    expect(columns?.[0]?.split(":")[0]).toBe("é".repeat(31));
    expect(notices).toEqual([`42622 identifier "${"é".repeat(40)}" will be truncated to "${"é".repeat(31)}"`]);
  });
});
