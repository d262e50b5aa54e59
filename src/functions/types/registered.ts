/** regclass, regtype, regproc and their kind: oids that read and print as names. */
import { DbError, FIRST_USER_OID, type FormatContext, type FunctionSignature, type Oid, type SqlType } from "../../types/index.js";
import { catalogOf, findService, quoteIdentifier, splitName } from "../catalog-service.js";
import { typeFactsByName } from "../facts/index.js";
import { knownFunctionCount, knownFunctions } from "../facts/known-functions.js";
import { knownOperators } from "../facts/known-operators.js";
import type { FunctionRegistry } from "../registry.js";
import { makeOidType } from "./integers.js";

/** Of every type of PostgreSQL, also where no value can be of it here. */
export const knownTypeName = (oid: Oid): string | undefined => [...typeFactsByName.values()].find((fact) => fact.oid === oid)?.displayName;
const isNumber = (text: string) => /^\s*\d+\s*$/.test(text);
const missing = (sqlstate: string, what: string, name: string) => new DbError({ sqlstate, message: `${what} "${name}" does not exist` });

/** @throws DbError 3F000 when the name is qualified with a schema that does not exist */
function requireSchema(path: readonly string[], context: FormatContext): void {
  const schema = path.at(-2);
  const catalog = catalogOf(context);
  if (schema !== undefined && catalog !== undefined && catalog.namespaceByName(schema) === undefined)
    throw missing("3F000", "schema", schema);
}
/** The name of a type without its modifiers and brackets. */
const bareTypeName = (text: string) => text.replace(/[([].*$/s, "");

/** @throws DbError 42P01 when there is no such relation */
export function requireRelation(text: string, context: FormatContext): Oid {
  const oid = findRelation(text, context);
  if (oid === undefined) throw new DbError({ sqlstate: "42P01", message: `relation "${splitName(text).join(".")}" does not exist` });
  return oid;
}
export function findRelation(text: string, context: FormatContext): Oid | undefined {
  return catalogOf(context)?.relationByName(splitName(text));
}

/** `int4`, `character varying(10)`, `pg_catalog.text[]`; modifiers are read over. */
export function findType(text: string, registry: FunctionRegistry): { readonly oid: Oid } | undefined {
  let name = text.trim().replace(/\s+/g, " ");
  let isArray = false;
  while (/\s*\[\d*\]$/.test(name)) {
    isArray = true;
    name = name.replace(/\s*\[\d*\]$/, "");
  }
  name = name.replace(/\s*\([^)]*\)/, "");
  const plain = name.toLowerCase();
  let type = plain === "char" ? registry.typeByName("bpchar") : registry.typeByName(plain);
  if (type === undefined || name !== plain) {
    const parts = splitName(name);
    const schema = parts.at(-2);
    type = registry.typeByName(parts.at(-1)!, schema) ?? type;
  }
  if (type === undefined) {
    const [known, schema] = splitName(name).reverse();
    const fact = schema === undefined || schema === "pg_catalog" ? typeFactsByName.get(`${isArray ? "_" : ""}${known}`) : undefined;
    return fact && { oid: fact.oid };
  }
  return isArray ? registry.typeByOid(type.arrayType) : type;
}

function make(
  name: string,
  read: (text: string, context: FormatContext) => Oid,
  write: (oid: Oid, context: FormatContext) => string | undefined,
): SqlType {
  // Of these "-" is a name like any other; 0 is for none.
  const isOperator = name === "regoperator" || name === "regoper";
  return makeOidType(name, {
    input: (text, _typmod, context) =>
      text.trim() === "-" && !isOperator ? 0 : isNumber(text) ? Number(text) : read(text.trim(), context),
    output: (value, context) => (value === 0 ? (isOperator ? "0" : "-") : (write(value as Oid, context) ?? String(value))),
  });
}

/** What a bare name may mean: of functions with the same arguments the one that the search path meets first. */
function reachable(functions: readonly FunctionSignature[], context: FormatContext): readonly FunctionSignature[] {
  const schemas = catalogOf(context)?.currentSchemas(true);
  if (schemas === undefined) return functions;
  const found = new Map<string, FunctionSignature>();
  for (const schema of schemas)
    for (const f of functions) if (f.schema === schema && !found.has(f.argTypes.join())) found.set(f.argTypes.join(), f);
  return [...found.values()];
}

export function makeRegisteredTypes(builtIn: FunctionRegistry): readonly SqlType[] {
  /** The catalog's registry where there is a session. */
  const scoped = (context: FormatContext): FunctionRegistry => findService<FunctionRegistry>(context, "registry") ?? builtIn;
  const functionName = (oid: Oid, withArguments: boolean, context: FormatContext): string | undefined => {
    const registry = scoped(context);
    let f = knownFunctions().get(oid);
    if (f === undefined) for (const candidate of registry.functions()) if (candidate.oid === oid) f = candidate;
    if (f === undefined) return undefined;
    const name = quoteIdentifier(f.name);
    const qualifiedName = `${quoteIdentifier(f.schema)}.${name}`;
    const inReach = reachable(registry.functionsByName(f.name), context);
    if (withArguments) {
      const args = f.argTypes.map((t) => registry.typeByOid(t)?.displayName ?? knownTypeName(t) ?? String(t)).join(",");
      const isFound = f.oid < FIRST_USER_OID || inReach.some((other) => other.oid === f.oid);
      return `${isFound ? name : qualifiedName}(${args})`;
    }
    // A bare name must mean this function alone.
    if (f.oid < FIRST_USER_OID) return knownFunctionCount(f.name) > 1 ? qualifiedName : name;
    return inReach.length === 1 && inReach[0]?.oid === f.oid ? name : qualifiedName;
  };
  const findFunction = (text: string, context: FormatContext): Oid => {
    const registry = scoped(context);
    const bare = text.replace(/\(.*\)$/, "");
    const name = splitName(bare).at(-1)!;
    let found = registry.functionsByName(name);
    // What has no body here still has a name and an OID.
    if (found.length === 0) found = [...knownFunctions().values()].filter((f) => f.name === name);
    if (/\)$/.test(text)) {
      const inside = text.slice(bare.length + 1, -1).trim();
      const types = inside === "" ? [] : inside.split(",").map((t) => findType(t, registry)?.oid);
      found = found.filter((f) => f.argTypes.length === types.length && f.argTypes.every((t, i) => t === types[i]));
    }
    const path = splitName(bare);
    if (path.length > 1) found = found.filter((f) => f.schema === path.at(-2));
    else if (found.length > 1) {
      // The search path's first schema that has one.
      const schemas = catalogOf(context)?.currentSchemas(true) ?? [];
      const first = schemas.find((schema) => found.some((f) => f.schema === schema));
      if (first !== undefined) found = found.filter((f) => f.schema === first);
    }
    if (found.length === 0) requireSchema(path, context);
    if (found.length === 0) throw new DbError({ sqlstate: "42883", message: `function "${text}" does not exist` });
    if (found.length > 1) throw new DbError({ sqlstate: "42725", message: `more than one function named "${text}"` });
    return found[0]!.oid;
  };
  const operatorOf = (oid: Oid, context: FormatContext) =>
    [...scoped(context).operators()].find((o) => o.oid === oid) ?? knownOperators().find((o) => o.oid === oid);
  const operatorName = (oid: Oid, context: FormatContext) => operatorOf(oid, context)?.name;
  const findOperator = (text: string, context: FormatContext): Oid => {
    const registry = scoped(context);
    const found = registry.operatorsByName(text.replace(/^pg_catalog\./, ""));
    if (found.length === 0) throw new DbError({ sqlstate: "42883", message: `operator does not exist: ${text}` });
    if (found.length > 1) throw new DbError({ sqlstate: "42725", message: `more than one operator named ${text}` });
    return found[0]!.oid;
  };
  const findProcedure = (text: string, context: FormatContext): Oid => {
    if (!text.includes("(")) throw new DbError({ sqlstate: "22P02", message: "expected a left parenthesis" });
    if (!text.endsWith(")")) throw new DbError({ sqlstate: "22P02", message: "expected a right parenthesis" });
    return findFunction(text, context);
  };
  /** `+(integer,NONE)`: with both types. */
  const findOperatorByTypes = (text: string, context: FormatContext): Oid => {
    const registry = scoped(context);
    const match = /^(?:pg_catalog\.)?([^\s(]+)\s*\(([^)]*)\)$/.exec(text);
    if (match === null) throw new DbError({ sqlstate: "22P02", message: "expected a left parenthesis" });
    const types = match[2]!.split(",").map((type) => type.trim());
    if (types.length === 1)
      throw new DbError({
        sqlstate: "42P02",
        message: "missing argument",
        hint: "Use NONE to denote the missing argument of a unary operator.",
      });
    if (types.length > 2)
      throw new DbError({ sqlstate: "54023", message: "too many arguments", hint: "Provide two argument types for operator." });
    const oids = types.map((type) => (/^none$/i.test(type) ? 0 : findType(type, registry)?.oid));
    const found = registry.operatorsByName(match[1]!).find((operator) => operator.left === oids[0] && operator.right === oids[1]);
    if (found === undefined) throw new DbError({ sqlstate: "42883", message: `operator does not exist: ${text}` });
    return found.oid;
  };
  const operatorSignature = (oid: Oid, context: FormatContext): string | undefined => {
    const registry = scoped(context);
    const operator = operatorOf(oid, context);
    const type = (of: Oid) => (of === 0 ? "NONE" : (registry.typeByOid(of)?.displayName ?? knownTypeName(of) ?? String(of)));
    return operator === undefined ? undefined : `${operator.name}(${type(operator.left)},${type(operator.right)})`;
  };
  return [
    make(
      "regclass",
      (text, context) => {
        const path = splitName(text);
        if (path.length > 3)
          throw new DbError({ sqlstate: "42601", message: `improper relation name (too many dotted names): ${path.join(".")}` });
        const oid = findRelation(text, context);
        if (oid === undefined) {
          requireSchema(path, context);
          throw missing("42P01", "relation", path.join("."));
        }
        return oid;
      },
      (oid, context) => catalogOf(context)?.relationName(oid),
    ),
    make(
      "regtype",
      (text, context) => {
        const type = findType(text, scoped(context));
        if (type === undefined) {
          requireSchema(splitName(bareTypeName(text)), context);
          throw missing("42704", "type", text);
        }
        return type.oid;
      },
      (oid, context) => scoped(context).typeByOid(oid)?.displayName ?? knownTypeName(oid),
    ),
    make("regproc", findFunction, (oid, context) => functionName(oid, false, context)),
    make("regprocedure", findProcedure, (oid, context) => functionName(oid, true, context)),
    make("regoper", findOperator, operatorName),
    make("regoperator", findOperatorByTypes, operatorSignature),
    make(
      "regcollation",
      (text, context) => {
        const path = splitName(text);
        requireSchema(path, context);
        const oid = catalogOf(context)?.collationByName(path);
        if (oid === undefined)
          throw new DbError({ sqlstate: "42704", message: `collation "${path.join(".")}" for encoding "UTF8" does not exist` });
        return oid;
      },
      (oid, context) => catalogOf(context)?.collationName(oid),
    ),
    make(
      "regnamespace",
      (text, context) => {
        const name = splitName(text).at(-1)!;
        const oid = catalogOf(context)?.namespaceByName(name);
        if (oid === undefined) throw missing("3F000", "schema", name);
        return oid;
      },
      (oid, context) => mapped(catalogOf(context)?.namespaceName(oid)),
    ),
    make(
      "regrole",
      (text, context) => {
        const name = splitName(text).at(-1)!;
        const oid = catalogOf(context)?.roleByName(name);
        if (oid === undefined) throw missing("42704", "role", name);
        return oid;
      },
      (oid, context) => mapped(catalogOf(context)?.roleName(oid)),
    ),
  ];
}
function mapped(name: string | undefined): string | undefined {
  return name === undefined ? undefined : quoteIdentifier(name);
}
