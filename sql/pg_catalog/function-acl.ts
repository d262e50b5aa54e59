/** Which of PostgreSQL's own functions are not everybody's to call. */
import { type AclItem, BOOTSTRAP_ROLE_OID } from "../../src/catalog/index.js";
import { functionProperty, knownFunctions } from "../../src/functions/index.js";
import type { Oid } from "../../src/types/index.js";

/** undefined: everybody's. */
export function functionAcl(oid: Oid): AclItem[] | undefined {
  const roles = functionProperty(oid, "acl")?.split(",");
  return roles?.map((grantee) => ({ grantee: Number(grantee), grantor: BOOTSTRAP_ROLE_OID, privileges: "X" }));
}
export function* functionAcls(): Iterable<[Oid, AclItem[]]> {
  for (const oid of knownFunctions().keys()) {
    const acl = functionAcl(oid);
    if (acl !== undefined) yield [oid, acl];
  }
}
