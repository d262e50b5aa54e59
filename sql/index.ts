/** The SQL front end: text to statements, statements to plans. */
import type { BindContext, FrontEnd, ParsedStatement } from "../src/engine/types.js";
import type { FunctionRegistry } from "../src/functions/registry.js";
import type { BoundStatement } from "../src/plan/index.js";
import { notSupported } from "../src/types/index.js";
import { bindStatement } from "./binder/bind-statement.js";
import { renameInBody, renameInExpression, renameInQuery } from "./binder/rename-stored.js";
import { printRoutineBody, printStoredExpression, printStoredQuery } from "./deparse/index.js";
import { transactionActionOf } from "./parser/convert-session.js";
import { guardStack, loadParser, parseStatements, SyntaxTree } from "./parser/parse.js";

/**
 * Ready for synchronous use once the promise resolves. Error positions count in the whole query string that `parse` was given:
 * nobody adds `ParsedStatement.offset` to them.
 */
export async function createFrontEnd(registry: FunctionRegistry): Promise<FrontEnd> {
  await loadParser();
  return {
    parse: (text) => parseStatements(text).map(describe),
    bind: (statement, context) => bind(registry, statement, context),
    renameInQuery: (sql, context, renaming) => guardStack(() => renameInQuery(registry, context, sql, renaming)),
    renameInBody: (source, context, renaming) => guardStack(() => renameInBody(registry, context, source, renaming)),
    renameInExpression,
    printQuery: (context, stored) => guardStack(() => printStoredQuery(registry, context, stored)),
    printRoutineBody: (context, source) => guardStack(() => printRoutineBody(registry, context, source)),
    printExpression: (context, stored) => guardStack(() => printStoredExpression(registry, context, stored)),
  };
}

function bind(registry: FunctionRegistry, statement: ParsedStatement, context: BindContext): BoundStatement {
  const tree = statement.tree;
  if (!(tree instanceof SyntaxTree)) throw notSupported("a statement of another front end");
  return guardStack(() => bindStatement(context.registry ?? registry, context, tree.statement, statement.text));
}

function describe(statement: ReturnType<typeof parseStatements>[number]): ParsedStatement {
  const { tree } = statement;
  const action = tree.rawKind === "TransactionStmt" ? transactionActionOf(tree.rawBody) : undefined;
  const transactionAction =
    action === "begin" || action === "commit" || action === "rollback" || action === "rollbackTo" || action === "prepare"
      ? action
      : undefined;
  return { text: statement.text, offset: statement.offset, tree, transactionAction };
}

export { parseStatements };
