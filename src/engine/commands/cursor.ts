/** DECLARE, FETCH, MOVE, CLOSE. */
import type { Command } from "../../plan/index.js";
import { type Datum, duplicateCursor, needsTransactionBlock, noSuchCursor, notSupported } from "../../types/index.js";
import { Cursor } from "../cursors.js";
import type { EngineSession } from "../session.js";
import type { ExecuteResult, ResultColumn } from "../types.js";
import { done, rows } from "./results.js";

export function declareCursor(
  session: EngineSession,
  command: Extract<Command, { kind: "DeclareCursor" }>,
  parameters: readonly Datum[],
): ExecuteResult {
  if (command.binary) throw notSupported("DECLARE BINARY CURSOR");
  if (session.block === undefined && !command.hold) throw needsTransactionBlock("DECLARE CURSOR");
  if (session.cursors.has(command.name)) throw duplicateCursor(command.name);
  const physical = session.planLogical(command.query, session.catalog());
  const portal = session.openStream(command.query.columns, physical, parameters);
  const block = session.block;
  const cursor = new Cursor(command.name, portal, block, { scroll: command.scroll === true, hold: command.hold });
  session.cursors.set(command.name, cursor);
  return done("DECLARE CURSOR");
}

export function fetchCursor(
  session: EngineSession,
  command: Extract<Command, { kind: "Fetch" }>,
  columns: readonly ResultColumn[],
): ExecuteResult {
  const cursor = session.cursors.get(command.cursor);
  if (cursor === undefined) throw noSuchCursor(command.cursor);
  const fetched = cursor.fetch(command);
  return command.move ? done(`MOVE ${fetched.length}`) : rows(columns, fetched, `FETCH ${fetched.length}`);
}

export function closeCursor(session: EngineSession, command: Extract<Command, { kind: "ClosePortal" }>): ExecuteResult {
  if (command.name === null) {
    for (const cursor of session.cursors.values()) cursor.close();
    session.cursors.clear();
    return done("CLOSE CURSOR ALL");
  }
  const cursor = session.cursors.get(command.name);
  if (cursor === undefined) throw noSuchCursor(command.name);
  cursor.close();
  session.cursors.delete(command.name);
  return done("CLOSE CURSOR");
}
