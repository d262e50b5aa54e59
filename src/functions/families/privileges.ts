/**
 * has_…_privilege and pg_has_role: the object, the role and the kind of privilege are checked; every role may use everything.
 * An object given by an OID that names nothing gives NULL, one given by name is an error.
 */
import { type Datum, DbError, invalidParameter, type Oid, TypeOid, undefinedObject } from "../../types/index.js";
import { catalogOf, splitName } from "../catalog-service.js";
import { type EvaluationContext, type FunctionRegistry, type ScalarBody, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { findRelation } from "../types/registered.js";

type Find = (given: string | Oid, context: EvaluationContext, registry: FunctionRegistry) => boolean;

const tableKinds = ["select", "insert", "update", "delete", "truncate", "references", "trigger"];
/** What may be asked of each kind of object; every one may have WITH GRANT OPTION behind it. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  table: [...tableKinds, "rule"],
  any_column: ["select", "insert", "update", "references"],
  column: ["select", "insert", "update", "references"],
  sequence: ["usage", "select", "update"],
  database: ["create", "connect", "temporary", "temp"],
  schema: ["create", "usage"],
  function: ["execute"],
  type: ["usage"],
  language: ["usage"],
  tablespace: ["create"],
  parameter: ["set", "alter system"],
  foreign_data_wrapper: ["usage"],
  server: ["usage"],
};

function checkKinds(text: string, allowed: readonly string[]): void {
  for (const part of text.split(",")) {
    const kind = part.trim();
    const bare = kind.toLowerCase().replace(/\s+with\s+grant\s+option$/, "");
    if (!allowed.includes(bare)) throw invalidParameter(`unrecognized privilege type: "${kind}"`);
  }
}
function checkRole(given: string | Oid, context: EvaluationContext): void {
  if (typeof given !== "string" || given === "public") return;
  if (catalogOf(context)?.roleByName(given) === undefined) throw undefinedObject("42704", `role "${given}" does not exist`);
}

const byRegisteredType =
  (type: Oid): Find =>
  (given, context, registry) => {
    const registered = registry.typeByOid(type);
    if (typeof given === "string") return registered?.input(given, -1, context) !== undefined;
    return /\D/.test(registered?.output(given, context) ?? "0");
  };
const relation: Find = (given, context) => {
  if (typeof given !== "string") return catalogOf(context)?.relationName(given) !== undefined;
  if (findRelation(given, context) === undefined)
    throw new DbError({ sqlstate: "42P01", message: `relation "${splitName(given).join(".")}" does not exist` });
  return true;
};
/** Objects of which there are a few by fixed names. */
const oneOf =
  (what: string, sqlstate: string, names: (context: EvaluationContext) => readonly string[], oids: readonly Oid[]): Find =>
  (given, context) => {
    if (typeof given !== "string") return oids.includes(given);
    if (!names(context).includes(given)) throw undefinedObject(sqlstate, `${what} "${given}" does not exist`);
    return true;
  };
const finders: Readonly<Record<string, Find>> = {
  table: relation,
  any_column: relation,
  column: relation,
  sequence: relation,
  schema: byRegisteredType(TypeOid.regnamespace),
  function: byRegisteredType(TypeOid.regprocedure),
  type: byRegisteredType(TypeOid.regtype),
  database: oneOf("database", "3D000", (context) => [context.currentDatabase], [5]),
  language: oneOf("language", "42704", () => ["internal", "c", "sql"], [12, 13, 14]),
  tablespace: oneOf("tablespace", "42704", () => ["pg_default", "pg_global"], [1663, 1664]),
  parameter: (given, context) => typeof given !== "string" || context.setting(given, true) !== undefined,
  foreign_data_wrapper: oneOf("foreign-data wrapper", "42704", () => [], []),
  server: oneOf("server", "42704", () => [], []),
};

const scalars: Record<string, ScalarBody | TypedBody<ScalarBody>> = {
  pg_has_role: (context, ...args: (string | Oid)[]): Datum => {
    const kind = args.at(-1) as string;
    for (const role of args.slice(0, -1)) checkRole(role, context);
    for (const part of kind.split(",")) {
      const bare = part
        .trim()
        .toLowerCase()
        .replace(/\s+with\s+(grant|admin)\s+option$/, "");
      if (bare !== "usage" && bare !== "member") throw invalidParameter(`unrecognized privilege type: "${part.trim()}"`);
    }
    return true;
  },
};
for (const object of Object.keys(kinds)) {
  const ofColumn = object === "column";
  scalars[`has_${object}_privilege`] = new TypedBody<ScalarBody>((call, registry) => {
    const withRole = call.argTypes.length === (ofColumn ? 4 : 3);
    const find = finders[object] as Find;
    return (context, ...args: (string | number)[]): Datum => {
      if (withRole) checkRole(args[0] as string | Oid, context);
      const [given, column] = withRole ? args.slice(1) : args;
      const exists = find(given as string | Oid, context, registry);
      if (ofColumn && exists && typeof column === "string") checkColumn(given as string | Oid, column, context);
      checkKinds(args.at(-1) as string, kinds[object] as readonly string[]);
      if (object === "sequence" && exists) checkSequence(given as string | Oid, context);
      return exists ? true : null;
    };
  });
}

function checkColumn(table: string | Oid, column: string, context: EvaluationContext): void {
  const oid = typeof table === "string" ? findRelation(table, context) : table;
  const catalog = catalogOf(context);
  if (oid === undefined || catalog === undefined || catalog.columnNumber(oid, column) !== undefined) return;
  throw new DbError({ sqlstate: "42703", message: `column "${column}" of relation "${catalog.relationName(oid) ?? ""}" does not exist` });
}
function checkSequence(given: string | Oid, context: EvaluationContext): void {
  const catalog = catalogOf(context);
  const oid = typeof given === "string" ? findRelation(given, context) : given;
  if (oid === undefined || catalog === undefined || catalog.isSequence(oid)) return;
  throw new DbError({ sqlstate: "42809", message: `"${catalog.relationName(oid) ?? ""}" is not a sequence` });
}

export const privilegeFamily: Family = { scalars };
