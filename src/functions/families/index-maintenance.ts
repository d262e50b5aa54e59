/** The functions that maintain brin and gin indexes. */
import { type Datum, DbError, type Oid } from "../../types/index.js";
import { catalogOf } from "../catalog-service.js";
import type { ScalarBody } from "../registry.js";
import type { Family } from "../registry-builder.js";

/** @throws DbError 42809 another kind of index, or none; 42704 nothing there */
function requireIndex(context: Parameters<ScalarBody>[0], oid: Oid, method: string, word: string): void {
  const catalog = catalogOf(context);
  const index = catalog?.indexColumns?.(oid);
  const name = catalog?.relationFacts(oid)?.name ?? String(oid);
  if (index !== undefined && index.method === method) return;
  if (index === undefined && word === "BRIN" && catalog?.relationFacts(oid) !== undefined)
    throw new DbError({ sqlstate: "42809", message: `"${name}" is not an index` });
  if (index === undefined && catalog?.relationFacts(oid) === undefined)
    throw new DbError({ sqlstate: "42P01", message: `could not open relation with OID ${oid}` });
  if (index === undefined) throw new DbError({ sqlstate: "42809", message: `"${name}" is not an index` });
  throw new DbError({ sqlstate: "42809", message: `"${name}" is not a ${word} index` });
}
/** Zones are kept with the rows and there is no pending list: there is nothing left to do. */
const maintained =
  (method: string, word: string, answer: Datum): ScalarBody =>
  (context, oid: Oid, block?: number | bigint) => {
    if (block !== undefined && (block < 0 || block > 4294967295))
      throw new DbError({ sqlstate: "22003", message: `block number out of range: ${block}` });
    requireIndex(context, oid, method, word);
    return answer;
  };

export const indexMaintenanceFamily: Family = {
  scalars: {
    brin_summarize_new_values: maintained("brin", "BRIN", 0),
    brin_summarize_range: maintained("brin", "BRIN", 0),
    brin_desummarize_range: maintained("brin", "BRIN", ""),
    gin_clean_pending_list: maintained("gin", "GIN", 0),
  },
};
