/** The catalog as one session sees it: a snapshot, the session's search path, and the computed relations. */
import { DbError, type Oid } from "../types/index.js";
import type { CatalogObject, ConstraintObject, IndexObject, RoleObject, SchemaObject } from "./objects.js";
import type { CatalogReader, RelationObject, SystemRelation } from "./reader.js";
import type { CatalogSnapshot } from "./snapshot.js";
import { PG_CATALOG_OID } from "./well-known.js";

/** Computed relations by schema OID and name; the same for every session. */
export class SystemRelations {
  readonly #byName = new Map<string, SystemRelation>();
  readonly #byOid = new Map<Oid, SystemRelation>();
  constructor(relations: Iterable<SystemRelation> = []) {
    for (const relation of relations) {
      this.#byName.set(`${relation.schema}.${relation.name}`, relation);
      this.#byOid.set(relation.oid, relation);
    }
  }
  named(schema: Oid, name: string): SystemRelation | undefined {
    return this.#byName.get(`${schema}.${name}`);
  }
  byOid(oid: Oid): SystemRelation | undefined {
    return this.#byOid.get(oid);
  }
  all(): Iterable<SystemRelation> {
    return this.#byOid.values();
  }
}

export class SessionCatalogReader implements CatalogReader {
  readonly version: number;
  readonly searchPath: readonly Oid[];
  readonly snapshot: CatalogSnapshot;
  readonly #system: SystemRelations;
  /** Schemas without USAGE for the session's user: passed over in the path, refused by name. */
  readonly #hidden: ((schema: SchemaObject) => boolean) | undefined;

  /** `path`: the names of the search_path setting, `$user` replaced; unknown schemas are passed over, as in PostgreSQL. */
  constructor(snapshot: CatalogSnapshot, path: readonly string[], system: SystemRelations, hidden?: (schema: SchemaObject) => boolean) {
    this.#hidden = hidden;
    this.snapshot = snapshot;
    this.version = snapshot.id;
    this.#system = system;
    const oids: Oid[] = [];
    for (const name of path) {
      const schema = snapshot.schema(name);
      if (schema !== undefined && !oids.includes(schema.oid) && hidden?.(schema) !== true) oids.push(schema.oid);
    }
    this.searchPath = oids.includes(PG_CATALOG_OID) ? oids : [PG_CATALOG_OID, ...oids];
  }

  schemaByName(name: string): SchemaObject | undefined {
    return this.snapshot.schema(name);
  }
  schemaByOid(oid: Oid): SchemaObject | undefined {
    const object = this.snapshot.object(oid);
    return object?.class === "schema" ? object : undefined;
  }
  relation(schema: string | undefined, name: string): RelationObject | undefined {
    if (schema !== undefined) {
      const found = this.snapshot.schema(schema);
      if (found !== undefined && this.#hidden?.(found) === true)
        throw new DbError({ sqlstate: "42501", message: `permission denied for schema ${found.name}` });
      return found === undefined ? undefined : this.#inSchema(found.oid, name);
    }
    for (const oid of this.searchPath) {
      const relation = this.#inSchema(oid, name);
      if (relation !== undefined) return relation;
    }
    return undefined;
  }
  relationByOid(oid: Oid): RelationObject | undefined {
    return this.snapshot.relationByOid(oid) ?? this.#system.byOid(oid);
  }
  indexesOf(table: Oid): readonly IndexObject[] {
    return this.snapshot.indexesOf(table);
  }
  constraintsOf(table: Oid): readonly ConstraintObject[] {
    return this.snapshot.constraintsOf(table);
  }
  referencing(table: Oid): readonly ConstraintObject[] {
    return this.snapshot.referencing(table);
  }
  role(name: string): RoleObject | undefined {
    return this.snapshot.role(name);
  }
  objects(): Iterable<CatalogObject> {
    return this.snapshot.objects();
  }
  systemRelations(): Iterable<SystemRelation> {
    return this.#system.all();
  }

  #inSchema(schema: Oid, name: string): RelationObject | undefined {
    return this.snapshot.relation(schema, name) ?? this.#system.named(schema, name);
  }
}
