/** What functions ask of the catalog: reg types, pg_get_…def, comments, visibility, sizes. */
import { PG_CATALOG_OID, quoteIdentifier, type SessionCatalogReader } from "../../catalog/index.js";
import type { CatalogService } from "../../functions/index.js";
import type { Oid } from "../../types/index.js";
import { constraintDefinition, indexColumnDefinition, indexDefinition, viewDefinition } from "../definitions.js";
import { partitionKeyText } from "../partition-text.js";
import { routineText } from "../routine-text.js";
import type { EngineSession } from "../session.js";

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
  const columnsOf = (oid: Oid): readonly (readonly [name: string, number: number])[] => {
    const relation = catalog.relationByOid(oid);
    if (relation?.class === "table") return relation.attributes.filter((a) => !a.dropped).map((a) => [a.name, a.number]);
    if (relation?.class === "view" || relation?.class === "system") return relation.columns.map((column, i) => [column.name, i + 1]);
    return [];
  };
  const printer = { session, catalog, relationName };
  return {
    relationByName: (path) =>
      (path.length === 1
        ? catalog.relation(undefined, path[0] as string)
        : catalog.relation(path[path.length - 2], path[path.length - 1] as string)
      )?.oid,
    relationName,
    relationVisible: visible,
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
    roleByName: (name) => catalog.role(name)?.oid,
    roleName: (oid) => {
      const object = snapshot.object(oid);
      return object?.class === "role" ? object.name : undefined;
    },
    description: (oid, _catalog, subId) => snapshot.comment(oid, subId)?.text ?? null,
    indexDefinition: (oid, column) => {
      const index = snapshot.relationByOid(oid);
      if (index?.class !== "index") return null;
      return column === 0 ? indexDefinition(printer, index) : indexColumnDefinition(printer, index, column);
    },
    constraintDefinition: (oid, pretty) => {
      const constraint = snapshot.object(oid);
      return constraint?.class === "constraint" ? constraintDefinition(printer, constraint, pretty) : null;
    },
    viewDefinition: (oid) => {
      const view = snapshot.relationByOid(oid);
      if (view?.class === "table" && view.materialized !== undefined) return viewDefinition(view.materialized);
      return view?.class === "view" ? viewDefinition(view) : null;
    },
    partitionKeyDefinition: (oid) => partitionKeyText(catalog, oid),
    routineText: (oid, what) => {
      const object = snapshot.object(oid);
      return object?.class === "function" ? routineText(session.registry(catalog), catalog, object, what) : undefined;
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
    currentSchemas: (includeImplicit) => {
      const names = session.searchPathNames(catalog);
      return includeImplicit && !names.includes("pg_catalog") && catalog.schemaByOid(PG_CATALOG_OID) !== undefined
        ? ["pg_catalog", ...names]
        : names;
    },
  };
}
