/** CREATE TYPE … AS (…), its ALTER TYPE actions, and shell types. */
import type { CompositeAttribute, CompositeObject, TableObject } from "../../../catalog/index.js";
import type { AlterTableAction, AlterTypeAction, Command, TypeAttribute } from "../../../plan/index.js";
import {
  columnTwice,
  DbError,
  type Oid,
  relationExists,
  relationMissing,
  tooManyColumns,
  wrongRelationKind,
} from "../../../types/index.js";
import { applyToTable } from "../alter-table.js";
import { type DefinitionContext, displayName } from "../context.js";
import { dropTargets } from "../drop.js";
import { rewriteTable } from "../rewrite.js";
import { typedTables } from "../typed-table.js";
import { findType, newType } from "./type-names.js";
import { usersOfType } from "./users.js";

const ATTRIBUTES_MAX = 1600;

export function createComposite(context: DefinitionContext, command: Extract<Command, { kind: "CreateComposite" }>): void {
  const schema = context.creationSchema(command.name);
  if (command.attributes.length > ATTRIBUTES_MAX) throw tooManyColumns();
  const names = command.attributes.map((a) => a.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw columnTwice(twice);
  const base = newType(context, command.name);
  if (context.nameTaken(schema.oid, command.name.name)) throw relationExists(command.name.name);
  context.put({ ...base, kind: "composite", attributes: command.attributes.map((a, i) => attributeOf(a, i + 1)) });
}
const attributeOf = (a: TypeAttribute, number: number): CompositeAttribute => ({
  number,
  name: a.name,
  type: a.type.type,
  typmod: a.type.typmod,
  dropped: false,
  ...(a.collation === undefined ? {} : { collation: a.collation }),
});

export function createShellType(context: DefinitionContext, command: Extract<Command, { kind: "CreateShellType" }>): void {
  const base = newType(context, command.name);
  if (context.snapshot.object(base.oid) !== undefined)
    throw new DbError({ sqlstate: "42710", message: `type "${command.name.name}" already exists` });
  context.put({ ...base, arrayOid: 0, kind: "shell" });
}

export function alterComposite(
  context: DefinitionContext,
  command: Extract<Command, { kind: "AlterComposite" }>,
): Promise<void> | undefined {
  const found = findType(context, command.name);
  if (found === undefined) {
    const relation = context.find(command.name);
    if (relation !== undefined) throw wrongRelationKind(relation.name, "a composite type");
    if (command.ifExists) {
      context.notice(`relation "${command.name.name}" does not exist, skipping`);
      return undefined;
    }
    throw relationMissing(displayName(command.name));
  }
  if (found.kind !== "composite") throw relationMissing(displayName(command.name));
  let type: CompositeObject = found;
  const typed: (() => Promise<void>)[] = [];
  for (const action of command.actions) {
    if (action.kind === "retype") refuseWhenStored(context, type);
    for (const table of typedTables(context, type, action.cascade)) typed.push(() => alterTyped(context, table, action));
    type = applyAction(context, type, action);
    context.put(type);
    const after = context.snapshot.object(type.oid);
    if (after?.class === "type" && after.kind === "composite") type = after;
  }
  if (typed.length > 0) return oneByOne(typed).then(() => keysOf(context, type));
  return keysOf(context, type);
}
async function oneByOne(steps: readonly (() => Promise<void>)[]): Promise<void> {
  for (const step of steps) await step();
}
/** The same to a table of the type, which by itself may not. */
async function alterTyped(context: DefinitionContext, given: TableObject, action: AlterTypeAction): Promise<void> {
  const { ofType, ...plain } = context.again(given);
  context.put(plain);
  await applyToTable(context, plain, tableAction(action));
  if (ofType !== undefined) context.put({ ...context.again(plain), ofType });
}
function tableAction(action: AlterTypeAction): AlterTableAction {
  switch (action.kind) {
    case "add": {
      const { name, type, collation } = action.attribute;
      const column = { name, type, notNull: false, ...(collation === undefined ? {} : { collation }) };
      return { kind: "addColumn", column, constraints: [], ifNotExists: false };
    }
    case "drop":
      return { kind: "dropColumn", column: action.name, ifExists: action.ifExists, cascade: action.cascade };
    case "retype": {
      const { name, type, collation } = action.attribute;
      return { kind: "alterType", column: name, type, ...(collation === undefined ? {} : { collation }) };
    }
  }
}
function keysOf(context: DefinitionContext, type: CompositeObject): Promise<void> | undefined {
  const keyed = [...context.snapshot.objects()].filter(
    (o): o is TableObject =>
      o.class === "table" && o.partitioned === undefined && o.attributes.some((a) => a.hidden === true && holds(context, a.type, type.oid)),
  );
  return keyed.length === 0 ? undefined : computeKeysAgain(context, keyed);
}

/** Indexes hold ordered keys of whole values, and an attribute more or less is another key. */
async function computeKeysAgain(context: DefinitionContext, tables: readonly TableObject[]): Promise<void> {
  for (const table of tables) await rewriteTable(context, table, new Map());
}

function applyAction(context: DefinitionContext, type: CompositeObject, action: AlterTypeAction): CompositeObject {
  const live = (name: string) => type.attributes.find((a) => !a.dropped && a.name === name);
  switch (action.kind) {
    case "add": {
      if (live(action.attribute.name) !== undefined)
        throw new DbError({ sqlstate: "42701", message: `column "${action.attribute.name}" of relation "${type.name}" already exists` });
      if (holds(context, action.attribute.type.type, type.oid))
        throw new DbError({ sqlstate: "42P16", message: `composite type ${type.name} cannot be made a member of itself` });
      return { ...type, attributes: [...type.attributes, attributeOf(action.attribute, type.attributes.length + 1)] };
    }
    case "drop": {
      const attribute = live(action.name);
      if (attribute === undefined) {
        if (!action.ifExists)
          throw new DbError({ sqlstate: "42703", message: `column "${action.name}" of relation "${type.name}" does not exist` });
        context.notice(`column "${action.name}" of relation "${type.name}" does not exist, skipping`);
        return type;
      }
      dropTargets(context, [{ object: type, attribute: attribute.number }], action.cascade);
      const after = context.snapshot.object(type.oid);
      return after?.class === "type" && after.kind === "composite" ? after : type;
    }
    case "retype": {
      const attribute = live(action.attribute.name);
      if (attribute === undefined)
        throw new DbError({ sqlstate: "42703", message: `column "${action.attribute.name}" of relation "${type.name}" does not exist` });
      return {
        ...type,
        attributes: type.attributes.map((a) => (a === attribute ? attributeOf(action.attribute, a.number) : a)),
      };
    }
  }
}

/** find_composite_type_dependencies: rows that hold such values would have to be rewritten. */
function refuseWhenStored(context: DefinitionContext, type: CompositeObject): void {
  for (const user of usersOfType(context, type)) {
    if (user.object.class !== "table" || user.attribute === 0) continue;
    const column = user.object.attributes[user.attribute - 1]?.name ?? "";
    throw new DbError({
      sqlstate: "0A000",
      message: `cannot alter type "${type.name}" because column "${user.object.name}.${column}" uses it`,
    });
  }
}

function holds(context: DefinitionContext, type: Oid, wanted: Oid): boolean {
  if (type === wanted) return true;
  const facts = context.registry.typeByOid(type);
  if (facts === undefined) return false;
  if (facts.base !== undefined) return holds(context, facts.base.type, wanted);
  if (facts.category === "A" && facts.elementType !== 0) return holds(context, facts.elementType, wanted);
  return facts.fields?.some((f) => holds(context, f.type, wanted)) ?? false;
}
