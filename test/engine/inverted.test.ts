/** Inverted indexes: what they find is what reading the table finds, whatever was done to the rows, and after a restart. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { EngineDatabase, EngineSession } from "../../src/engine/index.js";
import { openTestDatabase, openTestSession, run } from "./support.js";

let database: EngineDatabase | undefined;
let folder: string | undefined;
afterEach(async () => {
  await database?.close();
  database = undefined;
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
});
const session = async (at: string | null = null): Promise<EngineSession> => {
  database = await openTestDatabase(at);
  return openTestSession(database);
};
const idsOf = async (on: EngineSession, table: string, condition: string): Promise<string> =>
  (await run(on, `SELECT string_agg(id::text, ',' ORDER BY id) FROM ${table} WHERE ${condition}`)).rows[0]?.[0] ?? "";
const planOf = async (on: EngineSession, sql: string): Promise<string[]> =>
  (await run(on, `EXPLAIN (COSTS off) ${sql}`)).rows.map((row) => row[0] ?? "");

describe("an inverted index", () => {
  it("is shown as a bitmap scan with what it is asked and what is judged beside it", async () => {
    const s = await session();
    await run(s, "CREATE TABLE t(id int, j jsonb); CREATE INDEX t_j ON t USING gin (j)");
    await run(s, "INSERT INTO t SELECT g, jsonb_build_object('k', g) FROM generate_series(1, 5000) g");
    expect(await planOf(s, `SELECT id FROM t WHERE j @> '{"k": 7}' AND id > 3`)).toEqual([
      "Bitmap Heap Scan on t",
      `  Recheck Cond: (j @> '{"k": 7}'::jsonb)`,
      "  Filter: (id > 3)",
      "  ->  Bitmap Index Scan on t_j",
      `        Index Cond: (j @> '{"k": 7}'::jsonb)`,
    ]);
  });

  it("is left alone when the condition finds most of the table or says nothing", async () => {
    const s = await session();
    await run(s, "CREATE TABLE t(id int, j jsonb); CREATE INDEX t_j ON t USING gin (j)");
    await run(s, `INSERT INTO t SELECT g, '{"k": 1}' FROM generate_series(1, 5000) g`);
    const read = (sql: string) => planOf(s, sql).then((lines) => lines[0]);
    expect(await read(`SELECT id FROM t WHERE j @> '{"k": 1}'`)).toBe("Seq Scan on t");
    expect(await read("SELECT id FROM t WHERE j @> '{}'")).toBe("Seq Scan on t");
    expect(await read(`SELECT id FROM t WHERE j @> '{"k": 2}'`)).toBe("Bitmap Heap Scan on t");
  });

  it("finds what reading the table finds, for random documents, conditions and changes", async () => {
    const s = await session();
    await run(s, "CREATE TABLE bare(id int, j jsonb, a text[], n float8[])");
    await run(s, "CREATE TABLE t(LIKE bare); CREATE INDEX ON t USING gin (j, a, n); CREATE TABLE p(LIKE bare)");
    await run(
      s,
      "CREATE INDEX ON p USING gin (j jsonb_path_ops); CREATE INDEX ON p USING gin (a); CREATE INDEX ON p USING gin (n) WHERE id > 100",
    );
    const word = fc.constantFrom("a", "b", "c", 'q"', "é");
    const scalar = fc.oneof(word, fc.constantFrom(0, 1, 1.5, 10), fc.boolean(), fc.constant(null));
    const document = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 3 }, scalar, fc.array(tie("value"), { maxLength: 3 }), fc.dictionary(word, tie("value"), { maxKeys: 3 })),
    })).value;
    const step = fc.oneof(
      word.map((w) => `.${JSON.stringify(w)}`),
      fc.constantFrom("[*]", "[0]", ".*", ".**", ".type()", ".size()"),
    );
    const path = fc
      .tuple(fc.constantFrom("$", "$", "strict $"), fc.array(step, { maxLength: 3 }))
      .map(([head, steps]) => head + steps.join(""));
    const literal = scalar.map((v) => JSON.stringify(v));
    const comparison = fc
      .tuple(path, fc.constantFrom("==", "==", "!=", "<"), literal)
      .map(([p, o, l]) => `${p.replace("strict ", "")} ${o} ${l}`);
    const predicate = fc.oneof(
      comparison,
      fc.tuple(comparison, fc.constantFrom("&&", "||"), comparison).map(([a, o, b]) => `${a} ${o} ${b}`),
      comparison.map((c) => `!(${c})`),
    );
    const filter = fc.tuple(path, comparison).map(([p, c]) => `${p} ? (${c.replaceAll("$", "@")})`);
    const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
    const words = fc.array(fc.option(word), { maxLength: 3 });
    const list = (items: readonly (string | null)[]): string =>
      quoted(`{${items.map((i) => (i === null ? "NULL" : JSON.stringify(i))).join(",")}}`);
    const numbers = fc.array(fc.constantFrom("0", "-0", "1", "NaN", null), { maxLength: 3 });
    const leaf = fc.oneof(
      document.map((d) => `j @> ${quoted(JSON.stringify(d))}`),
      word.map((w) => `j ? ${quoted(w)}`),
      fc.tuple(fc.constantFrom("?|", "?&"), words).map(([o, w]) => `j ${o} ${list(w)}`),
      fc.oneof(path, filter).map((p) => `j @? ${quoted(p)}`),
      fc.oneof(predicate, path).map((p) => `j @@ ${quoted(p)}`),
      fc.tuple(fc.constantFrom("@>", "<@", "&&", "="), words).map(([o, w]) => `a ${o} ${list(w)}`),
      fc.tuple(fc.constantFrom("@>", "<@", "&&", "="), numbers).map(([o, n]) => `id > 100 AND n ${o} ${list(n)}`),
    );
    const condition = fc.oneof(
      leaf,
      fc.tuple(leaf, fc.constantFrom("AND", "OR"), leaf).map(([a, o, b]) => `(${a}) ${o} (${b})`),
    );
    const row = fc.tuple(fc.option(document, { nil: undefined }), fc.option(words), fc.option(numbers));
    let next = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 5, maxLength: 30 }),
        fc.array(condition, { minLength: 10, maxLength: 20 }),
        async (rows, conditions) => {
          const values = rows.map(([j, a, n]) => {
            const json = j === undefined ? "NULL" : quoted(JSON.stringify(j));
            return `(${next++}, ${json}::jsonb, ${a === null ? "NULL" : list(a)}, ${n === null ? "NULL" : list(n)})`;
          });
          for (const table of ["bare", "t", "p"]) {
            await run(s, `INSERT INTO ${table} VALUES ${values.join(", ")}`);
            await run(s, `UPDATE ${table} SET j = jsonb_build_array(j, 'b'), a = a || 'c'::text WHERE id % 7 = 3 AND id > ${next - 20}`);
            await run(
              s,
              `BEGIN; UPDATE ${table} SET j = '"gone"', n = '{5}' WHERE id % 3 = 1; ROLLBACK; DELETE FROM ${table} WHERE id % 11 = 5`,
            );
          }
          for (const c of conditions) {
            const expected = await idsOf(s, "bare", c);
            expect(`${c}: ${await idsOf(s, "t", c)}`).toBe(`${c}: ${expected}`);
            expect(`${c}: ${await idsOf(s, "p", c)}`).toBe(`${c}: ${expected}`);
          }
        },
      ),
      { numRuns: Number(process.env.ORRERY_INVERTED_RUNS ?? 12), seed: 7 },
    );
  });

  it("is there after a restart, from the log and from a checkpoint", async () => {
    folder = mkdtempSync(join(tmpdir(), "orrery-inverted-"));
    let s = await session(folder);
    await run(s, "CREATE TABLE t(id int, j jsonb, n numeric[]); CREATE INDEX ON t USING gin (j); CREATE INDEX ON t USING gin (n)");
    await run(s, "INSERT INTO t SELECT g, jsonb_build_object('k', g % 50), array[g % 9, 0.50] FROM generate_series(1, 2000) g");
    await run(s, "CREATE INDEX ON t USING gin ((j -> 'k'))");
    for (const step of ["log", "checkpoint", "log after a checkpoint"]) {
      if (step === "checkpoint") await run(s, "CHECKPOINT");
      if (step === "log after a checkpoint") {
        await run(s, `UPDATE t SET j = '{"k": 99}' WHERE id % 50 = 3; DELETE FROM t WHERE id % 50 = 4`);
      }
      await database?.close();
      s = await session(folder);
      const changed = step === "log after a checkpoint";
      expect((await planOf(s, `SELECT 1 FROM t WHERE j @> '{"k": 7}'`))[0]).toBe("Bitmap Heap Scan on t");
      const count = async (condition: string) => (await run(s, `SELECT count(*) FROM t WHERE ${condition}`)).rows[0]?.[0];
      expect(await count(`j @> '{"k": 7}'`)).toBe("40");
      expect(await count(`j @> '{"k": 3}'`)).toBe(changed ? "0" : "40");
      expect(await count(`j @> '{"k": 99}'`)).toBe(changed ? "40" : "0");
      expect(await count(`j @> '{"k": 4}'`)).toBe(changed ? "0" : "40");
      expect(await count("j -> 'k' @> '7'")).toBe("40");
      expect(await count("n @> '{8.0}' AND id < 100")).toBe("11");
    }
  });
});
