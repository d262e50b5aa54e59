/**
 * Native pipelines give what the TypeScript operators give: random expressions, groupings, joins, sorts and windows over random values
 * with NULLs, NaN and extremes, run both ways; rows, or the error's code and text, must be equal.
 *
 * `ORRERY_PROPERTY_SEED` and `ORRERY_PROPERTY_RUNS` repeat and lengthen a run.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DbError, type Orrery, open } from "../../src/index.js";

const RUNS = Number(process.env.ORRERY_PROPERTY_RUNS ?? 150);
const SEED = process.env.ORRERY_PROPERTY_SEED;

type Kind = "int2" | "int4" | "int8" | "float4" | "float8" | "numeric" | "text" | "bool" | "date" | "timestamp" | "uuid";
const columns: Readonly<Record<Kind, readonly string[]>> = {
  int2: ["a"],
  int4: ["b", "g"],
  int8: ["c"],
  float4: ["e"],
  float8: ["d"],
  numeric: ["n"],
  text: ["t"],
  bool: ["o"],
  date: ["dt"],
  timestamp: ["ts"],
  uuid: ["u"],
};
const kinds = Object.keys(columns) as Kind[];
const numbers: readonly Kind[] = ["int2", "int4", "int8", "float4", "float8", "numeric"];
const values: Readonly<Record<Kind, readonly string[]>> = {
  int2: ["0", "1", "-1", "7", "32767", "-32768"],
  int4: ["0", "1", "-1", "42", "2147483647", "-2147483648"],
  int8: ["0", "1", "-1", "9007199254740993", "9223372036854775807", "-9223372036854775808"],
  float4: ["0", "-0.0", "1.5", "NaN", "Infinity", "-Infinity", "3.4e38", "1e-45"],
  float8: ["0", "-0.0", "0.1", "NaN", "Infinity", "-Infinity", "1.7e308", "5e-324"],
  numeric: ["0", "0.00", "1.10", "1.1", "-7.25", "123456789012345678901234.5678", "0.000000000001", "99999999999999999999999999999999999"],
  text: ["", "a", "b", "abc", "abd", "a longer text of more than twelve bytes", "äöü", "A%_\\", "zz"],
  bool: ["true", "false"],
  date: ["2000-01-01", "1999-12-31", "infinity", "-infinity", "2024-02-29"],
  timestamp: ["2000-01-01 00:00:00", "1970-01-01 12:34:56.789", "infinity", "-infinity", "2024-02-29 23:59:59.999999"],
  uuid: ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "12345678-9abc-def0-1234-56789abcdef0"],
};

/** A small random source: everything follows from its seed. */
class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  }
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
  chance(p: number): boolean {
    return this.next() < p;
  }
}

class Queries {
  constructor(
    readonly random: Random,
    readonly alias = "r",
  ) {}
  literal(kind: Kind): string {
    return this.random.chance(0.1) ? `null::${kind}` : `'${this.random.of(values[kind])}'::${kind}`;
  }
  /** An expression of the kind; depth bounds its nesting. */
  expression(kind: Kind, depth: number): string {
    const { random } = this;
    const again = (k: Kind): string => this.expression(k, depth - 1);
    if (depth <= 0 || random.chance(0.3)) return random.chance(0.7) ? `${this.alias}.${random.of(columns[kind])}` : this.literal(kind);
    switch (random.below(7)) {
      case 0:
        return `case when ${again("bool")} then ${again(kind)} else ${again(kind)} end`;
      case 1:
        return `coalesce(${again(kind)}, ${again(kind)})`;
      case 2:
        return `${random.of(["greatest", "least"])}(${again(kind)}, ${again(kind)})`;
      case 3:
        return `nullif(${again(kind)}, ${again(kind)})`;
      default:
        return this.#own(kind, again);
    }
  }
  #own(kind: Kind, again: (k: Kind) => string): string {
    const { random } = this;
    switch (kind) {
      case "bool":
        return this.condition(again);
      case "int2":
      case "int4":
      case "int8":
        if (random.chance(0.2)) return `(-${again(kind)})`;
        if (random.chance(0.1)) return `abs(${again(kind)})`;
        if (kind === "int4" && random.chance(0.2)) return `length(${again("text")})`;
        if (random.chance(0.2)) return `${again(random.of(numbers.filter((n) => n !== "numeric")))}::${kind}`;
        return `(${again(kind)} ${random.of(["+", "-", "*", "/", "%"])} ${again(kind)})`;
      case "float4":
      case "float8":
        if (random.chance(0.2)) return `${again(random.of(numbers.filter((n) => n !== "numeric")))}::${kind}`;
        return `(${again(kind)} ${random.of(["+", "-", "*", "/"])} ${again(kind)})`;
      case "numeric":
        if (random.chance(0.2)) return `${again(random.of(["int2", "int4", "int8"] as const))}::numeric`;
        return `(${again(kind)} ${random.of(["+", "-", "*", "/"])} ${again(kind)})`;
      case "text":
        return `(${again("text")} || ${again("text")})`;
      default:
        return this.literal(kind);
    }
  }
  condition(again: (k: Kind) => string): string {
    const { random } = this;
    const kind = random.of(kinds);
    switch (random.below(8)) {
      case 0:
        return `(${again("bool")} ${random.of(["and", "or"])} ${again("bool")})`;
      case 1:
        return `(not ${again("bool")})`;
      case 2:
        return `(${again(kind)} is ${random.of(["", "not "])}null)`;
      case 3:
        return `(${again(kind)} is ${random.of(["", "not "])}distinct from ${again(kind)})`;
      case 4:
        return `(${again("bool")} is ${random.of(["", "not "])}${random.of(["true", "false", "unknown"])})`;
      case 5: {
        const list = Array.from({ length: 1 + random.below(12) }, () => this.literal(kind));
        return `(${again(kind)} ${random.of(["", "not "])}in (${list.join(", ")}))`;
      }
      case 6:
        return `(${again("text")} ${random.of(["", "not "])}like '${random.of(["%", "a%", "%b", "%a%", "_", "a_c%", "", "%\\%%", "_%_"])}')`;
      default:
        return `(${again(kind)} ${random.of(["=", "<>", "<", "<=", ">", ">="])} ${again(kind)})`;
    }
  }
  any(depth = 2): string {
    return this.expression(this.random.of(kinds), depth);
  }
  list(most: number, depth = 2): string[] {
    return Array.from({ length: 1 + this.random.below(most) }, () => this.any(depth));
  }
  where(): string {
    return this.random.chance(0.5) ? ` where ${this.expression("bool", 3)}` : "";
  }
  aggregate(): string {
    const { random } = this;
    const filter = random.chance(0.2) ? ` filter (where ${this.expression("bool", 2)})` : "";
    const distinct = random.chance(0.2) ? "distinct " : "";
    switch (random.below(6)) {
      case 0:
        return `count(*)${filter}`;
      case 1:
        return `count(${distinct}${this.any()})${filter}`;
      case 2:
        return `${random.of(["bool_and", "bool_or", "every"])}(${this.expression("bool", 2)})${filter}`;
      case 3: {
        const kind = random.of(kinds.filter((k) => k !== "bool" && k !== "uuid"));
        return `${random.of(["min", "max"])}(${distinct}${this.expression(kind, 2)})${filter}`;
      }
      default:
        return `${random.of(["sum", "avg"])}(${distinct}${this.expression(random.of(numbers), 1)})${filter}`;
    }
  }
  keys(most: number): string {
    const { random } = this;
    return this.list(most, 1)
      .map((e) => `${e}${random.of(["", " desc"])}${random.of(["", " nulls first", " nulls last"])}`)
      .join(", ");
  }
  query(): string {
    const { random } = this;
    switch (random.below(7)) {
      case 0:
        return `select ${this.list(4).join(", ")} from r${this.where()}`;
      case 1:
        return `select ${[this.aggregate(), this.aggregate()].join(", ")} from r${this.where()}`;
      case 2: {
        const keys = this.list(2, 1);
        return `select ${[...keys, this.aggregate(), this.aggregate()].join(", ")} from r${this.where()} group by ${keys.map((_, i) => i + 1).join(", ")}`;
      }
      case 3: {
        const kind = random.of(["int4", "int8", "text", "float8", "date", "numeric", "uuid", "int2"] as const);
        const other = new Queries(random, "s");
        const residual = random.chance(0.3) ? ` and ${random.chance(0.5) ? this.expression("bool", 1) : "r.id < s.id"}` : "";
        const type = random.of(["join", "left join", "right join", "full join"]);
        return `select ${[...this.list(2, 1), ...other.list(2, 1), "r.id", "s.id"].join(", ")} from r ${type} s on ${this.expression(kind, 1)} = ${other.expression(kind, 1)}${residual}`;
      }
      case 4: {
        const kind = random.of(["int4", "int8", "text"] as const);
        return `select ${this.list(2, 1).join(", ")} from r where ${random.of(["", "not "])}exists (select 1 from s where s.${random.of(columns[kind])} = ${this.expression(kind, 1)}${random.chance(0.3) ? " and s.id > r.id" : ""})`;
      }
      case 5:
        return `select * from (select id, ${this.list(2, 1).join(", ")} from r order by ${this.keys(3)}, id${random.chance(0.5) ? ` limit ${random.below(40)} offset ${random.below(10)}` : ""}) x`;
      default:
        return random.chance(0.3)
          ? `select distinct ${this.list(2, 1).join(", ")} from r${this.where()}`
          : `select id, ${[this.window(), this.window()].join(", ")} from r`;
    }
  }
  window(): string {
    const { random } = this;
    const partition = random.chance(0.6) ? `partition by ${this.list(1, 1).join(", ")}` : "";
    const frame = random.of([
      "",
      "",
      " rows between unbounded preceding and current row",
      " rows between 2 preceding and 1 following",
      " rows between unbounded preceding and unbounded following",
    ]);
    const over = `over (${partition} order by ${this.keys(1)}, id${frame})`;
    const call = random.of([
      "row_number()",
      "rank()",
      "dense_rank()",
      "percent_rank()",
      "cume_dist()",
      `lag(${this.any(1)})`,
      `lead(${this.any(1)}, 2)`,
      `first_value(${this.any(1)})`,
      `last_value(${this.any(1)})`,
      `sum(${this.expression(random.of(numbers), 1)})`,
      `avg(${this.expression(random.of(numbers), 1)})`,
      `min(${this.expression(random.of(["int4", "text", "float8", "numeric"] as const), 1)})`,
      "count(*)",
    ]);
    return `${call} ${over}`;
  }
}

let db: Orrery;
const random = new Random(20260101);
beforeAll(async () => {
  db = await open();
  const definitions = `id int primary key, a int2, b int4, g int4, c int8, e float4, d float8, n numeric, t text, o bool, dt date, ts timestamp, u uuid`;
  for (const [table, rows] of [
    ["r", 260],
    ["s", 60],
  ] as const) {
    await db.query(`create table ${table} (${definitions})`);
    for (let id = 1; id <= rows; id++) {
      const one = (kind: Kind): string => (random.chance(0.15) ? "null" : `'${random.of(values[kind])}'`);
      const list = [
        one("int2"),
        one("int4"),
        `${random.below(5)}`,
        one("int8"),
        one("float4"),
        one("float8"),
        one("numeric"),
        one("text"),
        one("bool"),
        one("date"),
        one("timestamp"),
        one("uuid"),
      ];
      await db.query(`insert into ${table} values (${id}, ${list.join(", ")})`);
    }
    // Some versions that nobody sees any more.
    await db.query(`update ${table} set g = g + 1 where id % 7 = 0`);
    await db.query(`delete from ${table} where id % 31 = 0`);
  }
}, 60_000);
afterAll(() => db?.close());

/** Rows as sorted text, or the error. */
async function answer(minRows: number, sql: string): Promise<string> {
  await db.query(`set orrery.native_min_rows = ${minRows}`);
  try {
    const { rows } = await db.query(`/* ${minRows} */ ${sql}`);
    return rows
      .map((row) =>
        JSON.stringify(row, (_, v) =>
          typeof v === "bigint" ? `${v}n` : typeof v === "number" && !Number.isFinite(v) ? String(v) : Object.is(v, -0) ? "-0" : v,
        ),
      )
      .sort()
      .join("\n");
  } catch (error) {
    if (error instanceof DbError) return `${error.sqlstate}: ${error.message}`;
    throw error;
  }
}

test("the setting decides what runs natively", async () => {
  const plan = async (minRows: number): Promise<string> => {
    await db.query(`set orrery.native_min_rows = ${minRows}`);
    return JSON.stringify((await db.query(`explain select g, count(*) from r group by g -- ${minRows}`)).rows);
  };
  expect(await plan(0)).toContain("Pipeline");
  expect(await plan(-1)).not.toContain("Pipeline");
});

test("native pipelines and TypeScript operators agree", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 - 1 }), async (seed) => {
      const sql = new Queries(new Random(seed)).query();
      const native = await answer(0, sql);
      const general = await answer(-1, sql);
      if (native !== general)
        throw new Error(`seed ${seed}\n${sql}\nnative:\n${native.slice(0, 1500)}\ngeneral:\n${general.slice(0, 1500)}`);
    }),
    { numRuns: RUNS, endOnFailure: true, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
  );
}, 300_000);
