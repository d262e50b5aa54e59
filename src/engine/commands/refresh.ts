/** REFRESH MATERIALIZED VIEW: the query's rows take the place of those that are there. */
import type { Command } from "../../plan/index.js";
import { DbError } from "../../types/index.js";
import { RowLoader } from "../row-loader.js";
import type { DefinitionContext } from "./context.js";

export function refreshMaterialized(context: DefinitionContext, command: Extract<Command, { kind: "RefreshMaterialized" }>): void {
  const view = context.relation(command.name);
  if (view.class !== "table" || view.materialized === undefined)
    throw new DbError({ sqlstate: "0A000", message: `"${view.name}" is not a materialized view` });
  if (command.concurrently) {
    if (!view.materialized.populated)
      throw new DbError({ sqlstate: "0A000", message: "CONCURRENTLY cannot be used when the materialized view is not populated" });
    if (!command.withData)
      throw new DbError({ sqlstate: "42601", message: "CONCURRENTLY and WITH NO DATA options cannot be used together" });
    const usable = context.snapshot
      .indexesOf(view.oid)
      .some((i) => i.unique && i.predicateSql === undefined && i.columns.every((c) => c.expressionSql === undefined));
    if (!usable)
      throw new DbError({
        sqlstate: "55000",
        message: `cannot refresh materialized view "${context.sqlName(view)}" concurrently`,
        hint: "Create a unique index with no WHERE clause on one or more columns of the materialized view.",
      });
  }
  // Readers go on with the rows of their snapshot: what CONCURRENTLY asks for is always so.
  context.check(context.storage.truncate(context.engine, context.xid, view.storage));
  context.nextStep();
  if (command.withData) {
    const loader = new RowLoader(context, view);
    const owner = context.snapshot.object(view.owner);
    // The query is its owner's, whoever refreshes: also for policies and current_user.
    const leave = context.session.view.actAs(owner?.class === "role" ? owner.name : context.session.user);
    try {
      context.stream(context.bindQuery(view.materialized.sql, true), (rows) => {
        loader.insertComputed(rows);
        return true;
      });
    } finally {
      leave();
    }
  }
  if (view.materialized.populated !== command.withData)
    context.put({ ...context.again(view), materialized: { ...view.materialized, populated: command.withData } });
}
