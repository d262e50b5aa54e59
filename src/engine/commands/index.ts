/** Statements that are not queries: which file runs which. */

import { PredefinedRole } from "../../catalog/index.js";
import type { Command } from "../../plan/index.js";
import { type Datum, noSuchCursor, noSuchPrepared, notSupported, TypeOid, unreachable } from "../../types/index.js";
import { requireFileRights } from "../copy/server-files.js";
import type { PlannedStatement } from "../plan-cache.js";
import type { EngineSession } from "../session.js";
import { isHiddenSetting } from "../settings/definitions.js";
import type { StatementOutcome } from "../statement-outcome.js";
import type { ExecuteResult, ResultColumn } from "../types.js";
import { alterTable } from "./alter-table.js";
import { catalogWork } from "./catalog/index.js";
import { commandLocks } from "./command-locks.js";
import { DefinitionContext } from "./context.js";
import { copyCommand } from "./copy.js";
import { createIndex } from "./create-index.js";
import { createExtension, createSchema } from "./create-schema.js";
import { createTable } from "./create-table.js";
import { createTableAs } from "./create-table-as.js";
import { createView } from "./create-view.js";
import { closeCursor, declareCursor, fetchCursor } from "./cursor.js";
import { checkDefinitionAccess } from "./definition-access.js";
import { drop } from "./drop.js";
import { explain } from "./explain.js";
import { lockTable } from "./lock-table.js";
import { analyze, checkpoint, cluster, refuseReindexInBlock, reindex } from "./maintenance.js";
import { listen, notify } from "./notify.js";
import { deallocate, discard, executePrepared, prepareNamed } from "./prepared.js";
import { refreshMaterialized } from "./refresh.js";
import { rename, setSchema } from "./rename.js";
import { done, rows } from "./results.js";
import { alterRole, createRole, dropRole } from "./role.js";
import { alterSequence, createSequence } from "./sequence.js";
import { setConstraints, transactionCommand } from "./transaction-control.js";
import { truncate } from "./truncate.js";

type Run = ExecuteResult | Promise<ExecuteResult>;

export function runCommand(session: EngineSession, command: Command, parameters: readonly Datum[], planned: PlannedStatement): Run {
  const define = (
    tag: string,
    work: (context: DefinitionContext) => StatementOutcome | string | void | undefined | Promise<string | void>,
  ): Run =>
    session.runner.runInTransaction((transaction) => {
      const context = new DefinitionContext(session, transaction, tag);
      checkDefinitionAccess(context, command);
      transaction.relations.require(commandLocks(context, command));
      const result = work(context);
      const outcome = (value: StatementOutcome | string | void): StatementOutcome =>
        typeof value === "object" ? value : { tag: value ?? tag };
      return result instanceof Promise ? result.then(outcome) : outcome(result);
    });
  const tag = planned.bound.tag;
  const aboutCatalog = catalogWork(command, parameters);
  if (aboutCatalog !== undefined) return define(tag, aboutCatalog);
  switch (command.kind) {
    case "Transaction":
      return transactionCommand(session, command, tag);
    case "SetTransaction":
      if (command.session) {
        if (command.isolation !== undefined) session.changeSetting("default_transaction_isolation", command.isolation, false);
        if (command.readOnly !== undefined) session.changeSetting("default_transaction_read_only", command.readOnly ? "on" : "off", false);
      } else session.transactionBlock.setMode(command);
      return done("SET");
    case "SetTransactionSnapshot":
      session.transactionBlock.importSnapshot(command.snapshot);
      return done("SET");
    case "SetVariable":
      if (command.value === null && command.name.toLowerCase() === "all") session.settings.resetAll();
      else {
        if (command.local && !session.transactionBlock.isAround)
          session.notice("WARNING", "25P01", "SET LOCAL can only be used in transaction blocks");
        if (!command.local || session.block !== undefined) session.changeSetting(command.name, command.value, command.local);
      }
      return done(tag === "" ? "SET" : tag);
    case "ShowVariable": {
      const mayReadSettings = session.hasPrivilegesOf(PredefinedRole.readAllSettings);
      if (command.name.toLowerCase() === "all")
        return rows(
          planned.columns,
          session.settings
            .all()
            .filter((s) => !isHiddenSetting(s.name) || mayReadSettings)
            .map((s) => [s.name, s.value, s.description]),
          "SHOW",
        );
      return rows(planned.columns, [[session.shownSetting(command.name)]], "SHOW");
    }
    case "Explain":
      return explain(session, command, parameters, planned);
    case "Prepare":
      return prepareNamed(session, command);
    case "Execute":
      return executePrepared(session, command, parameters);
    case "Deallocate":
      return deallocate(session, command);
    case "Discard":
      return discard(session, command);
    case "DeclareCursor":
      return declareCursor(session, command, parameters);
    case "Fetch":
      return fetchCursor(session, command);
    case "ClosePortal":
      return closeCursor(session, command);
    case "Listen":
    case "Unlisten":
      return listen(session, command);
    case "Notify":
      return notify(session, command);
    case "Checkpoint":
      return checkpoint(session);
    case "RefreshMaterialized":
      return define("REFRESH MATERIALIZED VIEW", (context) => refreshMaterialized(context, command));
    case "Cluster":
      if (command.table === undefined) session.transactionBlock.forbid("CLUSTER");
      return define("CLUSTER", (context) => cluster(context, command));
    case "SetConstraints":
      return setConstraints(session, command);
    case "LockTable":
      return lockTable(session, command);
    case "Analyze":
    case "Vacuum":
      return analyze(session, command);
    case "Reindex":
      refuseReindexInBlock(session, command);
      return define("REINDEX", (context) => reindex(context, command));
    case "CreateTable":
      return define("CREATE TABLE", (context) => createTable(context, command));
    case "CreateTableAs":
      return define("CREATE TABLE AS", (context) => createTableAs(context, command, parameters));
    case "AlterTable":
      return define(tag === "" ? "ALTER TABLE" : tag, (context) => alterTable(context, command));
    case "Rename":
      return define(tag === "" ? "ALTER TABLE" : tag, (context) => rename(context, command));
    case "SetSchema":
      return define(tag === "" ? "ALTER TABLE" : tag, (context) => setSchema(context, command));
    case "Drop":
      return define(`DROP ${command.object.toUpperCase()}`, (context) => drop(context, command));
    case "CreateIndex":
      if (command.concurrently) session.transactionBlock.forbid("CREATE INDEX CONCURRENTLY");
      return define("CREATE INDEX", (context) => createIndex(context, command));
    case "CreateView":
      return define("CREATE VIEW", (context) => createView(context, command));
    case "CreateSequence":
      return define("CREATE SEQUENCE", (context) => createSequence(context, command));
    case "AlterSequence":
      return define("ALTER SEQUENCE", (context) => alterSequence(context, command));
    case "CreateSchema":
      return define("CREATE SCHEMA", (context) => createSchema(context, command));
    case "CreateExtension":
      return define("CREATE EXTENSION", (context) => createExtension(context, command));
    case "CreateRole":
      return define("CREATE ROLE", (context) => createRole(context, command));
    case "AlterRole":
      return define("ALTER ROLE", (context) => alterRole(context, command));
    case "DropRole":
      return define("DROP ROLE", (context) => dropRole(context, command));
    case "Truncate":
      return define("TRUNCATE TABLE", (context) => truncate(context, command));
    case "Copy":
      if (!session.isSuperuser) {
        if (command.file !== undefined) requireFileRights(session, command.direction);
        checkDefinitionAccess(session.definitionContext("COPY"), command);
      }
      return copyCommand(session, command, parameters);
    default:
      return unreachable(command as never);
  }
}

/** Columns that only the session knows: of SHOW, EXPLAIN, FETCH and EXECUTE. */
export function commandColumns(session: EngineSession, command: Command, bound: readonly ResultColumn[]): readonly ResultColumn[] {
  const text = (name: string): ResultColumn => ({ name, type: TypeOid.text, typmod: -1 });
  switch (command.kind) {
    case "ShowVariable": {
      const key = command.name.toLowerCase();
      if (key === "all") return [text("name"), text("setting"), text("description")];
      const known: Record<string, string> = { "time zone": "TimeZone", "transaction isolation level": "transaction_isolation" };
      return [text(known[key] ?? session.settings.properName(command.name))];
    }
    case "Explain":
      return [
        {
          name: "QUERY PLAN",
          type: command.format === "json" ? TypeOid.json : TypeOid.text,
          typmod: -1,
        },
      ];
    case "Execute": {
      const prepared = session.preparedByName.get(command.name);
      if (prepared === undefined) throw noSuchPrepared(command.name);
      return prepared.columns;
    }
    case "Fetch": {
      if (command.move) return [];
      const cursor = session.cursors.get(command.cursor);
      if (cursor === undefined && session.listener.portals?.has(command.cursor))
        throw notSupported("FETCH from a portal of the extended protocol");
      // There may be one when it runs.
      return cursor?.columns ?? [];
    }
    default:
      return bound;
  }
}
