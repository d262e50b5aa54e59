/** Whether the rows of a table satisfy a partition constraint: for ATTACH, and for a default partition beside a new one. */
import type { TableObject } from "../../catalog/index.js";
import { PartitionRouter } from "../../execution/internal.js";
import { DbError, type Row } from "../../types/index.js";
import type { DefinitionContext } from "./context.js";

/** `what`: whose rows are looked at, for the error's words. */
export function requirePartitionRows(context: DefinitionContext, table: TableObject, what: "attached" | "default"): void {
  context.nextStep();
  const router = PartitionRouter.of(context.session.view.planContext(context.catalog), table);
  const state = context.runState();
  const names = table.attributes.filter((a) => !a.dropped);
  const plan = context.bindQuery(`SELECT * FROM ${context.sqlName(table)}`);
  context.stream(plan, (rows) => {
    for (const given of rows) {
      const row: Row = new Array(table.attributes.length).fill(null);
      names.forEach((a, i) => {
        row[a.number - 1] = given[i] as Row[number];
      });
      if (router.accepts(row, state)) continue;
      throw new DbError({
        sqlstate: "23514",
        message:
          what === "attached"
            ? `partition constraint of relation "${table.name}" is violated by some row`
            : `updated partition constraint for default partition "${table.name}" would be violated by some row`,
        schema: context.schemaName(table.schema),
        table: table.name,
      });
    }
    return true;
  });
}
