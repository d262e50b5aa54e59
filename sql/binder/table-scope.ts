/** The scope of an expression over one table's row, outside of any query: a policy's condition, what statistics are made of. */
import type { TableObject } from "../../src/catalog/index.js";
import type { Binder } from "./binder.js";
import { type Clause, Scope } from "./scope.js";

export function scopeOfTable(binder: Binder, table: TableObject, clause: Clause): Scope {
  const columns = table.attributes
    .filter((a) => !a.dropped)
    .map((a) => binder.newColumn(a.name, a.type, a.typmod, { relation: table.oid, attribute: a.number }));
  const item = { name: table.name, relation: table.oid, wholeRow: true, columns, relationVisible: true, columnsVisible: true };
  const scope = new Scope(undefined);
  binder.own(scope, item);
  scope.items = [item];
  scope.clause = clause;
  return scope;
}
