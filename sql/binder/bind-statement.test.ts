/** Statements against what PostgreSQL 15 says of them: result columns with types and parameters, or the error with its position. */
import { beforeAll, describe, expect, it } from "vitest";
import type { ConstraintObject, IndexObject, TableObject } from "../../src/catalog/index.js";
import type { FrontEnd } from "../../src/engine/types.js";
import { registry } from "../../src/functions/index.js";
import type { BoundStatement, LogicalPlan } from "../../src/plan/index.js";
import { DbError, TypeOid } from "../../src/types/index.js";
import { createFrontEnd } from "../index.js";
import { fakeCatalog, fakeContext, table } from "../testing/fake-catalog.js";
import { ACCEPTED, REFUSED } from "../testing/statements.js";

const T: readonly TableObject[] = [
  table(20000, "t", {
    id: { type: TypeOid.int4, notNull: true },
    a: TypeOid.text,
    b: TypeOid.numeric,
    c: TypeOid.timestamptz,
    arr: TypeOid.int4Array,
    j: TypeOid.jsonb,
    v: { type: TypeOid.varchar, typmod: 14 },
  }),
  table(20001, "u", { id: TypeOid.int4, t_id: TypeOid.int8, name: TypeOid.text, flag: TypeOid.bool, d: TypeOid.date }),
  table(20002, "g", {
    id: { type: TypeOid.int4, identity: "always", notNull: true },
    x: { type: TypeOid.int4, defaultSql: "(1 + 2)" },
    y: { type: TypeOid.int4, generated: true, defaultSql: "(x * 2)" },
  }),
];
const INDEX: IndexObject = {
  class: "index", oid: 20010, schema: 2200, name: "t_pkey", owner: 10, table: 20000, storage: 1, method: "btree", unique: true, primary: true,
  nullsNotDistinct: false, columns: [{ attribute: 1, descending: false, nullsFirst: false }], include: [], options: {}, valid: true,
}; // biome-ignore format: one object
const KEY: ConstraintObject = {
  class: "constraint",
  oid: 20011,
  schema: 2200,
  name: "t_pkey",
  table: 20000,
  validated: true,
  kind: "primaryKey",
  index: 20010,
  attributes: [1],
};
const context = fakeContext(fakeCatalog(T, [INDEX], [KEY]));

let frontEnd: FrontEnd;
const bind = (sql: string): BoundStatement => frontEnd.bind(frontEnd.parse(sql)[0]!, context);
const describeBound = (bound: BoundStatement): string =>
  `${bound.columns.map((column) => `${column.name}:${column.type}`).join(",")}|${bound.parameterTypes.join(",")}`;
function describeError(sql: string): string {
  try {
    return `accepted: ${describeBound(bind(sql))}`;
  } catch (error) {
    if (!(error instanceof DbError)) throw error;
    const { sqlstate, message, position, hint, detail } = error.fields;
    return [sqlstate, message, `@${position ?? ""}`, hint ?? "", detail ?? ""].join("|");
  }
}
const planOf = (sql: string): LogicalPlan => {
  const { body } = bind(sql);
  if (body.kind !== "Plan") throw new Error("no plan");
  return body.plan;
};

describe("bind", () => {
  beforeAll(async () => {
    frontEnd = await createFrontEnd(registry);
  });

  it.each(ACCEPTED)("%s", (sql, expected) => expect(describeBound(bind(sql))).toBe(expected));
  it.each(REFUSED)("refuses %s", (sql, expected) => expect(describeError(sql)).toBe(expected));

  it("sorts below the projection, so that the limit comes before it", () => {
    expect(planOf("select a from t order by b limit 1")).toMatchObject({
      kind: "Project",
      input: { kind: "Limit", input: { kind: "Sort", input: { kind: "Scan" } } },
    });
  });
  it("projects first where DISTINCT needs it", () => {
    expect(planOf("select distinct a from t order by a")).toMatchObject({
      kind: "Sort",
      input: { kind: "Distinct", input: { kind: "Project" } },
    });
  });
  it("fills in defaults and leaves generated columns to the engine", () => {
    const plan = planOf("insert into g (x) overriding system value values (default)");
    expect(plan).toMatchObject({ kind: "Insert", attributes: [2, 1], source: { kind: "Values" } });
  });
  it("locks rows by their ids", () => {
    expect(planOf("select id from t for no key update skip locked")).toMatchObject({
      kind: "Project",
      input: { kind: "LockRows", strength: "noKeyUpdate", waitPolicy: "skip" },
    });
  });
  it("walks long chains without recursion", () => {
    const many = <Item>(item: Item): Item[] => Array<Item>(10_000).fill(item);
    expect(planOf(`select id from t where ${many("id = 1").join(" and ")}`).kind).toBe("Project");
    expect(planOf(`select id from t where ${many("id = 1").join(" or ")}`).kind).toBe("Project");
    expect(planOf(`select id from t where id in (${many("1").join(",")})`).kind).toBe("Project");
    expect(planOf(`insert into t (id, a) values ${many("(1, 'a')").join(",")}`).kind).toBe("Insert");
    expect(planOf(`select ${Array(4_000).fill("1").join(" + ")}`).kind).toBe("Project");
  });
});
