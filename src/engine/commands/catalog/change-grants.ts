/** GRANT and REVOKE on one access control list: what the current user may change of it, and the changed list (restrict_and_check_grant). */
import type { AclItem, CatalogObject } from "../../../catalog/index.js";
import type { AclGrant } from "../../../plan/index.js";
import { DbError, type Oid } from "../../../types/index.js";
import { aclList, permissionDenied } from "../../access.js";
import { ALL_LETTERS, aclKindOf, aclOf, changeAcl } from "../../acl.js";
import type { ColumnAcl } from "../../column-acl.js";
import type { DefinitionContext } from "../context.js";
import { roleOf } from "./ownership.js";

export interface ListChange {
  readonly object: CatalogObject & { readonly owner: Oid };
  /** The list is the column's, not the object's own. */
  readonly column?: ColumnAcl;
  readonly letters: string;
  /** Everything there is: what cannot be granted of it is left out without a word. */
  readonly isAll: boolean;
}

/** undefined: nothing the current user may grant. */
export function changeGrants(
  context: DefinitionContext,
  { object, column, letters, isAll }: ListChange,
  body: AclGrant,
  grantees: readonly Oid[],
): readonly AclItem[] | undefined {
  const { owner } = object;
  const whole = aclOf(aclList(object), aclKindOf(object) ?? "table", owner);
  const acl = column === undefined ? whole : (column.acl ?? []);
  const me = roleOf(context);
  const access = context.session.access(context.catalog);
  // Who may grant on a table may grant on its columns.
  const grantable = access.grantable(me.oid, column === undefined ? whole : [...whole, ...acl], owner, letters);
  const name = "name" in object ? object.name : "";
  const shown = column === undefined ? `"${name}"` : `column "${column.name}" of relation "${name}"`;
  const warn = (what: string): void =>
    context.session.notice(
      "WARNING",
      body.isGrant ? "01007" : "01006",
      `${what} ${body.isGrant ? "were granted" : "could be revoked"} for ${shown}`,
    );
  if (grantable === "") {
    const kind = column === undefined ? (aclKindOf(object) ?? "table") : "column";
    const hasAny =
      access.may(me.oid, object, ALL_LETTERS[kind], "any") ||
      (column !== undefined && [...ALL_LETTERS.column].some((letter) => access.mayColumn(me.oid, object, column.number, letter)));
    // A view goes for a table here.
    if (!hasAny && column === undefined) throw object.class === "view" ? denied(`table ${name}`) : permissionDenied(object);
    if (!hasAny) throw denied(`column "${column?.name}" of relation "${name}"`);
    warn("no privileges");
    return undefined;
  }
  if (grantable.length < letters.length && !isAll) warn("not all privileges");
  const grantor = access.hasPrivilegesOf(me.oid, owner) ? owner : me.oid;
  let next = acl;
  for (const grantee of grantees) {
    // The owner's own grant options are understood.
    const isOwnersOwn = body.isGrant && body.grantOption && grantee === owner && grantor === owner;
    const change = { isGrant: body.isGrant, letters: grantable, grantee, grantor };
    next = changeAcl(
      next,
      owner,
      isOwnersOwn ? { ...change, option: false, cascade: false } : { ...change, option: body.grantOption, cascade: body.cascade },
    );
  }
  return next;
}
const denied = (what: string): DbError => new DbError({ sqlstate: "42501", message: `permission denied for ${what}` });
