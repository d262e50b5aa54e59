/** EXCLUDE: an index whose rows are judged pair by pair (src/execution/rivals.ts), and the judgement of rows that are there. */
import { chooseName, columnNamesPart, type IndexMethod, type IndexObject, type TableObject } from "../../catalog/index.js";
import { finish, plainEnvironment, Rivals, rivalTree, TableReader, TableWriter } from "../../execution/internal.js";
import { defaultOperatorClass } from "../../functions/operator-classes.js";
import type { ConstraintDefinition } from "../../plan/index.js";
import {
  accessMethodMissing,
  DbError,
  hasOrderedKey,
  noOperatorClass,
  notSupported,
  type OperatorSignature,
  type SqlType,
} from "../../types/index.js";
import { type DefinitionContext, displayName } from "./context.js";
import { attributeNumber, indexColumn, newIndex } from "./create-index.js";
import { keyTypeOf } from "./hidden-columns.js";
import { toStoredSql } from "./stored-sql.js";

type Exclusion = Extract<ConstraintDefinition, { kind: "exclusion" }>;

export function exclusionIndex(context: DefinitionContext, table: TableObject, definition: Exclusion): ReturnType<typeof newIndex> {
  const method = definition.method.toLowerCase();
  if (method === "gin" || method === "brin")
    throw new DbError({ sqlstate: "0A000", message: `access method "${method}" does not support exclusion constraints` });
  const isSearchTree = method === "gist" || method === "spgist";
  if (!isSearchTree && method !== "btree" && method !== "hash") throw accessMethodMissing(definition.method);
  const columns = definition.elements.map(({ column }) => indexColumn(context, table, column, method as IndexMethod));
  const types = columns.map((column) => keyTypeOf(context, table, column));
  const exclusion = definition.elements.map(({ operator }, i) => {
    const type = types[i] as SqlType;
    if (isSearchTree && columns[i]?.opclass === undefined) requireSearchTree(context, type, method);
    if (!isSearchTree && !hasOrderedKey(type)) throw noOperatorClass(type.displayName, method);
    const found = operatorOf(context, operator, type);
    if (found.commutator !== found.name)
      throw new DbError({
        sqlstate: "42809",
        message: `operator ${printed(context, found, type)} is not commutative`,
        detail: "Only commutative operators can be used in exclusion constraints.",
      });
    if (!isSearchTree && found.name !== "=")
      throw new DbError({
        sqlstate: "42809",
        message: `operator ${printed(context, found, type)} is not a member of operator family "${familyOf(type)}"`,
        detail: "The exclusion operator must be related to the index operator class for the constraint.",
      });
    return { operator: found.name, functionId: found.functionId };
  });
  const tree = rivalTree({ columns, exclusion }, (i) => types[i] as SqlType);
  if (tree.order.length === 0)
    throw notSupported(`an exclusion constraint with neither = nor a range and && (operator ${exclusion[0]?.operator})`);
  const names = definition.elements.map(({ column }) => column.column ?? column.name ?? "expr");
  const include = (definition.include ?? []).map((name) => attributeNumber(table, name));
  return newIndex(context, table, {
    name:
      definition.name ??
      chooseName(table.name, columnNamesPart([...names, ...(definition.include ?? [])]), "excl", (n) => context.nameTaken(table.schema, n)),
    method: method as IndexMethod,
    unique: false,
    primary: false,
    nullsNotDistinct: false,
    columns,
    include,
    options: {},
    exclusion,
    ...(definition.deferrable === true ? { deferrable: true } : {}),
    ...(definition.predicate === undefined ? {} : { predicateSql: toStoredSql(definition.predicate.sql, context.catalog) }),
  });
}

/** What gist has classes for; scalars come with the extension btree_gist, as in PostgreSQL. */
function requireSearchTree(context: DefinitionContext, type: SqlType, method: string): void {
  if (defaultOperatorClass(method, type) !== undefined) return;
  if (method !== "gist" || context.snapshot.extension("btree_gist") === undefined || type.keyKind === undefined)
    throw noOperatorClass(type.displayName, method);
}

function operatorOf(context: DefinitionContext, name: Exclusion["elements"][number]["operator"], type: SqlType): OperatorSignature {
  const all = context.registry.operatorsByName(name.name);
  const polymorphic = (oid: number): boolean => {
    const wanted = context.registry.typeByOid(oid)?.name ?? "";
    if (wanted === "anyarray") return type.category === "A";
    if (wanted === "anyenum") return type.kind === "enum";
    if (wanted === "anyrange") return type.range?.rangeType === type.oid;
    if (wanted === "anymultirange") return type.range?.multirangeType === type.oid;
    return wanted === "record" && type.fields !== undefined;
  };
  const accepts = (oid: number): boolean =>
    oid === type.oid || (type.name === "varchar" && context.registry.typeByOid(oid)?.name === "text");
  const found =
    all.find((o) => o.left === type.oid && o.right === type.oid) ??
    all.find((o) => accepts(o.left) && accepts(o.right)) ??
    all.find((o) => o.left === o.right && polymorphic(o.left));
  if (found !== undefined) return found;
  throw new DbError({
    sqlstate: "42883",
    message: `operator does not exist: ${type.displayName} ${displayName(name)} ${type.displayName}`,
    hint: "No operator matches the given name and argument types. You might need to add explicit type casts.",
  });
}
function printed(context: DefinitionContext, operator: OperatorSignature, type: SqlType): string {
  const name = (oid: number): string => context.registry.typeByOid(oid)?.displayName ?? type.displayName;
  return `${operator.name}(${name(operator.left)},${name(operator.right)})`;
}
function familyOf(type: SqlType): string {
  if (type.category === "A") return "array_ops";
  if (["int2", "int4", "int8"].includes(type.name)) return "integer_ops";
  if (["float4", "float8"].includes(type.name)) return "float_ops";
  if (["date", "timestamp", "timestamptz"].includes(type.name)) return "datetime_ops";
  if (["text", "varchar", "name"].includes(type.name)) return "text_ops";
  if (["inet", "cidr"].includes(type.name)) return "network_ops";
  if (type.range !== undefined) return type.range.rangeType === type.oid ? "range_ops" : "multirange_ops";
  if (type.kind === "enum") return "enum_ops";
  return `${type.name}_ops`;
}

/** Judges the rows that are there against each other. @throws DbError 23505, 23P01 */
export function judgeRows(context: DefinitionContext, table: TableObject, index: IndexObject): void {
  if (table.partitioned !== undefined) return;
  context.nextStep();
  const plan = context.session.view.planContext(context.catalog);
  const current = context.again(table);
  const writer = new TableWriter(current, plan, plainEnvironment(plan), true);
  const state = context.runState();
  const rows = finish(new TableReader(current, plan).scanInSteps(state, () => true)).map((found) => {
    const row = [...found.row];
    writer.prepare(row, state);
    return { rowId: found.rowId, row };
  });
  new Rivals(writer).validate(context.again(index), rows, state);
}
