/** pg_depend: what cannot be without what, as programs that restore or drop ask it; and the members of extensions. */
import { type CatalogObject, derivedOid, isIndexConstraint, type TableObject } from "../../src/catalog/index.js";
import { sequencesIn } from "../../src/engine/commands/stored-sql.js";
import { FIRST_USER_OID, type Oid, pgvectorTypes } from "../../src/types/index.js";
import { provide, type Source } from "./provider.js";
import type { NamedRow } from "./relation-shape.js";

/** OIDs of the catalogs that objects are listed in. */
const CATALOG = {
  relation: 1259, type: 1247, function: 1255, operator: 2617, cast: 2605, constraint: 2606, rewrite: 2618, default: 2604, schema: 2615, extension: 3079, policy: 3256, statistics: 3381,
} as const; // biome-ignore format: a table
interface Reference {
  readonly catalog: Oid;
  readonly oid: Oid;
  readonly sub?: number;
}
/** pg_depend.deptype: normal, automatic, internal, of an extension, of a partition's parent and of its table. */
type Kind = "n" | "a" | "i" | "e" | "P" | "S";

/** The schema `redis` and what is in it belong to the server as an extension's members do: nobody dumps them. */
export const OWN_EXTENSION = { oid: 14002, name: "orrery", schema: "redis" } as const;

provide("pg_catalog.pg_depend", function* (source) {
  const row = (from: Reference, to: Reference, deptype: Kind): NamedRow => ({
    classid: from.catalog,
    objid: from.oid,
    objsubid: from.sub ?? 0,
    refclassid: to.catalog,
    refobjid: to.oid,
    refobjsubid: to.sub ?? 0,
    deptype,
  });
  for (const object of source.catalog.objects())
    for (const [from, to, kind] of dependencies(source, object)) if (to.oid !== 0) yield row(from, to, kind);
  const extension = (oid: Oid): Reference => ({ catalog: CATALOG.extension, oid });
  for (const member of ownMembers(source)) yield row(member, extension(OWN_EXTENSION.oid), "e");
  for (const object of source.catalog.objects())
    if (object.class === "extension" && object.name === "vector")
      for (const member of vectorMembers(source)) yield row(member, extension(object.oid), "e");
});

const relation = (oid: Oid, sub = 0): Reference => ({ catalog: CATALOG.relation, oid, sub });
const routine = (oid: Oid): Reference => ({ catalog: CATALOG.function, oid });
const typeOf = (oid: Oid): Reference => ({ catalog: CATALOG.type, oid });
const inSchema = (oid: Oid): Reference => ({ catalog: CATALOG.schema, oid });

function* dependencies(source: Source, object: CatalogObject): Iterable<readonly [Reference, Reference, Kind]> {
  /** A type of the catalog's own; an array stands for its elements. Types that come with the server are pinned. */
  function* needsType(from: Reference, oid: Oid): Iterable<readonly [Reference, Reference, Kind]> {
    const type = source.registry.typeByOid(oid);
    const element = type?.category === "A" && type.elementType !== 0 ? type.elementType : oid;
    if (element >= FIRST_USER_OID) yield [from, typeOf(element), "n"];
  }
  switch (object.class) {
    case "sequence":
      yield [relation(object.oid), inSchema(object.schema), "n"];
      if (object.ownedBy !== undefined) {
        const table = source.catalog.relationByOid(object.ownedBy.table);
        const isIdentity = table?.class === "table" && table.attributes[object.ownedBy.attribute - 1]?.identity !== undefined;
        yield [relation(object.oid), relation(object.ownedBy.table, object.ownedBy.attribute), isIdentity ? "i" : "a"];
      }
      return;
    case "index":
      for (const c of object.columns) yield [relation(object.oid), relation(object.table, c.attribute), "a"];
      if (object.parent !== undefined) {
        yield [relation(object.oid), relation(object.parent), "P"];
        yield [relation(object.oid), relation(object.table), "S"];
      }
      return;
    case "constraint": {
      const from = { catalog: CATALOG.constraint, oid: object.oid };
      for (const attribute of object.attributes) yield [from, relation(object.table, attribute), "a"];
      if (object.parent !== undefined) {
        yield [from, { catalog: CATALOG.constraint, oid: object.parent }, "P"];
        yield [from, relation(object.table), "S"];
      }
      if (isIndexConstraint(object)) yield [relation(object.index), from, "i"];
      if (object.kind === "foreignKey") {
        for (const attribute of object.referencedAttributes) yield [from, relation(object.references, attribute), "n"];
        yield [from, relation(object.referencedIndex), "n"];
      }
      return;
    }
    case "table":
      yield [relation(object.oid), inSchema(object.schema), "n"];
      for (const a of object.attributes) if (!a.dropped) yield* needsType(relation(object.oid, a.number), a.type);
      if (object.ofType !== undefined) yield [relation(object.oid), typeOf(object.ofType), "n"];
      for (const parent of object.parents ?? []) yield [relation(object.oid), relation(parent), object.partition === undefined ? "n" : "a"];
      yield* defaultsOf(object);
      if (object.materialized !== undefined) yield* queryOf(source, object.oid, object.materialized.dependsOn);
      return;
    case "view":
      yield [relation(object.oid), inSchema(object.schema), "n"];
      yield* queryOf(source, object.oid, object.dependsOn);
      return;
    case "type":
      yield [typeOf(object.oid), inSchema(object.schema), "n"];
      if (object.kind === "domain") yield* needsType(typeOf(object.oid), object.base);
      if (object.kind === "range") yield* needsType(typeOf(object.oid), object.subtype);
      if (object.kind === "composite") for (const a of object.attributes) if (!a.dropped) yield* needsType(typeOf(object.oid), a.type);
      return;
    case "function": {
      const from = routine(object.oid);
      yield [from, inSchema(object.schema), "n"];
      for (const p of object.parameters) yield* needsType(from, p.type);
      yield* needsType(from, object.returnType);
      const { body } = object;
      if (body.language === "sql") for (const oid of body.dependsOn) yield* on(source, from, oid);
      if (body.language === "aggregate") {
        yield [from, routine(body.stepOid), "n"];
        if (body.finalOid !== undefined) yield [from, routine(body.finalOid), "n"];
        if (body.combine !== undefined) yield [from, routine(body.combine), "n"];
      }
      return;
    }
    case "policy": {
      const from = { catalog: CATALOG.policy, oid: object.oid };
      yield [from, relation(object.table), "a"];
      for (const oid of object.dependsOn) yield* on(source, from, oid);
      return;
    }
    case "statistics": {
      const from = { catalog: CATALOG.statistics, oid: object.oid };
      for (const attribute of object.attributes) yield [from, relation(object.table, attribute), "a"];
      if (object.attributes.length === 0) yield [from, relation(object.table), "a"];
      yield [from, inSchema(object.schema), "n"];
      return;
    }
    case "operator":
      yield [{ catalog: CATALOG.operator, oid: object.oid }, routine(object.functionOid), "n"];
      return;
    case "cast": {
      const from = { catalog: CATALOG.cast, oid: object.oid };
      yield* needsType(from, object.source);
      yield* needsType(from, object.target);
      if (object.functionOid !== undefined) yield [from, routine(object.functionOid), "n"];
      return;
    }
    default:
  }
}
function* defaultsOf(table: TableObject): Iterable<readonly [Reference, Reference, Kind]> {
  for (const a of table.attributes)
    if (a.defaultSql !== undefined && !a.dropped) {
      const from = { catalog: CATALOG.default, oid: derivedOid(table.oid, a.number) };
      yield [from, relation(table.oid, a.number), "a"];
      for (const sequence of sequencesIn(a.defaultSql)) yield [from, relation(sequence), "n"];
    }
}
/** A view's rule is part of the view and needs what the query reads. */
function* queryOf(source: Source, view: Oid, dependsOn: readonly Oid[]): Iterable<readonly [Reference, Reference, Kind]> {
  const rule = { catalog: CATALOG.rewrite, oid: derivedOid(view, 0) };
  yield [rule, relation(view), "i"];
  for (const oid of dependsOn) yield* on(source, rule, oid);
}
/** On an object by its OID alone; those of the server are pinned. */
function* on(source: Source, from: Reference, oid: Oid): Iterable<readonly [Reference, Reference, Kind]> {
  if (oid < FIRST_USER_OID) return;
  if (source.catalog.relationByOid(oid) !== undefined) return yield [from, relation(oid), "n"];
  if (source.registry.typeByOid(oid) !== undefined) return yield [from, typeOf(oid), "n"];
  for (const object of source.catalog.objects()) {
    if (object.oid !== oid) continue;
    if (object.class === "function") yield [from, routine(oid), "n"];
    if (object.class === "operator") yield [from, { catalog: CATALOG.operator, oid }, "n"];
  }
}

function* ownMembers(source: Source): Iterable<Reference> {
  const schema = source.catalog.schemaByName(OWN_EXTENSION.schema);
  if (schema === undefined) return;
  yield inSchema(schema.oid);
  for (const object of source.catalog.systemRelations?.() ?? []) if (object.schema === schema.oid) yield relation(object.oid);
  for (const f of source.registry.functions()) if (f.schema === OWN_EXTENSION.schema) yield routine(f.oid);
}
function* vectorMembers(source: Source): Iterable<Reference> {
  const isOwn = (oid: Oid): boolean => oid !== 0 && oid < FIRST_USER_OID;
  for (const oid of pgvectorTypes) yield typeOf(oid);
  for (const f of source.registry.functions()) if (f.schema === "public" && isOwn(f.oid)) yield routine(f.oid);
  for (const o of source.registry.operators()) if (o.schema === "public" && isOwn(o.oid)) yield { catalog: CATALOG.operator, oid: o.oid };
}
