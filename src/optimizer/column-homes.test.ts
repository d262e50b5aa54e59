import { describe, expect, it } from "vitest";
import type { ColumnId, LogicalPlan } from "../plan/index.js";
import { ColumnHomes } from "./column-homes.js";

const column = (id: number) => ({ id: id as ColumnId, name: `c${id}`, type: 23, typmod: -1 });
const values = (...ids: number[]): LogicalPlan => ({ kind: "Values", rows: [], columns: ids.map(column) });
const join = (left: LogicalPlan, right: LogicalPlan): LogicalPlan => ({
  kind: "Join",
  type: "inner",
  left,
  right,
  lateral: false,
  columns: [...left.columns, ...right.columns],
});

describe("homes of columns", () => {
  it("finds the side that makes a column, at any height", () => {
    const homes = new ColumnHomes();
    const [a, b, c] = [values(1, 2), values(3), values(4)];
    const ab = join(a, b);
    const top = join(ab, c);
    homes.add(top);
    const made = (plan: LogicalPlan) => [1, 2, 3, 4, 5].filter((id) => homes.makes(plan, id as ColumnId));
    expect([a, b, ab, c, top].map(made)).toEqual([[1, 2], [3], [1, 2, 3], [4], [1, 2, 3, 4]]);
  });

  it("knows a projection's own columns and those that it passes on", () => {
    const homes = new ColumnHomes();
    const input = values(1);
    const project: LogicalPlan = { kind: "Project", input, expressions: [], columns: [column(1), column(2)] };
    const top = join(project, values(3));
    homes.add(top);
    expect([1, 2, 3].filter((id) => homes.makes(project, id as ColumnId))).toEqual([1, 2]);
    expect([1, 2].filter((id) => homes.makes(input, id as ColumnId))).toEqual([1]);
  });

  it("moves columns to a tree that is made of another one's parts", () => {
    const homes = new ColumnHomes();
    const [a, b] = [values(1), values(2)];
    homes.add(join(a, b));
    const turned = join(b, { ...a });
    expect(homes.makes(turned, 1 as ColumnId)).toBe(true);
    expect(homes.makes(turned, 2 as ColumnId)).toBe(true);
    expect(homes.makes(b, 1 as ColumnId)).toBe(false);
  });
});
