/** pg_locks: locks of objects, of transactions (each holds its own xid; who waits for one asks for it), of virtual transactions. */
import { DATABASE_OID, type LockFacts } from "../../catalog/index.js";
import { tuplePlace } from "../../execution/internal.js";
import { LockKind, lockModeNames } from "../../native/index.js";
import type { EngineSession } from "../session.js";
import { relationOfStorage, tupleLockModes } from "../session-waits.js";
import { allSessions } from "./activity.js";

export function* allLocks(session: EngineSession): Iterable<LockFacts> {
  const { native, engine } = session.database;
  const waitStart = new Map<number, number>();
  const preparedXids = new Map(native.locks.prepared(engine).map(({ process, xid }) => [process, xid]));
  const virtual = (process: number) => {
    const xid = preparedXids.get(process);
    return xid === undefined ? { pid: process, virtualtransaction: `${process}/1` } : { virtualtransaction: `-1/${xid}` };
  };
  for (const { processId, transactionMicros, waitStartMicros } of allSessions(session)) {
    if (waitStartMicros !== null) waitStart.set(processId, waitStartMicros);
    if (transactionMicros === null) continue;
    yield {
      ...virtual(processId),
      locktype: "virtualxid",
      virtualxid: `${processId}/1`,
      mode: "ExclusiveLock",
      granted: true,
      fastpath: true,
    };
  }
  const waiting = (pid: number) => (waitStart.has(pid) ? { waitstart: waitStart.get(pid) as number } : {});
  for (const { xid, process, hasWritten } of native.locks.transactions(engine)) {
    if (process !== 0 && hasWritten)
      yield { ...virtual(process), locktype: "transactionid", transactionid: xid, mode: "ExclusiveLock", granted: true, fastpath: false };
  }
  for (const edge of native.locks.waits(engine)) {
    if (edge.tag !== undefined || edge.waiter === 0) continue;
    const { waiter, xid } = edge;
    if (edge.storage !== undefined) {
      // Who waits for a row's holder has the lock of the tuple, as in PostgreSQL, and who comes later waits for that.
      const { page, tuple } = tuplePlace(edge.row);
      yield {
        ...virtual(waiter),
        locktype: "tuple",
        database: DATABASE_OID,
        relation: relationOfStorage(session, edge.storage) ?? edge.storage,
        page,
        tuple,
        mode: tupleLockModes[edge.strength] ?? "",
        granted: !edge.isBehind,
        fastpath: false,
        ...(edge.isBehind ? waiting(waiter) : {}),
      };
      if (edge.isBehind) continue;
    }
    yield {
      ...virtual(waiter),
      locktype: "transactionid",
      transactionid: xid,
      mode: "ShareLock",
      granted: false,
      fastpath: false,
      ...waiting(waiter),
    };
  }
  for (const { tag, fields, mode, process, granted, inSlot } of native.locks.held(engine)) {
    const common = {
      ...virtual(process),
      mode: lockModeNames[mode] ?? "",
      granted,
      fastpath: inSlot,
      ...(granted ? {} : waiting(process)),
    };
    const [database = 0, second = 0, third = 0, fourth = 0] = fields;
    if (tag === LockKind.relation) yield { ...common, locktype: "relation", database: DATABASE_OID, relation: second };
    else yield { ...common, locktype: "advisory", database, classid: second, objid: third, objsubid: fourth };
  }
}
