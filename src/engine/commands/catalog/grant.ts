/** GRANT and REVOKE on objects, ALTER DEFAULT PRIVILEGES. */
import type { AclItem, CatalogObject, DefaultPrivilegesObject, FunctionObject, SchemaObject } from "../../../catalog/index.js";
import type { AclGrant, Command, ObjectReference } from "../../../plan/index.js";
import { assert, columnMissing, DbError, notSupported, type Oid } from "../../../types/index.js";
import { permissionDenied } from "../../access.js";
import { type AclKind, ALL_LETTERS, aclKindOf, changeAcl, defaultAclOf, LETTER_OF } from "../../acl.js";
import { columnAclsOf, withColumnLists } from "../../column-acl.js";
import type { DefinitionContext } from "../context.js";
import { changeGrants } from "./change-grants.js";
import { requireObject } from "./objects.js";
import { requireRole, roleOf } from "./ownership.js";

export function requireCreateOn(context: DefinitionContext, schema: SchemaObject): void {
  const me = roleOf(context);
  if (me.superuser) return;
  if (!context.session.access(context.catalog).may(me.oid, schema, "C")) throw permissionDenied(schema);
}

const KIND_WORDS: Readonly<Record<AclKind, string>> = {
  table: "relation",
  column: "column",
  sequence: "sequence",
  function: "function",
  schema: "schema",
  type: "type",
  database: "database",
  language: "language",
};

function lettersFor(kind: AclKind, names: readonly string[]): string {
  if (names.length === 0) return ALL_LETTERS[kind];
  let letters = "";
  for (const name of names) {
    const letter = LETTER_OF[name.toLowerCase()];
    if (letter === undefined) throw new DbError({ sqlstate: "42601", message: `unrecognized privilege type "${name}"` });
    // What a sequence may have is asked of the table itself, which the word then names.
    const word = kind === "table" && ALL_LETTERS.sequence.includes(letter) ? "table" : KIND_WORDS[kind];
    if (!ALL_LETTERS[kind].includes(letter))
      throw new DbError({ sqlstate: "0LP01", message: `invalid privilege type ${name.toUpperCase()} for ${word}` });
    if (!letters.includes(letter)) letters += letter;
  }
  return letters;
}

export function grant(context: DefinitionContext, command: Extract<Command, { kind: "Grant" }>): void {
  const { grant: body } = command;
  if (body.grantedBy !== undefined) {
    const grantor = requireRole(context, body.grantedBy);
    if (grantor.name !== context.session.user) throw new DbError({ sqlstate: "0A000", message: "grantor must be current user" });
  }
  if (command.objectKind === "language") return grantOnLanguage(context, command.objects);
  const grantees = granteesOf(context, body);
  const targets = command.allInSchema
    ? command.objects.flatMap((schema) => [...allIn(context, schema, command.objectKind)])
    : command.objects.map((ref) => requireGrantTarget(context, ref, command.objectKind));
  for (const target of targets) grantOn(context, again(context, target), command.objectKind, body, grantees);
}
function grantOnLanguage(_context: DefinitionContext, objects: readonly ObjectReference[]): void {
  for (const ref of objects) {
    const { name } = ref.name;
    if (name !== "sql" && name !== "internal" && name !== "c" && name !== "plpgsql")
      throw new DbError({ sqlstate: "42704", message: `language "${name}" does not exist` });
  }
  throw notSupported("GRANT and REVOKE on a language");
}
function granteesOf(context: DefinitionContext, body: AclGrant): Oid[] {
  return body.grantees.map((ref) => {
    if (ref.kind === "public") {
      if (body.isGrant && body.grantOption) throw new DbError({ sqlstate: "0LP01", message: "grant options can only be granted to roles" });
      return 0;
    }
    return requireRole(context, ref).oid;
  });
}

function requireGrantTarget(context: DefinitionContext, ref: ObjectReference, kind: string): CatalogObject {
  if (kind === "table" || kind === "sequence") {
    const relation = context.relation(ref.name);
    if (relation.class === "index") throw new DbError({ sqlstate: "42809", message: `"${relation.name}" is an index` });
    if (kind === "sequence" && relation.class !== "sequence")
      throw new DbError({ sqlstate: "42809", message: `"${relation.name}" is not a sequence` });
    return relation;
  }
  return requireObject(context, ref).object;
}
function* allIn(context: DefinitionContext, ref: ObjectReference, kind: string): Generator<CatalogObject> {
  const schema = context.schema(ref.name.name);
  for (const object of context.snapshot.objects()) {
    if (!("schema" in object) || object.schema !== schema.oid) continue;
    if (kind === "table" && (object.class === "table" || object.class === "view")) yield object;
    else if (kind === "sequence" && object.class === "sequence") yield object;
    else if (
      object.class === "function" &&
      (kind === "routine" || (kind === "function" && object.kind !== "procedure") || kind === object.kind)
    )
      yield object;
  }
}

function grantOn(context: DefinitionContext, object: CatalogObject, objectKind: string, body: AclGrant, grantees: readonly Oid[]): void {
  const kind = aclKindOf(object);
  if (kind === undefined || !("owner" in object)) throw notSupported(`GRANT on a ${object.class}`);
  // A sequence named in GRANT ON TABLE takes the table's words.
  const words: AclKind = objectKind === "table" && object.class === "sequence" ? "sequence" : kind;
  const tableWide = body.privileges.filter((p) => p.columns.length === 0).map((p) => p.name);
  const isAll = body.privileges.length === 0 && body.allColumns === undefined;
  const letters = isAll || tableWide.length > 0 ? lettersFor(words, isAll ? [] : tableWide) : "";
  const columns = columnLetters(object, body);
  const changed =
    letters === "" ? undefined : changeGrants(context, { object, letters, isAll: body.privileges.length === 0 }, body, grantees);
  // What is taken from a whole table is taken from its columns too.
  if (letters !== "" && !body.isGrant)
    for (const { number } of columnAclsOf(object).filter((c) => c.acl !== undefined))
      columns.set(number, `${columns.get(number) ?? ""}${[...letters].filter((l) => ALL_LETTERS.column.includes(l)).join("")}`);
  const lists = new Map<number, readonly AclItem[]>();
  for (const column of columnAclsOf(object)) {
    const wanted = [...new Set(columns.get(column.number))].join("");
    if (wanted === "") continue;
    const list = changeGrants(
      context,
      { object, column, letters: wanted, isAll: wanted.length === ALL_LETTERS.column.length },
      body,
      grantees,
    );
    if (list !== undefined) lists.set(column.number, list);
  }
  if (changed === undefined && lists.size === 0) return;
  context.put(withColumnLists(changed === undefined ? object : ({ ...object, acl: changed } as CatalogObject), lists));
}
/** Of each column that the statement names, by its number, what is granted or revoked. */
function columnLetters(object: CatalogObject, body: AclGrant): Map<number, string> {
  const letters = new Map<number, string>();
  const add = (name: string, more: string): void => {
    if (object.class === "sequence") throw notSupported("column privileges of a sequence");
    if (object.class !== "table" && object.class !== "view")
      throw new DbError({ sqlstate: "0LP01", message: "column privileges are only valid for relations" });
    const column = columnAclsOf(object).find((c) => c.name === name);
    if (column === undefined && object.class === "table" && SYSTEM_COLUMNS.has(name)) throw notSupported("privileges of system columns");
    if (column === undefined) throw columnMissing(name, object.name);
    letters.set(column.number, (letters.get(column.number) ?? "") + more);
  };
  for (const p of body.privileges) for (const column of p.columns) add(column, lettersFor("column", [p.name]));
  for (const column of body.allColumns ?? []) add(column, ALL_LETTERS.column);
  return letters;
}
const SYSTEM_COLUMNS: ReadonlySet<string> = new Set(["tableoid", "cmax", "xmax", "cmin", "xmin", "ctid"]);
/** A statement may name one object twice. */
function again(context: DefinitionContext, object: CatalogObject): CatalogObject {
  const now = context.snapshot.object(object.oid);
  assert(now !== undefined, "the object is still there");
  return now;
}

// ---- default privileges

const OBJECT_LETTER: Readonly<Record<string, DefaultPrivilegesObject["objects"]>> = {
  table: "r",
  sequence: "S",
  function: "f",
  routine: "f",
  type: "T",
  schema: "n",
};
const KIND_OF_LETTER: Readonly<Record<DefaultPrivilegesObject["objects"], AclKind>> = {
  r: "table",
  S: "sequence",
  f: "function",
  T: "type",
  n: "schema",
};

export function alterDefaultPrivileges(context: DefinitionContext, command: Extract<Command, { kind: "DefaultPrivileges" }>): void {
  const objects = OBJECT_LETTER[command.objectKind];
  if (objects === undefined) throw notSupported(`default privileges of a ${command.objectKind}`);
  const kind = KIND_OF_LETTER[objects];
  if (command.grant.privileges.some((p) => p.columns.length > 0))
    throw new DbError({ sqlstate: "0LP01", message: "default privileges cannot be set for columns" });
  const letters = lettersFor(
    kind,
    command.grant.privileges.map((p) => p.name),
  );
  const me = roleOf(context);
  const roles = command.roles.length === 0 ? [me] : command.roles.map((ref) => requireRole(context, ref));
  for (const role of roles)
    if (!me.superuser && !context.session.access(context.catalog).isMember(me.oid, role.oid))
      throw new DbError({ sqlstate: "42501", message: `must be member of role "${role.name}"` });
  if (objects === "n" && command.schemas.length > 0)
    throw new DbError({ sqlstate: "0LP01", message: "cannot use IN SCHEMA clause when using GRANT/REVOKE ON SCHEMAS" });
  const schemas = command.schemas.length === 0 ? [0] : command.schemas.map((name) => context.schema(name).oid);
  const grantees = granteesOf(context, command.grant);
  for (const role of roles)
    for (const schema of schemas) {
      const existing = context.snapshot.defaultPrivileges.find((d) => d.owner === role.oid && d.schema === schema && d.objects === objects);
      // Without a schema the list replaces the built-in default; with one it is added to it.
      const start = existing?.acl ?? (schema === 0 ? defaultAclOf(kind, role.oid) : []);
      let acl = start;
      for (const grantee of grantees)
        acl = changeAcl(acl, role.oid, {
          isGrant: command.grant.isGrant,
          letters,
          grantee,
          grantor: role.oid,
          option: command.grant.grantOption,
          cascade: command.grant.cascade,
        });
      keepDefaults(context, existing, { owner: role.oid, schema, objects, acl });
    }
}
/** Default privileges that say nothing but what holds anyway are not kept. Sorted by grantee, as the catalog shows them. */
function keepDefaults(
  context: DefinitionContext,
  existing: DefaultPrivilegesObject | undefined,
  given: Omit<DefaultPrivilegesObject, "class" | "oid">,
): void {
  const { owner, schema, objects } = given;
  const acl = given.acl.toSorted((a, b) => a.grantee - b.grantee || a.grantor - b.grantor);
  const isPlain = schema === 0 ? sameAcl(acl, defaultAclOf(KIND_OF_LETTER[objects], owner)) : acl.length === 0;
  if (!isPlain) context.put({ class: "defaultPrivileges", oid: existing?.oid ?? context.newOid(), owner, schema, objects, acl });
  else if (existing !== undefined) context.remove(existing.oid);
}
/** DROP OWNED: nothing is granted to the role any more. */
export function withoutDefaultsFor(context: DefinitionContext, defaults: DefaultPrivilegesObject, role: Oid): void {
  if (!defaults.acl.some((item) => item.grantee === role)) return;
  keepDefaults(context, defaults, { ...defaults, acl: defaults.acl.filter((item) => item.grantee !== role) });
}
function sameAcl(a: readonly AclItem[], b: readonly AclItem[]): boolean {
  const key = (items: readonly AclItem[]) =>
    items
      .map((i) => `${i.grantee}/${i.grantor}/${i.privileges}`)
      .sort()
      .join();
  return key(a) === key(b);
}

/** get_user_default_acl: undefined when nothing but PostgreSQL's own defaults apply. */
export function defaultAcl(
  context: DefinitionContext,
  objects: DefaultPrivilegesObject["objects"],
  schema: Oid,
): readonly AclItem[] | undefined {
  const all = context.snapshot.defaultPrivileges;
  if (all.length === 0) return undefined;
  const owner = context.owner;
  const mine = (of: Oid) => all.find((d) => d.owner === owner && d.objects === objects && d.schema === of)?.acl;
  const [everywhere, here] = [mine(0), objects === "n" ? undefined : mine(schema)];
  if (everywhere === undefined && here === undefined) return undefined;
  let acl = everywhere ?? defaultAclOf(KIND_OF_LETTER[objects], owner);
  for (const item of here ?? []) {
    const plain = item.privileges.replaceAll("*", "");
    const withOption = [...item.privileges].filter((_, i) => item.privileges[i + 1] === "*").join("");
    acl = changeAcl(acl, owner, {
      isGrant: true,
      letters: plain,
      grantee: item.grantee,
      grantor: item.grantor,
      option: false,
      cascade: false,
    });
    if (withOption !== "")
      acl = changeAcl(acl, owner, {
        isGrant: true,
        letters: withOption,
        grantee: item.grantee,
        grantor: item.grantor,
        option: true,
        cascade: false,
      });
  }
  return sameAcl(acl, defaultAclOf(KIND_OF_LETTER[objects], owner)) ? undefined : acl;
}

/** The same as a part of an object: nothing where PostgreSQL's defaults apply. */
export function defaultAclFor(
  context: DefinitionContext,
  objects: DefaultPrivilegesObject["objects"],
  schema: Oid,
): { readonly acl?: readonly AclItem[] } {
  const acl = defaultAcl(context, objects, schema);
  return acl === undefined ? {} : { acl };
}

export type { FunctionObject };
