/** COPY: which table or query, which columns, and the stream at its other end. */
import { quoteIdentifier, type TableObject } from "../../catalog/index.js";
import type { Command, LogicalPlan } from "../../plan/index.js";
import { assert, type CharacterSet, columnMissing, columnTwice, type Datum, DbError, notSupported } from "../../types/index.js";
import { CopyFrom } from "../copy/copy-from.js";
import { CopyFromBinary } from "../copy/copy-from-binary.js";
import { watchedSource, watchedTarget } from "../copy/copy-progress.js";
import { CopyTo } from "../copy/copy-to.js";
import { Destination } from "../copy/destination.js";
import { copyCharacters, encodedSource } from "../copy/encoded-text.js";
import { copyFromFile, copyToFile } from "../copy/server-files.js";
import { insertLocks } from "../plan-locks.js";
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
  if (file === undefined) return command.direction === "from" ? copyFrom(session, command) : copyTo(session, command, parameters, true);
  if (command.direction === "to") {
    return copyToFile(session, file, () => {
      const result = copyTo(session, command, parameters, false);
      assert(result.kind === "copyOut", "COPY TO gives a stream");
      return result.copy;
    });
  }
  return copyFromFile(session, file, async (bytes) => {
    const result = await copyFrom(session, command, bytes);
    assert(result.kind === "copyIn", "COPY FROM takes a stream");
    return result.copy;
  });
}

/** `fileBytes`: of the file that takes the place of the client's stream. */
function copyFrom(session: EngineSession, command: CopyCommand, fileBytes?: number): ExecuteResult | Promise<ExecuteResult> {
  return session.runner.runInTransaction((transaction) => {
    const context = new DefinitionContext(session, transaction, "COPY FROM");
    assert(command.table !== undefined, "COPY FROM names a table");
    const relation = context.relation(command.table);
    if (relation.class !== "table")
      throw new DbError({
        sqlstate: "42809",
        message: `cannot copy to ${relation.class} "${relation.name}"`,
        ...(relation.class === "view" ? { hint: "To enable copying to a view, provide an INSTEAD OF INSERT trigger." } : {}),
      });
    if (session.view.policiesIn(context.catalog)(relation, undefined) !== undefined)
      throw new DbError({
        sqlstate: "0A000",
        message: "COPY FROM not supported with row-level security",
        hint: "Use INSERT statements instead.",
      });
    transaction.relations.require(insertLocks(relation, context.snapshot));
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
    const characters = charactersOf(session, command);
    const destination = new Destination(context, relation, fields, command.where, command.whereRow ?? []);
    return {
      tag: "COPY",
      result: (complete, fail) => ({
        kind: "copyIn",
        copy: watchedTarget(
          session,
          relation.oid,
          command.options.format === "binary"
            ? new CopyFromBinary(destination, { complete, fail })
            : new CopyFrom(destination, command.options, { complete, fail }, characters),
          fileBytes,
        ),
      }),
    };
  });
}

/** `framed`: for a client, which gets a CopyData message for each row. */
function copyTo(session: EngineSession, command: CopyCommand, parameters: readonly Datum[], framed: boolean): ExecuteResult {
  const catalog = session.catalog();
  let plan: LogicalPlan;
  let relationOid = 0;
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
    relationOid = relation.oid;
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
      policiesFor: session.view.policiesIn(catalog),
    });
    assert(bound.body.kind === "Plan", "a SELECT is a plan");
    plan = bound.body.plan;
  }
  const characters = charactersOf(session, command);
  const portal = session.runner.openCopy(plan, parameters, command.options, framed);
  const rows = new CopyTo(
    portal,
    plan.columns.map((c) => c.name),
    plan.columns.map((c) => session.typeOf(c.type)),
    command.options,
    session.format,
    framed,
  );
  const source = watchedSource(session, relationOid, rows, framed);
  return { kind: "copyOut", copy: characters === undefined ? source : encodedSource(source, characters, framed) };
}

/** What the text of COPY is in, where it is not UTF-8. Inside of binary values it would have to be found type by type. */
function charactersOf(session: EngineSession, { options }: CopyCommand): CharacterSet | undefined {
  const characters = copyCharacters(options.encoding ?? session.setting("client_encoding"));
  if (characters !== undefined && options.format === "binary") throw notSupported(`COPY in binary format with encoding ${characters.name}`);
  return characters;
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
