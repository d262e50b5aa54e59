/** What functions ask of the catalog: reg types, pg_get_…def, comments, visibility, sizes. */

import {
  type CatalogSnapshot,
  collationByOid,
  collationDescription,
  collationText,
  derivedOid,
  findCollation,
  PG_CATALOG_OID,
  quoteIdentifier,
  type SessionCatalogReader,
  systemConstraints,
  type TableObject,
  type ViewObject,
} from "../../catalog/index.js";
import { type CatalogService, knownDescriptions } from "../../functions/index.js";
import { defaultOperatorClass } from "../../functions/operator-classes.js";
import type { BoundStatement } from "../../plan/index.js";
import { DbError, FIRST_USER_OID, type Oid } from "../../types/index.js";
import { type AclKind, aclText, defaultAclOf } from "../acl.js";
import { describeObject } from "../commands/dependencies.js";
import {
  constraintDefinition,
  indexColumnDefinition,
  indexDefinition,
  statisticsColumns,
  statisticsDefinition,
  statisticsExpressions,
} from "../definitions.js";
import { partitionConstraintText, partitionKeyText, partitionLinks } from "../partition-text.js";
import { columnsRead } from "../plan-access.js";
import { parameterDefault, routineText } from "../routine-text.js";
import type { EngineSession } from "../session.js";
import { StoredText } from "../stored-text.js";

/** acldefault's letters. Large objects, tablespaces and foreign things there are none of. */
const ACL_KINDS: Readonly<Record<string, AclKind>> = {
  c: "column", r: "table", s: "sequence", d: "database", f: "function", l: "language", n: "schema", T: "type",
}; // biome-ignore format: a table

export function catalogService(session: EngineSession, catalog: SessionCatalogReader): CatalogService {
  const { snapshot } = catalog;
  const visible = (oid: Oid): boolean => {
    const relation = catalog.relationByOid(oid);
    return relation !== undefined && catalog.relation(undefined, relation.name)?.oid === oid;
  };
  const relationName = (oid: Oid): string | undefined => {
    const relation = catalog.relationByOid(oid);
    if (relation === undefined) return undefined;
    return visible(oid)
      ? quoteIdentifier(relation.name)
      : `${quoteIdentifier(catalog.schemaByOid(relation.schema)?.name ?? "")}.${quoteIdentifier(relation.name)}`;
  };
  const roleName = (oid: Oid): string | undefined => {
    const object = snapshot.object(oid);
    return object?.class === "role" ? object.name : undefined;
  };
  const columnsOf = (oid: Oid): readonly (readonly [name: string, number: number])[] => {
    const relation = catalog.relationByOid(oid);
    if (relation?.class === "table") return relation.attributes.filter((a) => !a.dropped).map((a) => [a.name, a.number]);
    if (relation?.class === "view" || relation?.class === "system") return relation.columns.map((column, i) => [column.name, i + 1]);
    return [];
  };
  const printer = new StoredText(session, catalog, relationName);
  /** What the binder says of a view is what a statement would meet. */
  const bind = (sql: string): BoundStatement | undefined => {
    const [statement] = session.database.frontEnd.parse(sql);
    if (statement === undefined) return undefined;
    return session.database.frontEnd.bind(statement, {
      catalog,
      registry: session.registry(catalog),
      parameterTypes: [],
      format: session.format,
      currentUser: session.user,
      currentDatabase: session.databaseName,
    });
  };
  const mayBind = (sql: string): boolean => {
    try {
      return bind(sql) !== undefined;
    } catch (error) {
      if (error instanceof DbError) return false;
      throw error;
    }
  };
  const qualifiedName = (relation: { readonly schema: Oid; readonly name: string }): string =>
    `${quoteIdentifier(catalog.schemaByOid(relation.schema)?.name ?? "")}.${quoteIdentifier(relation.name)}`;
  const updateOf = (view: ViewObject, column: string): string => `UPDATE ${qualifiedName(view)} SET ${quoteIdentifier(column)} = DEFAULT`;
  return {
    relationByName: (path) =>
      (path.length === 1
        ? catalog.relation(undefined, path[0] as string)
        : catalog.relation(path[path.length - 2], path[path.length - 1] as string)
      )?.oid,
    relationName,
    relationVisible: visible,
    compositeVisible: (oid) => {
      const type = snapshot.object(oid);
      return type?.class === "type" && type.kind === "composite" ? catalog.searchPath.includes(type.schema) : undefined;
    },
    isSequence: (oid) => catalog.relationByOid(oid)?.class === "sequence",
    columnNumber: (oid, column) => columnsOf(oid).find(([name]) => name === column)?.[1],
    columnName: (oid, number) => columnsOf(oid).find(([, at]) => at === number)?.[0],
    relationFacts: (oid) => {
      const relation = catalog.relationByOid(oid);
      if (relation === undefined) return undefined;
      const kind = relation.class === "system" ? "table" : relation.class;
      return { kind, schema: catalog.schemaByOid(relation.schema)?.name ?? "", name: relation.name };
    },
    namespaceByName: (name) => catalog.schemaByName(name)?.oid,
    namespaceName: (oid) => catalog.schemaByOid(oid)?.name,
    collationByName: (path) => findCollation(catalog, path.length === 1 ? undefined : path.at(-2), path.at(-1) ?? "")?.oid,
    collationName: (oid) => (collationByOid(catalog, oid) === undefined ? undefined : collationText(catalog, oid)),
    collationFacts: (oid) => collationByOid(catalog, oid),
    roleByName: (name) => catalog.role(name)?.oid,
    roleName,
    // A table and its row type share an OID; the comment is the table's.
    description: (oid, of, subId) => {
      if (of === "pg_type" && snapshot.relationByOid(oid) !== undefined) return null;
      const comment = snapshot.comment(oid, subId)?.text;
      if (comment !== undefined || subId !== 0 || oid >= FIRST_USER_OID) return comment ?? null;
      const collation = of === "pg_collation" ? collationByOid(catalog, oid) : undefined;
      if (collation !== undefined) return collationDescription(collation) ?? null;
      const known = knownDescriptions().get(oid);
      return known === undefined || (of !== undefined && of !== known.table) ? null : known.text;
    },
    updatableEvents: (oid) => {
      const relation = catalog.relationByOid(oid);
      if (relation?.class === "table") return relation.materialized === undefined ? 28 : 0;
      if (relation?.class !== "view" || !mayBind(`DELETE FROM ${qualifiedName(relation)}`)) return 0;
      return relation.columns.some((c) => mayBind(updateOf(relation, c.name))) ? 28 : 16;
    },
    isColumnUpdatable: (oid, column) => {
      const relation = catalog.relationByOid(oid);
      if (relation?.class === "table") return relation.materialized === undefined && relation.attributes[column - 1]?.dropped === false;
      const name = relation?.class === "view" ? relation.columns[column - 1]?.name : undefined;
      return relation?.class === "view" && name !== undefined && mayBind(updateOf(relation, name));
    },
    statisticsText: (oid, what) => {
      const object = snapshot.object(oid);
      if (object?.class !== "statistics") return undefined;
      return what === "definition" ? statisticsDefinition(printer, object) : statisticsColumns(printer, object);
    },
    statisticsExpressions: (oid) => {
      const object = snapshot.object(oid);
      return object?.class === "statistics" ? statisticsExpressions(printer, object).map((e) => e.text) : undefined;
    },
    describeObject: (oid) => {
      const object = snapshot.object(oid);
      return object === undefined ? undefined : describeObject(session.definitionContext(""), object);
    },
    isStatisticsVisible: (oid) => {
      const object = snapshot.object(oid);
      if (object?.class !== "statistics") return undefined;
      return catalog.searchPath.find((s) => snapshot.statisticsNamed(s, object.name) !== undefined) === object.schema;
    },
    indexDefinition: (oid, column, pretty) => {
      const index = catalog.relationByOid(oid);
      if (index?.class !== "index") return null;
      return column === 0 ? indexDefinition(printer, index, pretty) : indexColumnDefinition(printer, index, column, pretty);
    },
    indexColumns: (oid) => {
      const index = snapshot.relationByOid(oid);
      if (index?.class !== "index") return undefined;
      const table = snapshot.object(index.table);
      const classOf = (attribute: number): string => {
        const type = table?.class === "table" ? session.registry(catalog).typeByOid(table.attributes[attribute - 1]?.type ?? 0) : undefined;
        return type === undefined ? "" : (defaultOperatorClass(index.method, type)?.name ?? "");
      };
      const keys = index.columns.map((c) => ({ ...c, operatorClass: c.opclass ?? classOf(c.attribute) }));
      return { method: index.method, keys, includeCount: index.include.length };
    },
    constraintDefinition: (oid, pretty) => {
      const constraint = snapshot.object(oid);
      if (constraint?.class === "constraint") return constraintDefinition(printer, constraint, pretty);
      for (const object of snapshot.objects()) {
        const check = object.class === "type" && object.kind === "domain" ? object.checks.find((c) => c.oid === oid) : undefined;
        if (check !== undefined && object.class === "type" && object.kind === "domain")
          return `CHECK (${printer.domainCheck(check.sql, object.base, pretty)})${check.validated ? "" : " NOT VALID"}`;
      }
      for (const relation of catalog.systemRelations()) {
        const own = systemConstraints(relation).find((c) => c.oid === oid);
        if (own !== undefined) return constraintDefinition(printer, own, pretty);
      }
      return null;
    },
    columnsOfView: (oid) => {
      const view = snapshot.object(oid);
      if (view?.class !== "view") return [];
      try {
        const bound = bind(view.sql);
        return bound === undefined ? [] : columnsRead(bound);
      } catch (error) {
        // One that this session cannot read does not spoil the list: it reads what the user may not look into, or what was dropped.
        if (error instanceof DbError) return [];
        throw error;
      }
    },
    viewDefinition: (oid, pretty, wrapColumn) => {
      const view = snapshot.relationByOid(oid);
      return view?.class === "view" || view?.class === "table" ? printer.view(view, pretty, wrapColumn) : null;
    },
    storedExpression: (sql, relation, pretty) => {
      if (/^(FOR VALUES|DEFAULT$)/.test(sql)) return sql;
      const table = snapshot.relationByOid(relation);
      return printer.expression(sql, "policy expressions", pretty, table?.class === "table" ? table : undefined).text;
    },
    columnDefault: (relation, column) => {
      const table = snapshot.relationByOid(relation);
      if (table?.class === "view") {
        const sql = table.defaults?.[column];
        return sql === undefined
          ? null
          : printer.expression(sql, "DEFAULT expressions", false, undefined, table.columns[column - 1]?.type).text;
      }
      const attribute = table?.class === "table" ? table.attributes[column - 1] : undefined;
      if (table?.class !== "table" || attribute?.defaultSql === undefined) return null;
      const clause = attribute.generated === true ? "column generation expressions" : "DEFAULT expressions";
      return printer.expression(attribute.defaultSql, clause, false, attribute.generated === true ? table : undefined, attribute.type).text;
    },
    partitionKeyDefinition: (oid) => partitionKeyText(printer, oid),
    partitionLinks: (oid) => partitionLinks(catalog, oid),
    partitionConstraintDefinition: (oid) => partitionConstraintText(printer, oid),
    routineText: (oid, what) => {
      const object = snapshot.object(oid);
      return object?.class === "function" ? routineText(printer, object, what) : undefined;
    },
    parameterDefault: (oid, number) => {
      const object = snapshot.object(oid);
      return object?.class === "function" ? parameterDefault(printer, object, number) : null;
    },
    ruleDefinition: (rule, pretty) => {
      const view = viewOfRule(snapshot, rule);
      if (view === undefined) return null;
      const name = pretty
        ? relationName(view.oid)
        : `${quoteIdentifier(catalog.schemaByOid(view.schema)?.name ?? "")}.${quoteIdentifier(view.name)}`;
      return `CREATE RULE "_RETURN" AS\n    ON SELECT TO ${name} DO INSTEAD ${printer.view(view, pretty, 0)}`;
    },
    typeDefault: (oid) => {
      let type = snapshot.object(oid);
      // A domain over a domain has that one's default unless it has its own.
      while (type?.class === "type" && type.kind === "domain" && type.defaultSql === undefined) type = snapshot.object(type.base);
      if (type?.class !== "type" || type.kind !== "domain" || type.defaultSql === undefined) return null;
      return printer.expression(type.defaultSql, "DEFAULT expressions", false, undefined, type.base).text;
    },
    serialSequence: (relation, column) => {
      const table = snapshot.relationByOid(relation);
      const attribute = table?.class === "table" ? table.attributes.find((a) => !a.dropped && a.name === column) : undefined;
      if (attribute === undefined) return null;
      const sequence = snapshot.sequencesOf(relation).find((s) => s.ownedBy?.attribute === attribute.number);
      return sequence === undefined
        ? null
        : `${quoteIdentifier(catalog.schemaByOid(sequence.schema)?.name ?? "")}.${quoteIdentifier(sequence.name)}`;
    },
    relationSize: (oid, what) => {
      const { native, engine } = session.database;
      const bytes = (storage: number) => Math.max(0, native.storage.relationBytes(engine, storage));
      const relation = catalog.relationByOid(oid);
      if (relation === undefined) return undefined;
      if (relation.class === "index") return bytes(relation.storage);
      if (relation.class !== "table") return 0;
      const indexes = snapshot.indexesOf(oid).reduce((sum, index) => sum + bytes(index.storage), 0);
      return what === "main" ? bytes(relation.storage) : what === "indexes" ? indexes : bytes(relation.storage) + indexes;
    },
    databaseSize: () => {
      const { native, engine } = session.database;
      let sum = 0;
      for (const object of snapshot.objects())
        if (object.class === "table" || object.class === "index") sum += Math.max(0, native.storage.relationBytes(engine, object.storage));
      return sum;
    },
    defaultAcl: (letter, owner) => {
      const kind = ACL_KINDS[letter];
      return kind === undefined ? undefined : defaultAclOf(kind, owner).map((item) => aclText(roleName, item));
    },
    currentSchemas: (includeImplicit) => {
      const names = session.searchPathNames(catalog);
      return includeImplicit && !names.includes("pg_catalog") && catalog.schemaByOid(PG_CATALOG_OID) !== undefined
        ? ["pg_catalog", ...names]
        : names;
    },
  };
}

function viewOfRule(snapshot: CatalogSnapshot, rule: Oid): ViewObject | TableObject | undefined {
  for (const object of snapshot.objects()) {
    const isView = object.class === "view" || (object.class === "table" && object.materialized !== undefined);
    if (isView && derivedOid(object.oid, 0) === rule) return object;
  }
  return undefined;
}
