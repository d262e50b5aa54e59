/** Statements whose result columns are nothing but columns of one table, which the addon can encode from the rows themselves, and how many rows they want. */
import type { TableObject } from "../catalog/index.js";
import type { Expression, Limit, PlanColumn, Project, Scan } from "../plan/index.js";
import { type Oid, TypeOid } from "../types/index.js";
import { plainColumn } from "./conjuncts.js";

export const columnReference = (c: PlanColumn): Expression => ({
  kind: "ColumnReference",
  id: c.id,
  name: c.name,
  type: c.type,
  typmod: c.typmod,
});

/** Outputs of a projection, in terms of its input. */
export function throughProject(outputs: readonly Expression[], { columns, expressions }: Project): readonly Expression[] {
  return outputs.map((o) => {
    const column = plainColumn(o);
    const at = columns.findIndex((c) => c.id === column?.id);
    return (at < 0 ? o : expressions[at]) as Expression;
  });
}

/** Column (from 0) and type of each output; undefined: one is no stored column of the scan's table. */
export function storedOutputs(
  table: TableObject,
  scan: Scan,
  outputs: readonly Expression[],
): readonly { readonly column: number; readonly type: Oid }[] | undefined {
  const stored: { column: number; type: Oid }[] = [];
  for (const output of outputs) {
    const column = plainColumn(output);
    const attribute = column === undefined ? undefined : scan.attributes[scan.columns.findIndex((c) => c.id === column.id)];
    if (attribute === undefined || attribute <= 0) return undefined;
    // The native encoder reads a vector's matrix; without dimensions there is none.
    if (output.type === TypeOid.vector && (table.attributes[attribute - 1]?.typmod ?? -1) < 1) return undefined;
    stored.push({ column: attribute - 1, type: output.type });
  }
  return stored.length === 0 ? undefined : stored;
}

const integers: ReadonlySet<Oid> = new Set([TypeOid.int2, TypeOid.int4, TypeOid.int8]);

/** Most rows; undefined: all; "other": not a number that is known or a parameter's. */
export function limitOf(limit: Limit | undefined): { readonly count: number } | { readonly parameter: number } | undefined | "other" {
  if (limit === undefined) return undefined;
  const { count, offset, withTies } = limit;
  if (offset !== undefined || withTies || count === undefined) return "other";
  if (count.kind === "Parameter" && integers.has(count.type)) return { parameter: count.index };
  return count.kind === "Constant" && typeof count.value === "number" && count.value >= 0 ? { count: count.value } : "other";
}
