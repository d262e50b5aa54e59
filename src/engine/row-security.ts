/** Which policies restrict whom: the answer that the binder asks for when a statement names a table with row level security. */
import type { CatalogSnapshot, PolicyObject, TableObject } from "../catalog/index.js";
import { DbError, type Oid } from "../types/index.js";
import type { Access } from "./access.js";

/** check_enable_rls: superusers and BYPASSRLS never, owners only where it is forced. */
export function isRowSecurityActive(table: TableObject, role: Oid, snapshot: CatalogSnapshot, access: Access): boolean {
  if (table.rowSecurity !== true) return false;
  const object = snapshot.object(role);
  if (object?.class === "role" && (object.superuser || object.bypassRls)) return false;
  return table.forceRowSecurity === true || !access.hasPrivilegesOf(role, table.owner);
}

/** undefined: nothing restricts the role. `enabled`: the setting row_security; off turns a restriction into an error. */
export function policiesFor(
  table: TableObject,
  role: Oid,
  snapshot: CatalogSnapshot,
  access: Access,
  enabled: boolean,
): readonly PolicyObject[] | undefined {
  if (!isRowSecurityActive(table, role, snapshot, access)) return undefined;
  if (!enabled)
    throw new DbError({
      sqlstate: "42501",
      message: `query would be affected by row-level security policy for table "${table.name}"`,
      ...(access.hasPrivilegesOf(role, table.owner)
        ? { hint: "To disable the policy for the table's owner, use ALTER TABLE NO FORCE ROW LEVEL SECURITY." }
        : {}),
    });
  return snapshot.policiesOf(table.oid).filter((p) => p.roles.some((r) => r === 0 || access.hasPrivilegesOf(role, r)));
}
