/** The doors that functions find through EvaluationContext.service(name). */
import type { CursorService, SessionService } from "../../functions/index.js";
import { routineService } from "../routines.js";
import type { EngineSession } from "../session.js";
import type { StatementContext, TransactionService } from "../statement-context.js";
import { accessService } from "./access.js";
import { catalogService } from "./catalog.js";
import { sequenceService } from "./sequences.js";
import { systemService } from "./system.js";

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
    currentTransactionId: () => context?.xid ?? 0,
    notify: (channel, payload) => {
      if (context?.transaction !== undefined) context.transaction.notifications.push({ channel, payload });
      else session.database.notifications.publish(session.id, [{ channel, payload }]);
    },
  };
}
