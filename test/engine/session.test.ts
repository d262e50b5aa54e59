/** Sessions over a wired engine: transactions, waits, definitions, COPY, cursors, settings. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EngineDatabase, EngineSession } from "../../src/engine/index.js";
import { openTestDatabase, openTestSession, run } from "./support.js";

let database: EngineDatabase;
let session: EngineSession;
beforeEach(async () => {
  database = await openTestDatabase();
  session = openTestSession(database);
});
afterEach(() => database.close());

const rowsOf = async (sql: string, on = session) => (await run(on, sql)).rows;
const errorOf = async (sql: string, on = session) =>
  run(on, sql).then(
    () => undefined,
    (error) => error.fields as { sqlstate: string; message: string; detail?: string; hint?: string },
  );
async function copyIn(sql: string, text: string, pieceBytes = 3, on = session) {
  const result = await on.execute(on.prepare(sql, []), []);
  if (result.kind !== "copyIn") throw new Error("not a COPY FROM");
  const data = Buffer.from(text);
  for (let at = 0; at < data.length; at += pieceBytes) await result.copy.write(data.subarray(at, at + pieceBytes));
  return (await result.copy.finish()).tag;
}

describe("transactions", () => {
  it("a block is all or nothing, definitions included", async () => {
    await run(session, "BEGIN; CREATE TABLE t(a int); INSERT INTO t VALUES (1)");
    expect(await rowsOf("SELECT a FROM t")).toEqual([["1"]]);
    const other = openTestSession(database);
    expect((await errorOf("SELECT * FROM t", other))?.sqlstate).toBe("42P01");
    await run(session, "ROLLBACK");
    expect((await errorOf("SELECT * FROM t"))?.sqlstate).toBe("42P01");
  });
  it("an error fails the block until its end; COMMIT then says ROLLBACK", async () => {
    await run(session, "CREATE TABLE t(a int); BEGIN; INSERT INTO t VALUES (1)");
    expect((await errorOf("SELECT 1/0"))?.sqlstate).toBe("22012");
    expect(await errorOf("SELECT 1")).toMatchObject({
      sqlstate: "25P02",
      message: "current transaction is aborted, commands ignored until end of transaction block",
    });
    expect(session.transactionStatus).toBe("failed");
    expect((await run(session, "COMMIT")).tag).toBe("ROLLBACK");
    expect(await rowsOf("SELECT * FROM t")).toEqual([]);
  });
  it("savepoints take rows, definitions and settings back", async () => {
    await run(
      session,
      "CREATE TABLE t(a int); BEGIN; INSERT INTO t VALUES (1); SAVEPOINT s; INSERT INTO t VALUES (2); CREATE TABLE u(); SET extra_float_digits = 0",
    );
    await errorOf("SELECT nothing");
    await run(session, "ROLLBACK TO s");
    expect(await rowsOf("SELECT a FROM t")).toEqual([["1"]]);
    expect(await rowsOf("SHOW extra_float_digits")).toEqual([["1"]]);
    await run(session, "CREATE TABLE u(); COMMIT");
    expect((await errorOf("ROLLBACK TO s"))?.sqlstate).toBe("25P01");
  });
  it("a read-only block refuses changes", async () => {
    await run(session, "CREATE TABLE t(a int); BEGIN READ ONLY");
    expect(await errorOf("INSERT INTO t VALUES (1)")).toMatchObject({
      sqlstate: "25006",
      message: "cannot execute INSERT in a read-only transaction",
    });
  });
  it("of two serializable transactions that each read what the other writes one is refused", async () => {
    await run(session, "CREATE TABLE t(id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0), (2, 0)");
    const other = openTestSession(database);
    for (const s of [session, other]) await run(s, "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(n) FROM t");
    await run(session, "UPDATE t SET n = 1 WHERE id = 1; COMMIT");
    expect(await errorOf("UPDATE t SET n = 1 WHERE id = 2", other)).toMatchObject({
      sqlstate: "40001",
      message: "could not serialize access due to read/write dependencies among transactions",
    });
  });
  it("an update waits for the row's holder and goes on from what it left", async () => {
    await run(session, "CREATE TABLE t(id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0)");
    const other = openTestSession(database);
    await run(session, "BEGIN; UPDATE t SET n = n + 1 WHERE id = 1");
    const waiting = run(other, "UPDATE t SET n = n + 10 WHERE id = 1");
    await run(session, "COMMIT");
    expect((await waiting).tag).toBe("UPDATE 1");
    expect(await rowsOf("SELECT n FROM t")).toEqual([["11"]]);
  });
  it("at repeatable read the same ends in 40001", async () => {
    await run(session, "CREATE TABLE t(id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0)");
    const other = openTestSession(database);
    await run(other, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM t");
    await run(session, "UPDATE t SET n = 1");
    expect(await errorOf("UPDATE t SET n = 2", other)).toMatchObject({
      sqlstate: "40001",
      message: "could not serialize access due to concurrent update",
    });
  });
  it("a deadlock ends one of the two", async () => {
    await run(session, "CREATE TABLE t(id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0), (2, 0)");
    const other = openTestSession(database);
    await run(session, "BEGIN; UPDATE t SET n = 1 WHERE id = 1");
    await run(other, "BEGIN; UPDATE t SET n = 2 WHERE id = 2");
    await run(session, "SET deadlock_timeout = 20");
    const waiting = errorOf("UPDATE t SET n = 1 WHERE id = 2", session);
    const going = run(other, "UPDATE t SET n = 2 WHERE id = 1");
    // Who has waited for deadlock_timeout finds it.
    expect(await waiting).toMatchObject({ sqlstate: "40P01", message: "deadlock detected" });
    expect((await going).tag).toBe("UPDATE 1");
  });
  it("a waiting statement can be cancelled, or runs out of time", async () => {
    await run(session, "CREATE TABLE t(id int PRIMARY KEY); INSERT INTO t VALUES (1); BEGIN; DELETE FROM t");
    const other = openTestSession(database);
    const waiting = errorOf("DELETE FROM t", other);
    other.cancel();
    expect(await waiting).toMatchObject({ sqlstate: "57014", message: "canceling statement due to user request" });
    await run(other, "SET lock_timeout = 10");
    expect((await errorOf("DELETE FROM t", other))?.sqlstate).toBe("55P03");
  });
  it("now() stands still in a block", async () => {
    await run(session, "BEGIN");
    const first = await rowsOf("SELECT now()");
    expect(await rowsOf("SELECT now()")).toEqual(first);
  });
});

describe("definitions", () => {
  it("names what has no name, as PostgreSQL does", async () => {
    await run(
      session,
      "CREATE TABLE t(id serial PRIMARY KEY, a int UNIQUE CHECK (a > 0), b int REFERENCES t, UNIQUE (a, b)); CREATE INDEX ON t(b); CREATE INDEX ON t(b)",
    );
    expect(await rowsOf("SELECT conname FROM pg_constraint WHERE connamespace <> 11 ORDER BY 1")).toEqual([
      ["t_a_b_key"],
      ["t_a_check"],
      ["t_a_key"],
      ["t_b_fkey"],
      ["t_pkey"],
    ]);
    expect(await rowsOf("SELECT relname FROM pg_class WHERE relnamespace <> 11 AND relkind IN ('i', 'S') ORDER BY 1")).toEqual([
      ["t_a_b_key"],
      ["t_a_key"],
      ["t_b_idx"],
      ["t_b_idx1"],
      ["t_id_seq"],
      ["t_pkey"],
    ]);
  });
  it("drops what depends only when told to, and says what", async () => {
    await run(session, "CREATE TABLE a(id int PRIMARY KEY); CREATE TABLE b(x int REFERENCES a); CREATE VIEW v AS SELECT * FROM a");
    expect(await errorOf("DROP TABLE a")).toMatchObject({
      sqlstate: "2BP01",
      message: "cannot drop table a because other objects depend on it",
      detail: "constraint b_x_fkey on table b depends on table a\nview v depends on table a",
      hint: "Use DROP ... CASCADE to drop the dependent objects too.",
    });
    const notices: string[] = [];
    session.setListener({ notice: (n) => notices.push(n.message), parameterStatus: () => {}, notification: () => {} });
    await run(session, "DROP TABLE a CASCADE");
    expect(notices).toEqual(["drop cascades to 2 other objects"]);
    await run(session, "INSERT INTO b VALUES (5)");
  });
  it("changes tables with rows in them", async () => {
    await run(session, "CREATE TABLE t(id int); INSERT INTO t VALUES (1), (2)");
    await run(
      session,
      "ALTER TABLE t ADD COLUMN d int DEFAULT 7 NOT NULL, ADD COLUMN s serial; ALTER TABLE t ALTER COLUMN id TYPE text USING 'n' || id",
    );
    expect(await rowsOf("SELECT * FROM t ORDER BY s")).toEqual([
      ["n1", "7", "1"],
      ["n2", "7", "2"],
    ]);
    await run(session, "ALTER TABLE t DROP COLUMN d; ALTER TABLE t ADD PRIMARY KEY (id)");
    expect(await rowsOf("SELECT * FROM t WHERE id = 'n2'")).toEqual([["n2", "2"]]);
    expect((await errorOf("ALTER TABLE t ADD CHECK (s > 1)"))?.message).toBe(
      'check constraint "t_s_check" of relation "t" is violated by some row',
    );
    expect((await errorOf("INSERT INTO t VALUES ('n1', 3)"))?.detail).toBe("Key (id)=(n1) already exists.");
  });
  it("two transactions cannot both make the same table", async () => {
    const other = openTestSession(database);
    await run(session, "BEGIN; CREATE TABLE t(a int)");
    const second = errorOf("CREATE TABLE t(b int)", other);
    await run(session, "COMMIT");
    expect(await second).toMatchObject({ sqlstate: "42P07", message: 'relation "t" already exists' });
  });
  it("makes a thousand tables in time that grows with their number", async () => {
    for (let i = 0; i < 1000; i++) await run(session, `CREATE TABLE t${i}(id int PRIMARY KEY, a text)`);
    expect(await rowsOf("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")).toEqual([["1000"]]);
  });
  it("truncates with what refers to it, restarting sequences when asked", async () => {
    await run(
      session,
      "CREATE TABLE a(id serial PRIMARY KEY); CREATE TABLE b(x int REFERENCES a); INSERT INTO a DEFAULT VALUES; INSERT INTO b VALUES (1)",
    );
    expect((await errorOf("TRUNCATE a"))?.detail).toBe('Table "b" references "a".');
    await run(session, "TRUNCATE a RESTART IDENTITY CASCADE; INSERT INTO a DEFAULT VALUES");
    expect(await rowsOf("SELECT id, (SELECT count(*) FROM b) FROM a")).toEqual([["1", "0"]]);
  });
});

describe("COPY", () => {
  beforeEach(() => run(session, "CREATE TABLE t(id int PRIMARY KEY, n int NOT NULL, s varchar(5))"));
  it("reads text in any pieces", async () => {
    for (const piece of [1, 2, 7, 1000]) {
      expect(await copyIn("COPY t FROM STDIN", "1\t2\ta\\tb\n2\t3\t\\N\n\\.\n", piece)).toBe("COPY 2");
      expect(await rowsOf("SELECT * FROM t ORDER BY 1")).toEqual([
        ["1", "2", "a\tb"],
        ["2", "3", null],
      ]);
      await run(session, "TRUNCATE t");
    }
  });
  it("reads CSV with header, quotes and line ends inside them", async () => {
    expect(await copyIn("COPY t(n, s, id) FROM STDIN WITH (FORMAT csv, HEADER)", 'n,s,id\n1,"a,""",5\n2,"x\ny",6\n3,,7\n')).toBe("COPY 3");
    expect(await rowsOf("SELECT * FROM t ORDER BY 1")).toEqual([
      ["5", "1", 'a,"'],
      ["6", "2", "x\ny"],
      ["7", "3", null],
    ]);
  });
  it.each([
    ["1\t2\n", "22P04", 'missing data for column "s"', 'COPY t, line 1: "1\t2"'],
    ["1\t2\tx\n2\t3\ty\tz\n", "22P04", "extra data after last expected column", 'COPY t, line 2: "2\t3\ty\tz"'],
    ["1\t2\tx\nx\t3\ty\n", "22P02", 'invalid input syntax for type integer: "x"', 'COPY t, line 2, column id: "x"'],
    ["1\t2\ttoolong\n", "22001", "value too long for type character varying(5)", 'COPY t, line 1, column s: "toolong"'],
    ["1\t\\N\tx\n", "23502", 'null value in column "n" of relation "t" violates not-null constraint', 'COPY t, line 1: "1\t\\N\tx"'],
    ["1\t2\tx\n1\t3\ty\n", "23505", 'duplicate key value violates unique constraint "t_pkey"', "COPY t, line 2"],
  ])("says where %j is wrong", async (text, sqlstate, message, where) => {
    const error = await copyIn("COPY t FROM STDIN", text).then(
      () => undefined,
      (e) => e.fields,
    );
    expect(error).toMatchObject({ sqlstate, message, where });
    expect(await rowsOf("SELECT * FROM t")).toEqual([]);
  });
  it("checks what the table checks, fills defaults", async () => {
    await run(session, "CREATE TABLE c(id serial, t int REFERENCES t, n int CHECK (n < 10))");
    await run(session, "INSERT INTO t VALUES (1, 1)");
    expect(await copyIn("COPY c(t, n) FROM STDIN", "1\t1\n1\t2\n")).toBe("COPY 2");
    expect(await rowsOf("SELECT * FROM c ORDER BY 1")).toEqual([
      ["1", "1", "1"],
      ["2", "1", "2"],
    ]);
    await expect(copyIn("COPY c(t, n) FROM STDIN", "1\t10\n")).rejects.toThrow(
      'new row for relation "c" violates check constraint "c_n_check"',
    );
    await expect(copyIn("COPY c(t, n) FROM STDIN", "2\t1\n")).rejects.toThrow('violates foreign key constraint "c_t_fkey"');
  });
  it("writes what it read", async () => {
    await copyIn("COPY t FROM STDIN", "1\t2\ta\\tb\n2\t3\t\\N\n");
    const result = await session.execute(session.prepare("COPY t TO STDOUT", []), []);
    if (result.kind !== "copyOut") throw new Error("not a COPY TO");
    let text = "";
    for (let chunk = await result.copy.next(); chunk !== null; chunk = await result.copy.next()) text += Buffer.from(chunk).toString();
    // Each row is a CopyData message.
    expect(text).toBe("d\0\0\0\x0d1\t2\ta\\tb\nd\0\0\0\x0b2\t3\t\\N\n");
    expect(result.copy.tag()).toBe("COPY 2");
  });
});

describe("the session's own statements", () => {
  it("keeps settings as PostgreSQL does", async () => {
    await run(session, "SET statement_timeout = '2s'");
    expect(await rowsOf("SHOW statement_timeout")).toEqual([["2s"]]);
    await run(session, "BEGIN; SET LOCAL timezone = 'Asia/Tokyo'; SET application_name = 'x'; COMMIT");
    expect(await rowsOf("SHOW timezone")).toEqual([["UTC"]]);
    expect(await rowsOf("SHOW application_name")).toEqual([["x"]]);
    expect(await errorOf("SET nothing = 1")).toMatchObject({
      sqlstate: "42704",
      message: 'unrecognized configuration parameter "nothing"',
    });
    expect(await errorOf("SET statement_timeout = 'x'")).toMatchObject({
      sqlstate: "22023",
      message: 'invalid value for parameter "statement_timeout": "x"',
    });
  });
  it("runs PREPARE, EXECUTE, cursors", async () => {
    await run(session, "PREPARE p(int) AS SELECT $1 + 1");
    expect(await rowsOf("EXECUTE p(41)")).toEqual([["42"]]);
    expect((await errorOf("EXECUTE q"))?.sqlstate).toBe("26000");
    await run(session, "BEGIN; DECLARE c SCROLL CURSOR FOR SELECT * FROM generate_series(1, 5)");
    expect(await rowsOf("FETCH 2 FROM c")).toEqual([["1"], ["2"]]);
    expect(await rowsOf("FETCH BACKWARD 1 FROM c")).toEqual([["1"]]);
    expect((await run(session, "FETCH ALL FROM c")).tag).toBe("FETCH 4");
    await run(session, "COMMIT");
    expect((await errorOf("FETCH c"))?.sqlstate).toBe("34000");
  });
  it("tells listeners at commit, once", async () => {
    const heard: string[] = [];
    session.setListener({
      notice: () => {},
      parameterStatus: () => {},
      notification: (_, channel, payload) => heard.push(`${channel}:${payload}`),
    });
    await run(session, "LISTEN c");
    const other = openTestSession(database);
    await run(other, "BEGIN; NOTIFY c, 'x'; NOTIFY c, 'x'; NOTIFY d");
    expect(heard).toEqual([]);
    await run(other, "COMMIT");
    expect(heard).toEqual(["c:x"]);
  });
});

describe("plans that outlive their tables' sizes", () => {
  it("a statement prepared over an empty table is planned again when the table has grown", async () => {
    await run(session, "CREATE TABLE grown(a int, b int); CREATE INDEX ON grown(a)");
    const prepared = session.prepare("SELECT count(*), sum(b) FROM grown WHERE b % 2 = $1", []);
    const count = async (): Promise<number> => {
      const result = await session.execute(prepared, [0]);
      if (result.kind !== "portal") throw new Error("a query");
      return Number((await result.portal.next(0)).rows[0]?.[0]);
    };
    expect(await count()).toBe(0);
    const first = prepared.planned.physical;
    expect(await count()).toBe(0);
    expect(prepared.planned.physical).toBe(first);
    await run(session, "INSERT INTO grown SELECT i, i FROM generate_series(1, 20000) i");
    expect(await count()).toBe(10_000);
    const second = prepared.planned.physical;
    expect(second).not.toBe(first);
    expect(
      second?.explain({ analyze: false, verbose: false, costs: false, timing: false, summary: false, format: "text" }).join("\n"),
    ).not.toBe(first?.explain({ analyze: false, verbose: false, costs: false, timing: false, summary: false, format: "text" }).join("\n"));
    expect(await count()).toBe(10_000);
    expect(prepared.planned.physical).toBe(second);
  });
});
