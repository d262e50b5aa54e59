/** orrery_vector_recall: what searches through an HNSW index are worth, measured while other statements go on. */
import { PauseSignal } from "../../execution/index.js";
import { invalidParameter, type Oid, wrongObjectType } from "../../types/index.js";
import type { EngineSession } from "../session.js";

const MAX_QUERIES = 10_000;

export function vectorRecall(session: EngineSession, oid: Oid, k: number, queries: number): number | null {
  const index = session.catalog().relationByOid(oid);
  if (index?.class !== "index" || index.method !== "hnsw") throw wrongObjectType(`"${index?.name ?? oid}" is not an hnsw index`);
  if (k < 1 || k > 1000) throw invalidParameter("the number of neighbors must be between 1 and 1000");
  if (queries < 1 || queries > MAX_QUERIES) throw invalidParameter(`the number of queries must be between 1 and ${MAX_QUERIES}`);
  const number = (name: string): number => Number(session.setting(name));
  return session.pausable("orrery_vector_recall").recall(() => {
    throw new PauseSignal(async () => {
      const { native, engine } = session.database;
      const recall = await native.vector.recall(engine, index.storage, number("hnsw.ef_search"), number("hnsw.recall_target"), k, queries);
      return recall === null || Number.isNaN(recall) ? null : recall;
    });
  });
}
