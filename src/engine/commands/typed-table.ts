/** Tables OF a composite type: their columns are the type's, and change with it. */
import type { CompositeObject, TableObject } from "../../catalog/index.js";
import type { AlterTableAction } from "../../plan/index.js";
import { DbError, type Oid } from "../../types/index.js";
import type { DefinitionContext } from "./context.js";

const wrongTable = (message: string) => new DbError({ sqlstate: "42809", message });
const mismatch = (message: string) => new DbError({ sqlstate: "42804", message });

/** What only the type may do to the table's columns. */
export function refuseTyped(action: AlterTableAction): void {
  switch (action.kind) {
    case "addColumn":
      throw wrongTable("cannot add column to typed table");
    case "dropColumn":
      throw wrongTable("cannot drop column from typed table");
    case "alterType":
      throw wrongTable("cannot alter column type of typed table");
    case "inherit":
    case "noInherit":
      throw wrongTable("cannot change inheritance of typed table");
    default:
  }
}

export function notOf(context: DefinitionContext, table: TableObject): void {
  const { ofType, ...plain } = table;
  if (ofType === undefined) throw wrongTable(`"${table.name}" is not a typed table`);
  context.put(plain);
}

/** ALTER TABLE … OF: the columns must be the type's, in its order. */
export function becomeTyped(context: DefinitionContext, table: TableObject, oid: Oid): void {
  const type = context.snapshot.object(oid);
  if (type?.class !== "type" || type.kind !== "composite") throw wrongTable(`type with OID ${oid} is not a composite type`);
  if ((table.parents ?? []).length > 0) throw wrongTable("typed tables cannot inherit");
  const own = table.attributes.filter((a) => !a.dropped);
  const wanted = type.attributes.filter((a) => !a.dropped);
  wanted.forEach((attribute, i) => {
    const column = own[i];
    if (column === undefined) throw mismatch(`table is missing column "${attribute.name}"`);
    if (column.name !== attribute.name) throw mismatch(`table has column "${column.name}" where type requires "${attribute.name}"`);
    if (column.type !== attribute.type || column.typmod !== attribute.typmod)
      throw mismatch(`table "${table.name}" has different type for column "${attribute.name}"`);
  });
  const extra = own[wanted.length];
  if (extra !== undefined) throw mismatch(`table has extra column "${extra.name}"`);
  context.put({ ...table, ofType: oid });
}

export function* tablesOf(context: DefinitionContext, type: CompositeObject): Iterable<TableObject> {
  for (const object of [...context.snapshot.objects()]) if (object.class === "table" && object.ofType === type.oid) yield object;
}
/** find_typed_table_dependencies: a type that tables are of changes only with them. */
export function typedTables(context: DefinitionContext, type: CompositeObject, cascade: boolean): readonly TableObject[] {
  const tables = [...tablesOf(context, type)];
  if (tables.length > 0 && !cascade)
    throw new DbError({
      sqlstate: "2BP01",
      message: `cannot alter type "${type.name}" because it is the type of a typed table`,
      hint: "Use ALTER ... CASCADE to alter the typed tables too.",
    });
  return tables;
}
