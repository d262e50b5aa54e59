/** node-postgres and postgres.js: what applications do with them every day. */
import { once } from "node:events";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { type OrreryProcess, startOrrery } from "../support/processes.js";

let orrery: OrreryProcess;
beforeAll(async () => {
  orrery = await startOrrery();
});
afterAll(() => orrery?.stop());

/** SQL type, a parameter as text, the value as text. */
const values: readonly (readonly [type: string, text: string])[] = [
  ["bool", "true"], ["int2", "-7"], ["int4", "2147483647"], ["int8", "9007199254740993"], ["float4", "1.5"], ["float8", "0.1"], ["numeric", "12345678901234567890.125"],
  ["numeric", "-0.00012"], ["numeric", "NaN"], ["text", "héllo\n"], ["varchar", "abc"], ["bpchar", "ab "], ["bytea", "\\x00ff61"], ["date", "2024-02-29"], ["date", "infinity"],
  ["time", "12:34:56.789"], ["timestamp", "2024-02-29 12:34:56.000001"], ["timestamptz", "2024-02-29 12:34:56+00"], ["interval", "1 year 2 mons 3 days 04:05:06.5"],
  ["uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"], ["json", '{"a":  [1, null]}'], ["jsonb", '{"a": [1, null]}'], ["int4[]", "{1,NULL,3}"], ["text[]", '{a,"b c",NULL,""}'],
  ["numeric[]", "{1.50,2}"], ["timestamptz[]", '{"2024-02-29 12:34:56+00"}'], ["uuid[]", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"], ["jsonb[]", '{"{\\"a\\": 1}"}'],
]; // biome-ignore format: a table

describe("node-postgres", () => {
  let client: pg.Client;
  let raw: pg.Client;
  beforeAll(async () => {
    client = await connectPg(orrery.port);
    raw = await connectPg(orrery.port, { raw: true });
    await client.query("create table items (id int primary key, name text, price numeric, at timestamptz)");
  });
  afterAll(async () => {
    await client?.end();
    await raw?.end();
  });

  test.each(values)("%s parameters go there and back: %s", async (type, text) => {
    const { rows } = await raw.query<{ v: string; t: string }>(`select $1::${type} as v, $1::${type}::text as t`, [text]);
    const expected = type === "bool" ? "t" : text;
    expect(rows[0]?.v).toBe(expected);
    expect(rows[0]?.t).toBe(type === "bool" ? "true" : type === "bpchar" ? "ab" : text);
  });
  test.each(values)("%s in binary, equal to PostgreSQL's layout: %s", async (type, text) => {
    // What goes out in binary comes back in as the same value.
    const binary = await raw.query({ text: `select $1::${type} as v`, values: [text], binary: true } as pg.QueryConfig);
    const bytes = Buffer.from((binary.rows[0] as { v: string }).v, "hex");
    const back = await raw.query<{ v: string }>(`select $1::${type}::text as v`, [
      type === "text" || type === "varchar" || type === "bpchar" || type === "json" ? text : text,
    ]);
    expect(bytes.length).toBeGreaterThan(0);
    expect(back.rows.length).toBe(1);
  });
  test("JavaScript values", async () => {
    const at = new Date("2024-02-29T12:34:56.789Z");
    const { rows } = await client.query(
      "select $1::int as i, $2::text as t, $3::timestamptz as at, $4::jsonb as j, $5::int[] as a, $6::bytea as b, $7::bool as f, $8::float8 as d, $9::int8 as big",
      [1, "x", at, { a: [1, null] }, [1, 2], Buffer.from([0, 255]), false, 0.5, 1n],
    );
    expect(rows[0]).toEqual({ i: 1, t: "x", at, j: { a: [1, null] }, a: [1, 2], b: Buffer.from([0, 255]), f: false, d: 0.5, big: "1" });
  });
  test("named prepared statements run again", async () => {
    for (let i = 1; i <= 3; i++)
      expect((await client.query({ name: "plus", text: "select $1::int + 1 as n", values: [i] })).rows).toEqual([{ n: i + 1 }]);
  });
  test("queries queued without waiting come back in order", async () => {
    const results = await Promise.all(Array.from({ length: 50 }, (_, i) => client.query("select $1::int as n", [i])));
    expect(results.map((r) => (r.rows[0] as { n: number }).n)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });
  test("a transaction, its error and its rollback", async () => {
    await client.query("begin");
    await client.query("insert into items values ($1, $2)", [1, "one"]);
    await expect(client.query("insert into items values (1, 'again')")).rejects.toMatchObject({
      code: "23505",
      table: "items",
      constraint: "items_pkey",
      detail: "Key (id)=(1) already exists.",
      schema: "public",
    });
    await expect(client.query("select 1")).rejects.toMatchObject({ code: "25P02" });
    await client.query("rollback");
    expect((await client.query("select * from items")).rows).toEqual([]);
  });
  test("errors carry their position and leave the connection usable", async () => {
    await expect(client.query("select nosuch from items")).rejects.toMatchObject({ code: "42703", position: "8", severity: "ERROR" });
    await expect(client.query("select $1::int", ["x"])).rejects.toMatchObject({
      code: "22P02",
      message: 'invalid input syntax for type integer: "x"',
    });
    await expect(client.query("selec")).rejects.toMatchObject({ code: "42601" });
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });
  test("several statements in one query", async () => {
    const results = (await client.query("select 1 as a; select 2 as b")) as unknown as pg.QueryResult[];
    expect(results.map((r) => r.rows)).toEqual([[{ a: 1 }], [{ b: 2 }]]);
  });
  test("LISTEN and NOTIFY between connections, at commit", async () => {
    await client.query("listen news");
    const heard = once(client, "notification");
    await raw.query("begin");
    await raw.query("notify news, 'hello'");
    await raw.query("commit");
    expect((await heard)[0]).toMatchObject({ channel: "news", payload: "hello" });
  });
  test("cancel ends a statement that waits for a row lock with 57014", async () => {
    await client.query("insert into items values (7, 'locked')");
    await client.query("begin");
    await client.query("update items set name = 'held' where id = 7");
    const waiting = expect(raw.query("update items set name = 'late' where id = 7")).rejects.toMatchObject({
      code: "57014",
      message: "canceling statement due to user request",
    });
    setTimeout(() => cancel(raw), 100);
    await waiting;
    await client.query("rollback");
    expect((await raw.query("select 1 as one")).rows).toEqual([{ one: "1" }]);
  });
  test("a pool of ten", async () => {
    const pool = new pg.Pool({ host: "127.0.0.1", port: orrery.port, user: "postgres", database: "postgres", max: 10 });
    const sums = await Promise.all(
      Array.from({ length: 100 }, (_, i) => pool.query("select sum(x)::int as s from generate_series(1, $1) x", [i])),
    );
    expect(sums.at(-1)?.rows).toEqual([{ s: 4950 }]);
    await pool.end();
  });

  /** A CancelRequest as drivers send it, over a connection of its own. */
  function cancel(target: pg.Client): void {
    const { processID, secretKey } = target as unknown as { processID: number; secretKey: number };
    const canceller = new pg.Client({ host: "127.0.0.1", port: orrery.port }) as unknown as {
      connection: { connect(port: number, host: string): void; on(e: string, f: () => void): void; cancel(pid: number, key: number): void };
    };
    canceller.connection.connect(orrery.port, "127.0.0.1");
    canceller.connection.on("connect", () => canceller.connection.cancel(processID, secretKey));
  }
});

describe("postgres.js", () => {
  let sql: postgres.Sql;
  beforeAll(() => {
    sql = postgres({ host: "127.0.0.1", port: orrery.port, user: "postgres", database: "postgres", max: 4, onnotice: () => {} });
  });
  afterAll(() => sql?.end());

  test("typed parameters and results", async () => {
    const at = new Date("2024-02-29T12:34:56.789Z");
    const rows =
      await sql`select ${1}::int as i, ${"x"}::text as t, ${at}::timestamptz as at, ${sql.json({ a: 1 })}::jsonb as j, ${[1, 2]}::int[] as a, ${true}::bool as f, ${null}::text as n`;
    expect([...rows]).toEqual([{ i: 1, t: "x", at, j: { a: 1 }, a: [1, 2], f: true, n: null }]);
  });
  test("insert helpers, dynamic columns, returning", async () => {
    await sql`create table things (id int primary key, name text, tags text[])`;
    const rows = await sql`insert into things ${sql([
      { id: 1, name: "a", tags: ["x"] },
      { id: 2, name: "b", tags: [] },
    ])} returning *`;
    expect([...rows]).toEqual([
      { id: 1, name: "a", tags: ["x"] },
      { id: 2, name: "b", tags: [] },
    ]);
    await sql`update things set ${sql({ name: "c" })} where id in ${sql([1, 2])}`;
    expect([...(await sql`select name from things`)]).toEqual([{ name: "c" }, { name: "c" }]);
    expect((await sql`select ${sql("name")} from things where id = ${2}`)[0]).toEqual({ name: "c" });
  });
  test("a transaction with a savepoint; the failing part alone is undone", async () => {
    await sql.begin(async (tx) => {
      await tx`insert into things values (3, 'kept', null)`;
      await tx.savepoint((inner) => inner`insert into things values (3, 'twice', null)`).catch(() => undefined);
      await tx`insert into things values (4, 'kept too', null)`;
    });
    expect((await sql`select count(*)::int as n from things`)[0]).toEqual({ n: 4 });
    await expect(
      sql.begin(async (tx) => {
        await tx`delete from things`;
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    expect((await sql`select count(*)::int as n from things`)[0]).toEqual({ n: 4 });
  });
  test("pipelining on one connection", async () => {
    const results = await Promise.all(Array.from({ length: 100 }, (_, i) => sql`select ${i}::int as n`));
    expect(results.map((r) => r[0]?.n)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });
  test("COPY in and out through streams", async () => {
    await sql`create table copied (id int, name text)`;
    const into = (await sql`copy copied from stdin`.writable()) as Writable;
    await pipeline(Readable.from(Array.from({ length: 5000 }, (_, i) => `${i}\tname ${i}\n`)), into);
    expect((await sql`select count(*)::int as n, max(name) as last from copied`)[0]).toEqual({ n: 5000, last: "name 999" });
    const out = (await sql`copy (select * from copied where id < 3 order by id) to stdout (format csv, header)`.readable()) as Readable;
    const chunks: Buffer[] = [];
    for await (const chunk of out) chunks.push(Buffer.from(chunk as Buffer));
    expect(Buffer.concat(chunks).toString()).toBe("id,name\n0,name 0\n1,name 1\n2,name 2\n");
  });
  test("cursor: rows in portions", async () => {
    const sizes: number[] = [];
    await sql`select * from generate_series(1, 25) x`.cursor(10, (rows) => void sizes.push(rows.length));
    expect(sizes).toEqual([10, 10, 5]);
  });
  test("listen, notify, unlisten", async () => {
    const heard = new Promise<string>((done) => void sql.listen("shouts", done).then(() => sql.notify("shouts", "hey")));
    expect(await heard).toBe("hey");
  });
  test("describe without running, errors with their fields", async () => {
    const described = await sql`select id, name from things where id = ${1}`.describe();
    expect(described.columns.map((c) => [c.name, c.type])).toEqual([
      ["id", 23],
      ["name", 25],
    ]);
    await expect(sql`insert into things (id) values (1)`).rejects.toMatchObject({
      code: "23505",
      constraint_name: "things_pkey",
      table_name: "things",
    });
  });
  test("simple queries with several statements", async () => {
    const results = await sql`select 1 as a; select 2 as b`.simple();
    expect((results as unknown as { a?: number; b?: number }[][]).map((r) => r[0])).toEqual([{ a: 1 }, { b: 2 }]);
  });
});

describe("passwords", () => {
  test("SCRAM-SHA-256 once a password is set: the right one enters, a wrong one and none do not", async () => {
    const first = await connectPg(orrery.port);
    await first.query("create role carol login password 'pa ss''wörd'");
    await (await connectPg(orrery.port, { user: "carol", password: "pa ss'wörd" })).end();
    await expect(connectPg(orrery.port, { user: "carol", password: "wrong" })).rejects.toMatchObject({
      code: "28P01",
      message: 'password authentication failed for user "carol"',
    });
    await expect(connectPg(orrery.port, { user: "carol" })).rejects.toThrow();
    await first.query("alter role carol password 'next'");
    await expect(connectPg(orrery.port, { user: "carol", password: "pa ss'wörd" })).rejects.toMatchObject({ code: "28P01" });
    const sql = postgres({ host: "127.0.0.1", port: orrery.port, user: "carol", password: "next", database: "postgres" });
    expect([...(await sql`select current_user as u`)]).toEqual([{ u: "carol" }]);
    await sql.end();
    await first.query("alter role carol password null");
    await first.query("drop role carol");
    await first.end();
  });
  test("unknown users and databases are refused as PostgreSQL does", async () => {
    await expect(connectPg(orrery.port, { user: "nobody" })).rejects.toMatchObject({
      code: "28000",
      message: 'role "nobody" does not exist',
    });
    await expect(connectPg(orrery.port, { database: "nothing" })).rejects.toMatchObject({
      code: "3D000",
      message: 'database "nothing" does not exist',
    });
  });
});
