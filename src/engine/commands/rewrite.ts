/**
 * Writing a table anew: every row is read, the changed columns computed, and the result put into a relation of its own; then the
 * indexes are built over it. Until commit other transactions read the old relation. Rows are written in steps, between which other sessions have their turn.
 */
import { quoteIdentifier, type TableObject } from "../../catalog/index.js";
import type { Steps } from "../../execution/index.js";
import type { Datum, Row } from "../../types/index.js";
import { assert, FIRST_USER_OID } from "../../types/index.js";
import { attributeColumn } from "../physical-column.js";
import { RowLoader } from "../row-loader.js";
import type { DefinitionContext } from "./context.js";
import { after, inOrder } from "./in-order.js";
import { rebuildIndex } from "./index-storage.js";

/**
 * A promise where it took more than one turn, or an index of the table is built off this thread.
 *
 * `values`: SQL over the old row, by attribute number. `next`: the table as it shall be (default: as it is).
 */
export function rewriteTable(
  context: DefinitionContext,
  table: TableObject,
  values: ReadonlyMap<number, string>,
  next: TableObject = table,
): Promise<void> | undefined {
  const live = next.attributes.filter((a) => !a.dropped || a.hidden === true);
  const list = live.map((attribute) => {
    // A hidden column's SQL has its type already, and that of an index over bits no name that could be written.
    if (attribute.hidden === true && attribute.defaultSql !== undefined) return `(${attribute.defaultSql})`;
    const sql = values.get(attribute.number);
    if (sql === undefined) return quoteIdentifier(attribute.name);
    const type = context.type(attribute.type);
    return `CAST((${sql}) AS ${attribute.type >= FIRST_USER_OID ? type.displayName : `"${type.name}"`})`;
  });
  context.nextStep();
  // Of the relation as it is stored before.
  const batches = context.batches(context.bindQuery(`SELECT ${list.join(", ")} FROM ONLY ${context.sqlName(table)}`));
  const storage = context.newOid();
  const rewritten: TableObject = { ...next, storage };
  context.check(
    context.storage.createRelation(
      context.engine,
      context.xid,
      storage,
      next.attributes.map((a) => attributeColumn(context.type(a.type), a)),
    ),
  );
  context.put(rewritten);
  const loader = new RowLoader(context, rewritten, { withoutIndexes: true });
  const width = next.attributes.length;
  const written = (row: Row): Row => {
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
  };
  function* copyRows(): Steps<void> {
    for (const rows of batches) {
      loader.insertFull(rows.map(written));
      yield;
    }
  }
  const copied = context.inTurns(copyRows());
  const indexes = context.snapshot.indexesOf(table.oid);
  const rebuilt = after(copied, () => inOrder(indexes, (index) => rebuildIndex(context, index, rewritten)));
  return after(rebuilt, () => {
    context.check(context.storage.dropRelation(context.engine, context.xid, table.storage));
    assert(context.again(rewritten).storage === storage, "the table points to its new relation");
  });
}
