/**
 * Writing a table anew: every row is read, the changed columns computed, and the result put into a relation of its own; then the
 * indexes are built over it. Until commit other transactions read the old relation.
 */
import { quoteIdentifier, type TableObject } from "../../catalog/index.js";
import type { Datum, Row } from "../../types/index.js";
import { assert, FIRST_USER_OID } from "../../types/index.js";
import { physicalColumn } from "../physical-column.js";
import { RowLoader } from "../row-loader.js";
import type { DefinitionContext } from "./context.js";
import { rebuildIndex } from "./index-storage.js";

/** `values`: SQL over the old row, by attribute number. `next`: the table as it shall be (default: as it is). */
export async function rewriteTable(
  context: DefinitionContext,
  table: TableObject,
  values: ReadonlyMap<number, string>,
  next: TableObject = table,
): Promise<void> {
  const live = next.attributes.filter((a) => !a.dropped || a.hidden === true);
  const list = live.map((attribute) => {
    const sql = values.get(attribute.number) ?? (attribute.hidden === true ? attribute.defaultSql : undefined);
    if (sql === undefined) return quoteIdentifier(attribute.name);
    const type = context.type(attribute.type);
    return `CAST((${sql}) AS ${attribute.type >= FIRST_USER_OID ? type.displayName : `"${type.name}"`})`;
  });
  context.nextStep();
  const rows = context.query(`SELECT ${list.join(", ")} FROM ONLY ${context.sqlName(table)}`);
  const storage = context.newOid();
  const rewritten: TableObject = { ...next, storage };
  context.check(
    context.storage.createRelation(
      context.engine,
      context.xid,
      storage,
      next.attributes.map((a) => physicalColumn(context.type(a.type), a.typmod)),
    ),
  );
  context.put(rewritten);
  const loader = new RowLoader(context, rewritten, { withoutIndexes: true });
  const width = next.attributes.length;
  loader.insertFull(
    rows.map((row): Row => {
      const full: Datum[] = new Array<Datum>(width).fill(null);
      live.forEach((attribute, i) => {
        const value = row[i] as Datum;
        const type = context.type(attribute.type);
        full[attribute.number - 1] =
          value !== null &&
          values.has(attribute.number) &&
          attribute.hidden !== true &&
          attribute.typmod !== -1 &&
          type.coerceModifier !== undefined
            ? type.coerceModifier(value, attribute.typmod, false)
            : value;
      });
      return full;
    }),
  );
  const indexes = context.snapshot.indexesOf(table.oid);
  for (const index of indexes) await rebuildIndex(context, index, rewritten);
  context.check(context.storage.dropRelation(context.engine, context.xid, table.storage));
  assert(context.again(rewritten).storage === storage, "the table points to its new relation");
}
