import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Orrery, open } from "../index.js";

/** Keys of many shards, some of them not UTF-8, and what a byte-wise sort of their texts gives. */
const keys: Buffer[] = [];
for (let i = 0; i < 3000; i++) keys.push(Buffer.from(`${["user", "order", "é", "日本", "𝄞", "{tag}"][i % 6]}:${(i * 7919) % 3000}`));
for (let i = 0; i < 40; i++) keys.push(Buffer.from([0x75, 0xc3, 0x28 + i]), Buffer.from([0xff, i]), Buffer.from([0xed, 0xa0, 0x80, i]));
const text = (b: Buffer) => b.toString();
const order = (a: Buffer, b: Buffer) => Buffer.compare(Buffer.from(text(a)), Buffer.from(text(b))) || Buffer.compare(a, b);

const queries = [
  "select key from redis.keys order by key",
  "select key from redis.keys order by key desc",
  "select key from redis.keys where key like 'user:1%' order by key",
  "select key from redis.keys where key >= 'order:2' and key < 'user:3' order by key desc limit 700",
  "select key from redis.keys where key > '日' order by key limit 5",
  "select key from redis.keys where starts_with(key, 'é:9')",
  "select key from redis.keys where key like '%:17'",
  "select key from redis.keys where key like 'user\\:2_%' and key > 'user:25'",
  "select key from redis.keys where key < null",
  "select key, value from redis.strings where 'order:5' <= key and key like 'order:5%' order by key, value",
  "select key, field, value from redis.hashes where key like 'h%' order by key",
  "select count(*) from redis.keys where key >= '\ufffd'",
  "select key from redis.keys order by key offset 2990",
];

describe("ordered keys", () => {
  let db: Orrery;
  beforeAll(async () => {
    db = await open();
    for (const [i, key] of keys.entries()) await db.redis("SET", key, String(i));
    for (let i = 0; i < 30; i++) await db.redis("HSET", `h${i % 3}`, `f${i}`, String(i));
  });
  afterAll(() => db.close());
  const all = async (sql: string) => (await db.query(sql)).rows;

  it("gives the rows of a full scan, whole and in the order asked for", async () => {
    const off = [];
    for (const sql of queries) off.push(await all(sql));
    await db.query("select redis.set('user:0', '0')");
    await db.redis("CONFIG", "SET", "ordered-keys", "yes");
    const sorted = (rows: readonly object[]) => rows.map((r) => JSON.stringify(r)).sort();
    for (const [i, sql] of queries.entries()) {
      const on = await all(sql);
      if (sql.includes("order by") && !sql.includes("redis.hashes"))
        expect(
          on.map((r) => JSON.stringify(r)),
          sql,
        ).toEqual(off[i]?.map((r) => JSON.stringify(r)));
      else expect(sorted(on), sql).toEqual(sorted(off[i] ?? []));
    }
    expect((await all(queries[0] as string)).map((r) => (r as { key: string }).key)).toEqual(
      [...keys, Buffer.from("h0"), Buffer.from("h1"), Buffer.from("h2")].sort(order).map(text),
    );
  });

  it("EXPLAIN says so, and plans follow the option", async () => {
    const explain = async (sql: string) => (await all(`explain (costs off) ${sql}`)).map((r) => Object.values(r)[0]);
    const sql = "select key from redis.keys where key like 'user:1%' order by key desc limit 3";
    expect(await explain(sql)).toEqual([
      "Limit",
      "  ->  Filter",
      "        Filter: (key ~~ 'user:1%'::text)",
      "        ->  Index Scan Backward using ordered_keys on keys",
      "              Index Cond: (key ~~ 'user:1%'::text)",
    ]);
    await db.redis("CONFIG", "SET", "ordered-keys", "no");
    expect((await explain(sql)).join("\n")).toContain("Seq Scan on keys");
    await db.redis("CONFIG", "SET", "ordered-keys", "yes");
    expect((await explain(sql)).join("\n")).toContain("ordered_keys");
  });

  it("follows every way a key comes and goes", async () => {
    const some = async () =>
      (await all("select key from redis.keys where key like 'z:%' order by key")).map((r) => (r as { key: string }).key);
    await db.redis("MSET", "z:3", "1", "z:1", "1", "z:2", "1");
    expect(await some()).toEqual(["z:1", "z:2", "z:3"]);
    await db.redis("RENAME", "z:1", "z:9");
    await db.redis("COPY", "z:9", "z:4");
    await db.redis("DEL", "z:2");
    await db.redis("PEXPIREAT", "z:3", "1");
    await db.redis("LPUSH", "z:5", "a");
    await db.redis("LPOP", "z:5");
    expect(await some()).toEqual(["z:4", "z:9"]);
    await db.redis("SWAPDB", "0", "1");
    expect(await some()).toEqual([]);
    await db.redis("SET", "z:0", "1");
    await db.redis("SWAPDB", "0", "1");
    expect(await some()).toEqual(["z:4", "z:9"]);
    await db.transaction(async (tx) => {
      await tx.query("select redis.set('z:5', 'x'), redis.del('z:9')");
      const inside = await tx.query("select key from redis.keys where key like 'z:%' order by key desc");
      expect(inside.rows.map((r) => (r as { key: string }).key)).toEqual(["z:5", "z:4"]);
    });
    expect(await some()).toEqual(["z:4", "z:5"]);
    await db.redis("FLUSHALL");
    expect(await some()).toEqual([]);
  });
});
