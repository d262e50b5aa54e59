import { beforeEach, describe, expect, it } from "vitest";
import type { TableObject } from "../catalog/index.js";
import { constant, Harness, newColumn, op, or, parameter, ref } from "../execution/testing/harness.js";
import type { AggregateCall, Expression, LogicalPlan, PlanColumn } from "../plan/index.js";
import { DbError, TypeOid } from "../types/index.js";
import { planStatement } from "./plan-statement.js";

const int = (v: number | null): Expression => constant(v, TypeOid.int4);
const text = (v: string): Expression => constant(v, TypeOid.text);

let h: Harness;
let people: TableObject;
let orders: TableObject;

beforeEach(() => {
  h = new Harness(planStatement);
  people = h.table("people", [
    { name: "id", type: TypeOid.int4, notNull: true },
    { name: "name", type: TypeOid.text },
    { name: "age", type: TypeOid.int4 },
  ]);
  h.index(people, "people_pkey", [1], { unique: true });
  orders = h.table("orders", [
    { name: "id", type: TypeOid.int4 },
    { name: "person", type: TypeOid.int4 },
    { name: "total", type: TypeOid.int8 },
  ]);
  h.index(orders, "orders_person_idx", [2]);
  h.insert(people, [
    [1, "ann", 30],
    [2, "bob", null],
    [3, "cyd", 25],
    [4, "dan", 30],
  ]);
  h.insert(orders, [
    [10, 1, 100],
    [11, 1, 9007199254740993n],
    [12, 3, 5],
    [13, null, 7],
  ]);
});

function filter(input: LogicalPlan, predicate: Expression): LogicalPlan {
  return { kind: "Filter", input, predicate, columns: input.columns };
}
function project(input: LogicalPlan, expressions: readonly Expression[]): LogicalPlan {
  return { kind: "Project", input, expressions, columns: expressions.map((e, i) => newColumn(`c${i}`, e.type)) };
}
const column = (plan: LogicalPlan, name: string): Expression => ref(plan.columns.find((c) => c.name === name) as PlanColumn);

describe("scans", () => {
  it("reads a table with a filter of three-valued logic", () => {
    const scan = h.scan(people);
    expect(h.run(filter(scan, op(column(scan, "age"), ">", int(26))))).toEqual([
      [1, "ann", 30],
      [4, "dan", 30],
    ]);
    const not: Expression = { kind: "Not", arg: op(column(scan, "age"), ">", int(26)), type: TypeOid.bool, typmod: -1 };
    expect(h.run(filter(scan, not))).toEqual([[3, "cyd", 25]]);
  });
  it("finds a row by its key in one crossing", () => {
    const scan = h.scan(people);
    const plan = project(filter(scan, op(column(scan, "id"), "=", parameter(0, TypeOid.int4))), [column(scan, "name")]);
    expect(h.explain(plan)).toEqual(["Index Scan using people_pkey on people", "  Index Cond: (id = $1)"]);
    const physical = planStatement(plan, h.planContext);
    expect(physical.needsTransaction).toBe(false);
    const before = h.storage.crossings;
    expect(physical.open(h.context([3])).next(0)).toEqual([["cyd"]]);
    expect(h.storage.crossings - before).toBe(1);
    expect(h.storage.openScans).toBe(0);
    expect(physical.open(h.context([null])).next(0)).toEqual([]);
  });
  it("reads a range in index order, NULLs left out", () => {
    const scan = h.scan(orders);
    const plan = filter(scan, op(column(scan, "person"), ">=", int(1)));
    const sorted: LogicalPlan = {
      kind: "Sort",
      input: plan,
      columns: plan.columns,
      keys: [{ expression: column(scan, "person"), descending: true, nullsFirst: true }],
    };
    expect(h.explain(sorted)).toEqual(["Index Scan Backward using orders_person_idx on orders", "  Index Cond: (person >= 1)"]);
    expect(h.run(sorted).map((r) => r[0])).toEqual([12, 11, 10]);
  });
  it("looks up a list of keys, in their order and each once", () => {
    const scan = h.scan(people);
    const predicate: Expression = {
      kind: "InList",
      arg: column(scan, "id"),
      items: [int(4), int(2), int(9), int(4)],
      equalId: "int4eq(int4,int4)",
      type: TypeOid.bool,
      typmod: -1,
    };
    expect(h.run(filter(scan, predicate)).map((r) => r[1])).toEqual(["bob", "dan"]);
  });
  it("keeps int8 beyond 2^53 exact", () => {
    const scan = h.scan(orders);
    expect(h.run(filter(scan, op(column(scan, "id"), "=", int(11))))).toEqual([[11, 1, 9007199254740993n]]);
  });
  it("survives conditions of twenty thousand terms", () => {
    const scan = h.scan(people);
    const terms = Array.from({ length: 20_000 }, (_, i) => op(column(scan, "id"), "=", int(i + 4)));
    expect(h.run(filter(scan, or(...terms))).map((r) => r[0])).toEqual([4]);
    const items = Array.from({ length: 20_000 }, (_, i) => int(i + 4));
    const inList: Expression = {
      kind: "InList",
      arg: column(scan, "age"),
      items,
      equalId: "int4eq(int4,int4)",
      type: TypeOid.bool,
      typmod: -1,
    };
    expect(h.run(filter(scan, inList)).map((r) => r[0])).toEqual([1, 3, 4]);
  });
});

describe("joins", () => {
  const join = (type: "inner" | "left" | "right" | "full" | "semi" | "anti"): LogicalPlan => {
    const left = h.scan(people, [1, 2]);
    const right = h.scan(orders, [1, 2]);
    const columns = type === "semi" || type === "anti" ? left.columns : [...left.columns, ...right.columns];
    return { kind: "Join", type, left, right, lateral: false, columns, condition: op(ref(left.columns[0]!), "=", ref(right.columns[1]!)) };
  };
  it.each([
    [
      "inner",
      [
        [1, "ann", 10, 1],
        [1, "ann", 11, 1],
        [3, "cyd", 12, 3],
      ],
    ],
    [
      "left",
      [
        [1, "ann", 10, 1],
        [1, "ann", 11, 1],
        [2, "bob", null, null],
        [3, "cyd", 12, 3],
        [4, "dan", null, null],
      ],
    ],
    [
      "right",
      [
        [1, "ann", 10, 1],
        [1, "ann", 11, 1],
        [3, "cyd", 12, 3],
        [null, null, 13, null],
      ],
    ],
    [
      "full",
      [
        [1, "ann", 10, 1],
        [1, "ann", 11, 1],
        [2, "bob", null, null],
        [3, "cyd", 12, 3],
        [4, "dan", null, null],
        [null, null, 13, null],
      ],
    ],
    [
      "semi",
      [
        [1, "ann"],
        [3, "cyd"],
      ],
    ],
    [
      "anti",
      [
        [2, "bob"],
        [4, "dan"],
      ],
    ],
  ] as const)("%s", (type, expected) => {
    const byFirst = (rows: readonly unknown[]): string[] => rows.map((r) => JSON.stringify(r)).sort();
    expect(byFirst(h.run(join(type)))).toEqual(byFirst(expected));
  });
  it("opens a lateral side again for each left row", () => {
    const left = h.scan(people, [1]);
    const inner = h.scan(orders, [1, 2]);
    const right = filter(inner, op(column(inner, "person"), "=", ref(left.columns[0]!)));
    const plan: LogicalPlan = { kind: "Join", type: "left", left, right, lateral: true, columns: [...left.columns, ...right.columns] };
    expect(h.run(plan).map((r) => [r[0], r[1]])).toEqual([
      [1, 10],
      [1, 11],
      [2, null],
      [3, 12],
      [4, null],
    ]);
  });
});

describe("subqueries", () => {
  it("evaluates a correlated scalar subquery per row and an EXISTS", () => {
    const outer = h.scan(people, [1]);
    const inner = h.scan(orders, [1, 2]);
    const matches = filter(inner, op(column(inner, "person"), "=", ref(outer.columns[0]!)));
    const count: AggregateCall = {
      functionId: "count()",
      args: [],
      distinct: false,
      orderBy: [],
      type: TypeOid.int8,
      typmod: -1,
      name: "count",
    };
    const counted: LogicalPlan = {
      kind: "Aggregate",
      input: matches,
      keys: [],
      aggregates: [count],
      columns: [newColumn("count", TypeOid.int8)],
    };
    const scalar: Expression = { kind: "Subquery", form: "scalar", plan: counted, type: TypeOid.int8, typmod: -1 };
    expect(h.run(project(outer, [ref(outer.columns[0]!), scalar]))).toEqual([
      [1, 2],
      [2, 0],
      [3, 1],
      [4, 0],
    ]);
    const exists: Expression = { kind: "Subquery", form: "exists", plan: matches, type: TypeOid.bool, typmod: -1 };
    expect(h.run(filter(outer, exists))).toEqual([[1], [3]]);
  });
  it("gives NULL for NOT IN with a NULL in the list", () => {
    const outer = h.scan(people, [1]);
    const inner = h.scan(orders, [2]);
    const inSubquery: Expression = {
      kind: "Subquery",
      form: "any",
      plan: inner,
      type: TypeOid.bool,
      typmod: -1,
      test: op(ref(outer.columns[0]!), "=", ref(inner.columns[0]!)),
      pairs: [{ outer: ref(outer.columns[0]!), inner: inner.columns[0]!.id, functionId: "int4eq(int4,int4)", operator: "=" }],
    };
    expect(h.run(project(outer, [inSubquery]))).toEqual([[true], [null], [true], [null]]);
  });
});

describe("aggregation, sorting, limits", () => {
  it("groups, NULL as one group", () => {
    const scan = h.scan(people);
    const count: AggregateCall = {
      functionId: "count()",
      args: [],
      distinct: false,
      orderBy: [],
      type: TypeOid.int8,
      typmod: -1,
      name: "count",
    };
    const keyColumn = newColumn("age", TypeOid.int4);
    const plan: LogicalPlan = {
      kind: "Aggregate",
      input: scan,
      keys: [column(scan, "age")],
      aggregates: [count],
      columns: [keyColumn, newColumn("count", TypeOid.int8)],
    };
    const sorted: LogicalPlan = {
      kind: "Sort",
      input: plan,
      columns: plan.columns,
      keys: [{ expression: ref(keyColumn), descending: false, nullsFirst: false }],
    };
    expect(h.run(sorted)).toEqual([
      [25, 1],
      [30, 2],
      [null, 1],
    ]);
    const limited: LogicalPlan = { kind: "Limit", input: sorted, columns: plan.columns, count: int(1), offset: int(1), withTies: false };
    expect(h.run(limited)).toEqual([[30, 2]]);
  });
  it("keeps only the first rows below a limit, equal ones in input order", () => {
    const many = h.table("many", [
      { name: "n", type: TypeOid.int4 },
      { name: "k", type: TypeOid.int4 },
    ]);
    h.insert(
      many,
      Array.from({ length: 2000 }, (_, i) => [i, (i * 7919) % 10]),
    );
    const scan = h.scan(many);
    const sorted: LogicalPlan = {
      kind: "Sort",
      input: scan,
      columns: scan.columns,
      keys: [{ expression: column(scan, "k"), descending: true, nullsFirst: true }],
    };
    const rows = h.run({ kind: "Limit", input: sorted, columns: scan.columns, count: int(3), withTies: false });
    expect(rows).toEqual(h.run(sorted).slice(0, 3));
  });
  it("runs set operations and recursion", () => {
    const values = (...v: number[]): LogicalPlan => ({
      kind: "Values",
      rows: v.map((x) => [int(x)]),
      columns: [newColumn("v", TypeOid.int4)],
    });
    const set = (operation: "union" | "intersect" | "except", all: boolean): number[] =>
      h
        .run({
          kind: "SetOperation",
          operation,
          all,
          left: values(1, 2, 2, 3),
          right: values(2, 4),
          columns: [newColumn("v", TypeOid.int4)],
        })
        .map((r) => r[0] as number);
    expect(set("union", false)).toEqual([1, 2, 3, 4]);
    expect(set("intersect", true)).toEqual([2]);
    expect(set("except", true)).toEqual([1, 2, 3]);
    expect(set("except", false)).toEqual([1, 3]);
    const n = newColumn("n", TypeOid.int4);
    const working: LogicalPlan = { kind: "CteScan", cteId: 1, name: "t", alias: "t", columns: [newColumn("n", TypeOid.int4)] };
    const term = project(filter(working, op(ref(working.columns[0]!), "<", int(5))), [op(ref(working.columns[0]!), "+", int(1))]);
    const body: LogicalPlan = { kind: "CteScan", cteId: 1, name: "t", alias: "t", columns: [newColumn("n", TypeOid.int4)] };
    const recursive: LogicalPlan = {
      kind: "With",
      body,
      columns: body.columns,
      tables: [{ cteId: 1, name: "t", columns: [n], plan: values(1), materialized: undefined, recursive: { term, all: true } }],
    };
    expect(h.run(recursive)).toEqual([[1], [2], [3], [4], [5]]);
  });
});

describe("changes", () => {
  it("updates and deletes by the source's row ids, with RETURNING", () => {
    const scan = h.scan(people, [0, 1, 2, 3]);
    const source = filter(scan, op(column(scan, "id"), "=", int(1)));
    const row = people.attributes.map((a) => newColumn(a.name, a.type));
    const update: LogicalPlan = {
      kind: "Update",
      relation: people.oid,
      source,
      rowId: scan.columns[0]!.id,
      oldRow: scan.columns.slice(1),
      columns: [newColumn("age", TypeOid.int4)],
      assignments: [{ attribute: 3, value: op(column(scan, "age"), "+", int(1)) }],
      returning: { row, expressions: [ref(row[2]!)] },
    };
    expect(h.run(update)).toEqual([[31]]);
    const gone: LogicalPlan = {
      kind: "Delete",
      relation: people.oid,
      source,
      rowId: scan.columns[0]!.id,
      oldRow: scan.columns.slice(1),
      columns: [],
    };
    const execution = planStatement(gone, h.planContext).open(h.context());
    expect(execution.next(0)).toEqual([]);
    expect(execution.affectedRows).toBe(1);
    expect(h.run(h.scan(people, [1]))).toEqual([[2], [3], [4]]);
  });
  it("says which key exists and which column is null", () => {
    expect(
      error(() =>
        h.insert(people, [
          [5, "eve", 1],
          [2, "bob", 1],
        ]),
      ),
    ).toMatchObject({
      sqlstate: "23505",
      message: 'duplicate key value violates unique constraint "people_pkey"',
      detail: "Key (id)=(2) already exists.",
    });
    expect(error(() => h.insert(people, [[null, "eve", 1]]))).toMatchObject({
      sqlstate: "23502",
      message: 'null value in column "id" of relation "people" violates not-null constraint',
      detail: "Failing row contains (null, eve, 1).",
    });
  });
  it("inserts a thousand rows in few crossings", () => {
    const before = h.storage.crossings;
    h.insert(
      orders,
      Array.from({ length: 1000 }, (_, i) => [100 + i, null, i]),
    );
    expect(h.storage.crossings - before).toBeLessThanOrEqual(10);
  });
  it("resolves conflicts by doing nothing or by updating", () => {
    const columns = people.attributes.map((a) => newColumn(a.name, a.type));
    const existing = people.attributes.map((a) => newColumn(a.name, a.type));
    const excluded = people.attributes.map((a) => newColumn(a.name, a.type));
    const source: LogicalPlan = {
      kind: "Values",
      columns,
      rows: [
        [int(2), text("new"), int(9)],
        [int(7), text("gus"), int(8)],
      ],
    };
    const insert = (action: "nothing" | "update"): LogicalPlan => ({
      kind: "Insert",
      relation: people.oid,
      attributes: [1, 2, 3],
      given: [1, 2, 3],
      source,
      columns: [],
      onConflict: {
        action,
        arbiters: [h.indexes[0]!.oid],
        existing,
        excluded,
        assignments: action === "nothing" ? [] : [{ attribute: 3, value: ref(excluded[2]!) }],
        reads: [],
      },
    });
    h.run(insert("nothing"));
    expect(h.run(h.scan(people)).at(1)).toEqual([2, "bob", null]);
    h.run(insert("update"));
    expect(h.run(h.scan(people)).at(1)).toEqual([2, "bob", 9]);
    expect(h.run(h.scan(people))).toHaveLength(5);
  });
});

describe("foreign keys", () => {
  const foreignKey = (onDelete: "noAction" | "cascade" | "setNull"): void => {
    h.constraints.push({
      class: "constraint",
      oid: 30000,
      schema: 2200,
      name: "orders_person_fkey",
      table: orders.oid,
      validated: true,
      kind: "foreignKey",
      attributes: [2],
      references: people.oid,
      referencedAttributes: [1],
      referencedIndex: h.indexes[0]!.oid,
      onUpdate: "noAction",
      onDelete,
      match: "simple",
      deferrable: false,
      initiallyDeferred: false,
    });
  };
  const deletePerson = (id: number): void => {
    const scan = h.scan(people, [0, 1, 2, 3]);
    h.run({
      kind: "Delete",
      relation: people.oid,
      source: filter(scan, op(column(scan, "id"), "=", int(id))),
      rowId: scan.columns[0]!.id,
      oldRow: scan.columns.slice(1),
      columns: [],
    });
  };
  it("refuses a missing key", () => {
    foreignKey("noAction");
    expect(error(() => h.insert(orders, [[20, 99, 1]]))).toMatchObject({
      sqlstate: "23503",
      message: 'insert or update on table "orders" violates foreign key constraint "orders_person_fkey"',
      detail: 'Key (person)=(99) is not present in table "people".',
    });
  });
  it("refuses to delete what is referred to", () => {
    foreignKey("noAction");
    expect(error(() => deletePerson(3))).toMatchObject({
      sqlstate: "23503",
      message: 'update or delete on table "people" violates foreign key constraint "orders_person_fkey" on table "orders"',
      detail: 'Key (id)=(3) is still referenced from table "orders".',
    });
    deletePerson(4);
  });
  it("cascades and sets null", () => {
    foreignKey("cascade");
    deletePerson(1);
    expect(h.run(h.scan(orders, [1]))).toEqual([[12], [13]]);
    h.constraints.length = 0;
    foreignKey("setNull");
    deletePerson(3);
    expect(h.run(h.scan(orders, [1, 2]))).toEqual([
      [12, null],
      [13, null],
    ]);
  });
});

function error(run: () => void): DbError["fields"] {
  try {
    run();
  } catch (e) {
    if (e instanceof DbError) return e.fields;
    throw e;
  }
  throw new Error("no error");
}
