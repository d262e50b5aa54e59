/** Random tables with data: few rows, values that meet each other and NULLs. */
import type { Draw } from "./draw.js";

export type Kind = "int" | "numeric" | "text" | "bool" | "date" | "stamp" | "ints" | "json" | "range";
/** The first five are drawn more often. */
export const kinds: readonly Kind[] = [
  "int", "int", "numeric", "numeric", "text", "text", "bool", "bool", "date", "stamp", "ints", "json", "range",
]; // biome-ignore format: weights
const typeNames: Readonly<Record<Kind, readonly string[]>> = {
  int: ["int4", "int8", "int2"],
  numeric: ["numeric(8,2)", "numeric"],
  text: ["text", "varchar(20)"],
  bool: ["bool"],
  date: ["date", "date"],
  stamp: ["timestamp"],
  ints: ["int4[]"],
  json: ["jsonb"],
  range: ["int4range"],
};

/** A type that takes every value of the kind. */
export const kindType = (kind: Kind): string => typeNames[kind][0]!;

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
    case "stamp":
      return draw.pick(["timestamp '2020-01-01 00:00'", "timestamp '2020-02-29 12:34:56.789'", "timestamp '1999-12-31 23:59:59'"]);
    case "ints":
      return draw.pick(["'{}'::int4[]", "'{1}'::int4[]", "'{1,2,3}'::int4[]", "'{3,NULL,1}'::int4[]", "'{2,2}'::int4[]"]);
    case "json":
      return draw.pick([
        `'{"a": 1}'::jsonb`,
        `'{"a": "x", "b": [1, 2]}'::jsonb`,
        "'[1, 2, null]'::jsonb",
        "'3'::jsonb",
        "'null'::jsonb",
        "'{}'::jsonb",
      ]);
    case "range":
      return draw.pick(["'[1,5)'::int4range", "'[3,9)'::int4range", "'empty'::int4range", "'(,4)'::int4range", "'[5,6)'::int4range"]);
  }
}

/** Kinds that both servers have B-tree indexes for. */
const isIndexable = (kind: Kind): boolean => kind !== "ints" && kind !== "json" && kind !== "range";

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
    for (const column of columns.slice(1))
      if (draw.chance(25) && isIndexable(column.kind)) statements.push(`create index on ${name} (${column.name})`);
    return { name, columns };
  });
  return { tables, statements };
}
