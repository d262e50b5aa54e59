/**
 * Ours: what there is to know of vector indexes. `bytes` is what the index takes beside the table's vectors, `inserted` and `loaded` (from a
 * checkpoint) count since the server started, the recall_ arrays hold what walks of rising effort found when `probed_rows` rows were measured.
 */
import { type IndexObject, keyAttribute } from "../../src/catalog/index.js";
import { ArrayValue, TypeOid } from "../../src/types/index.js";
import { provide } from "./provider.js";
import { allRelations } from "./relations.js";

provide("pg_catalog.orrery_vector_indexes", function* (source) {
  for (const r of allRelations(source)) {
    if (r.class !== "index") continue;
    const facts = r.method === "hnsw" ? source.system.vectorIndex(r.storage) : undefined;
    const lists = r.method === "ivfflat" ? source.system.ivfflatIndex(r.storage) : undefined;
    const common = facts ?? lists;
    if (common === undefined) continue;
    const table = source.catalog.relationByOid(r.table);
    const [column] = r.columns;
    const attribute = table?.class === "table" ? table.attributes[keyAttribute(column as IndexObject["columns"][number]) - 1] : undefined;
    const probes = facts !== undefined && facts.recall.length > 0 ? facts.recall : undefined;
    yield {
      relid: r.table,
      indexrelid: r.oid,
      schemaname: source.catalog.schemaByOid(r.schema)?.name ?? null,
      relname: table?.name ?? null,
      indexrelname: r.name,
      method: r.method,
      opclass: column?.opclass ?? null,
      dimensions: attribute?.typmod ?? null,
      quantization: facts === undefined ? null : (r.options.quantization ?? "none"),
      rows: common.rows,
      removed: facts?.removed ?? null,
      levels: facts?.levels ?? null,
      bytes: common.bytes,
      bytes_per_vector: common.rows === 0 ? null : common.bytes / common.rows,
      inserted: facts?.inserted ?? null,
      loaded: facts?.loaded ?? null,
      entry_row: facts?.entryRow ?? null,
      probed_rows: facts?.probedRows ?? null,
      recall_ef:
        probes === undefined
          ? null
          : new ArrayValue(
              TypeOid.int4,
              probes.map((p) => p.ef),
            ),
      recall_at_10:
        probes === undefined
          ? null
          : new ArrayValue(
              TypeOid.float8,
              probes.map((p) => p.at10),
            ),
      recall_at_100:
        probes === undefined
          ? null
          : new ArrayValue(
              TypeOid.float8,
              probes.map((p) => (p.at100 > 0 ? p.at100 : null)),
            ),
    };
  }
});
