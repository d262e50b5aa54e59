/** One statement, bound: its plan or command, its parameters and its result columns. */
import type { BindContext } from "../../src/engine/types.js";
import type { FunctionRegistry } from "../../src/functions/registry.js";
import type { BoundStatement, LogicalPlan } from "../../src/plan/index.js";
import { notSupported, TypeOid } from "../../src/types/index.js";
import { deparseResolved } from "../parser/deparse.js";
import type { Statement } from "../parser/syntax-tree.js";
import { bindCommand } from "./bind-command.js";
import { bindModification } from "./bind-modification.js";
import { bindQuery } from "./bind-query.js";
import { bindRoutineStatement } from "./bind-routine-result.js";
import { Binder } from "./binder.js";
import { collateStatement } from "./collate-statement.js";

/** Words that name system columns. Columns that nobody reads cost only their binding, so a hit that means something else does no harm. */
const SYSTEM_COLUMN = /\b(?:tableoid|ctid|xmin|xmax|cmin|cmax)\b/i;
export const mentionsSystemColumn = (text: string): boolean => SYSTEM_COLUMN.test(text);

export function bindStatement(registry: FunctionRegistry, context: BindContext, statement: Statement, text = ""): BoundStatement {
  const binder = new Binder(registry, context);
  binder.mentionsSystemColumns = mentionsSystemColumn(text);
  if (context.resolvesNames === true) return bindResolved(binder, context, statement);
  if (context.routineResult !== undefined) return bindRoutineStatement(binder, statement, context.routineResult);
  const bound = bindWithin(binder, statement);
  return context.parameterNames === undefined ? bound : { ...bound, dependsOn: [...binder.relationsRead] };
}

/** A statement of a standard body, which is kept as it was understood. */
function bindResolved(binder: Binder, context: BindContext, statement: Statement): BoundStatement {
  const recorded = { schemas: new Map(), stars: new Map() };
  binder.recorded = recorded;
  const bound =
    context.routineResult === undefined
      ? { ...bindWithin(binder, statement), dependsOn: [...binder.relationsRead] }
      : bindRoutineStatement(binder, statement, context.routineResult);
  const tree = statement.kind === "Query" ? statement.query : statement;
  switch (tree.kind) {
    case "Select":
    case "Values":
    case "SetOperation":
    case "Insert":
    case "Update":
    case "Delete":
    case "Merge":
      return { ...bound, resolvedSql: deparseResolved(tree, recorded) };
    default:
      throw notSupported("a statement that defines something in an unquoted SQL function body");
  }
}

export function bindWithin(binder: Binder, statement: Statement): BoundStatement {
  const bound = bindBody(binder, statement);
  // EXPLAIN's statement went through here by itself.
  return binder.collated && statement.kind !== "Explain" ? collateStatement(binder, bound) : bound;
}
function bindBody(binder: Binder, statement: Statement): BoundStatement {
  switch (statement.kind) {
    case "Empty":
      return { body: { kind: "Empty" }, parameterTypes: binder.finishParameters(), tag: "", columns: [], cacheable: true };
    case "Query":
      return finish(binder, bindQuery(binder, undefined, statement.query, { resolveUnknowns: true }), "SELECT");
    case "Insert":
    case "Update":
    case "Delete":
    case "Merge":
      return finish(binder, bindModification(binder, undefined, statement), statement.kind.toUpperCase());
    default: {
      const { command, tag, columns } = bindCommand(binder, statement);
      return {
        body: { kind: "Command", command },
        reads: binder.reads,
        parameterTypes: binder.finishParameters(),
        tag,
        columns: columns ?? [],
        cacheable: false,
      };
    }
  }
}

function finish(binder: Binder, plan: LogicalPlan, tag: string): BoundStatement {
  const columns = plan.columns.map(({ name, type, typmod, origin }) =>
    origin === undefined ? { name, type: type === TypeOid.unknown ? TypeOid.text : type, typmod } : { name, type, typmod, origin },
  );
  return {
    body: { kind: "Plan", plan },
    parameterTypes: binder.finishParameters(),
    tag,
    columns,
    cacheable: binder.cacheable,
    reads: binder.reads,
  };
}
