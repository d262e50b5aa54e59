/** What a session holds: its cursors and prepared statements. */
import { ArrayValue, TypeOid } from "../../src/types/index.js";
import { provide } from "./provider.js";

provide("pg_catalog.pg_cursors", function* (source) {
  for (const c of source.system.cursors()) {
    yield {
      name: c.name,
      statement: c.statement,
      is_holdable: c.isHoldable,
      is_binary: c.isBinary,
      is_scrollable: c.isScrollable,
      creation_time: c.createdMicros,
    };
  }
});
provide("pg_catalog.pg_prepared_statements", function* (source) {
  for (const p of source.system.preparedStatements()) {
    yield {
      name: p.name,
      statement: p.statement,
      prepare_time: p.preparedMicros,
      parameter_types: new ArrayValue(TypeOid.regtype, p.parameterTypes),
      from_sql: p.isFromSql,
      generic_plans: 0,
      custom_plans: 0,
    };
  }
});
