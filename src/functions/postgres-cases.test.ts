/** Every row: function id and arguments, or a type and an input, then what PostgreSQL 15 answered (text, or `ERR sqlstate message`). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ArrayValue, type Datum, DbError, type SqlType, TypeOid } from "../types/index.js";
import { registry } from "./index.js";
import { testContext } from "./testing.js";

const rows = JSON.parse(readFileSync(new URL("./postgres-cases.json", import.meta.url), "utf8")) as string[][];

function shown(value: Datum, type: SqlType): string {
  if (value === null) return "<null>";
  if (typeof value === "boolean") return String(value);
  return type.output(value, testContext);
}
function answer(evaluate: () => string): string {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof DbError) return `ERR ${error.sqlstate} ${error.message}`;
    throw error;
  }
}
/** anyarray stands for int4[] in these cases. */
const concrete = (oid: number) => registry.typeByOid(oid === TypeOid.anyarray ? TypeOid.int4Array : oid)!;

describe("PostgreSQL's answers", () => {
  it.each(rows.map((row) => [row.slice(0, -1).join(" | "), row] as const))("%s", (_name, row) => {
    const [subject, ...args] = row.slice(0, -1) as [string, ...string[]];
    const result = answer(() => {
      if (!subject.includes("(")) {
        const type = registry.typeByName(subject)!;
        return shown(type.input(args[0]!, -1, testContext), type);
      }
      const signature = registry.functionById(subject)!;
      const types = signature.argTypes.map(concrete);
      const body = registry.scalarBody(subject, { argTypes: types.map((t) => t.oid), returnType: signature.returnType });
      const value = body(testContext, ...(types.map((t, i) => t.input(args[i]!, -1, testContext)) as never[]));
      const type =
        value instanceof ArrayValue
          ? registry.typeByOid(registry.typeByOid(value.elementType)!.arrayType)!
          : concrete(signature.returnType);
      return shown(value, type);
    });
    expect(result).toBe(row.at(-1));
  });
});
