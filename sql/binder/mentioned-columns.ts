/** Which of some columns bound expressions and plans mention, subqueries included: what a statement needs permission to read. */
import type { ColumnId, PlanColumn } from "../../src/plan/index.js";

/** Places in `columns`, in order. */
export function mentionedColumns(parts: unknown, columns: readonly PlanColumn[]): number[] {
  const ids = new Set<ColumnId>();
  collect(parts, ids);
  return columns.flatMap((column, i) => (ids.has(column.id) ? [i] : []));
}

/** Plans and expressions are plain trees of data. */
function collect(node: unknown, ids: Set<ColumnId>): void {
  if (typeof node !== "object" || node === null || ArrayBuffer.isView(node)) return;
  if (Array.isArray(node)) {
    for (const item of node) collect(item, ids);
    return;
  }
  const { kind, id } = node as { readonly kind?: unknown; readonly id?: ColumnId };
  if (kind === "Constant") return;
  if (kind === "ColumnReference") ids.add(id as ColumnId);
  else for (const value of Object.values(node)) if (typeof value === "object") collect(value, ids);
}
