/** CALL. A procedure runs like a function inside the statement's transaction; its OUT parameters come back as one row. */
import { routineId } from "../../../functions/index.js";
import type { Command } from "../../../plan/index.js";
import { type Datum, notSupported, type Row, RowValue, TypeOid } from "../../../types/index.js";
import { permissionDenied } from "../../access.js";
import { routineService } from "../../routines.js";
import type { StatementOutcome } from "../../statement-outcome.js";
import type { DefinitionContext } from "../context.js";

export function call(
  context: DefinitionContext,
  command: Extract<Command, { kind: "Call" }>,
  parameters: readonly Datum[],
): StatementOutcome {
  const oid = routineId.oidOf(command.functionId);
  const object = oid === undefined ? undefined : context.snapshot.object(oid);
  if (object?.class !== "function") throw notSupported(`CALL ${command.name.join(".")}`);
  const me = context.snapshot.role(context.session.user);
  if (me !== undefined && !me.superuser && !context.session.access(context.catalog).may(me.oid, object, "X"))
    throw permissionDenied(object);
  // OUT arguments are written but not evaluated.
  const inputs = object.parameters.flatMap((p, i) => (p.mode === "out" || p.mode === "table" ? [] : [i]));
  const expressions = inputs.flatMap((i) => command.args[i] ?? []);
  const columns = expressions.map((e, i) => ({ id: (i + 1_800_000_000) as never, name: "?column?", type: e.type, typmod: e.typmod }));
  const args = expressions.length === 0 ? [] : (context.run({ kind: "Values", columns, rows: [expressions] }, 1, parameters)[0] ?? []);
  const service = routineService(context.session, context.statementContext());
  const types = { argTypes: expressions.map((e) => e.type), returnType: object.returnType };
  const value = service.call(context.statementContext().evaluation, object.oid, args, types);
  if (object.returnType === TypeOid.void || command.outputs.length === 0) return { tag: "CALL" };
  const row: Row = value instanceof RowValue ? [...value.fields] : new Array<Datum>(command.outputs.length).fill(null);
  return { tag: "CALL", rows: [row], columns: command.outputs.map((o) => ({ name: o.name, type: o.type, typmod: -1 })) };
}
