import { beforeAll, describe, expect, it } from "vitest";
import { DbError } from "../../src/types/index.js";
import { loadParser, parserHeap, parserReplacements, parserSettled, parseStatements } from "./parse.js";

const failure = (sql: string): DbError => {
  try {
    for (const statement of parseStatements(sql)) void statement.tree.statement;
  } catch (error) {
    if (error instanceof DbError) return error;
    throw error;
  }
  throw new Error(`accepted: ${sql}`);
};

describe("parse", () => {
  beforeAll(loadParser);

  it("splits statements with their text and offset", () => {
    const statements = parseStatements("  select 'é;' ; \n select 2;;");
    expect(statements.map(({ text, offset }) => [text, offset])).toEqual([
      ["select 'é;'", 2],
      ["select 2", 18],
    ]);
  });
  it("finds nothing in blanks and comments", () => {
    for (const sql of ["", "  ", ";;", "-- only this", "/* or this */"]) expect(parseStatements(sql)).toEqual([]);
  });
  it("locates syntax errors by character", () => {
    expect(failure("select 'é' from where").fields).toMatchObject({
      sqlstate: "42601",
      message: 'syntax error at or near "where"',
      position: 17,
    });
    expect(failure("selec 1").fields).toMatchObject({ sqlstate: "42601", message: 'syntax error at or near "selec"', position: 1 });
    expect(failure("select (1").fields).toMatchObject({ sqlstate: "42601", message: "syntax error at end of input", position: 10 });
    expect(failure("select 'a").fields).toMatchObject({ message: 'unterminated quoted string at or near "\'a"', position: 8 });
  });
  it("refuses a NUL byte", () => {
    expect(failure("select 1\0; drop table t").sqlstate).toBe("22021");
  });
  it("survives expressions that are too deep", async () => {
    for (let i = 0; i < 60; i++) {
      expect(failure(`select ${"(".repeat(20_000)}1${")".repeat(20_000)}`).sqlstate).toBe("54001");
      expect(failure(`select ${Array(30_000).fill("1").join("+")}`).sqlstate).toBe("54001");
      await parserSettled();
    }
    expect(parseStatements("select 1")).toHaveLength(1);
  });
  it("reads texts of megabytes, with characters of every width, and gives the memory back", async () => {
    const long = "aé€😀".repeat(5_000_000 / 10);
    const before = parserHeap();
    const [first, second] = parseStatements(`select '${long}'; select 2 as "ü"`);
    expect(first?.text).toBe(`select '${long}'`);
    expect(second?.text).toBe('select 2 as "ü"');
    expect(failure(`select '${long}' from where`).fields.position).toBe(8 + (4 * 5_000_000) / 10 + 2 + 6);
    parseStatements(`select '${"x".repeat(40_000_000)}'`);
    await parserSettled();
    expect(parserHeap()).toBeLessThanOrEqual(before);
    expect(parseStatements("select 1")).toHaveLength(1);
  });
  it("keeps its instance for statements of every day", async () => {
    await parserSettled();
    const before = parserReplacements();
    for (let i = 0; i < 200; i++) {
      parseStatements(`select ${i}, ${Array(500).fill("a + 1").join()} from t`);
      failure("selec 1");
      await parserSettled();
    }
    expect(parserReplacements()).toBe(before);
  });
  it("says so when a text's tree does not fit into the grammar's memory", async () => {
    expect(failure(`insert into t values ${Array(1_500_000).fill("('some text of a row', 1, null)").join()}`).sqlstate).toBe("53200");
    await parserSettled();
    expect(parseStatements("select 1")).toHaveLength(1);
  }, 60_000);
  it("refuses deep nesting of what the grammar accepts", () => {
    expect(failure(`select ${"f(".repeat(12_000)}1${")".repeat(12_000)}`).sqlstate).toBe("54001");
  });
});
