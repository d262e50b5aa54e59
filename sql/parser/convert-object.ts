/** Statements about objects by name: DROP, RENAME, SET SCHEMA, COMMENT, roles, GRANT. */
import type { RoleOptions } from "../../src/plan/index.js";
import { notSupported } from "../../src/types/index.js";
import { optionText, roleName } from "./convert-definition.js";
import type { Converter } from "./converter.js";
import { bodyOf, child, flag, integer, kindOf, list, optionalText, type RawNode, stringOf, strings, text } from "./raw.js";
import type { DefinitionStatement } from "./syntax-tree-definition.js";

const objectWord = (type: string): string => type.replace("OBJECT_", "").replaceAll("_", " ").toLowerCase();
const relationNames = (raw: RawNode): string[] =>
  [optionalText(raw, "schemaname"), optionalText(raw, "relname")].filter((part) => part !== undefined);

/** A name in DROP or COMMENT: a list, a string, or a type name. */
function objectName(wrapped: RawNode): string[] {
  switch (kindOf(wrapped)) {
    case "List":
      return list(bodyOf(wrapped), "items").map(stringOf);
    case "TypeName":
      return strings(bodyOf(wrapped), "names");
    case "ObjectWithArgs":
      return strings(bodyOf(wrapped), "objname");
    default:
      return [stringOf(wrapped)];
  }
}

export function convertDrop(raw: RawNode): DefinitionStatement {
  const word = objectWord(text(raw, "removeType"));
  const object = word === "matview" ? "materialized view" : word;
  if (
    object !== "materialized view" &&
    object !== "table" &&
    object !== "index" &&
    object !== "view" &&
    object !== "sequence" &&
    object !== "schema" &&
    object !== "extension"
  ) {
    throw notSupported(`DROP ${object.toUpperCase()}`);
  }
  return {
    kind: "Drop",
    object,
    names: list(raw, "objects").map(objectName),
    ifExists: flag(raw, "missing_ok"),
    cascade: raw.behavior === "DROP_CASCADE",
  };
}

export function convertRename(converter: Converter, raw: RawNode): DefinitionStatement {
  const type = objectWord(text(raw, "renameType"));
  const relationType = objectWord(text(raw, "relationType"));
  const relation = child(raw, "relation");
  const common = {
    newName: text(raw, "newname"),
    ifExists: flag(raw, "missing_ok"),
    position: relation === undefined ? 0 : converter.position(relation),
    only: relation !== undefined && relation.inh !== true,
  };
  const name = relation === undefined ? [text(raw, "subname")] : relationNames(relation);
  switch (type) {
    case "table":
    case "index":
    case "view":
    case "sequence":
      return { kind: "Rename", object: type, name, subname: undefined, tag: `ALTER ${type.toUpperCase()}`, ...common };
    case "matview":
      return { kind: "Rename", object: "materialized view", name, subname: undefined, tag: "ALTER MATERIALIZED VIEW", ...common };
    case "column":
      return {
        kind: "Rename",
        object: "column",
        name,
        subname: text(raw, "subname"),
        tag: `ALTER ${relationType === "matview" ? "MATERIALIZED VIEW" : relationType.toUpperCase()}`,
        ...common,
      };
    case "tabconstraint":
      return { kind: "Rename", object: "constraint", name, subname: text(raw, "subname"), tag: "ALTER TABLE", ...common };
    case "schema":
      return { kind: "Rename", object: "schema", name, subname: undefined, tag: "ALTER SCHEMA", ...common };
    default:
      throw notSupported(`ALTER ${type.toUpperCase()} RENAME`);
  }
}

export function convertSetSchema(raw: RawNode): DefinitionStatement {
  const word = objectWord(text(raw, "objectType"));
  const object = word === "matview" ? "materialized view" : word;
  if (object !== "table" && object !== "view" && object !== "sequence" && object !== "materialized view")
    throw notSupported(`ALTER ${object.toUpperCase()} SET SCHEMA`);
  return {
    kind: "SetSchema",
    object,
    name: relationNames(child(raw, "relation")!),
    schema: text(raw, "newschema"),
    ifExists: flag(raw, "missing_ok"),
  };
}

export function convertRole(kind: string, raw: RawNode): DefinitionStatement {
  if (kind === "DropRoleStmt")
    return { kind: "DropRole", names: list(raw, "roles").map((item) => roleName(bodyOf(item))), ifExists: flag(raw, "missing_ok") };
  const options: { -readonly [Key in keyof RoleOptions]: RoleOptions[Key] } = {};
  // CREATE USER is CREATE ROLE … LOGIN.
  if (raw.stmt_type === "ROLESTMT_USER") options.login = true;
  for (const item of list(raw, "options")) setRoleOption(options, text(bodyOf(item), "defname"), child(bodyOf(item), "arg"));
  if (kind === "CreateRoleStmt") return { kind: "CreateRole", name: text(raw, "role"), options };
  const { members, ...others } = options;
  // ALTER GROUP … DROP USER has -1 for its action.
  const changed = members === undefined ? options : integer(raw, "action") < 0 ? { ...others, dropMembers: members } : options;
  return { kind: "AlterRole", name: roleName(child(raw, "role")!), options: changed };
}
const roleNames = (arg: RawNode | undefined): string[] =>
  arg === undefined ? [] : list(bodyOf(arg), "items").map((item) => roleName(bodyOf(item)));
function setRoleOption(options: { -readonly [Key in keyof RoleOptions]: RoleOptions[Key] }, name: string, arg: RawNode | undefined): void {
  const on = arg === undefined || optionText(arg) === "true";
  switch (name) {
    case "canlogin":
      options.login = on;
      break;
    case "superuser":
      options.superuser = on;
      break;
    case "createdb":
      options.createdb = on;
      break;
    case "createrole":
      options.createrole = on;
      break;
    case "inherit":
      options.inherit = on;
      break;
    case "isreplication":
      options.replication = on;
      break;
    case "bypassrls":
      options.bypassRls = on;
      break;
    case "connectionlimit":
      options.connectionLimit = Number(optionText(arg));
      break;
    case "validUntil":
      options.validUntil = optionText(arg);
      break;
    case "addroleto":
      options.memberOf = roleNames(arg);
      break;
    case "rolemembers":
      options.members = roleNames(arg);
      break;
    case "adminmembers":
      options.admins = roleNames(arg);
      break;
    case "password":
      options.password = arg === undefined ? null : optionText(arg);
      break;
    default:
      throw notSupported(`role option ${name}`);
  }
}
