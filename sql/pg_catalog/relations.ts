/** pg_class, pg_attribute and what hangs on relations. */
import type {
  AttributeObject,
  ConstraintObject,
  IndexObject,
  RelationObject,
  SystemRelation,
  TableObject,
} from "../../src/catalog/index.js";
import { registry } from "../../src/functions/index.js";
import { type Datum, type Oid, TypeOid } from "../../src/types/index.js";
import { btreeClassOf } from "./operator-classes.js";
import { int2Array, int2Vector, oidVector, provide, type Source, textArray } from "./provider.js";
import { type NamedRow, systemRelationKinds, systemRelations } from "./relation-shape.js";
import { typeFacts } from "./type-facts.js";
import { domainConstraintRows } from "./user-rows.js";

const HEAP_AM = 2;
const BTREE_AM = 403;
export const HNSW_AM = 16010;
export const IVFFLAT_AM = 16011;
const accessMethods: Readonly<Record<string, Oid>> = {
  btree: BTREE_AM,
  hnsw: HNSW_AM,
  ivfflat: IVFFLAT_AM,
  hash: 405,
  gin: 2742,
  brin: 3580,
};
const PAGE_BYTES = 8192;
const OWNER = 10;

export function* allRelations(source: Source): Iterable<RelationObject> {
  for (const object of source.catalog.objects()) {
    if (object.class === "table" || object.class === "index" || object.class === "sequence" || object.class === "view") yield object;
  }
  yield* source.catalog.systemRelations?.() ?? systemRelations;
}
function* relationsWanted(source: Source, column: string): Iterable<RelationObject> {
  const wanted = source.wanted(column);
  if (typeof wanted !== "number") return yield* allRelations(source);
  const relation = source.catalog.relationByOid(wanted);
  if (relation !== undefined) yield relation;
}

const kinds = { table: "r", index: "i", sequence: "S", view: "v" } as const;
const kindOf = (relation: RelationObject) => {
  if (relation.class === "system") return systemRelationKinds.get(relation.oid) ?? "v";
  if (relation.class === "table") return relation.partitioned !== undefined ? "p" : relation.materialized !== undefined ? "m" : "r";
  return relation.class === "index" && relation.partitioned === true ? "I" : kinds[relation.class];
};
const persistenceOf = (source: Source, relation: RelationObject): string => {
  if (relation.class === "table") return relation.persistence === "unlogged" ? "u" : relation.persistence === "temporary" ? "t" : "p";
  if (relation.class === "index") {
    const table = source.catalog.relationByOid(relation.table);
    return table === undefined ? "p" : persistenceOf(source, table);
  }
  if (relation.class === "sequence" && relation.persistence === "unlogged") return "u";
  return source.catalog.schemaByOid(relation.schema)?.name.startsWith("pg_temp_") === true ? "t" : "p";
};
const optionsOf = (relation: RelationObject): string[] => {
  const options = "options" in relation && relation.options !== undefined ? Object.entries(relation.options) : [];
  const check = relation.class === "view" && relation.checkOption !== undefined ? [`check_option=${relation.checkOption}`] : [];
  return [...options.map(([k, v]) => `${k}=${v}`), ...check];
};

provide("pg_catalog.pg_class", function* (source) {
  for (const relation of relationsWanted(source, "oid")) {
    const storage = relation.class === "table" || relation.class === "index" || relation.class === "sequence" ? relation.storage : 0;
    const isTable = relation.class === "table";
    const constraints = isTable ? source.catalog.constraintsOf(relation.oid) : [];
    const attributeCount = attributesOf(source, relation).length;
    const options = optionsOf(relation);
    yield {
      oid: relation.oid,
      relname: relation.name,
      relnamespace: relation.schema,
      reltype: relation.class === "table" || relation.class === "view" ? relation.oid : 0,
      reloftype: 0,
      relowner: relation.class === "system" ? OWNER : relation.owner,
      relam: isTable
        ? relation.partitioned === undefined
          ? HEAP_AM
          : 0
        : relation.class === "index"
          ? (accessMethods[relation.method] ?? BTREE_AM)
          : 0,
      relfilenode: storage,
      reltablespace: 0,
      relpages: storage === 0 || relation.class === "sequence" ? 0 : Math.ceil(source.system.relationBytes(storage) / PAGE_BYTES),
      reltuples: isTable ? source.system.rowCount(storage) : relation.class === "index" ? -1 : relation.class === "sequence" ? 1 : 0,
      relallvisible: 0,
      reltoastrelid: 0,
      relhasindex: isTable && source.catalog.indexesOf(relation.oid).length > 0,
      relisshared: false,
      relpersistence: persistenceOf(source, relation),
      relkind: kindOf(relation),
      relnatts: attributeCount,
      relchecks: constraints.filter((c) => c.kind === "check").length,
      relhasrules: relation.class === "view",
      relhastriggers: isTable && (constraints.some((c) => c.kind === "foreignKey") || source.catalog.referencing(relation.oid).length > 0),
      relhassubclass: isTable && (relation.partitioned !== undefined || source.catalog.childrenOf(relation.oid).length > 0),
      relrowsecurity: false,
      relforcerowsecurity: false,
      relispopulated: !(isTable && relation.materialized?.populated === false),
      relreplident: isTable ? "d" : "n",
      relispartition: (isTable && relation.partition !== undefined) || (relation.class === "index" && relation.parent !== undefined),
      relrewrite: 0,
      relfrozenxid: 0,
      relminmxid: 0,
      relacl: "acl" in relation ? source.acl(relation.acl) : null,
      reloptions: options.length === 0 ? null : textArray(options),
      relpartbound: isTable && relation.partition !== undefined ? (source.system.printBound?.(relation.oid) ?? null) : null,
    };
  }
});

export interface Column {
  readonly number: number;
  readonly name: string;
  readonly type: Oid;
  readonly typmod: number;
  readonly attribute?: AttributeObject;
}

/** A relation's columns, whatever kind it is; dropped ones of tables included. */
export function attributesOf(source: Source, relation: RelationObject): readonly Column[] {
  switch (relation.class) {
    case "table":
      return relation.attributes.map((a) => ({ number: a.number, name: a.name, type: a.type, typmod: a.typmod, attribute: a }));
    case "view":
    case "system":
      return (relation.columns as SystemRelation["columns"]).map((c, i) => ({
        number: i + 1,
        name: c.name,
        type: c.type,
        typmod: c.typmod ?? -1,
      }));
    case "sequence":
      return [
        ["last_value", TypeOid.int8],
        ["log_cnt", TypeOid.int8],
        ["is_called", TypeOid.bool],
      ].map(([name, type], i) => ({ number: i + 1, name: name as string, type: type as Oid, typmod: -1 }));
    case "index": {
      const table = source.catalog.relationByOid(relation.table);
      if (table?.class !== "table") return [];
      return [...relation.columns.map((c) => c.attribute), ...relation.include].flatMap((number, i) => {
        const a = table.attributes[number - 1];
        return a === undefined ? [] : [{ number: i + 1, name: a.name, type: a.type, typmod: a.typmod }];
      });
    }
  }
}

provide("pg_catalog.pg_attribute", function* (source) {
  for (const relation of relationsWanted(source, "attrelid")) {
    for (const column of attributesOf(source, relation)) yield attributeRow(source, relation.oid, column);
  }
});

function attributeRow(source: Source, relation: Oid, { number, name, type, typmod, attribute }: Column): NamedRow {
  const facts = typeFacts(type);
  const dropped = attribute?.dropped === true;
  return {
    attrelid: relation,
    attname: name,
    atttypid: dropped ? 0 : type,
    attstattarget: -1,
    attlen: facts.length,
    attnum: number,
    attndims: source.registry.typeByOid(type)?.category === "A" ? 1 : 0,
    attcacheoff: -1,
    atttypmod: typmod,
    attbyval: facts.byValue,
    attalign: facts.align,
    attstorage: facts.storage,
    attcompression: "",
    attnotnull: attribute?.notNull ?? false,
    atthasdef: attribute?.defaultSql !== undefined,
    atthasmissing: false,
    attidentity: attribute?.identity === undefined ? "" : attribute.identity === "always" ? "a" : "d",
    attgenerated: attribute?.generated === true ? "s" : "",
    attisdropped: dropped,
    attislocal: attribute?.local ?? true,
    attinhcount: attribute?.inheritedCount ?? 0,
    attcollation: facts.collation,
    attacl: source.acl(attribute?.acl),
    attoptions: null,
    attfdwoptions: null,
    attmissingval: null,
  };
}

function* tables(source: Source): Iterable<TableObject> {
  for (const object of source.catalog.objects()) if (object.class === "table") yield object;
}
function* indexes(source: Source): Iterable<IndexObject> {
  for (const object of source.catalog.objects()) if (object.class === "index") yield object;
}

/** A default has no object of its own: its OID is made from its table's and its column's, beyond what the engine hands out. */
const defaultOid = (table: Oid, attribute: number) => 2_147_483_648 + ((table * 1600 + attribute) % 2_147_483_647);

provide("pg_catalog.pg_attrdef", function* (source) {
  for (const table of tables(source))
    for (const a of table.attributes) {
      if (a.defaultSql !== undefined && !a.dropped)
        yield { oid: defaultOid(table.oid, a.number), adrelid: table.oid, adnum: a.number, adbin: source.system.printStored(a.defaultSql) };
    }
});

provide("pg_catalog.pg_index", function* (source) {
  for (const index of indexes(source)) {
    const table = source.catalog.relationByOid(index.table);
    const keys = index.columns.map((c) => c.attribute);
    const typeOf = (attribute: number) => (table?.class === "table" ? (table.attributes[attribute - 1]?.type ?? 0) : 0);
    yield {
      indexrelid: index.oid,
      indrelid: index.table,
      indnatts: keys.length + index.include.length,
      indnkeyatts: keys.length,
      indisunique: index.unique,
      indnullsnotdistinct: index.nullsNotDistinct,
      indisprimary: index.primary,
      indisexclusion: false,
      indimmediate: true,
      indisclustered: false,
      indisvalid: index.valid,
      indcheckxmin: false,
      indisready: true,
      indislive: true,
      indisreplident: false,
      indkey: int2Vector([...keys, ...index.include]),
      indcollation: oidVector(keys.map((k) => typeFacts(typeOf(k)).collation)),
      indclass: oidVector(keys.map((k) => btreeClassOf(typeOf(k)))),
      indoption: int2Vector(index.columns.map((c) => (c.descending ? 1 : 0) | (c.nullsFirst ? 2 : 0))),
      indexprs: null,
      indpred: index.predicateSql ?? null,
    };
  }
});

const actions = { noAction: "a", restrict: "r", cascade: "c", setNull: "n", setDefault: "d" } as const;
const constraintKinds = { primaryKey: "p", unique: "u", check: "c", foreignKey: "f" } as const;

function* constraints(source: Source): Iterable<ConstraintObject> {
  const wanted = source.wanted("conrelid");
  if (typeof wanted === "number") return yield* source.catalog.constraintsOf(wanted);
  for (const object of source.catalog.objects()) if (object.class === "constraint") yield object;
}

provide("pg_catalog.pg_constraint", function* (source) {
  yield* domainConstraintRows(source);
  for (const c of constraints(source)) {
    const foreign = c.kind === "foreignKey" ? c : undefined;
    yield {
      oid: c.oid,
      conname: c.name,
      connamespace: c.schema,
      contype: constraintKinds[c.kind],
      condeferrable: "deferrable" in c && c.deferrable === true,
      condeferred: "initiallyDeferred" in c && c.initiallyDeferred === true,
      convalidated: c.validated,
      conrelid: c.table,
      contypid: 0,
      conindid: c.kind === "primaryKey" || c.kind === "unique" ? c.index : (foreign?.referencedIndex ?? 0),
      conparentid: c.parent ?? 0,
      confrelid: foreign?.references ?? 0,
      confupdtype: foreign === undefined ? " " : actions[foreign.onUpdate],
      confdeltype: foreign === undefined ? " " : actions[foreign.onDelete],
      confmatchtype: foreign === undefined ? " " : foreign.match === "full" ? "f" : "s",
      conislocal: c.local ?? true,
      coninhcount: c.inheritedCount ?? 0,
      connoinherit: c.kind === "check" ? c.noInherit === true : source.catalog.childrenOf(c.table).length === 0 && c.parent === undefined,
      conkey: int2Array(c.attributes),
      confkey: foreign === undefined ? null : int2Array(foreign.referencedAttributes),
      conbin: c.kind === "check" ? source.system.printStored(c.sql) : null,
    };
  }
});

provide("pg_catalog.pg_inherits", function* (source) {
  for (const object of source.catalog.objects()) {
    if (object.class === "table")
      for (const [i, parent] of (object.parents ?? []).entries())
        yield { inhrelid: object.oid, inhparent: parent, inhseqno: i + 1, inhdetachpending: false };
    if (object.class === "index" && object.parent !== undefined)
      yield { inhrelid: object.oid, inhparent: object.parent, inhseqno: 1, inhdetachpending: false };
  }
});

provide("pg_catalog.pg_partitioned_table", function* (source) {
  const strategies = { range: "r", list: "l", hash: "h" } as const;
  for (const table of tables(source)) {
    const scheme = table.partitioned;
    if (scheme === undefined) continue;
    const expressions = scheme.keys.flatMap((k) => (k.expressionSql === undefined ? [] : [k.expressionSql]));
    yield {
      partrelid: table.oid,
      partstrat: strategies[scheme.strategy],
      partnatts: scheme.keys.length,
      partdefid: source.catalog.childrenOf(table.oid).find((c) => c.partition?.kind === "default")?.oid ?? 0,
      partattrs: int2Vector(scheme.keys.map((k) => k.attribute)),
      partclass: oidVector(scheme.keys.map((k) => btreeClassOf(k.type))),
      partcollation: oidVector(scheme.keys.map((k) => typeFacts(k.type).collation)),
      partexprs: expressions.length === 0 ? null : expressions.join(", "),
    };
  }
});

provide("pg_catalog.pg_sequence", function* (source) {
  for (const s of source.catalog.objects()) {
    if (s.class !== "sequence") continue;
    yield {
      seqrelid: s.oid,
      seqtypid: s.type,
      seqstart: int8(s.start),
      seqincrement: int8(s.increment),
      seqmax: int8(s.max),
      seqmin: int8(s.min),
      seqcache: int8(s.cache),
      seqcycle: s.cycle,
    };
  }
});
export const int8 = (decimal: string): Datum => (Number.isSafeInteger(Number(decimal)) ? Number(decimal) : BigInt(decimal));

provide("pg_catalog.pg_rewrite", function* (source) {
  for (const view of source.catalog.objects()) {
    if (view.class === "view")
      yield {
        oid: defaultOid(view.oid, 0),
        rulename: "_RETURN",
        ev_class: view.oid,
        ev_type: "1",
        ev_enabled: "O",
        is_instead: true,
        ev_qual: null,
        ev_action: view.sql,
      };
  }
});

const CLASS = 1259;
provide("pg_catalog.pg_depend", function* (source) {
  const row = (objid: Oid, classid: Oid, refobjid: Oid, refobjsubid: number, deptype: string, refclassid = CLASS) => ({
    classid,
    objid,
    objsubid: 0,
    refclassid,
    refobjid,
    refobjsubid,
    deptype,
  });
  for (const object of source.catalog.objects()) {
    switch (object.class) {
      case "sequence":
        if (object.ownedBy !== undefined) yield row(object.oid, CLASS, object.ownedBy.table, object.ownedBy.attribute, "a");
        break;
      case "index":
        for (const c of object.columns) yield row(object.oid, CLASS, object.table, c.attribute, "a");
        break;
      case "constraint":
        for (const attribute of object.attributes) yield row(object.oid, 2606, object.table, attribute, "a");
        if (object.kind === "primaryKey" || object.kind === "unique") yield { ...row(object.index, CLASS, object.oid, 0, "i", 2606) };
        break;
      case "view":
        for (const relation of object.dependsOn) yield row(defaultOid(object.oid, 0), 2618, relation, 0, "n");
        break;
      default:
        break;
    }
  }
});
