/** pg_indexam_has_property, pg_index_has_property, pg_index_column_has_property: what an access method, an index and its columns can do. */
import type { Datum, Oid } from "../../types/index.js";
import { catalogOf } from "../catalog-service.js";
import type { ScalarBody } from "../registry.js";
import type { Family } from "../registry-builder.js";

/** What a client may rely on: of hash and brin here what PostgreSQL's can do, though they are kept as trees. */
interface MethodProperties {
  readonly method: readonly string[];
  readonly index: readonly string[];
  readonly column: readonly string[];
}
const methodProperties = ["can_order", "can_unique", "can_multi_col", "can_exclude", "can_include"];
const indexProperties = ["clusterable", "index_scan", "bitmap_scan", "backward_scan"];
const orderProperties = ["asc", "desc", "nulls_first", "nulls_last"];
const columnProperties = [...orderProperties, "orderable", "distance_orderable", "returnable", "search_array", "search_nulls"];
const methods: Readonly<Record<string, MethodProperties>> = {
  btree: { method: methodProperties, index: indexProperties, column: ["orderable", "returnable", "search_array", "search_nulls"] },
  hash: { method: ["can_exclude"], index: ["index_scan", "bitmap_scan", "backward_scan"], column: [] },
  gist: {
    method: ["can_multi_col", "can_exclude", "can_include"],
    index: ["clusterable", "index_scan", "bitmap_scan"],
    column: ["search_nulls"],
  },
  gin: { method: ["can_multi_col"], index: ["bitmap_scan"], column: [] },
  spgist: { method: ["can_exclude", "can_include"], index: ["index_scan", "bitmap_scan"], column: ["search_nulls"] },
  brin: { method: ["can_multi_col"], index: ["bitmap_scan"], column: ["search_nulls"] },
  hnsw: { method: [], index: ["index_scan"], column: ["distance_orderable"] },
  ivfflat: { method: [], index: ["index_scan"], column: ["distance_orderable"] },
};
const methodNames: Readonly<Record<number, string>> = { 403: "btree", 405: "hash", 783: "gist", 2742: "gin", 3580: "brin", 4000: "spgist" };

/** Classes with an ordering operator, and those that do not give a key back as it was. */
const byDistance: Readonly<Record<string, readonly string[]>> = {
  gist: ["point_ops", "box_ops", "circle_ops", "poly_ops"],
  spgist: ["quad_point_ops", "kd_point_ops", "box_ops", "poly_ops"],
};
const lossy: Readonly<Record<string, readonly string[]>> = { gist: ["circle_ops", "poly_ops"], spgist: ["poly_ops"] };

const answer = (known: readonly string[], has: readonly string[] | undefined, property: string): Datum =>
  has !== undefined && known.includes(property) ? has.includes(property) : null;

const scalars: Record<string, ScalarBody> = {
  pg_indexam_has_property: (_c, method: Oid, property: string) =>
    answer(methodProperties, methods[methodNames[method] ?? ""]?.method, property.toLowerCase()),
  pg_index_has_property: (c, index: Oid, property: string) =>
    answer(indexProperties, methods[catalogOf(c)?.indexColumns?.(index)?.method ?? ""]?.index, property.toLowerCase()),
  pg_index_column_has_property: (c, index: Oid, number: number, written: string): Datum => {
    const facts = catalogOf(c)?.indexColumns?.(index);
    const properties = facts && methods[facts.method];
    if (facts === undefined || properties === undefined || number < 1 || number > facts.keys.length + facts.includeCount) return null;
    const property = written.toLowerCase();
    const key = facts.keys[number - 1];
    // What is only included has no order and is not searched.
    if (key === undefined) {
      if (property === "returnable") return facts.method === "gist" ? null : true;
      if (property === "distance_orderable") return byDistance[facts.method] === undefined ? false : null;
      return property === "orderable" ? false : null;
    }
    if (property === "distance_orderable" && byDistance[facts.method] !== undefined)
      return byDistance[facts.method]?.includes(key.operatorClass) === true;
    if (property === "returnable" && lossy[facts.method] !== undefined) return lossy[facts.method]?.includes(key.operatorClass) !== true;
    if (!orderProperties.includes(property)) return answer(columnProperties, properties.column, property);
    if (!properties.method.includes("can_order")) return false;
    return property.startsWith("nulls_") ? key.nullsFirst === (property === "nulls_first") : key.descending === (property === "desc");
  },
};

export const indexPropertiesFamily: Family = { scalars };
