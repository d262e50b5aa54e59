/** CREATE and ALTER POLICY, ALTER TABLE … ROW LEVEL SECURITY. */
import type { PolicyObject } from "../../../catalog/index.js";
import type { Command, RoleReference } from "../../../plan/index.js";
import { DbError, type Oid } from "../../../types/index.js";
import type { DefinitionContext } from "../context.js";
import { requireOwner, requireRole } from "./ownership.js";

export function policyNamed(context: DefinitionContext, table: Oid, name: string): PolicyObject | undefined {
  return context.snapshot.policiesOf(table).find((p) => p.name === name);
}
export const policyMissing = (name: string, table: string): DbError =>
  new DbError({ sqlstate: "42704", message: `policy "${name}" for table "${table}" does not exist` });
const policyExists = (name: string, table: string): DbError =>
  new DbError({ sqlstate: "42710", message: `policy "${name}" for table "${table}" already exists` });

export function createPolicy(context: DefinitionContext, command: Extract<Command, { kind: "CreatePolicy" }>): void {
  const table = context.table(command.table);
  requireOwner(context, table);
  const roles = rolesOf(context, command.roles ?? []);
  if (policyNamed(context, table.oid, command.name) !== undefined) throw policyExists(command.name, table.name);
  context.put({
    class: "policy",
    oid: context.newOid(),
    name: command.name,
    table: table.oid,
    command: command.command,
    permissive: command.permissive,
    roles,
    ...(command.using === undefined ? {} : { usingSql: command.using.sql }),
    ...(command.check === undefined ? {} : { checkSql: command.check.sql }),
    dependsOn: [...(command.using?.dependsOn ?? []), ...(command.check?.dependsOn ?? [])],
  });
}

export function alterPolicy(context: DefinitionContext, command: Extract<Command, { kind: "AlterPolicy" }>): void {
  const table = context.table(command.table);
  requireOwner(context, table);
  const roles = command.roles === undefined ? undefined : rolesOf(context, command.roles);
  const policy = policyNamed(context, table.oid, command.name);
  if (policy === undefined) throw policyMissing(command.name, table.name);
  if ((policy.command === "select" || policy.command === "delete") && command.check !== undefined)
    throw new DbError({ sqlstate: "42601", message: "only USING expression allowed for SELECT, DELETE" });
  if (policy.command === "insert" && command.using !== undefined)
    throw new DbError({ sqlstate: "42601", message: "only WITH CHECK expression allowed for INSERT" });
  context.put({
    ...policy,
    ...(roles === undefined ? {} : { roles }),
    ...(command.using === undefined ? {} : { usingSql: command.using.sql }),
    ...(command.check === undefined ? {} : { checkSql: command.check.sql }),
    // What the condition that stays reads is kept as well: a dependency too many only asks for CASCADE.
    dependsOn: [...new Set([...policy.dependsOn, ...(command.using?.dependsOn ?? []), ...(command.check?.dependsOn ?? [])])],
  });
}

export function renamePolicy(context: DefinitionContext, policy: PolicyObject, newName: string): void {
  const table = context.snapshot.relationByOid(policy.table);
  if (policyNamed(context, policy.table, newName) !== undefined) throw policyExists(newName, table?.name ?? "");
  context.put({ ...policy, name: newName });
}

function rolesOf(context: DefinitionContext, references: readonly RoleReference[]): Oid[] {
  if (references.length === 0) return [0];
  if (references.some((r) => r.kind === "public")) {
    if (references.length > 1)
      context.session.notice("WARNING", "22023", "ignoring specified roles other than PUBLIC", {
        hint: "All roles are members of the PUBLIC role.",
      });
    return [0];
  }
  return references.map((r) => requireRole(context, r).oid);
}
