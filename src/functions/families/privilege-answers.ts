/** has_…_privilege and pg_has_role: what a role may do, asked of the engine's access rules by `context.service("access")`. */
import { type Datum, DbError, type Oid } from "../../types/index.js";
import { TypeOid } from "../../types/oid.js";
import { catalogOf, requireService, splitName } from "../catalog-service.js";
import type { EvaluationContext, FunctionRegistry, ScalarBody } from "../registry.js";
import type { Family } from "../registry-builder.js";

export type PrivilegeKind = "table" | "sequence" | "schema" | "function" | "database" | "type" | "language" | "tablespace" | "anyColumn";
/** `service("access")`. */
export interface AccessService {
  readonly currentRole: Oid;
  isSuperuser(role: Oid): boolean;
  roleByName(name: string): Oid | undefined;
  roleExists(oid: Oid): boolean;
  databaseByName(name: string): Oid | undefined;
  /** null: there is no such object. */
  has(role: Oid, kind: PrivilegeKind, object: Oid, letter: string, withGrantOption: boolean): boolean | null;
  /** undefined: no such column. */
  hasColumn(role: Oid, table: Oid, column: string | number, letter: string, withGrantOption: boolean): boolean | null | undefined;
  /** null: there is no such relation. */
  isRowSecurityActive(table: Oid): boolean | null;
  hasRole(role: Oid, of: Oid, how: "member" | "usage" | "admin"): boolean;
}

const access = (context: EvaluationContext): AccessService => requireService<AccessService>(context, "access");

const LETTERS: Readonly<Record<PrivilegeKind | "column", Readonly<Record<string, string>>>> = {
  table: { SELECT: "r", INSERT: "a", UPDATE: "w", DELETE: "d", TRUNCATE: "D", REFERENCES: "x", TRIGGER: "t", RULE: "" },
  anyColumn: { SELECT: "r", INSERT: "a", UPDATE: "w", REFERENCES: "x" },
  column: { SELECT: "r", INSERT: "a", UPDATE: "w", REFERENCES: "x" },
  sequence: { USAGE: "U", SELECT: "r", UPDATE: "w" },
  schema: { CREATE: "C", USAGE: "U" },
  function: { EXECUTE: "X" },
  database: { CREATE: "C", CONNECT: "c", TEMPORARY: "T", TEMP: "T" },
  type: { USAGE: "U" },
  language: { USAGE: "U" },
  tablespace: { CREATE: "C" },
};

/** convert_any_priv_string: a list, each with an option. */
function parsePrivileges(text: string, kind: PrivilegeKind | "column"): { letter: string; option: boolean }[] {
  return text.split(",").map((part) => {
    const word = part.trim();
    const match = /^(.*?)(\s+WITH\s+GRANT\s+OPTION)?$/i.exec(word);
    const letter = LETTERS[kind][(match?.[1] ?? "").toUpperCase()];
    if (letter === undefined) throw new DbError({ sqlstate: "22023", message: `unrecognized privilege type: "${word}"` });
    return { letter, option: match?.[2] !== undefined };
  });
}

function roleOf(context: EvaluationContext, given: Datum): Oid {
  if (typeof given === "number") return given;
  const name = given as string;
  if (name === "public") return 0;
  const oid = access(context).roleByName(name);
  if (oid === undefined) throw new DbError({ sqlstate: "42704", message: `role "${name}" does not exist` });
  return oid;
}

function objectOf(context: EvaluationContext, kind: PrivilegeKind, given: Datum): Oid {
  if (typeof given === "number") return given;
  const text = given as string;
  const registry = requireService<FunctionRegistry>(context, "registry");
  const read = (type: Oid): Oid => registry.typeByOid(type)?.input(text, -1, context) as Oid;
  switch (kind) {
    case "table":
    case "anyColumn":
    case "sequence": {
      const oid = catalogOf(context)?.relationByName(splitName(text));
      if (oid === undefined) throw new DbError({ sqlstate: "42P01", message: `relation "${splitName(text).join(".")}" does not exist` });
      return oid;
    }
    case "schema": {
      const oid = catalogOf(context)?.namespaceByName(text);
      if (oid === undefined) throw new DbError({ sqlstate: "3F000", message: `schema "${text}" does not exist` });
      return oid;
    }
    case "function":
      return read(TypeOid.regprocedure);
    case "type":
      return read(TypeOid.regtype);
    case "database": {
      const oid = access(context).databaseByName(text);
      if (oid === undefined) throw new DbError({ sqlstate: "3D000", message: `database "${text}" does not exist` });
      return oid;
    }
    case "language":
      if (!["sql", "internal", "c", "plpgsql"].includes(text))
        throw new DbError({ sqlstate: "42704", message: `language "${text}" does not exist` });
      return 14;
    case "tablespace":
      if (!["pg_default", "pg_global"].includes(text))
        throw new DbError({ sqlstate: "42704", message: `tablespace "${text}" does not exist` });
      return 1663;
  }
}

/** @throws DbError 42809 when the OID is that of another relation */
export function requireSequence(context: EvaluationContext, oid: Oid): void {
  const catalog = catalogOf(context);
  const facts = catalog?.relationFacts(oid);
  if (facts !== undefined && catalog?.isSequence(oid) === false)
    throw new DbError({ sqlstate: "42809", message: `"${facts.name}" is not a sequence` });
}

const scalars: Record<string, ScalarBody> = {};

function define(name: string, kind: PrivilegeKind): void {
  const answer = (context: EvaluationContext, role: Oid, object: Datum, privileges: string): Datum => {
    const oid = objectOf(context, kind, object);
    if (kind === "sequence") requireSequence(context, oid);
    let answered: boolean | null = false;
    for (const { letter, option } of parsePrivileges(privileges, kind)) {
      const one = letter === "" ? false : access(context).has(role, kind, oid, letter, option);
      if (one === null) return null;
      if (one) answered = true;
    }
    return answered;
  };
  for (const object of ["text", "oid"]) {
    scalars[`${name}(${object},text)`] = ((c: EvaluationContext, o: Datum, p: string) =>
      answer(c, access(c).currentRole, o, p)) as ScalarBody;
    for (const role of ["name", "oid"])
      scalars[`${name}(${role},${object},text)`] = ((c: EvaluationContext, r: Datum, o: Datum, p: string) =>
        answer(c, roleOf(c, r), o, p)) as ScalarBody;
  }
}
define("has_table_privilege", "table");
define("has_any_column_privilege", "anyColumn");
define("has_sequence_privilege", "sequence");
define("has_schema_privilege", "schema");
define("has_function_privilege", "function");
define("has_database_privilege", "database");
define("has_type_privilege", "type");
define("has_language_privilege", "language");
define("has_tablespace_privilege", "tablespace");

function columnAnswer(context: EvaluationContext, role: Oid, table: Datum, column: Datum, privileges: string): Datum {
  const oid = objectOf(context, "table", table);
  let answered = false;
  for (const { letter, option } of parsePrivileges(privileges, "column")) {
    const one = access(context).hasColumn(role, oid, column as string | number, letter, option);
    if (one === null) return null;
    if (one === undefined) {
      if (typeof column === "number") return null;
      const name = typeof table === "string" ? splitName(table).at(-1) : catalogOf(context)?.relationName(oid);
      throw new DbError({ sqlstate: "42703", message: `column "${column as string}" of relation "${name}" does not exist` });
    }
    if (one) answered = true;
  }
  return answered;
}
for (const table of ["text", "oid"])
  for (const column of ["text", "int2"]) {
    scalars[`has_column_privilege(${table},${column},text)`] = ((c: EvaluationContext, t: Datum, a: Datum, p: string) =>
      columnAnswer(c, access(c).currentRole, t, a, p)) as ScalarBody;
    for (const role of ["name", "oid"])
      scalars[`has_column_privilege(${role},${table},${column},text)`] = ((c: EvaluationContext, r: Datum, t: Datum, a: Datum, p: string) =>
        columnAnswer(c, roleOf(c, r), t, a, p)) as ScalarBody;
  }

const ROLE_WORDS: Readonly<Record<string, "member" | "usage" | "admin">> = {
  USAGE: "usage",
  MEMBER: "member",
  "USAGE WITH GRANT OPTION": "admin",
  "USAGE WITH ADMIN OPTION": "admin",
  "MEMBER WITH GRANT OPTION": "admin",
  "MEMBER WITH ADMIN OPTION": "admin",
};
function hasRole(context: EvaluationContext, role: Oid, of: Datum, privileges: string): Datum {
  const target = roleOf(context, of);
  let answered = false;
  for (const part of privileges.split(",")) {
    const how = ROLE_WORDS[part.trim().replace(/\s+/g, " ").toUpperCase()];
    if (how === undefined) throw new DbError({ sqlstate: "22023", message: `unrecognized privilege type: "${part.trim()}"` });
    if (access(context).hasRole(role, target, how)) answered = true;
  }
  return answered;
}
for (const of of ["name", "oid"]) {
  scalars[`pg_has_role(${of},text)`] = ((c: EvaluationContext, o: Datum, p: string) =>
    hasRole(c, access(c).currentRole, o, p)) as ScalarBody;
  for (const role of ["name", "oid"])
    scalars[`pg_has_role(${role},${of},text)`] = ((c: EvaluationContext, r: Datum, o: Datum, p: string) =>
      hasRole(c, roleOf(c, r), o, p)) as ScalarBody;
}

/** Kinds of objects that there are none of: a name is an error, an OID names nothing. */
for (const [name, what] of [
  ["has_foreign_data_wrapper_privilege", "foreign-data wrapper"],
  ["has_server_privilege", "server"],
] as const) {
  const answer = (given: Datum): Datum => {
    if (typeof given === "number") return null;
    throw new DbError({ sqlstate: "42704", message: `${what} "${given as string}" does not exist` });
  };
  for (const object of ["text", "oid"]) {
    scalars[`${name}(${object},text)`] = ((_c: EvaluationContext, o: Datum) => answer(o)) as ScalarBody;
    for (const role of ["name", "oid"])
      scalars[`${name}(${role},${object},text)`] = ((c: EvaluationContext, r: Datum, o: Datum) => {
        roleOf(c, r);
        return answer(o);
      }) as ScalarBody;
  }
}
/** Nobody is granted a parameter here: what superusers may set, they alone may. */
function parameterAnswer(context: EvaluationContext, role: Oid, privileges: string): Datum {
  for (const part of privileges.split(","))
    if (!/^\s*(set|alter system)(\s+with\s+grant\s+option)?\s*$/i.test(part))
      throw new DbError({ sqlstate: "22023", message: `unrecognized privilege type: "${part.trim()}"` });
  return access(context).isSuperuser(role);
}
scalars["has_parameter_privilege(text,text)"] = ((c: EvaluationContext, _name: string, p: string) =>
  parameterAnswer(c, access(c).currentRole, p)) as ScalarBody;
for (const role of ["name", "oid"])
  scalars[`has_parameter_privilege(${role},text,text)`] = ((c: EvaluationContext, r: Datum, _name: string, p: string) =>
    parameterAnswer(c, roleOf(c, r), p)) as ScalarBody;

for (const table of ["text", "oid"])
  scalars[`row_security_active(${table})`] = ((c: EvaluationContext, t: Datum) => {
    const oid = objectOf(c, "table", t);
    return access(c).isRowSecurityActive(oid);
  }) as ScalarBody;

export const privilegeAnswerFamily: Family = { scalars };
