/** pg_class, pg_attribute and what hangs on relations. */

import {
  type AclItem,
  type AttributeObject,
  type CompositeObject,
  type ConstraintObject,
  collationOid,
  derivedOid,
  type IndexObject,
  isIndexConstraint,
  type RelationObject,
  type SystemRelation,
  systemConstraints,
  type TableObject,
} from "../../src/catalog/index.js";
import { accessMethodOids } from "../../src/functions/operator-classes.js";
import { type CollationReference, type Datum, type Oid, TypeOid } from "../../src/types/index.js";
import { outputName } from "../binder/output-name.js";
import { parseStoredExpression } from "../binder/stored-sql.js";
import { btreeClassOf, operatorClassByOid, operatorClassOidOf } from "./operator-classes.js";
import { int2Array, int2Vector, oidVector, provide, type Source, textArray } from "./provider.js";
import { type NamedRow, systemRelations } from "./relation-shape.js";
import { alignmentOf, collationOfType, domainConstraintRows, isByValue, keptAs, lengthOf, storageOf } from "./user-rows.js";

const HEAP_AM = 2;
const BTREE_AM = 403;
export const HNSW_AM = 16010;
export const IVFFLAT_AM = 16011;
const PAGE_BYTES = 8192;
const OWNER = 10;

export function* allRelations(source: Source): Iterable<RelationObject> {
  for (const object of source.catalog.objects()) {
    if (object.class === "table" || object.class === "index" || object.class === "sequence" || object.class === "view") yield object;
  }
  for (const relation of source.catalog.systemRelations?.() ?? systemRelations) {
    yield relation;
    if (relation.indexes !== undefined) yield* relation.indexes;
  }
}
function* relationsWanted(source: Source, column: string): Iterable<RelationObject> {
  const wanted = source.wanted(column);
  if (typeof wanted !== "number") return yield* allRelations(source);
  const relation = source.catalog.relationByOid(wanted);
  if (relation !== undefined) yield relation;
}

const kinds = { table: "r", index: "i", sequence: "S", view: "v" } as const;
const kindOf = (relation: RelationObject) => {
  if (relation.class === "system") return relation.isTable === true ? "r" : "v";
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

/** The tables that PostgreSQL's databases have in common, and their indexes. */
const SHARED_TABLES: ReadonlySet<Oid> = new Set([1213, 1214, 1260, 1261, 1262, 2396, 2964, 3592, 6000, 6100, 6243]);
const isShared = (relation: RelationObject): boolean => SHARED_TABLES.has(relation.class === "index" ? relation.table : relation.oid);
const GLOBAL_TABLESPACE = 1664;

/** Of an index, its table's: nobody asks for those that a predicate leaves out. */
function rowCountOf(source: Source, relation: RelationObject): number {
  const table = relation.class === "index" ? source.catalog.relationByOid(relation.table) : relation;
  if (table?.class === "table") return source.system.rowCount(table.storage);
  return table?.class === "sequence" ? 1 : 0;
}

const IDENTITIES = { default: "d", full: "f", nothing: "n" } as const;
const replicaIdentityOf = ({ replicaIdentity = "default" }: TableObject) =>
  typeof replicaIdentity === "number" ? "i" : IDENTITIES[replicaIdentity];
function accessMethodOf(relation: RelationObject): Oid {
  if (relation.class === "index") return accessMethodOids[relation.method] ?? BTREE_AM;
  if (relation.class === "system") return relation.isTable === true ? HEAP_AM : 0;
  return relation.class === "table" && relation.partitioned === undefined ? HEAP_AM : 0;
}

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
      reloftype: isTable ? (relation.ofType ?? 0) : 0,
      relowner: relation.class === "system" ? OWNER : relation.owner,
      relam: accessMethodOf(relation),
      relfilenode: storage,
      reltablespace: isShared(relation) ? GLOBAL_TABLESPACE : 0,
      relpages: storage === 0 || relation.class === "sequence" ? 0 : Math.ceil(source.system.relationBytes(storage) / PAGE_BYTES),
      reltuples: rowCountOf(source, relation),
      relallvisible: 0,
      reltoastrelid: 0,
      relhasindex:
        (relation.class === "system" && relation.indexes !== undefined) || (isTable && source.catalog.indexesOf(relation.oid).length > 0),
      relisshared: isShared(relation),
      relpersistence: persistenceOf(source, relation),
      relkind: kindOf(relation),
      relnatts: attributeCount,
      relchecks: constraints.filter((c) => c.kind === "check").length,
      relhasrules: relation.class === "view" || (isTable && relation.materialized !== undefined),
      relhastriggers: isTable && (constraints.some((c) => c.kind === "foreignKey") || source.catalog.referencing(relation.oid).length > 0),
      relhassubclass: isTable && (relation.partitioned !== undefined || source.catalog.childrenOf(relation.oid).length > 0),
      relrowsecurity: isTable && relation.rowSecurity === true,
      relforcerowsecurity: isTable && relation.forceRowSecurity === true,
      relispopulated: !(isTable && relation.materialized?.populated === false),
      relreplident: isTable ? replicaIdentityOf(relation) : "n",
      relispartition: (isTable && relation.partition !== undefined) || (relation.class === "index" && relation.parent !== undefined),
      relrewrite: 0,
      relfrozenxid: 0,
      relminmxid: 0,
      relacl: "acl" in relation ? source.acl(relation.acl) : null,
      reloptions: options.length === 0 ? null : textArray(options),
      relpartbound: isTable && relation.partition !== undefined ? (source.system.printBound?.(relation.oid) ?? null) : null,
    };
  }
  for (const type of composites(source, "oid")) yield compositeRow(type);
});

function compositeRow(type: CompositeObject): NamedRow {
  const none = { reloftype: 0, relam: 0, relfilenode: 0, reltablespace: 0, relpages: 0, reltuples: 0, relallvisible: 0, reltoastrelid: 0 };
  const no = {
    relhasindex: false, relisshared: false, relhasrules: false, relhastriggers: false, relhassubclass: false, relrowsecurity: false,
    relforcerowsecurity: false, relispartition: false,
  }; // biome-ignore format: a list
  return {
    ...none,
    ...no,
    oid: type.oid,
    relname: type.name,
    relnamespace: type.schema,
    reltype: type.oid,
    relowner: type.owner,
    relpersistence: "p",
    relkind: "c",
    relnatts: type.attributes.length,
    relchecks: 0,
    relispopulated: true,
    relreplident: "n",
    relrewrite: 0,
    relfrozenxid: 0,
    relminmxid: 0,
    relacl: null,
    reloptions: null,
    relpartbound: null,
  };
}

export interface Column {
  readonly number: number;
  readonly name: string;
  readonly type: Oid;
  readonly typmod: number;
  /** Of system relations, whose columns are no attributes. */
  readonly notNull?: boolean;
  readonly attribute?: AttributeObject;
  /** Of views and indexes: where it is not the type's. */
  readonly collation?: CollationReference;
  /** Of an index's column: the statistics target. */
  readonly statistics?: number;
  /** Of an index's column: what its operator class keeps in place of the value. */
  readonly keyType?: Oid;
  /** Of views. */
  readonly hasDefault?: boolean;
  readonly acl?: readonly AclItem[];
}

/** A relation's columns, whatever kind it is; dropped ones of tables included. Hidden ones look like these where other columns come after them. */
export function attributesOf(source: Source, relation: RelationObject): readonly Column[] {
  switch (relation.class) {
    case "table":
      return relation.attributes
        .slice(0, relation.attributes.findLastIndex((a) => a.hidden !== true) + 1)
        .map((a) => ({ number: a.number, name: a.name, type: a.type, typmod: a.typmod, attribute: a }));
    case "view":
    case "system":
      return (relation.columns as SystemRelation["columns"]).map((c, i) => ({
        number: i + 1,
        name: c.name,
        type: c.type,
        typmod: c.typmod ?? -1,
        notNull: c.notNull === true,
        // initdb gives the columns of system tables the collation C.
        ...(relation.class === "system" && relation.isTable === true && collationOfType(source, c.type) !== 0 ? { collation: "C" } : {}),
        hasDefault: relation.class === "view" && relation.defaults?.[i + 1] !== undefined,
        ...("acl" in c ? { acl: c.acl as readonly AclItem[] } : {}),
        ...("collation" in c && c.collation !== undefined ? { collation: c.collation as CollationReference } : {}),
      }));
    case "sequence":
      return [
        ["last_value", TypeOid.int8],
        ["log_cnt", TypeOid.int8],
        ["is_called", TypeOid.bool],
      ].map(([name, type], i) => ({ number: i + 1, name: name as string, type: type as Oid, typmod: -1, notNull: true }));
    case "index": {
      const table = source.catalog.relationByOid(relation.table);
      if (table?.class === "system") return systemIndexColumns(source, relation, table);
      if (table?.class !== "table") return [];
      const names = new Set<string>();
      const keys = [...relation.columns, ...relation.include.map((attribute) => ({ attribute }))];
      return keys.flatMap((key: Partial<IndexObject["columns"][number]> & { readonly attribute: number }, i) => {
        const a = table.attributes[(key.expressionSql === undefined ? key.attribute : (key.key ?? 0)) - 1];
        if (a === undefined && key.expressionType === undefined) return [];
        const base = key.expressionSql === undefined ? (a?.name ?? "") : expressionName(key.expressionSql);
        let name = base;
        for (let n = 1; names.has(name); n++) name = `${base}${n}`;
        names.add(name);
        const collation =
          key.collation ?? key.expressionCollation ?? (key.attribute === 0 ? undefined : table.attributes[key.attribute - 1]?.collation);
        const { statistics } = key;
        const type = a?.type ?? key.expressionType ?? 0;
        const keyType = i < relation.columns.length ? indexKeyType(source, relation, key.opclass, type) : 0;
        return [
          {
            number: i + 1,
            name,
            type,
            typmod: a?.typmod ?? -1,
            ...(collation === undefined ? {} : { collation }),
            ...(statistics === undefined ? {} : { statistics }),
            ...(keyType === 0 ? {} : { keyType }),
          },
        ];
      });
    }
  }
}

function systemIndexColumns(source: Source, index: IndexObject, table: SystemRelation): readonly Column[] {
  const columns = attributesOf(source, table);
  return index.columns.flatMap(({ attribute }, i) => {
    const column = columns[attribute - 1];
    if (column === undefined) return [];
    const keyType = indexKeyType(source, index, undefined, column.type);
    const { name, type, typmod, collation } = column;
    return [
      { number: i + 1, name, type, typmod, ...(collation === undefined ? {} : { collation }), ...(keyType === 0 ? {} : { keyType }) },
    ];
  });
}

function indexKeyType(source: Source, index: IndexObject, opclass: string | undefined, type: Oid): Oid {
  // Hash indexes keep the hash.
  if (index.method === "hash") return TypeOid.int4;
  const known = source.registry.typeByOid(type);
  const { keyType = 0 } = operatorClassByOid(operatorClassOidOf(index, opclass, known)) ?? {};
  return keyType === TypeOid.anyelement ? (known?.elementType ?? 0) : keyType;
}

/** FigureIndexColname: a function's name, else expr. */
function expressionName(sql: string): string {
  const name = outputName(parseStoredExpression(sql));
  return name === "?column?" ? "expr" : name;
}

provide("pg_catalog.pg_attribute", function* (source) {
  for (const relation of relationsWanted(source, "attrelid")) {
    for (const column of attributesOf(source, relation)) yield attributeRow(source, relation.oid, column);
  }
  for (const type of composites(source, "attrelid"))
    for (const { number, name, type: columnType, typmod, dropped, collation } of type.attributes)
      yield attributeRow(source, type.oid, {
        number,
        name,
        type: columnType,
        typmod,
        attribute: { number, name, type: columnType, typmod, dropped, notNull: false, ...(collation === undefined ? {} : { collation }) },
      });
});

/** A composite type is a relation without rows. */
function* composites(source: Source, column: string): Iterable<CompositeObject> {
  const wanted = source.wanted(column);
  for (const object of source.catalog.objects())
    if (object.class === "type" && object.kind === "composite" && (typeof wanted !== "number" || wanted === object.oid)) yield object;
}
const STORAGE: Readonly<Record<string, string>> = { plain: "p", external: "e", extended: "x", main: "m" };
const storageLetter = (name: string | undefined): string | undefined => (name === undefined ? undefined : STORAGE[name.toLowerCase()]);

function attributeRow(
  source: Source,
  relation: Oid,
  { number, name, type: ownType, typmod, attribute, notNull, statistics, keyType, hasDefault, ...column }: Column,
): NamedRow {
  const type = keyType ?? ownType;
  const dropped = attribute?.dropped === true;
  const columnOptions = Object.entries(attribute?.options ?? {});
  return {
    attrelid: relation,
    attname: name,
    atttypid: dropped ? 0 : type,
    attstattarget: attribute?.statistics ?? statistics ?? -1,
    attlen: lengthOf(source, type),
    attnum: number,
    attndims: source.registry.typeByOid(type)?.category === "A" ? 1 : 0,
    attcacheoff: -1,
    atttypmod: keyType === undefined ? typmod : -1,
    attbyval: isByValue(source, type),
    attalign: alignmentOf(source, type),
    attstorage: storageLetter(attribute?.storage) ?? storageOf(source, type),
    attcompression:
      attribute?.compression?.startsWith("pglz") === true ? "p" : attribute?.compression?.startsWith("lz4") === true ? "l" : "",
    attnotnull: attribute?.notNull ?? notNull ?? false,
    atthasdef: (!dropped && attribute?.defaultSql !== undefined) || hasDefault === true,
    atthasmissing: false,
    attidentity: attribute?.identity === undefined ? "" : attribute.identity === "always" ? "a" : "d",
    attgenerated: attribute?.generated === true ? "s" : "",
    attisdropped: dropped,
    attislocal: attribute?.local ?? true,
    attinhcount: attribute?.inheritedCount ?? 0,
    attcollation: dropped ? 0 : collationOf(source, type, attribute?.collation ?? column.collation),
    attacl: source.acl(attribute?.acl ?? column.acl),
    attoptions: columnOptions.length === 0 ? null : textArray(columnOptions.map(([k, v]) => `${k}=${v}`)),
    attfdwoptions: null,
    attmissingval: null,
  };
}

const collationOf = (source: Source, type: Oid, own: CollationReference | undefined): Oid =>
  own === undefined ? collationOfType(source, type) : collationOid(own);
function columnCollation(source: Source, table: RelationObject | undefined, number: number): Oid {
  if (table?.class === "system") {
    const column = attributesOf(source, table)[number - 1];
    return column === undefined ? 0 : collationOf(source, column.type, column.collation);
  }
  const attribute = table?.class === "table" ? table.attributes[number - 1] : undefined;
  if (attribute === undefined) return 0;
  return collationOf(source, attribute.type, attribute.collation);
}
function indexCollation(source: Source, table: RelationObject | undefined, column: IndexObject["columns"][number]): Oid {
  if (column.collation !== undefined) return collationOid(column.collation);
  if (column.expressionCollation !== undefined) return collationOid(column.expressionCollation);
  if (column.attribute !== 0) return columnCollation(source, table, column.attribute);
  const hidden = table?.class === "table" && column.key !== undefined ? table.attributes[column.key - 1] : undefined;
  return hidden === undefined ? 0 : collationOfType(source, hidden.type);
}

function* tables(source: Source): Iterable<TableObject> {
  for (const object of source.catalog.objects()) if (object.class === "table") yield object;
}
function* indexes(source: Source): Iterable<IndexObject> {
  for (const object of source.catalog.objects()) if (object.class === "index") yield object;
  for (const { indexes: own } of source.catalog.systemRelations?.() ?? systemRelations) if (own !== undefined) yield* own;
}

provide("pg_catalog.pg_attrdef", function* (source) {
  const wanted = source.wanted("adrelid");
  for (const table of tables(source))
    for (const a of table.attributes) {
      if (typeof wanted === "number" && wanted !== table.oid) continue;
      if (a.defaultSql !== undefined && !a.dropped)
        yield {
          oid: derivedOid(table.oid, a.number),
          adrelid: table.oid,
          adnum: a.number,
          adbin: source.definitions.columnDefault(table.oid, a.number),
        };
    }
  for (const view of source.catalog.objects())
    if (view.class === "view" && (typeof wanted !== "number" || wanted === view.oid))
      for (const number of Object.keys(view.defaults ?? {}).map(Number))
        yield {
          oid: derivedOid(view.oid, number),
          adrelid: view.oid,
          adnum: number,
          adbin: source.definitions.columnDefault(view.oid, number),
        };
});

provide("pg_catalog.pg_index", function* (source) {
  for (const index of indexes(source)) {
    const table = source.catalog.relationByOid(index.table);
    const keys = index.columns.map((c) => c.attribute);
    const shown = attributesOf(source, index);
    yield {
      indexrelid: index.oid,
      indrelid: index.table,
      indnatts: keys.length + index.include.length,
      indnkeyatts: keys.length,
      indisunique: index.unique,
      indnullsnotdistinct: index.nullsNotDistinct,
      indisprimary: index.primary,
      indisexclusion: index.exclusion !== undefined,
      indimmediate: index.deferrable !== true,
      indisclustered: table?.class === "table" && table.clusterOn === index.oid,
      indisvalid: index.valid,
      indcheckxmin: false,
      indisready: true,
      indislive: true,
      indisreplident: table?.class === "table" && table.replicaIdentity === index.oid,
      indkey: int2Vector([...keys, ...index.include]),
      indcollation: oidVector(index.columns.map((c) => indexCollation(source, table, c))),
      indclass: oidVector(
        index.columns.map((c, i) => operatorClassOidOf(index, c.opclass, source.registry.typeByOid(keptAs(source, shown[i]?.type ?? 0)))),
      ),
      indoption: int2Vector(index.columns.map((c) => (c.descending ? 1 : 0) | (c.nullsFirst ? 2 : 0))),
      indexprs: indexExpressions(source, index),
      indpred: index.predicateSql === undefined ? null : source.definitions.storedExpression(index.predicateSql, index.table, false),
    };
  }
});

function indexExpressions(source: Source, index: IndexObject): string | null {
  const texts = index.columns.flatMap((c) =>
    c.expressionSql === undefined ? [] : [source.definitions.storedExpression(c.expressionSql, index.table, false)],
  );
  return texts.length === 0 ? null : texts.join(", ");
}

const actions = { noAction: "a", restrict: "r", cascade: "c", setNull: "n", setDefault: "d" } as const;
const constraintKinds = { primaryKey: "p", unique: "u", check: "c", foreignKey: "f", exclusion: "x" } as const;

function* constraints(source: Source): Iterable<ConstraintObject> {
  const wanted = source.wanted("conrelid");
  if (typeof wanted === "number") {
    yield* source.catalog.constraintsOf(wanted);
    const relation = source.catalog.relationByOid(wanted);
    return yield* relation?.class === "system" ? systemConstraints(relation) : [];
  }
  for (const object of source.catalog.objects()) if (object.class === "constraint") yield object;
  for (const relation of source.catalog.systemRelations?.() ?? systemRelations) yield* systemConstraints(relation);
}

/** Foreign keys of partitioned tables are always inherited, other keys never but by a partition from its parent's. */
function isPartitioned(source: Source, oid: Oid): boolean {
  const table = source.catalog.relationByOid(oid);
  return table?.class === "table" && table.partitioned !== undefined;
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
      conindid: isIndexConstraint(c) ? c.index : (foreign?.referencedIndex ?? 0),
      conparentid: c.parent ?? 0,
      confrelid: foreign?.references ?? 0,
      confupdtype: foreign === undefined ? " " : actions[foreign.onUpdate],
      confdeltype: foreign === undefined ? " " : actions[foreign.onDelete],
      confmatchtype: foreign === undefined ? " " : foreign.match === "full" ? "f" : "s",
      conislocal: c.local ?? true,
      coninhcount: c.inheritedCount ?? 0,
      connoinherit:
        c.kind === "check" ? c.noInherit === true : c.parent === undefined && !(foreign !== undefined && isPartitioned(source, c.table)),
      conkey: int2Array(c.attributes),
      confkey: foreign === undefined ? null : int2Array(foreign.referencedAttributes),
      conbin: c.kind === "check" ? source.definitions.storedExpression(c.sql, c.table, false) : null,
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
      partcollation: oidVector(
        scheme.keys.map((k) =>
          k.collation !== undefined
            ? collationOid(k.collation)
            : k.attribute === 0
              ? collationOfType(source, k.type)
              : columnCollation(source, table, k.attribute),
        ),
      ),
      partexprs:
        expressions.length === 0 ? null : expressions.map((sql) => source.definitions.storedExpression(sql, table.oid, false)).join(", "),
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
    const sql = view.class === "view" ? view.sql : view.class === "table" ? view.materialized?.sql : undefined;
    if (sql !== undefined)
      yield {
        oid: derivedOid(view.oid, 0),
        rulename: "_RETURN",
        ev_class: view.oid,
        ev_type: "1",
        ev_enabled: "O",
        is_instead: true,
        ev_qual: null,
        ev_action: sql,
      };
  }
});
