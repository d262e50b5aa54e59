/**
 * Random queries whose answer does not depend on the order of rows or on which of several rows a server happens to take: window functions
 * and ordered aggregates sort by keys, LIMIT comes with an order over all columns. Divisions are by nullif(…, 0).
 */
import type { Draw } from "./draw.js";
import { type Column, type Kind, kinds, literal, type Schema } from "./schema.js";

/** A relation in sight: an alias and its columns. `key`: columns that tell its rows apart. */
interface Item {
  readonly alias: string;
  readonly columns: readonly Column[];
  readonly key: readonly string[] | undefined;
}
export interface GeneratedQuery {
  readonly sql: string;
  readonly ordered: boolean;
}

const DEPTH_MAX = 3;

export class QueryMaker {
  #aliases = 0;
  constructor(
    readonly draw: Draw,
    readonly schema: Schema,
  ) {}

  statement(): GeneratedQuery {
    const { draw } = this;
    return draw.weighted<GeneratedQuery>([
      [10, () => this.top(this.select([], 0))],
      [2, () => this.top(this.setOperation(0))],
      [2, () => this.withQuery()],
      [1, () => this.recursiveQuery()],
    ]);
  }

  /** The outermost query: sometimes with an order over all of its columns, and then perhaps a limit. */
  top(query: { readonly sql: string; readonly columns: readonly Column[] }): GeneratedQuery {
    const { draw } = this;
    if (!draw.chance(40)) return { sql: query.sql, ordered: false };
    const keys = query.columns.map((_, i) => `${i + 1}${draw.pick(["", " desc", " nulls first", " desc nulls last"])}`);
    const limit = draw.chance(40) ? ` limit ${draw.below(6)}${draw.chance(50) ? ` offset ${draw.below(3)}` : ""}` : "";
    return { sql: `select * from (${query.sql}) q order by ${keys.join(", ")}${limit}`, ordered: true };
  }

  withQuery(): GeneratedQuery {
    const { draw } = this;
    const inner = this.select([], 1);
    const name = "w";
    const item: Item = { alias: name, columns: inner.columns, key: undefined };
    const body = this.select([item], 1);
    const materialized = draw.pick(["", "materialized ", "not materialized "]);
    const columns = inner.columns.map((c) => c.name).join(", ");
    return this.top({ sql: `with ${name} (${columns}) as ${materialized}(${inner.sql}) ${body.sql}`, columns: body.columns });
  }

  /** A recursion that ends: its first column counts to a bound. */
  recursiveQuery(): GeneratedQuery {
    const { draw } = this;
    const kind = draw.pick(kinds);
    const columns: Column[] = [
      { name: "n", kind: "int" },
      { name: "v", kind },
    ];
    const table = draw.pick(this.schema.tables);
    const seed: Item = { alias: "b", columns: table.columns, key: ["id"] };
    const own: Item = { alias: "w", columns, key: undefined };
    const base = `select 1, ${this.expression(kind, [seed], 2)} from ${table.name} b${this.where([seed], 2)}`;
    const step = `select w.n + 1, ${this.expression(kind, [own], 2)} from w where w.n < ${draw.between(2, 4)} and ${this.expression("bool", [own], 2)}`;
    const body = this.select([own], 1);
    const sql = `with recursive w (n, v) as (${base} union ${draw.pick(["", "all "])}${step}) ${body.sql}`;
    return this.top({ sql, columns: body.columns });
  }

  setOperation(depth: number): { sql: string; columns: readonly Column[] } {
    const { draw } = this;
    const shape = draw.times(draw.between(1, 3), (i): Column => ({ name: `c${i}`, kind: draw.pick(kinds) }));
    const arm = (): string => this.selectOf(shape, depth + 1);
    let sql = arm();
    for (const operator of draw.times(draw.between(1, 2), () =>
      draw.pick(["union", "union all", "intersect", "except", "intersect all", "except all"]),
    ))
      sql = `(${sql}) ${operator} (${arm()})`;
    return { sql, columns: shape };
  }

  /** A SELECT with given output columns. */
  selectOf(shape: readonly Column[], depth: number): string {
    const { from, items } = this.from([], depth);
    const targets = shape.map((c) => `${this.expression(c.kind, items, depth)} as ${c.name}`);
    return `select ${targets.join(", ")} from ${from}${this.where(items, depth)}`;
  }

  /** A SELECT of any form over `extra` relations (WITH entries) or tables. */
  select(extra: readonly Item[], depth: number): { sql: string; columns: readonly Column[] } {
    const { draw } = this;
    const { from, items } = this.from(extra, depth);
    const where = this.where(items, depth);
    const form = draw.weighted<"plain" | "grouped" | "total" | "window">([
      [6, () => "plain"],
      [3, () => "grouped"],
      [1, () => "total"],
      [2, () => "window"],
    ]);
    const outputs = draw.times(draw.between(1, 3), (i): Column => ({ name: `c${i}`, kind: draw.pick(kinds) }));
    if (form === "plain") {
      const targets = outputs.map((c) => `${this.expression(c.kind, items, depth)} as ${c.name}`);
      return { sql: `select ${draw.chance(20) ? "distinct " : ""}${targets.join(", ")} from ${from}${where}`, columns: outputs };
    }
    if (form === "window") {
      const key = items.flatMap((item) => (item.key ?? []).map((column) => `${item.alias}.${column}`));
      const complete = items.every((item) => item.key !== undefined);
      const targets = outputs.map((c, i) =>
        i === 0 ? `${this.expression(c.kind, items, depth)} as ${c.name}` : this.window(c, items, complete ? key : [], depth),
      );
      return { sql: `select ${targets.join(", ")} from ${from}${where}`, columns: windowKinds(outputs) };
    }
    const aggregates = outputs.map((_, i): Column => ({ name: `a${i}`, kind: draw.pick(kinds) }));
    if (form === "total") {
      const targets = aggregates.map((c) => `${this.aggregate(c.kind, items, depth)} as ${c.name}`);
      const having = draw.chance(20) ? ` having count(*) ${draw.pick([">", "<", "="])} ${draw.below(4)}` : "";
      return { sql: `select ${targets.join(", ")} from ${from}${where}${having}`, columns: aggregates };
    }
    const keys = outputs.map((c) => ({ column: c, sql: this.expression(c.kind, items, DEPTH_MAX - 1) }));
    // A constant key would be read as the place of a column.
    const grouped = keys.filter(({ sql }) => /[a-z]\d*\.[a-z]/.test(sql));
    const list = grouped.map(({ sql }) => sql);
    const clause =
      list.length === 0
        ? "()"
        : draw.weighted([
            [6, () => list.join(", ")],
            [1, () => `rollup (${list.join(", ")})`],
            [1, () => `cube (${list.join(", ")})`],
            [1, () => `grouping sets ((${list.join(", ")}), (), (${list[0]}))`],
          ]);
    const targets = [
      ...grouped.map(({ column, sql }) => `${sql} as ${column.name}`),
      ...aggregates.map((c) => `${this.aggregate(c.kind, items, depth)} as ${c.name}`),
    ];
    const having = draw.chance(25) ? ` having ${this.aggregate("int", items, depth)} ${draw.pick([">", "<=", "<>"])} ${draw.below(5)}` : "";
    return {
      sql: `select ${targets.join(", ")} from ${from}${where} group by ${clause}${having}`,
      columns: [...grouped.map(({ column }) => column), ...aggregates],
    };
  }

  where(items: readonly Item[], depth: number): string {
    return this.draw.chance(60) ? ` where ${this.expression("bool", items, depth)}` : "";
  }

  from(extra: readonly Item[], depth: number): { from: string; items: readonly Item[] } {
    const { draw } = this;
    let { sql, item } = this.relation(extra, depth, []);
    const items: Item[] = [item];
    let from = sql;
    const joins = depth >= 2 ? draw.below(2) : draw.below(3);
    for (let i = 0; i < joins; i++) {
      const type = draw.pick(["join", "left join", "right join", "full join", "cross join", ","]);
      const lateral = (type === "join" || type === "left join" || type === "cross join") && draw.chance(15);
      ({ sql, item } = lateral ? this.lateral(items, depth) : this.relation(extra, depth, []));
      const onEquality = this.equality(items, item);
      const on =
        type === "cross join" || type === ","
          ? ""
          : type === "full join"
            ? ` on ${onEquality}`
            : ` on ${draw.chance(75) ? onEquality : this.expression("bool", [...items, item], DEPTH_MAX - 1)}${draw.chance(20) ? ` and ${this.expression("bool", [...items, item], DEPTH_MAX)}` : ""}`;
      // A comma binds weaker than JOIN: what follows it must not look back.
      if (type === ",") {
        from =
          `(${from.includes(" join ") || from.includes(",") ? `select * from ${from}` : ""})`.length > 2
            ? `${from} cross join ${sql}`
            : `${from}, ${sql}`;
      } else from = `${from} ${type} ${sql}${on}`;
      items.push(item);
    }
    return { from, items };
  }
  equality(items: readonly Item[], item: Item): string {
    const { draw } = this;
    const left = draw.pick(items);
    const kind = draw.pick(kinds);
    const of = (side: Item, wanted: Kind): Column | undefined => side.columns.find((c) => c.kind === wanted);
    const a = of(left, kind) ?? of(left, "int");
    const b = of(item, a?.kind ?? "int");
    if (a === undefined || b === undefined) return "true";
    return `${left.alias}.${a.name} = ${item.alias}.${b.name}`;
  }

  relation(extra: readonly Item[], depth: number, outer: readonly Item[]): { sql: string; item: Item } {
    const { draw } = this;
    const alias = `x${this.#aliases++}`;
    if (extra.length > 0 && draw.chance(60)) {
      const source = draw.pick(extra);
      return { sql: `${source.alias} ${alias}`, item: { alias, columns: source.columns, key: undefined } };
    }
    if (depth < 2 && draw.chance(20)) {
      const inner = draw.chance(25) ? this.setOperation(depth + 1) : this.select(outer, depth + 1);
      return { sql: `(${inner.sql}) ${alias}`, item: { alias, columns: inner.columns, key: undefined } };
    }
    if (draw.chance(8)) {
      const columns: Column[] = [{ name: "g", kind: "int" }];
      return { sql: `generate_series(${draw.between(-1, 1)}, ${draw.between(0, 4)}) ${alias} (g)`, item: { alias, columns, key: ["g"] } };
    }
    const table = draw.pick(this.schema.tables);
    return { sql: `${table.name} ${alias}`, item: { alias, columns: table.columns, key: ["id"] } };
  }
  lateral(items: readonly Item[], depth: number): { sql: string; item: Item } {
    const alias = `x${this.#aliases++}`;
    const shape: Column[] = [
      { name: "l0", kind: "int" },
      { name: "l1", kind: this.draw.pick(kinds) },
    ];
    const table = this.draw.pick(this.schema.tables);
    const inner = `y${this.#aliases++}`;
    const own: Item = { alias: inner, columns: table.columns, key: ["id"] };
    const scope = [...items, own];
    const targets = shape.map((c) => `${this.expression(c.kind, scope, depth + 1)} as ${c.name}`);
    const sql = `lateral (select ${targets.join(", ")} from ${table.name} ${inner}${this.where(scope, depth + 1)}) ${alias}`;
    return { sql, item: { alias, columns: shape, key: undefined } };
  }

  expression(kind: Kind, items: readonly Item[], depth: number): string {
    const { draw } = this;
    const columns = items.flatMap((item) => item.columns.filter((c) => c.kind === kind).map((c) => `${item.alias}.${c.name}`));
    const leaf = (): string =>
      columns.length > 0 && !draw.chance(15) ? draw.pick(columns) : draw.chance(12) ? `null::${sqlType(kind)}` : literal(draw, kind);
    if (depth >= DEPTH_MAX || draw.chance(35)) return leaf();
    const e = (k: Kind): string => this.expression(k, items, depth + 1);
    return draw.weighted<string>([
      [6, leaf],
      [1, () => `coalesce(${e(kind)}, ${e(kind)})`],
      [1, () => `case when ${e("bool")} then ${e(kind)}${draw.chance(60) ? ` else ${e(kind)}` : ""} end`],
      [1, () => `nullif(${e(kind)}, ${e(kind)})`],
      [1, () => `${draw.pick(["greatest", "least"])}(${e(kind)}, ${e(kind)})`],
      [1, () => this.scalarSubquery(kind, items, depth)],
      [8, () => this.special(kind, items, depth)],
    ]);
  }

  special(kind: Kind, items: readonly Item[], depth: number): string {
    const { draw } = this;
    const e = (k: Kind): string => this.expression(k, items, depth + 1);
    switch (kind) {
      case "int":
        return draw.pick([
          () => `(${e("int")} ${draw.pick(["+", "-"])} ${e("int")})`,
          () => `(${e("int")} * ${draw.between(-2, 3)})`,
          () => `(${e("int")} / nullif(${e("int")}, 0))`,
          () => `(${e("int")} % nullif(${e("int")}, 0))`,
          () => `abs(${e("int")})`,
          () => `length(${e("text")})`,
          () => `(${e("bool")})::int`,
          () => `(${e("date")} - ${e("date")})`,
          () => `position(${e("text")} in ${e("text")})`,
          () => `(${e("ints")})[${draw.between(0, 3)}]`,
          () => `cardinality(${e("ints")})`,
          () => `array_position(${e("ints")}, ${e("int")}::int4)`,
          () => `${draw.pick(["lower", "upper"])}(${e("range")})`,
          () => `extract(${draw.pick(["day", "month", "dow", "week"])} from ${e(draw.pick(["stamp", "date"] as const))})::int4`,
          () => `(${e("json")} ->> 'a')::int4`,
          () => `jsonb_array_length(case when jsonb_typeof(${e("json")}) = 'array' then '[1]'::jsonb else '[]' end)`,
          () => `ascii(${e("text")})`,
        ])();
      case "numeric":
        return draw.pick([
          () => `(${e("numeric")} ${draw.pick(["+", "-", "*"])} ${e("numeric")})`,
          () => `round(${e("numeric")}, ${draw.below(3)})`,
          () => `${draw.pick(["abs", "ceil", "floor", "trunc"])}(${e("numeric")})`,
          () => `(${e("int")})::numeric`,
          () => `(${e("numeric")} / nullif(${e("numeric")}, 0))`,
        ])();
      case "text":
        return draw.pick([
          () => `(${e("text")} || ${e("text")})`,
          () => `${draw.pick(["upper", "lower", "trim", "reverse"])}(${e("text")})`,
          () => `(${e("int")})::text`,
          () => `(${e("date")})::text`,
          () => `substr(${e("text")}, ${draw.between(0, 2)}, ${draw.below(3)})`,
          () => `concat(${e("text")}, ${e("int")})`,
          () => `replace(${e("text")}, 'a', 'zz')`,
          () => `lpad(${e("text")}, ${draw.below(5)}, '*')`,
          () => `(${e("json")} ->> ${draw.pick(["'a'", "'b'", "0"])})`,
          () => `(${e(draw.pick(["json", "ints", "range", "stamp", "bool"] as const))})::text`,
          () => `array_to_string(${e("ints")}, ','${draw.pick(["", ", '-'"])})`,
          () => `to_char(${e("stamp")}, ${draw.pick(["'YYYY-MM-DD HH24:MI:SS'", "'Day, DD Mon'", "'IYYY-IW'"])})`,
          () => `(${e("stamp")} - ${e("stamp")})::text`,
          () => `${draw.pick(["left", "right"])}(${e("text")}, ${draw.between(-1, 2)})`,
          () =>
            `regexp_replace(${e("text")}, ${draw.pick(["'[ab]'", "'^.'", "'(b)'"])}, ${draw.pick(["'x'", "''", "'<\\&>'"])}${draw.pick(["", ", 'g'"])})`,
          () => `translate(${e("text")}, 'ab', 'b')`,
          () => `split_part(${e("text")}, 'b', ${draw.between(1, 2)})`,
          () => `jsonb_typeof(${e("json")})`,
        ])();
      case "date":
        return draw.pick([
          () => `(${e("date")} + ${draw.between(-40, 40)})`,
          () => `(${e("date")} - ${draw.below(10)})`,
          () => `(${e("stamp")})::date`,
        ])();
      case "stamp":
        return draw.pick([
          () => `(${e("date")})::timestamp`,
          () =>
            `(${e(draw.pick(["stamp", "date"] as const))} ${draw.pick(["+", "-"])} interval ${draw.pick(["'1 month'", "'36 hours'", "'1 day -1 minute'"])})`,
          () => `date_trunc(${draw.pick(["'month'", "'hour'", "'week'", "'year'"])}, ${e("stamp")})`,
        ])();
      case "ints":
        return draw.pick([
          () => `array[${draw.times(draw.between(1, 3), () => `${e("int")}::int4`).join(", ")}]`,
          () => `(${e("ints")} || ${draw.chance(50) ? e("ints") : `${e("int")}::int4`})`,
          () => `array_remove(${e("ints")}, ${e("int")}::int4)`,
          () => `array_append(${e("ints")}, ${e("int")}::int4)`,
          () => `(${e("ints")})[${draw.between(0, 2)}:${draw.between(1, 3)}]`,
          () => `array_replace(${e("ints")}, 2, ${e("int")}::int4)`,
        ])();
      case "json":
        return draw.pick([
          () => `jsonb_build_object('a', ${e(draw.pick(["int", "text", "bool", "json"] as const))}, 'c', ${e("ints")})`,
          () => `to_jsonb(${e(draw.pick(["int", "text", "bool", "date", "stamp", "ints"] as const))})`,
          () => `(${e("json")} -> ${draw.pick(["'a'", "'b'", "0", "-1"])})`,
          () => `(${e("json")} || ${e("json")})`,
          () => `(${e("json")} #> '{b,0}')`,
          () => `jsonb_path_query_first(${e("json")}, ${draw.pick(["'$.a'", "'$.b[*] ? (@ > 1)'", "'lax $[0]'"])})`,
          () => `jsonb_set(${e("json")}, '{a}', ${e("json")})`,
          () => `jsonb_strip_nulls(${e("json")})`,
        ])();
      case "range":
        return draw.pick([
          () => `int4range(${e("int")}::int4, ${e("int")}::int4${draw.pick(["", ", '[]'", ", '()'"])})`,
          () => `(${e("range")} * ${e("range")})`,
          () => `(${e("range")} + ${e("range")})`,
          () => `range_merge(${e("range")}, ${e("range")})`,
        ])();
      case "bool":
        return this.condition(items, depth);
    }
  }

  condition(items: readonly Item[], depth: number): string {
    const { draw } = this;
    const e = (k: Kind): string => this.expression(k, items, depth + 1);
    const k = draw.pick(kinds);
    const compare = (): string => draw.pick(["=", "<>", "<", "<=", ">", ">="]);
    return draw.weighted<string>([
      [6, () => `(${e(k)} ${compare()} ${e(k)})`],
      [2, () => `(${e("bool")} ${draw.pick(["and", "or"])} ${e("bool")})`],
      [1, () => `(not ${e("bool")})`],
      [2, () => `(${e(k)} is ${draw.pick(["", "not "])}null)`],
      [1, () => `(${e("bool")} is ${draw.pick(["", "not "])}${draw.pick(["true", "false", "unknown"])})`],
      [1, () => `(${e(k)} is ${draw.pick(["", "not "])}distinct from ${e(k)})`],
      [1, () => `(${e(k)} ${draw.pick(["", "not "])}between ${draw.pick(["", "symmetric "])}${e(k)} and ${e(k)})`],
      [2, () => `(${e(k)} ${draw.pick(["", "not "])}in (${draw.times(draw.between(1, 4), () => e(k)).join(", ")}))`],
      [1, () => `(${e("int")}::int4 ${compare()} ${draw.pick(["any", "all"])} (${e("ints")}))`],
      [1, () => `(${e("ints")} ${draw.pick(["@>", "<@", "&&"])} ${e("ints")})`],
      [1, () => `(${e("json")} ${draw.pick(["@>", "<@"])} ${e("json")})`],
      [1, () => `(${e("json")} ${draw.pick(["? 'a'", "?| array['a', 'b']", "?& array['a', 'b']"])})`],
      [1, () => `(${e("range")} ${draw.pick(["@>", "<@", "&&", "<<", ">>", "-|-"])} ${e("range")})`],
      [1, () => `(${e("range")} @> ${e("int")}::int4)`],
      [1, () => `(${e("text")} ~ ${draw.pick(["'a|b'", "'^.$'", "'[[:digit:]]'"])})`],
      [1, () => `((${e("date")}, ${e("date")}) overlaps (${e("date")}, ${e("date")}))`],
      [1, () => `(${e("text")} ${draw.pick(["", "not "])}like ${draw.pick(["'a%'", "'%b%'", "'_'", "''"])})`],
      [1, () => `(${e(k)} ${compare()} ${draw.pick(["any", "all"])} (array[${e(k)}, ${e(k)}]))`],
      [1, () => `((${e(k)}, ${e("int")}) ${compare()} (${e(k)}, ${e("int")}))`],
      [2, () => `(${draw.pick(["", "not "])}exists (${this.subquery([], items, depth)}))`],
      [2, () => `(${e(k)} ${draw.pick(["", "not "])}in (${this.subquery([k], items, depth)}))`],
      [1, () => `(${e(k)} ${compare()} ${draw.pick(["any", "all"])} (${this.subquery([k], items, depth)}))`],
      [1, () => `((${e(k)}, ${e("int")}) ${draw.pick(["", "not "])}in (${this.subquery([k, "int"], items, depth)}))`],
    ]);
  }

  /** A correlated (or not) subquery with these columns. */
  subquery(shape: readonly Kind[], outer: readonly Item[], depth: number): string {
    const { draw } = this;
    const table = draw.pick(this.schema.tables);
    const alias = `s${this.#aliases++}`;
    const own: Item = { alias, columns: table.columns, key: ["id"] };
    const scope = draw.chance(60) ? [own, ...outer] : [own];
    const targets = shape.length === 0 ? "1" : shape.map((k) => this.expression(k, [own], depth + 1)).join(", ");
    const where = draw.chance(70) ? ` where ${this.expression("bool", scope, depth + 1)}` : "";
    return `select ${targets} from ${table.name} ${alias}${where}`;
  }
  scalarSubquery(kind: Kind, outer: readonly Item[], depth: number): string {
    const { draw } = this;
    const table = draw.pick(this.schema.tables);
    const alias = `s${this.#aliases++}`;
    const own: Item = { alias, columns: table.columns, key: ["id"] };
    const scope = [own, ...outer];
    const where = draw.chance(70) ? ` where ${this.expression("bool", scope, depth + 1)}` : "";
    return `(select ${this.aggregate(kind, [own], DEPTH_MAX - 1)} from ${table.name} ${alias}${where})`;
  }

  aggregate(kind: Kind, items: readonly Item[], depth: number): string {
    const { draw } = this;
    const e = (k: Kind): string => this.expression(k, items, Math.max(depth + 1, DEPTH_MAX - 1));
    const filter = draw.chance(15) ? ` filter (where ${this.expression("bool", items, DEPTH_MAX)})` : "";
    const distinct = draw.chance(20) ? "distinct " : "";
    switch (kind) {
      case "int":
        return draw.pick([
          () => `count(*)${filter}`,
          () => `count(${distinct}${e(draw.pick(kinds))})${filter}`,
          () => `${draw.pick(["min", "max"])}(${e("int")})${filter}`,
          () => `sum(${distinct}${e("int")})::int8${filter === "" ? "" : ""}`,
        ])();
      case "numeric":
        return draw.pick([
          () => `sum(${distinct}${e("numeric")})${filter}`,
          () => `avg(${distinct}${e(draw.pick(["int", "numeric"] as const))})${filter}`,
          () => `${draw.pick(["min", "max"])}(${e("numeric")})${filter}`,
        ])();
      case "text": {
        const text = e("text");
        return draw.pick([
          () => `${draw.pick(["min", "max"])}(${text})${filter}`,
          () => `string_agg(${text}, ',' order by ${text})${filter}`,
          () => `(array_agg(${text} order by ${text}))::text`,
        ])();
      }
      case "bool":
        return `${draw.pick(["bool_and", "bool_or", "every"])}(${e("bool")})${filter}`;
      case "date":
      case "stamp":
        return `${draw.pick(["min", "max"])}(${e(kind)})${filter}`;
      case "ints": {
        const value = `${e("int")}::int4`;
        return `array_agg(${value} order by ${value})${filter}`;
      }
      case "json": {
        const value = e("json");
        return draw.pick([() => `jsonb_agg(${value} order by ${value})${filter}`, () => `to_jsonb(count(${distinct}${value})${filter})`])();
      }
      case "range":
        return `int4range(min(${e("int")}::int4), null)`;
    }
  }

  window(column: Column, items: readonly Item[], key: readonly string[], depth: number): string {
    const { draw } = this;
    const e = (k: Kind): string => this.expression(k, items, Math.max(depth + 1, DEPTH_MAX - 1));
    const partition = draw.chance(60) ? `partition by ${e(draw.pick(kinds))}` : "";
    const order = (keys: readonly string[]): string => (keys.length === 0 ? "" : ` order by ${keys.join(", ")}`);
    const ranked = draw.pick(["rank()", "dense_rank()", "count(*)", `sum(${e("int")})`, `max(${e("numeric")})`, `bool_or(${e("bool")})`]);
    const rows = draw.pick([
      "row_number()",
      `lag(${e("int")})`,
      `lead(${e("text")}, 2)`,
      `first_value(${e("date")})`,
      `last_value(${e("int")})`,
      `sum(${e("int")})`,
      `count(*)`,
      `string_agg(${e("text")}, '')`,
    ]);
    // Without a key rows of the same order could be taken in any order: only functions that treat them alike.
    const [fn, by, frame] =
      key.length > 0 && draw.chance(60)
        ? [rows, order([`${e(draw.pick(kinds))}${draw.pick(["", " desc"])}`, ...key]), frameOf(draw, true)]
        : [
            ranked,
            order(draw.chance(80) ? [`${e(draw.pick(kinds))}${draw.pick(["", " desc nulls last"])}`] : []),
            draw.chance(30) ? " range between unbounded preceding and current row" : "",
          ];
    return `(${fn} over (${partition}${by}${by === "" ? "" : frame}))::text as ${column.name}`;
  }
}

/** Windows give text, whatever the column was meant to be. */
const windowKinds = (outputs: readonly Column[]): readonly Column[] =>
  outputs.map((c, i) => (i === 0 ? c : { ...c, kind: "text" as const }));
const SQL_TYPES: Readonly<Partial<Record<Kind, string>>> = {
  int: "int4",
  stamp: "timestamp",
  ints: "int4[]",
  json: "jsonb",
  range: "int4range",
};
const sqlType = (kind: Kind): string => SQL_TYPES[kind] ?? kind;

function frameOf(draw: Draw, wanted: boolean): string {
  if (!wanted || draw.chance(40)) return "";
  const mode = draw.pick(["rows", "groups"]);
  const [start, end] = draw.pick([
    ["unbounded preceding", "current row"],
    ["1 preceding", "1 following"],
    ["2 preceding", "1 preceding"],
    ["current row", "unbounded following"],
    ["1 following", "2 following"],
    ["unbounded preceding", "unbounded following"],
  ]);
  return ` ${mode} between ${start} and ${end}${draw.pick(["", "", " exclude current row", " exclude ties", " exclude group"])}`;
}
