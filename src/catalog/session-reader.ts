/** The catalog as one session sees it: a snapshot, the session's search path, and the computed relations. */
import { DbError, type Oid } from "../types/index.js";
import type { CatalogObject, CollationObject, ConstraintObject, IndexObject, RoleObject, SchemaObject, TableObject } from "./objects.js";
import type { CatalogReader, RelationObject, SystemRelation } from "./reader.js";
import type { CatalogSnapshot } from "./snapshot.js";
import { PG_CATALOG_OID } from "./well-known.js";

/** Computed relations by schema OID and name; the same for every session. */
export class SystemRelations {
  readonly #byName = new Map<string, SystemRelation>();
  readonly #byOid = new Map<Oid, SystemRelation>();
  readonly #indexesByName = new Map<string, IndexObject>();
  readonly #indexesByOid = new Map<Oid, IndexObject>();
  constructor(relations: Iterable<SystemRelation> = []) {
    for (const relation of relations) {
      this.#byName.set(`${relation.schema}.${relation.name}`, relation);
      this.#byOid.set(relation.oid, relation);
      for (const index of relation.indexes ?? []) {
        this.#indexesByName.set(`${index.schema}.${index.name}`, index);
        this.#indexesByOid.set(index.oid, index);
      }
    }
  }
  named(schema: Oid, name: string): SystemRelation | IndexObject | undefined {
    const key = `${schema}.${name}`;
    return this.#byName.get(key) ?? this.#indexesByName.get(key);
  }
  byOid(oid: Oid): SystemRelation | IndexObject | undefined {
    return this.#byOid.get(oid) ?? this.#indexesByOid.get(oid);
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
  /** The schema of the session's temporary objects; `pg_temp` means it. */
  readonly temporarySchema: SchemaObject | undefined;
  /** Where relations are looked for: temporary ones first, unless the path says otherwise. */
  readonly #relationPath: readonly Oid[];

  /**
   * `path`: the names of the search_path setting, `$user` replaced; unknown schemas are passed over, as in PostgreSQL.
   * `temporary`: the name of the session's schema for temporary objects, once it uses one.
   */
  constructor(
    snapshot: CatalogSnapshot,
    path: readonly string[],
    system: SystemRelations,
    hidden?: (schema: SchemaObject) => boolean,
    temporary?: string,
  ) {
    this.#hidden = hidden;
    this.snapshot = snapshot;
    this.version = snapshot.id;
    this.#system = system;
    this.temporarySchema = temporary === undefined ? undefined : snapshot.schema(temporary);
    const oids: Oid[] = [];
    for (const name of path) {
      const schema = this.schemaByName(name);
      if (schema !== undefined && !oids.includes(schema.oid) && hidden?.(schema) !== true) oids.push(schema.oid);
    }
    const own = this.temporarySchema?.oid;
    const lasting = own === undefined ? oids : oids.filter((oid) => oid !== own);
    this.searchPath = lasting.includes(PG_CATALOG_OID) ? lasting : [PG_CATALOG_OID, ...lasting];
    if (own === undefined) this.#relationPath = this.searchPath;
    else if (oids.includes(own)) this.#relationPath = oids.includes(PG_CATALOG_OID) ? oids : [PG_CATALOG_OID, ...oids];
    else this.#relationPath = [own, ...this.searchPath];
  }

  schemaByName(name: string): SchemaObject | undefined {
    return name === "pg_temp" ? this.temporarySchema : this.snapshot.schema(name);
  }
  userCollation(oid: Oid): CollationObject | undefined {
    const object = this.snapshot.object(oid);
    return object?.class === "collation" ? object : undefined;
  }
  userCollationNamed(schema: Oid, name: string): CollationObject | undefined {
    return this.snapshot.collation(schema, name);
  }
  schemaByOid(oid: Oid): SchemaObject | undefined {
    const object = this.snapshot.object(oid);
    return object?.class === "schema" ? object : undefined;
  }
  relation(schema: string | undefined, name: string): RelationObject | undefined {
    if (schema !== undefined) {
      const found = this.schemaByName(schema);
      if (found !== undefined && this.#hidden?.(found) === true)
        throw new DbError({ sqlstate: "42501", message: `permission denied for schema ${found.name}` });
      return found === undefined ? undefined : this.#inSchema(found.oid, name);
    }
    for (const oid of this.#relationPath) {
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
  childrenOf(table: Oid): readonly TableObject[] {
    return this.snapshot.childrenOf(table);
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
