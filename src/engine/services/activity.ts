/** What sessions are doing, over all threads; cancelling and ending them; who blocks whom. */

import type { SessionFacts } from "../../catalog/index.js";
import { PredefinedRole } from "../../catalog/index.js";
import { PauseSignal } from "../../execution/index.js";
import { FIRST_PREPARED_PROCESS } from "../../native/index.js";
import { DbError, terminatedByAdministrator } from "../../types/index.js";
import type { EngineDatabase } from "../database.js";
import { Interrupt } from "../interrupts.js";
import type { EngineSession } from "../session.js";
import type { ThreadQuestion } from "../thread-questions.js";

/** Of the sessions of this thread. Plain data: it goes to other threads as JSON. */
export function ownSessions(database: EngineDatabase, asking?: EngineSession): SessionFacts[] {
  const snapshots = new Map<number, number>();
  for (const { process, snapshot } of database.native.locks.transactions(database.engine))
    if (snapshot > 0) snapshots.set(process, snapshot);
  return [...database.sessions.values()].map((session): SessionFacts => {
    const { block, waits } = session;
    const isActive = session === asking || waits.event !== undefined || session.listener.isBusy?.() === true;
    const elsewhere = session.listener.activityElsewhere?.();
    const idle = session.transactionStatus === "idle" && elsewhere?.transactionMicros === undefined;
    const xid = elsewhere?.xid ?? block?.xid ?? 0;
    return {
      processId: session.id,
      user: session.sessionUser,
      database: session.databaseName,
      applicationName: session.settings.raw("application_name") ?? "",
      client: session.client,
      startedMicros: session.startedMicros,
      transactionMicros: elsewhere?.transactionMicros ?? block?.startMicros ?? (isActive ? session.statementStartMicros : null),
      queryMicros: elsewhere?.queryMicros ?? (session.statementStartMicros === 0 ? null : session.statementStartMicros),
      state: isActive
        ? "active"
        : idle
          ? "idle"
          : session.transactionStatus === "failed"
            ? "idle in transaction (aborted)"
            : "idle in transaction",
      query: elsewhere?.query ?? session.currentQuery,
      xid: xid === 0 ? null : xid,
      xmin: snapshots.get(session.id) ?? null,
      waitEventType: waits.event?.type ?? (isActive ? null : "Client"),
      waitEvent: waits.event?.name ?? (isActive ? null : "ClientRead"),
      waitStartMicros: waits.event?.type === "Lock" ? waits.event.startMicros : null,
    };
  });
}

/** Of all threads. */
export function allSessions(session: EngineSession): SessionFacts[] {
  const others = factsOfOthers<SessionFacts>(session, { about: "sessions" }, "pg_stat_activity");
  return [...ownSessions(session.database, session), ...others].sort((a, b) => a.processId - b.processId);
}

/** What the other threads know; the statement pauses for it. */
export function factsOfOthers<T>(session: EngineSession, question: ThreadQuestion, what: string): readonly T[] {
  const { database } = session;
  if (database.otherThreads === 0) return [];
  return session.pausable(what).recall((): readonly T[] => {
    throw new PauseSignal(() =>
      session.waits
        .forPromise(database.ask(question), { type: "IPC", name: "ThreadAnswer" })
        .then((answers) => (answers as (readonly T[])[]).flat()),
    );
  });
}

/** Cancels what a session of this thread runs, or ends it; false: there is no such session here. */
export function signalOwn(database: EngineDatabase, processId: number, signal: "cancel" | "terminate"): boolean {
  const target = database.sessions.get(processId);
  if (target === undefined) return false;
  if (signal === "terminate") target.clock.terminate(terminatedByAdministrator());
  else target.cancel();
  return true;
}

/** pg_cancel_backend, pg_terminate_backend. */
export function signalBackend(session: EngineSession, processId: number, signal: "cancel" | "terminate"): boolean {
  const { database } = session;
  return session.pausable(`pg_${signal}_backend`).recall(() => {
    if (database.sessions.has(processId)) {
      checkMaySignal(session, database.sessions.get(processId)?.authenticatedUser ?? "", signal);
      return signalOwn(database, processId, signal);
    }
    const missing = (): boolean => {
      session.notice("WARNING", "01000", `PID ${processId} is not a PostgreSQL backend process`);
      return false;
    };
    if (database.otherThreads === 0) return missing();
    // Its thread may be busy with what shall end, and would answer nothing.
    if (session.isSuperuser && database.interrupts.ask(processId, Interrupt[signal])) {
      database.interrupted(processId);
      return true;
    }
    throw new PauseSignal(async () => {
      const facts = (await database.ask({ about: "sessions" })).flat() as SessionFacts[];
      const target = facts.find((f) => f.processId === processId);
      if (target === undefined) return missing();
      checkMaySignal(session, target.user, signal);
      return (await database.ask({ about: "signal", processId, signal })).includes(true);
    });
  });
}

function checkMaySignal(session: EngineSession, target: string, signal: "cancel" | "terminate"): void {
  if (session.isSuperuser) return;
  const doing = signal === "cancel" ? ["canceled", "cancel", "query"] : ["terminated", "terminate", "process"];
  const deny = (message: string) => new DbError({ sqlstate: "42501", message });
  const { snapshot } = session.catalog();
  if (snapshot.role(target)?.superuser === true) throw deny(`must be a superuser to ${doing[1]} superuser ${doing[2]}`);
  const role = snapshot.role(target);
  const isMine = session.user === target || (role !== undefined && session.hasPrivilegesOf(role.oid));
  if (!isMine && !session.hasPrivilegesOf(PredefinedRole.signalBackend))
    throw deny(`must be a member of the role whose ${doing[2]} is being ${doing[0]} or member of pg_signal_backend`);
}

/** Processes whose locks, or earlier requests, `processId` waits for. */
export function blockingPids(session: EngineSession, processId: number): number[] {
  const { native, engine } = session.database;
  const blockers = new Set<number>();
  for (const edge of native.locks.waits(engine))
    if (edge.waiter === processId) blockers.add(edge.blocker >= FIRST_PREPARED_PROCESS ? 0 : edge.blocker);
  return [...blockers];
}
