/** The last statement of a routine against what the routine returns: check_sql_fn_retval. */
import type { BindContext } from "../../src/engine/types.js";
import type { BoundStatement, Expression } from "../../src/plan/index.js";
import { DbError, type Oid, TypeOid } from "../../src/types/index.js";
import type { Statement } from "../parser/syntax-tree.js";
import { bindWithin } from "./bind-statement.js";
import type { Binder } from "./binder.js";
import { tryCoerce } from "./coerce.js";

type Result = NonNullable<BindContext["routineResult"]>;

export function bindRoutineStatement(binder: Binder, statement: Statement, result: Result): BoundStatement {
  const bound = bindWithin(binder, statement);
  const dependsOn = [...binder.relationsRead];
  if (result.type === TypeOid.void) return { ...bound, dependsOn };
  const mismatch = (detail: string): DbError =>
    new DbError({
      sqlstate: "42P13",
      message: `return type mismatch in function declared to return ${binder.typeName(result.type)}`,
      detail,
    });
  if (bound.body.kind !== "Plan" || bound.columns.length === 0) {
    // A procedure without OUT parameters returns nothing; its type is void.
    throw mismatch("Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING.");
  }
  const columns = bound.body.plan.columns.slice(0, bound.columns.length);
  /** Column i as $1: what the engine evaluates over the value. */
  const coercion = (source: Oid, typmod: number, target: Oid): Expression | null | undefined => {
    if (source === target) return null;
    const value: Expression = { kind: "Parameter", index: 0, type: source, typmod };
    const coerced = tryCoerce(binder, value, target, "assignment");
    if (coerced === undefined) return undefined;
    return coerced.kind === "Relabel" && coerced.arg === value ? null : coerced;
  };
  const fields =
    result.type === TypeOid.record || result.outputs.length > 1 || (result.isProcedure && result.outputs.length > 0)
      ? result.outputs.map((o) => ({ name: o.name, type: o.type }))
      : binder.fields(result.type)?.map((f) => ({ name: f.name, type: f.type }));
  if (fields === undefined) {
    if (columns.length !== 1) throw mismatch("Final statement must return exactly one column.");
    const column = columns[0]!;
    const coerced = coercion(column.type, column.typmod, result.type);
    if (coerced === undefined) throw mismatch(`Actual return type is ${binder.typeName(column.type)}.`);
    return { ...bound, dependsOn, routine: { mode: "value", coercions: [coerced], types: [result.type], names: [column.name] } };
  }
  if (columns.length === 1 && !result.isProcedure) {
    // One column that is such a row itself.
    const column = columns[0]!;
    const isRow =
      column.type === result.type ||
      (result.type === TypeOid.record && (column.type === TypeOid.record || binder.fields(column.type) !== undefined));
    if (isRow && (fields.length !== 1 || column.type === result.type))
      return { ...bound, dependsOn, routine: { mode: "value", coercions: [null], types: [result.type], names: [column.name] } };
  }
  if (fields.length === 0)
    return {
      ...bound,
      dependsOn,
      routine: { mode: "row", coercions: columns.map(() => null), types: columns.map((c) => c.type), names: columns.map((c) => c.name) },
    };
  if (columns.length > fields.length) throw mismatch("Final statement returns too many columns.");
  const coercions = columns.map((column, i) => {
    const field = fields[i]!;
    const coerced = coercion(column.type, column.typmod, field.type);
    if (coerced === undefined)
      throw mismatch(
        `Final statement returns ${binder.typeName(column.type)} instead of ${binder.typeName(field.type)} at column ${i + 1}.`,
      );
    return coerced;
  });
  if (columns.length < fields.length) throw mismatch("Final statement returns too few columns.");
  return { ...bound, dependsOn, routine: { mode: "row", coercions, types: fields.map((f) => f.type), names: fields.map((f) => f.name) } };
}
