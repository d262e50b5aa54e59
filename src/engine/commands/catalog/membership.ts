/** GRANT and REVOKE of roles, REASSIGN OWNED, DROP OWNED, ALTER ROLE … SET. */

import type { AclItem, CatalogObject, RoleObject } from "../../../catalog/index.js";
import { PredefinedRole } from "../../../catalog/index.js";
import type { Command } from "../../../plan/index.js";
import { DbError, noSuchRole, type Oid } from "../../../types/index.js";
import { aclKindOf } from "../../acl.js";
import { withColumnAcls } from "../../column-acl.js";
import type { DefinitionContext } from "../context.js";
import { whole } from "../dependencies.js";
import { dropTargets } from "../drop.js";
import { changeOwner } from "./change-owner.js";
import { withoutDefaultsFor } from "./grant.js";
import { requireRole, roleOf } from "./ownership.js";

export function grantRole(context: DefinitionContext, command: Extract<Command, { kind: "GrantRole" }>): void {
  const members = command.members.map((ref) => {
    if (ref.kind === "public") throw new DbError({ sqlstate: "42704", message: 'role "public" does not exist' });
    return requireRole(context, ref);
  });
  for (const name of command.roles) {
    const role = context.snapshot.role(name);
    if (role === undefined) throw noSuchRole(name);
    requireAdmin(context, role);
    for (const member of members) {
      if (command.isGrant) addMember(context, role, member, command.admin === true);
      else removeMember(context, role, member, command.admin === true);
    }
  }
}
function requireAdmin(context: DefinitionContext, role: RoleObject): void {
  const me = roleOf(context);
  if (me.superuser) return;
  if (role.superuser) throw new DbError({ sqlstate: "42501", message: "must be superuser to alter superusers" });
  if (me.createrole || context.session.access(context.catalog).isAdminOf(me.oid, role.oid)) return;
  throw new DbError({ sqlstate: "42501", message: `must have admin option on role "${role.name}"` });
}

export function addMember(context: DefinitionContext, role: RoleObject, member: RoleObject, admin: boolean): void {
  if (role.oid === PredefinedRole.databaseOwner)
    throw new DbError({ sqlstate: "XX000", message: `role "${role.name}" cannot have explicit members` });
  if (member.oid === PredefinedRole.databaseOwner)
    throw new DbError({ sqlstate: "XX000", message: `role "${member.name}" cannot be a member of any role` });
  if (context.session.access(context.catalog).isDirectOrIndirectMember(role.oid, member.oid))
    throw new DbError({ sqlstate: "0LP01", message: `role "${role.name}" is a member of role "${member.name}"` });
  const existing = context.snapshot.membershipsOf(member.oid).find((m) => m.role === role.oid);
  if (existing !== undefined && (!admin || existing.admin)) {
    context.notice(`role "${member.name}" is already a member of role "${role.name}"`);
    return;
  }
  context.put({
    class: "membership",
    oid: existing?.oid ?? context.newOid(),
    role: role.oid,
    member: member.oid,
    grantor: roleOf(context).oid,
    admin: admin || existing?.admin === true,
  });
}
function removeMember(context: DefinitionContext, role: RoleObject, member: RoleObject, onlyAdmin: boolean): void {
  const existing = context.snapshot.membershipsOf(member.oid).find((m) => m.role === role.oid);
  if (existing === undefined) {
    context.session.notice("WARNING", "01000", `role "${member.name}" is not a member of role "${role.name}"`);
    return;
  }
  if (onlyAdmin) context.put({ ...existing, admin: false });
  else context.remove(existing.oid);
}

function rolesOf(context: DefinitionContext, refs: Extract<Command, { kind: "DropOwned" }>["roles"]): RoleObject[] {
  return refs.map((ref) => requireRole(context, ref));
}
function requireMembership(context: DefinitionContext, role: RoleObject, what: string): void {
  const me = roleOf(context);
  if (me.superuser || context.session.access(context.catalog).hasPrivilegesOf(me.oid, role.oid)) return;
  throw new DbError({ sqlstate: "42501", message: `permission denied to ${what} objects` });
}

export function reassignOwned(context: DefinitionContext, command: Extract<Command, { kind: "ReassignOwned" }>): void {
  const roles = rolesOf(context, command.roles);
  const to = requireRole(context, command.to);
  for (const role of roles) {
    requireMembership(context, role, "reassign");
    refusePinned(role, "reassign ownership of");
    for (const object of [...context.snapshot.objects()])
      if ("owner" in object && object.owner === role.oid && object.class !== "defaultPrivileges") changeOwner(context, object, to.oid);
  }
}
function refusePinned(role: RoleObject, verb: "reassign ownership of" | "drop"): void {
  if (role.oid >= 16384) return;
  throw new DbError({
    sqlstate: "2BP01",
    message: `cannot ${verb} objects owned by role ${role.name} because they are required by the database system`,
  });
}

export function dropOwned(context: DefinitionContext, command: Extract<Command, { kind: "DropOwned" }>): void {
  const roles = rolesOf(context, command.roles);
  for (const role of roles) {
    requireMembership(context, role, "drop");
    refusePinned(role, "drop");
  }
  for (const role of roles) {
    for (const object of [...context.snapshot.objects()]) {
      if (object.class === "defaultPrivileges") {
        if (object.owner === role.oid) context.remove(object.oid);
        else withoutDefaultsFor(context, object, role.oid);
        continue;
      }
      if (object.class === "policy" && object.roles.includes(role.oid)) {
        const roles = object.roles.filter((r) => r !== role.oid);
        if (roles.length === 0) context.remove(object.oid);
        else context.put({ ...object, roles });
        continue;
      }
      if (aclKindOf(object) !== undefined) withoutRole(context, object, role.oid);
    }
    const owned = [...context.snapshot.objects()].filter(
      (o) =>
        "owner" in o &&
        o.owner === role.oid &&
        o.class !== "index" &&
        o.class !== "database" &&
        !(o.class === "sequence" && o.ownedBy !== undefined),
    );
    dropTargets(context, owned.map(whole), command.cascade);
  }
}
/** Takes a role's grants off an object. */
export function withoutRole(context: DefinitionContext, object: CatalogObject, role: Oid): void {
  const others = (acl: readonly AclItem[]) => acl.filter((item) => item.grantee !== role && item.grantor !== role);
  let next = object;
  if ("acl" in next && next.acl !== undefined && next.acl.some((i) => i.grantee === role) && "owner" in next && next.owner !== role)
    next = { ...next, acl: others(next.acl) } as CatalogObject;
  next = withColumnAcls(next, (acl) => (acl.some((i) => i.grantee === role) ? others(acl) : acl));
  if (next !== object) context.put(next);
}
