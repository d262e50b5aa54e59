/** DECLARE CURSOR: options that do not go together, and the row ids that WHERE CURRENT OF will ask for. */

import type { Command, LogicalPlan } from "../../src/plan/index.js";
import { DbError, featureNotSupported, invalidCursorDefinition } from "../../src/types/index.js";
import { LOCK_WORDS } from "../parser/deparse.js";
import type { Query } from "../parser/syntax-tree.js";
import { isModification } from "../parser/syntax-tree.js";
import type { DefinitionStatement } from "../parser/syntax-tree-definition.js";
import { columnReference } from "./bind-expression.js";
import type { LockedRow } from "./bind-locking.js";
import { bindQuery } from "./bind-query.js";
import { at, type Binder } from "./binder.js";

export function bindCursor(
  binder: Binder,
  statement: Extract<DefinitionStatement, { kind: "DeclareCursor" }>,
): Extract<Command, { kind: "DeclareCursor" }> {
  if (statement.conflict !== undefined) throw invalidCursorDefinition(`cannot specify both ${statement.conflict}`);
  const written = statement.query;
  refuseChanges(written);
  const lock = written.locking[0];
  if (lock !== undefined) {
    const name = LOCK_WORDS[lock.strength];
    const refuse = (what: string, detail: string): DbError =>
      new DbError({ sqlstate: "0A000", message: `DECLARE ${what} ... ${name} is not supported`, detail });
    if (statement.hold) throw refuse("CURSOR WITH HOLD", "Holdable cursors must be READ ONLY.");
    if (statement.scroll === true) throw refuse("SCROLL CURSOR", "Scrollable cursors must be READ ONLY.");
    if (statement.insensitive)
      throw invalidCursorDefinition(`DECLARE INSENSITIVE CURSOR ... ${name} is not valid`, "Insensitive cursors must be READ ONLY.");
  }
  const rows: LockedRow[] = [];
  const isPlain = written.kind === "Select" && written.groupBy.length === 0 && written.having === undefined && written.distinct === "none";
  const bound = bindQuery(binder, undefined, written, { resolveUnknowns: true, ...(isPlain ? { rowIds: rows } : {}) });
  const { plan, rowIds } = withRowIds(bound, lock === undefined && rows.length !== 1 ? [] : rows);
  const { name, scroll, hold, binary } = statement;
  return { kind: "DeclareCursor", name, query: plan, visibleCount: bound.columns.length, rowIds, scroll, hold, binary };
}

/** A Project over the tables' rows shows their ids too. */
function withRowIds(plan: LogicalPlan, rows: readonly LockedRow[]) {
  if (plan.kind !== "Project") return { plan, rowIds: [] };
  const extra = rows.flatMap(({ rowId, relation }) => {
    const column = plan.input.columns.find((candidate) => candidate.id === rowId.id);
    return column === undefined ? [] : [{ column, relation }];
  });
  const extended: LogicalPlan = {
    ...plan,
    expressions: [...plan.expressions, ...extra.map(({ column }) => columnReference(column))],
    columns: [...plan.columns, ...extra.map(({ column }) => column)],
  };
  return { plan: extended, rowIds: extra.map(({ relation }, i) => ({ relation, column: plan.columns.length + i })) };
}

function refuseChanges(query: Query): void {
  for (const table of query.with?.tables ?? []) {
    if (isModification(table.query)) throw featureNotSupported("DECLARE CURSOR must not contain data-modifying statements in WITH", at(0));
  }
}
