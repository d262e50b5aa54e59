/** Exclusion constraints and keys that are judged late, between two sessions: conflicting rows never commit both. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EngineDatabase, EngineSession } from "../../src/engine/index.js";
import { openTestDatabase, openTestSession, run } from "./support.js";

let database: EngineDatabase;
let one: EngineSession;
let two: EngineSession;
beforeEach(async () => {
  database = await openTestDatabase();
  one = openTestSession(database);
  two = openTestSession(database);
});
afterEach(() => database.close());

const errorOf = (sql: string, on: EngineSession) =>
  run(on, sql).then(
    () => undefined,
    (error) => (error.fields as { sqlstate: string }).sqlstate,
  );
const rowsOf = async (sql: string) => (await run(one, sql)).rows;

describe("an exclusion constraint", () => {
  beforeEach(() =>
    run(one, "CREATE EXTENSION btree_gist; CREATE TABLE t(room int, r int4range, EXCLUDE USING gist (room WITH =, r WITH &&))").then(
      () => undefined,
    ),
  );
  it("waits for a transaction that wrote a conflicting row, and refuses when it commits", async () => {
    await run(one, "BEGIN; INSERT INTO t VALUES (1, '[1,5)')");
    const waiting = errorOf("INSERT INTO t VALUES (1, '[4,6)')", two);
    await run(one, "COMMIT");
    expect(await waiting).toBe("23P01");
    expect(await rowsOf("SELECT count(*) FROM t")).toEqual([["1"]]);
  });
  it("goes on when that transaction rolls back, or takes its row away", async () => {
    await run(one, "BEGIN; INSERT INTO t VALUES (1, '[1,5)')");
    const waiting = run(two, "INSERT INTO t VALUES (1, '[4,6)')");
    await run(one, "ROLLBACK");
    expect((await waiting).tag).toBe("INSERT 0 1");
    await run(one, "BEGIN; DELETE FROM t");
    const again = run(two, "INSERT INTO t VALUES (1, '[4,6)')");
    await run(one, "COMMIT");
    expect((await again).tag).toBe("INSERT 0 1");
  });
  it("does not wait for rows that do not conflict", async () => {
    await run(one, "BEGIN; INSERT INTO t VALUES (1, '[1,5)'), (2, '[1,9)')");
    expect((await run(two, "INSERT INTO t VALUES (1, '[5,6)'), (3, '[1,9)')")).tag).toBe("INSERT 0 2");
    await run(one, "COMMIT");
  });
  it("looks beyond a neighbour that may still go", async () => {
    // The neighbour of '[6,8)' is the uncommitted '[5,6)'; the one that reaches over both is behind it.
    await run(one, "INSERT INTO t VALUES (1, '[1,5)')");
    await run(one, "BEGIN; DELETE FROM t; INSERT INTO t VALUES (1, '[1,5)'), (1, '[5,6)')");
    expect((await run(two, "INSERT INTO t VALUES (1, '[6,8)')")).tag).toBe("INSERT 0 1");
    const waiting = errorOf("INSERT INTO t VALUES (1, '[4,5)')", two);
    await run(one, "COMMIT");
    expect(await waiting).toBe("23P01");
  });
  it("holds for random bookings of many sessions", async () => {
    const sessions = Array.from({ length: 4 }, () => openTestSession(database));
    let seed = 7;
    const random = (n: number) => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed % n;
    };
    const worked = await Promise.all(
      sessions.map(async (session) => {
        let count = 0;
        for (let i = 0; i < 60; i++) {
          const [from, length] = [random(200), 1 + random(12)];
          const change =
            random(4) === 0
              ? `DELETE FROM t WHERE lower(r) = ${from}`
              : `INSERT INTO t VALUES (${random(2)}, int4range(${from}, ${from + length}))`;
          if ((await errorOf(change, session)) === undefined) count++;
        }
        return count;
      }),
    );
    expect(worked.reduce((a, b) => a + b)).toBeGreaterThan(40);
    expect(await rowsOf("SELECT * FROM t a, t b WHERE a.ctid < b.ctid AND a.room = b.room AND a.r && b.r")).toEqual([]);
  });
});

describe("a deferred key", () => {
  beforeEach(() => run(one, "CREATE TABLE t(id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)").then(() => undefined));
  it("is judged at the commit, which waits for the other transaction", async () => {
    await run(one, "BEGIN; INSERT INTO t VALUES (1)");
    await run(two, "BEGIN; INSERT INTO t VALUES (1)");
    const committing = errorOf("COMMIT", two);
    expect((await run(one, "COMMIT")).tag).toBe("COMMIT");
    expect(await committing).toBe("23505");
    expect(two.transactionStatus).toBe("idle");
    expect(await rowsOf("SELECT * FROM t")).toEqual([["1"]]);
  });
  it("commits when the other transaction rolls back", async () => {
    await run(one, "BEGIN; INSERT INTO t VALUES (1)");
    await run(two, "BEGIN; INSERT INTO t VALUES (1)");
    const committing = run(two, "COMMIT");
    await run(one, "ROLLBACK");
    expect((await committing).tag).toBe("COMMIT");
  });
  it("waits in a transaction of its own too", async () => {
    await run(one, "BEGIN; INSERT INTO t VALUES (1)");
    const inserting = errorOf("INSERT INTO t VALUES (1)", two);
    await run(one, "COMMIT");
    expect(await inserting).toBe("23505");
  });
});
