/**
 * Who is whose member and who may do what, in one version of the catalog. Superusers and owners are answered before any list is read, and
 * plans of theirs are never checked at all: privileges cost only those who need them.
 */
import type { AclItem, CatalogObject, CatalogSnapshot } from "../catalog/index.js";
import { PredefinedRole, PUBLIC_OID } from "../catalog/index.js";
import { DbError, type Oid } from "../types/index.js";
import { type AclKind, aclKindOf, aclOf, grantOptionsOf, lettersOf } from "./acl.js";
import { columnAclOf, columnAclsOf } from "./column-acl.js";

export class Access {
  readonly #snapshot: CatalogSnapshot;
  readonly #inherited = new Map<Oid, ReadonlySet<Oid>>();
  readonly #members = new Map<Oid, ReadonlySet<Oid>>();

  constructor(snapshot: CatalogSnapshot) {
    this.#snapshot = snapshot;
  }

  isSuperuser(role: Oid): boolean {
    const object = this.#snapshot.object(role);
    return object?.class === "role" && object.superuser;
  }
  /** is_member_of_role: directly or by other roles, INHERIT or not; a superuser is everybody. */
  isMember(role: Oid, of: Oid): boolean {
    if (role === of || this.isSuperuser(role)) return true;
    return this.#reach(role, this.#members, false).has(of);
  }
  /** has_privs_of_role: only by roles that inherit. */
  hasPrivilegesOf(role: Oid, of: Oid): boolean {
    if (role === of || this.isSuperuser(role)) return true;
    return this.#reach(role, this.#inherited, true).has(of);
  }
  /** is_member_of_role_nosuper. */
  isDirectOrIndirectMember(role: Oid, of: Oid): boolean {
    return role === of || this.#reach(role, this.#members, false).has(of);
  }
  isAdminOf(role: Oid, of: Oid): boolean {
    if (this.isSuperuser(role)) return true;
    return this.#snapshot
      .membersOf(of)
      .some((m) => m.admin && (m.member === role || this.#reach(role, this.#members, false).has(m.member)));
  }
  #reach(role: Oid, cache: Map<Oid, ReadonlySet<Oid>>, onlyInherited: boolean): ReadonlySet<Oid> {
    let reached = cache.get(role) as Set<Oid> | undefined;
    if (reached !== undefined) return reached;
    reached = new Set([role]);
    const queue = [role];
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      const own = this.#snapshot.object(at);
      if (onlyInherited && own?.class === "role" && !own.inherit) continue;
      for (const membership of this.#snapshot.membershipsOf(at)) {
        if (reached.has(membership.role)) continue;
        reached.add(membership.role);
        queue.push(membership.role);
      }
    }
    // The owner of the database is a member of pg_database_owner by nature.
    for (const object of [this.#snapshot.database("postgres")])
      if (object !== undefined && reached.has(object.owner)) reached.add(PredefinedRole.databaseOwner);
    cache.set(role, reached);
    return reached;
  }

  /** Whether `role` has any (or all) of the letters on the object. */
  may(role: Oid, object: CatalogObject, letters: string, how: "any" | "all" = "all"): boolean {
    if (this.isSuperuser(role)) return true;
    const kind = aclKindOf(object);
    if (kind === undefined || !("owner" in object)) return true;
    const implied = this.#implied(role, object);
    const rest = implied === "" ? letters : [...letters].filter((letter) => !implied.includes(letter)).join("");
    if (rest === "" || (how === "any" && rest !== letters)) return true;
    return this.mayByList(role, aclList(object), kind, object.owner, rest, how);
  }
  mayReadSystem(role: Oid, name: string): boolean {
    return !isClosedRelation(name) || this.hasPrivilegesOf(role, PredefinedRole.readAllData);
  }
  /** What pg_read_all_data and pg_write_all_data may, without a list that says so. */
  #implied(role: Oid, object: CatalogObject): string {
    const isRelation = object.class === "table" || object.class === "view" || object.class === "sequence";
    if (!isRelation && object.class !== "schema") return "";
    const reads = this.hasPrivilegesOf(role, PredefinedRole.readAllData);
    const writes = this.hasPrivilegesOf(role, PredefinedRole.writeAllData);
    return isRelation ? (reads ? "r" : "") + (writes ? "awd" : "") : reads || writes ? "U" : "";
  }
  mayByList(role: Oid, acl: readonly AclItem[] | undefined, kind: AclKind, owner: Oid, letters: string, how: "any" | "all"): boolean {
    if (this.isSuperuser(role)) return true;
    const found = lettersOf(aclOf(acl, kind, owner), (grantee) => this.hasPrivilegesOf(role, grantee), letters);
    return how === "all" ? found.length === letters.length : found.length > 0;
  }
  /** Letters that the role may grant on; the owner may always. */
  grantable(role: Oid, acl: readonly AclItem[], owner: Oid, letters: string): string {
    if (this.hasPrivilegesOf(role, owner)) return letters;
    return grantOptionsOf(acl, (grantee) => this.hasPrivilegesOf(role, grantee), letters);
  }
  mayColumn(role: Oid, object: CatalogObject, attribute: number, letter: string): boolean {
    if (this.may(role, object, letter)) return true;
    return this.mayByColumnList(role, columnAclOf(object, attribute), letter);
  }
  mayAnyColumn(role: Oid, object: CatalogObject, letter: string): boolean {
    if (this.may(role, object, letter)) return true;
    return columnAclsOf(object).some(({ acl }) => this.mayByColumnList(role, acl, letter));
  }
  mayByColumnList(role: Oid, acl: readonly AclItem[] | undefined, letter: string): boolean {
    return acl !== undefined && lettersOf(acl, (grantee) => this.hasPrivilegesOf(role, grantee), letter) !== "";
  }
}

/** The list of schema public is PostgreSQL 15's own: everybody may use it, its owner alone create in it. */
export function aclList(object: CatalogObject): readonly AclItem[] | undefined {
  const acl = "acl" in object ? object.acl : undefined;
  if (acl !== undefined) return acl;
  if (object.class === "schema" && object.oid === PUBLIC_OID)
    return [
      { grantee: object.owner, grantor: object.owner, privileges: "UC" },
      { grantee: 0, grantor: object.owner, privileges: "U" },
    ];
  if (object.class === "schema" && object.oid < 16384)
    return [
      { grantee: object.owner, grantor: object.owner, privileges: "UC" },
      { grantee: 0, grantor: object.owner, privileges: "U" },
    ];
  return undefined;
}

/** The system's relations that not everybody may read: passwords, what users' rows are like, files of the server. */
const closedRelations: ReadonlyMap<string, "table" | "view"> = new Map([
  ...(["pg_authid", "pg_largeobject", "pg_statistic", "pg_statistic_ext_data", "pg_user_mapping"] as const).map((n) => [n, "table"] as const),
  ...([
    "pg_shadow", "pg_config", "pg_file_settings", "pg_hba_file_rules", "pg_ident_file_mappings", "pg_replication_origin_status",
    "pg_backend_memory_contexts", "pg_shmem_allocations",
  ] as const).map((n) => [n, "view"] as const),
]); // biome-ignore format: a list
export const isClosedRelation = (name: string): boolean => closedRelations.has(name);
export const closedRelationDenied = (name: string): DbError =>
  new DbError({ sqlstate: "42501", message: `permission denied for ${closedRelations.get(name) ?? "table"} ${name}` });

const NOUNS: Readonly<Record<string, string>> = {
  table: "table",
  view: "view",
  sequence: "sequence",
  schema: "schema",
  type: "type",
  function: "function",
  database: "database",
};
export function permissionDenied(object: CatalogObject): DbError {
  const noun = object.class === "function" ? object.kind : (NOUNS[object.class] ?? object.class);
  return new DbError({ sqlstate: "42501", message: `permission denied for ${noun} ${"name" in object ? object.name : ""}` });
}
