import { describe, expect, test } from "vitest";
import { stepsOf } from "./script.js";

const texts = (script: string) => stepsOf(script).map((step) => step.text);

describe("statements of a script", () => {
  test.each<[string, string, string[]]>([
    ["semicolons cut", "select 1; select 2;", ["select 1", "select 2"]],
    ["the last one needs none", "select 1;\nselect 2\n", ["select 1", "select 2\n"]],
    ["quotes hide semicolons", `select ';', ";", 'it''s;', e'\\';';select 2`, [`select ';', ";", 'it''s;', e'\\';'`, "select 2"]],
    ["a backslash is a character in a plain string", "select '\\'; select 2", ["select '\\'", "select 2"]],
    ["dollar quotes", "select $$;$$, $a$ $$; $a$; select $1", ["select $$;$$, $a$ $$; $a$", "select $1"]],
    ["comments", "-- a;\nselect /* ; /* ; */ */ 1 -- ;\n; /* x */ select 2", ["select /* ; /* ; */ */ 1 -- ;\n", "select 2"]],
    ["parentheses", "create rule r as on insert to t do (select 1; select 2); select 3", [
      "create rule r as on insert to t do (select 1; select 2)",
      "select 3",
    ]],
    ["atomic bodies", "create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3", [
      "create function f() returns int begin atomic select case when true then 1 end; select 2; end",
      "select 3",
    ]],
  ])("%s", (_, script, expected) => expect(texts(script)).toEqual(expected)); // biome-ignore format: a table

  test("notes and data belong to their statement", () => {
    const steps = stepsOf(
      "-- unordered\nselect 1;\n-- differs: because\nselect 2;\ncopy t from stdin;\n1\ta;b\n\\.\ncopy t from stdin;\n\\.\nselect 3;",
    );
    expect(steps).toEqual([
      { line: 2, text: "select 1", unordered: true },
      { line: 4, text: "select 2", unordered: false, differs: "because" },
      { line: 5, text: "copy t from stdin", unordered: false, copyData: "1\ta;b\n" },
      { line: 8, text: "copy t from stdin", unordered: false, copyData: "" },
      { line: 10, text: "select 3", unordered: false },
    ]);
  });
});
