/**
 * Temporary objects: a schema per session (`pg_temp_N`), made with its first object and emptied when the session ends.
 *
 * They are rows of the same catalog and relations of the same storage as others; other sessions do not find them because their search
 * paths do not name the schema. What a crash left behind is dropped by the next start (dropLeftovers), before anybody connects.
 */
import type { CatalogObject, SchemaObject } from "../catalog/index.js";
import { BOOTSTRAP_ROLE_OID } from "../catalog/index.js";
import { StatusCode } from "../native/index.js";
import { DefinitionContext } from "./commands/context.js";
import { whole } from "./commands/dependencies.js";
import { dropTargets } from "./commands/drop.js";
import type { EngineDatabase } from "./database.js";
import type { EngineSession } from "./session.js";
import type { SessionTransaction } from "./transaction.js";

const PREFIX = "pg_temp_";
export const temporarySchemaName = (session: EngineSession): string => `${PREFIX}${session.id}`;
export const isTemporarySchema = (name: string): boolean => name.startsWith(PREFIX);

/** The session's schema for temporary objects, made when it is not there yet. */
export function temporarySchema(context: DefinitionContext): SchemaObject {
  const { session } = context;
  const name = temporarySchemaName(session);
  const known = context.snapshot.schema(name);
  if (known !== undefined && session.view.usesTemporarySchema) return known;
  session.view.useTemporarySchema();
  // A session of this number that ended badly may have left it.
  if (known !== undefined) {
    dropContents(context, known);
    return known;
  }
  const schema: SchemaObject = { class: "schema", oid: context.newOid(), name, owner: BOOTSTRAP_ROLE_OID };
  context.put(schema);
  return schema;
}

/** ON COMMIT DELETE ROWS and DROP, within the transaction that commits. */
export function endTemporaryTables(session: EngineSession, transaction: SessionTransaction): void {
  if (transaction.xid === 0) return;
  const catalog = session.catalogIn(transaction);
  const { native, engine } = session.database;
  for (const oid of session.temporaryAtCommit) {
    const table = catalog.relationByOid(oid);
    if (table?.class !== "table") continue;
    if (table.onCommit === "drop") {
      const context = new DefinitionContext(session, transaction, "COMMIT");
      context.quietly(() => dropTargets(context, [whole(table)], true));
      session.temporaryAtCommit.delete(oid);
    } else if (native.storage.rowCountEstimate(engine, table.storage) > 0) native.storage.truncate(engine, transaction.xid, table.storage);
  }
}

/** At the end of the session, and for DISCARD: everything in the schema goes, the schema itself stays for reuse. */
export function dropTemporaryObjects(session: EngineSession): void {
  if (!session.view.usesTemporarySchema) return;
  session.temporaryAtCommit.clear();
  const result = session.runner.runInTransaction((transaction) => {
    transaction.readOnly = false;
    const context = new DefinitionContext(session, transaction, "DISCARD TEMP");
    const schema = context.snapshot.schema(temporarySchemaName(session));
    if (schema !== undefined) context.quietly(() => dropContents(context, schema));
    return { tag: "DISCARD TEMP" };
  });
  // Another transaction's definitions are in the way: they end, and the drop goes on; should the process end first, the next start does it.
  if (result instanceof Promise) result.catch(() => undefined);
}

function dropContents(context: DefinitionContext, schema: SchemaObject): void {
  const objects = [...context.snapshot.objects()].filter((o) => isIn(o, schema) && !isPart(o));
  if (objects.length > 0) dropTargets(context, objects.map(whole), true);
}
const isIn = (object: CatalogObject, schema: SchemaObject): boolean => "schema" in object && object.schema === schema.oid;
const isPart = (object: CatalogObject): boolean =>
  object.class === "constraint" || object.class === "index" || (object.class === "sequence" && object.ownedBy !== undefined);

/** What sessions of an earlier process left: their schemas and everything in them, storage included. */
export function dropLeftovers(database: EngineDatabase): void {
  const snapshot = database.store.current();
  const objects = [...snapshot.objects()];
  const schemas = new Set(objects.flatMap((o) => (o.class === "schema" && isTemporarySchema(o.name) ? [o.oid] : [])));
  if (schemas.size === 0) return;
  const { storage } = database.native;
  const { engine } = database;
  const xid = storage.begin(engine, 0);
  const gone = new Set<number>(schemas);
  for (const o of objects) if ("schema" in o && schemas.has(o.schema)) gone.add(o.oid);
  for (const o of objects) if (o.class === "comment" && gone.has(o.object)) gone.add(o.oid);
  const steps = objects
    .filter((o) => gone.has(o.oid))
    .map((o): number => {
      const status = storage.catalogDelete(engine, xid, o.oid);
      if (status !== StatusCode.ok) return status;
      if (o.class === "index") return storage.dropIndex(engine, xid, o.storage);
      if (o.class === "table") return storage.dropRelation(engine, xid, o.storage);
      if (o.class === "sequence") return storage.dropSequence(engine, xid, o.storage);
      return StatusCode.ok;
    });
  // Indexes of a relation go with it, in either order.
  if (steps.every((status) => status === StatusCode.ok || status === StatusCode.notFound)) storage.commit(engine, xid);
  else storage.rollback(engine, xid);
  database.store.current();
}
