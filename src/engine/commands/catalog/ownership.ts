/** Who may change an object: its owner, members of that role, superusers. */
import type { CatalogObject, RoleObject } from "../../../catalog/index.js";
import type { RoleReference } from "../../../plan/index.js";
import { assert, DbError, noSuchRole } from "../../../types/index.js";
import type { DefinitionContext } from "../context.js";

export function roleOf(context: DefinitionContext): RoleObject {
  const role = context.snapshot.role(context.session.user);
  assert(role !== undefined, "the current user is a role");
  return role;
}
export function requireRole(context: DefinitionContext, ref: RoleReference): RoleObject {
  const name = ref.kind === "currentUser" ? context.session.user : ref.kind === "sessionUser" ? context.session.sessionUser : ref.name;
  if (ref.kind === "public") throw new DbError({ sqlstate: "42704", message: 'role "public" does not exist' });
  const role = context.snapshot.role(name);
  if (role === undefined) throw noSuchRole(name);
  return role;
}

const KIND_NAMES: Readonly<Record<string, string>> = {
  table: "table",
  view: "view",
  index: "index",
  sequence: "sequence",
  schema: "schema",
  type: "type",
  operator: "operator",
  collation: "collation",
  database: "database",
  statistics: "statistics object",
};
/** 42501 "must be owner of …" unless the current user owns it. */
export function requireOwner(context: DefinitionContext, object: CatalogObject): void {
  const me = roleOf(context);
  if (me.superuser) return;
  const access = context.session.access(context.catalog);
  if (object.class === "role") {
    if (me.createrole && !object.superuser) return;
    throw new DbError({ sqlstate: "42501", message: "permission denied" });
  }
  if (object.class === "cast") {
    for (const type of [object.source, object.target]) {
      const owner = context.snapshot.typeOwner(type)?.owner;
      if (owner !== undefined && access.isMember(me.oid, owner)) return;
    }
    const names = [object.source, object.target].map((t) => context.registry.typeByOid(t)?.displayName);
    throw new DbError({ sqlstate: "42501", message: `must be owner of type ${names[0]} or type ${names[1]}` });
  }
  const owned = object.class === "constraint" || object.class === "policy" ? context.snapshot.object(object.table) : object;
  if (owned === undefined || !("owner" in owned) || access.isMember(me.oid, owned.owner)) return;
  const kind = owned.class === "function" ? owned.kind : (KIND_NAMES[owned.class] ?? owned.class);
  const name = "name" in owned ? owned.name : "";
  throw new DbError({ sqlstate: "42501", message: `must be owner of ${kind} ${name}` });
}
