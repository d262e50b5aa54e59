/** Access control lists: PostgreSQL's letters, its defaults, its text form, and granting and revoking on them (aclupdate, recursive_revoke). */
import type { AclItem, CatalogObject } from "../catalog/index.js";
import { aclName } from "../functions/index.js";
import { DbError, type Oid } from "../types/index.js";

/** What an ACL is of: table (views too), column, sequence, function, schema, type, database, language. */
export type AclKind = "table" | "column" | "sequence" | "function" | "schema" | "type" | "database" | "language";

export const ALL_LETTERS: Readonly<Record<AclKind, string>> = {
  table: "arwdDxt",
  column: "arwx",
  sequence: "rwU",
  function: "X",
  schema: "UC",
  type: "U",
  database: "CTc",
  language: "U",
};
/** Letters in the order in which PostgreSQL prints them. */
const ORDER = "arwdDxtXUCTc";

export const LETTER_OF: Readonly<Record<string, string>> = {
  insert: "a",
  select: "r",
  update: "w",
  delete: "d",
  truncate: "D",
  references: "x",
  trigger: "t",
  execute: "X",
  usage: "U",
  create: "C",
  temporary: "T",
  temp: "T",
  connect: "c",
};

/** acldefault: the owner has everything; PUBLIC has what PostgreSQL gives it. */
export function defaultAclOf(kind: AclKind, owner: Oid): readonly AclItem[] {
  const items: AclItem[] = [];
  const forPublic = kind === "function" ? "X" : kind === "type" || kind === "language" ? "U" : kind === "database" ? "Tc" : "";
  if (forPublic !== "") items.push({ grantee: 0, grantor: owner, privileges: forPublic });
  if (kind !== "column") items.push({ grantee: owner, grantor: owner, privileges: ALL_LETTERS[kind] });
  return items;
}
export const aclOf = (acl: readonly AclItem[] | undefined, kind: AclKind, owner: Oid): readonly AclItem[] =>
  acl ?? defaultAclOf(kind, owner);

/** The letters of an item with their grant options, apart. */
function split(privileges: string): { letters: Set<string>; options: Set<string> } {
  const letters = new Set<string>();
  const options = new Set<string>();
  for (let i = 0; i < privileges.length; i++) {
    const letter = privileges[i] as string;
    if (letter === "*") continue;
    letters.add(letter);
    if (privileges[i + 1] === "*") options.add(letter);
  }
  return { letters, options };
}
function join(letters: ReadonlySet<string>, options: ReadonlySet<string>): string {
  let text = "";
  for (const letter of ORDER) if (letters.has(letter)) text += options.has(letter) ? `${letter}*` : letter;
  return text;
}

/** Letters among `wanted` that some item gives to one of the roles (0: PUBLIC counts for everybody). */
export function lettersOf(acl: readonly AclItem[], isGrantee: (role: Oid) => boolean, wanted: string): string {
  let found = "";
  for (const letter of wanted)
    if (acl.some((item) => (item.grantee === 0 || isGrantee(item.grantee)) && split(item.privileges).letters.has(letter))) found += letter;
  return found;
}
export function grantOptionsOf(acl: readonly AclItem[], isGrantee: (role: Oid) => boolean, wanted: string): string {
  let found = "";
  for (const letter of wanted)
    if (acl.some((item) => item.grantee !== 0 && isGrantee(item.grantee) && split(item.privileges).options.has(letter))) found += letter;
  return found;
}

export interface AclChange {
  readonly isGrant: boolean;
  readonly letters: string;
  readonly grantee: Oid;
  readonly grantor: Oid;
  /** GRANT … WITH GRANT OPTION; REVOKE GRANT OPTION FOR. */
  readonly option: boolean;
  readonly cascade: boolean;
}

export function changeAcl(acl: readonly AclItem[], owner: Oid, change: AclChange): readonly AclItem[] {
  const at = acl.findIndex((item) => item.grantee === change.grantee && item.grantor === change.grantor);
  const { letters, options } = split(at < 0 ? "" : (acl[at] as AclItem).privileges);
  const lost = new Set<string>();
  for (const letter of change.letters) {
    if (change.isGrant) {
      letters.add(letter);
      if (change.option) options.add(letter);
    } else {
      if (options.delete(letter)) lost.add(letter);
      if (!change.option) letters.delete(letter);
    }
  }
  const privileges = join(letters, options);
  const item: AclItem = { grantee: change.grantee, grantor: change.grantor, privileges };
  let next = at < 0 ? (privileges === "" ? [...acl] : [...acl, item]) : acl.toSpliced(at, 1, ...(privileges === "" ? [] : [item]));
  // Who lost a grant option can no longer stand behind what he granted on.
  if (lost.size > 0 && change.grantee !== owner) {
    const still = grantOptionsOf(next, (role) => role === change.grantee, [...lost].join(""));
    const gone = [...lost].filter((letter) => !still.includes(letter)).join("");
    for (const dependent of next.filter((i) => i.grantor === change.grantee)) {
      const affected = [...gone].filter((letter) => split(dependent.privileges).letters.has(letter)).join("");
      if (affected === "") continue;
      if (!change.cascade)
        throw new DbError({ sqlstate: "2BP01", message: "dependent privileges exist", hint: "Use CASCADE to revoke them too." });
      next = [
        ...changeAcl(next, owner, {
          isGrant: false,
          letters: affected,
          grantee: dependent.grantee,
          grantor: change.grantee,
          option: false,
          cascade: true,
        }),
      ];
    }
  }
  return next;
}

/** `alice=arw/postgres`; PUBLIC has no name. */
export function aclText(roleName: (oid: Oid) => string | undefined, item: AclItem): string {
  const name = (oid: Oid): string => aclName(roleName(oid) ?? String(oid));
  return `${item.grantee === 0 ? "" : name(item.grantee)}=${item.privileges}/${name(item.grantor)}`;
}
export function aclKindOf(object: CatalogObject): AclKind | undefined {
  switch (object.class) {
    case "table":
    case "view":
      return "table";
    case "sequence":
    case "function":
    case "schema":
    case "type":
    case "database":
      return object.class;
    default:
      return undefined;
  }
}
