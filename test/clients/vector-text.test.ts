/** Texts of vectors on their ways in and out: parameters, literals, arrays, COPY; columns of one length and of any. */
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { copyIn, copyOut } from "../support/copy.js";
import { type OrreryProcess, startOrrery } from "../support/processes.js";

let orrery: OrreryProcess;
let client: pg.Client;
beforeAll(async () => {
  orrery = await startOrrery();
  client = await connectPg(orrery.port, { raw: true });
  await client.query("create extension vector");
});
afterAll(async () => {
  await client?.end();
  await orrery?.stop();
});

/** As written, and as the types print it. */
const texts = {
  vector: [
    ["[1,-2.5,3e4]", "[1,-2.5,30000]"],
    [" [ 0.1 ,\t+.5 , 1e-45 ] ", "[0.1,0.5,1e-45]"],
    ["[1.00000017881393432617187501,0.30000001192092896,-0]", "[1.0000002,0.3,-0]"],
  ],
  halfvec: [
    ["[1,-2.5,3e4]", "[1,-2.5,30000]"],
    [" [ 0.1 ,\t+.5 , 6e-8 ] ", "[0.099975586,0.5,5.9604645e-08]"],
    ["[65519.99,0.30000001192092896,-0]", "[65504,0.30004883,-0]"],
  ],
} as const;
const wrong = [
  ["[1,2]", "22000", "expected 3 dimensions, not 2"],
  ["[1,2,3,4]", "22000", "expected 3 dimensions, not 4"],
  ["[1,x,3]", "22P02", 'invalid input syntax for type TYPE: "[1,x,3]"'],
  ["[1,NaN,3]", "22000", "NaN not allowed in TYPE"],
  ["[1,1e39,3]", "22003", '"1e39" is out of range for type TYPE'],
] as const;

async function refusal(work: Promise<unknown>): Promise<[string | undefined, string]> {
  try {
    await work;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return [code, message];
  }
  throw new Error("did not fail");
}

describe.each(["vector", "halfvec"] as const)("%s", (type) => {
  const pairs = texts[type];
  const printed = pairs.map(([, text]) => text);
  describe.each([`${type}(3)`, type])("in a column of %s", (column) => {
    const rows = async (): Promise<string[]> => {
      const found = (await client.query<{ v: string }>("select v from texts order by id")).rows.map((r) => r.v);
      // The rows go out by other ways, too.
      expect((await client.query<{ v: string }>("select v::text as v from texts order by id")).rows.map((r) => r.v)).toEqual(found);
      const all = (await client.query<{ v: string }>("select array_agg(v order by id) as v from texts")).rows[0]?.v;
      expect(all).toBe(`{${found.map((v) => `"${v}"`).join(",")}}`);
      expect((await client.query<{ v: string }>("select v from texts where id = 1")).rows[0]?.v).toBe(found[1]);
      expect((await client.query<{ v: string }>({ text: "select v from texts where id = $1", values: [0] })).rows[0]?.v).toBe(found[0]);
      expect((await copyOut(client, "copy (select v from texts order by id) to stdout")).toString()).toBe(
        found.map((v) => `${v}\n`).join(""),
      );
      expect((await copyOut(client, "copy texts (v) to stdout with (format csv)")).toString()).toBe(found.map((v) => `"${v}"\n`).join(""));
      return found;
    };
    test.each([
      [
        "parameters",
        async () => {
          for (const [id, [text]] of pairs.entries()) await client.query("insert into texts values ($1, $2)", [id, text]);
        },
      ],
      [
        "literals",
        async () => {
          await client.query(`insert into texts values ${pairs.map(([text], id) => `(${id}, '${text}')`).join()}`);
        },
      ],
      [
        "an array",
        async () => {
          const array = `{${pairs.map(([text]) => `"${text}"`).join(",")}}`;
          await client.query(`insert into texts select i - 1, v from unnest($1::${type}[]) with ordinality as u (v, i)`, [array]);
        },
      ],
      [
        "an array with blanks",
        async () => {
          const array = `{ ${pairs.map(([text]) => `"${text}"`).join(" , ")} }`;
          await client.query(`insert into texts select i - 1, v from unnest('${array}'::${type}[]) with ordinality as u (v, i)`);
        },
      ],
      [
        "COPY's text format",
        () =>
          copyIn(
            client,
            "copy texts from stdin",
            pairs.map(([text], id) => `${id}\t${text.replaceAll("\t", "\\t")}\n`),
          ),
      ],
      [
        "COPY's CSV format",
        () =>
          copyIn(
            client,
            "copy texts from stdin with (format csv)",
            pairs.map(([text], id) => `${id},"${text}"\n`),
          ),
      ],
    ] as const)("%s", async (_, insert) => {
      await client.query(`drop table if exists texts; create table texts (id int primary key, v ${column})`);
      await insert();
      expect(await rows()).toEqual(printed);
    });

    test("binary out is what went in as text", async () => {
      await client.query(`drop table if exists texts; create table texts (id int primary key, v ${column})`);
      await client.query("insert into texts values (0, '[0.5,2,3]'), (1, '[1,-2.5,0.1]')");
      const { rows: found } = await client.query<{ v: string }>({
        text: "select v from texts where id >= $1 order by id",
        values: [0],
        binary: true,
      } as pg.QueryConfig);
      expect(found[0]?.v).toBe(type === "vector" ? "000300003f0000004000000040400000" : "00030000380040004200");
      const copied = await copyOut(client, "copy (select v from texts where id = 1) to stdout with (format binary)");
      expect(copied.toString("hex")).toContain(type === "vector" ? "000300003f800000c02000003dcccccd" : "000300003c00c1002e66");
    });

    test("many rows, which leave encoded by the addon", async () => {
      await client.query(`drop table if exists texts; create table texts (id int primary key, v ${column})`);
      await client.query("insert into texts select i, array[i % 100 + 2, 0.5, -i % 7]::vector from generate_series(0, 5999) as i");
      const expected = Array.from({ length: 6_000 }, (_, i) => `[${(i % 100) + 2},0.5,${-(i % 7) || 0}]`);
      const found = (await client.query<{ v: string }>("select id, v from texts")).rows.map((r) => r.v);
      expect(found).toEqual(expected);
      expect((await copyOut(client, "copy texts (v) to stdout")).toString()).toBe(expected.map((v) => `${v}\n`).join(""));
      const text = "select v from texts where id >= $1";
      const binary = await client.query<{ v: string }>({ text, values: [0], binary: true } as pg.QueryConfig);
      expect(binary.rows.length).toBe(6_000);
      expect(binary.rows[0]?.v).toBe(type === "vector" ? "00030000400000003f00000000000000" : "00030000400038000000");
    });

    test("NULL, and what is wrong", async () => {
      await client.query(`drop table if exists texts; create table texts (id int primary key, v ${column} not null)`);
      await client.query("alter table texts alter v drop not null");
      await copyIn(client, "copy texts from stdin", ["0\t[1,2,3]\n1\t\\N\n2\t[4,5,6]\n"]);
      expect((await client.query<{ v: string | null }>("select v from texts order by id")).rows.map((r) => r.v)).toEqual([
        "[1,2,3]",
        null,
        "[4,5,6]",
      ]);
      await client.query("delete from texts where v is null; alter table texts alter v set not null");
      expect(await refusal(copyIn(client, "copy texts from stdin", ["7\t[1,2,3]\n8\t\\N\n"]))).toEqual([
        "23502",
        'null value in column "v" of relation "texts" violates not-null constraint',
      ]);
      for (const [text, code, message] of wrong) {
        if (code === "22000" && message.startsWith("expected") && column === type) continue;
        const expected = [code, message.replace("TYPE", type)];
        expect(await refusal(client.query("insert into texts values (9, $1)", [text]))).toEqual(expected);
        expect(await refusal(client.query(`insert into texts values (9, '${text}')`))).toEqual(expected);
        expect(await refusal(copyIn(client, "copy texts from stdin", [`8\t[1,2,3]\n9\t${text}\n`]))).toEqual(expected);
        expect(await refusal(client.query(`insert into texts select 9, unnest($1::${column}[])`, [`{"${text}"}`]))).toEqual(expected);
      }
      expect((await client.query("select id from texts order by id")).rows.length).toBe(2);
    });
  });
});

test("a domain's constraint is asked whatever way a text comes in", async () => {
  await client.query("create domain short as vector(2) check (value <-> '[0,0]' < 10); create table domains (v short, w short[])");
  await client.query("insert into domains values ($1, $2)", ["[1,2]", '{"[3,4]"}']);
  const expected = ["23514", 'value for domain short violates check constraint "short_check"'];
  expect(await refusal(client.query("insert into domains (v) values ($1)", ["[10,0]"]))).toEqual(expected);
  expect(await refusal(client.query("insert into domains (w) values ($1)", ['{"[3,4]","[10,0]"}']))).toEqual(expected);
  expect(await refusal(copyIn(client, "copy domains (v) from stdin", ["[10,0]\n"]))).toEqual(expected);
  expect(await refusal(client.query("insert into domains (v) values ($1)", ["[1]"]))).toEqual(["22000", "expected 2 dimensions, not 1"]);
});

test("arrays of vectors that are not of one length, or not all there", async () => {
  const { rows } = await client.query<{ v: string }>("select $1::vector[] as v", ['{"[1,2]",NULL,"[3]"}']);
  expect(rows[0]?.v).toBe('{"[1,2]",NULL,[3]}');
  expect(await refusal(client.query("select $1::vector[]", ['{"[1,2]","[3]"']))).toEqual([
    "22P02",
    'malformed array literal: "{"[1,2]","[3]""',
  ]);
});

test("a search through an index gives whatever is asked for, the vectors or not", async () => {
  await client.query("create table searched (id int primary key, v vector(2), kind text)");
  await client.query(
    "insert into searched select i, array[i, 0]::vector, case i % 2 when 0 then 'even' else 'odd' end from generate_series(1, 500) as i",
  );
  await client.query("create index on searched using hnsw (v vector_l2_ops)");
  const order = "order by v <-> '[3,0]' limit 3";
  const rows = async (text: string) => (await client.query({ text, rowMode: "array" })).rows;
  expect((await rows(`explain select id from searched ${order}`)).join("\n")).toContain("Index Scan using searched_v_idx");
  expect(await rows(`select id from searched ${order}`)).toEqual([["3"], ["2"], ["4"]]);
  expect(await rows(`select 1 from searched ${order}`)).toEqual([["1"], ["1"], ["1"]]);
  expect(await rows(`select v, id from searched ${order}`)).toEqual([
    ["[3,0]", "3"],
    ["[2,0]", "2"],
    ["[4,0]", "4"],
  ]);
  expect(await rows(`select v <-> '[3,0]', id from searched ${order}`)).toEqual([
    ["0", "3"],
    ["1", "2"],
    ["1", "4"],
  ]);
  expect(await rows(`select id from searched where kind = 'odd' ${order}`)).toEqual([["3"], ["1"], ["5"]]);
  expect(await rows(`select id from searched where id + 1 > 3 and v <-> '[3,0]' < 2 ${order}`)).toEqual([["3"], ["4"]]);
  expect(await rows("select id from searched order by v <-> '[3,0]' fetch first 2 rows with ties")).toEqual([["3"], ["2"], ["4"]]);
  expect(await rows(`select kind, (select count(*) from searched as s where s.v = searched.v) from searched ${order}`)).toEqual([
    ["odd", "1"],
    ["even", "1"],
    ["even", "1"],
  ]);
  await client.query("set enable_seqscan = off");
  expect(await rows("select id from searched order by v <-> '[3,0]' fetch first 2 rows with ties")).toEqual([["3"], ["2"], ["4"]]);
  await client.query("reset enable_seqscan");
});

test("rows with vectors are written on I/O threads, unless a vector index would have to take them in", async () => {
  await client.query("create table hot (id int primary key, name text, v vector(3), h halfvec(2), w vector)");
  const insert = "insert into hot (id, name, v, h) values ($1, $2, $3, $4) returning *";
  const update = "update hot set name = $2 where id = $1";
  const move = "update hot set v = $2 where id = $1 returning v";
  const remove = "delete from hot where id = $1";
  const run = async (name: string, text: string, values: unknown[]) => (await client.query({ name, text, values, rowMode: "array" })).rows;
  for (let id = 0; id < 12; id++) {
    const binary = Buffer.from("000300003f800000c02000003dcccccd", "hex");
    expect(await run("insert", insert, [id, "a", id % 2 === 0 ? "[1,-2.5,0.1]" : binary, "[0.1,65519.99]"])).toEqual([
      [String(id), "a", "[1,-2.5,0.1]", "[0.099975586,65504]", null],
    ]);
  }
  for (let id = 0; id < 12; id++) await run("update", update, [id, `b${id}`]);
  for (let id = 0; id < 12; id++) expect(await run("move", move, [id, ` [${id}, 0.5 ,-1e-3]`])).toEqual([[`[${id},0.5,-0.001]`]]);
  for (let id = 6; id < 12; id++) await run("remove", remove, [id]);
  // Refusals are the session's, in the middle of what is not refused.
  for (const [given, code, message] of [
    ["[1,2]", "22000", "expected 3 dimensions, not 2"],
    ["[1,2,x]", "22P02", 'invalid input syntax for type vector: "[1,2,x]"'],
    ["[1,2,1e39]", "22003", '"1e39" is out of range for type vector'],
  ])
    expect(await refusal(run("move", move, [1, given]))).toEqual([code, message]);
  for (let i = 0; i < 8; i++) await client.query(`insert into hot (id, v) values (${20 + i}, '[${i},2,3]')`);
  expect((await client.query({ text: "select * from hot order by id", rowMode: "array" })).rows).toEqual([
    ...Array.from({ length: 6 }, (_, id) => [String(id), `b${id}`, `[${id},0.5,-0.001]`, "[0.099975586,65504]", null]),
    ...Array.from({ length: 8 }, (_, i) => [String(20 + i), null, `[${i},2,3]`, null, null]),
  ]);
  const hot = await client.query<{ statement: string }>("select statement from orrery_hot_path where hot");
  expect(hot.rows.map((r) => r.statement)).toEqual(expect.arrayContaining([insert, update, move, remove]));
  await client.query("create index on hot using hnsw (v vector_l2_ops)");
  for (let id = 0; id < 6; id++) {
    await run("insert", insert, [30 + id, "a", "[1,2,3]", null]);
    await run("update", update, [id, "c"]);
    await run("move", move, [id, "[3,2,1]"]);
    await run("remove", remove, [20 + id]);
  }
  const isHot = async (statement: string): Promise<string> =>
    (await client.query<{ "QUERY PLAN": string }>(`explain (hot_path) ${statement}`)).rows.map((r) => r["QUERY PLAN"]).at(-1) ?? "";
  const reason = "Hot Path: no (a vector index takes its time for a row)";
  expect(await isHot("insert into hot (id, v) values (1, '[1,2,3]')")).toBe(reason);
  expect(await isHot("update hot set v = '[1,2,3]' where id = 1")).toBe(reason);
  expect(await isHot("update hot set name = 'x', h = '[1,2]' where id = 1")).toBe("Hot Path: yes");
  expect(await isHot("delete from hot where id = 1")).toBe("Hot Path: yes");
  const nearest = await client.query({ text: "select id, name from hot order by v <-> '[3,2,1]', id limit 7", rowMode: "array" });
  expect(nearest.rows.map((row) => (row as string[])[1]).slice(0, 6)).toEqual(Array(6).fill("c"));
});
