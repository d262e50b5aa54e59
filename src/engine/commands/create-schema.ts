/** CREATE SCHEMA and CREATE EXTENSION. */
import { PUBLIC_OID } from "../../catalog/index.js";
import type { Command } from "../../plan/index.js";
import { DbError, extensionExists, extensionUnavailable, noSuchRole, schemaExists } from "../../types/index.js";
import { defaultAclFor } from "./catalog/grant.js";
import type { DefinitionContext } from "./context.js";

/** What CREATE EXTENSION finds: name, default version, comment. */
export const availableExtensions: readonly { readonly name: string; readonly version: string; readonly comment: string }[] = [
  { name: "plpgsql", version: "1.0", comment: "PL/pgSQL procedural language" },
  { name: "vector", version: "0.8.0", comment: "vector data type and ivfflat and hnsw access methods" },
];

export function createSchema(context: DefinitionContext, command: Extract<Command, { kind: "CreateSchema" }>): void {
  if (context.snapshot.schema(command.name) !== undefined) {
    if (!command.ifNotExists) throw schemaExists(command.name);
    return context.notice(`schema "${command.name}" already exists, skipping`, "42P06");
  }
  if (command.name.startsWith("pg_"))
    throw new DbError({
      sqlstate: "42939",
      message: `unacceptable schema name "${command.name}"`,
      detail: 'The prefix "pg_" is reserved for system schemas.',
    });
  const owner = command.authorization === undefined ? undefined : context.snapshot.role(command.authorization);
  if (command.authorization !== undefined && owner === undefined) throw noSuchRole(command.authorization);
  context.put({
    class: "schema",
    oid: context.newOid(),
    name: command.name,
    owner: owner?.oid ?? context.owner,
    ...defaultAclFor(context, "n", 0),
  });
}

export function createExtension(context: DefinitionContext, command: Extract<Command, { kind: "CreateExtension" }>): void {
  if (context.snapshot.extension(command.name) !== undefined) {
    if (!command.ifNotExists) throw extensionExists(command.name);
    return context.notice(`extension "${command.name}" already exists, skipping`, "42710");
  }
  const available = availableExtensions.find((e) => e.name === command.name);
  if (available === undefined) throw extensionUnavailable(command.name);
  const schema = command.schema === undefined ? PUBLIC_OID : context.schema(command.schema).oid;
  const oid = context.newOid();
  context.put({ class: "extension", oid, name: command.name, schema, version: available.version });
  context.put({ class: "comment", oid: context.newOid(), object: oid, attribute: 0, text: available.comment });
}
