import { beforeAll, describe, expect, it } from "vitest";
import { DbError } from "../../src/types/index.js";
import { loadParser, parserSettled, parseStatements } from "./parse.js";

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
  it("refuses deep nesting of what the grammar accepts", () => {
    expect(failure(`select ${"f(".repeat(900)}1${")".repeat(900)}`).sqlstate).toBe("54001");
  });
});
