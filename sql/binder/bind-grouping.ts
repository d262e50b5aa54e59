/** GROUPING(…): which of its arguments the present grouping set leaves out. The keys it names are looked up when GROUP BY is bound. */
import type { Expression } from "../../src/plan/index.js";
import { groupingError, TypeOid, tooManyArguments } from "../../src/types/index.js";
import { locationOf } from "../parser/location.js";
import type { GroupingExpr } from "../parser/syntax-tree.js";
import { bindExpression, columnReference } from "./bind-expression.js";
import { at, type Binder } from "./binder.js";
import type { Scope } from "./scope.js";
import { sameExpression, visitExpression } from "./walk.js";

/** The answer is an int4: a bit per argument, none of them its sign. */
const GROUPING_ARGS_MAX = 31;

export function bindGrouping(binder: Binder, scope: Scope, expr: GroupingExpr): Expression {
  if (expr.args.length > GROUPING_ARGS_MAX) throw tooManyArguments("GROUPING must have fewer than 32 arguments", at(expr.position));
  const args = expr.args.map((arg) => bindExpression(binder, scope, arg));
  const owner = levelOf(binder, scope, args);
  if (owner.insideAggregate) throw groupingError("aggregate function calls cannot be nested", at(expr.position));
  if (NO_GROUPING.has(owner.clause)) throw groupingError(`grouping operations are not allowed in ${owner.clause}`, at(expr.position));
  const known = owner.groupings.find(
    (call) => call.args.length === args.length && call.args.every((arg, i) => sameExpression(arg, args[i]!)),
  );
  if (known !== undefined) return columnReference(known.column, expr.position);
  const column = binder.newColumn("grouping", TypeOid.int4, -1);
  binder.owners[column.id] = owner;
  binder.notes?.calls.set(column.id, { call: undefined, written: expr });
  owner.groupings.push({ args, positions: expr.args.map(locationOf), column });
  return columnReference(column, expr.position);
}
const NO_GROUPING = new Set([
  "FROM",
  "JOIN conditions",
  "WHERE",
  "GROUP BY",
  "LIMIT",
  "OFFSET",
  "VALUES",
  "RETURNING",
  "UPDATE",
  "functions in FROM",
  "FILTER",
]);

/** The innermost level that the arguments belong to. */
function levelOf(binder: Binder, scope: Scope, args: readonly Expression[]): Scope {
  let found: Scope | undefined;
  for (const arg of args)
    visitExpression(arg, (e) => {
      const owner = e.kind === "ColumnReference" ? binder.owners[e.id] : undefined;
      if (owner !== undefined && (found === undefined || owner.level > found.level)) found = owner;
    });
  return found ?? scope;
}
