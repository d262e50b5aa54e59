/**
 * SELECTs of the rows nearest to a parameter's vector on I/O threads: the same bytes as over node:net, and orrery_hot_path counts what ran there.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Conversation, describe_, execute, int16, int32, logIn, message, query, sync } from "../support/conversations.js";
import { type OrreryProcess, startOrrery } from "../support/processes.js";

let servers: OrreryProcess[] = [];
beforeAll(async () => {
  servers = await Promise.all(
    [
      ["--transport", "native", "--io-threads", "1"],
      ["--transport", "node"],
    ].map((flags) => startOrrery({ flags })),
  );
  for (const { port } of servers) {
    const c = await opened(port);
    for (const statement of [
      "create extension vector",
      "create table items (id int primary key, name text, v vector(3), w vector(3), h halfvec(3))",
      // Coordinates without ties, and few rows: every walk finds all of them.
      "insert into items select g, 'n' || g, array[g, sqrt(g), g % 17]::vector, array[1, g, 0.5]::vector, array[g, 1, 2]::halfvec from generate_series(1, 300) g",
      "insert into items values (301, 'none', null, null, null)",
      "create index on items using hnsw (v vector_l2_ops)",
      "create index on items using hnsw (w vector_cosine_ops)",
      "create index on items using hnsw (h halfvec_l2_ops)",
      "analyze items",
    ])
      expect(await run(c, statement)).not.toContain("ERROR");
    c.socket.destroy();
  }
});
afterAll(async () => {
  for (const server of servers) await server.stop();
});

async function opened(port: number): Promise<Conversation> {
  const c = await Conversation.open(port);
  await logIn(c);
  return c;
}
async function run(c: Conversation, statement: string, status = "I"): Promise<string> {
  await c.send([query(statement)]);
  return c.until(`Z\0\0\0\x05${status}`);
}
async function prepare(c: Conversation, name: string, text: string): Promise<string> {
  await c.send([message("P", name, text, int16(0)), sync]);
  return c.until("Z\0\0\0\x05I");
}
type Value = string | Buffer | null;
/** Buffers go in binary. */
async function runPrepared(c: Conversation, name: string, values: readonly Value[], status = "I"): Promise<string> {
  const formats = int16(values.length, ...values.map((v) => (Buffer.isBuffer(v) ? 1 : 0)));
  const parameters = values.flatMap((v) => (v === null ? [int32(-1)] : [int32(Buffer.byteLength(v)), Buffer.from(v as string)]));
  await c.send([message("B", "", name, formats, int16(values.length), Buffer.concat(parameters), int16(0)), describe_, execute(), sync]);
  return c.until(`Z\0\0\0\x05${status}`);
}
function binary(...elements: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + 4 * elements.length);
  bytes.writeInt16BE(elements.length, 0);
  for (const [i, element] of elements.entries()) bytes.writeFloatBE(element, 4 + 4 * i);
  return bytes;
}
async function hotCalls(c: Conversation, text: string): Promise<number> {
  const answer = await run(c, `select 'calls=' || calls from orrery_hot_path where hot and statement = '${text.replaceAll("'", "''")}'`);
  return Number(/calls=(\d+)/.exec(answer)?.[1] ?? 0);
}

const statements: readonly (readonly [string, string, readonly (readonly Value[])[]])[] = [
  [
    "l2",
    "select id, name from items order by v <-> $1 limit 5",
    [
      ["[10,3,4]"],
      [binary(200, 14, 3)],
      ["[ 1e2 , -1.5,.5 ]"],
      [null],
      ["[1,2]"],
      [binary(1, 2)],
      ["[1,2,NaN]"],
      [binary(1, 2, Number.POSITIVE_INFINITY)],
      [binary(1, 2, 3).subarray(0, 10)],
      ["nothing"],
      [""],
    ],
  ],
  [
    "cosine",
    "select name from items order by w <=> $1 limit $2",
    [
      ["[1,50,0.5]", "3"],
      ["[0,0,0]", "3"],
      [binary(1, 7, 0.5), "0"],
      ["[1,2,3]", null],
      ["[1,2,3]", "-1"],
      ["[1,2,3]", "5000"],
    ],
  ],
  ["other", "select id from items order by $1::vector <-> v limit 4", [["[30,5,13]"], ["[30,5,13]"]]],
  ["vectors", "select v, id from items order by v <-> $1 limit 2", [["[30,5,13]"], [binary(2, 1, 2)]]],
  ["filtered", "select id from items where id > 100 order by v <-> $1 limit 3", [["[30,5,13]"]]],
  ["half", "select id from items order by h <-> $1 limit 3", [["[30,1,2]"]]],
  ["distance", "select id, v <-> $1 as d from items order by d limit 3", [["[30,5,13]"]]],
  ["ties", "select id from items order by v <-> $1 fetch first 3 rows with ties", [["[30,5,13]"]]],
  ["offset", "select id from items order by v <-> $1 limit 3 offset 2", [["[30,5,13]"]]],
];

test("the nearest rows are the same on both transports, first and again", async () => {
  const answers = await Promise.all(
    servers.map(async ({ port }) => {
      const c = await opened(port);
      await run(c, "set hnsw.ef_search = 300");
      const out: string[] = [];
      for (const [name, text] of statements) out.push(await prepare(c, name, text));
      for (const [name, , values] of statements) {
        const warm = values[0] as readonly Value[];
        for (const row of [warm, warm, warm, ...values, ...values])
          out.push(`${name} ${row.map(String).join()} ${await runPrepared(c, name, row)}`);
      }
      c.socket.destroy();
      return out;
    }),
  );
  expect(answers[0]).toEqual(answers[1]);
});

test("a search without conditions runs on I/O threads, with the settings of its session", async () => {
  const c = await opened((servers[0] as OrreryProcess).port);
  const text = "select id from items order by v <-> $1 limit 7";
  await prepare(c, "n", text);
  for (let i = 0; i < 10; i++) await runPrepared(c, "n", [binary(i, 1, 1)]);
  const calls = await hotCalls(c, text);
  expect(calls).toBeGreaterThanOrEqual(10);
  // Another effort is another search: the first ones run in the session again.
  await run(c, "set hnsw.ef_search = 200");
  for (let i = 0; i < 10; i++) expect(await runPrepared(c, "n", [`[${i},1,1]`])).toContain("SELECT 7");
  expect(await hotCalls(c, text)).toBeGreaterThan(calls);
  // What would take long is the session's.
  await run(c, "set hnsw.ef_search = 40");
  const answer = await run(c, "explain (format text) select id from items order by v <-> '[1,2,3]' limit 7");
  expect(answer).toContain("Index Scan using items_v_idx");
  c.socket.destroy();
});

test("literals are lifted, and a block sees its own rows", async () => {
  const answers = await Promise.all(
    servers.map(async ({ port }) => {
      const c = await opened(port);
      const out: string[] = [];
      const ask = async (statement: string, status = "I") => void out.push(`${statement}: ${await run(c, statement, status)}`);
      await ask("set hnsw.ef_search = 300");
      const near = (x: number) => `select id from items order by v <-> '[${x},3,4]' limit 4`;
      for (let i = 0; i < 5; i++) await ask(near(20 * i));
      await ask("begin", "T");
      for (let i = 0; i < 4; i++) await ask(near(20 * i), "T");
      await ask("insert into items values (1000, 'new', '[40,3,4]')", "T");
      await ask("delete from items where id between 41 and 44", "T");
      for (let i = 0; i < 4; i++) await ask(near(20 * i), "T");
      await ask("rollback");
      for (let i = 0; i < 4; i++) await ask(near(20 * i));
      await ask("drop index items_v_idx");
      for (let i = 0; i < 4; i++) await ask(near(20 * i));
      await ask("create index on items using hnsw (v vector_l2_ops)");
      for (let i = 0; i < 4; i++) await ask(near(20 * i));
      c.socket.destroy();
      return out;
    }),
  );
  expect(answers[0]).toEqual(answers[1]);
});
