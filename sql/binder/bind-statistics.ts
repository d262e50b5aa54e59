/** CREATE STATISTICS: the columns by name, expressions bound once over the table's row to check them. The rest is judged when it runs. */
import type { Command } from "../../src/plan/index.js";
import { DbError, featureNotSupported, wrongObjectType } from "../../src/types/index.js";
import { deparseExpression } from "../parser/deparse.js";
import type { CatalogStatement } from "../parser/syntax-tree-catalog.js";
import { nameOf } from "./bind-catalog.js";
import { bindExpression } from "./bind-expression.js";
import { findRelationObject } from "./bind-from.js";
import type { Binder } from "./binder.js";
import { scopeOfTable } from "./table-scope.js";

const KINDS: Readonly<Record<string, string>> = { view: "views", index: "indexes", sequence: "sequences" };

export function bindCreateStatistics(binder: Binder, statement: Extract<CatalogStatement, { kind: "CreateStatistics" }>): Command {
  const { relation } = statement;
  if (relation === "notAName") throw featureNotSupported("CREATE STATISTICS only supports relation names in the FROM clause");
  if (relation === "several") throw featureNotSupported("only a single relation is allowed in CREATE STATISTICS");
  const table = findRelationObject(binder, relation.schema, relation.name, relation.position);
  if (table.class === "system") throw new DbError({ sqlstate: "42501", message: `permission denied: "${table.name}" is a system catalog` });
  if (table.class !== "table")
    throw wrongObjectType(
      `cannot define statistics for relation "${table.name}"`,
      undefined,
      `This operation is not supported for ${KINDS[table.class]}.`,
    );
  binder.parametersAllowed = false;
  const scope = scopeOfTable(binder, table, "statistics expressions");
  const elements = statement.elements.map((element) => {
    if (element.column !== undefined) return { column: element.column };
    const expr = element.expr!;
    const bound = bindExpression(binder, scope, expr);
    // A column in parentheses is a column.
    if (bound.kind === "ColumnReference") return { column: bound.name };
    return { sql: deparseExpression(expr), type: bound.type };
  });
  return {
    kind: "CreateStatistics",
    ...(statement.name.length === 0 ? {} : { name: nameOf(statement.name) }),
    ifNotExists: statement.ifNotExists,
    kinds: statement.kinds,
    elements,
    table: table.oid,
  };
}
