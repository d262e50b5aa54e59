/** The doors that functions find through EvaluationContext.service(name). */

import { PauseSignal } from "../../execution/index.js";
import type { CursorService, SessionService } from "../../functions/index.js";
import { DbError } from "../../types/index.js";
import { routineService } from "../routines.js";
import type { EngineSession } from "../session.js";
import type { StatementContext, TransactionService } from "../statement-context.js";
import { transactionIds } from "../transaction-ids.js";
import { accessService } from "./access.js";
import { blockingPids, signalBackend } from "./activity.js";
import { catalogService } from "./catalog.js";
import { sequenceService } from "./sequences.js";
import { systemService } from "./system.js";
import { vectorRecall } from "./vector-recall.js";

export { SequenceState } from "./sequences.js";

/** `context` is absent when a value is read outside a statement (binding a literal). Undefined: there is no such service. */
export function sessionServices(session: EngineSession, context: StatementContext | undefined, name: string): unknown {
  const catalog = context?.catalog ?? session.catalog();
  switch (name) {
    case "catalog":
      return catalogService(session, catalog);
    case "access":
      return accessService(session, catalog);
    case "registry":
      return session.registry(catalog);
    case "routines":
      return routineService(session, context);
    case "sequences":
      return sequenceService(session, catalog, context);
    case "system":
      return systemService(session, catalog);
    case "transaction":
      return transactionService(session, context);
    case "session":
      return sessionService(session, context);
    case "cursors":
      return {
        currentRowId: (cursor, relation, table) => session.cursors.require(cursor).currentRowId(relation, table),
      } satisfies CursorService;
    case "engineSession":
      return session;
    default:
      return session.database.services[name];
  }
}

function transactionService(session: EngineSession, context: StatementContext | undefined): TransactionService {
  return { engine: session.database.engine, xid: context?.xid ?? 0, readOnly: context?.transaction?.readOnly ?? false };
}
function sessionService(session: EngineSession, context: StatementContext | undefined): SessionService {
  return {
    backendPid: session.id,
    get transactions() {
      return transactionIds(session, context?.transaction);
    },
    advisoryLock: (key, { shared, wait, transaction }) =>
      session.advisory.lock(key, shared, wait, transaction ? context?.transaction : undefined),
    advisoryUnlock: (key, shared) => session.advisory.unlock(key, shared),
    advisoryUnlockAll: () => session.advisory.releaseAll(),
    sleep: (millis) =>
      session.pausable("pg_sleep").recall(() => {
        throw new PauseSignal(() => session.waits.sleep(millis));
      }),
    signal: (processId, signal) => signalBackend(session, processId, signal),
    client: session.client,
    reloadConfiguration: () => {
      if (!session.isSuperuser) throw new DbError({ sqlstate: "42501", message: "permission denied for function pg_reload_conf" });
      session.database.reloadConfiguration();
    },
    blockingPids: (processId) => blockingPids(session, processId),
    safeSnapshotBlockingPids: (processId) =>
      session.database.sessions.get(processId)?.waits.event?.name === "SafeSnapshot" ? blockingPids(session, processId) : [],
    vectorRecall: (index, k, queries) => vectorRecall(session, index, k, queries),
    currentQuery: session.currentQuery,
    listeningChannels: () => [...session.channels],
    notify: (channel, payload) => {
      if (context?.transaction !== undefined) context.transaction.notifications.push({ channel, payload });
      else session.database.notifications.publish(session.id, [{ channel, payload }]);
    },
  };
}
