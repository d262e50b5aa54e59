/** Statements about types, functions, operators, casts, roles and privileges. */
import type { AclGrant, RoleReference } from "../../src/plan/index.js";
import { notSupported, syntaxError } from "../../src/types/index.js";
import { convertExpression } from "./convert-expression.js";
import { type Converter, convertRelationName, convertTypeName } from "./converter.js";
import { bodyOf, child, flag, integer, kindOf, list, optionalText, type RawNode, stringOf, strings, text } from "./raw.js";
import type { FunctionExpr, TypeName } from "./syntax-tree.js";
import type {
  AttributeSyntax,
  CatalogStatement,
  DefinitionItem,
  DomainConstraintSyntax,
  ObjectSyntax,
  ParameterSyntax,
  RoutineOptionsSyntax,
  RoutineSetting,
} from "./syntax-tree-catalog.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export const objectWord = (type: string): string =>
  type === "OBJECT_STATISTIC_EXT" ? "statistics" : type.replace("OBJECT_", "").replaceAll("_", " ").toLowerCase();

/** undefined: not a statement of this file. */
export function convertCatalogStatement(converter: Converter, kind: string, raw: RawNode): CatalogStatement | undefined {
  switch (kind) {
    case "CreateEnumStmt":
      return { kind: "CreateEnum", name: strings(raw, "typeName"), labels: strings(raw, "vals") };
    case "AlterEnumStmt":
      return {
        kind: "AlterEnum",
        name: strings(raw, "typeName"),
        oldLabel: optionalText(raw, "oldVal"),
        newLabel: text(raw, "newVal"),
        neighbor: optionalText(raw, "newValNeighbor"),
        after: flag(raw, "newValIsAfter"),
        ifNotExists: flag(raw, "skipIfNewValExists"),
      };
    case "CreateDomainStmt": {
      const collation = child(raw, "collClause");
      return {
        kind: "CreateDomain",
        name: strings(raw, "domainname"),
        type: convertTypeName(converter, child(raw, "typeName")!),
        collation: collation === undefined ? undefined : strings(collation, "collname"),
        constraints: list(raw, "constraints").map((item) => convertDomainConstraint(converter, bodyOf(item))),
      };
    }
    case "AlterDomainStmt":
      return convertAlterDomain(converter, raw);
    case "CompositeTypeStmt":
      return {
        kind: "CreateComposite",
        name: relationNames(child(raw, "typevar")!),
        attributes: list(raw, "coldeflist").map((item) => convertAttribute(converter, bodyOf(item))),
      };
    case "CreateRangeStmt":
      return { kind: "CreateRange", name: strings(raw, "typeName"), items: definitionItems(converter, list(raw, "params")) };
    case "AlterTableStmt":
      return raw.objtype === "OBJECT_TYPE" ? convertAlterComposite(converter, raw) : undefined;
    case "CreateFunctionStmt":
      return convertCreateRoutine(converter, raw);
    case "AlterFunctionStmt":
      return {
        kind: "AlterRoutine",
        object: convertObject(converter, objectWord(text(raw, "objtype")), { ObjectWithArgs: child(raw, "func")! }),
        options: routineOptions(converter, list(raw, "actions")),
      };
    case "CallStmt": {
      const call = convertExpression(converter, { FuncCall: child(raw, "funccall")! });
      return { kind: "Call", call: call as FunctionExpr };
    }
    case "DefineStmt":
      return convertDefine(converter, raw);
    case "AlterCollationStmt":
      return { kind: "RefreshCollation", name: strings(raw, "collname") };
    case "AlterOperatorStmt":
      return {
        kind: "AlterOperator",
        object: convertObject(converter, "operator", { ObjectWithArgs: child(raw, "opername")! }),
        items: definitionItems(converter, list(raw, "options")),
      };
    case "CreateCastStmt": {
      const func = child(raw, "func");
      const context = text(raw, "context").replace("COERCION_", "").toLowerCase();
      return {
        kind: "CreateCast",
        source: convertTypeName(converter, child(raw, "sourcetype")!),
        target: convertTypeName(converter, child(raw, "targettype")!),
        context: context === "implicit" || context === "assignment" ? context : "explicit",
        method: func !== undefined ? "function" : flag(raw, "inout") ? "inout" : "binary",
        function: func === undefined ? undefined : convertObject(converter, "function", { ObjectWithArgs: func }),
      };
    }
    case "DropStmt": {
      const object = objectWord(text(raw, "removeType"));
      if (!DROPPED_HERE.has(object)) return undefined;
      return {
        kind: "DropObjects",
        objects: list(raw, "objects").map((item) => convertObject(converter, object, item)),
        ifExists: flag(raw, "missing_ok"),
        cascade: raw.behavior === "DROP_CASCADE",
      };
    }
    case "RenameStmt":
      return convertRenameObject(converter, raw);
    case "AlterObjectSchemaStmt": {
      const object = objectWord(text(raw, "objectType"));
      if (!DROPPED_HERE.has(object)) return undefined;
      return { kind: "SetObjectSchema", object: convertObject(converter, object, child(raw, "object")!), schema: text(raw, "newschema") };
    }
    case "AlterOwnerStmt": {
      const object = objectWord(text(raw, "objectType"));
      return {
        kind: "SetOwner",
        object: convertObject(converter, object, child(raw, "object")!),
        role: roleReference(child(raw, "newowner")!),
      };
    }
    case "CommentStmt": {
      const object = objectWord(text(raw, "objtype"));
      return {
        kind: "CommentOn",
        object: convertObject(converter, object, child(raw, "object")!),
        text: optionalText(raw, "comment") ?? null,
      };
    }
    case "GrantStmt": {
      const objectKind = objectWord(text(raw, "objtype"));
      const allInSchema = raw.targtype === "ACL_TARGET_ALL_IN_SCHEMA";
      return {
        kind: "Grant",
        grant: convertGrantBody(raw),
        objectKind,
        objects: list(raw, "objects").map((item) => convertObject(converter, allInSchema ? "schema" : objectKind, item)),
        allInSchema,
      };
    }
    case "AlterDefaultPrivilegesStmt": {
      const action = child(raw, "action")!;
      const options = new Map(list(raw, "options").map((item) => [text(bodyOf(item), "defname"), bodyOf(child(bodyOf(item), "arg")!)]));
      const roles = options.get("roles");
      const schemas = options.get("schemas");
      return {
        kind: "DefaultPrivileges",
        grant: convertGrantBody(action),
        objectKind: objectWord(text(action, "objtype")),
        roles: roles === undefined ? [] : list(roles, "items").map((item) => roleReference(bodyOf(item))),
        schemas: schemas === undefined ? [] : strings(schemas, "items"),
      };
    }
    case "GrantRoleStmt": {
      const admin = list(raw, "opt").find((item) => text(bodyOf(item), "defname") === "admin");
      const grantor = child(raw, "grantor");
      return {
        kind: "GrantRole",
        isGrant: flag(raw, "is_grant"),
        roles: list(raw, "granted_roles").map((item) => text(bodyOf(item), "priv_name")),
        members: list(raw, "grantee_roles").map((item) => roleReference(bodyOf(item))),
        admin: admin === undefined ? undefined : true,
        grantedBy: grantor === undefined ? undefined : roleReference(grantor),
        cascade: raw.behavior === "DROP_CASCADE",
      };
    }
    case "CreateStatsStmt": {
      const relations = list(raw, "relations");
      const [only] = relations;
      return {
        kind: "CreateStatistics",
        name: strings(raw, "defnames"),
        ifNotExists: flag(raw, "if_not_exists"),
        kinds: strings(raw, "stat_types"),
        elements: list(raw, "exprs").map((item) => {
          const expr = child(bodyOf(item), "expr");
          return {
            column: optionalText(bodyOf(item), "name"),
            expr: expr === undefined ? undefined : convertExpression(converter, expr),
          };
        }),
        relation:
          relations.length !== 1 ? "several" : kindOf(only!) === "RangeVar" ? convertRelationName(converter, bodyOf(only!)) : "notAName",
      };
    }
    case "AlterStatsStmt": {
      const target = child(raw, "stxstattarget");
      return {
        kind: "AlterStatistics",
        name: strings(raw, "defnames"),
        target: target === undefined ? integer(raw, "stxstattarget") : integer(bodyOf(target), "ival"),
        ifExists: flag(raw, "missing_ok"),
      };
    }
    case "CreatePolicyStmt":
    case "AlterPolicyStmt":
      return convertPolicy(converter, kind, raw);
    case "ReassignOwnedStmt":
      return { kind: "ReassignOwned", roles: roleReferences(raw, "roles"), to: roleReference(child(raw, "newrole")!) };
    case "DropOwnedStmt":
      return { kind: "DropOwned", roles: roleReferences(raw, "roles"), cascade: raw.behavior === "DROP_CASCADE" };
    case "AlterRoleSetStmt": {
      const role = child(raw, "role");
      return {
        kind: "AlterRoleSettings",
        role: role === undefined ? undefined : roleReference(role),
        database: optionalText(raw, "database"),
        setting: convertSetting(child(raw, "setstmt")!),
      };
    }
    case "AlterDatabaseSetStmt":
      return { kind: "AlterDatabaseSettings", database: text(raw, "dbname"), setting: convertSetting(child(raw, "setstmt")!) };
    default:
      return undefined;
  }
}

/** Kinds whose DROP, SET SCHEMA and plain RENAME are done here; relations and schemas have their own files. */
/** Kinds that there are no objects of: DROP, RENAME and COMMENT say so. */
const ABSENT_KINDS = [
  "trigger", "rule", "event trigger", "publication", "subscription", "foreign server", "fdw", "foreign table", "conversion",
]; // biome-ignore format: a list
const DROPPED_HERE = new Set([
  "type",
  "domain",
  "function",
  "procedure",
  "routine",
  "aggregate",
  "operator",
  "cast",
  "collation",
  "policy",
  "statistics",
  ...ABSENT_KINDS,
]);
const RENAMED_HERE = new Set([...DROPPED_HERE, "domconstraint", "attribute", "role"]);

function relationNames(raw: RawNode): string[] {
  return [optionalText(raw, "schemaname"), optionalText(raw, "relname")].filter((part) => part !== undefined);
}

export function convertObject(converter: Converter, kind: string, wrapped: RawNode): ObjectSyntax {
  const none = { args: undefined, parameters: undefined, part: undefined };
  const body = bodyOf(wrapped);
  switch (kindOf(wrapped)) {
    case "ObjectWithArgs": {
      const args = list(body, "objargs").map((item) => (kindOf(item) === "" ? null : convertTypeName(converter, bodyOf(item))));
      const parameters = list(body, "objfuncargs").map((item) => convertParameter(converter, bodyOf(item)));
      return {
        kind,
        names: strings(body, "objname"),
        args: flag(body, "args_unspecified") ? undefined : args,
        parameters: flag(body, "args_unspecified") || list(body, "objfuncargs").length === 0 ? undefined : parameters,
        part: undefined,
      };
    }
    case "TypeName":
      return { kind, names: strings(body, "names"), ...none };
    case "RangeVar":
      return { kind, names: relationNames(body), ...none };
    case "List": {
      const items = list(body, "items");
      const types = items.filter((item) => kindOf(item) === "TypeName").map((item) => bodyOf(item));
      if (kind === "cast") return { kind, names: [], ...none, args: types.map((type) => convertTypeName(converter, type)) };
      if (kind === "domconstraint") return { kind, names: strings(types[0]!, "names"), ...none, part: stringOf(items.at(-1)!) };
      const names = items.map((item) => (kindOf(item) === "TypeName" ? (strings(bodyOf(item), "names").at(-1) ?? "") : stringOf(item)));
      if (PARTS.has(kind)) return { kind, names: names.slice(0, -1), ...none, part: names.at(-1) };
      return { kind, names, ...none };
    }
    default:
      return { kind, names: [stringOf(wrapped)], ...none };
  }
}
/** Objects that are named inside another: `table.column`. */
const PARTS = new Set(["column", "tabconstraint", "trigger", "rule", "policy"]);

function convertPolicy(converter: Converter, kind: string, raw: RawNode): CatalogStatement {
  const using = child(raw, "qual");
  const check = child(raw, "with_check");
  const roles = list(raw, "roles");
  const common = {
    name: text(raw, "policy_name"),
    relation: convertRelationName(converter, child(raw, "table")!),
    roles: roles.length === 0 ? undefined : roles.map((item) => roleReference(bodyOf(item))),
    using: using === undefined ? undefined : convertExpression(converter, using),
    check: check === undefined ? undefined : convertExpression(converter, check),
  };
  if (kind === "AlterPolicyStmt") return { kind: "AlterPolicy", ...common };
  return { kind: "CreatePolicy", ...common, command: text(raw, "cmd_name"), permissive: flag(raw, "permissive") };
}

function convertAttribute(converter: Converter, raw: RawNode): AttributeSyntax {
  const collation = child(raw, "collClause");
  return {
    name: text(raw, "colname"),
    type: convertTypeName(converter, child(raw, "typeName")!),
    collation: collation === undefined ? undefined : strings(collation, "collname"),
  };
}

function convertDomainConstraint(converter: Converter, raw: RawNode): DomainConstraintSyntax {
  const kind = text(raw, "contype").replace("CONSTR_", "");
  const position = converter.position(raw);
  const expr = child(raw, "raw_expr");
  const common = {
    name: optionalText(raw, "conname"),
    expr: expr === undefined ? undefined : convertExpression(converter, expr),
    notValid: flag(raw, "skip_validation"),
    position,
  };
  switch (kind) {
    case "CHECK":
      if (flag(raw, "is_no_inherit")) throw syntaxError("check constraints for domains cannot be marked NO INHERIT");
      return { kind: "check", ...common };
    case "NOTNULL":
      return { kind: "notNull", ...common };
    case "NULL":
      return { kind: "null", ...common };
    case "DEFAULT":
      return { kind: "default", ...common };
    case "UNIQUE":
      throw syntaxError("unique constraints not possible for domains");
    case "PRIMARY":
      throw syntaxError("primary key constraints not possible for domains");
    case "FOREIGN":
      throw syntaxError("foreign key constraints not possible for domains");
    case "EXCLUSION":
      throw syntaxError("exclusion constraints not possible for domains");
    default:
      throw notSupported("specifying constraint deferrability for domains");
  }
}

function convertAlterDomain(converter: Converter, raw: RawNode): CatalogStatement {
  const def = child(raw, "def");
  const common = {
    kind: "AlterDomain" as const,
    name: strings(raw, "typeName"),
    expr: undefined,
    constraint: undefined,
    constraintName: optionalText(raw, "name"),
    ifExists: flag(raw, "missing_ok"),
    cascade: raw.behavior === "DROP_CASCADE",
  };
  switch (text(raw, "subtype")) {
    case "T":
      return { ...common, action: "setDefault", expr: def === undefined ? undefined : convertExpression(converter, def) };
    case "N":
      return { ...common, action: "dropNotNull" };
    case "O":
      return { ...common, action: "setNotNull" };
    case "C":
      return { ...common, action: "addConstraint", constraint: convertDomainConstraint(converter, bodyOf(def!)) };
    case "X":
      return { ...common, action: "dropConstraint" };
    default:
      return { ...common, action: "validateConstraint" };
  }
}

function convertAlterComposite(converter: Converter, raw: RawNode): CatalogStatement {
  return {
    kind: "AlterComposite",
    name: relationNames(child(raw, "relation")!),
    ifExists: flag(raw, "missing_ok"),
    actions: list(raw, "cmds").map((item) => {
      const body = bodyOf(item);
      const cascade = body.behavior === "DROP_CASCADE";
      switch (text(body, "subtype")) {
        case "AT_AddColumn":
          return { kind: "add", attribute: convertAttribute(converter, bodyOf(child(body, "def")!)), cascade };
        case "AT_DropColumn":
          return { kind: "drop", name: text(body, "name"), ifExists: flag(body, "missing_ok"), cascade };
        case "AT_AlterColumnType":
          return {
            kind: "retype",
            attribute: { ...convertAttribute(converter, bodyOf(child(body, "def")!)), name: text(body, "name") },
            cascade,
          };
        default:
          throw notSupported(`ALTER TYPE ${text(body, "subtype")}`);
      }
    }),
  };
}

const MODES: Readonly<Record<string, ParameterSyntax["mode"]>> = {
  FUNC_PARAM_IN: "in",
  FUNC_PARAM_DEFAULT: "in",
  FUNC_PARAM_OUT: "out",
  FUNC_PARAM_INOUT: "inout",
  FUNC_PARAM_VARIADIC: "variadic",
  FUNC_PARAM_TABLE: "table",
};
function convertParameter(converter: Converter, raw: RawNode): ParameterSyntax {
  const expr = child(raw, "defexpr");
  return {
    mode: MODES[text(raw, "mode")] ?? "in",
    name: text(raw, "name"),
    type: convertTypeName(converter, child(raw, "argType")!),
    defaultValue: expr === undefined ? undefined : convertExpression(converter, expr),
    position: converter.position(raw),
  };
}

function convertCreateRoutine(converter: Converter, raw: RawNode): CatalogStatement {
  const returns = child(raw, "returnType");
  const body = raw.sql_body;
  return {
    kind: "CreateRoutine",
    isProcedure: flag(raw, "is_procedure"),
    replace: flag(raw, "replace"),
    name: strings(raw, "funcname"),
    parameters: list(raw, "parameters").map((item) => convertParameter(converter, bodyOf(item))),
    returns: returns === undefined ? undefined : convertTypeName(converter, returns),
    options: routineOptions(converter, list(raw, "options")),
    atomic: body === undefined ? undefined : atomicText(converter.source, kindOf(body as RawNode) === "ReturnStmt"),
  };
}

/** The statements of a standard body as text. A definition's words before it hold neither RETURN nor BEGIN ATOMIC outside of strings. */
function atomicText(source: string, isReturn: boolean): string {
  const bare = blankQuoted(source);
  if (isReturn) {
    const at = /\breturn\b/i.exec(bare);
    return `SELECT ${source.slice((at?.index ?? 0) + "return".length)}`;
  }
  const start = /\bbegin\s+atomic\b/i.exec(bare);
  const from = (start?.index ?? 0) + (start?.[0].length ?? 0);
  const end = bare.toLowerCase().lastIndexOf("end");
  const body = source.slice(from, end);
  // RETURN inside is SELECT by another name.
  return body.replace(/(^|;)(\s*)return\b/gi, "$1$2SELECT");
}
/** Same length, with quoted parts and comments blanked out. */
function blankQuoted(source: string): string {
  return source.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\//g, (part) =>
    " ".repeat(part.length),
  );
}

function routineOptions(converter: Converter, items: readonly RawNode[]): RoutineOptionsSyntax {
  const options: Mutable<RoutineOptionsSyntax> = {};
  const settings: RoutineSetting[] = [];
  const seen = new Set<string>();
  for (const item of items) {
    const body = bodyOf(item);
    const name = text(body, "defname");
    const arg = child(body, "arg");
    if (name !== "set" && seen.has(name)) throw syntaxError("conflicting or redundant options", converter.position(body));
    seen.add(name);
    const value = arg === undefined ? {} : bodyOf(arg);
    switch (name) {
      case "language":
        options.language = stringOf(arg!);
        break;
      case "as": {
        const parts = strings(value, "items");
        options.source = parts[0] ?? "";
        if (parts.length > 1) options.linkSymbol = parts[1]!;
        break;
      }
      case "volatility":
        options.volatility = stringOf(arg!) as "immutable" | "stable" | "volatile";
        break;
      case "strict":
        options.strict = flag(value, "boolval");
        break;
      case "security":
        options.securityDefiner = flag(value, "boolval");
        break;
      case "leakproof":
        options.leakproof = flag(value, "boolval");
        break;
      case "window":
        options.window = flag(value, "boolval");
        break;
      case "parallel":
        options.parallel = stringOf(arg!);
        break;
      case "cost":
        options.cost = numberOf(arg!);
        break;
      case "rows":
        options.rows = numberOf(arg!);
        break;
      case "support":
        options.support = strings(value, "items").join(".");
        break;
      case "transform":
        throw notSupported("TRANSFORM");
      case "set":
        settings.push(convertSetting(value));
        break;
      default:
        throw notSupported(`function option ${name}`);
    }
  }
  return settings.length === 0 ? options : { ...options, settings };
}
function numberOf(wrapped: RawNode): number {
  const body = bodyOf(wrapped);
  return kindOf(wrapped) === "Float" ? Number(text(body, "fval")) : integer(body, "ival");
}
function convertSetting(raw: RawNode): RoutineSetting {
  const name = text(raw, "name");
  switch (text(raw, "kind")) {
    case "VAR_SET_VALUE":
      return { name, value: list(raw, "args").map(settingText).join(", ") };
    case "VAR_SET_CURRENT":
      return { name, value: null, fromCurrent: true };
    case "VAR_RESET_ALL":
      return { name: "all", value: null };
    default:
      return { name, value: null };
  }
}
function settingText(wrapped: RawNode): string {
  const body = bodyOf(wrapped);
  if (body.sval !== undefined) return text(body.sval as RawNode, "sval");
  if (body.fval !== undefined) return text(body.fval as RawNode, "fval");
  if (body.boolval !== undefined) return flag(body.boolval as RawNode, "boolval") ? "true" : "false";
  return String(integer((body.ival as RawNode | undefined) ?? {}, "ival"));
}

function definitionItems(converter: Converter, items: readonly RawNode[]): DefinitionItem[] {
  return items.map((item) => {
    const body = bodyOf(item);
    const arg = child(body, "arg");
    const kind = arg === undefined ? "" : kindOf(arg);
    const value = arg === undefined ? {} : bodyOf(arg);
    return {
      name: text(body, "defname"),
      type: kind === "TypeName" ? convertTypeName(converter, value) : undefined,
      text:
        kind === "String"
          ? stringOf(arg!)
          : kind === "Integer"
            ? String(integer(value, "ival"))
            : kind === "Float"
              ? text(value, "fval")
              : kind === "TypeName"
                ? strings(value, "names").join(".")
                : kind === "Boolean"
                  ? String(flag(value, "boolval"))
                  : undefined,
      names: kind === "List" ? strings(value, "items") : kind === "TypeName" ? strings(value, "names") : undefined,
      position: converter.position(body),
    };
  });
}

function convertDefine(converter: Converter, raw: RawNode): CatalogStatement {
  const object = objectWord(text(raw, "kind"));
  const name = strings(raw, "defnames");
  const items = definitionItems(converter, list(raw, "definition"));
  switch (object) {
    case "aggregate": {
      const [parameters, direct] = list(raw, "args");
      return {
        kind: "CreateAggregate",
        name,
        replace: flag(raw, "replace"),
        oldStyle: flag(raw, "oldstyle"),
        parameters:
          parameters === undefined || kindOf(parameters) === ""
            ? []
            : list(bodyOf(parameters), "items").map((item) => convertParameter(converter, bodyOf(item))),
        directArguments: direct === undefined ? -1 : integer(bodyOf(direct), "ival"),
        items,
      };
    }
    case "operator":
      return { kind: "CreateOperator", name, items };
    case "collation":
      return { kind: "CreateCollation", name, items, ifNotExists: flag(raw, "if_not_exists") };
    case "type":
      if (items.length > 0) throw notSupported("CREATE TYPE with input and output functions");
      return { kind: "CreateShellType", name };
    default:
      throw notSupported(`CREATE ${object === "tsconfiguration" || object.startsWith("ts") ? "TEXT SEARCH" : object.toUpperCase()}`);
  }
}

function convertRenameObject(converter: Converter, raw: RawNode): CatalogStatement | undefined {
  const object = objectWord(text(raw, "renameType"));
  if (!RENAMED_HERE.has(object)) return undefined;
  const common = {
    kind: "RenameObject" as const,
    newName: text(raw, "newname"),
    cascade: raw.behavior === "DROP_CASCADE",
    ifExists: flag(raw, "missing_ok"),
  };
  const relation = child(raw, "relation");
  const none = { args: undefined, parameters: undefined };
  if (object === "role")
    return { ...common, object: { kind: object, names: [text(raw, "subname")], ...none, part: undefined }, tag: "ALTER ROLE" };
  if (object === "attribute")
    return { ...common, object: { kind: object, names: relationNames(relation!), ...none, part: text(raw, "subname") }, tag: "ALTER TYPE" };
  if ((object === "trigger" || object === "rule" || object === "policy") && relation !== undefined)
    return {
      ...common,
      object: { kind: object, names: relationNames(relation!), ...none, part: text(raw, "subname") },
      tag: `ALTER ${object.toUpperCase()}`,
    };
  if (object === "domconstraint") {
    const owner = convertObject(converter, "domain", child(raw, "object")!);
    return { ...common, object: { ...owner, kind: object, part: text(raw, "subname") }, tag: "ALTER DOMAIN" };
  }
  return { ...common, object: convertObject(converter, object, child(raw, "object")!), tag: `ALTER ${object.toUpperCase()}` };
}

export function roleReference(raw: RawNode): RoleReference {
  switch (text(raw, "roletype")) {
    case "ROLESPEC_PUBLIC":
      return { kind: "public", name: "public" };
    case "ROLESPEC_CURRENT_USER":
    case "ROLESPEC_CURRENT_ROLE":
      return { kind: "currentUser", name: "current_user" };
    case "ROLESPEC_SESSION_USER":
      return { kind: "sessionUser", name: "session_user" };
    default:
      return { kind: "name", name: text(raw, "rolename") };
  }
}
const roleReferences = (raw: RawNode, field: string): RoleReference[] => list(raw, field).map((item) => roleReference(bodyOf(item)));

function convertGrantBody(raw: RawNode): AclGrant {
  const grantor = child(raw, "grantor");
  const privileges = list(raw, "privileges").map((item) => {
    const body = bodyOf(item);
    return { name: text(body, "priv_name"), columns: strings(body, "cols") };
  });
  // ALL (columns) is a privilege without a name.
  const all = privileges.find((p) => p.name === "");
  return {
    isGrant: flag(raw, "is_grant"),
    privileges: privileges.filter((p) => p.name !== ""),
    allColumns: all?.columns,
    grantees: roleReferences(raw, "grantees"),
    grantOption: flag(raw, "grant_option"),
    grantedBy: grantor === undefined ? undefined : roleReference(grantor),
    cascade: raw.behavior === "DROP_CASCADE",
  };
}

export type { TypeName };
