/** Statements about types, functions, operators, casts, roles and privileges, to commands: types resolved, expressions bound once to check them. */
import { collationReference, isIcu, requireCollation } from "../../src/catalog/index.js";
import type { Command, DomainConstraint, ObjectReference, QualifiedName, TypeAttribute } from "../../src/plan/index.js";
import { DbError, notSupported, type Oid, syntaxError, TypeOid } from "../../src/types/index.js";
import { deparseExpression } from "../parser/deparse.js";
import type { Expr, TypeName } from "../parser/syntax-tree.js";
import type {
  AttributeSyntax,
  CatalogStatement,
  DefinitionItem,
  DomainConstraintSyntax,
  ObjectSyntax,
} from "../parser/syntax-tree-catalog.js";
import { bindExpression, resolveTypeName } from "./bind-expression.js";
import { bindPolicy } from "./bind-policy.js";
import { bindAlterRoutine, bindCall, bindCreateRoutine, bindParameters } from "./bind-routine.js";
import { bindCreateStatistics } from "./bind-statistics.js";
import { at, Binder } from "./binder.js";
import { coerceToBoolean, tryCoerce } from "./coerce.js";
import { bindCollation, isCollatable } from "./collations.js";
import { type Clause, Scope } from "./scope.js";

export interface BoundCatalogCommand {
  readonly command: Command;
  readonly tag: string;
  readonly columns?: readonly { readonly name: string; readonly type: Oid; readonly typmod: number }[];
}

export function nameOf(names: readonly string[]): QualifiedName {
  const name = names.at(-1) ?? "";
  return names.length > 1 ? { schema: names.at(-2)!, name } : { name };
}
const optional = <Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } =>
  value === undefined ? {} : ({ [key]: value } as { [K in Key]: Value });

export function bindCatalog(binder: Binder, statement: CatalogStatement): BoundCatalogCommand {
  switch (statement.kind) {
    case "CreateEnum":
      return { command: { kind: "CreateEnum", name: nameOf(statement.name), labels: statement.labels }, tag: "CREATE TYPE" };
    case "AlterEnum": {
      const { oldLabel, newLabel, neighbor, after, ifNotExists } = statement;
      return {
        command: {
          kind: "AlterEnum",
          name: nameOf(statement.name),
          change:
            oldLabel === undefined
              ? { kind: "add", label: newLabel, ifNotExists, after, ...optional("neighbor", neighbor) }
              : { kind: "rename", from: oldLabel, to: newLabel },
        },
        tag: "ALTER TYPE",
      };
    }
    case "CreateDomain": {
      const base = resolveTypeName(binder, statement.type);
      if (binder.category(base.type) === "P") throw wrongBase(binder, base.type, statement.type.position);
      const collation = bindCollation(binder, statement.collation, base.type);
      return {
        command: {
          kind: "CreateDomain",
          name: nameOf(statement.name),
          base,
          ...optional("collation", collation),
          constraints: domainConstraints(binder, statement.name.at(-1)!, base, statement.constraints),
        },
        tag: "CREATE DOMAIN",
      };
    }
    case "AlterDomain":
      return { command: bindAlterDomain(binder, statement), tag: "ALTER DOMAIN" };
    case "CreateComposite": {
      const attributes = statement.attributes.map((attribute) => bindAttribute(binder, attribute));
      return { command: { kind: "CreateComposite", name: nameOf(statement.name), attributes }, tag: "CREATE TYPE" };
    }
    case "AlterComposite":
      return {
        command: {
          kind: "AlterComposite",
          name: nameOf(statement.name),
          ifExists: statement.ifExists,
          actions: statement.actions.map((action) =>
            action.kind === "drop"
              ? action
              : { kind: action.kind, attribute: bindAttribute(binder, action.attribute), cascade: action.cascade },
          ),
        },
        tag: "ALTER TYPE",
      };
    case "CreateRange":
      return { command: bindCreateRange(binder, statement), tag: "CREATE TYPE" };
    case "CreateCollation":
      return { command: bindCreateCollation(statement), tag: "CREATE COLLATION" };
    case "RefreshCollation":
      return { command: { kind: "RefreshCollation", name: nameOf(statement.name) }, tag: "ALTER COLLATION" };
    case "CreateShellType":
      return { command: { kind: "CreateShellType", name: nameOf(statement.name) }, tag: "CREATE TYPE" };
    case "CreateRoutine":
      return { command: bindCreateRoutine(binder, statement), tag: `CREATE ${statement.isProcedure ? "PROCEDURE" : "FUNCTION"}` };
    case "AlterRoutine":
      return {
        command: bindAlterRoutine(reference(binder, statement.object), statement),
        tag: `ALTER ${statement.object.kind.toUpperCase()}`,
      };
    case "Call":
      return bindCall(binder, statement);
    case "CreateAggregate":
      return { command: bindCreateAggregate(binder, statement), tag: "CREATE AGGREGATE" };
    case "CreateOperator":
      return { command: bindCreateOperator(binder, statement), tag: "CREATE OPERATOR" };
    case "AlterOperator": {
      const restrict = statement.items.find((item) => item.name === "restrict");
      const join = statement.items.find((item) => item.name === "join");
      for (const item of statement.items)
        if (item !== restrict && item !== join)
          throw syntaxError(
            ["leftarg", "rightarg", "function", "procedure", "commutator", "negator", "hashes", "merges"].includes(item.name)
              ? `operator attribute "${item.name}" cannot be changed`
              : `operator attribute "${item.name}" not recognized`,
          );
      return {
        command: {
          kind: "AlterOperator",
          object: reference(binder, statement.object),
          ...(restrict === undefined ? {} : { restrict: restrict.text ?? null }),
          ...(join === undefined ? {} : { join: join.text ?? null }),
        },
        tag: "ALTER OPERATOR",
      };
    }
    case "CreateCast":
      return {
        command: {
          kind: "CreateCast",
          source: resolveTypeName(binder, { ...statement.source, position: 0 }).type,
          target: resolveTypeName(binder, { ...statement.target, position: 0 }).type,
          context: statement.context,
          method: statement.method,
          ...(statement.function === undefined ? {} : { function: reference(binder, statement.function) }),
        },
        tag: "CREATE CAST",
      };
    case "DropObjects":
      return {
        command: {
          kind: "DropObjects",
          objects: statement.objects.map((object) => reference(binder, object, true)),
          ifExists: statement.ifExists,
          cascade: statement.cascade,
        },
        tag: `DROP ${TAG_WORDS[statement.objects[0]!.kind] ?? statement.objects[0]!.kind.toUpperCase()}`,
      };
    case "RenameObject":
      return {
        command: {
          kind: "RenameObject",
          object: reference(binder, statement.object),
          newName: statement.newName,
          cascade: statement.cascade,
          ifExists: statement.ifExists,
        },
        tag: statement.tag,
      };
    case "SetObjectSchema":
      return {
        command: { kind: "SetObjectSchema", object: reference(binder, statement.object), schema: statement.schema },
        tag: `ALTER ${statement.object.kind.toUpperCase()}`,
      };
    case "SetOwner":
      return {
        command: { kind: "SetOwner", object: reference(binder, statement.object), role: statement.role },
        tag: `ALTER ${statement.object.kind.toUpperCase()}`,
      };
    case "CommentOn":
      return { command: { kind: "CommentOn", object: reference(binder, statement.object), text: statement.text }, tag: "COMMENT" };
    case "Grant": {
      return {
        command: {
          kind: "Grant",
          grant: statement.grant,
          objectKind: statement.objectKind,
          objects: statement.objects.map((object) => reference(binder, object)),
          allInSchema: statement.allInSchema,
        },
        tag: statement.grant.isGrant ? "GRANT" : "REVOKE",
      };
    }
    case "DefaultPrivileges": {
      return {
        command: {
          kind: "DefaultPrivileges",
          grant: statement.grant,
          objectKind: statement.objectKind,
          roles: statement.roles,
          schemas: statement.schemas,
        },
        tag: "ALTER DEFAULT PRIVILEGES",
      };
    }
    case "GrantRole": {
      const { grantedBy, admin, ...rest } = statement;
      return {
        command: { ...rest, ...optional("grantedBy", grantedBy), ...optional("admin", admin) },
        tag: statement.isGrant ? "GRANT ROLE" : "REVOKE ROLE",
      };
    }
    case "CreateStatistics":
      return { command: bindCreateStatistics(binder, statement), tag: "CREATE STATISTICS" };
    case "AlterStatistics":
      return { command: { ...statement, name: nameOf(statement.name) }, tag: "ALTER STATISTICS" };
    case "CreatePolicy":
    case "AlterPolicy":
      return { command: bindPolicy(binder, statement), tag: statement.kind === "CreatePolicy" ? "CREATE POLICY" : "ALTER POLICY" };
    case "ReassignOwned":
      return { command: statement, tag: "REASSIGN OWNED" };
    case "DropOwned":
      return { command: statement, tag: "DROP OWNED" };
    case "AlterRoleSettings": {
      const { role, database, setting } = statement;
      return {
        command: {
          kind: "AlterRoleSettings",
          ...optional("role", role),
          ...optional("database", database),
          name: setting.name,
          value: setting.value,
        },
        tag: "ALTER ROLE",
      };
    }
    case "AlterDatabaseSettings": {
      const { database, setting } = statement;
      return { command: { kind: "AlterDatabaseSettings", database, name: setting.name, value: setting.value }, tag: "ALTER DATABASE" };
    }
  }
}

const TAG_WORDS: Readonly<Record<string, string>> = { "foreign server": "SERVER", fdw: "FOREIGN DATA WRAPPER" };

/** Argument types resolved. `lenient`: a missing type is noted instead of refused, for IF EXISTS. */
export function reference(binder: Binder, object: ObjectSyntax, lenient = false): ObjectReference {
  const base = { kind: object.kind, name: nameOf(object.names), ...optional("part", object.part) };
  if (object.args === undefined) return base;
  const args: Oid[] = [];
  const argNames = object.args.map((type) => (type === null ? "" : typeText(type)));
  for (const type of object.args) {
    if (type === null) args.push(0);
    else {
      try {
        args.push(resolveTypeName(binder, type).type);
      } catch (error) {
        if (!lenient || !(error instanceof DbError) || (error.sqlstate !== "42704" && error.sqlstate !== "3F000")) throw error;
        return { ...base, missingType: error.sqlstate === "3F000" ? `schema ${type.names.at(-2)}` : typeText(type), argNames };
      }
    }
  }
  return { ...base, args, argNames };
}
export const typeText = (type: TypeName): string => type.names.join(".") + "[]".repeat(type.arrayDimensions);

function wrongBase(binder: Binder, type: Oid, position: number): DbError {
  return new DbError({
    sqlstate: "42804",
    message: `"${binder.typeName(type)}" is not a valid base type for a domain`,
    ...(position === 0 ? {} : { position }),
  });
}

function bindAttribute(binder: Binder, attribute: AttributeSyntax): TypeAttribute {
  const type = resolveTypeName(binder, attribute.type);
  if (binder.category(type.type) === "P" && type.type !== TypeOid.record)
    throw new DbError({ sqlstate: "42P16", message: `column "${attribute.name}" has pseudo-type ${binder.typeName(type.type)}` });
  return { name: attribute.name, type, ...optional("collation", bindCollation(binder, attribute.collation, type.type)) };
}

// ---- domains

type TypeReference = { readonly type: Oid; readonly typmod: number };

function domainConstraints(
  binder: Binder,
  domain: string,
  base: TypeReference,
  written: readonly DomainConstraintSyntax[],
): DomainConstraint[] {
  let nullability: "null" | "notNull" | undefined;
  let hasDefault = false;
  return written.map((constraint) => {
    switch (constraint.kind) {
      case "default":
        if (hasDefault) throw syntaxError("multiple default expressions");
        hasDefault = true;
        return { kind: "default", sql: domainDefault(binder, domain, base, constraint.expr!) };
      case "null":
      case "notNull":
        if (nullability !== undefined && nullability !== constraint.kind) throw syntaxError("conflicting NULL/NOT NULL constraints");
        nullability = constraint.kind;
        return { kind: constraint.kind };
      case "check":
        return domainCheck(binder, base, constraint);
    }
  });
}

export function domainCheck(binder: Binder, base: TypeReference, constraint: DomainConstraintSyntax): DomainConstraint {
  const inner = new Binder(binder.registry, {
    ...binder.context,
    parameterTypes: [base.type],
    parameterNames: { routine: "", names: ["value"] },
  });
  const scope = new Scope(undefined);
  scope.clause = "check constraints";
  const bound = bindExpression(inner, scope, constraint.expr!);
  coerceToBoolean(inner, bound, "CHECK", constraint.expr!.position);
  return {
    kind: "check",
    ...optional("name", constraint.name),
    sql: deparseExpression(constraint.expr!),
    ...(constraint.notValid ? { notValid: true } : {}),
  };
}

function domainDefault(binder: Binder, domain: string, base: TypeReference, expr: Expr): string {
  const inner = new Binder(binder.registry, { ...binder.context, parameterTypes: [] });
  inner.parametersAllowed = false;
  const scope = new Scope(undefined);
  scope.clause = "DEFAULT expressions";
  rejectColumns(expr);
  const bound = bindExpression(inner, scope, expr);
  const coerced = tryCoerce(inner, bound, base.type, "assignment");
  if (coerced === undefined)
    throw new DbError({
      sqlstate: "42804",
      message: `column "${domain}" is of type ${binder.typeName(base.type)} but default expression is of type ${binder.typeName(bound.type)}`,
      hint: "You will need to rewrite or cast the expression.",
      ...(expr.position === 0 ? {} : { position: expr.position }),
    });
  return deparseExpression(expr);
}
function rejectColumns(expr: Expr): void {
  if (expr.kind === "ColumnRef")
    throw new DbError({
      sqlstate: "0A000",
      message: "cannot use column reference in DEFAULT expression",
      ...(expr.position === 0 ? {} : { position: expr.position }),
    });
}

function bindAlterDomain(binder: Binder, statement: Extract<CatalogStatement, { kind: "AlterDomain" }>): Command {
  const name = nameOf(statement.name);
  const type = binder.registry.typeByName(name.name, name.schema);
  const base = type?.base;
  const done = (change: Extract<Command, { kind: "AlterDomain" }>["change"]): Command => ({ kind: "AlterDomain", name, change });
  // A name that is no domain's is refused when the command runs.
  switch (statement.action) {
    case "setDefault":
      if (statement.expr === undefined) return done({ kind: "setDefault", sql: null });
      return done({ kind: "setDefault", sql: base === undefined ? "NULL" : domainDefault(binder, name.name, base, statement.expr) });
    case "setNotNull":
    case "dropNotNull":
      return done({ kind: statement.action });
    case "addConstraint": {
      const constraint = statement.constraint!;
      if (constraint.kind !== "check")
        throw notSupported(`ALTER DOMAIN ADD ${constraint.kind === "notNull" ? "NOT NULL" : constraint.kind}`);
      return done({
        kind: "addConstraint",
        constraint: base === undefined ? { kind: "check", sql: "true" } : domainCheck(binder, base, constraint),
      });
    }
    case "dropConstraint":
      return done({ kind: "dropConstraint", name: statement.constraintName!, ifExists: statement.ifExists, cascade: statement.cascade });
    case "validateConstraint":
      return done({ kind: "validateConstraint", name: statement.constraintName! });
  }
}

// ---- ranges, aggregates, operators

function itemNames(item: DefinitionItem): QualifiedName {
  return nameOf(item.names ?? [item.text ?? ""]);
}

function bindCreateRange(binder: Binder, statement: Extract<CatalogStatement, { kind: "CreateRange" }>): Command {
  let collation: readonly string[] | undefined;
  const result: { -readonly [K in keyof Extract<Command, { kind: "CreateRange" }>]: Extract<Command, { kind: "CreateRange" }>[K] } = {
    kind: "CreateRange",
    name: nameOf(statement.name),
    subtype: 0,
  };
  for (const item of statement.items) {
    switch (item.name) {
      case "subtype":
        result.subtype = resolveTypeName(binder, item.type!).type;
        break;
      case "subtype_opclass":
        break;
      case "collation":
        collation = item.names ?? [item.text ?? ""];
        break;
      case "canonical":
        result.canonical = itemNames(item);
        break;
      case "subtype_diff":
        result.difference = itemNames(item);
        break;
      case "multirange_type_name":
        result.multirange = itemNames(item);
        break;
      default:
        throw syntaxError(`type attribute "${item.name}" not recognized`, at(item.position));
    }
  }
  if (result.subtype === 0) throw syntaxError('type attribute "subtype" is required');
  if (collation !== undefined) {
    const found = requireCollation(binder.catalog, collation);
    if (!isCollatable(binder, result.subtype))
      throw new DbError({ sqlstate: "42809", message: "range collation specified but subtype does not support collation" });
    if (isIcu(found)) throw notSupported(`a range type with collation "${found.name}"`);
    const reference = collationReference(found);
    if (reference !== undefined) result.collation = reference;
  }
  return result;
}

const COLLATION_OPTIONS = new Set(["from", "locale", "lc_collate", "lc_ctype", "provider", "deterministic", "version"]);
function bindCreateCollation(statement: Extract<CatalogStatement, { kind: "CreateCollation" }>): Command {
  const options = new Map<string, DefinitionItem>();
  const conflicting = (position?: number, detail?: string): DbError =>
    new DbError({
      sqlstate: "42601",
      message: "conflicting or redundant options",
      ...(detail === undefined ? {} : { detail }),
      ...(position === undefined || position === 0 ? {} : { position }),
    });
  for (const item of statement.items) {
    if (!COLLATION_OPTIONS.has(item.name)) throw syntaxError(`collation attribute "${item.name}" not recognized`, at(item.position));
    if (options.has(item.name)) throw conflicting(item.position);
    options.set(item.name, item);
  }
  if (options.has("locale") && (options.has("lc_collate") || options.has("lc_ctype")))
    throw conflicting(undefined, "LOCALE cannot be specified together with LC_COLLATE or LC_CTYPE.");
  const from = options.get("from");
  if (from !== undefined && options.size !== 1) throw conflicting(undefined, "FROM cannot be specified together with any other options.");
  const word = (name: string): string | undefined => {
    const item = options.get(name);
    return item === undefined ? undefined : (item.names?.join(".") ?? item.text ?? "");
  };
  const deterministic = options.get("deterministic");
  return {
    kind: "CreateCollation",
    name: nameOf(statement.name),
    ifNotExists: statement.ifNotExists,
    deterministic: deterministic === undefined || booleanOf(deterministic),
    ...optional("from", from === undefined ? undefined : itemNames(from)),
    ...optional("provider", word("provider")),
    ...optional("locale", word("locale")),
    ...optional("collate", word("lc_collate")),
    ...optional("ctype", word("lc_ctype")),
    ...optional("version", word("version")),
  };
}
/** defGetBoolean. */
function booleanOf(item: DefinitionItem): boolean {
  const text = (item.text ?? (item.names === undefined ? "true" : item.names.join("."))).toLowerCase();
  if (text === "true" || text === "on" || text === "1") return true;
  if (text === "false" || text === "off" || text === "0") return false;
  throw syntaxError(`${item.name} requires a Boolean value`);
}

const AGGREGATE_FUNCTIONS = new Set([
  "sfunc",
  "sfunc1",
  "finalfunc",
  "combinefunc",
  "serialfunc",
  "deserialfunc",
  "msfunc",
  "minvfunc",
  "mfinalfunc",
]);
const AGGREGATE_TEXTS = new Set([
  "initcond", "initcond1", "minitcond", "sspace", "msspace", "parallel", "finalfunc_extra", "mfinalfunc_extra", "finalfunc_modify", "mfinalfunc_modify", "hypothetical",
]); // biome-ignore format: a list

function bindCreateAggregate(binder: Binder, statement: Extract<CatalogStatement, { kind: "CreateAggregate" }>): Command {
  const options: Record<string, string> = {};
  const types: Record<string, Oid> = {};
  const functions: Record<string, QualifiedName> = {};
  let parameters = bindParameters(binder, statement.parameters, "aggregate");
  for (const item of statement.items) {
    if (AGGREGATE_FUNCTIONS.has(item.name)) functions[item.name === "sfunc1" ? "sfunc" : item.name] = itemNames(item);
    else if (AGGREGATE_TEXTS.has(item.name)) options[item.name === "initcond1" ? "initcond" : item.name] = item.text ?? "true";
    else if (item.name === "stype" || item.name === "stype1") types.stype = typeOfItem(binder, item);
    else if (item.name === "mstype") types.mstype = typeOfItem(binder, item);
    else if (item.name === "basetype") {
      if (statement.oldStyle && !/^any$/i.test(item.text ?? "")) parameters = [{ mode: "in", name: "", type: typeOfItem(binder, item) }];
      types.basetype = 1;
    } else if (item.name === "sortop") options.sortop = item.names?.at(-1) ?? item.text ?? "";
    else options[`unrecognized ${item.name}`] = item.name;
  }
  return {
    kind: "CreateAggregate",
    name: nameOf(statement.name),
    replace: statement.replace,
    parameters,
    directArguments: statement.directArguments,
    options: statement.oldStyle ? { ...options, oldstyle: "true" } : options,
    types,
    functions,
  };
}
function typeOfItem(binder: Binder, item: DefinitionItem): Oid {
  if (item.type !== undefined) return resolveTypeName(binder, item.type).type;
  const name: TypeName = {
    names: item.names ?? [item.text ?? ""],
    modifiers: [],
    arrayDimensions: 0,
    setOf: false,
    position: item.position,
  };
  return resolveTypeName(binder, name).type;
}

function bindCreateOperator(binder: Binder, statement: Extract<CatalogStatement, { kind: "CreateOperator" }>): Command {
  const result: { -readonly [K in keyof Extract<Command, { kind: "CreateOperator" }>]: Extract<Command, { kind: "CreateOperator" }>[K] } = {
    kind: "CreateOperator",
    name: nameOf(statement.name),
    left: 0,
    right: 0,
    hashes: false,
    merges: false,
    restrict: "",
    join: "",
  };
  const setOfError = () => new DbError({ sqlstate: "42P13", message: "SETOF type not allowed for operator argument" });
  for (const item of statement.items) {
    switch (item.name) {
      case "leftarg":
        if (item.type?.setOf === true) throw setOfError();
        result.left = typeOfItem(binder, item);
        break;
      case "rightarg":
        if (item.type?.setOf === true) throw setOfError();
        result.right = typeOfItem(binder, item);
        break;
      case "function":
      case "procedure":
        result.function = itemNames(item);
        break;
      case "commutator":
        result.commutator = itemNames(item);
        break;
      case "negator":
        result.negator = itemNames(item);
        break;
      case "restrict":
        result.restrict = item.names?.at(-1) ?? item.text ?? "";
        break;
      case "join":
        result.join = item.names?.at(-1) ?? item.text ?? "";
        break;
      case "hashes":
        result.hashes = item.text !== "false";
        break;
      case "merges":
        result.merges = item.text !== "false";
        break;
      default:
        // PostgreSQL warns and goes on, which would leave the attribute out in silence.
        break;
    }
  }
  return result;
}

export type { Clause };
