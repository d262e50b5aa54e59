/** Statements that are not queries, to commands. */

import type { BoundStatement, Command, Expression, LogicalPlan, QualifiedName, SequenceOptions } from "../../src/plan/index.js";
import {
  datatypeMismatch,
  duplicateColumn,
  featureNotSupported,
  invalidOwnedBy,
  invalidParameterValue,
  invalidTableDefinition,
  noSuchPrepared,
  notSupported,
  notSupportedAt,
  type Oid,
  syntaxError,
  TypeOid,
  wrongObjectType,
  wrongObjectTypeHinted,
  wrongParameterCount,
} from "../../src/types/index.js";
import { deparseResolved, quoteName } from "../parser/deparse.js";
import { locationOf } from "../parser/location.js";
import type { Query, RelationName, Statement } from "../parser/syntax-tree.js";
import { isModification } from "../parser/syntax-tree.js";
import type { CatalogStatement } from "../parser/syntax-tree-catalog.js";
import type { DefinitionStatement, SequenceOptionsSyntax } from "../parser/syntax-tree-definition.js";
import { bindAlterTable } from "./bind-alter-table.js";
import { bindCatalog } from "./bind-catalog.js";
import { bindCreateTable } from "./bind-create-table.js";
import { bindCursor } from "./bind-cursor.js";
import { bindExpression, resolveTypeName } from "./bind-expression.js";
import { findRelationObject } from "./bind-from.js";
import { bindModification } from "./bind-modification.js";
import { bindQuery } from "./bind-query.js";
import { bindWithin } from "./bind-statement.js";
import { bindCreateIndex } from "./bind-table-definition.js";
import { at, type Binder } from "./binder.js";
import { coerceToBoolean, resolveUnknown, tryCoerce } from "./coerce.js";
import { Scope } from "./scope.js";
import { visitExpression } from "./walk.js";

export interface BoundCommand {
  readonly command: Command;
  readonly tag: string;
  readonly columns?: BoundStatement["columns"];
}

export const qualified = (relation: RelationName): QualifiedName => ({
  ...(relation.schema === undefined ? {} : { schema: relation.schema }),
  name: relation.name,
  ...(relation.position === 0 ? {} : { position: relation.position }),
});
export function nameOf(names: readonly string[]): QualifiedName {
  const name = names.at(-1) ?? "";
  return names.length > 1 ? { schema: names.at(-2)!, name } : { name };
}
const optional = <Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } =>
  value === undefined ? {} : ({ [key]: value } as { [K in Key]: Value });

export function bindCommand(
  binder: Binder,
  statement: Exclude<Statement, { kind: "Query" | "Insert" | "Update" | "Delete" | "Merge" | "Empty" }>,
): BoundCommand {
  switch (statement.kind) {
    case "CreateEnum":
    case "AlterEnum":
    case "CreateDomain":
    case "AlterDomain":
    case "CreateComposite":
    case "AlterComposite":
    case "CreateRange":
    case "CreateCollation":
    case "RefreshCollation":
    case "CreateShellType":
    case "CreateRoutine":
    case "AlterRoutine":
    case "Call":
    case "CreateAggregate":
    case "CreateOperator":
    case "AlterOperator":
    case "CreateCast":
    case "DropObjects":
    case "RenameObject":
    case "SetObjectSchema":
    case "SetOwner":
    case "CommentOn":
    case "Grant":
    case "DefaultPrivileges":
    case "GrantRole":
    case "CreateStatistics":
    case "AlterStatistics":
    case "CreatePolicy":
    case "AlterPolicy":
    case "ReassignOwned":
    case "DropOwned":
    case "AlterRoleSettings":
    case "AlterDatabaseSettings":
      return bindCatalog(binder, statement);
    case "CreateTable":
      return { command: bindCreateTable(binder, statement), tag: "CREATE TABLE" };
    case "CreateTableAs": {
      const { relation, columnNames, ifNotExists, withData } = statement;
      if (statement.onCommit !== undefined && relation.persistence !== "temporary")
        throw invalidTableDefinition("ON COMMIT can only be used on temporary tables");
      if (statement.materialized) binder.parametersAllowed = false;
      const recorded = { schemas: new Map(), stars: new Map() };
      if (statement.materialized) binder.recorded = recorded;
      const query = bindQuery(binder, undefined, statement.query, { resolveUnknowns: true });
      if (statement.materialized && changesInWith(statement.query))
        throw featureNotSupported("materialized views must not use data-modifying statements in WITH");
      if (statement.execute !== undefined) {
        const scope = new Scope(undefined);
        scope.clause = "EXECUTE parameters";
        return {
          command: {
            kind: "CreateTableAs",
            name: qualified(relation),
            query,
            columnNames,
            ifNotExists,
            withData,
            persistence: relation.persistence,
            execute: { name: statement.execute.name, args: statement.execute.args.map((arg) => bindExpression(binder, scope, arg)) },
            ...(statement.onCommit === "deleteRows" || statement.onCommit === "drop" ? { onCommit: statement.onCommit } : {}),
          },
          tag: "CREATE TABLE AS",
        };
      }
      if (columnNames.length > query.columns.length) throw syntaxError("too many column names were specified");
      const names = query.columns.map((column, i) => columnNames[i] ?? column.name);
      const twice = names.find((name, i) => names.indexOf(name) !== i);
      if (twice !== undefined) throw duplicateColumn(`column "${twice}" specified more than once`);
      return {
        command: {
          kind: "CreateTableAs",
          name: qualified(relation),
          query,
          columnNames: names,
          ifNotExists,
          withData,
          persistence: relation.persistence,
          ...(statement.onCommit === "deleteRows" || statement.onCommit === "drop" ? { onCommit: statement.onCommit } : {}),
          ...(Object.keys(statement.options).length === 0 ? {} : { options: statement.options }),
          ...(statement.materialized
            ? { materialized: { sql: deparseResolved(statement.query, recorded), dependsOn: [...binder.relationsRead] } }
            : {}),
        },
        tag: "CREATE TABLE AS",
      };
    }
    case "AlterTable":
      return { command: bindAlterTable(binder, statement), tag: `ALTER ${statement.object.toUpperCase()}` };
    case "Rename":
      return {
        command: {
          kind: "Rename",
          object: statement.object,
          name: nameOf(statement.name),
          ...optional("subname", statement.subname),
          ...(statement.only ? { only: true } : {}),
          newName: statement.newName,
          ifExists: statement.ifExists,
        },
        tag: statement.tag,
      };
    case "SetSchema":
      return {
        command: {
          kind: "SetSchema",
          object: statement.object,
          name: nameOf(statement.name),
          schema: statement.schema,
          ifExists: statement.ifExists,
        },
        tag: `ALTER ${statement.object.toUpperCase()}`,
      };
    case "Drop":
      return {
        command: {
          kind: "Drop",
          object: statement.object,
          names: statement.names.map(nameOf),
          ifExists: statement.ifExists,
          cascade: statement.cascade,
        },
        tag: `DROP ${statement.object.toUpperCase()}`,
      };
    case "CreateIndex":
      return { command: bindCreateIndex(binder, statement), tag: "CREATE INDEX" };
    case "CreateView":
      return { command: bindCreateView(binder, statement), tag: "CREATE VIEW" };
    case "CreateSequence":
      return {
        command: {
          kind: "CreateSequence",
          name: qualified(statement.relation),
          options: bindSequenceOptions(binder, statement.options),
          ifNotExists: statement.ifNotExists,
          persistence: statement.relation.persistence,
        },
        tag: "CREATE SEQUENCE",
      };
    case "AlterSequence":
      return {
        command: {
          kind: "AlterSequence",
          name: qualified(statement.relation),
          options: bindSequenceOptions(binder, statement.options),
          ifExists: statement.ifExists,
        },
        tag: "ALTER SEQUENCE",
      };
    case "CreateSchema":
      return {
        command: {
          kind: "CreateSchema",
          name: statement.name,
          ifNotExists: statement.ifNotExists,
          ...optional("authorization", statement.authorization),
          elements: statement.elements,
        },
        tag: "CREATE SCHEMA",
      };
    case "CreateExtension":
      return {
        command: {
          kind: "CreateExtension",
          name: statement.name,
          ...optional("schema", statement.schema),
          ifNotExists: statement.ifNotExists,
        },
        tag: "CREATE EXTENSION",
      };
    case "CreateRole":
    case "AlterRole":
      return {
        command: { kind: statement.kind, name: statement.name, options: statement.options },
        tag: statement.kind === "CreateRole" ? "CREATE ROLE" : "ALTER ROLE",
      };
    case "DropRole":
      return { command: { kind: "DropRole", names: statement.names, ifExists: statement.ifExists }, tag: "DROP ROLE" };
    case "Truncate":
      return {
        command: {
          kind: "Truncate",
          tables: statement.relations.map((r) => ({ ...qualified(r), ...(r.only ? { only: true } : {}) })),
          restartIdentity: statement.restartIdentity,
          cascade: statement.cascade,
        },
        tag: "TRUNCATE TABLE",
      };
    case "Copy":
      return { command: bindCopy(binder, statement), tag: "COPY" };
    case "SetConstraints":
      return {
        command: { kind: "SetConstraints", names: statement.names.map(qualified), deferred: statement.deferred },
        tag: "SET CONSTRAINTS",
      };
    case "LockTable":
      return {
        command: {
          kind: "LockTable",
          tables: statement.relations.map((relation) => ({ ...qualified(relation), ...(relation.only ? { only: true } : {}) })),
          mode: statement.mode,
          nowait: statement.nowait,
        },
        tag: "LOCK TABLE",
      };
    case "Vacuum":
      return {
        command: {
          kind: statement.isVacuum ? "Vacuum" : "Analyze",
          tables: statement.relations.map((r, i) => ({ ...qualified(r), columns: statement.columns[i] ?? [] })),
          analyze: statement.analyze,
        },
        tag: statement.isVacuum ? "VACUUM" : "ANALYZE",
      };
    case "Reindex":
      return {
        command: { kind: "Reindex", object: statement.object, name: nameOf(statement.name), concurrently: statement.concurrently },
        tag: "REINDEX",
      };
    case "RefreshMaterialized":
      return {
        command: {
          kind: "RefreshMaterialized",
          name: qualified(statement.relation),
          concurrently: statement.concurrently,
          withData: statement.withData,
        },
        tag: "REFRESH MATERIALIZED VIEW",
      };
    case "Cluster":
      return {
        command: {
          kind: "Cluster",
          ...(statement.relation === undefined ? {} : { table: qualified(statement.relation) }),
          ...optional("index", statement.index),
        },
        tag: "CLUSTER",
      };
    default:
      return bindSessionCommand(binder, statement);
  }
}

type SessionStatement = Exclude<
  DefinitionStatement,
  {
    kind:
      | "CreateTable" | "CreateTableAs" | "AlterTable" | "Rename" | "SetSchema" | "Drop" | "CreateIndex" | "CreateView" | "CreateSequence" | "AlterSequence" | "CreateSchema"
      | "CreateExtension" | "CreateRole" | "AlterRole" | "DropRole" | "Truncate" | "Copy" | "LockTable" | "SetConstraints" | "Vacuum" | "Reindex" | "RefreshMaterialized" | "Cluster" | CatalogStatement["kind"]; // biome-ignore format: a list
  }
>;
function bindSessionCommand(binder: Binder, statement: SessionStatement): BoundCommand {
  switch (statement.kind) {
    case "Transaction": {
      const { action, savepoint, modes, chain } = statement;
      return {
        command: { kind: "Transaction", action, ...optional("savepoint", savepoint), ...modes, ...(chain ? { chain } : {}) },
        tag: statement.tag,
      };
    }
    case "Set": {
      if ((statement.values?.length ?? 0) > 1 && !LISTS_OF_NAMES.has(statement.name) && statement.name.toLowerCase() !== "datestyle")
        throw invalidParameterValue(`SET ${statement.name} takes only one argument`);
      const quote = LISTS_OF_NAMES.has(statement.name) ? quoteName : (text: string): string => text;
      const value = statement.values === null ? null : statement.values.map(quote).join(", ");
      return {
        command: { kind: "SetVariable", name: statement.name, value, local: statement.local },
        tag: statement.isReset ? "RESET" : "SET",
      };
    }
    case "SetTransaction":
      return { command: { kind: "SetTransaction", session: statement.session, ...statement.modes }, tag: "SET" };
    case "SetTransactionSnapshot":
      return { command: statement, tag: "SET" };
    case "Show":
      return { command: { kind: "ShowVariable", name: statement.name }, tag: "SHOW", columns: showColumns(statement.name) };
    case "Explain":
      return bindExplain(binder, statement);
    case "Prepare":
      return {
        command: {
          kind: "Prepare",
          name: statement.name,
          paramTypes: statement.types.map((type) => resolveTypeName(binder, type).type),
          text: statement.text,
        },
        tag: "PREPARE",
      };
    case "Execute": {
      const scope = new Scope(undefined);
      scope.clause = "EXECUTE parameters";
      return {
        command: { kind: "Execute", name: statement.name, args: bindArguments(binder, scope, statement) },
        tag: "EXECUTE",
      };
    }
    case "Deallocate":
      return {
        command: { kind: "Deallocate", name: statement.name ?? null },
        tag: statement.name === undefined ? "DEALLOCATE ALL" : "DEALLOCATE",
      };
    case "Discard":
      return { command: { kind: "Discard", what: statement.what }, tag: `DISCARD ${statement.what.toUpperCase()}` };
    case "DeclareCursor": {
      return { command: bindCursor(binder, statement), tag: "DECLARE CURSOR" };
    }
    case "Fetch": {
      const { cursor, direction, count, move } = statement;
      return { command: { kind: "Fetch", cursor, direction, count, move }, tag: move ? "MOVE" : "FETCH" };
    }
    case "ClosePortal":
      return {
        command: { kind: "ClosePortal", name: statement.name ?? null },
        tag: statement.name === undefined ? "CLOSE CURSOR ALL" : "CLOSE CURSOR",
      };
    case "Listen":
    case "Unlisten":
      return { command: { kind: statement.kind, channel: statement.channel ?? null }, tag: statement.kind.toUpperCase() };
    case "Notify":
      return { command: { kind: "Notify", channel: statement.channel, payload: statement.payload }, tag: "NOTIFY" };
    case "Checkpoint":
      return { command: { kind: "Checkpoint" }, tag: "CHECKPOINT" };
  }
}

/** EXECUTE's arguments, coerced as in an assignment to the types that the statement was prepared with. */
function bindArguments(binder: Binder, scope: Scope, statement: Extract<DefinitionStatement, { kind: "Execute" }>): Expression[] {
  const types = binder.context.preparedTypes?.(statement.name);
  if (types === undefined) throw noSuchPrepared(statement.name);
  // A statement without parameters takes any arguments and does not even look at them.
  if (types.length === 0) return [];
  if (types.length !== statement.args.length) throw wrongParameterCount(statement.name, types.length, statement.args.length);
  return statement.args.map((arg, i) => {
    const written = bindExpression(binder, scope, arg);
    const type = types[i]!;
    const coerced = tryCoerce(binder, written, type, "assignment");
    if (coerced !== undefined) return coerced;
    const names = `parameter $${i + 1} of type ${binder.typeName(written.type)} cannot be coerced to the expected type ${binder.typeName(type)}`;
    throw datatypeMismatch(names, at(locationOf(arg)), { hint: "You will need to rewrite or cast the expression." });
  });
}

/** Settings that are lists of identifiers: every part is quoted where it needs it (GUC_LIST_QUOTE). */
const LISTS_OF_NAMES = new Set([
  "search_path",
  "temp_tablespaces",
  "session_preload_libraries",
  "shared_preload_libraries",
  "local_preload_libraries",
]);

function showColumns(name: string): BoundStatement["columns"] {
  const text = (column: string) => ({ name: column, type: TypeOid.text as Oid, typmod: -1 });
  return name === "all" ? [text("name"), text("setting"), text("description")] : [text(name)];
}

export function bindSequenceOptions(binder: Binder, syntax: SequenceOptionsSyntax): SequenceOptions {
  const { type, ownedBy, ...rest } = syntax;
  const resolved = type === undefined ? undefined : resolveTypeName(binder, type).type;
  if (resolved !== undefined && resolved !== TypeOid.int2 && resolved !== TypeOid.int4 && resolved !== TypeOid.int8) {
    throw invalidParameterValue("sequence type must be smallint, integer, or bigint");
  }
  if (ownedBy !== undefined && ownedBy !== null && ownedBy.length < 2) throw invalidOwnedBy();
  const owner =
    ownedBy === undefined ? undefined : ownedBy === null ? null : { table: nameOf(ownedBy.slice(0, -1)), column: ownedBy.at(-1)! };
  return { ...rest, ...optional("type", resolved), ...optional("ownedBy", owner) };
}

function bindCreateView(binder: Binder, statement: Extract<DefinitionStatement, { kind: "CreateView" }>): Command {
  binder.parametersAllowed = false;
  const recorded = { schemas: new Map(), stars: new Map() };
  binder.recorded = recorded;
  const query = bindQuery(binder, undefined, statement.query, { resolveUnknowns: true });
  if (changesInWith(statement.query)) throw featureNotSupported("views must not contain data-modifying statements in WITH");
  if (statement.columnNames.length > query.columns.length) throw syntaxError("CREATE VIEW specifies more column names than columns");
  const columnNames = query.columns.map((column, i) => statement.columnNames[i] ?? column.name);
  const twice = columnNames.find((name, i) => columnNames.indexOf(name) !== i);
  if (twice !== undefined) throw duplicateColumn(`column "${twice}" specified more than once`);
  const pseudo = query.columns.findIndex((column) => binder.category(column.type) === "P");
  if (pseudo >= 0)
    throw invalidTableDefinition(`column "${columnNames[pseudo]}" has pseudo-type ${binder.typeName(query.columns[pseudo]!.type)}`);
  if (statement.checkOption !== undefined) requireUpdatable(statement.query);
  return {
    kind: "CreateView",
    name: qualified(statement.relation),
    columnNames,
    query,
    sql: deparseResolved(statement.query, recorded),
    replace: statement.replace,
    dependsOn: [...binder.relationsRead],
    temporary: statement.relation.persistence === "temporary",
    ...optional("checkOption", statement.checkOption),
    ...(Object.keys(statement.options).length === 0 ? {} : { options: statement.options }),
  };
}

/** Only the outermost WITH may hold such statements. */
const changesInWith = (query: Query): boolean => query.with?.tables.some((table) => isModification(table.query)) === true;

/** WITH CHECK OPTION is for views that can be updated. */
function requireUpdatable(query: Query): void {
  const reason =
    query.kind === "SetOperation"
      ? "Views containing UNION, INTERSECT, or EXCEPT are not automatically updatable."
      : query.kind !== "Select"
        ? "Views that do not select from a single table or view are not automatically updatable."
        : query.distinct !== "none"
          ? "Views containing DISTINCT are not automatically updatable."
          : query.groupBy.length > 0
            ? "Views containing GROUP BY are not automatically updatable."
            : query.limit !== undefined || query.offset !== undefined
              ? "Views containing LIMIT or OFFSET are not automatically updatable."
              : query.with !== undefined
                ? "Views containing WITH are not automatically updatable."
                : query.from.length !== 1 || query.from[0]?.kind !== "Relation"
                  ? "Views that do not select from a single table or view are not automatically updatable."
                  : undefined;
  if (reason !== undefined)
    throw featureNotSupported("WITH CHECK OPTION is supported only on automatically updatable views", undefined, reason);
}

function bindCopy(binder: Binder, statement: Extract<DefinitionStatement, { kind: "Copy" }>): Command {
  const { direction, columns, options } = statement;
  const common = { kind: "Copy", direction, columns, options, ...optional("file", statement.file) } as const;
  if (statement.query !== undefined) {
    const { query } = statement;
    if (isModification(query) && query.returning.targets.length === 0)
      throw notSupportedAt("COPY of a query without a RETURNING clause", undefined);
    const plan: LogicalPlan = isModification(query)
      ? bindModification(binder, undefined, query)
      : bindQuery(binder, undefined, query, { resolveUnknowns: true });
    return { ...common, query: plan };
  }
  const relation = statement.relation!;
  const object = findRelationObject(binder, relation.schema, relation.name, relation.position);
  const way = direction === "from" ? "to" : "from";
  if (object.class === "view")
    throw wrongObjectTypeHinted(
      `cannot copy ${way} view "${object.name}"`,
      direction === "from" ? "To enable copying to a view, provide an INSTEAD OF INSERT trigger." : "Try the COPY (SELECT ...) TO variant.",
    );
  if (object.class === "table" && object.materialized !== undefined && direction === "from")
    throw wrongObjectType(`cannot copy to materialized view "${object.name}"`);
  if (object.class === "table" && object.partitioned !== undefined && direction === "to")
    throw wrongObjectTypeHinted(`cannot copy from partitioned table "${object.name}"`, "Try the COPY (SELECT ...) TO variant.");
  if (object.class === "sequence" || object.class === "index") throw wrongObjectType(`cannot copy ${way} ${object.class} "${object.name}"`);
  const table = qualified(relation);
  if (statement.where === undefined) return { ...common, table };
  if (object.class !== "table") throw notSupported("COPY WHERE into a system relation");
  const scope = new Scope(undefined);
  const row = object.attributes
    .filter((a) => !a.dropped)
    .map((a) => binder.newColumn(a.name, a.type, a.typmod, { relation: object.oid, attribute: a.number }));
  const item = { name: object.name, relation: object.oid, columns: row, relationVisible: true, columnsVisible: true };
  binder.own(scope, item);
  scope.items = [item];
  scope.clause = "COPY FROM WHERE conditions";
  const where = coerceToBoolean(binder, bindExpression(binder, scope, statement.where), "WHERE", statement.where.position);
  visitExpression(where, (e) => {
    if (e.kind === "Subquery") throw featureNotSupported("cannot use subquery in COPY FROM WHERE condition", at(e.position));
  });
  return { ...common, table, where, whereRow: row };
}

const EXPLAIN_SWITCHES = [
  "analyze",
  "verbose",
  "costs",
  "timing",
  "summary",
  "buffers",
  "settings",
  "wal",
  "generic_plan",
  "memory",
  "hot_path", // ours
] as const;
const TRUE_WORDS = new Set(["true", "on", "1"]);
const FALSE_WORDS = new Set(["false", "off", "0"]);
/** BUFFERS, SETTINGS and WAL are read and have nothing to show: pages, changed planner settings and log records are not counted per statement. */
function bindExplain(binder: Binder, statement: Extract<DefinitionStatement, { kind: "Explain" }>): BoundCommand {
  const values: Partial<Record<(typeof EXPLAIN_SWITCHES)[number], boolean>> = {};
  let format: "text" | "json" | "xml" | "yaml" = "text";
  for (const { name, value, position } of statement.options) {
    if (name === "format") {
      if (value !== "text" && value !== "json" && value !== "xml" && value !== "yaml")
        throw invalidParameterValue(`unrecognized value for EXPLAIN option "format": "${value}"`, at(position));
      format = value;
      continue;
    }
    const known = EXPLAIN_SWITCHES.find((option) => option === name);
    if (known === undefined || known === "generic_plan" || known === "memory")
      throw syntaxError(`unrecognized EXPLAIN option "${name}"`, at(position));
    const word = value?.toLowerCase();
    if (word !== undefined && !TRUE_WORDS.has(word) && !FALSE_WORDS.has(word)) throw syntaxError(`${name} requires a Boolean value`);
    values[known] = word === undefined || TRUE_WORDS.has(word);
  }
  const analyze = values.analyze === true;
  if (values.hot_path === true && format !== "text") throw notSupported("EXPLAIN option HOT_PATH in another format than text");
  if (values.wal === true && !analyze) throw invalidParameterValue("EXPLAIN option WAL requires ANALYZE");
  if (values.timing === true && !analyze) throw invalidParameterValue("EXPLAIN option TIMING requires ANALYZE");
  const inner = bindWithin(binder, statement.statement);
  if (inner.body.kind !== "Plan" && !(inner.body.kind === "Command" && EXPLAINABLE.has(inner.body.command.kind)))
    throw notSupported("EXPLAIN of this statement");
  const type: Oid = format === "json" ? TypeOid.json : TypeOid.text;
  return {
    command: {
      kind: "Explain",
      statement: inner,
      analyze,
      verbose: values.verbose === true,
      costs: values.costs !== false,
      timing: values.timing ?? analyze,
      summary: values.summary ?? analyze,
      hotPath: values.hot_path === true,
      format,
    },
    tag: "EXPLAIN",
    columns: [{ name: "QUERY PLAN", type, typmod: -1 }],
  };
}
const EXPLAINABLE = new Set<Command["kind"]>(["CreateTableAs", "DeclareCursor", "Execute"]);

export { coerceToBoolean, resolveUnknown };
