/** information_schema: the SQL standard's names for the same facts, one database ("catalog") only. */
import type { ConstraintObject, TableObject } from "../../src/catalog/index.js";
import { registry } from "../../src/functions/index.js";
import { type Oid, pgvectorTypes, TypeOid } from "../../src/types/index.js";
import { provide, type Source } from "./provider.js";
import { allRelations, attributesOf } from "./relations.js";

const yesNo = (value: boolean) => (value ? "YES" : "NO");
const schemaName = (source: Source, oid: Oid) => source.catalog.schemaByOid(oid)?.name ?? null;

provide("information_schema.schemata", function* (source) {
  for (const s of source.catalog.objects())
    if (s.class === "schema")
      yield { catalog_name: source.database, schema_name: s.name, schema_owner: source.definitions.roleName(s.owner) ?? null };
});
provide("information_schema.tables", function* (source) {
  for (const r of allRelations(source)) {
    if (r.class !== "table" && r.class !== "view" && r.class !== "system") continue;
    yield {
      table_catalog: source.database,
      table_schema: schemaName(source, r.schema),
      table_name: r.name,
      table_type:
        r.class === "table"
          ? r.persistence === "temporary"
            ? "LOCAL TEMPORARY"
            : "BASE TABLE"
          : r.class === "view" || r.schema === 14000
            ? "VIEW"
            : "BASE TABLE",
      is_insertable_into: yesNo(r.class === "table"),
      is_typed: "NO",
      commit_action: null,
    };
  }
});
provide("information_schema.views", function* (source) {
  for (const r of allRelations(source)) {
    if (r.class !== "view") continue;
    yield {
      table_catalog: source.database,
      table_schema: schemaName(source, r.schema),
      table_name: r.name,
      view_definition: source.definitions.viewDefinition(r.oid, false),
      check_option: "NONE",
      is_updatable: "NO",
      is_insertable_into: "NO",
      is_trigger_updatable: "NO",
      is_trigger_deletable: "NO",
      is_trigger_insertable_into: "NO",
    };
  }
});

provide("information_schema.columns", function* (source) {
  const wantedTable = source.wanted("table_name");
  for (const r of allRelations(source)) {
    if (r.class !== "table" && r.class !== "view" && r.class !== "system") continue;
    if (typeof wantedTable === "string" && wantedTable !== r.name) continue;
    let position = 0;
    for (const column of attributesOf(source, r)) {
      if (column.attribute?.dropped === true) continue;
      position++;
      const a = column.attribute;
      const sequence = a?.identity !== undefined && a.sequence !== undefined ? source.catalog.relationByOid(a.sequence) : undefined;
      const identity = sequence?.class === "sequence" ? sequence : undefined;
      yield {
        table_catalog: source.database,
        table_schema: schemaName(source, r.schema),
        table_name: r.name,
        column_name: column.name,
        ordinal_position: position,
        column_default: a?.defaultSql === undefined || a.generated === true ? null : source.system.printStored(a.defaultSql),
        is_nullable: yesNo(a?.notNull !== true),
        ...typeColumns(column.type, column.typmod),
        udt_catalog: source.database,
        udt_schema: pgvectorTypes.has(column.type) ? "public" : "pg_catalog",
        udt_name: source.registry.typeByOid(column.type)?.name ?? null,
        dtd_identifier: String(position),
        is_self_referencing: "NO",
        is_identity: yesNo(a?.identity !== undefined),
        identity_generation: a?.identity === undefined ? null : a.identity === "always" ? "ALWAYS" : "BY DEFAULT",
        identity_start: identity?.start ?? null,
        identity_increment: identity?.increment ?? null,
        identity_maximum: identity?.max ?? null,
        identity_minimum: identity?.min ?? null,
        identity_cycle: yesNo(identity?.cycle === true),
        is_generated: a?.generated === true ? "ALWAYS" : "NEVER",
        generation_expression: a?.generated === true && a.defaultSql !== undefined ? source.system.printStored(a.defaultSql) : null,
        is_updatable: yesNo(r.class === "table"),
      };
    }
  }
});

const binaryPrecision: Readonly<Record<Oid, number>> = {
  [TypeOid.int2]: 16,
  [TypeOid.int4]: 32,
  [TypeOid.int8]: 64,
  [TypeOid.float4]: 24,
  [TypeOid.float8]: 53,
};
const VARLENA_HEADER = 4;
/** A UTF-8 character takes at most four bytes. */
const CHARACTER_BYTES_MAX = 4;

function typeColumns(oid: Oid, typmod: number) {
  const type = registry.typeByOid(oid);
  const isArray = type?.category === "A" && type.elementType !== 0;
  const isString = oid === TypeOid.varchar || oid === TypeOid.bpchar;
  const length = isString && typmod !== -1 ? typmod - VARLENA_HEADER : null;
  const precision = binaryPrecision[oid];
  const isNumeric = oid === TypeOid.numeric && typmod !== -1;
  const isInteger = oid === TypeOid.int2 || oid === TypeOid.int4 || oid === TypeOid.int8;
  const isTime = oid === TypeOid.time || oid === TypeOid.timestamp || oid === TypeOid.timestamptz || oid === TypeOid.interval;
  return {
    data_type: isArray ? "ARRAY" : pgvectorTypes.has(oid) ? "USER-DEFINED" : (type?.displayName ?? null),
    character_maximum_length: length,
    character_octet_length: length === null ? (oid === TypeOid.text || isString ? 1_073_741_824 : null) : length * CHARACTER_BYTES_MAX,
    numeric_precision: precision ?? (isNumeric ? ((typmod - VARLENA_HEADER) >> 16) & 0xffff : null),
    numeric_precision_radix: precision !== undefined ? 2 : oid === TypeOid.numeric ? 10 : null,
    numeric_scale: isInteger ? 0 : isNumeric ? (typmod - VARLENA_HEADER) & 0x7ff : null,
    datetime_precision: oid === TypeOid.date ? 0 : isTime ? (typmod === -1 ? 6 : typmod & 0xffff) : null,
  };
}

function* constraints(source: Source): Iterable<{ readonly c: ConstraintObject; readonly table: TableObject }> {
  for (const c of source.catalog.objects()) {
    if (c.class !== "constraint") continue;
    const table = source.catalog.relationByOid(c.table);
    if (table?.class === "table") yield { c, table };
  }
}
const constraintTypes = { primaryKey: "PRIMARY KEY", unique: "UNIQUE", check: "CHECK", foreignKey: "FOREIGN KEY" } as const;

provide("information_schema.table_constraints", function* (source) {
  for (const { c, table } of constraints(source)) {
    yield {
      constraint_catalog: source.database,
      constraint_schema: schemaName(source, c.schema),
      constraint_name: c.name,
      table_catalog: source.database,
      table_schema: schemaName(source, table.schema),
      table_name: table.name,
      constraint_type: constraintTypes[c.kind],
      is_deferrable: yesNo(c.kind === "foreignKey" && c.deferrable),
      initially_deferred: yesNo(c.kind === "foreignKey" && c.initiallyDeferred),
      enforced: "YES",
      nulls_distinct: c.kind === "unique" ? "YES" : null,
    };
  }
  for (const table of allRelations(source)) {
    if (table.class !== "table") continue;
    for (const a of table.attributes) {
      if (!a.notNull || a.dropped) continue;
      yield {
        constraint_catalog: source.database,
        constraint_schema: schemaName(source, table.schema),
        constraint_name: `${table.schema}_${table.oid}_${a.number}_not_null`,
        table_catalog: source.database,
        table_schema: schemaName(source, table.schema),
        table_name: table.name,
        constraint_type: "CHECK",
        is_deferrable: "NO",
        initially_deferred: "NO",
        enforced: "YES",
        nulls_distinct: null,
      };
    }
  }
});
provide("information_schema.key_column_usage", function* (source) {
  for (const { c, table } of constraints(source)) {
    if (c.kind === "check") continue;
    for (let i = 0; i < c.attributes.length; i++) {
      const number = c.attributes[i] as number;
      yield {
        constraint_catalog: source.database,
        constraint_schema: schemaName(source, c.schema),
        constraint_name: c.name,
        table_catalog: source.database,
        table_schema: schemaName(source, table.schema),
        table_name: table.name,
        column_name: table.attributes[number - 1]?.name ?? null,
        ordinal_position: i + 1,
        position_in_unique_constraint: c.kind === "foreignKey" ? positionInKey(source, c, i) : null,
      };
    }
  }
});
function positionInKey(source: Source, c: Extract<ConstraintObject, { kind: "foreignKey" }>, i: number): number {
  const index = source.catalog.relationByOid(c.referencedIndex);
  return index?.class === "index" ? index.columns.findIndex((column) => column.attribute === c.referencedAttributes[i]) + 1 : i + 1;
}
const rules = { noAction: "NO ACTION", restrict: "RESTRICT", cascade: "CASCADE", setNull: "SET NULL", setDefault: "SET DEFAULT" } as const;
provide("information_schema.referential_constraints", function* (source) {
  for (const { c } of constraints(source)) {
    if (c.kind !== "foreignKey") continue;
    const index = source.catalog.relationByOid(c.referencedIndex);
    yield {
      constraint_catalog: source.database,
      constraint_schema: schemaName(source, c.schema),
      constraint_name: c.name,
      unique_constraint_catalog: source.database,
      unique_constraint_schema: index === undefined ? null : schemaName(source, index.schema),
      unique_constraint_name: index?.name ?? null,
      match_option: c.match === "full" ? "FULL" : "NONE",
      update_rule: rules[c.onUpdate],
      delete_rule: rules[c.onDelete],
    };
  }
});
provide("information_schema.constraint_column_usage", function* (source) {
  for (const { c, table } of constraints(source)) {
    const used = c.kind === "foreignKey" ? source.catalog.relationByOid(c.references) : table;
    if (used?.class !== "table") continue;
    for (const number of c.kind === "foreignKey" ? c.referencedAttributes : c.attributes) {
      yield {
        table_catalog: source.database,
        table_schema: schemaName(source, used.schema),
        table_name: used.name,
        column_name: used.attributes[number - 1]?.name ?? null,
        constraint_catalog: source.database,
        constraint_schema: schemaName(source, c.schema),
        constraint_name: c.name,
      };
    }
  }
});
provide("information_schema.check_constraints", function* (source) {
  for (const { c } of constraints(source)) {
    if (c.kind === "check")
      yield {
        constraint_catalog: source.database,
        constraint_schema: schemaName(source, c.schema),
        constraint_name: c.name,
        check_clause: source.system.printStored(c.sql),
      };
  }
});
provide("information_schema.sequences", function* (source) {
  for (const s of allRelations(source)) {
    if (s.class !== "sequence") continue;
    yield {
      sequence_catalog: source.database,
      sequence_schema: schemaName(source, s.schema),
      sequence_name: s.name,
      data_type: source.registry.typeByOid(s.type)?.displayName ?? null,
      numeric_precision: binaryPrecision[s.type] ?? null,
      numeric_precision_radix: 2,
      numeric_scale: 0,
      start_value: s.start,
      minimum_value: s.min,
      maximum_value: s.max,
      increment: s.increment,
      cycle_option: yesNo(s.cycle),
    };
  }
});
provide("information_schema.information_schema_catalog_name", function* (source) {
  yield { catalog_name: source.database };
});
for (const name of [
  "triggers",
  "routines",
  "parameters",
  "domain_constraints",
  "foreign_tables",
  "foreign_servers",
  "user_mappings",
  "column_domain_usage",
])
  provide(`information_schema.${name}`, () => []);
