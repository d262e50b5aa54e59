/** information_schema: the SQL standard's names for the same facts, one database ("catalog") only. */
import { type ConstraintObject, collationByOid, collationOid, type SequenceObject, type TableObject } from "../../src/catalog/index.js";
import type { Oid } from "../../src/types/index.js";
import { binaryPrecision, typeColumns, typeNames } from "./information-schema-types.js";
import { provide, type Source } from "./provider.js";
import type { NamedRow } from "./relation-shape.js";
import { allRelations, attributesOf, type Column } from "./relations.js";

/** Bits of pg_relation_is_updatable. */
const INSERT_EVENT = 8;
const CHANGE_EVENTS = 4 | 16;
const yesNo = (value: boolean) => (value ? "YES" : "NO");
const schemaName = (source: Source, oid: Oid) => source.catalog.schemaByOid(oid)?.name ?? null;

provide("information_schema.schemata", function* (source) {
  for (const s of source.catalog.objects())
    if (s.class === "schema")
      yield { catalog_name: source.database, schema_name: s.name, schema_owner: source.definitions.roleName(s.owner) ?? null };
});
provide("information_schema.tables", function* (source) {
  const names = typeNames(source);
  for (const r of allRelations(source)) {
    if (r.class !== "table" && r.class !== "view" && r.class !== "system") continue;
    // The standard knows no materialized views.
    if (r.class === "table" && r.materialized !== undefined) continue;
    const ofType = r.class === "table" ? r.ofType : undefined;
    yield {
      table_catalog: source.database,
      table_schema: schemaName(source, r.schema),
      table_name: r.name,
      table_type:
        r.class === "table"
          ? r.persistence === "temporary"
            ? "LOCAL TEMPORARY"
            : "BASE TABLE"
          : r.class === "system" && r.isTable === true
            ? "BASE TABLE"
            : "VIEW",
      is_insertable_into: yesNo(
        r.class === "table" || (r.class === "view" && (source.definitions.updatableEvents(r.oid) & INSERT_EVENT) !== 0),
      ),
      is_typed: yesNo(ofType !== undefined),
      user_defined_type_catalog: ofType === undefined ? null : source.database,
      user_defined_type_schema: ofType === undefined ? null : names.schemaOf(ofType),
      user_defined_type_name: ofType === undefined ? null : (source.registry.typeByOid(ofType)?.name ?? null),
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
      view_definition: source.definitions.viewDefinition(r.oid, false, 0),
      check_option: r.checkOption?.toUpperCase() ?? "NONE",
      is_updatable: yesNo((source.definitions.updatableEvents(r.oid) & CHANGE_EVENTS) === CHANGE_EVENTS),
      is_insertable_into: yesNo((source.definitions.updatableEvents(r.oid) & INSERT_EVENT) !== 0),
      is_trigger_updatable: "NO",
      is_trigger_deletable: "NO",
      is_trigger_insertable_into: "NO",
    };
  }
});

provide("information_schema.columns", function* (source) {
  const wantedTable = source.wanted("table_name");
  const names = typeNames(source);
  for (const r of allRelations(source)) {
    if (r.class !== "table" && r.class !== "view" && r.class !== "system") continue;
    if (typeof wantedTable === "string" && wantedTable !== r.name) continue;
    if (r.class === "table" && r.materialized !== undefined) continue;
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
        column_default: a?.defaultSql === undefined || a.generated === true ? null : source.definitions.columnDefault(r.oid, a.number),
        is_nullable: yesNo((a?.notNull ?? column.notNull) !== true && names.domain(column.type)?.notNull !== true),
        ...typeColumns(source, names, column.type, column.typmod),
        ...collationColumns(source, column),
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
        generation_expression: a?.generated === true ? source.definitions.columnDefault(r.oid, a.number) : null,
        is_updatable: yesNo(r.class === "table" || (r.class === "view" && source.definitions.isColumnUpdatable(r.oid, position))),
      };
    }
  }
});

/** A column's collation; the default is not shown. */
function collationColumns(source: Source, column: Column): NamedRow {
  const own = column.attribute?.collation ?? column.collation ?? source.registry.typeByOid(column.type)?.collation;
  const found = own === undefined ? undefined : collationByOid(source.catalog, collationOid(own));
  if (found === undefined || found.provider === "default") return {};
  return { collation_catalog: source.database, collation_schema: schemaName(source, found.schema), collation_name: found.name };
}

provide("information_schema.attributes", function* (source) {
  const names = typeNames(source);
  for (const type of source.catalog.objects()) {
    if (type.class !== "type" || type.kind !== "composite") continue;
    for (const a of type.attributes) {
      if (a.dropped) continue;
      const { udt_catalog, udt_schema, udt_name, domain_catalog, domain_schema, domain_name, ...shape } = typeColumns(
        source,
        names,
        a.type,
        a.typmod,
      );
      yield {
        ...shape,
        // A domain shows as itself here, with the limits of the type beneath it.
        ...(domain_name === null ? {} : { data_type: "USER-DEFINED" }),
        udt_catalog: source.database,
        udt_schema: schemaName(source, type.schema),
        udt_name: type.name,
        attribute_name: a.name,
        ordinal_position: a.number,
        is_nullable: "YES",
        attribute_udt_catalog: udt_catalog,
        attribute_udt_schema: domain_schema ?? udt_schema,
        attribute_udt_name: domain_name ?? udt_name,
        dtd_identifier: String(a.number),
        is_derived_reference_attribute: "NO",
      };
    }
  }
});

function* constraints(source: Source): Iterable<{ readonly c: ConstraintObject; readonly table: TableObject }> {
  for (const c of source.catalog.objects()) {
    // The standard has no exclusion constraints.
    if (c.class !== "constraint" || c.kind === "exclusion") continue;
    const table = source.catalog.relationByOid(c.table);
    if (table?.class === "table") yield { c, table };
  }
}
const notNullName = (table: TableObject, attribute: number): string => `${table.schema}_${table.oid}_${attribute}_not_null`;
const constraintTypes = { primaryKey: "PRIMARY KEY", unique: "UNIQUE", check: "CHECK", foreignKey: "FOREIGN KEY", exclusion: "" } as const;

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
      is_deferrable: yesNo("deferrable" in c && c.deferrable === true),
      initially_deferred: yesNo("initiallyDeferred" in c && c.initiallyDeferred === true),
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
        constraint_name: notNullName(table, a.number),
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
  for (const object of source.catalog.objects())
    if (object.class === "type" && object.kind === "domain")
      for (const check of object.checks)
        yield {
          constraint_catalog: source.database,
          constraint_schema: schemaName(source, object.schema),
          constraint_name: check.name,
          check_clause: source.definitions.constraintDefinition(check.oid, false)?.slice("CHECK ".length) ?? null,
        };
  for (const table of allRelations(source))
    if (table.class === "table")
      for (const a of table.attributes)
        if (a.notNull && !a.dropped)
          yield {
            constraint_catalog: source.database,
            constraint_schema: schemaName(source, table.schema),
            constraint_name: notNullName(table, a.number),
            check_clause: `${a.name} IS NOT NULL`,
          };
  for (const { c } of constraints(source)) {
    if (c.kind === "check")
      yield {
        constraint_catalog: source.database,
        constraint_schema: schemaName(source, c.schema),
        constraint_name: c.name,
        check_clause: source.definitions.constraintDefinition(c.oid, false)?.slice("CHECK ".length) ?? null,
      };
  }
});
provide("information_schema.sequences", function* (source) {
  for (const s of allRelations(source)) {
    if (s.class !== "sequence" || isOfIdentity(source, s)) continue;
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
/** The sequence behind an identity column is the column's own. */
function isOfIdentity(source: Source, sequence: SequenceObject): boolean {
  const { ownedBy } = sequence;
  const table = ownedBy === undefined ? undefined : source.catalog.relationByOid(ownedBy.table);
  return table?.class === "table" && table.attributes[(ownedBy?.attribute ?? 0) - 1]?.identity !== undefined;
}
provide("information_schema.information_schema_catalog_name", function* (source) {
  yield { catalog_name: source.database };
});
for (const name of ["triggers", "foreign_tables", "foreign_servers", "user_mappings"]) provide(`information_schema.${name}`, () => []);
