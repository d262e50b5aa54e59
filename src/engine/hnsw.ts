/** HNSW indexes at the border: which native call builds and drops them. */
import type { IndexObject, TableObject } from "../catalog/index.js";
import { VectorMetric } from "../native/index.js";
import { assert } from "../types/index.js";
import type { DefinitionContext } from "./commands/context.js";

const metrics: Readonly<Record<string, number>> = {
  vector_l2_ops: VectorMetric.l2,
  vector_ip_ops: VectorMetric.innerProduct,
  vector_cosine_ops: VectorMetric.cosine,
  vector_l1_ops: VectorMetric.l1,
};
/** pgvector's. */
export const HNSW_M = 16;
export const HNSW_EF_CONSTRUCTION = 64;

/** Runs on native threads; the transaction must not be used until it resolves. */
export async function buildHnsw(context: DefinitionContext, table: TableObject, index: IndexObject): Promise<void> {
  const column = index.columns[0];
  assert(column !== undefined, "a vector index has one column");
  const metric = metrics[column.opclass ?? ""];
  assert(metric !== undefined, "a vector index names its operator class");
  const m = Number(index.options.m ?? HNSW_M);
  const efConstruction = Number(index.options.ef_construction ?? HNSW_EF_CONSTRUCTION);
  const status = await context.session.database.native.vector.createIndex(
    context.engine,
    context.xid,
    index.storage,
    table.storage,
    column.attribute - 1,
    metric,
    m,
    efConstruction,
  );
  context.check(status);
}
