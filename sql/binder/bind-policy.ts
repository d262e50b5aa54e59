/** CREATE and ALTER POLICY: the conditions are bound once over the table's row to check them, and kept as text with names resolved. */
import type { TableObject } from "../../src/catalog/index.js";
import type { Command } from "../../src/plan/index.js";
import { DbError, type Oid, syntaxError, wrongObjectType } from "../../src/types/index.js";
import { deparseResolved } from "../parser/deparse.js";
import type { Expr } from "../parser/syntax-tree.js";
import type { CatalogStatement } from "../parser/syntax-tree-catalog.js";
import { bindExpression } from "./bind-expression.js";
import { findRelationObject } from "./bind-from.js";
import type { Binder } from "./binder.js";
import { coerceToBoolean } from "./coerce.js";
import { scopeOfTable } from "./table-scope.js";

type PolicyStatement = Extract<CatalogStatement, { kind: "CreatePolicy" | "AlterPolicy" }>;

export function bindPolicy(binder: Binder, statement: PolicyStatement): Command {
  const { name, relation, roles } = statement;
  if (statement.kind === "CreatePolicy") {
    const { command } = statement;
    if (statement.check !== undefined && (command === "select" || command === "delete"))
      throw syntaxError("WITH CHECK cannot be applied to SELECT or DELETE");
    if (statement.using !== undefined && command === "insert") throw syntaxError("only WITH CHECK expression allowed for INSERT");
  }
  const table = findRelationObject(binder, relation.schema, relation.name, relation.position);
  if (table.class === "system") throw new DbError({ sqlstate: "42501", message: `permission denied: "${table.name}" is a system catalog` });
  if (table.class !== "table" || table.materialized !== undefined) throw wrongObjectType(`"${table.name}" is not a table`);
  const using = statement.using === undefined ? undefined : bindCondition(binder, table, statement.using);
  const check = statement.check === undefined ? undefined : bindCondition(binder, table, statement.check);
  const common = {
    name,
    table: { ...(relation.schema === undefined ? {} : { schema: relation.schema }), name: relation.name },
    ...(roles === undefined ? {} : { roles }),
    ...(using === undefined ? {} : { using }),
    ...(check === undefined ? {} : { check }),
  };
  if (statement.kind === "AlterPolicy") return { kind: "AlterPolicy", ...common };
  const { command, permissive } = statement;
  if (command !== "all" && command !== "select" && command !== "insert" && command !== "update" && command !== "delete")
    throw syntaxError(`unrecognized policy command "${command}"`);
  return { kind: "CreatePolicy", ...common, command, permissive };
}

function bindCondition(binder: Binder, table: TableObject, expr: Expr): { readonly sql: string; readonly dependsOn: readonly Oid[] } {
  binder.parametersAllowed = false;
  const recorded = { schemas: new Map(), stars: new Map() };
  binder.recorded = recorded;
  binder.relationsRead.clear();
  const scope = scopeOfTable(binder, table, "policy expressions");
  coerceToBoolean(binder, bindExpression(binder, scope, expr), "POLICY", expr.position);
  return { sql: deparseResolved(expr, recorded), dependsOn: [...binder.relationsRead].filter((oid) => oid !== table.oid) };
}
