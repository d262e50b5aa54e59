/**
 * One immutable version of all catalog objects, with the ways into it that binder, executor and DDL need.
 *
 * `with(changes)` gives the next version and shares nearly everything with this one.
 */
import type { Oid } from "../types/index.js";
import { LayeredMap, type LayeredMapEditor } from "./layered-map.js";
import type {
  CastObject,
  CatalogObject,
  CollationObject,
  CommentObject,
  ConstraintObject,
  DatabaseObject,
  DefaultPrivilegesObject,
  ExtensionObject,
  FunctionObject,
  IndexObject,
  MembershipObject,
  OperatorObject,
  PolicyObject,
  RangeObject,
  RoleObject,
  SchemaObject,
  SequenceObject,
  StatisticsObject,
  TableObject,
  TypeObject,
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
  readonly children: readonly TableObject[];
  readonly materialized: readonly TableObject[];
  readonly policies: readonly PolicyObject[];
  /** Policies of other tables whose conditions read it. */
  readonly readByPolicies: readonly PolicyObject[];
  readonly statistics: readonly StatisticsObject[];
}
const noLinks: Links = {
  indexes: [],
  constraints: [],
  referencing: [],
  sequences: [],
  views: [],
  comments: [],
  children: [],
  materialized: [],
  policies: [],
  readByPolicies: [],
  statistics: [],
};
/** What gives a type its fields or labels: its own object, or the relation whose rows are of it. */
export type TypeOwner = TypeObject | TableObject | ViewObject;
export type StoredRelation = TableObject | IndexObject | SequenceObject | ViewObject;
export type CatalogChange = readonly [oid: Oid, object: CatalogObject | null];

let snapshotsMade = 0;

export class CatalogSnapshot {
  static readonly empty = new CatalogSnapshot(new LayeredMap(), new LayeredMap(), new LayeredMap(), new LayeredMap());
  /** Unique in this thread: no two versions share it. */
  readonly id = ++snapshotsMade;
  readonly #objects: LayeredMap<Oid, CatalogObject>;
  readonly #names: LayeredMap<string, Oid>;
  readonly #links: LayeredMap<Oid, Links>;
  /** Objects of which several share a key: overloads by name, memberships by role. */
  readonly #lists: LayeredMap<string, readonly CatalogObject[]>;

  private constructor(
    objects: LayeredMap<Oid, CatalogObject>,
    names: LayeredMap<string, Oid>,
    links: LayeredMap<Oid, Links>,
    lists: LayeredMap<string, readonly CatalogObject[]>,
  ) {
    this.#objects = objects;
    this.#names = names;
    this.#links = links;
    this.#lists = lists;
  }

  with(changes: Iterable<CatalogChange>): CatalogSnapshot {
    const objects = this.#objects.edit();
    const names = this.#names.edit();
    const links = this.#links.edit();
    const lists = this.#lists.edit();
    for (const [oid, object] of changes) {
      const old = objects.get(oid);
      if (old !== undefined) {
        for (const key of nameKeys(old)) if (names.get(key) === oid) names.delete(key);
        editLinks(links, old, false);
        editLists(lists, old, false);
        if (object === null) objects.delete(oid);
      }
      if (object !== null) {
        objects.set(oid, object);
        for (const key of nameKeys(object)) names.set(key, oid);
        editLinks(links, object, true);
        editLists(lists, object, true);
      }
    }
    return new CatalogSnapshot(objects.done(), names.done(), links.done(), lists.done());
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
  collation(schema: Oid, name: string): CollationObject | undefined {
    return this.#named(`c${schema}.${name}`) as CollationObject | undefined;
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
  /** The object behind a type's name, array types' (`_name`) and multiranges' included. */
  typeNamed(schema: Oid, name: string): TypeOwner | undefined {
    return this.#named(`t${schema}.${name}`) as TypeOwner | undefined;
  }
  /** The object behind a type's OID, array types' and multiranges' included. */
  typeOwner(oid: Oid): TypeOwner | undefined {
    const own = this.#objects.get(oid);
    if (own !== undefined && (own.class === "type" || own.class === "table" || own.class === "view")) return own;
    return this.#named(`#${oid}`) as TypeOwner | undefined;
  }
  functionsNamed(name: string): readonly FunctionObject[] {
    return this.#list(`f${name}`);
  }
  /** Range types that are called so, or whose multirange type is. */
  rangesNamed(name: string): readonly RangeObject[] {
    return this.#list(`g${name}`);
  }
  operatorsNamed(name: string): readonly OperatorObject[] {
    return this.#list(`o${name}`);
  }
  get casts(): readonly CastObject[] {
    return this.#list("casts");
  }
  /** Roles that `member` was granted. */
  membershipsOf(member: Oid): readonly MembershipObject[] {
    return this.#list(`m${member}`);
  }
  /** Who was granted `role`. */
  membersOf(role: Oid): readonly MembershipObject[] {
    return this.#list(`r${role}`);
  }
  get defaultPrivileges(): readonly DefaultPrivilegesObject[] {
    return this.#list("defaults");
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
  /** Tables that inherit from it directly, partitions too, oldest first. */
  childrenOf(table: Oid): readonly TableObject[] {
    return this.#of(table).children;
  }
  /** Materialized views that read the relation. */
  materializedViewsOf(relation: Oid): readonly TableObject[] {
    return this.#of(relation).materialized;
  }
  policiesOf(table: Oid): readonly PolicyObject[] {
    return this.#of(table).policies;
  }
  policiesReading(relation: Oid): readonly PolicyObject[] {
    return this.#of(relation).readByPolicies;
  }
  statisticsOf(table: Oid): readonly StatisticsObject[] {
    return this.#of(table).statistics;
  }
  statisticsNamed(schema: Oid, name: string): StatisticsObject | undefined {
    return this.#named(`x${schema}.${name}`) as StatisticsObject | undefined;
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
  #list<T extends CatalogObject>(key: string): readonly T[] {
    return (this.#lists.get(key) ?? []) as readonly T[];
  }
  #of(oid: Oid): Links {
    return this.#links.get(oid) ?? noLinks;
  }
}

export function isRelation(object: CatalogObject): object is StoredRelation {
  return object.class === "table" || object.class === "index" || object.class === "sequence" || object.class === "view";
}

/** Relations share one namespace per schema, types another; constraints are unique per table only and have no key. */
function nameKeys(object: CatalogObject): readonly string[] {
  switch (object.class) {
    case "table":
    case "view": {
      const keys = [`r${object.schema}.${object.name}`, `t${object.schema}.${object.name}`];
      return object.arrayOid === undefined ? keys : [...keys, `t${object.schema}._${object.name}`, `#${object.arrayOid}`];
    }
    case "index":
    case "sequence":
      return [`r${object.schema}.${object.name}`];
    case "type": {
      const keys = [`t${object.schema}.${object.name}`];
      if (object.arrayOid !== 0) keys.push(`t${object.schema}.${object.arrayName}`, `#${object.arrayOid}`);
      if (object.kind === "range") {
        const { oid, name, arrayOid, arrayName } = object.multirange;
        keys.push(`t${object.schema}.${name}`, `#${oid}`, `t${object.schema}.${arrayName}`, `#${arrayOid}`);
      }
      return keys;
    }
    case "collation":
      return [`c${object.schema}.${object.name}`];
    case "schema":
      return [`s${object.name}`];
    case "role":
      return [`u${object.name}`];
    case "database":
      return [`d${object.name}`];
    case "extension":
      return [`e${object.name}`];
    case "statistics":
      return [`x${object.schema}.${object.name}`];
    default:
      return [];
  }
}

function listKeys(object: CatalogObject): readonly string[] {
  switch (object.class) {
    case "function":
      return [`f${object.name}`];
    case "operator":
      return [`o${object.name}`];
    case "cast":
      return ["casts"];
    case "type":
      return object.kind === "range" ? [`g${object.name}`, `g${object.multirange.name}`] : [];
    case "membership":
      return [`m${object.member}`, `r${object.role}`];
    case "defaultPrivileges":
      return ["defaults"];
    default:
      return [];
  }
}
/** The list, in order of OIDs, with the object or without it. A position is searched, so a thousand partitions cost one copy. */
function edited(list: readonly CatalogObject[], object: CatalogObject, add: boolean): readonly CatalogObject[] {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as CatalogObject).oid < object.oid) low = middle + 1;
    else high = middle;
  }
  const isThere = list[low]?.oid === object.oid;
  if (add) return list.toSpliced(low, isThere ? 1 : 0, object);
  return isThere ? list.toSpliced(low, 1) : list;
}
function editLists(lists: LayeredMapEditor<string, readonly CatalogObject[]>, object: CatalogObject, add: boolean): void {
  for (const key of listKeys(object)) {
    const list = edited(lists.get(key) ?? [], object, add);
    if (list.length === 0) lists.delete(key);
    else lists.set(key, list);
  }
}

function editLinks(links: LayeredMapEditor<Oid, Links>, object: CatalogObject, add: boolean): void {
  const edit = <K extends keyof Links>(target: Oid, kind: K) => {
    const current = links.get(target) ?? noLinks;
    links.set(target, { ...current, [kind]: edited(current[kind], object, add) });
  };
  switch (object.class) {
    case "table":
      for (const parent of object.parents ?? []) edit(parent, "children");
      if (object.materialized !== undefined) for (const relation of new Set(object.materialized.dependsOn)) edit(relation, "materialized");
      break;
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
    case "policy":
      edit(object.table, "policies");
      for (const relation of new Set(object.dependsOn)) edit(relation, "readByPolicies");
      break;
    case "statistics":
      edit(object.table, "statistics");
      break;
    default:
      break;
  }
}
