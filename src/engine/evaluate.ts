/** Expressions of commands (EXECUTE's arguments), computed as one row of Values. */
import type { ColumnId, Expression } from "../plan/index.js";
import type { Datum } from "../types/index.js";
import type { EngineSession } from "./session.js";

export function evaluate(session: EngineSession, expressions: readonly Expression[], parameters: readonly Datum[]): Datum[] {
  if (expressions.length === 0) return [];
  if (expressions.every((e) => e.kind === "Constant")) return expressions.map((e) => (e.kind === "Constant" ? e.value : null));
  const columns = expressions.map((e, i) => ({ id: (i + 1_800_000_000) as ColumnId, name: "?column?", type: e.type, typmod: e.typmod }));
  const physical = session.planLogical({ kind: "Values", columns, rows: [expressions] }, session.catalog());
  const portal = session.runner.openStream(columns, physical, parameters);
  const { rows } = portal.next(0);
  portal.close();
  return rows[0] ?? [];
}
