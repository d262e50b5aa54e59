/**
 * CREATE TABLE: columns written, copied (LIKE), inherited (INHERITS, PARTITION OF) or of a composite type (OF), merged as
 * PostgreSQL's MergeAttributes does; then the constraints over all of them, and the partition key.
 */
import type { AttributeObject, RelationObject, TableObject, ViewObject } from "../../src/catalog/index.js";
import type { ColumnDefinition, Command, ConstraintDefinition, LikeDefinition, StoredExpression } from "../../src/plan/index.js";
import {
  columnTypeConflict,
  DbError,
  duplicateColumn,
  inheritedTypeConflict,
  invalidObjectDefinition,
  invalidTableDefinition,
  type Oid,
  undefinedColumn,
  undefinedTable,
  wrongObjectType,
} from "../../src/types/index.js";
import type { RelationName, TypeName } from "../parser/syntax-tree.js";
import type { ColumnSyntax, DefinitionStatement, LikeSyntax } from "../parser/syntax-tree-definition.js";
import { qualified } from "./bind-command.js";
import { resolveTypeName } from "./bind-expression.js";
import { bindPartitionBound, bindPartitionScheme } from "./bind-partition.js";
import { bindColumn, bindConstraint, columnType, type RowShape } from "./bind-table-definition.js";
import { at, type Binder } from "./binder.js";

type CreateTable = Extract<DefinitionStatement, { kind: "CreateTable" }>;
type Column = { -readonly [Key in keyof ColumnDefinition]: ColumnDefinition[Key] };
interface Notice {
  readonly message: string;
  readonly detail?: string;
}

export function bindCreateTable(binder: Binder, statement: CreateTable): Command {
  binder.parametersAllowed = false;
  requireCreationSchema(binder, statement.relation);
  const notices: Notice[] = [];
  try {
    return bindMerged(binder, statement, notices);
  } catch (error) {
    // What merging had to say until it failed.
    for (const { message, detail } of notices) binder.context.notice?.(message, detail);
    throw error;
  }
}

/** The schema that is named must be there, and be temporary for a temporary table. */
function requireCreationSchema(binder: Binder, { schema, persistence, position }: RelationName): void {
  // An element of CREATE SCHEMA that names another schema is refused as such.
  if (schema === undefined || schema === "pg_temp" || binder.context.creatingSchema !== undefined) return;
  const found = binder.catalog.schemaByName(schema);
  const place = at(position) === undefined ? {} : { position };
  if (found === undefined) throw new DbError({ sqlstate: "3F000", message: `schema "${schema}" does not exist`, ...place });
  if (persistence === "temporary" && !schema.startsWith("pg_temp_"))
    throw new DbError({ sqlstate: "42P16", message: "cannot create temporary relation in non-temporary schema", ...place });
}

function bindMerged(binder: Binder, statement: CreateTable, notices: Notice[]): Command {
  const table = statement.relation.name;
  const parents = statement.inherits.map((name) => parentTable(binder, name, statement));
  const inherited = inheritedColumns(binder, parents, notices);
  const ofType = statement.ofType === undefined ? undefined : typeOfTable(binder, statement.ofType);
  const typed = ofType === undefined ? undefined : compositeColumns(binder, ofType);

  const likes: LikeDefinition[] = [];
  const written = statement.elements.flatMap((element): { readonly syntax?: ColumnSyntax; readonly column?: Column }[] => {
    if (!("kind" in element)) return [{ syntax: element }];
    const copied = likeColumns(binder, element);
    likes.push({ source: copied.source, indexes: element.indexes, comments: element.comments, statistics: element.statistics });
    return copied.columns.map((column) => ({ column }));
  });
  const nameOf = (entry: (typeof written)[number]): string => entry.syntax?.name ?? entry.column?.name ?? "";
  const names = new Set<string>();
  for (const entry of written) {
    const name = nameOf(entry);
    if (names.has(name)) throw duplicateColumn(`column "${name}" specified more than once`, at(undefined));
    names.add(name);
  }

  // The row's shape first: any expression may name any column.
  const given = typed ?? inherited;
  const shape: { name: string; type: number; typmod: number; generated?: boolean }[] = given.map((c) => ({
    name: c.name,
    ...c.type,
    ...(c.generated === undefined ? {} : { generated: true }),
  }));
  const withoutType = (syntax: ColumnSyntax): boolean => syntax.type.names.length === 0;
  for (const { syntax, column } of written) {
    const name = syntax?.name ?? column?.name ?? "";
    if (shape.some((s) => s.name === name)) continue;
    if (syntax !== undefined && withoutType(syntax)) throw undefinedColumn(`column "${name}" does not exist`);
    const generated = syntax === undefined ? column?.generated !== undefined : syntax.constraints.some((c) => c.kind === "generated");
    const type = syntax === undefined ? (column as Column).type : columnType(binder, syntax.type, syntax.name);
    shape.push({ name, type: type.type, typmod: type.typmod, ...(generated ? { generated } : {}) });
  }
  const constraints: ConstraintDefinition[] = [];
  const columns: Column[] = given.map((c) => ({ ...c }));
  const conflicting = new Set(inherited.filter((c) => c.conflict).map((c) => c.name));
  written.forEach(({ syntax, column: copied }, i) => {
    let column: Column;
    if (syntax === undefined) column = copied as Column;
    else {
      const known = shape.find((s) => s.name === syntax.name);
      const bound = bindColumn(binder, syntax, shape, table, withoutType(syntax) ? known : undefined);
      constraints.push(...bound.constraints);
      column = { ...bound.column };
    }
    const position = columns.findIndex((c) => c.name === column.name);
    if (position < 0 || position >= given.length) return void columns.push(column);
    if (statement.bound === undefined && typed === undefined) {
      notices.push(
        position === i
          ? { message: `merging column "${column.name}" with inherited definition` }
          : {
              message: `moving and merging column "${column.name}" with inherited definition`,
              detail: "User-specified column moved to the position of the inherited column.",
            },
      );
    }
    if (column.defaultValue !== undefined || column.generated !== undefined) conflicting.delete(column.name);
    columns[position] = mergeColumn(binder, columns[position] as Column, column, syntax !== undefined && withoutType(syntax), table);
  });
  for (const name of conflicting) {
    throw new DbError({
      sqlstate: "42611",
      message: `column "${name}" inherits conflicting default values`,
      hint: "To resolve the conflict, specify a default explicitly.",
    });
  }

  for (const constraint of statement.constraints) constraints.push(bindConstraint(binder, constraint, shape, table, undefined));
  for (const element of statement.elements) if ("kind" in element && element.constraints) constraints.push(...likeChecks(binder, element));
  const checks = inheritedChecks(binder, parents, constraints, notices);
  if (checks.own.filter((constraint) => constraint.kind === "primaryKey").length > 1) {
    throw invalidTableDefinition(`multiple primary keys for table "${table}" are not allowed`, at(lastPrimaryKey(statement)));
  }
  const partitionBy =
    statement.partitionBy === undefined ? undefined : bindPartitionScheme(binder, statement.partitionBy, columns, shape, table);
  if (partitionBy !== undefined && parents.length > 0 && statement.bound === undefined)
    throw invalidTableDefinition("cannot create partitioned table as inheritance child");
  if (statement.onCommit !== undefined && statement.relation.persistence !== "temporary" && statement.relation.schema !== "pg_temp")
    throw invalidTableDefinition("ON COMMIT can only be used on temporary tables");
  const bound = statement.bound === undefined ? undefined : bindPartitionBound(binder, parents[0] as TableObject, statement.bound, table);
  return {
    kind: "CreateTable",
    name: qualified(statement.relation),
    columns: columns.map(({ conflict: _conflict, ...column }: Column & { conflict?: boolean }) => column),
    constraints: [...checks.inherited, ...checks.own],
    ifNotExists: statement.ifNotExists,
    persistence: statement.relation.persistence,
    ...(ofType === undefined ? {} : { ofType }),
    ...(statement.onCommit === "deleteRows" || statement.onCommit === "drop" ? { onCommit: statement.onCommit } : {}),
    ...(Object.keys(statement.options).length === 0 ? {} : { options: statement.options }),
    ...(parents.length === 0 ? {} : { parents: parents.map((p) => p.oid) }),
    ...(bound === undefined ? {} : { bound }),
    ...(partitionBy === undefined ? {} : { partitionBy }),
    ...(likes.length === 0 ? {} : { likes }),
    ...(notices.length === 0 ? {} : { notices }),
  };
}
function lastPrimaryKey(statement: CreateTable): number | undefined {
  const columns = statement.elements.flatMap((element) => ("kind" in element ? [] : element.constraints));
  return [...columns, ...statement.constraints].filter((constraint) => constraint.kind === "primaryKey").at(-1)?.position;
}

function parentTable(binder: Binder, name: RelationName, statement: CreateTable): TableObject {
  const object = binder.catalog.relation(name.schema, name.name);
  if (object === undefined)
    throw undefinedTable(`relation "${name.schema === undefined ? "" : `${name.schema}.`}${name.name}" does not exist`, at(name.position));
  binder.relationsRead.add(object.oid);
  if (statement.bound !== undefined) {
    if (object.class !== "table" || object.partitioned === undefined) throw invalidObjectDefinition(`"${object.name}" is not partitioned`);
  } else {
    if (object.class !== "table" || object.materialized !== undefined)
      throw wrongObjectType(`inherited relation "${object.name}" is not a table or foreign table`);
    if (object.partitioned !== undefined) throw wrongObjectType(`cannot inherit from partitioned table "${object.name}"`);
    if (object.partition !== undefined) throw wrongObjectType(`cannot inherit from partition "${object.name}"`);
  }
  const isTemporary = statement.relation.persistence === "temporary";
  if (object.persistence === "temporary" && !isTemporary && statement.relation.schema !== "pg_temp") {
    throw wrongObjectType(
      statement.bound === undefined
        ? `cannot inherit from temporary relation "${object.name}"`
        : `cannot create a permanent relation as partition of temporary relation "${object.name}"`,
    );
  }
  if (statement.bound !== undefined && object.persistence !== "temporary" && isTemporary)
    throw wrongObjectType(`cannot create a temporary relation as partition of permanent relation "${object.name}"`);
  const twice = statement.inherits.findIndex(
    (other) => other !== name && binder.catalog.relation(other.schema, other.name)?.oid === object.oid,
  );
  if (twice >= 0 && twice < statement.inherits.indexOf(name))
    throw new DbError({ sqlstate: "42P07", message: `relation "${object.name}" would be inherited from more than once` });
  return object;
}

const live = (table: TableObject): readonly AttributeObject[] => table.attributes.filter((a) => !a.dropped);

function inheritedColumns(
  binder: Binder,
  parents: readonly TableObject[],
  notices: Notice[],
): (Column & { readonly conflict?: boolean })[] {
  const columns: (Column & { conflict?: boolean })[] = [];
  for (const parent of parents) {
    for (const attribute of live(parent)) {
      const known = columns.find((c) => c.name === attribute.name);
      if (known === undefined) {
        columns.push({
          name: attribute.name,
          type: { type: attribute.type, typmod: attribute.typmod },
          notNull: attribute.notNull,
          ...storedDefault(attribute),
          ...facts(attribute),
          inheritedCount: 1,
          local: false,
        });
        continue;
      }
      notices.push({ message: `merging multiple inherited definitions of column "${attribute.name}"` });
      if (known.type.type !== attribute.type || known.type.typmod !== attribute.typmod)
        throw inheritedTypeConflict(attribute.name, typeText(binder, known.type), typeText(binder, attribute_(attribute)));
      known.inheritedCount = (known.inheritedCount ?? 0) + 1;
      if (attribute.notNull) known.notNull = true;
      if (attribute.generated === true && known.generated !== undefined && known.generated.sql !== attribute.defaultSql)
        throw new DbError({ sqlstate: "42611", message: `column "${attribute.name}" inherits conflicting generation expressions` });
      if (attribute.generated !== true && attribute.defaultSql !== undefined) {
        if (known.defaultValue === undefined) known.defaultValue = { sql: attribute.defaultSql };
        else if (known.defaultValue.sql !== attribute.defaultSql) known.conflict = true;
      }
    }
  }
  return columns;
}
const attribute_ = (a: AttributeObject) => ({ type: a.type, typmod: a.typmod });
const storedDefault = (attribute: AttributeObject): { defaultValue?: StoredExpression; generated?: StoredExpression } =>
  attribute.defaultSql === undefined
    ? {}
    : attribute.generated === true
      ? { generated: { sql: attribute.defaultSql } }
      : { defaultValue: { sql: attribute.defaultSql } };
const facts = (attribute: AttributeObject): Partial<ColumnDefinition> => ({
  ...(attribute.collation === undefined ? {} : { collation: attribute.collation }),
  ...(attribute.storage === undefined ? {} : { storage: attribute.storage }),
  ...(attribute.compression === undefined ? {} : { compression: attribute.compression }),
});
function typeText(binder: Binder, type: { readonly type: Oid; readonly typmod: number }): string {
  const found = binder.type(type.type);
  return found.displayName + found.formatModifier(type.typmod);
}

/** What the statement says of a column that is already there. */
function mergeColumn(binder: Binder, known: Column, own: Column, withoutType: boolean, _table: string): Column {
  if (!withoutType && (known.type.type !== own.type.type || known.type.typmod !== own.type.typmod))
    throw columnTypeConflict(own.name, typeText(binder, known.type), typeText(binder, own.type));
  if (known.generated !== undefined) {
    if (own.defaultValue !== undefined)
      throw new DbError({ sqlstate: "42611", message: `column "${own.name}" inherits from generated column but specifies default` });
    if (own.identity !== undefined)
      throw new DbError({ sqlstate: "42611", message: `column "${own.name}" inherits from generated column but specifies identity` });
  } else if (own.generated !== undefined && (known.inheritedCount ?? 0) > 0) {
    throw new DbError({
      sqlstate: "42611",
      message: `child column "${own.name}" specifies generation expression`,
      hint: "Omit the generation expression in the definition of the child table column to inherit the generation expression from the parent table.",
    });
  }
  const { defaultValue: _default, generated: _generated, ...rest } = known;
  const value = own.defaultValue ?? known.defaultValue;
  const generated = own.generated ?? known.generated;
  return {
    ...rest,
    notNull: known.notNull || own.notNull,
    ...(generated !== undefined ? { generated } : value === undefined ? {} : { defaultValue: value }),
    ...(own.serial === true ? { serial: true } : {}),
    ...(own.identity === undefined ? {} : { identity: own.identity }),
    ...((known.inheritedCount ?? 0) > 0 ? { local: true } : {}),
  };
}

// ---- LIKE

function likeSource(binder: Binder, relation: RelationName): RelationObject {
  const object = binder.catalog.relation(relation.schema, relation.name);
  if (object === undefined) {
    throw undefinedTable(
      `relation "${relation.schema === undefined ? "" : `${relation.schema}.`}${relation.name}" does not exist`,
      at(relation.position),
    );
  }
  binder.relationsRead.add(object.oid);
  if (object.class === "index" || object.class === "sequence")
    throw wrongObjectType(
      `relation "${object.name}" is invalid in LIKE clause`,
      at(relation.position),
      `This operation is not supported for ${object.class === "index" ? "indexes" : "sequences"}.`,
    );
  return object;
}

function likeColumns(binder: Binder, like: LikeSyntax): { readonly source: Oid; readonly columns: Column[] } {
  const source = likeSource(binder, like.relation);
  if (source.class !== "table") {
    const columns = (source as ViewObject).columns;
    return {
      source: source.oid,
      columns: columns.map((c) => ({ name: c.name, type: { type: c.type, typmod: c.typmod }, notNull: false })),
    };
  }
  return {
    source: source.oid,
    columns: live(source).map((attribute): Column => {
      const column: Column = { name: attribute.name, type: attribute_(attribute), notNull: attribute.notNull };
      if (attribute.defaultSql !== undefined) {
        if (attribute.generated === true) {
          if (like.generated) column.generated = { sql: attribute.defaultSql };
        } else if (like.defaults) column.defaultValue = { sql: attribute.defaultSql };
      }
      if (attribute.identity !== undefined && like.identity) {
        const sequence = attribute.sequence === undefined ? undefined : binder.catalog.relationByOid(attribute.sequence);
        column.identity = {
          always: attribute.identity === "always",
          options:
            sequence?.class !== "sequence"
              ? {}
              : {
                  type: sequence.type,
                  increment: BigInt(sequence.increment),
                  min: BigInt(sequence.min),
                  max: BigInt(sequence.max),
                  start: BigInt(sequence.start),
                  cache: BigInt(sequence.cache),
                  cycle: sequence.cycle,
                },
        };
      }
      if (attribute.collation !== undefined) column.collation = attribute.collation;
      if (like.storage && attribute.storage !== undefined) column.storage = attribute.storage;
      if (like.compression && attribute.compression !== undefined) column.compression = attribute.compression;
      return column;
    }),
  };
}

function likeChecks(binder: Binder, like: LikeSyntax): ConstraintDefinition[] {
  const source = likeSource(binder, like.relation);
  if (source.class !== "table") return [];
  return binder.catalog.constraintsOf(source.oid).flatMap((c): ConstraintDefinition[] =>
    c.kind !== "check"
      ? []
      : [
          {
            kind: "check",
            name: c.name,
            check: { sql: c.sql },
            columns: c.attributes.map((n) => source.attributes[n - 1]?.name ?? ""),
            ...(c.noInherit === true ? { noInherit: true } : {}),
          },
        ],
  );
}

// ---- OF

function compositeColumns(binder: Binder, type: Oid): Column[] {
  return (binder.fields(type) ?? []).map((field) => ({
    name: field.name,
    type: { type: field.type, typmod: field.typmod },
    notNull: false,
    ...(field.collation === undefined ? {} : { collation: field.collation }),
  }));
}
/** check_of_type: a type that stands alone, not a table's rows. */
export function typeOfTable(binder: Binder, name: TypeName): Oid {
  const { type } = resolveTypeName(binder, name);
  if (
    binder.fields(type) !== undefined &&
    binder.registry.typeByOid(type)?.base === undefined &&
    binder.catalog.relationByOid(type) === undefined
  )
    return type;
  throw wrongObjectType(`type ${binder.typeName(type)} is not a composite type`);
}

// ---- inherited CHECK constraints

function inheritedChecks(
  binder: Binder,
  parents: readonly TableObject[],
  own: readonly ConstraintDefinition[],
  notices: Notice[],
): { readonly inherited: ConstraintDefinition[]; readonly own: ConstraintDefinition[] } {
  type Check = Extract<ConstraintDefinition, { kind: "check" }>;
  const merged = new Map<string, Check>();
  for (const parent of parents) {
    for (const c of binder.catalog.constraintsOf(parent.oid)) {
      if (c.kind !== "check" || c.noInherit === true) continue;
      const known = merged.get(c.name);
      if (known !== undefined && known.check.sql !== c.sql) {
        throw new DbError({
          sqlstate: "42710",
          message: `check constraint name "${c.name}" appears multiple times but with different expressions`,
        });
      }
      const columns = c.attributes.map((n) => parent.attributes[n - 1]?.name ?? "");
      merged.set(c.name, {
        kind: "check",
        name: c.name,
        check: { sql: c.sql },
        columns,
        inheritedCount: (known?.inheritedCount ?? 0) + 1,
        local: false,
      });
    }
  }
  const rest: ConstraintDefinition[] = [];
  for (const constraint of own) {
    const known = constraint.kind === "check" && constraint.name !== undefined ? merged.get(constraint.name) : undefined;
    if (known === undefined || constraint.kind !== "check") {
      rest.push(constraint);
      continue;
    }
    const name = constraint.name ?? "";
    if (known.check.sql !== constraint.check.sql)
      throw new DbError({ sqlstate: "42710", message: `constraint "${name}" for relation already exists` });
    if (constraint.noInherit === true)
      throw new DbError({ sqlstate: "42P17", message: `constraint "${name}" conflicts with inherited constraint on relation` });
    notices.push({ message: `merging constraint "${name}" with inherited definition` });
    merged.set(name, { ...known, local: true });
  }
  return { inherited: [...merged.values()], own: rest };
}

export type { RowShape };
