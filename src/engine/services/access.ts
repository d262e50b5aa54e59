/** has_…_privilege and pg_has_role over the session's catalog. */
import type { AclItem, CatalogObject, SessionCatalogReader } from "../../catalog/index.js";
import type { AccessService } from "../../functions/index.js";
import type { Oid } from "../../types/index.js";
import { aclList } from "../access.js";
import { aclKindOf, aclOf } from "../acl.js";
import { columnAclsOf } from "../column-acl.js";
import { isRowSecurityActive } from "../row-security.js";
import type { EngineSession } from "../session.js";

export function accessService(session: EngineSession, catalog: SessionCatalogReader): AccessService {
  const { snapshot } = catalog;
  const access = session.access(catalog);
  const onObject = (role: Oid, object: CatalogObject, letter: string, withGrantOption: boolean): boolean => {
    const kind = aclKindOf(object);
    if (kind === undefined || !("owner" in object)) return access.isSuperuser(role);
    // PUBLIC (0) has no roles of its own: only what everybody was granted counts.
    if (!withGrantOption) return access.may(role, object, letter);
    if (role !== 0 && access.hasPrivilegesOf(role, object.owner)) return true;
    return access.grantable(role, aclOf(aclList(object), kind, object.owner), object.owner, letter) !== "";
  };
  const onColumn = (
    role: Oid,
    object: CatalogObject,
    acl: readonly AclItem[] | undefined,
    letter: string,
    withGrantOption: boolean,
  ): boolean => {
    if (acl === undefined || !("owner" in object)) return false;
    return withGrantOption ? access.grantable(role, acl, object.owner, letter) !== "" : access.mayByColumnList(role, acl, letter);
  };
  return {
    currentRole: snapshot.role(session.user)?.oid ?? 0,
    isSuperuser: (role) => access.isSuperuser(role),
    roleByName: (name) => snapshot.role(name)?.oid,
    roleExists: (oid) => snapshot.object(oid)?.class === "role",
    databaseByName: (name) => snapshot.database(name)?.oid,
    has: (role, kind, oid, letter, withGrantOption) => {
      const object = kind === "type" ? snapshot.typeOwner(oid) : snapshot.object(oid);
      switch (kind) {
        case "language":
          return true;
        case "tablespace":
          return access.isSuperuser(role);
        case "function":
          // PostgreSQL's own functions are everybody's.
          if (object === undefined) return !withGrantOption || access.isSuperuser(role);
          return onObject(role, object, letter, withGrantOption);
        case "type":
          if (object === undefined)
            return session.registry(catalog).typeByOid(oid) === undefined ? null : !withGrantOption || access.isSuperuser(role);
          return object.class === "type" ? onObject(role, object, letter, withGrantOption) : true;
        case "anyColumn":
        case "table":
        case "sequence": {
          if (object === undefined) {
            const system = catalog.relationByOid(oid);
            if (system === undefined) return null;
            return access.isSuperuser(role) || (letter === "r" && access.mayReadSystem(role, system.name));
          }
          if (onObject(role, object, letter, withGrantOption)) return true;
          return kind === "anyColumn" && columnAclsOf(object).some(({ acl }) => onColumn(role, object, acl, letter, withGrantOption));
        }
        default:
          return object === undefined ? null : onObject(role, object, letter, withGrantOption);
      }
    },
    hasColumn: (role, table, column, letter, withGrantOption) => {
      const object = snapshot.object(table);
      if (object === undefined) {
        const system = catalog.relationByOid(table);
        if (system === undefined) return null;
        if (
          system.class === "system" &&
          !system.columns.some((c, i) => (typeof column === "number" ? i + 1 === column : c.name === column))
        )
          return undefined;
        return access.isSuperuser(role) || (letter === "r" && access.mayReadSystem(role, system.name));
      }
      const named = columnAclsOf(object).find((c) => (typeof column === "number" ? c.number : c.name) === column);
      if (named === undefined) return undefined;
      return onObject(role, object, letter, withGrantOption) || onColumn(role, object, named.acl, letter, withGrantOption);
    },
    isRowSecurityActive: (oid) => {
      const table = snapshot.object(oid);
      if (table?.class === "table") return isRowSecurityActive(table, snapshot.role(session.user)?.oid ?? 0, snapshot, access);
      return catalog.relationByOid(oid) === undefined ? null : false;
    },
    hasRole: (role, of, how) =>
      how === "admin" ? access.isAdminOf(role, of) : how === "member" ? access.isMember(role, of) : access.hasPrivilegesOf(role, of),
  };
}
