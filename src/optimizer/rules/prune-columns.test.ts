import { beforeEach, describe, expect, it } from "vitest";
import type { TableObject } from "../../catalog/index.js";
import { Harness, newColumn, ref } from "../../execution/testing/harness.js";
import type { Aggregate, AggregateCall, Expression, LogicalPlan, PlanColumn } from "../../plan/index.js";
import { TypeOid } from "../../types/index.js";
import { planStatement } from "../plan-statement.js";
import { pruneColumns } from "./prune-columns.js";

let h: Harness;
let people: TableObject;
beforeEach(() => {
  h = new Harness(planStatement);
  people = h.table("people", [
    { name: "id", type: TypeOid.int4, notNull: true },
    { name: "name", type: TypeOid.text },
    { name: "age", type: TypeOid.int4 },
  ]);
  h.insert(people, [
    [1, "ann", 30],
    [2, "bob", null],
  ]);
});

const count: AggregateCall = {
  functionId: "count()",
  args: [],
  distinct: false,
  orderBy: [],
  type: TypeOid.int8,
  typmod: -1,
  name: "count",
};

/** SELECT the named columns and count(*) FROM people GROUP BY id, as the binder gives it. */
function grouped(names: readonly string[], groupingSets?: readonly (readonly number[])[]): LogicalPlan & { readonly input: LogicalPlan } {
  const scan = h.scan(people);
  const columns: PlanColumn[] = [...scan.columns, newColumn("count", TypeOid.int8)];
  const aggregate: Aggregate = {
    kind: "Aggregate",
    input: scan,
    keys: scan.columns.map((c) => ref(c)),
    dependentKeys: 2,
    aggregates: [count],
    ...(groupingSets === undefined ? {} : { groupingSets }),
    columns,
  };
  const read = [...names, "count"].map((name) => ref(columns.find((c) => c.name === name) as PlanColumn));
  return { kind: "Project", input: aggregate, expressions: read, columns: read.map((e) => newColumn("out", e.type)) };
}
function prunedAggregate(plan: LogicalPlan): Aggregate {
  const pruned = pruneColumns.apply(plan, h.planContext);
  if (pruned.kind !== "Project" || pruned.input.kind !== "Aggregate") throw new Error("the plan keeps its shape");
  return pruned.input;
}
const keyNames = (plan: Aggregate): string[] => plan.keys.map((k) => (k.kind === "ColumnReference" ? k.name : k.kind));

describe("keys that a primary key determines", () => {
  it("go when nothing reads them, and the scan does not read them either", () => {
    const aggregate = prunedAggregate(grouped(["id"]));
    expect(keyNames(aggregate)).toEqual(["id"]);
    expect(aggregate.dependentKeys).toBe(0);
    expect(aggregate.columns.map((c) => c.name)).toEqual(["id", "count"]);
    expect(aggregate.input.columns.map((c) => c.name)).toEqual(["id"]);
  });
  it("stay when they are read", () => {
    expect(keyNames(prunedAggregate(grouped(["age"])))).toEqual(["id", "age"]);
    expect(h.run(grouped(["age"]))).toEqual([
      [30, 1],
      [null, 1],
    ]);
  });
  it("leave grouping sets that name the keys by their new places", () => {
    const aggregate = prunedAggregate(grouped(["age"], [[0, 1, 2]]));
    expect(keyNames(aggregate)).toEqual(["id", "age"]);
    expect(aggregate.groupingSets).toEqual([[0, 1]]);
  });
  it("do not take keys of the statement's own along", () => {
    const aggregate = prunedAggregate(grouped([]));
    expect(keyNames(aggregate)).toEqual(["id"]);
  });
});

describe("aggregates that nothing reads", () => {
  const largest = (scan: LogicalPlan, arg: Expression = ref(scan.columns[2] as PlanColumn)): AggregateCall => ({
    ...count,
    functionId: "max(int4)",
    args: [arg],
    type: TypeOid.int4,
    name: "max",
  });
  /** SELECT key, count FROM (SELECT id AS key, count(*), max(age) FROM people GROUP BY id); without keys: SELECT 1 of it. */
  function plan(withKey: boolean, second: (scan: LogicalPlan) => AggregateCall): LogicalPlan & { readonly input: LogicalPlan } {
    const scan = h.scan(people);
    const key = scan.columns[0] as PlanColumn;
    const calls = [newColumn("count", TypeOid.int8), newColumn("max", TypeOid.int4)];
    const columns = withKey ? [key, ...calls] : calls;
    const aggregate: Aggregate = {
      kind: "Aggregate",
      input: scan,
      keys: withKey ? [ref(key)] : [],
      aggregates: [count, second(scan)],
      columns,
    };
    const read: Expression[] = withKey
      ? columns.slice(0, 2).map((c) => ref(c))
      : [{ kind: "Constant", value: 1, type: TypeOid.int4, typmod: -1 }];
    return { kind: "Project", input: aggregate, expressions: read, columns: read.map((e) => newColumn("out", e.type)) };
  }
  it("go, with what only they read", () => {
    const aggregate = prunedAggregate(plan(true, largest));
    expect(aggregate.aggregates.map((call) => call.name)).toEqual(["count"]);
    expect(aggregate.columns.map((c) => c.name)).toEqual(["id", "count"]);
    expect(aggregate.input.columns.map((c) => c.name)).toEqual(["id"]);
    expect(h.run(plan(true, largest))).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });
  it("leave one where there are no keys: it makes the row", () => {
    expect(prunedAggregate(plan(false, largest)).aggregates.map((call) => call.name)).toEqual(["count"]);
    expect(h.run(plan(false, largest))).toEqual([[1]]);
  });
  it("stay when they are volatile", () => {
    const random: Expression = {
      kind: "FunctionCall",
      functionId: "random()",
      args: [],
      strict: true,
      volatility: "volatile",
      syntax: { form: "function", name: "random" },
      type: TypeOid.float8,
      typmod: -1,
    };
    const volatile = prunedAggregate(plan(true, (scan) => ({ ...largest(scan, random), functionId: "max(float8)" })));
    expect(volatile.aggregates.map((call) => call.name)).toEqual(["count", "max"]);
  });
});
