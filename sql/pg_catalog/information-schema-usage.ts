/** information_schema: domains, what uses which type, array elements. */

import type { CollationReference, Oid } from "../../src/types/index.js";
import { specificName, userRoutines } from "./information-schema-routines.js";
import { baseOf, typeColumns, typeNames } from "./information-schema-types.js";
import { provide, type Source } from "./provider.js";
import { allRelations, attributesOf } from "./relations.js";

const schemaName = (source: Source, oid: Oid) => source.catalog.schemaByOid(oid)?.name ?? null;

function* domains(source: Source) {
  for (const object of source.catalog.objects()) if (object.class === "type" && object.kind === "domain") yield object;
}
provide("information_schema.domains", function* (source) {
  const names = typeNames(source);
  for (const object of domains(source)) {
    // Only the domain's own step down: a domain over a domain has that as its type.
    const {
      domain_catalog: _c,
      domain_schema: _s,
      domain_name: _n,
      ...shape
    } = typeColumns(source, names, object.base, object.typmod, object.collation);
    yield {
      ...shape,
      domain_catalog: source.database,
      domain_schema: schemaName(source, object.schema),
      domain_name: object.name,
      domain_default: source.definitions.typeDefault?.(object.oid) ?? null,
      dtd_identifier: "1",
    };
  }
});
provide("information_schema.domain_constraints", function* (source) {
  for (const object of domains(source))
    for (const check of object.checks)
      yield {
        constraint_catalog: source.database,
        constraint_schema: schemaName(source, object.schema),
        constraint_name: check.name,
        domain_catalog: source.database,
        domain_schema: schemaName(source, object.schema),
        domain_name: object.name,
        is_deferrable: "NO",
        initially_deferred: "NO",
      };
});
provide("information_schema.domain_udt_usage", function* (source) {
  const names = typeNames(source);
  for (const object of domains(source))
    yield {
      udt_catalog: source.database,
      udt_schema: names.schemaOf(object.base),
      udt_name: source.registry.typeByOid(object.base)?.name ?? null,
      domain_catalog: source.database,
      domain_schema: schemaName(source, object.schema),
      domain_name: object.name,
    };
});

/** Columns of tables and views: the standard knows no materialized ones. */
function* columns(source: Source) {
  for (const relation of allRelations(source)) {
    if (relation.class !== "table" && relation.class !== "view") continue;
    if (relation.class === "table" && relation.materialized !== undefined) continue;
    let position = 0;
    for (const column of attributesOf(source, relation)) {
      if (column.attribute?.dropped === true) continue;
      position++;
      yield { relation, column, position };
    }
  }
}
provide("information_schema.column_domain_usage", function* (source) {
  const names = typeNames(source);
  for (const { relation, column } of columns(source)) {
    const domain = names.domain(column.type);
    if (domain !== undefined)
      yield {
        domain_catalog: source.database,
        domain_schema: schemaName(source, domain.schema),
        domain_name: domain.name,
        table_catalog: source.database,
        table_schema: schemaName(source, relation.schema),
        table_name: relation.name,
        column_name: column.name,
      };
  }
});
provide("information_schema.column_udt_usage", function* (source) {
  const names = typeNames(source);
  for (const { relation, column } of columns(source)) {
    const type = baseOf(names, column.type);
    yield {
      udt_catalog: source.database,
      udt_schema: names.schemaOf(type),
      udt_name: source.registry.typeByOid(type)?.name ?? null,
      table_catalog: source.database,
      table_schema: schemaName(source, relation.schema),
      table_name: relation.name,
      column_name: column.name,
    };
  }
});

interface Described {
  readonly schema: string | null;
  readonly name: string;
  readonly kind: "TABLE" | "DOMAIN" | "ROUTINE" | "USER-DEFINED TYPE";
  /** null: what a procedure returns. */
  readonly identifier: string | null;
  readonly type: Oid;
  readonly typmod: number;
  readonly collation?: CollationReference | undefined;
}
/** Everything that has a data type descriptor. */
function* described(source: Source): Iterable<Described> {
  for (const { relation, column, position } of columns(source))
    yield {
      schema: schemaName(source, relation.schema),
      name: relation.name,
      kind: "TABLE",
      identifier: String(column.attribute?.number ?? position),
      type: column.type,
      typmod: column.typmod,
      collation: column.attribute?.collation,
    };
  for (const object of source.catalog.objects()) {
    if (object.class !== "type") continue;
    const schema = schemaName(source, object.schema);
    if (object.kind === "domain")
      yield { schema, name: object.name, kind: "DOMAIN", identifier: "1", type: object.base, typmod: object.typmod };
    if (object.kind === "composite")
      for (const a of object.attributes)
        if (!a.dropped)
          yield { schema, name: object.name, kind: "USER-DEFINED TYPE", identifier: String(a.number), type: a.type, typmod: a.typmod };
  }
  for (const f of userRoutines(source)) {
    const common = { schema: schemaName(source, f.schema), name: specificName(f.name, f.oid), kind: "ROUTINE", typmod: -1 } as const;
    yield { ...common, identifier: f.kind === "procedure" ? null : "0", type: f.returnType };
    for (const [i, p] of f.parameters.entries()) yield { ...common, identifier: String(i + 1), type: p.type };
  }
}
provide("information_schema.data_type_privileges", function* (source) {
  for (const d of described(source))
    yield {
      object_catalog: source.database,
      object_schema: d.schema,
      object_name: d.name,
      object_type: d.kind,
      dtd_identifier: d.identifier,
    };
});
provide("information_schema.element_types", function* (source) {
  const names = typeNames(source);
  for (const d of described(source)) {
    const type = source.registry.typeByOid(baseOf(names, d.type));
    if (type?.category !== "A" || type.elementType === 0) continue;
    const {
      domain_catalog: _c,
      domain_schema: _s,
      domain_name: _n,
      ...shape
    } = typeColumns(source, names, type.elementType, -1, d.collation);
    // Limits are the array's business and not told; a domain is an element as it is.
    const element = source.registry.typeByOid(type.elementType);
    yield {
      object_catalog: source.database,
      object_schema: d.schema,
      object_name: d.name,
      object_type: d.kind,
      collection_type_identifier: d.identifier,
      data_type: names.domain(type.elementType) === undefined ? shape.data_type : "USER-DEFINED",
      collation_catalog: shape.collation_catalog,
      collation_schema: shape.collation_schema,
      collation_name: shape.collation_name,
      udt_catalog: source.database,
      udt_schema: names.schemaOf(type.elementType),
      udt_name: element?.name ?? null,
      dtd_identifier: `a${d.identifier}`,
    };
  }
});
