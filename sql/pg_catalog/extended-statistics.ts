/** CREATE STATISTICS' objects. Nothing is gathered for them, so what they would hold is NULL. */
import type { StatisticsObject } from "../../src/catalog/index.js";
import { ArrayValue, TypeOid } from "../../src/types/index.js";
import { charArray } from "./char-array.js";
import { int2Vector, provide, type Source, textArray } from "./provider.js";

function* statistics(source: Source): Iterable<StatisticsObject> {
  for (const object of source.catalog.objects()) if (object.class === "statistics") yield object;
}
const expressionsOf = (source: Source, object: StatisticsObject): string[] =>
  object.expressions.map((sql) => source.definitions.storedExpression(sql, object.table, false));

provide("pg_catalog.pg_statistic_ext", function* (source) {
  for (const object of statistics(source))
    yield {
      oid: object.oid,
      stxrelid: object.table,
      stxname: object.name,
      stxnamespace: object.schema,
      stxowner: object.owner,
      stxstattarget: object.target,
      stxkeys: int2Vector(object.attributes),
      stxkind: charArray([...object.kinds]),
      stxexprs: object.expressions.length === 0 ? null : expressionsOf(source, object).join(", "),
    };
});
provide("pg_catalog.pg_stats_ext", function* (source) {
  for (const object of statistics(source)) {
    const table = source.catalog.relationByOid(object.table);
    if (table?.class !== "table") continue;
    const names = object.attributes.map((number) => table.attributes[number - 1]?.name ?? "");
    yield {
      schemaname: source.catalog.schemaByOid(table.schema)?.name ?? null,
      tablename: table.name,
      statistics_schemaname: source.catalog.schemaByOid(object.schema)?.name ?? null,
      statistics_name: object.name,
      statistics_owner: source.definitions.roleName(object.owner) ?? null,
      attnames: names.length === 0 ? null : new ArrayValue(TypeOid.name, names),
      exprs: object.expressions.length === 0 ? null : textArray(expressionsOf(source, object)),
      kinds: charArray([...object.kinds]),
    };
  }
});
provide("pg_catalog.pg_stats_ext_exprs", function* (source) {
  for (const object of statistics(source)) {
    const table = source.catalog.relationByOid(object.table);
    for (const expr of expressionsOf(source, object))
      yield {
        schemaname: table === undefined ? null : (source.catalog.schemaByOid(table.schema)?.name ?? null),
        tablename: table?.name ?? null,
        statistics_schemaname: source.catalog.schemaByOid(object.schema)?.name ?? null,
        statistics_name: object.name,
        statistics_owner: source.definitions.roleName(object.owner) ?? null,
        expr,
      };
  }
});
