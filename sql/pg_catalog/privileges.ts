/** information_schema's lists of privileges, of roles and of what uses what: only what concerns a role that the user has. */

import type { AclItem } from "../../src/catalog/index.js";
import { type AclKind, aclOf } from "../../src/engine/acl.js";
import { columnAclsOf } from "../../src/engine/column-acl.js";
import type { Oid } from "../../src/types/index.js";
import { specificName, userRoutines } from "./information-schema-routines.js";
import { provide, type Source } from "./provider.js";
import type { NamedRow } from "./relation-shape.js";
import { attributesOf } from "./relations.js";

const NAMES: Readonly<Record<string, string>> = {
  a: "INSERT", r: "SELECT", w: "UPDATE", d: "DELETE", D: "TRUNCATE", x: "REFERENCES", t: "TRIGGER", X: "EXECUTE", U: "USAGE",
}; // biome-ignore format: a table
const yesNo = (value: boolean) => (value ? "YES" : "NO");

interface Grant {
  readonly grantor: string | null;
  readonly grantee: string;
  readonly privilege: string;
  readonly isGrantable: string;
}

/** The user and all roles it is a member of; a superuser has every role. */
function enabledRoles(source: Source): ReadonlySet<Oid> {
  const objects = [...source.catalog.objects()];
  const user = objects.find((o) => o.class === "role" && o.name === source.user);
  if (user?.class === "role" && user.superuser) return new Set(objects.flatMap((o) => (o.class === "role" ? [o.oid] : [])));
  const roles = new Set<Oid>(user === undefined ? [] : [user.oid]);
  for (let size = -1; size !== roles.size; ) {
    size = roles.size;
    for (const o of objects) if (o.class === "membership" && roles.has(o.member)) roles.add(o.role);
  }
  return roles;
}

/** What an access control list grants to or from the user's roles; `withPublic`: to everybody too. */
function* grantsOf(source: Source, roles: ReadonlySet<Oid>, acl: readonly AclItem[], owner: Oid, withPublic: boolean): Iterable<Grant> {
  for (const { grantee, grantor, privileges } of acl) {
    if (grantee === 0 ? !withPublic : !roles.has(grantee) && !roles.has(grantor)) continue;
    for (let i = 0; i < privileges.length; i++) {
      const privilege = NAMES[privileges[i] as string];
      if (privilege === undefined) continue;
      yield {
        grantor: source.definitions.roleName(grantor) ?? null,
        grantee: grantee === 0 ? "PUBLIC" : (source.definitions.roleName(grantee) ?? String(grantee)),
        privilege,
        isGrantable: yesNo(grantee === owner || privileges[i + 1] === "*"),
      };
    }
  }
}

interface Owned {
  readonly oid: Oid;
  readonly schema: Oid;
  readonly name: string;
  readonly owner: Oid;
  readonly acl?: readonly AclItem[];
}
const schemaName = (source: Source, oid: Oid) => source.catalog.schemaByOid(oid)?.name ?? null;

/** Registers `<name>_privileges` and its `role_…_grants`, which leaves PUBLIC out. */
function provideGrants(
  name: string,
  grants: string,
  rows: (source: Source, grantsIn: (acl: readonly AclItem[], owner: Oid) => Iterable<Grant>) => Iterable<NamedRow>,
) {
  for (const [relation, withPublic] of [
    [name, true],
    [grants, false],
  ] as const)
    provide(`information_schema.${relation}`, (source) => {
      const roles = enabledRoles(source);
      return rows(source, (acl, owner) => grantsOf(source, roles, acl, owner, withPublic));
    });
}
const isTableLike = (o: { readonly class: string; readonly materialized?: unknown }): boolean =>
  o.class === "view" || (o.class === "table" && o.materialized === undefined);

provideGrants("table_privileges", "role_table_grants", function* (source, grantsIn) {
  for (const object of source.catalog.objects()) {
    if (!isTableLike(object)) continue;
    const table = object as Owned;
    for (const grant of grantsIn(aclOf(table.acl, "table", table.owner), table.owner))
      yield {
        grantor: grant.grantor,
        grantee: grant.grantee,
        table_catalog: source.database,
        table_schema: schemaName(source, table.schema),
        table_name: table.name,
        privilege_type: grant.privilege,
        is_grantable: grant.isGrantable,
        with_hierarchy: yesNo(grant.privilege === "SELECT"),
      };
  }
});

const COLUMN_PRIVILEGES = new Set(["INSERT", "SELECT", "UPDATE", "REFERENCES"]);
provideGrants("column_privileges", "role_column_grants", function* (source, grantsIn) {
  for (const object of source.catalog.objects()) {
    if (!isTableLike(object)) continue;
    const table = object as Owned;
    const whole = [...grantsIn(aclOf(table.acl, "table", table.owner), table.owner)];
    for (const column of columnAclsOf(object)) {
      const seen = new Set<string>();
      for (const grant of [...whole, ...grantsIn(column.acl ?? [], table.owner)]) {
        const key = `${grant.grantor} ${grant.grantee} ${grant.privilege} ${grant.isGrantable}`;
        if (!COLUMN_PRIVILEGES.has(grant.privilege) || seen.has(key)) continue;
        seen.add(key);
        yield {
          grantor: grant.grantor,
          grantee: grant.grantee,
          table_catalog: source.database,
          table_schema: schemaName(source, table.schema),
          table_name: table.name,
          column_name: column.name,
          privilege_type: grant.privilege,
          is_grantable: grant.isGrantable,
        };
      }
    }
  }
});

provideGrants("usage_privileges", "role_usage_grants", function* (source, grantsIn) {
  for (const object of source.catalog.objects()) {
    const isDomain = object.class === "type" && object.kind === "domain";
    if (object.class !== "sequence" && !isDomain) continue;
    const kind: AclKind = isDomain ? "type" : "sequence";
    const owned = object as Owned;
    for (const grant of grantsIn(aclOf(owned.acl, kind, owned.owner), owned.owner)) {
      if (grant.privilege !== "USAGE") continue;
      yield {
        grantor: grant.grantor,
        grantee: grant.grantee,
        object_catalog: source.database,
        object_schema: schemaName(source, owned.schema),
        object_name: owned.name,
        object_type: isDomain ? "DOMAIN" : "SEQUENCE",
        privilege_type: "USAGE",
        is_grantable: grant.isGrantable,
      };
    }
  }
});

provideGrants("udt_privileges", "role_udt_grants", function* (source, grantsIn) {
  for (const object of source.catalog.objects()) {
    if (object.class !== "type" || object.kind === "domain") continue;
    for (const grant of grantsIn(aclOf(object.acl, "type", object.owner), object.owner))
      yield {
        grantor: grant.grantor,
        grantee: grant.grantee,
        udt_catalog: source.database,
        udt_schema: schemaName(source, object.schema),
        udt_name: object.name,
        privilege_type: "TYPE USAGE",
        is_grantable: grant.isGrantable,
      };
  }
});

provideGrants("routine_privileges", "role_routine_grants", function* (source, grantsIn) {
  for (const object of source.catalog.objects()) {
    if (object.class !== "function") continue;
    for (const grant of grantsIn(aclOf(object.acl, "function", object.owner), object.owner))
      yield {
        grantor: grant.grantor,
        grantee: grant.grantee,
        specific_catalog: source.database,
        specific_schema: schemaName(source, object.schema),
        specific_name: `${object.name}_${object.oid}`,
        routine_catalog: source.database,
        routine_schema: schemaName(source, object.schema),
        routine_name: object.name,
        privilege_type: "EXECUTE",
        is_grantable: grant.isGrantable,
      };
  }
});

for (const [name, onlyAdmin] of [
  ["applicable_roles", false],
  ["administrable_role_authorizations", true],
] as const)
  provide(`information_schema.${name}`, function* (source) {
    const roles = enabledRoles(source);
    for (const object of source.catalog.objects())
      if (object.class === "membership" && roles.has(object.member) && (!onlyAdmin || object.admin))
        yield {
          grantee: source.definitions.roleName(object.member) ?? null,
          role_name: source.definitions.roleName(object.role) ?? null,
          is_grantable: yesNo(object.admin),
        };
  });

// ---- what uses what

provide("information_schema.constraint_table_usage", function* (source) {
  const roles = enabledRoles(source);
  for (const c of source.catalog.objects()) {
    if (c.class !== "constraint" || c.kind === "check") continue;
    const table = source.catalog.relationByOid(c.kind === "foreignKey" ? c.references : c.table);
    if (table?.class !== "table" || !roles.has(table.owner)) continue;
    yield {
      table_catalog: source.database,
      table_schema: schemaName(source, table.schema),
      table_name: table.name,
      constraint_catalog: source.database,
      constraint_schema: schemaName(source, c.schema),
      constraint_name: c.name,
    };
  }
});
provide("information_schema.view_table_usage", function* (source) {
  const roles = enabledRoles(source);
  for (const view of source.catalog.objects()) {
    if (view.class !== "view") continue;
    for (const oid of view.dependsOn) {
      const table = source.catalog.relationByOid(oid);
      if ((table?.class !== "table" && table?.class !== "view") || !roles.has(table.owner)) continue;
      if (table.class === "table" && table.materialized !== undefined) continue;
      yield {
        view_catalog: source.database,
        view_schema: schemaName(source, view.schema),
        view_name: view.name,
        table_catalog: source.database,
        table_schema: schemaName(source, table.schema),
        table_name: table.name,
      };
    }
  }
});
provide("information_schema.view_column_usage", function* (source) {
  const roles = enabledRoles(source);
  for (const view of source.catalog.objects()) {
    if (view.class !== "view") continue;
    const given = new Set<string>();
    for (const { relation, attribute } of source.definitions.columnsOfView(view.oid)) {
      const table = source.catalog.relationByOid(relation);
      if ((table?.class !== "table" && table?.class !== "view") || !roles.has(table.owner)) continue;
      if (table.class === "table" && table.materialized !== undefined) continue;
      const column = attributesOf(source, table)[attribute - 1];
      if (column === undefined || given.has(`${relation} ${attribute}`)) continue;
      given.add(`${relation} ${attribute}`);
      yield {
        view_catalog: source.database,
        view_schema: schemaName(source, view.schema),
        view_name: view.name,
        table_catalog: source.database,
        table_schema: schemaName(source, table.schema),
        table_name: table.name,
        column_name: column.name,
      };
    }
  }
});
provide("information_schema.view_routine_usage", function* (source) {
  const roles = enabledRoles(source);
  const routines = new Map([...userRoutines(source)].map((r) => [r.oid, r]));
  for (const view of source.catalog.objects()) {
    if (view.class !== "view") continue;
    for (const oid of view.dependsOn) {
      const routine = routines.get(oid);
      if (routine === undefined || !roles.has(routine.owner)) continue;
      yield {
        table_catalog: source.database,
        table_schema: schemaName(source, view.schema),
        table_name: view.name,
        specific_catalog: source.database,
        specific_schema: schemaName(source, routine.schema),
        specific_name: specificName(routine.name, oid),
      };
    }
  }
});
provide("information_schema.user_defined_types", function* (source) {
  for (const object of source.catalog.objects())
    if (object.class === "type" && object.kind === "composite")
      yield {
        user_defined_type_catalog: source.database,
        user_defined_type_schema: schemaName(source, object.schema),
        user_defined_type_name: object.name,
        user_defined_type_category: "STRUCTURED",
        is_instantiable: "YES",
      };
});
