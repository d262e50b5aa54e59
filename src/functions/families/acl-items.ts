/** Functions and operators of aclitem. */
import { type ArrayValue, type Datum, DbError, dataError, invalidParameter, nullNotAllowed, type Oid } from "../../types/index.js";
import { catalogOf } from "../catalog-service.js";
import type { EvaluationContext, ScalarBody, SetBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { hashBytesExtended, wordBytes } from "../text/hash.js";
import { ACL_LETTERS, type AclParts, formatAclItem, parseAclItem } from "../types/acl-item.js";
import { type Int64, int64 } from "../types/integers.js";

/** By the letters' places. */
const PRIVILEGES = [
  "INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "EXECUTE", "USAGE", "CREATE", "TEMPORARY", "CONNECT", "SET", "ALTER SYSTEM",
]; // biome-ignore format: a list

/** check_acl. An ACL without items has one dimension where PostgreSQL makes it, and none where it is read. */
function itemsOf(acl: ArrayValue): readonly AclParts[] {
  if (acl.dimensions.length !== 1) throw invalidParameter("ACL arrays must be one-dimensional");
  if (acl.elements.includes(null)) throw nullNotAllowed("ACL arrays must not contain null values");
  return acl.elements.map((item) => parseAclItem(item as string));
}
const roleOid = (context: EvaluationContext, name: string): Oid =>
  name === "" ? 0 : (catalogOf(context)?.roleByName(name) ?? Number(name));

function sumOf(context: EvaluationContext, item: string): number {
  const { grantee, grantor, rights } = parseAclItem(item);
  return (rights + roleOid(context, grantee) + roleOid(context, grantor)) | 0;
}
/** convert_any_priv_string: one privilege by its name. */
function privilegeBit(name: string): number {
  const upper = name.toUpperCase();
  const bit = upper === "TEMP" ? PRIVILEGES.indexOf("TEMPORARY") : PRIVILEGES.indexOf(upper);
  // RULE has been without meaning since PostgreSQL 8.2.
  if (bit < 0 && upper !== "RULE") throw invalidParameter(`unrecognized privilege type: "${name}"`);
  return bit < 0 ? 0 : 1 << bit;
}
const gone =
  (name: string): ScalarBody =>
  () => {
    throw new DbError({ sqlstate: "0A000", message: `${name} is no longer supported` });
  };

const scalars: Record<string, ScalarBody> = {
  aclitemeq: (_c, a: string, b: string) => a === b,
  aclcontains: (_c, acl: ArrayValue, item: string) => {
    const wanted = parseAclItem(item);
    return itemsOf(acl).some(
      ({ grantee, grantor, rights }) =>
        grantee === wanted.grantee && grantor === wanted.grantor && (rights & wanted.rights) === wanted.rights,
    );
  },
  aclinsert: gone("aclinsert"),
  aclremove: gone("aclremove"),
  makeaclitem: (c, grantee: Oid, grantor: Oid, privilege: string, isGrantable: boolean) => {
    const bit = privilegeBit(privilege);
    const nameOf = (oid: Oid) => (oid === 0 ? "" : (catalogOf(c)?.roleName(oid) ?? String(oid)));
    return formatAclItem({ grantee: nameOf(grantee), grantor: nameOf(grantor), rights: isGrantable ? bit | (bit << 16) : bit });
  },
  hash_aclitem: sumOf,
  hash_aclitem_extended: (c, item: string, seed: Int64) => {
    const sum = sumOf(c, item);
    return BigInt(seed) === 0n ? sum >>> 0 : int64(BigInt.asIntN(64, hashBytesExtended(wordBytes(sum), BigInt(seed))));
  },
};

const sets: Record<string, SetBody> = {
  *aclexplode(c, acl: ArrayValue): Generator<Datum[]> {
    for (const { grantee, grantor, rights } of acl.elements.length === 0 ? [] : itemsOf(acl)) {
      const roles = [roleOid(c, grantor), roleOid(c, grantee)];
      for (let bit = 0; bit < ACL_LETTERS.length; bit++)
        if (rights & (1 << bit)) yield [...roles, PRIVILEGES[bit] as string, (rights & (1 << (bit + 16))) !== 0];
    }
  },
};

export const aclItemFamily: Family = { scalars, sets };
