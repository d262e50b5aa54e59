/** Vector indexes at the border: which native call builds them. Both run on native threads; the transaction must not be used meanwhile. */
import { type IndexObject, keyAttribute, type TableObject } from "../catalog/index.js";
import { packedForms, parseHnswOptions, parseIvfflatOptions, vectorOperatorClasses } from "../functions/vector/index.js";
import { VectorQuantization } from "../native/index.js";
import { assert, vectorBuildMemory } from "../types/index.js";
import type { DefinitionContext } from "./commands/context.js";
import { settingsByName } from "./settings/definitions.js";

export async function buildVectorIndex(context: DefinitionContext, table: TableObject, index: IndexObject): Promise<void> {
  const column = index.columns[0];
  assert(column !== undefined, "a vector index has one column");
  const operatorClass = vectorOperatorClasses.get(column.opclass ?? "");
  assert(operatorClass !== undefined, "a vector index names its operator class");
  const { native, statistics } = context.session.database;
  const { vector } = native;
  const place = [context.engine, context.xid, index.storage, table.storage, keyAttribute(column) - 1, operatorClass.metric] as const;
  const threads = buildThreads(context);
  if (index.method === "hnsw") {
    const { m, efConstruction, quantization } = parseHnswOptions(index.options);
    context.check(
      await context.session.clock.interruptible(() =>
        vector.createIndex(...place, m, efConstruction, VectorQuantization[quantization], threads),
      ),
    );
    noticeMemory(context, vector.indexFacts(context.engine, index.storage)?.bytes ?? 0);
    return;
  }
  const lists = parseIvfflatOptions(index.options);
  const dimensions = table.attributes[keyAttribute(column) - 1]?.typmod ?? 0;
  const places = packedForms.get(operatorClass.type)?.places(dimensions) ?? dimensions;
  const samples = Math.min(statistics.rowCount(table.storage), Math.max(SAMPLES, SAMPLES_PER_LIST * lists));
  const required = (samples + 2 * lists) * Float32Array.BYTES_PER_ELEMENT * places;
  if (required > allowedBytes(context)) throw vectorBuildMemory(required, allowedBytes(context) / 1024);
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

/** Rows that k-means takes (native/index/ivfflat/inverted_lists.cc). */
const SAMPLES = 10_000;
const SAMPLES_PER_LIST = 50;

const allowedBytes = ({ session }: DefinitionContext): number => 1024 * Number(session.settings.raw("maintenance_work_mem"));

/** Where pgvector says that a build goes on outside of memory. Here the graph is the index, which stays in memory: the build holds nothing besides. */
function noticeMemory(context: DefinitionContext, bytes: number): void {
  if (bytes <= allowedBytes(context)) return;
  const megabytes = (count: number) => Math.ceil(count / 2 ** 20);
  context.notice("hnsw graph does not fit into maintenance_work_mem", "00000", {
    detail: `It takes ${megabytes(bytes)} MB of memory and stays there; maintenance_work_mem is ${megabytes(allowedBytes(context))} MB.`,
    hint: "A smaller m makes it smaller. Increase maintenance_work_mem if that is what it should take.",
  });
}
