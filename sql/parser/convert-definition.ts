/** CREATE and ALTER TABLE, CREATE INDEX, sequences. */
import type { ForeignKeyAction } from "../../src/plan/index.js";
import { DbError, featureNotSupported, notSupported, notSupportedAt, syntaxError, undefinedObjectAt } from "../../src/types/index.js";
import { convertExpression } from "./convert-expression.js";
import { convertQuery } from "./convert-query.js";
import {
  convertLike,
  convertOnCommit,
  convertPartitionBound,
  convertPartitionScheme,
  convertStorageOptions,
  refuseTablespace,
} from "./convert-table.js";
import { type Converter, convertRelationName, convertTypeName } from "./converter.js";
import { bodyOf, child, flag, kindOf, list, optionalText, type RawNode, stringOf, strings, text } from "./raw.js";
import type { Query, TypeName } from "./syntax-tree.js";
import type {
  AlterActionSyntax,
  ColumnSyntax,
  ConstraintSyntax,
  DefinitionStatement,
  IndexElementSyntax,
  LikeSyntax,
  SequenceOptionsSyntax,
} from "./syntax-tree-definition.js";

export function convertCreateTable(converter: Converter, raw: RawNode): DefinitionStatement {
  refuseTablespace(raw, "tablespacename");
  if (raw.accessMethod !== undefined && raw.accessMethod !== "heap") throw undefinedAccessMethod(text(raw, "accessMethod"));
  const elements: (ColumnSyntax | LikeSyntax)[] = [];
  const constraints: ConstraintSyntax[] = [];
  for (const element of list(raw, "tableElts")) {
    const kind = kindOf(element);
    if (kind === "ColumnDef") elements.push(convertColumn(converter, bodyOf(element)));
    else if (kind === "Constraint") constraints.push(convertConstraint(converter, bodyOf(element)));
    else if (kind === "TableLikeClause") elements.push(convertLike(converter, bodyOf(element)));
    else throw notSupported(kind);
  }
  const bound = child(raw, "partbound");
  const scheme = child(raw, "partspec");
  const ofType = child(raw, "ofTypename");
  return {
    kind: "CreateTable",
    relation: convertRelationName(converter, child(raw, "relation")!),
    elements,
    constraints: mergeAttributes(constraints),
    ifNotExists: flag(raw, "if_not_exists"),
    inherits: list(raw, "inhRelations").map((item) => convertRelationName(converter, bodyOf(item))),
    bound: bound === undefined ? undefined : convertPartitionBound(converter, bound),
    partitionBy: scheme === undefined ? undefined : convertPartitionScheme(converter, scheme),
    ofType: ofType === undefined ? undefined : convertTypeName(converter, ofType),
    onCommit: convertOnCommit(raw, "oncommit"),
    options: convertStorageOptions(list(raw, "options")),
  };
}
const undefinedAccessMethod = (name: string) => undefinedObjectAt(`access method "${name}" does not exist`);
const NO_TYPE: TypeName = { names: [], modifiers: [], arrayDimensions: 0, setOf: false, position: 0 };

export function convertCreateTableAs(converter: Converter, raw: RawNode): DefinitionStatement {
  const into = child(raw, "into")!;
  refuseTablespace(into, "tableSpaceName");
  if (into.accessMethod !== undefined && into.accessMethod !== "heap") throw undefinedAccessMethod(text(into, "accessMethod"));
  const query = child(raw, "query")!;
  const materialized = raw.objtype === "OBJECT_MATVIEW";
  const inner = bodyOf(query);
  const execute =
    kindOf(query) !== "ExecuteStmt"
      ? undefined
      : { name: text(inner, "name"), args: list(inner, "params").map((item) => convertExpression(converter, item)) };
  return {
    kind: "CreateTableAs",
    relation: convertRelationName(converter, child(into, "rel")!),
    columnNames: strings(into, "colNames"),
    query: execute === undefined ? convertQuery(converter, query) : NO_QUERY,
    ifNotExists: flag(raw, "if_not_exists"),
    withData: !flag(into, "skipData"),
    tag: materialized ? "CREATE MATERIALIZED VIEW" : "CREATE TABLE AS",
    onCommit: convertOnCommit(into, "onCommit"),
    options: convertStorageOptions(list(into, "options")),
    materialized,
    execute,
  };
}

/** Stands where AS EXECUTE has no query of its own. */
const NO_QUERY: Query = {
  kind: "Values",
  rows: [[]],
  with: undefined,
  orderBy: [],
  limit: undefined,
  offset: undefined,
  withTies: false,
  locking: [],
  position: 0,
};

function convertColumn(converter: Converter, raw: RawNode): ColumnSyntax {
  const position = converter.position(raw);
  if (list(raw, "fdwoptions").length > 0) throw notSupportedAt("OPTIONS of a column", position);
  const collation = child(raw, "collClause");
  const inline =
    raw.raw_default === undefined
      ? []
      : [{ kind: "default" as const, expr: convertExpression(converter, child(raw, "raw_default")!), name: undefined, position }];
  return {
    name: text(raw, "colname"),
    type: child(raw, "typeName") === undefined ? NO_TYPE : convertTypeName(converter, child(raw, "typeName")!),
    collation: collation === undefined ? undefined : strings(collation, "collname"),
    ...(collation === undefined ? {} : { collationPosition: converter.position(collation) }),
    constraints: mergeAttributes([...inline, ...list(raw, "constraints").map((item) => convertConstraint(converter, bodyOf(item)))]),
    position,
  };
}

/** DEFERRABLE and the like stand as constraints of their own behind the one they modify. */
type Attribute = {
  readonly kind: "deferrable" | "notDeferrable" | "deferred" | "immediate";
  readonly name: undefined;
  readonly position: number;
};
const ATTRIBUTE_WORDS: Readonly<Record<Attribute["kind"], string>> = {
  deferrable: "DEFERRABLE",
  notDeferrable: "NOT DEFERRABLE",
  deferred: "INITIALLY DEFERRED",
  immediate: "INITIALLY IMMEDIATE",
};
const ATTRIBUTE_KINDS = new Set<string>(["deferrable", "notDeferrable", "deferred", "immediate"]);
const isAttribute = (item: ConstraintSyntax | Attribute): item is Attribute => ATTRIBUTE_KINDS.has(item.kind);
function mergeAttributes(items: readonly (ConstraintSyntax | Attribute)[]): ConstraintSyntax[] {
  const merged: ConstraintSyntax[] = [];
  for (const item of items) {
    if (!isAttribute(item)) {
      merged.push(item);
      continue;
    }
    const last = merged.at(-1);
    if (last?.kind !== "foreignKey" && last?.kind !== "unique" && last?.kind !== "primaryKey" && last?.kind !== "exclusion")
      throw syntaxError(`misplaced ${ATTRIBUTE_WORDS[item.kind]} clause`, item.position);
    if (item.kind === "notDeferrable" && last.initiallyDeferred)
      throw syntaxError("constraint declared INITIALLY DEFERRED must be DEFERRABLE", item.position);
    const deferred = item.kind === "deferred";
    merged[merged.length - 1] = {
      ...last,
      deferrable: item.kind === "deferrable" || deferred || (item.kind === "immediate" && last.deferrable),
      initiallyDeferred: deferred,
    };
  }
  return merged;
}

const FOREIGN_KEY_ACTIONS: Readonly<Record<string, ForeignKeyAction>> = {
  a: "noAction",
  r: "restrict",
  c: "cascade",
  n: "setNull",
  d: "setDefault",
};

function convertConstraint(converter: Converter, raw: RawNode): ConstraintSyntax {
  const common = { name: optionalText(raw, "conname"), position: converter.position(raw) };
  const expression = () => convertExpression(converter, child(raw, "raw_expr")!);
  const kind = text(raw, "contype");
  if (raw.is_enforced === false) throw notSupportedAt("NOT ENFORCED", common.position);
  switch (kind) {
    case "CONSTR_NOTNULL":
      if (list(raw, "keys").length > 0) throw notSupportedAt("NOT NULL as a table constraint", common.position);
      return { kind: "notNull", ...common };
    case "CONSTR_NULL":
      return { kind: "null", ...common };
    case "CONSTR_DEFAULT":
      return { kind: "default", expr: expression(), ...common };
    case "CONSTR_IDENTITY":
      return {
        kind: "identity",
        always: raw.generated_when === "a",
        options: convertSequenceOptions(converter, list(raw, "options")),
        ...common,
      };
    case "CONSTR_GENERATED":
      // PostgreSQL 18's grammar makes VIRTUAL the default; 15 knows STORED alone.
      if (raw.generated_kind !== "s") throw notSupportedAt("a VIRTUAL generated column", common.position);
      return { kind: "generated", expr: expression(), ...common };
    case "CONSTR_CHECK":
      return {
        kind: "check",
        expr: expression(),
        notValid: flag(raw, "skip_validation"),
        noInherit: flag(raw, "is_no_inherit"),
        ...common,
      };
    case "CONSTR_PRIMARY":
    case "CONSTR_UNIQUE":
      if (flag(raw, "without_overlaps")) throw notSupportedAt("WITHOUT OVERLAPS", common.position);
      return {
        kind: kind === "CONSTR_PRIMARY" ? "primaryKey" : "unique",
        columns: strings(raw, "keys"),
        usingIndex: optionalText(raw, "indexname"),
        include: strings(raw, "including"),
        deferrable: flag(raw, "deferrable"),
        initiallyDeferred: flag(raw, "initdeferred"),
        nullsNotDistinct: flag(raw, "nulls_not_distinct"),
        ...common,
      };
    case "CONSTR_FOREIGN": {
      if (list(raw, "fk_del_set_cols").length > 0) throw notSupportedAt("ON DELETE SET with a column list", common.position);
      if (flag(raw, "fk_with_period") || flag(raw, "pk_with_period")) throw notSupportedAt("PERIOD", common.position);
      if (raw.fk_matchtype === "p") throw featureNotSupported("MATCH PARTIAL not yet implemented", common.position);
      return {
        kind: "foreignKey",
        columns: strings(raw, "fk_attrs"),
        references: convertRelationName(converter, child(raw, "pktable")!),
        referencedColumns: strings(raw, "pk_attrs"),
        onUpdate: FOREIGN_KEY_ACTIONS[text(raw, "fk_upd_action")] ?? "noAction",
        onDelete: FOREIGN_KEY_ACTIONS[text(raw, "fk_del_action")] ?? "noAction",
        match: raw.fk_matchtype === "f" ? "full" : "simple",
        deferrable: flag(raw, "deferrable"),
        initiallyDeferred: flag(raw, "initdeferred"),
        notValid: flag(raw, "skip_validation"),
        ...common,
      };
    }
    case "CONSTR_ATTR_DEFERRABLE":
      return { kind: "deferrable", ...common } as never;
    case "CONSTR_ATTR_NOT_DEFERRABLE":
      return { kind: "notDeferrable", ...common } as never;
    case "CONSTR_ATTR_DEFERRED":
      return { kind: "deferred", ...common } as never;
    case "CONSTR_ATTR_IMMEDIATE":
      return { kind: "immediate", ...common } as never;
    case "CONSTR_EXCLUSION":
      return {
        kind: "exclusion",
        method: optionalText(raw, "access_method") ?? "gist",
        elements: list(raw, "exclusions").map((item) => {
          const [element, operator] = list(bodyOf(item), "items");
          return { element: convertIndexElement(converter, bodyOf(element!)), operator: strings(bodyOf(operator!), "items") };
        }),
        include: strings(raw, "including"),
        where: child(raw, "where_clause") === undefined ? undefined : convertExpression(converter, child(raw, "where_clause")!),
        deferrable: flag(raw, "deferrable"),
        initiallyDeferred: flag(raw, "initdeferred"),
        ...common,
      };
    default:
      throw notSupportedAt(kind.replace("CONSTR_", ""), common.position);
  }
}

export function convertAlterTable(converter: Converter, raw: RawNode): DefinitionStatement {
  const object = text(raw, "objtype").replace("OBJECT_", "").toLowerCase();
  return {
    kind: "AlterTable",
    relation: convertRelationName(converter, child(raw, "relation")!),
    object: object === "matview" ? "materialized view" : object,
    ifExists: flag(raw, "missing_ok"),
    actions: list(raw, "cmds").map((item) => convertAlterAction(converter, bodyOf(item))),
  };
}

function convertAlterAction(converter: Converter, raw: RawNode): AlterActionSyntax {
  const name = text(raw, "name");
  const definition = child(raw, "def");
  const body = definition === undefined ? {} : bodyOf(definition);
  const ifExists = flag(raw, "missing_ok");
  const cascade = raw.behavior === "DROP_CASCADE";
  switch (raw.subtype) {
    case "AT_AddColumn":
      return { kind: "addColumn", column: convertColumn(converter, body), ifNotExists: ifExists };
    case "AT_DropColumn":
      return { kind: "dropColumn", name, ifExists, cascade };
    case "AT_ColumnDefault":
      return { kind: "setDefault", name, expr: definition === undefined ? null : convertExpression(converter, definition) };
    case "AT_SetNotNull":
      return { kind: "setNotNull", name };
    case "AT_DropNotNull":
      return { kind: "dropNotNull", name };
    case "AT_AlterColumnType": {
      const using = child(body, "raw_default");
      const collation = child(body, "collClause");
      return {
        kind: "alterType",
        name,
        type: convertTypeName(converter, child(body, "typeName")!),
        collation: collation === undefined ? undefined : strings(collation, "collname"),
        using: using === undefined ? undefined : convertExpression(converter, using),
      };
    }
    case "AT_AddConstraint":
      return { kind: "addConstraint", constraint: mergeAttributes([convertConstraint(converter, body)])[0]! };
    case "AT_DropConstraint":
      return { kind: "dropConstraint", name, ifExists, cascade };
    case "AT_ValidateConstraint":
      return { kind: "validateConstraint", name };
    case "AT_AddIdentity":
      return {
        kind: "addIdentity",
        name,
        always: body.generated_when === "a",
        options: convertSequenceOptions(converter, list(body, "options")),
      };
    case "AT_DropIdentity":
      return { kind: "dropIdentity", name, ifExists };
    case "AT_SetIdentity": {
      const items = definition === undefined ? [] : kindOf(definition) === "List" ? list(body, "items") : [];
      const generated = items.find((item) => bodyOf(item).defname === "generated");
      const rest = items.filter((item) => item !== generated);
      return {
        kind: "setIdentity",
        name,
        // The code of the letter: 'a' for ALWAYS.
        always: generated === undefined ? undefined : optionText(child(bodyOf(generated), "arg")) === "97",
        options: convertSequenceOptions(converter, rest),
      };
    }
    case "AT_DropExpression":
      return { kind: "dropExpression", name, ifExists };
    case "AT_SetStatistics":
    case "AT_SetStorage":
    case "AT_SetCompression":
      return {
        kind: "columnFact",
        // An index's column has a number.
        name: name === "" && typeof raw.num === "number" ? String(raw.num) : name,
        fact: raw.subtype === "AT_SetStorage" ? "storage" : raw.subtype === "AT_SetCompression" ? "compression" : "statistics",
        value: definition === undefined ? "" : optionText(definition),
      };
    case "AT_SetRelOptions":
      return { kind: "setOptions", options: convertStorageOptions(definition === undefined ? [] : list(body, "items")) };
    case "AT_ResetRelOptions":
      return {
        kind: "resetOptions",
        names: (definition === undefined ? [] : list(body, "items")).map((item) => text(bodyOf(item), "defname")),
      };
    case "AT_AlterConstraint":
      return {
        kind: "alterConstraint",
        name: text(body, "conname"),
        deferrable: flag(body, "deferrable"),
        initiallyDeferred: flag(body, "initdeferred"),
      };
    case "AT_AddInherit":
    case "AT_DropInherit":
      return { kind: raw.subtype === "AT_AddInherit" ? "inherit" : "noInherit", parent: convertRelationName(converter, body) };
    case "AT_AttachPartition": {
      const bound = child(body, "bound");
      return {
        kind: "attachPartition",
        partition: convertRelationName(converter, child(body, "name")!),
        bound: bound === undefined ? undefined : convertPartitionBound(converter, bound),
      };
    }
    case "AT_DetachPartition":
      return {
        kind: "detachPartition",
        partition: convertRelationName(converter, child(body, "name")!),
        concurrently: flag(body, "concurrent"),
      };
    case "AT_SetLogged":
    case "AT_SetUnLogged":
      return { kind: "setPersistence", persistence: raw.subtype === "AT_SetLogged" ? "permanent" : "unlogged" };
    case "AT_ReplicaIdentity": {
      const letters: Readonly<Record<string, "default" | "full" | "nothing" | "index">> = {
        d: "default",
        f: "full",
        n: "nothing",
        i: "index",
      };
      return { kind: "replicaIdentity", identity: letters[text(body, "identity_type")] ?? "default", index: optionalText(body, "name") };
    }
    case "AT_ClusterOn":
      return { kind: "clusterOn", index: name };
    case "AT_DropCluster":
      return { kind: "clusterOn", index: undefined };
    case "AT_EnableRule":
    case "AT_EnableAlwaysRule":
    case "AT_EnableReplicaRule":
    case "AT_DisableRule":
    case "AT_EnableAlwaysTrig":
    case "AT_EnableReplicaTrig":
    case "AT_EnableTrig":
    case "AT_EnableTrigAll":
    case "AT_EnableTrigUser":
    case "AT_DisableTrig":
    case "AT_DisableTrigAll":
    case "AT_DisableTrigUser": {
      const subtype = text(raw, "subtype");
      const which = subtype.endsWith("All") ? "all" : subtype.endsWith("User") ? "user" : subtype.endsWith("Rule") ? "rule" : "named";
      return { kind: "trigger", enable: subtype.startsWith("AT_Enable"), which, name };
    }
    case "AT_AddOf":
      return { kind: "ofType", type: convertTypeName(converter, body) };
    case "AT_DropOf":
      return { kind: "ofType", type: undefined };
    case "AT_EnableRowSecurity":
    case "AT_DisableRowSecurity":
      return { kind: "rowSecurity", enabled: text(raw, "subtype") === "AT_EnableRowSecurity" };
    case "AT_ForceRowSecurity":
    case "AT_NoForceRowSecurity":
      return { kind: "rowSecurity", forced: text(raw, "subtype") === "AT_ForceRowSecurity" };
    case "AT_SetTableSpace":
      if (name !== "pg_default") throw new DbError({ sqlstate: "42704", message: `tablespace "${name}" does not exist` });
      return { kind: "noOp", what: "SetTableSpace" };
    case "AT_SetAccessMethod":
      if (name !== "heap") throw undefinedAccessMethod(name);
      return { kind: "noOp", what: "SetAccessMethod" };
    case "AT_DropOids":
      return { kind: "noOp", what: "SetWithoutOids" };
    case "AT_ChangeOwner":
      return { kind: "owner", role: roleName(child(raw, "newowner")!) };
    case "AT_SetOptions":
      return { kind: "columnOptions", name, set: convertStorageOptions(definition === undefined ? [] : list(body, "items")), reset: [] };
    case "AT_ResetOptions":
      return {
        kind: "columnOptions",
        name,
        set: {},
        reset: (definition === undefined ? [] : list(body, "items")).map((item) => text(bodyOf(item), "defname")),
      };
    default:
      throw notSupported(`ALTER TABLE ${alterationName(text(raw, "subtype"))}`);
  }
}
/** "AT_EnableTrigAll" -> "ENABLE TRIGGER ALL". */
function alterationName(subtype: string): string {
  const words = subtype
    .slice(3)
    .replace("TableSpace", "Tablespace")
    .replace(/Trig(?!ger)/, "Trigger");
  return words.replace(/([a-z])([A-Z])/g, "$1 $2").toUpperCase();
}

export function roleName(raw: RawNode): string {
  switch (raw.roletype) {
    case "ROLESPEC_CURRENT_USER":
    case "ROLESPEC_CURRENT_ROLE":
      return "current_user";
    case "ROLESPEC_SESSION_USER":
      return "session_user";
    case "ROLESPEC_PUBLIC":
      return "public";
    default:
      return text(raw, "rolename");
  }
}

export function convertIndex(converter: Converter, raw: RawNode): DefinitionStatement {
  refuseTablespace(raw, "tableSpace");
  const where = child(raw, "whereClause");
  const options: Record<string, string> = {};
  for (const item of list(raw, "options")) {
    const body = bodyOf(item);
    options[text(body, "defname")] = optionText(child(body, "arg"));
  }
  return {
    kind: "CreateIndex",
    name: optionalText(raw, "idxname"),
    relation: convertRelationName(converter, child(raw, "relation")!),
    method: text(raw, "accessMethod"),
    unique: flag(raw, "unique"),
    elements: list(raw, "indexParams").map((item) => convertIndexElement(converter, bodyOf(item))),
    include: list(raw, "indexIncludingParams").map((item) => convertIncluded(bodyOf(item))),
    where: where === undefined ? undefined : convertExpression(converter, where),
    options,
    ifNotExists: flag(raw, "if_not_exists"),
    nullsNotDistinct: flag(raw, "nulls_not_distinct"),
    concurrently: flag(raw, "concurrent"),
  };
}
/** A column that an index only carries: nothing is said of its order. */
function convertIncluded(raw: RawNode): string {
  const refuse = (sqlstate: string, message: string) => new DbError({ sqlstate, message });
  if (child(raw, "expr") !== undefined) throw refuse("0A000", "expressions are not supported in included columns");
  if (strings(raw, "collation").length > 0) throw refuse("42P17", "including column does not support a collation");
  if (strings(raw, "opclass").length > 0) throw refuse("42P17", "including column does not support an operator class");
  if (text(raw, "ordering") !== "SORTBY_DEFAULT") throw refuse("42P17", "including column does not support ASC/DESC options");
  if (text(raw, "nulls_ordering") !== "SORTBY_NULLS_DEFAULT")
    throw refuse("42P17", "including column does not support NULLS FIRST/LAST options");
  return text(raw, "name");
}
function convertIndexElement(converter: Converter, raw: RawNode): IndexElementSyntax {
  const expr = child(raw, "expr");
  const ordering = text(raw, "ordering");
  const nulls = text(raw, "nulls_ordering");
  const collation = list(raw, "collation").length === 0 ? undefined : strings(raw, "collation");
  if (list(raw, "opclassopts").length > 0) throw notSupported("operator class options");
  return {
    column: optionalText(raw, "name"),
    expr: expr === undefined ? undefined : convertExpression(converter, expr),
    opclass: strings(raw, "opclass").at(-1),
    collation,
    direction: ordering === "SORTBY_DESC" ? "desc" : ordering === "SORTBY_ASC" ? "asc" : "default",
    nulls: nulls === "SORTBY_NULLS_FIRST" ? "first" : nulls === "SORTBY_NULLS_LAST" ? "last" : "default",
  };
}

/** The text of an option's value: number, word or string. */
export function optionText(wrapped: RawNode | undefined): string {
  if (wrapped === undefined) return "true";
  const body = bodyOf(wrapped);
  switch (kindOf(wrapped)) {
    case "Integer":
      return String((body.ival as number | undefined) ?? 0);
    case "Float":
      return text(body, "fval");
    case "Boolean":
      return String(flag(body, "boolval"));
    case "TypeName":
      return strings(body, "names").at(-1)!;
    default:
      return stringOf(wrapped);
  }
}

export function convertSequence(converter: Converter, raw: RawNode, isCreate: boolean): DefinitionStatement {
  const relation = convertRelationName(converter, child(raw, "sequence")!);
  const options = convertSequenceOptions(converter, list(raw, "options"));
  if (isCreate) return { kind: "CreateSequence", relation, options, ifNotExists: flag(raw, "if_not_exists") };
  return { kind: "AlterSequence", relation, options, ifExists: flag(raw, "missing_ok") };
}
export function convertSequenceOptions(converter: Converter, items: readonly RawNode[]): SequenceOptionsSyntax {
  const options: { -readonly [Key in keyof SequenceOptionsSyntax]: SequenceOptionsSyntax[Key] } = {};
  const seen = new Set<string>();
  for (const item of items) {
    const body = bodyOf(item);
    const arg = child(body, "arg");
    const value = (): bigint | null => (arg === undefined ? null : BigInt(optionText(arg)));
    const option = text(body, "defname");
    if (seen.has(option)) throw syntaxError("conflicting or redundant options", converter.position(body));
    seen.add(option);
    switch (body.defname) {
      case "as":
        options.type = convertTypeName(converter, bodyOf(arg!));
        break;
      case "increment":
        options.increment = value()!;
        break;
      case "minvalue":
        options.min = value();
        break;
      case "maxvalue":
        options.max = value();
        break;
      case "start":
        options.start = value()!;
        break;
      case "restart":
        options.restart = value();
        break;
      case "cache":
        options.cache = value()!;
        break;
      case "cycle":
        options.cycle = optionText(arg) !== "false";
        break;
      case "owned_by": {
        const names = list(bodyOf(arg!), "items").map(stringOf);
        options.ownedBy = names.length === 1 && names[0] === "none" ? null : names;
        break;
      }
      case "sequence_name":
        break; // pg_dump names the sequence behind an identity; ours is found by the column
      default:
        throw notSupported(`sequence option ${text(body, "defname")}`);
    }
  }
  return options;
}
