/** PREPARE, EXECUTE, DEALLOCATE, DISCARD. */
import type { Command, LogicalPlan } from "../../plan/index.js";
import {
  assert,
  type Datum,
  DbError,
  duplicatePrepared,
  noSuchPrepared,
  preparedNotSelect,
  wrongParameterCount,
} from "../../types/index.js";
import { evaluate } from "../evaluate.js";
import type { EngineSession } from "../session.js";
import { SessionStatement } from "../session-statement.js";
import { dropTemporaryObjects } from "../temporary.js";
import type { ExecuteResult } from "../types.js";
import { done } from "./results.js";

export function prepareNamed(session: EngineSession, command: Extract<Command, { kind: "Prepare" }>): ExecuteResult {
  if (session.preparedByName.has(command.name)) throw duplicatePrepared(command.name);
  const prepared = locating(session, command.text, () => session.prepare(command.text, command.paramTypes));
  session.preparedByName.set(
    command.name,
    new SessionStatement(prepared.text, prepared.requestedTypes, prepared.planned, session.currentQuery),
  );
  if (session.block !== undefined) session.block.hasPrepared = true;
  return done("PREPARE");
}

export function executePrepared(
  session: EngineSession,
  command: Extract<Command, { kind: "Execute" }>,
  parameters: readonly Datum[],
): ExecuteResult | Promise<ExecuteResult> {
  const prepared = session.preparedByName.get(command.name);
  if (prepared === undefined) throw noSuchPrepared(command.name);
  // The binder has checked their number and coerced them.
  return session.execute(prepared, evaluate(session, command.args, parameters));
}

/** What CREATE TABLE AS EXECUTE runs: a prepared SELECT. */
export function preparedPlan(
  session: EngineSession,
  execute: { readonly name: string; readonly args: Extract<Command, { kind: "Execute" }>["args"] },
  parameters: readonly Datum[],
): { readonly plan: LogicalPlan; readonly parameters: readonly Datum[] } {
  const found = preparedStatement(session, execute, parameters);
  if (found.plan === undefined || found.tag !== "SELECT") throw preparedNotSelect();
  return { plan: found.plan, parameters: found.parameters };
}
/** What EXECUTE runs and with which values; no plan: a command. */
export function preparedStatement(
  session: EngineSession,
  execute: { readonly name: string; readonly args: Extract<Command, { kind: "Execute" }>["args"] },
  parameters: readonly Datum[],
): { readonly plan: LogicalPlan | undefined; readonly tag: string; readonly parameters: readonly Datum[] } {
  const prepared = session.preparedByName.get(execute.name);
  if (prepared === undefined) throw noSuchPrepared(execute.name);
  const expected = prepared.parameterTypes.length;
  if (execute.args.length !== expected) throw wrongParameterCount(execute.name, expected, execute.args.length);
  const { body, tag } = session.prepare(prepared.text, prepared.parameterTypes).planned.bound;
  const values = evaluate(
    session,
    execute.args.map((arg, i) => coerceArgument(session, arg, prepared.parameterTypes[i] as number)),
    parameters,
  );
  return { plan: body.kind === "Plan" ? body.plan : undefined, tag, parameters: values };
}

/** The binder could not know the parameter's type: an argument of another type goes through text, as its literal would. */
function coerceArgument(
  _session: EngineSession,
  arg: Parameters<typeof evaluate>[1][number],
  type: number,
): Parameters<typeof evaluate>[1][number] {
  if (arg.type === type) return arg;
  assert(type !== 0, "a prepared statement's parameters have types");
  return { kind: "CoerceViaText", arg, explicit: false, type, typmod: -1 };
}

export function deallocate(session: EngineSession, command: Extract<Command, { kind: "Deallocate" }>): ExecuteResult {
  if (command.name === null) {
    session.preparedByName.clear();
    return done("DEALLOCATE ALL");
  }
  if (!session.preparedByName.delete(command.name)) throw noSuchPrepared(command.name);
  return done("DEALLOCATE");
}

export function discard(session: EngineSession, command: Extract<Command, { kind: "Discard" }>): ExecuteResult {
  const tag = `DISCARD ${command.what.toUpperCase()}`;
  switch (command.what) {
    case "all":
      session.transactionBlock.forbid("DISCARD ALL");
      for (const cursor of session.cursors.values()) cursor.close();
      session.cursors.clear();
      session.listener.portals?.closeAll();
      session.settings.resetAll();
      session.settings.commit();
      session.preparedByName.clear();
      session.channels.clear();
      session.sequences.clear();
      dropTemporaryObjects(session);
      break;
    case "sequences":
      session.sequences.clear();
      break;
    case "plans":
      session.database.planCache.clear();
      break;
    case "temp":
      dropTemporaryObjects(session);
      break;
  }
  return done(tag);
}

/** An error in the inner statement says where it is in the whole one. */
function locating<Result>(session: EngineSession, inner: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    const start = session.currentQuery.indexOf(inner);
    if (!(error instanceof DbError) || error.fields.position === undefined || start < 0) throw error;
    throw new DbError({ ...error.fields, position: error.fields.position + [...session.currentQuery.slice(0, start)].length });
  }
}
