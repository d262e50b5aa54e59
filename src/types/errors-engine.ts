/** Errors of sessions, transactions, cursors and prepared statements, as PostgreSQL 15 words them. */
import { DbError } from "./errors.js";

const simple = (sqlstate: string, message: string, more: { detail?: string; hint?: string } = {}) =>
  new DbError({ sqlstate, message, ...more });

export const transactionFailed = () => simple("25P02", "current transaction is aborted, commands ignored until end of transaction block");
export const readOnlyTransaction = (command: string) => simple("25006", `cannot execute ${command} in a read-only transaction`);
export const needsTransactionBlock = (command: string) => simple("25P01", `${command} can only be used in transaction blocks`);
export const forbidsPipeline = (command: string) => simple("25001", `${command} cannot be executed within a pipeline`);
export const forbidsTransactionBlock = (command: string) => simple("25001", `${command} cannot run inside a transaction block`);
export const noSuchSavepoint = (name: string) => simple("3B001", `savepoint "${name}" does not exist`);
export const isolationTooLate = () => simple("25001", "SET TRANSACTION ISOLATION LEVEL must be called before any query");
export const readWriteTooLate = () => simple("25001", "transaction read-write mode must be set before any query");
/** `waits`: a sentence for each process of the cycle. */
export const deadlockDetected = (waits: readonly string[]) =>
  simple("40P01", "deadlock detected", { detail: waits.join("\n"), hint: "See server log for query details." });
const fatal = (sqlstate: string, message: string) => new DbError({ sqlstate, severity: "FATAL", message });
export const terminatedByAdministrator = () => fatal("57P01", "terminating connection due to administrator command");
export const clientLost = () => fatal("08006", "connection to client lost");
export const idleInTransactionTimedOut = () => fatal("25P03", "terminating connection due to idle-in-transaction timeout");
export const idleSessionTimedOut = () => fatal("57P05", "terminating connection due to idle-session timeout");
export const transactionTimedOut = () => fatal("25P04", "terminating connection due to transaction timeout");
export const movedToAnotherPartition = () =>
  simple("40001", "tuple to be locked was already moved to another partition due to concurrent update");
export const serializationFailure = () => simple("40001", "could not serialize access due to concurrent update");
export const dependenciesNotSerializable = (reason: string) =>
  simple("40001", "could not serialize access due to read/write dependencies among transactions", {
    detail: reason,
    hint: "The transaction might succeed if retried.",
  });
export const queryCanceled = () => simple("57014", "canceling statement due to user request");
export const statementTimedOut = () => simple("57014", "canceling statement due to statement timeout");
export const relationLockNotAvailable = (relation: string) => simple("55P03", `could not obtain lock on relation "${relation}"`);
export const lockTimedOut = () => simple("55P03", "canceling statement due to lock timeout");
export const noSuchPrepared = (name: string) => simple("26000", `prepared statement "${name}" does not exist`);
export const duplicatePrepared = (name: string) => simple("42P05", `prepared statement "${name}" already exists`);
export const noSuchCursor = (name: string) => simple("34000", `cursor "${name}" does not exist`);
export const cursorHeld = (name: string) => simple("24000", `cursor "${name}" is held from a previous transaction`);
export const cursorNotUpdatable = (name: string, table: string) =>
  simple("24000", `cursor "${name}" is not a simply updatable scan of table "${table}"`);
export const cursorNotOnRow = (name: string) => simple("24000", `cursor "${name}" is not positioned on a row`);
export const duplicateCursor = (name: string) => simple("42P03", `cursor "${name}" already exists`);
export const cursorForwardOnly = () =>
  simple("55000", "cursor can only scan forward", { hint: "Declare it with SCROLL option to enable backward scan." });
export const wrongParameterCount = (name: string, expected: number, given: number) =>
  simple("42601", `wrong number of parameters for prepared statement "${name}"`, {
    detail: `Expected ${expected} parameters but got ${given}.`,
  });
export const cachedPlanChanged = () =>
  new DbError({ sqlstate: "0A000", message: "cached plan must not change result type", routine: "RevalidateCachedQuery" });
export const noSuchDatabase = (name: string) =>
  new DbError({ sqlstate: "3D000", severity: "FATAL", message: `database "${name}" does not exist` });
export const noSuchRole = (name: string) => simple("42704", `role "${name}" does not exist`);
export const noSuchLoginRole = (name: string) =>
  new DbError({ sqlstate: "28000", severity: "FATAL", message: `role "${name}" does not exist` });
export const sequenceExhausted = (name: string, limit: string, ascending: boolean) =>
  simple("2200H", `nextval: reached ${ascending ? "maximum" : "minimum"} value of sequence "${name}" (${limit})`);
/** 53100 when the disk is full, else 58030. */
export const logFailed = (message: string, isDiskFull = false) =>
  simple(isDiskFull ? "53100" : "58030", `could not write to the log: ${message}`);
export const nestedTooDeep = () => simple("54001", "stack depth limit exceeded");
