/** ALTER … OWNER TO, of every kind of object: what is part of it goes along, and the old owner's place in the access control list. */
import type { AclItem, CatalogObject, SequenceObject } from "../../../catalog/index.js";
import { DbError, notSupported, type Oid } from "../../../types/index.js";
import { withColumnAcls } from "../../column-acl.js";
import type { DefinitionContext } from "../context.js";
import { requireOwner, roleOf } from "./ownership.js";

/** Who owns it may give it to a role that he is a member of; a superuser to any. */
export function changeOwner(context: DefinitionContext, object: CatalogObject, owner: number): void {
  if (!("owner" in object)) throw notSupported(`the owner of a ${object.class}`);
  if (object.owner === owner) return;
  if (object.class === "sequence" && object.ownedBy !== undefined) throw ownedSequence(context, object);
  requireOwner(context, object);
  const me = roleOf(context);
  if (!me.superuser && !context.session.access(context.catalog).isMember(me.oid, owner)) {
    const name = context.snapshot.object(owner);
    throw new DbError({ sqlstate: "42501", message: `must be member of role "${name?.class === "role" ? name.name : ""}"` });
  }
  const acl = "acl" in object ? object.acl : undefined;
  const old = object.owner;
  // The old owner's place in the list goes to the new one.
  const moved = acl === undefined ? undefined : withNewOwner(acl, old, owner);
  const given = { ...object, owner, ...(moved === undefined ? {} : { acl: moved }) } as CatalogObject;
  context.put(withColumnAcls(given, (list) => withNewOwner(list, old, owner)));
  if (object.class !== "table") return;
  for (const index of context.snapshot.indexesOf(object.oid)) context.put({ ...index, owner });
  for (const sequence of context.snapshot.sequencesOf(object.oid)) {
    const acl = sequence.acl === undefined ? undefined : withNewOwner(sequence.acl, old, owner);
    context.put({ ...sequence, owner, ...(acl === undefined ? {} : { acl }) });
  }
}
function ownedSequence(context: DefinitionContext, sequence: SequenceObject): DbError {
  const table = sequence.ownedBy === undefined ? undefined : context.snapshot.relationByOid(sequence.ownedBy.table);
  return new DbError({
    sqlstate: "0A000",
    message: `cannot change owner of sequence "${sequence.name}"`,
    detail: `Sequence "${sequence.name}" is linked to table "${table?.name ?? ""}".`,
  });
}

/** aclnewowner: items that come to stand for the same grantee and grantor become one. */
function withNewOwner(acl: readonly AclItem[], from: Oid, to: Oid): AclItem[] {
  const items = new Map<string, AclItem>();
  for (const item of acl) {
    const grantor = item.grantor === from ? to : item.grantor;
    const grantee = item.grantee === from ? to : item.grantee;
    const key = `${grantee}/${grantor}`;
    const same = items.get(key);
    items.set(key, {
      grantee,
      grantor,
      privileges: same === undefined ? item.privileges : unitedPrivileges(same.privileges, item.privileges),
    });
  }
  return [...items.values()];
}
/** Letters with their `*`, each once, the option kept where either has it. */
function unitedPrivileges(a: string, b: string): string {
  const all = new Map<string, boolean>();
  for (const text of [a, b])
    for (const match of text.matchAll(/(\w)(\*?)/g)) all.set(match[1]!, all.get(match[1]!) === true || match[2] === "*");
  const order = "arwdDxtXUCTc";
  return [...all]
    .sort(([x], [y]) => order.indexOf(x) - order.indexOf(y))
    .map(([letter, option]) => letter + (option ? "*" : ""))
    .join("");
}
