/**
 * SELECTs by lists of keys and ranges of an index on I/O threads: the same bytes as over node:net, and orrery_hot_path counts what ran there.
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
      "create table items (id int primary key, owner int, seq bigint, name text, u uuid, unique (owner, seq))",
      "create index on items (name)",
      "create index on items (owner desc, id)",
      "insert into items select g, g / 10, g % 10, 'n' || g / 4, null from generate_series(1, 3000) g",
      "update items set owner = null where id % 97 = 0",
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
async function run(c: Conversation, statement: string): Promise<string> {
  await c.send([query(statement)]);
  return c.until("Z\0\0\0\x05I");
}
async function runPrepared(c: Conversation, name: string, values: readonly (string | null)[]): Promise<string> {
  const parameters = values.flatMap((v) => (v === null ? [int32(-1)] : [int32(Buffer.byteLength(v)), Buffer.from(v)]));
  await c.send([message("B", "", name, int16(0, values.length), Buffer.concat(parameters), int16(0)), describe_, execute(), sync]);
  return c.until("Z\0\0\0\x05I");
}

/** Statements, and values of which all but those marked "cold" run on the I/O thread once the statement is known there. */
const searches: readonly (readonly [string, string, readonly (readonly (string | null)[])[]])[] = [
  [
    "in",
    "select id, name from items where id in ($1, $2, $3)",
    [
      ["5", "3", "5"],
      ["7", "100000", "1"],
      ["3", null, "4"],
    ],
  ],
  ["any", "select name, id from items where id = any ($1)", [["{9,2,2}"], ["{}"], ["{1,NULL}"], ["{ 4 , 5 }"], ["{{1,2},{3,4}}"]]],
  ["anyText", "select id from items where name = any ($1::text[])", [["{n9,n2}"], ['{"n3","n 4"}'], ['{"n\\"3"}']]],
  ["owner", "select id, seq from items where owner = $1", [["4"], ["400"], [null]]],
  [
    "page",
    "select id from items where owner = $1 and seq > $2 order by seq limit 3",
    [
      ["4", "2"],
      ["4", "9"],
      ["4", "-1"],
    ],
  ],
  [
    "pageBack",
    "select id from items where owner = $1 and seq < $2 order by seq desc limit $3",
    [
      ["4", "7", "2"],
      ["4", "7", null],
      ["4", "7", "0"],
    ],
  ],
  [
    "between",
    "select id, owner from items where id between $1 and $2",
    [
      ["10", "15"],
      ["15", "10"],
      ["1", "2000"],
      ["2999", "4000"],
    ],
  ],
  ["after", "select * from items where id > $1 order by id limit 5", [["0"], ["2998"], ["3000"]]],
  ["named", "select id from items where name = $1", [["n7"], ["none"], ["n\u00e9"]]],
  ["ownerDown", "select id from items where owner > $1 order by owner desc, id limit 4", [["290"], ["298"], ["1"]]],
];

test("lists and ranges are answered alike on both transports, first and again", async () => {
  const answers = await Promise.all(
    servers.map(async ({ port }) => {
      const c = await opened(port);
      const out: string[] = [];
      for (const [name, text] of searches) {
        await c.send([message("P", name, text, int16(0)), sync]);
        out.push(await c.until("Z\0\0\0\x05I"));
      }
      for (const [name, , values] of searches) {
        const warm = values[0] as readonly (string | null)[];
        for (const row of [warm, warm, warm, ...values, ...values]) out.push(`${name} ${row.join()} ${await runPrepared(c, name, row)}`);
      }
      c.socket.destroy();
      return out;
    }),
  );
  expect(answers[0]).toEqual(answers[1]);
});

test("texts that differ in literals are searches, too, in a block and after changes of others", async () => {
  const answers = await Promise.all(
    servers.map(async ({ port }) => {
      const c = await opened(port);
      const out: string[] = [];
      const ask = async (statement: string, status = "I") => {
        await c.send([query(statement)]);
        out.push(`${statement}: ${await c.until(`Z\0\0\0\x05${status}`)}`);
      };
      for (let i = 0; i < 5; i++) await ask(`select id, name from items where id in (${i + 3}, ${i}, 2999)`);
      for (let i = 0; i < 5; i++) await ask(`select id from items where owner = ${i} and seq >= 4 order by seq limit ${i + 1}`);
      await ask("begin", "T");
      for (let i = 0; i < 4; i++) await ask(`select id, name from items where id in (${i + 3}, ${i}, 2999)`, "T");
      await ask("delete from items where id = 5", "T");
      for (let i = 0; i < 4; i++) await ask(`select id, name from items where id in (${i + 3}, ${i}, 2999)`, "T");
      await ask("rollback");
      await ask("update items set id = -id where id = 4");
      for (let i = 0; i < 4; i++) await ask(`select id, name from items where id in (${i + 3}, ${i}, 2999)`);
      await ask("update items set id = -id where id = -4");
      c.socket.destroy();
      return out;
    }),
  );
  expect(answers[0]).toEqual(answers[1]);
});

test("orrery_hot_path counts searches that ran on I/O threads", async () => {
  const c = await opened((servers[0] as OrreryProcess).port);
  const text = "select seq from items where owner = $1 order by seq";
  await c.send([message("P", "counted", text, int16(0)), sync]);
  await c.until("Z\0\0\0\x05I");
  for (let i = 0; i < 20; i++) await runPrepared(c, "counted", [String(i)]);
  const shown = await run(c, `select hot, reason is null as whole, calls > 10 as often from orrery_hot_path where statement = '${text}'`);
  expect(shown).toContain("t\0\0\0\x01t\0\0\0\x01t");
  c.socket.destroy();
});
