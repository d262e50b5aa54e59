/** DECLARE, FETCH, MOVE, CLOSE. */
import type { Command, LogicalPlan } from "../../plan/index.js";
import { cursorForwardOnly, type Datum, duplicateCursor, needsTransactionBlock, notSupported, type Row } from "../../types/index.js";
import { clockMicros } from "../clock.js";
import { Cursor, type CursorOptions, type CursorSource } from "../cursors.js";
import type { EngineSession } from "../session.js";
import { StatementContext } from "../statement-context.js";
import type { ClientPortals, ExecuteResult, ResultColumn } from "../types.js";
import { done, rows } from "./results.js";

type Declare = Extract<Command, { kind: "DeclareCursor" }>;
type Fetch = Extract<Command, { kind: "Fetch" }>;

export function declareCursor(
  session: EngineSession,
  command: Declare,
  parameters: readonly Datum[],
): ExecuteResult | Promise<ExecuteResult> {
  if (!session.transactionBlock.isAround && !command.hold) throw needsTransactionBlock("DECLARE CURSOR");
  if (session.cursors.has(command.name) || session.listener.portals?.has(command.name)) throw duplicateCursor(command.name);
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
  if (!physical.writes) return declare(session.runner.openStream(command.query.columns, physical, parameters, true));
  // Row locks: waited for like any other statement's, all at once.
  return session.runner.runInTransaction((transaction) => {
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

export function fetchCursor(session: EngineSession, command: Fetch): ExecuteResult | Promise<ExecuteResult> {
  const { portals } = session.listener;
  if (!session.cursors.has(command.cursor) && portals?.has(command.cursor)) return movePortal(portals, command);
  const cursor = session.cursors.require(command.cursor);
  const fetched = cursor.fetch(command);
  return command.move ? done(`MOVE ${fetched.length}`) : rows(cursor.columns, fetched, `FETCH ${fetched.length}`, cursor.options.binary);
}

/** A portal of the client's own protocol goes forward only, and its rows are in the form that Bind asked for. */
function movePortal(portals: ClientPortals, command: Fetch): ExecuteResult | Promise<ExecuteResult> {
  const { direction, count } = command;
  if (!command.move) throw notSupported("FETCH from a portal of the extended protocol");
  if (direction === "backward" || direction === "absolute" || (count !== "all" && count < 0)) throw cursorForwardOnly();
  const moved = portals.skip(command.cursor, count === "all" ? Number.MAX_SAFE_INTEGER : count);
  return moved instanceof Promise ? moved.then((n) => done(`MOVE ${n}`)) : done(`MOVE ${moved}`);
}

export function closeCursor(session: EngineSession, command: Extract<Command, { kind: "ClosePortal" }>): ExecuteResult {
  if (command.name === null) {
    for (const cursor of session.cursors.values()) cursor.close();
    session.cursors.clear();
    session.listener.portals?.closeAll();
    return done("CLOSE CURSOR ALL");
  }
  if (!session.cursors.has(command.name) && session.listener.portals?.has(command.name)) {
    session.listener.portals.close(command.name);
    return done("CLOSE CURSOR");
  }
  session.cursors.require(command.name).close();
  session.cursors.delete(command.name);
  return done("CLOSE CURSOR");
}
