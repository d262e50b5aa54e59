/** Random tables with data: few rows, values that meet each other and NULLs. */
import type { Draw } from "./draw.js";

export type Kind = "int" | "numeric" | "text" | "bool" | "date";
export const kinds: readonly Kind[] = ["int", "numeric", "text", "bool", "date"];
const typeNames: Readonly<Record<Kind, readonly string[]>> = {
  int: ["int4", "int8", "int2"],
  numeric: ["numeric(8,2)", "numeric"],
  text: ["text", "varchar(20)"],
  bool: ["bool"],
  date: ["date", "date"],
};

export interface Column {
  readonly name: string;
  readonly kind: Kind;
}
export interface Table {
  readonly name: string;
  /** The first is the primary key `id`. */
  readonly columns: readonly Column[];
}
export interface Schema {
  readonly tables: readonly Table[];
  readonly statements: readonly string[];
}

export function literal(draw: Draw, kind: Kind): string {
  switch (kind) {
    case "int":
      return String(draw.between(-3, 9));
    case "numeric":
      return draw.pick(["0", "1.5", "-2.25", "3.00", "10.1", "0.01", "7"]);
    case "text":
      return draw.pick(["''", "'a'", "'b'", "'ab'", "'B'", "'abc'", "' x '", "'10'"]);
    case "bool":
      return draw.pick(["true", "false"]);
    case "date":
      return draw.pick(["date '2020-01-01'", "date '2020-02-29'", "date '1999-12-31'", "date '2021-07-15'"]);
  }
}

export function makeSchema(draw: Draw): Schema {
  const statements: string[] = [];
  const tables = draw.times(draw.between(2, 4), (t): Table => {
    const name = `t${t}`;
    const columns: Column[] = [{ name: "id", kind: "int" }];
    for (const [i, kind] of draw.times(draw.between(2, 5), (i) => [i, i === 0 ? "int" : draw.pick(kinds)] as const))
      columns.push({ name: `${kind[0]}${i}`, kind });
    const definitions = columns.map((c, i) => `${c.name} ${i === 0 ? "int primary key" : draw.pick(typeNames[c.kind])}`);
    statements.push(`create table ${name} (${definitions.join(", ")})`);
    const rows = draw.times(draw.between(0, 12), (row) => {
      const values = columns.map((c, i) => (i === 0 ? String(row + 1) : draw.chance(20) ? "null" : literal(draw, c.kind)));
      return `(${values.join(", ")})`;
    });
    if (rows.length > 0) statements.push(`insert into ${name} values ${rows.join(", ")}`);
    for (const column of columns.slice(1)) if (draw.chance(25)) statements.push(`create index on ${name} (${column.name})`);
    return { name, columns };
  });
  return { tables, statements };
}
