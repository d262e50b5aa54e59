/**
 * One immutable version of all catalog objects, with the ways into it that binder, executor and DDL need.
 *
 * `with(changes)` gives the next version and shares nearly everything with this one.
 */
import type { Oid } from "../types/index.js";
import { LayeredMap, type LayeredMapEditor } from "./layered-map.js";
import type {
  CatalogObject,
  CommentObject,
  ConstraintObject,
  DatabaseObject,
  ExtensionObject,
  IndexObject,
  RoleObject,
  SchemaObject,
  SequenceObject,
  TableObject,
  ViewObject,
} from "./objects.js";

/** What hangs on a relation. */
interface Links {
  readonly indexes: readonly IndexObject[];
  readonly constraints: readonly ConstraintObject[];
  readonly referencing: readonly ConstraintObject[];
  readonly sequences: readonly SequenceObject[];
  readonly views: readonly ViewObject[];
  readonly comments: readonly CommentObject[];
}
const noLinks: Links = { indexes: [], constraints: [], referencing: [], sequences: [], views: [], comments: [] };
export type StoredRelation = TableObject | IndexObject | SequenceObject | ViewObject;
export type CatalogChange = readonly [oid: Oid, object: CatalogObject | null];

let snapshotsMade = 0;

export class CatalogSnapshot {
  static readonly empty = new CatalogSnapshot(new LayeredMap(), new LayeredMap(), new LayeredMap());
  /** Unique in this thread: no two versions share it. */
  readonly id = ++snapshotsMade;
  readonly #objects: LayeredMap<Oid, CatalogObject>;
  readonly #names: LayeredMap<string, Oid>;
  readonly #links: LayeredMap<Oid, Links>;

  private constructor(objects: LayeredMap<Oid, CatalogObject>, names: LayeredMap<string, Oid>, links: LayeredMap<Oid, Links>) {
    this.#objects = objects;
    this.#names = names;
    this.#links = links;
  }

  with(changes: Iterable<CatalogChange>): CatalogSnapshot {
    const objects = this.#objects.edit();
    const names = this.#names.edit();
    const links = this.#links.edit();
    for (const [oid, object] of changes) {
      const old = objects.get(oid);
      if (old !== undefined) {
        const key = nameKey(old);
        if (key !== undefined && names.get(key) === oid) names.delete(key);
        editLinks(links, old, false);
        if (object === null) objects.delete(oid);
      }
      if (object !== null) {
        objects.set(oid, object);
        const key = nameKey(object);
        if (key !== undefined) names.set(key, oid);
        editLinks(links, object, true);
      }
    }
    return new CatalogSnapshot(objects.done(), names.done(), links.done());
  }

  object(oid: Oid): CatalogObject | undefined {
    return this.#objects.get(oid);
  }
  objects(): IterableIterator<CatalogObject> {
    return this.#objects.values();
  }
  relationByOid(oid: Oid): StoredRelation | undefined {
    const object = this.#objects.get(oid);
    return object !== undefined && isRelation(object) ? object : undefined;
  }
  relation(schema: Oid, name: string): StoredRelation | undefined {
    return this.#named(`r${schema}.${name}`) as StoredRelation | undefined;
  }
  schema(name: string): SchemaObject | undefined {
    return this.#named(`s${name}`) as SchemaObject | undefined;
  }
  role(name: string): RoleObject | undefined {
    return this.#named(`u${name}`) as RoleObject | undefined;
  }
  database(name: string): DatabaseObject | undefined {
    return this.#named(`d${name}`) as DatabaseObject | undefined;
  }
  extension(name: string): ExtensionObject | undefined {
    return this.#named(`e${name}`) as ExtensionObject | undefined;
  }
  indexesOf(table: Oid): readonly IndexObject[] {
    return this.#of(table).indexes;
  }
  constraintsOf(table: Oid): readonly ConstraintObject[] {
    return this.#of(table).constraints;
  }
  referencing(table: Oid): readonly ConstraintObject[] {
    return this.#of(table).referencing;
  }
  /** Sequences that a column of the table owns. */
  sequencesOf(table: Oid): readonly SequenceObject[] {
    return this.#of(table).sequences;
  }
  /** Views that read the relation. */
  viewsOf(relation: Oid): readonly ViewObject[] {
    return this.#of(relation).views;
  }
  commentsOf(object: Oid): readonly CommentObject[] {
    return this.#of(object).comments;
  }
  comment(object: Oid, attribute = 0): CommentObject | undefined {
    return this.#of(object).comments.find((c) => c.attribute === attribute);
  }

  #named(key: string): CatalogObject | undefined {
    const oid = this.#names.get(key);
    return oid === undefined ? undefined : this.#objects.get(oid);
  }
  #of(oid: Oid): Links {
    return this.#links.get(oid) ?? noLinks;
  }
}

export function isRelation(object: CatalogObject): object is StoredRelation {
  return object.class === "table" || object.class === "index" || object.class === "sequence" || object.class === "view";
}

/** Relations share one namespace per schema; constraints are unique per table only and have no key. */
function nameKey(object: CatalogObject): string | undefined {
  switch (object.class) {
    case "table":
    case "index":
    case "sequence":
    case "view":
      return `r${object.schema}.${object.name}`;
    case "schema":
      return `s${object.name}`;
    case "role":
      return `u${object.name}`;
    case "database":
      return `d${object.name}`;
    case "extension":
      return `e${object.name}`;
    case "constraint":
    case "comment":
      return undefined;
  }
}

function editLinks(links: LayeredMapEditor<Oid, Links>, object: CatalogObject, add: boolean): void {
  const edit = <K extends keyof Links>(target: Oid, kind: K) => {
    const current = links.get(target) ?? noLinks;
    const rest = (current[kind] as readonly CatalogObject[]).filter((o) => o.oid !== object.oid);
    const list = add ? [...rest, object].sort((a, b) => a.oid - b.oid) : rest;
    links.set(target, { ...current, [kind]: list });
  };
  switch (object.class) {
    case "index":
      edit(object.table, "indexes");
      break;
    case "constraint":
      edit(object.table, "constraints");
      if (object.kind === "foreignKey") edit(object.references, "referencing");
      break;
    case "sequence":
      if (object.ownedBy !== undefined) edit(object.ownedBy.table, "sequences");
      break;
    case "view":
      for (const relation of new Set(object.dependsOn)) edit(relation, "views");
      break;
    case "comment":
      edit(object.object, "comments");
      break;
    default:
      break;
  }
}
