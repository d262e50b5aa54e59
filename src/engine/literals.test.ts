/** The scan for literals. What makes lifting safe, the comparison of plans, is tested with statements in test/engine. */
import { describe, expect, test } from "vitest";
import { Numeric, TypeOid } from "../types/index.js";
import { isSharedMoment, liftLiterals } from "./literals.js";

describe("literals", () => {
  test.each([
    ["select * from t where id = 17", "select * from t where id = $1", [17], "i"],
    ["INSERT INTO t VALUES (1, 'it''s', -3)", "INSERT INTO t VALUES ($1, $2, $3)", [1, "it's", -3], "isn"],
    ["update t set a = a + -5 where b = '' and c -3 = 0", "update t set a = a + $1 where b = $2 and c -$3 = $4", [-5, "", 3, 0], "nsii"],
    ["select a1, t2.b3 from s1.t2 where x = 1.5e3 and y = 7", "select a1, t2.b3 from s1.t2 where x = 1.5e3 and y = $1", [7], "i"],
    [
      "select 1.50, -0.25, .5, 7., t1.5, 1.2.3 from t",
      "select $1, $2, .5, 7., t1.5, 1.2.3 from t",
      [new Numeric(150n, 2), new Numeric(-25n, 2)],
      "dm",
    ],
    ['select "a 1" from t where x = 1234567890 or x = 5', 'select "a 1" from t where x = 1234567890 or x = $1', [5], "i"],
    ["select 1e5, 0x1f, 12", "select 1e5, 0x1f, $1", [12], "i"],
  ])("%s", (source, text, values, kinds) => {
    expect(liftLiterals(source)).toEqual({ text, values, kinds });
  });

  test("words that are moments are none that a plan shares", () => {
    const shared = ["2024-01-01", "2024-01-01T10:00:00.5Z", "10:00", "now", "today", "epoch", " now"].filter((text) =>
      isSharedMoment(TypeOid.timestamptz, text),
    );
    expect(shared).toEqual(["2024-01-01", "2024-01-01T10:00:00.5Z", "10:00"]);
    expect(isSharedMoment(TypeOid.text, "now")).toBe(true);
  });

  test.each([
    "select a from t",
    "select E'a\\n', 1",
    "select 'a\\b', 1",
    "select U&'x', 1",
    "select $1, 1",
    "select $$ 1 $$",
    "select 'open, 1",
    "create table t (a numeric(5))",
    "begin",
    "",
  ])("nothing of %s", (source) => {
    expect(liftLiterals(source)).toBeUndefined();
  });
});
