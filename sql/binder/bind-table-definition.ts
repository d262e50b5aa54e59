/** CREATE TABLE and CREATE INDEX: types, constraints and stored expressions, checked against the new columns. */

import type {
  ColumnDefinition,
  Command,
  ConstraintDefinition,
  Expression,
  IndexColumn,
  PlanColumn,
  StoredExpression,
} from "../../src/plan/index.js";
import {
  type CollationReference, DbError, duplicateColumn, featureNotSupported, generatedReferencesGenerated, generatedTypeMismatch, invalidObjectDefinition, invalidParameterValue, invalidTableDefinition, notSupported, type Oid, syntaxError, systemObjectProtected, TypeOid, undefinedColumn, undefinedObjectAt, wrongObjectType,
} from "../../src/types/index.js"; // biome-ignore format: a list
import { deparseExpression } from "../parser/deparse.js";
import { locationOf } from "../parser/location.js";
import type { Expr, TypeName } from "../parser/syntax-tree.js";
import type { ColumnSyntax, ConstraintSyntax, DefinitionStatement, IndexElementSyntax } from "../parser/syntax-tree-definition.js";
import { bindSequenceOptions, qualified } from "./bind-command.js";
import { bindStored } from "./bind-default.js";
import { resolveTypeName } from "./bind-expression.js";
import { findRelationObject } from "./bind-from.js";
import { at, type Binder } from "./binder.js";
import { coerceForAssignment, coerceToBoolean } from "./coerce.js";
import { expressionCollation } from "./collate-statement.js";
import { bindCollation, isCollatable } from "./collations.js";
import { requireImmutable } from "./immutability.js";
import { outputName } from "./output-name.js";
import type { Clause } from "./scope.js";
import { visitExpression } from "./walk.js";

const SERIAL_TYPES: Readonly<Record<string, number>> = {
  serial: TypeOid.int4, serial4: TypeOid.int4, bigserial: TypeOid.int8, serial8: TypeOid.int8, smallserial: TypeOid.int2, serial2: TypeOid.int2,
}; // biome-ignore format: a table

/** Columns with the names and types an expression may refer to. */
export type RowShape = readonly {
  readonly name: string;
  readonly type: number;
  readonly typmod: number;
  readonly generated?: boolean;
  readonly collation?: CollationReference;
}[];

export function columnType(binder: Binder, name: TypeName, column: string): { type: number; typmod: number } {
  const serial = name.names.length === 1 ? SERIAL_TYPES[name.names[0]!] : undefined;
  if (serial !== undefined) {
    if (name.arrayDimensions > 0) throw featureNotSupported("array of serial is not implemented", at(name.position));
    return { type: serial, typmod: -1 };
  }
  const resolved = resolveTypeName(binder, name);
  if (binder.category(resolved.type) === "P")
    throw invalidTableDefinition(`column "${column}" has pseudo-type ${binder.typeName(resolved.type)}`);
  return resolved;
}

export function bindColumn(
  binder: Binder,
  column: ColumnSyntax,
  shape: RowShape,
  table: string,
  /** Where the column is only given more: PARTITION OF, OF. */
  known?: { type: number; typmod: number },
): { column: ColumnDefinition; constraints: ConstraintDefinition[] } {
  const type = known === undefined ? columnType(binder, column.type, column.name) : { type: known.type, typmod: known.typmod };
  const serial = column.type.names.length === 1 && SERIAL_TYPES[column.type.names[0]!] !== undefined;
  const definition: { -readonly [Key in keyof ColumnDefinition]: ColumnDefinition[Key] } = {
    name: column.name,
    type,
    notNull: serial,
    ...(serial ? { serial } : {}),
  };
  if (column.collation !== undefined) {
    const collation = bindCollation(binder, column.collation, type.type, column.collationPosition);
    if (collation !== undefined) definition.collation = collation;
  }
  const constraints: ConstraintDefinition[] = [];
  let nullability: "null" | "notNull" | undefined;
  for (const constraint of column.constraints) {
    switch (constraint.kind) {
      case "null":
      case "notNull":
        if (nullability !== undefined && nullability !== constraint.kind) {
          throw syntaxError(
            `conflicting NULL/NOT NULL declarations for column "${column.name}" of table "${table}"`,
            at(constraint.position),
          );
        }
        nullability = constraint.kind;
        if (constraint.kind === "notNull") definition.notNull = true;
        break;
      case "default":
        if (definition.defaultValue !== undefined || serial)
          throw syntaxError(`multiple default values specified for column "${column.name}" of table "${table}"`, at(constraint.position));
        definition.defaultValue = storeDefault(binder, constraint.expr, column.name, type);
        break;
      case "identity":
        if (definition.identity !== undefined)
          throw syntaxError(`multiple identity specifications for column "${column.name}" of table "${table}"`, at(constraint.position));
        if (serial)
          throw syntaxError(`both default and identity specified for column "${column.name}" of table "${table}"`, at(constraint.position));
        if (nullability === "null")
          throw syntaxError(
            `conflicting NULL/NOT NULL declarations for column "${column.name}" of table "${table}"`,
            at(constraint.position),
          );
        nullability = "notNull";
        if (type.type !== TypeOid.int2 && type.type !== TypeOid.int4 && type.type !== TypeOid.int8) throw wrongIdentityType();
        definition.identity = { always: constraint.always, options: bindSequenceOptions(binder, constraint.options) };
        definition.notNull = true;
        break;
      case "generated":
        definition.generated = storeGenerated(binder, constraint.expr, column.name, type, shape, table);
        break;
      default:
        constraints.push(bindConstraint(binder, constraint, shape, table, column.name));
        if (constraint.kind === "primaryKey") definition.notNull = true;
    }
  }
  const values = column.constraints.filter((c) => c.kind === "default" || c.kind === "identity" || c.kind === "generated");
  const secondValue = at(values[1]?.position);
  if (definition.identity !== undefined && definition.defaultValue !== undefined)
    throw syntaxError(`both default and identity specified for column "${column.name}" of table "${table}"`, secondValue);
  if (definition.generated !== undefined && definition.defaultValue !== undefined)
    throw syntaxError(`both default and generation expression specified for column "${column.name}" of table "${table}"`, secondValue);
  if (definition.generated !== undefined && definition.identity !== undefined)
    throw syntaxError(`both identity and generation expression specified for column "${column.name}" of table "${table}"`, secondValue);
  return { column: definition, constraints };
}
const wrongIdentityType = () => invalidParameter("identity column type must be smallint, integer, or bigint");
const invalidParameter = (message: string) => invalidParameterValue(message);

export function shapeColumns(binder: Binder, shape: RowShape): PlanColumn[] {
  return shape.map((column) => binder.newColumn(column.name, column.type, column.typmod));
}

export function storeDefault(binder: Binder, expr: Expr, column: string, type: { type: number; typmod: number }): StoredExpression {
  // Naming a column is refused before anything else: there is no row yet.
  const bound = orColumnReference(() => bindStored(binder, expr, "DEFAULT expressions", "", []));
  refuse(bound, "DEFAULT expression");
  const expression = coerceForAssignment(binder, bound, type.type, type.typmod, column, undefined);
  return { sql: deparseExpression(expr), expression };
}
function orColumnReference(bind: () => Expression): Expression {
  try {
    return bind();
  } catch (error) {
    if (error instanceof DbError && error.sqlstate === "42703")
      throw featureNotSupported("cannot use column reference in DEFAULT expression", error.fields.position);
    throw error;
  }
}
function refuse(bound: Expression, what: string): void {
  visitExpression(bound, (e) => {
    if (e.kind === "Subquery") throw featureNotSupported(`cannot use subquery in ${what}`);
  });
}

function storeGenerated(
  binder: Binder,
  expr: Expr,
  column: string,
  type: { type: number; typmod: number },
  shape: RowShape,
  table: string,
): StoredExpression {
  const bound = bindStored(binder, expr, "column generation expressions", table, shapeColumns(binder, shape));
  refuse(bound, "column generation expression");
  requireImmutable(binder, bound, "generation expression is not immutable");
  visitExpression(bound, (e) => {
    if (e.kind === "ColumnReference" && (e.name === column || shape.some((c) => c.name === e.name && c.generated === true)))
      throw generatedReferencesGenerated(e.name, at(e.position));
  });
  try {
    return { sql: deparseExpression(expr), expression: coerceForAssignment(binder, bound, type.type, type.typmod, column, undefined) };
  } catch (error) {
    if (error instanceof DbError && error.sqlstate === "42804")
      throw generatedTypeMismatch(column, binder.typeName(type.type), binder.typeName(bound.type));
    throw error;
  }
}

/** A boolean condition over the row. */
export function storeCondition(
  binder: Binder,
  expr: Expr,
  clause: Clause,
  construct: string,
  shape: RowShape,
  table: string,
): { stored: StoredExpression; columns: string[] } {
  const columns = shapeColumns(binder, shape);
  const bound = coerceToBoolean(binder, bindStored(binder, expr, clause, table, columns), construct, locationOf(expr));
  refuse(bound, clause === "check constraints" ? "check constraint" : "index predicate");
  const used = new Set<string>();
  visitExpression(bound, (e) => {
    if (e.kind === "ColumnReference") used.add(e.name);
  });
  if (clause === "index predicates") requireImmutable(binder, bound, "functions in index predicate must be marked IMMUTABLE");
  return {
    stored: { sql: deparseExpression(expr), expression: bound },
    columns: shape.map((c) => c.name).filter((name) => used.has(name)),
  };
}

export function bindConstraint(
  binder: Binder,
  constraint: ConstraintSyntax,
  shape: RowShape,
  table: string,
  column: string | undefined,
): ConstraintDefinition {
  const name = constraint.name === undefined ? {} : { name: constraint.name };
  const own = (columns: readonly string[]): readonly string[] => (columns.length === 0 && column !== undefined ? [column] : columns);
  switch (constraint.kind) {
    case "primaryKey":
    case "unique": {
      const columns = own(constraint.columns);
      const word = constraint.kind === "primaryKey" ? "primary key" : "unique";
      for (const [i, key] of columns.entries()) {
        if (!shape.some((candidate) => candidate.name === key))
          throw undefinedColumn(`column "${key}" named in key does not exist`, at(constraint.position));
        if (columns.indexOf(key) !== i)
          throw duplicateColumn(`column "${key}" appears twice in ${word} constraint`, at(constraint.position));
      }
      return {
        kind: constraint.kind,
        ...name,
        columns,
        ...(constraint.usingIndex === undefined ? {} : { usingIndex: constraint.usingIndex }),
        ...(constraint.deferrable ? { deferrable: true } : {}),
        ...(constraint.initiallyDeferred ? { initiallyDeferred: true } : {}),
        ...(constraint.include.length === 0 ? {} : { include: constraint.include }),
        ...(constraint.nullsNotDistinct ? { nullsNotDistinct: true } : {}),
      };
    }
    case "check": {
      const { stored, columns } = storeCondition(binder, constraint.expr, "check constraints", "CHECK", shape, table);
      return {
        kind: "check",
        ...name,
        check: stored,
        columns,
        ...(constraint.notValid ? { notValid: true } : {}),
        ...(constraint.noInherit ? { noInherit: true } : {}),
      };
    }
    case "exclusion": {
      for (const key of constraint.include) requireColumn(shape, key);
      const predicate =
        constraint.where === undefined
          ? undefined
          : storeCondition(binder, constraint.where, "index predicates", "WHERE", shape, table).stored;
      return {
        kind: "exclusion",
        ...name,
        method: constraint.method,
        elements: constraint.elements.map(({ element, operator }) => ({
          column: bindIndexElement(binder, element, shape, table),
          operator: { ...(operator.length > 1 ? { schema: operator.at(-2)! } : {}), name: operator.at(-1)! },
        })),
        ...(constraint.include.length === 0 ? {} : { include: constraint.include }),
        ...(predicate === undefined ? {} : { predicate }),
        ...(constraint.deferrable ? { deferrable: true } : {}),
        ...(constraint.initiallyDeferred ? { initiallyDeferred: true } : {}),
      };
    }
    case "foreignKey": {
      const columns = own(constraint.columns);
      for (const key of columns) {
        if (!shape.some((candidate) => candidate.name === key))
          throw undefinedColumn(`column "${key}" referenced in foreign key constraint does not exist`);
      }
      const { references, referencedColumns, onUpdate, onDelete, match, deferrable, initiallyDeferred } = constraint;
      return {
        kind: "foreignKey",
        ...name,
        columns,
        references: qualified(references),
        referencedColumns,
        onUpdate,
        onDelete,
        match,
        deferrable,
        initiallyDeferred,
        ...(constraint.notValid ? { notValid: true } : {}),
      };
    }
    default:
      throw notSupported(`${constraint.kind} as a table constraint`);
  }
}

const DEFAULT_METHOD = "btree";
/** pgvector's. */
const VECTOR_METHODS = new Set(["hnsw", "ivfflat"]);
const METHODS = new Set(["btree", "hash", "gist", "gin", "spgist", "brin", "hnsw", "ivfflat"]);

const SYSTEM_COLUMNS = new Set(["ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"]);
function requireColumn(shape: RowShape, name: string): void {
  if (SYSTEM_COLUMNS.has(name)) throw notSupported("index creation on system columns");
  if (!shape.some((column) => column.name === name)) throw undefinedColumn(`column "${name}" does not exist`);
}

/** One key of an index: a column or an expression, and its order. */
function bindIndexElement(binder: Binder, element: IndexElementSyntax, shape: RowShape, table: string): IndexColumn {
  const descending = element.direction === "desc";
  const order = {
    descending,
    nullsFirst: element.nulls === "default" ? descending : element.nulls === "first",
    ...(element.opclass === undefined ? {} : { opclass: element.opclass }),
  };
  const collation = (type: Oid): { readonly collation?: CollationReference } => {
    const found = bindCollation(binder, element.collation, type);
    return element.collation === undefined ? {} : { collation: found ?? "default" };
  };
  const collated = (column: string): IndexColumn => {
    requireColumn(shape, column);
    const { type } = shape.find((candidate) => candidate.name === column)!;
    return { column, ...order, ...collation(type) };
  };
  if (element.column !== undefined) {
    return collated(element.column);
  }
  const expr = element.expr!;
  if (expr.kind === "ColumnRef" && expr.fields.length === 1 && !expr.star) {
    return collated(expr.fields[0]!);
  }
  const columns = shapeColumns(binder, shape);
  const bound = bindStored(binder, expr, "index expressions", table, columns);
  refuse(bound, "index expression");
  requireImmutable(binder, bound, "functions in index expression must be marked IMMUTABLE");
  const name = expr.kind === "Function" || expr.kind === "Cast" ? outputName(expr) : undefined;
  return {
    expression: { sql: deparseExpression(expr), expression: bound },
    ...(name === undefined ? {} : { name }),
    ...order,
    ...indexCollation(binder, bound, columns, shape, collation(bound.type)),
  };
}

/** The collation that an index has its expression in: the written one, else the expression's own. @throws DbError 42P22 */
function indexCollation(
  binder: Binder,
  bound: Expression,
  columns: readonly PlanColumn[],
  shape: RowShape,
  written: { readonly collation?: CollationReference },
): { readonly collation?: CollationReference; readonly derivedCollation?: CollationReference } {
  if (!isCollatable(binder, bound.type)) return written;
  const own = expressionCollation(
    binder,
    bound,
    columns.map((column, i) => ({ column, collation: shape[i]?.collation })),
  );
  if (own === undefined && written.collation === undefined)
    throw new DbError({
      sqlstate: "42P22",
      message: "could not determine which collation to use for index expression",
      hint: "Use the COLLATE clause to set the collation explicitly.",
    });
  return { ...written, ...(own === undefined || own === "default" ? {} : { derivedCollation: own }) };
}

export function bindCreateIndex(binder: Binder, statement: Extract<DefinitionStatement, { kind: "CreateIndex" }>): Command {
  binder.parametersAllowed = false;
  const object = findRelationObject(binder, statement.relation.schema, statement.relation.name, statement.relation.position);
  if (object.class === "system") throw systemObjectProtected(object.name);
  if (object.class !== "table")
    throw wrongObjectType(
      `cannot create index on relation "${object.name}"`,
      undefined,
      `This operation is not supported for ${object.class === "index" ? "indexes" : `${object.class}s`}.`,
    );
  const method = statement.method === "" ? DEFAULT_METHOD : statement.method;
  if (!METHODS.has(method)) throw undefinedObjectAt(`access method "${method}" does not exist`);
  if (VECTOR_METHODS.has(method)) {
    if (statement.unique) throw featureNotSupported(`access method "${method}" does not support unique indexes`);
    if (statement.elements.length > 1) throw featureNotSupported(`access method "${method}" does not support multicolumn indexes`);
    if (statement.include.length > 0) throw featureNotSupported(`access method "${method}" does not support included columns`);
    if (statement.elements.some((e) => e.direction !== "default"))
      throw featureNotSupported(`access method "${method}" does not support ASC/DESC options`);
    if (statement.elements.some((e) => e.nulls !== "default"))
      throw featureNotSupported(`access method "${method}" does not support NULLS FIRST/LAST options`);
  }
  const shape: RowShape = object.attributes.filter((attribute) => !attribute.dropped);
  const columns = statement.elements.map((element) => bindIndexElement(binder, element, shape, object.name));
  for (const name of statement.include) requireColumn(shape, name);
  const predicate =
    statement.where === undefined
      ? undefined
      : storeCondition(binder, statement.where, "index predicates", "WHERE", shape, object.name).stored;
  const { unique, include, options, ifNotExists, nullsNotDistinct, concurrently } = statement;
  return {
    kind: "CreateIndex",
    ...(statement.name === undefined ? {} : { name: statement.name }),
    table: qualified(statement.relation),
    method,
    unique,
    columns,
    include,
    ...(predicate === undefined ? {} : { predicate }),
    options,
    ifNotExists,
    nullsNotDistinct,
    concurrently,
    ...(statement.relation.only ? { only: true } : {}),
  };
}
