/** Random changes of one table, each to be undone; what it returns and the table after it are compared. */
import type { Draw } from "./draw.js";
import { QueryMaker } from "./query.js";
import { type Column, kindType, type Schema, type Table } from "./schema.js";

export interface GeneratedChange {
  readonly sql: string;
  /** The table as the change left it. */
  readonly after: string;
}

export function makeChange(draw: Draw, schema: Schema): GeneratedChange {
  const maker = new QueryMaker(draw, schema);
  const table = draw.pick(schema.tables);
  const sql = draw.weighted<string>([
    [3, () => update(draw, maker, table)],
    [2, () => remove(draw, maker, table)],
    [2, () => insert(draw, maker, table)],
    [2, () => merge(draw, maker, table, draw.pick(schema.tables))],
  ]);
  return { sql, after: `select * from ${table.name} order by id` };
}

const itemOf = (table: Table, alias: string) => ({ alias, columns: table.columns, key: ["id"] });
/** Values for columns other than the key; casts as an assignment would do them, where there is no such cast. */
function assignments(draw: Draw, maker: QueryMaker, table: Table, items: Parameters<QueryMaker["expression"]>[1]): [Column, string][] {
  const changed = table.columns.slice(1).filter(() => draw.chance(50));
  const chosen = changed.length > 0 ? changed : table.columns.slice(1, 2);
  return chosen.map((c) => [c, draw.chance(10) ? "default" : `(${maker.expression(c.kind, items, 1)})::${kindType(c.kind)}`]);
}
const setList = (pairs: readonly (readonly [Column, string])[]): string => pairs.map(([c, value]) => `${c.name} = ${value}`).join(", ");
const returning = (draw: Draw, alias: string): string => (draw.chance(60) ? ` returning ${alias}.*` : "");

function update(draw: Draw, maker: QueryMaker, table: Table): string {
  const items = [itemOf(table, "x")];
  const set = setList(assignments(draw, maker, table, items));
  return `update ${table.name} x set ${set}${maker.where(items, 1)}${returning(draw, "x")}`;
}
function remove(draw: Draw, maker: QueryMaker, table: Table): string {
  const items = [itemOf(table, "x")];
  return `delete from ${table.name} x${maker.where(items, 1)}${returning(draw, "x")}`;
}
function insert(draw: Draw, maker: QueryMaker, table: Table): string {
  const items = [itemOf(table, "y")];
  const values = table.columns.map((c, i) =>
    i === 0 ? `y.id + ${draw.pick([0, 1, 20])}` : `(${maker.expression(c.kind, items, 2)})::${kindType(c.kind)}`,
  );
  const conflict = draw.weighted<string>([
    [1, () => " on conflict do nothing"],
    [
      1,
      () => ` on conflict (id) do update set ${setList(assignments(draw, maker, table, [itemOf(table, "x"), itemOf(table, "excluded")]))}`,
    ],
    [1, () => ""],
  ]);
  return `insert into ${table.name} as x select ${values.join(", ")} from ${table.name} y${maker.where(items, 2)}${conflict}${returning(draw, "x")}`;
}
/** The source has each key once, so that no row is met twice. */
function merge(draw: Draw, maker: QueryMaker, table: Table, source: Table): string {
  const target = itemOf(table, "x");
  const other = itemOf(source, "y");
  const both = [target, other];
  const test = (items: typeof both): string => (draw.chance(60) ? ` and ${maker.expression("bool", items, 2)}` : "");
  const change = draw.pick([() => `update set ${setList(assignments(draw, maker, table, both))}`, () => "delete", () => "do nothing"])();
  const values = table.columns.map((c, i) => (i === 0 ? "y.id + 30" : `(${maker.expression(c.kind, [other], 2)})::${kindType(c.kind)}`));
  return (
    `merge into ${table.name} x using ${source.name} y on x.id = y.id when matched${test(both)} then ${change}` +
    ` when not matched${test([other])} then insert values (${values.join(", ")})`
  );
}
