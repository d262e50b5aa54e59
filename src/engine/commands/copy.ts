/** COPY: which table or query, which columns, and the stream at its other end. */
import { quoteIdentifier, type TableObject } from "../../catalog/index.js";
import type { Command, LogicalPlan } from "../../plan/index.js";
import { assert, columnMissing, columnTwice, type Datum, DbError } from "../../types/index.js";
import { CopyFrom } from "../copy/copy-from.js";
import { CopyFromBinary } from "../copy/copy-from-binary.js";
import { CopyTo } from "../copy/copy-to.js";
import { copyFromFile, copyToFile } from "../copy/server-files.js";
import type { EngineSession } from "../session.js";
import type { ExecuteResult } from "../types.js";
import { DefinitionContext } from "./context.js";

type CopyCommand = Extract<Command, { kind: "Copy" }>;

export function copyCommand(
  session: EngineSession,
  command: CopyCommand,
  parameters: readonly Datum[],
): ExecuteResult | Promise<ExecuteResult> {
  const { file } = command;
  if (file === undefined) return command.direction === "from" ? copyFrom(session, command) : copyTo(session, command, parameters);
  if (command.direction === "to") {
    return copyToFile(session, file, () => {
      const result = copyTo(session, command, parameters);
      assert(result.kind === "copyOut", "COPY TO gives a stream");
      return result.copy;
    });
  }
  return copyFromFile(session, file, async () => {
    const result = await copyFrom(session, command);
    assert(result.kind === "copyIn", "COPY FROM takes a stream");
    return result.copy;
  });
}

function copyFrom(session: EngineSession, command: CopyCommand): ExecuteResult | Promise<ExecuteResult> {
  return session.runInTransaction((transaction) => {
    const context = new DefinitionContext(session, transaction, "COPY FROM");
    assert(command.table !== undefined, "COPY FROM names a table");
    const relation = context.relation(command.table);
    if (relation.class !== "table")
      throw new DbError({
        sqlstate: "42809",
        message: `cannot copy to ${relation.class} "${relation.name}"`,
        ...(relation.class === "view" ? { hint: "To enable copying to a view, provide an INSTEAD OF INSERT trigger." } : {}),
      });
    const attributes = attributesOf(relation, command.columns);
    for (const number of attributes) {
      const attribute = relation.attributes[number - 1];
      if (attribute?.generated === true && command.columns.length > 0)
        throw new DbError({
          sqlstate: "42P10",
          message: `column "${attribute.name}" is a generated column`,
          detail: "Generated columns cannot be used in COPY.",
        });
    }
    const fields = attributes.filter((n) => relation.attributes[n - 1]?.generated !== true);
    return {
      tag: "COPY",
      result: (complete, fail) => ({
        kind: "copyIn",
        copy:
          command.options.format === "binary"
            ? new CopyFromBinary(context, relation, fields, command.where, command.whereRow ?? [], { complete, fail })
            : new CopyFrom(context, relation, fields, command.options, command.where, command.whereRow ?? [], { complete, fail }),
      }),
    };
  });
}

function copyTo(session: EngineSession, command: CopyCommand, parameters: readonly Datum[]): ExecuteResult {
  const catalog = session.catalog();
  let plan: LogicalPlan;
  if (command.query !== undefined) plan = command.query;
  else {
    assert(command.table !== undefined, "COPY TO has a table or a query");
    const relation = catalog.relation(command.table.schema, command.table.name);
    if (relation === undefined) throw new DbError({ sqlstate: "42P01", message: `relation "${command.table.name}" does not exist` });
    if (relation.class !== "table")
      throw new DbError({
        sqlstate: "42809",
        message: `cannot copy from ${relation.class} "${relation.name}"`,
        ...(relation.class === "view" ? { hint: "Try the COPY (SELECT ...) TO variant." } : {}),
      });
    const names = attributesOf(relation, command.columns).flatMap((n) => {
      const a = relation.attributes[n - 1];
      if (a?.generated === true && command.columns.length > 0)
        throw new DbError({
          sqlstate: "42P10",
          message: `column "${a.name}" is a generated column`,
          detail: "Generated columns cannot be used in COPY.",
        });
      return a === undefined || (a.generated === true && command.columns.length === 0) ? [] : [quoteIdentifier(a.name)];
    });
    const schema = catalog.schemaByOid(relation.schema)?.name ?? "";
    const [statement] = session.database.frontEnd.parse(
      `SELECT ${names.join(", ")} FROM ONLY ${quoteIdentifier(schema)}.${quoteIdentifier(relation.name)}`,
    );
    assert(statement !== undefined, "a statement of our own parses");
    const bound = session.database.frontEnd.bind(statement, {
      catalog,
      parameterTypes: [],
      format: session.format,
      currentUser: session.user,
      currentDatabase: session.databaseName,
    });
    assert(bound.body.kind === "Plan", "a SELECT is a plan");
    plan = bound.body.plan;
  }
  const portal = session.openStream(plan.columns, session.planLogical(plan, catalog), parameters);
  return {
    kind: "copyOut",
    copy: new CopyTo(
      portal,
      plan.columns.map((c) => c.name),
      plan.columns.map((c) => session.typeOf(c.type)),
      command.options,
      session.format,
    ),
  };
}

function attributesOf(table: TableObject, names: readonly string[]): number[] {
  if (names.length === 0) return table.attributes.filter((a) => !a.dropped).map((a) => a.number);
  const numbers = names.map((name) => {
    const attribute = table.attributes.find((a) => !a.dropped && a.name === name);
    if (attribute === undefined) throw columnMissing(name, table.name);
    return attribute.number;
  });
  numbers.forEach((number, i) => {
    if (numbers.indexOf(number) !== i) throw columnTwice(names[i] as string);
  });
  return numbers;
}
