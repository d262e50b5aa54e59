/** Where collations enter a bound statement: its plan, or the queries within its command. */
import { collationByOid, collationOid, collationReference } from "../../src/catalog/index.js";
import type { BoundStatement, Command, Expression, LogicalPlan, PlanColumn } from "../../src/plan/index.js";
import { type CollationReference, DbError } from "../../src/types/index.js";
import type { Binder } from "./binder.js";
import { collateExpression, isPlan } from "./collate-expression.js";
import { Collations, collatePlan } from "./collate-plan.js";
import { inputCollation, typeCollation } from "./collation-state.js";

export function collateStatement(binder: Binder, bound: BoundStatement): BoundStatement {
  const { body } = bound;
  if (body.kind === "Plan") return { ...bound, body: { ...body, plan: collatePlan(binder, body.plan).plan } };
  if (body.kind === "Command") return { ...bound, body: { ...body, command: collateCommand(binder, body.command) } };
  return bound;
}

function collateCommand(binder: Binder, command: Command): Command {
  const mapped: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(command)) {
    if (!isPlan(value)) continue;
    const { plan, collations } = collatePlan(binder, value);
    mapped[key] = plan;
    if (command.kind === "CreateView" || command.kind === "CreateTableAs") mapped.collations = columnCollations(collations, plan, command);
  }
  return { ...command, ...mapped } as Command;
}

/** The collation of a stored expression over a table's columns; undefined: none could be derived. */
export function expressionCollation(
  binder: Binder,
  expression: Expression,
  columns: readonly { readonly column: PlanColumn; readonly collation: CollationReference | undefined }[],
): CollationReference | undefined {
  const collations = new Collations(binder);
  for (const { column, collation } of columns) if (collation !== undefined) collations.columns.set(column.id, collationOid(collation));
  const { state } = collateExpression(collations, expression);
  const found = collationByOid(binder.catalog, inputCollation(state));
  return found === undefined ? undefined : (collationReference(found) ?? "default");
}

/** The collation that each column of the new relation gets. @throws DbError 42P22 where none could be derived */
function columnCollations(
  c: Collations,
  plan: LogicalPlan,
  { columnNames, kind }: Extract<Command, { kind: "CreateView" | "CreateTableAs" }>,
): readonly (CollationReference | null)[] {
  const isView = kind === "CreateView";
  return plan.columns.map((column, i) => {
    const own = typeCollation(c.binder, column.type);
    if (own === 0) return null;
    const derived = c.ofColumn(column);
    const found = collationByOid(c.binder.catalog, derived);
    if (found === undefined)
      throw new DbError({
        sqlstate: "42P22",
        message: isView
          ? `could not determine which collation to use for view column "${columnNames[i] ?? column.name}"`
          : `no collation was derived for column "${columnNames[i] ?? column.name}" with collatable type ${c.binder.typeName(column.type)}`,
        hint: "Use the COLLATE clause to set the collation explicitly.",
      });
    return derived === own ? null : (collationReference(found) ?? "default");
  });
}
