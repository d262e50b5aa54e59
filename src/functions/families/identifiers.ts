/** Functions of tid, pg_lsn, xid8 and snapshots. */
import { DbError, dataError, invalidParameter, type Numeric } from "../../types/index.js";
import { requireService, type SessionService } from "../catalog-service.js";
import { add, subtract } from "../numeric/arithmetic.js";
import { fromInteger, round } from "../numeric/numeric-value.js";
import type { EvaluationContext, ScalarBody, SetBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { compareTids, parseSnapshot, unsigned64 } from "../types/identifiers.js";
import { type Int64, int64 } from "../types/integers.js";
import { comparisonsBy, namesOf, primitiveComparisons } from "./comparisons.js";

function lsnOf(value: Numeric): Int64 {
  if (value.special === "NaN") throw dataError("0A000", "cannot convert NaN to pg_lsn");
  if (value.special !== "finite") throw dataError("0A000", "cannot convert infinity to pg_lsn");
  const whole = round(value, 0).coefficient;
  if (whole < 0n || whole > 18446744073709551615n) throw invalidParameter("pg_lsn out of range");
  return unsigned64(whole);
}
function move(lsn: Int64, bytes: Numeric, of: (a: Numeric, b: Numeric) => Numeric, verb: string): Int64 {
  if (bytes.special === "NaN") throw dataError("0A000", `cannot ${verb} NaN ${verb === "add" ? "to" : "from"} pg_lsn`);
  const result = of(fromInteger(lsn), bytes);
  return lsnOf(result);
}
const isVisible = (xid: bigint, text: string) => {
  const { xmin, xmax, running } = parseSnapshot(text)!;
  return xid < xmin || (xid < xmax && !running.includes(xid));
};
const larger: ScalarBody = (_c, a: Int64, b: Int64) => (a > b ? a : b);
const smaller: ScalarBody = (_c, a: Int64, b: Int64) => (a < b ? a : b);
const difference: ScalarBody = (_c, a: Int64, b: Int64) => fromInteger(BigInt(a) - BigInt(b));

const transactions = (context: EvaluationContext) => requireService<SessionService>(context, "session").transactions;
/** 1 and 2 are the ids of what is older than every transaction. */
const FIRST_NORMAL_XID = 3;
/** No row was ever locked by several transactions under one id: the next of those is the first. */
const FIRST_MULTIXACT = 1;
const INT4_MAX = 2147483647;
const currentSnapshot: ScalarBody = (context) => {
  const { xmin, xmax, running } = transactions(context).snapshot();
  return `${xmin}:${xmax}:${running.join(",")}`;
};
/** @throws DbError 22023 for an id that no transaction has had yet */
function statusOf(context: EvaluationContext, xid: Int64): string | null {
  const number = Number(xid);
  if (number === 0) return null;
  const ids = transactions(context);
  const known = ids.status(number);
  if (known !== undefined) return known;
  if (number >= ids.next()) throw invalidParameter(`transaction ID ${xid} is in the future`);
  return number < FIRST_NORMAL_XID ? "committed" : null;
}
const noCommitTimestamps: ScalarBody = () => {
  throw new DbError({
    sqlstate: "55000",
    message: "could not get commit timestamp data",
    hint: 'Make sure the configuration parameter "track_commit_timestamp" is set.',
  });
};

const scalars: Record<string, ScalarBody> = {
  ...primitiveComparisons(namesOf("pg_lsn", "_"), "pg_lsn_cmp"),
  pg_lsn_larger: larger,
  pg_lsn_smaller: smaller,
  pg_lsn_mi: difference,
  pg_wal_lsn_diff: difference,
  pg_lsn_pli: (_c, a: Int64, n: Numeric) => move(a, n, add, "add"),
  numeric_pl_pg_lsn: (_c, n: Numeric, a: Int64) => move(a, n, add, "add"),
  pg_lsn_mii: (_c, a: Int64, n: Numeric) => move(a, n, subtract, "subtract"),
  "pg_lsn(numeric)": (_c, n: Numeric) => lsnOf(n),
  xid8_larger: larger,
  xid8_smaller: smaller,
  "xid(xid8)": (_c, a: Int64) => Number(BigInt(a) & 0xffffffffn),
  ...comparisonsBy<string>(namesOf("tid"), compareTids, "bttidcmp"),
  tidlarger: (_c, a: string, b: string) => (compareTids(a, b) >= 0 ? a : b),
  tidsmaller: (_c, a: string, b: string) => (compareTids(a, b) <= 0 ? a : b),
  txid_current: (c) => transactions(c).current(),
  pg_current_xact_id: (c) => transactions(c).current(),
  txid_current_if_assigned: (c) => transactions(c).assigned() ?? null,
  pg_current_xact_id_if_assigned: (c) => transactions(c).assigned() ?? null,
  txid_current_snapshot: currentSnapshot,
  pg_current_snapshot: currentSnapshot,
  pg_export_snapshot: (c) => transactions(c).exportSnapshot(),
  txid_status: (c, xid: Int64) => statusOf(c, xid),
  pg_xact_status: (c, xid: Int64) => statusOf(c, xid),
  "age(xid)": (c, xid: number) => (xid < FIRST_NORMAL_XID ? INT4_MAX : (transactions(c).next() - xid) | 0),
  mxid_age: (_c, xid: number) => (xid === 0 ? INT4_MAX : (FIRST_MULTIXACT - xid) | 0),
  pg_xact_commit_timestamp: noCommitTimestamps,
  pg_snapshot_xmin: (_c, s: string) => unsigned64(parseSnapshot(s)!.xmin),
  pg_snapshot_xmax: (_c, s: string) => unsigned64(parseSnapshot(s)!.xmax),
  txid_snapshot_xmin: (_c, s: string) => int64(parseSnapshot(s)!.xmin),
  txid_snapshot_xmax: (_c, s: string) => int64(parseSnapshot(s)!.xmax),
  pg_visible_in_snapshot: (_c, xid: Int64, s: string) => isVisible(BigInt(xid), s),
  txid_visible_in_snapshot: (_c, xid: Int64, s: string) => isVisible(BigInt(xid), s),
};

const sets: Record<string, SetBody> = {
  pg_snapshot_xip: (_c, s: string) => parseSnapshot(s)!.running.map(unsigned64),
  txid_snapshot_xip: (_c, s: string) => parseSnapshot(s)!.running.map(int64),
};

export const identifierFamily: Family = { scalars, sets };
