/** EXPLAIN: the plan as lines of text; with ANALYZE the statement runs, and its effects stay, as in PostgreSQL. */
import type { BoundStatement, Command } from "../../plan/index.js";
import type { Datum, Row } from "../../types/index.js";
import { mayWrite } from "../may-write.js";
import type { PlannedStatement } from "../plan-cache.js";
import type { EngineSession } from "../session.js";
import { StatementContext } from "../statement-context.js";
import type { ExecuteResult } from "../types.js";
import { rows } from "./results.js";

export function explain(
  session: EngineSession,
  command: Extract<Command, { kind: "Explain" }>,
  parameters: readonly Datum[],
  planned: PlannedStatement,
): ExecuteResult | Promise<ExecuteResult> {
  const started = performance.now();
  const plan = planOf(session, command.statement);
  if (plan === undefined) return rows(planned.columns, [["Utility statements have no plan structure"]], "EXPLAIN");
  const physical = session.planLogical(plan, session.catalog());
  const planningMs = performance.now() - started;
  if (!command.analyze) return rows(planned.columns, lines(physical.explain({ ...command, planningMs }), command.format), "EXPLAIN");
  return session.runInTransaction((transaction) => {
    const execution = physical.open(new StatementContext(session, transaction, session.catalogIn(transaction), parameters));
    try {
      execution.instrument();
      const executionStarted = performance.now();
      while (execution.next(0).length > 0);
      const executionMs = performance.now() - executionStarted;
      return {
        tag: "EXPLAIN",
        columns: planned.columns,
        rows: lines(physical.explain({ ...command, planningMs, executionMs }, execution), command.format),
      };
    } finally {
      execution.close();
    }
  });
}

function planOf(session: EngineSession, statement: BoundStatement) {
  switch (statement.body.kind) {
    case "Plan":
      return statement.body.plan;
    case "Empty":
      return undefined;
    case "Command": {
      const command = statement.body.command;
      if (command.kind === "CreateTableAs" || command.kind === "DeclareCursor") return command.query;
      if (command.kind !== "Execute") return undefined;
      const body = session.preparedByName.get(command.name)?.planned.bound.body;
      return body?.kind === "Plan" && !mayWrite(body.plan) && command.args.length === 0 ? body.plan : undefined;
    }
  }
}

/** Text comes line by line; the other formats are one value. */
function lines(text: readonly string[], format: string): Row[] {
  return format === "text" ? text.map((line) => [line]) : [[text.join("\n")]];
}
