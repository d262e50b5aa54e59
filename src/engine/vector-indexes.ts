/** Vector indexes at the border: which native call builds them. Both run on native threads; the transaction must not be used meanwhile. */
import { type IndexObject, keyAttribute, type TableObject } from "../catalog/index.js";
import { parseHnswOptions, parseIvfflatOptions, vectorOperatorClasses } from "../functions/vector/index.js";
import { VectorQuantization } from "../native/index.js";
import { assert } from "../types/index.js";
import type { DefinitionContext } from "./commands/context.js";
import { settingsByName } from "./settings/definitions.js";

export async function buildVectorIndex(context: DefinitionContext, table: TableObject, index: IndexObject): Promise<void> {
  const column = index.columns[0];
  assert(column !== undefined, "a vector index has one column");
  const operatorClass = vectorOperatorClasses.get(column.opclass ?? "");
  assert(operatorClass !== undefined, "a vector index names its operator class");
  const { vector } = context.session.database.native;
  const place = [context.engine, context.xid, index.storage, table.storage, keyAttribute(column) - 1, operatorClass.metric] as const;
  const threads = buildThreads(context);
  if (index.method === "hnsw") {
    const { m, efConstruction, quantization } = parseHnswOptions(index.options);
    context.check(
      await context.session.clock.interruptible(() =>
        vector.createIndex(...place, m, efConstruction, VectorQuantization[quantization], threads),
      ),
    );
    return;
  }
  const lists = parseIvfflatOptions(index.options);
  context.check(await context.session.clock.interruptible(() => vector.createIvfflat(...place, lists, threads)));
  if ((vector.ivfflatFacts(context.engine, index.storage)?.rows ?? 0) < lists) noticeLittleData(context);
}

/** max_parallel_maintenance_workers and the one that asks; 0, as it is by default: one for each core. */
function buildThreads({ session }: DefinitionContext): number {
  const workers = session.settings.raw("max_parallel_maintenance_workers");
  return workers === settingsByName.get("max_parallel_maintenance_workers")?.initial ? 0 : Number(workers) + 1;
}

/** pgvector's. */
export function noticeLittleData(context: DefinitionContext): void {
  context.notice("ivfflat index created with little data", "00000", {
    detail: "This will cause low recall.",
    hint: "Drop the index until the table has more data.",
  });
}
