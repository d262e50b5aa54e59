/** aclitem: what a role was granted and by whom, kept as its text in PostgreSQL's order of letters. */
import { DbError, dataError, type FormatContext, KeyKind, PhysicalType } from "../../types/index.js";
import { catalogOf } from "../catalog-service.js";
import { decodeText, encodeText, receiveText } from "./bytes.js";
import { makeType } from "./define-type.js";
import { compareText } from "./strings.js";

/** ACL_ALL_RIGHTS_STR: a letter's place is its bit. */
export const ACL_LETTERS = "arwdDxtXUCTcsA";
/** The bootstrap superuser, who granted what does not say who did. */
const BOOTSTRAP_ROLE = 10;
const NAME_BYTES_MAX = 63;

/** Names and, of privileges, bits as in AclMode: rights below, their grant options 16 places above. */
export interface AclParts {
  /** "": PUBLIC */
  readonly grantee: string;
  readonly grantor: string;
  readonly rights: number;
}

const invalid = (message: string, hint?: string) => new DbError({ sqlstate: "22P02", message, ...(hint === undefined ? {} : { hint }) });
const isNamePart = (c: string) => /[A-Za-z0-9_]/.test(c) || c >= "\x80";

/** getid: a name, quoted in whole or in part, and the blanks around it. */
function readName(text: string, from: number): { readonly name: string; readonly next: number } {
  let at = from;
  while (/\s/.test(text[at] ?? "")) at++;
  let name = "";
  let inQuotes = false;
  for (; at < text.length; at++) {
    const c = text[at] as string;
    if (!inQuotes && c !== '"' && !isNamePart(c)) break;
    if (c !== '"') name += c;
    else if (inQuotes && text[at + 1] === '"') {
      name += c;
      at++;
    } else inQuotes = !inQuotes;
  }
  if (encodeText(name).length > NAME_BYTES_MAX)
    throw new DbError({
      sqlstate: "42622",
      message: "identifier too long",
      detail: `Identifier must be less than ${NAME_BYTES_MAX + 1} characters.`,
    });
  while (/\s/.test(text[at] ?? "")) at++;
  return { name, next: at };
}

/** @throws DbError 22P02 for what is no ACL item */
export function parseAclItem(text: string): AclParts {
  let { name: grantee, next } = readName(text, 0);
  if (text[next] !== "=") {
    if (grantee !== "group" && grantee !== "user")
      throw invalid(`unrecognized key word: "${grantee}"`, 'ACL key word must be "group" or "user".');
    ({ name: grantee, next } = readName(text, next));
    if (grantee === "") throw invalid("missing name", 'A name must follow the "group" or "user" key word.');
  }
  if (text[next] !== "=") throw invalid('missing "=" sign');
  let rights = 0;
  let last = 0;
  for (next++; /[A-Za-z*]/.test(text[next] ?? ""); next++) {
    const letter = text[next] as string;
    if (letter === "*") rights |= last << 16;
    else {
      const bit = ACL_LETTERS.indexOf(letter);
      if (bit < 0) throw invalid(`invalid mode character: must be one of "${ACL_LETTERS}"`);
      last = 1 << bit;
      rights |= last;
    }
  }
  let grantor = "";
  if (text[next] === "/") {
    ({ name: grantor, next } = readName(text, next + 1));
    if (grantor === "") throw invalid('a name must follow the "/" sign');
  }
  if (text.slice(next).trim() !== "") throw invalid("extra garbage at the end of the ACL specification");
  return { grantee, grantor, rights };
}

/** putid: quoted when there is anything in it but letters, digits and underscores. */
export const aclName = (name: string): string => ([...name].every(isNamePart) ? name : `"${name.replaceAll('"', '""')}"`);
export function formatAclItem({ grantee, grantor, rights }: AclParts): string {
  let letters = "";
  for (const [bit, letter] of [...ACL_LETTERS].entries()) {
    if (rights & (1 << bit)) letters += letter;
    if (rights & (1 << (bit + 16))) letters += "*";
  }
  return `${aclName(grantee)}=${letters}/${aclName(grantor)}`;
}

function input(text: string, context: FormatContext): string {
  const parts = parseAclItem(text);
  const catalog = catalogOf(context);
  for (const role of [parts.grantee, parts.grantor])
    if (role !== "" && catalog !== undefined && catalog.roleByName(role) === undefined)
      throw dataError("42704", `role "${role}" does not exist`);
  return formatAclItem(parts.grantor === "" ? { ...parts, grantor: catalog?.roleName(BOOTSTRAP_ROLE) ?? "postgres" } : parts);
}

export const aclitemType = makeType("aclitem", {
  physical: PhysicalType.varlen,
  keyKind: KeyKind.bytes,
  input: (text, _typmod, context) => input(text, context),
  output: (value) => value as string,
  receive: receiveText,
  send: (value) => encodeText(value as string),
  toStorage: (value) => value as string,
  fromStorage: decodeText,
  // Equality is all that there is of it, but arrays are compared by an order.
  compare: (left, right) => compareText(left as string, right as string),
  hashKey: (value) => value as string,
});
