/** EXPLAIN: the plan as lines of text; with ANALYZE the statement runs, and its effects stay, as in PostgreSQL. */
import type { BoundStatement, Command, LogicalPlan } from "../../plan/index.js";
import { type Datum, notSupported, type Row } from "../../types/index.js";
import type { PlannedStatement } from "../plan-cache.js";
import type { EngineSession } from "../session.js";
import { StatementContext } from "../statement-context.js";
import type { ExecuteResult } from "../types.js";
import { preparedStatement } from "./prepared.js";
import { rows } from "./results.js";

export function explain(
  session: EngineSession,
  command: Extract<Command, { kind: "Explain" }>,
  given: readonly Datum[],
  planned: PlannedStatement,
): ExecuteResult | Promise<ExecuteResult> {
  const started = performance.now();
  const { plan, parameters } = planOf(session, command.statement, given);
  if (command.analyze && command.statement.body.kind === "Command" && command.statement.body.command.kind === "CreateTableAs")
    throw notSupported("EXPLAIN ANALYZE of CREATE TABLE AS");
  if (plan === undefined) return rows(planned.columns, [["Utility statements have no plan structure"]], "EXPLAIN");
  const physical = session.planLogical(plan, session.catalog());
  const planningMs = performance.now() - started;
  const hotPath = command.hotPath ? [hotPathLine(physical.coldReason)] : [];
  if (!command.analyze)
    return rows(planned.columns, lines([...physical.explain({ ...command, planningMs }), ...hotPath], command.format), "EXPLAIN");
  return session.runner.runInTransaction((transaction) => {
    const execution = physical.open(new StatementContext(session, transaction, session.catalogIn(transaction), parameters));
    try {
      execution.instrument();
      const executionStarted = performance.now();
      while (execution.next(0).length > 0);
      const executionMs = performance.now() - executionStarted;
      return {
        tag: "EXPLAIN",
        columns: planned.columns,
        rows: lines([...physical.explain({ ...command, planningMs, executionMs }, execution), ...hotPath], command.format),
      };
    } finally {
      execution.close();
    }
  });
}

const hotPathLine = (reason: string | undefined): string => `Hot Path: ${reason === undefined ? "yes" : `no (${reason})`}`;

/** No plan: a command that has none. `parameters`: what the plan's are. */
function planOf(
  session: EngineSession,
  statement: BoundStatement,
  parameters: readonly Datum[],
): { readonly plan: LogicalPlan | undefined; readonly parameters: readonly Datum[] } {
  switch (statement.body.kind) {
    case "Plan":
      return { plan: statement.body.plan, parameters };
    case "Empty":
      return { plan: undefined, parameters };
    case "Command": {
      const command = statement.body.command;
      if (command.kind === "CreateTableAs" || command.kind === "DeclareCursor") return { plan: command.query, parameters };
      if (command.kind !== "Execute") return { plan: undefined, parameters };
      return preparedStatement(session, command, parameters);
    }
  }
}

/** Text comes line by line; the other formats are one value. */
function lines(text: readonly string[], format: string): Row[] {
  return format === "text" ? text.map((line) => [line]) : [[text.join("\n")]];
}
