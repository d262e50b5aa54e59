/** CREATE, ALTER and DROP ROLE. */

import type { RoleObject } from "../../catalog/index.js";
import { isPredefinedRole } from "../../catalog/index.js";
import type { Command, RoleOptions } from "../../plan/index.js";
import {
  type Datum,
  DbError,
  FIRST_USER_OID,
  needsSuperuser,
  noSuchRole,
  type Oid,
  objectMissing,
  roleExists,
  roleFixed,
  roleOwnsObjects,
  rolePinned,
  roleReserved,
  storedFormat,
  TypeOid,
} from "../../types/index.js";
import { columnAclsOf } from "../column-acl.js";
import type { EngineSession } from "../session.js";
import { addMember } from "./catalog/membership.js";
import type { DefinitionContext } from "./context.js";
import { describeObject } from "./dependencies.js";
import { storedPassword } from "./role-password.js";

export function createRole(context: DefinitionContext, command: Extract<Command, { kind: "CreateRole" }>): void {
  requireMayCreate(context, command.options);
  if (command.name.startsWith("pg_")) throw roleReserved(command.name);
  if (context.snapshot.role(command.name) !== undefined) throw roleExists(command.name);
  const base: RoleObject = {
    class: "role",
    oid: context.newOid(),
    name: command.name,
    login: false,
    superuser: false,
    createdb: false,
    createrole: false,
    inherit: true,
    replication: false,
    bypassRls: false,
    connectionLimit: -1,
  };
  const role = withOptions(context.session, base, command.options);
  context.put(role);
  changeMembers(context, role, command.options);
}

/** SET ROLE and SET SESSION AUTHORIZATION; null: back to who logged in. */
export function checkRoleChange(session: EngineSession, key: "role" | "session_authorization", value: string | null): void {
  if (value === null || (key === "role" && value === "none")) return;
  const catalog = session.catalog();
  const role = catalog.snapshot.role(value);
  if (role === undefined) throw new DbError({ sqlstate: "22023", message: `role "${value}" does not exist` });
  if (key === "role") {
    const me = catalog.snapshot.role(session.sessionUser);
    if (me === undefined || !session.access(catalog).isMember(me.oid, role.oid))
      throw new DbError({ sqlstate: "42501", message: `permission denied to set role "${value}"` });
    return;
  }
  const login = catalog.snapshot.role(session.authenticatedUser);
  if (login?.superuser !== true && value !== session.authenticatedUser)
    throw new DbError({ sqlstate: "42501", message: `permission denied to set session authorization "${value}"` });
}

/** IN ROLE, ROLE and ADMIN of CREATE ROLE; ADD and DROP USER of ALTER GROUP. */
function changeMembers(context: DefinitionContext, role: RoleObject, options: RoleOptions): void {
  const find = (name: string): RoleObject => {
    const found = context.snapshot.role(name);
    if (found === undefined) throw noSuchRole(name);
    return found;
  };
  for (const name of options.memberOf ?? []) addMember(context, find(name), role, false);
  for (const name of options.members ?? []) addMember(context, role, find(name), false);
  for (const name of options.admins ?? []) addMember(context, role, find(name), true);
  for (const name of options.dropMembers ?? []) {
    const member = find(name);
    const existing = context.snapshot.membershipsOf(member.oid).find((m) => m.role === role.oid);
    if (existing !== undefined) context.remove(existing.oid);
    else context.session.notice("WARNING", "01000", `role "${name}" is not a member of role "${role.name}"`);
  }
}

export function alterRole(context: DefinitionContext, command: Extract<Command, { kind: "AlterRole" }>): void {
  const role = context.snapshot.role(command.name);
  if (role === undefined) throw noSuchRole(command.name);
  if (isPredefinedRole(role.oid)) throw roleFixed(role.name);
  requireMayAlter(context, role, command.options);
  const { memberOf: _memberOf, members, admins: _admins, dropMembers, ...attributes } = command.options;
  if (Object.keys(attributes).length > 0) context.put(withOptions(context.session, role, attributes));
  if (members !== undefined || dropMembers !== undefined) changeMembers(context, role, command.options);
}

export function dropRole(context: DefinitionContext, command: Extract<Command, { kind: "DropRole" }>): void {
  requireCreateRole(context, "permission denied to drop role");
  for (const name of command.names) {
    const role = context.snapshot.role(name);
    if (role === undefined) {
      if (!command.ifExists) throw objectMissing("role", name);
      context.notice(`role "${name}" does not exist, skipping`);
      continue;
    }
    if (name === context.session.user) throw new DbError({ sqlstate: "55006", message: "current user cannot be dropped" });
    if (name === context.session.sessionUser) throw new DbError({ sqlstate: "55006", message: "session user cannot be dropped" });
    if (role.superuser && context.snapshot.role(context.session.user)?.superuser !== true)
      throw new DbError({ sqlstate: "42501", message: "must be superuser to drop superusers" });
    if (role.oid < FIRST_USER_OID) throw rolePinned(name);
    const uses = usesOfRole(context, role.oid);
    if (uses.length > 0) throw roleOwnsObjects(name, uses.join("\n"));
    for (const membership of [...context.snapshot.membershipsOf(role.oid), ...context.snapshot.membersOf(role.oid)])
      context.remove(membership.oid);
    for (const comment of context.snapshot.commentsOf(role.oid)) context.remove(comment.oid);
    context.remove(role.oid);
  }
}

function withOptions(session: EngineSession, role: RoleObject, options: RoleOptions): RoleObject {
  const { password: oldPassword, ...rest } = role;
  const { password, memberOf: _memberOf, members: _members, admins: _admins, dropMembers: _drop, ...changed } = options;
  const defined = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined)) as Partial<RoleObject>;
  let verifier = oldPassword;
  if (password === null || password === "") {
    verifier = undefined;
    if (password === "") session.notice("NOTICE", "00000", "empty string is not a valid password, clearing password");
  } else if (password !== undefined)
    verifier = storedPassword(role.name, password, session.settings.raw("password_encryption") ?? "scram-sha-256");
  const validUntil = options.validUntil === undefined ? {} : { validUntil: normalTime(session, options.validUntil) };
  if ((options.connectionLimit ?? 0) < -1)
    throw new DbError({ sqlstate: "22023", message: `invalid connection limit: ${options.connectionLimit}` });
  return { ...rest, ...defined, ...validUntil, ...(verifier === undefined ? {} : { password: verifier }) };
}

/** A time in the one form that is kept, whatever the session's settings are. */
function normalTime(session: EngineSession, written: string): string {
  const type = session.typeOf(TypeOid.timestamptz);
  return type.output(type.input(written, -1, session.format) as Exclude<Datum, null>, storedFormat);
}

function requireCreateRole(context: DefinitionContext, message: string): void {
  const role = context.snapshot.role(context.session.user);
  if (role?.superuser !== true && role?.createrole !== true) throw new DbError({ sqlstate: "42501", message });
}
function requireMayCreate(context: DefinitionContext, options: RoleOptions): void {
  if (context.snapshot.role(context.session.user)?.superuser === true) return;
  if (options.superuser === true) throw needsSuperuser("create superusers");
  if (options.replication === true) throw needsSuperuser("create replication users");
  if (options.bypassRls === true) throw new DbError({ sqlstate: "42501", message: "must be superuser to create bypassrls users" });
  requireCreateRole(context, "permission denied to create role");
}
function requireMayAlter(context: DefinitionContext, role: RoleObject, options: RoleOptions): void {
  const me = context.snapshot.role(context.session.user);
  if (me?.superuser === true) return;
  if (options.superuser !== undefined || role.superuser)
    throw new DbError({ sqlstate: "42501", message: "must be superuser to alter superuser roles or change superuser attribute" });
  if (options.replication !== undefined || role.replication)
    throw new DbError({ sqlstate: "42501", message: "must be superuser to alter replication roles or change replication attribute" });
  if (options.bypassRls !== undefined) throw new DbError({ sqlstate: "42501", message: "must be superuser to change bypassrls attribute" });
  const onlyPassword = Object.keys(options).every((key) => key === "password") && me?.oid === role.oid;
  if (me?.createrole !== true && !onlyPassword) throw new DbError({ sqlstate: "42501", message: "permission denied" });
}

/** What stands in the way of DROP ROLE, as pg_shdepend words it. */
function usesOfRole(context: DefinitionContext, role: Oid): string[] {
  const uses: string[] = [];
  for (const object of [...context.snapshot.objects()].sort((a, b) => a.oid - b.oid)) {
    if (object.class === "defaultPrivileges") {
      const isMine = object.owner === role || object.acl.some((item) => item.grantee === role);
      if (isMine)
        uses.push(
          `${object.owner === role ? "owner of" : "privileges for"} default privileges on new ${DEFAULT_NOUNS[object.objects]}${belongsTo(context, object.owner)}${object.schema === 0 ? "" : ` in schema ${context.schemaName(object.schema)}`}`,
        );
      continue;
    }
    if (object.class === "policy" && object.roles.includes(role)) uses.push(`target of ${describeObject(context, object)}`);
    if (object.class === "index" || (object.class === "sequence" && object.ownedBy !== undefined)) continue;
    if ("owner" in object && object.owner === role) uses.push(`owner of ${describeObject(context, object)}`);
    else if ("acl" in object && object.acl?.some((item) => item.grantee === role) === true)
      uses.push(`privileges for ${describeObject(context, object)}`);
    for (const { name, acl } of columnAclsOf(object))
      if (acl?.some((item) => item.grantee === role) === true)
        uses.push(`privileges for column ${name} of ${describeObject(context, object)}`);
  }
  return uses;
}
const DEFAULT_NOUNS = { r: "relations", S: "sequences", f: "functions", T: "types", n: "schemas" } as const;
function belongsTo(context: DefinitionContext, owner: Oid): string {
  const role = context.snapshot.object(owner);
  return ` belonging to role ${role?.class === "role" ? role.name : owner}`;
}
