/** Row level security: pg_policy and the view over it. */
import type { PolicyObject } from "../../src/catalog/index.js";
import { ArrayValue, TypeOid } from "../../src/types/index.js";
import { oidArray, provide, type Source } from "./provider.js";

const LETTERS = { all: "*", select: "r", insert: "a", update: "w", delete: "d" } as const;

function* policies(source: Source): Iterable<PolicyObject> {
  for (const object of source.catalog.objects()) if (object.class === "policy") yield object;
}
const expression = (source: Source, policy: PolicyObject, sql: string | undefined): string | null =>
  sql === undefined ? null : source.definitions.storedExpression(sql, policy.table, false);

provide("pg_catalog.pg_policy", function* (source) {
  for (const policy of policies(source))
    yield {
      oid: policy.oid,
      polname: policy.name,
      polrelid: policy.table,
      polcmd: LETTERS[policy.command],
      polpermissive: policy.permissive,
      polroles: oidArray(policy.roles),
      polqual: expression(source, policy, policy.usingSql),
      polwithcheck: expression(source, policy, policy.checkSql),
    };
});
provide("pg_catalog.pg_policies", function* (source) {
  for (const policy of policies(source)) {
    const table = source.catalog.relationByOid(policy.table);
    const roles = policy.roles.map((role) => (role === 0 ? "public" : (source.definitions.roleName(role) ?? "")));
    yield {
      schemaname: table === undefined ? null : (source.catalog.schemaByOid(table.schema)?.name ?? null),
      tablename: table?.name ?? null,
      policyname: policy.name,
      permissive: policy.permissive ? "PERMISSIVE" : "RESTRICTIVE",
      roles: new ArrayValue(TypeOid.name, roles.sort()),
      cmd: policy.command.toUpperCase(),
      qual: expression(source, policy, policy.usingSql),
      with_check: expression(source, policy, policy.checkSql),
    };
  }
});
