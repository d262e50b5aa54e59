/** CREATE SCHEMA and CREATE EXTENSION. */
import { PUBLIC_OID, quoteIdentifier } from "../../catalog/index.js";
import type { Command } from "../../plan/index.js";
import { DbError, extensionExists, extensionUnavailable, noSuchRole, notSupported, schemaExists } from "../../types/index.js";
import { defaultAclFor } from "./catalog/grant.js";
import type { DefinitionContext } from "./context.js";
import { runCommand } from "./index.js";

/** What CREATE EXTENSION finds: name, default version, comment. */
export const availableExtensions: readonly { readonly name: string; readonly version: string; readonly comment: string }[] = [
  { name: "btree_gist", version: "1.7", comment: "support for indexing common datatypes in GiST" },
  { name: "plpgsql", version: "1.0", comment: "PL/pgSQL procedural language" },
  { name: "vector", version: "0.8.0", comment: "vector data type and ivfflat and hnsw access methods" },
];

export function createSchema(context: DefinitionContext, given: Extract<Command, { kind: "CreateSchema" }>): void {
  const command = withRoleNames(context, given);
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
  runElements(context, command);
}

/** AUTHORIZATION CURRENT_USER and its kin; a schema without a name of its own is called as its owner. */
function withRoleNames<T extends Extract<Command, { kind: "CreateSchema" }>>(context: DefinitionContext, command: T): T {
  const { authorization } = command;
  if (authorization !== "current_user" && authorization !== "session_user") return command;
  const role = authorization === "current_user" ? context.session.user : context.session.sessionUser;
  return { ...command, authorization: role, name: command.name === authorization ? role : command.name };
}

/** The elements run with the new schema first in the path, as commands of this statement. */
function runElements(context: DefinitionContext, command: Extract<Command, { kind: "CreateSchema" }>): void {
  if (command.elements.length === 0) return;
  const { session, transaction } = context;
  const path = [quoteIdentifier(command.name), session.setting("search_path")].join(", ");
  const undo = session.applyLocally([{ name: "search_path", value: path }]);
  try {
    for (const tree of command.elements) {
      session.runner.runInside(transaction, () => {
        const catalog = session.catalog();
        const bound = session.database.frontEnd.bind(
          { text: "", offset: 0, tree, transactionAction: undefined },
          {
            catalog,
            registry: session.registry(catalog),
            parameterTypes: [],
            format: session.format,
            currentUser: session.user,
            currentDatabase: session.databaseName,
            creatingSchema: command.name,
            policiesFor: session.view.policiesIn(catalog),
          },
        );
        if (bound.body.kind !== "Command") throw notSupported(`${bound.tag} in CREATE SCHEMA`);
        const element = bound.body.command;
        const target =
          "name" in element && typeof element.name === "object" && element.name !== null && "name" in element.name
            ? element.name
            : undefined;
        if (target?.schema !== undefined && target.schema !== command.name)
          throw new DbError({
            sqlstate: "42P15",
            message: `CREATE specifies a schema (${target.schema}) different from the one being created (${command.name})`,
          });
        runCommand(session, element, [], {
          parsed: { text: "", offset: 0, tree, transactionAction: undefined },
          bound,
          columns: bound.columns,
          catalogVersion: 0,
          contextKey: "",
          calls: 0,
          physical: undefined,
          mayWrite: true,
          mayPause: true,
        });
      });
    }
  } finally {
    undo();
  }
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
