/** SET NOT NULL: the rows that are there must have a value. */
import { type AttributeObject, quoteIdentifier, type TableObject } from "../../catalog/index.js";
import { columnHasNulls } from "../../types/index.js";
import type { DefinitionContext } from "./context.js";

export function requireNoNulls(context: DefinitionContext, table: TableObject, attribute: AttributeObject): void {
  context.nextStep();
  const found = context.query(`SELECT 1 FROM ONLY ${context.sqlName(table)} WHERE ${quoteIdentifier(attribute.name)} IS NULL LIMIT 1`, 1);
  if (found.length > 0) throw columnHasNulls(attribute.name, table.name, context.schemaName(table.schema));
}
