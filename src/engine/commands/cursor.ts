/** DECLARE, FETCH, MOVE, CLOSE. */
import type { Command, LogicalPlan } from "../../plan/index.js";
import { type Datum, duplicateCursor, needsTransactionBlock, notSupported, type Row } from "../../types/index.js";
import { clockMicros } from "../clock.js";
import { Cursor, type CursorOptions, type CursorSource } from "../cursors.js";
import type { EngineSession } from "../session.js";
import { StatementContext } from "../statement-context.js";
import type { ExecuteResult, ResultColumn } from "../types.js";
import { done, rows } from "./results.js";

type Declare = Extract<Command, { kind: "DeclareCursor" }>;

export function declareCursor(
  session: EngineSession,
  command: Declare,
  parameters: readonly Datum[],
): ExecuteResult | Promise<ExecuteResult> {
  if (command.binary) throw notSupported("DECLARE BINARY CURSOR");
  if (!session.inExplicitBlock && session.block === undefined && !command.hold) throw needsTransactionBlock("DECLARE CURSOR");
  if (session.cursors.has(command.name)) throw duplicateCursor(command.name);
  const physical = session.planLogical(command.query, session.catalog());
  const columns = command.query.columns.slice(0, command.visibleCount);
  const options: CursorOptions = {
    scroll: command.scroll ?? (!physical.writes && readsBackward(command.query)),
    hold: command.hold,
    binary: command.binary,
    statement: session.currentQuery,
    createdMicros: clockMicros(),
    streams: !physical.needsTransaction,
    rowIds: command.rowIds,
  };
  const declare = (source: CursorSource): ExecuteResult => {
    const block = session.block;
    const cursor = new Cursor(command.name, columns, source, block, options);
    session.cursors.set(command.name, cursor);
    // A held cursor outside of a block: its transaction is over already.
    if (block === undefined) cursor.fetch({ direction: "absolute", count: 0 });
    return done("DECLARE CURSOR");
  };
  if (!physical.writes) return declare(session.openStream(command.query.columns, physical, parameters, true));
  // Row locks: waited for like any other statement's, all at once.
  return session.runInTransaction((transaction) => {
    const execution = physical.open(new StatementContext(session, transaction, session.catalogIn(transaction), parameters));
    const all: Row[] = [];
    try {
      for (let batch = execution.next(0); batch.length > 0; batch = execution.next(0)) for (const row of batch) all.push(row);
    } finally {
      execution.close();
    }
    declare(rowSource(all));
    return { tag: "DECLARE CURSOR" };
  });
}

function rowSource(all: readonly Row[]): CursorSource {
  return { next: () => ({ rows: all, done: true }), close: () => undefined };
}

/** ExecSupportsBackwardScan: whether a plan like PostgreSQL's could be read backward without keeping its rows. */
function readsBackward(plan: LogicalPlan): boolean {
  switch (plan.kind) {
    case "Scan":
    case "SystemScan":
    case "FunctionScan":
    case "CteScan":
    case "Sort":
      return true;
    case "Values":
      return plan.rows.length > 1;
    case "Filter":
      // A condition that is never true leaves nothing to read.
      return !(plan.predicate.kind === "Constant" && plan.predicate.value !== true) && readsBackward(plan.input);
    case "Project":
    case "Limit":
      return readsBackward(plan.input);
    case "With":
      return readsBackward(plan.body);
    case "SetOperation":
      return plan.operation === "union" && plan.all && readsBackward(plan.left) && readsBackward(plan.right);
    default:
      return false;
  }
}

export function fetchCursor(
  session: EngineSession,
  command: Extract<Command, { kind: "Fetch" }>,
  columns: readonly ResultColumn[],
): ExecuteResult {
  const fetched = session.cursors.require(command.cursor).fetch(command);
  return command.move ? done(`MOVE ${fetched.length}`) : rows(columns, fetched, `FETCH ${fetched.length}`);
}

export function closeCursor(session: EngineSession, command: Extract<Command, { kind: "ClosePortal" }>): ExecuteResult {
  if (command.name === null) {
    for (const cursor of session.cursors.values()) cursor.close();
    session.cursors.clear();
    return done("CLOSE CURSOR ALL");
  }
  session.cursors.require(command.name).close();
  session.cursors.delete(command.name);
  return done("CLOSE CURSOR");
}
