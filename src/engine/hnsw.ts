/** HNSW indexes at the border: which native call builds and drops them. */
import type { IndexObject, TableObject } from "../catalog/index.js";
import { parseHnswOptions, vectorOperatorClasses } from "../functions/vector/index.js";
import { assert } from "../types/index.js";
import type { DefinitionContext } from "./commands/context.js";

/** Runs on native threads; the transaction must not be used until it resolves. */
export async function buildHnsw(context: DefinitionContext, table: TableObject, index: IndexObject): Promise<void> {
  const column = index.columns[0];
  assert(column !== undefined, "a vector index has one column");
  const operatorClass = vectorOperatorClasses.get(column.opclass ?? "");
  assert(operatorClass !== undefined, "a vector index names its operator class");
  const { m, efConstruction } = parseHnswOptions(index.options);
  const status = await context.session.database.native.vector.createIndex(
    context.engine,
    context.xid,
    index.storage,
    table.storage,
    column.attribute - 1,
    operatorClass.metric,
    m,
    efConstruction,
  );
  context.check(status);
}
