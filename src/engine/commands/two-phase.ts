/** PREPARE TRANSACTION, COMMIT PREPARED, ROLLBACK PREPARED (native/storage/prepared.h keeps what is between them). */
import type { CatalogObject } from "../../catalog/index.js";
import { StatusCode } from "../../native/index.js";
import { DbError, logFailed, notSupported } from "../../types/index.js";
import { clockMicros } from "../clock.js";
import { checkStatus } from "../native-status.js";
import type { EngineSession } from "../session.js";
import type { SessionTransaction } from "../transaction.js";
import type { ExecuteResult } from "../types.js";
import { done } from "./results.js";

/** GIDSIZE without the terminator. */
const NAME_BYTES_MAX = 199;

export function prepareTransaction(session: EngineSession, name: string): ExecuteResult | Promise<ExecuteResult> {
  session.transactionBlock.warnOutside();
  if (session.block === undefined) return done("ROLLBACK");
  if (session.hasFailed) {
    session.transactionBlock.rollback();
    return done("ROLLBACK");
  }
  const prepare = (): ExecuteResult =>
    done(
      "PREPARE TRANSACTION",
      session.transactionBlock.leavePrepared((block) => prepareBlock(session, block, name)),
    );
  const settled = session.transactionBlock.settleDeferred();
  return settled instanceof Promise ? settled.then(prepare) : prepare();
}

function prepareBlock(session: EngineSession, block: SessionTransaction, name: string): number {
  const { native, engine } = session.database;
  requireNoTemporaryObjects(session, block);
  for (const cursor of session.cursors.values())
    if (cursor.options.hold && cursor.transaction === block)
      throw refused("cannot PREPARE a transaction that has created a cursor WITH HOLD");
  if (Buffer.byteLength(name) > NAME_BYTES_MAX)
    throw new DbError({ sqlstate: "22023", message: `transaction identifier "${name}" is too long` });
  const most = Number(session.settings.raw("max_prepared_transactions"));
  if (most === 0)
    throw new DbError({
      sqlstate: "55000",
      message: "prepared transactions are disabled",
      hint: "Set max_prepared_transactions to a nonzero value.",
    });
  if (native.locks.prepared(engine).some((prepared) => prepared.name === name)) throw nameTaken(name);
  if (block.listening.length > 0 || block.notifications.length > 0)
    throw refused("cannot PREPARE a transaction that has executed LISTEN, UNLISTEN, or NOTIFY");
  if (block.locks.some((lock) => session.advisory.holds(lock)))
    throw refused("cannot PREPARE while holding both session-level and transaction-level locks on the same object");
  if (block.hasExported) throw refused("cannot PREPARE a transaction that has exported snapshots");
  // A conflict that is found later could not be refused at COMMIT PREPARED any more.
  if (block.isolation === "serializable") throw notSupported("PREPARE TRANSACTION of a serializable transaction");
  if (!block.overlay.isEmpty) throw notSupported("PREPARE TRANSACTION of a transaction that has changed definitions");
  const lsn = block.prepare(name, session.user, clockMicros(), most);
  if (lsn >= 0) return lsn;
  switch (-lsn) {
    case StatusCode.uniqueViolation:
      throw nameTaken(name);
    case StatusCode.limit:
      throw new DbError({
        sqlstate: "53200",
        message: "maximum number of prepared transactions reached",
        hint: `Increase max_prepared_transactions (currently ${most}).`,
      });
    case StatusCode.invalid:
      throw notSupported("PREPARE TRANSACTION of a transaction that has changed definitions");
    case StatusCode.ioError:
    case StatusCode.diskFull:
      throw logFailed(native.engine.lastError(engine).message, -lsn === StatusCode.diskFull);
    default:
      checkStatus(native, engine, -lsn);
      return 0;
  }
}

export function finishPrepared(session: EngineSession, name: string, commits: boolean): ExecuteResult {
  const tag = commits ? "COMMIT PREPARED" : "ROLLBACK PREPARED";
  session.transactionBlock.forbid(tag);
  const { database } = session;
  const { native, engine } = database;
  const prepared = native.locks.prepared(engine).find((p) => p.name === name);
  if (prepared === undefined) throw noSuchName(name);
  if (prepared.owner !== session.user && !session.isSuperuser)
    throw new DbError({
      sqlstate: "42501",
      message: "permission denied to finish prepared transaction",
      hint: "Must be superuser or the user that prepared the transaction.",
    });
  const lsn = native.locks.finishPrepared(engine, name, commits);
  if (lsn >= 0) {
    database.outcomes.ended(prepared.xid, commits ? "committed" : "aborted");
    return done(tag, lsn);
  }
  if (-lsn === StatusCode.notFound) throw noSuchName(name);
  const { message } = native.engine.lastError(engine);
  throw logFailed(message, -lsn === StatusCode.diskFull);
}

/** What was locked tells what was touched; what was made in the transaction is not locked yet. */
function requireNoTemporaryObjects(session: EngineSession, block: SessionTransaction): void {
  const { snapshot } = session.catalogIn(block);
  const isTemporary = (object: CatalogObject | undefined): boolean => object?.class === "table" && object.persistence === "temporary";
  if (block.relations.relations().some((oid) => isTemporary(snapshot.object(oid))) || [...block.overlay.objects()].some(isTemporary))
    throw refused("cannot PREPARE a transaction that has operated on temporary objects");
}

const refused = (message: string) => new DbError({ sqlstate: "0A000", message });
const nameTaken = (name: string) => new DbError({ sqlstate: "42710", message: `transaction identifier "${name}" is already in use` });
const noSuchName = (name: string) =>
  new DbError({ sqlstate: "42704", message: `prepared transaction with identifier "${name}" does not exist` });
