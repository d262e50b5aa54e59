/**
 * Values of every type that I/O threads read and write, in text, in binary and as literals: random conversations of inserts, updates and
 * lookups get the same bytes as over node:net, whichever side ran them.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { registry } from "../../src/functions/index.js";
import { type SqlType, storedFormat, TypeOid } from "../../src/types/index.js";
import { conversationsTimeout, pick, postgresKind, type Random, sameConversations } from "../support/conversation-runs.js";
import { Conversation, describe_, execute, int16, int32, logIn, message, query, sync } from "../support/conversations.js";
import { type OrreryProcess, startOrrery } from "../support/processes.js";

const tables = [
  "create table typed (id int primary key, m numeric(12,2), n numeric, j json, b jsonb, d date, t3 timestamp(3), tz timestamptz, ti time(2), by bytea, c char(5), v varchar(6), f real, o bool, g float8 default 0, s int2, w bigint)",
  "create table timed (d date, at timestamptz, m numeric unique, k int, primary key (d, at))",
  "create index on timed (k, at)",
  "create table touched (id int unique, at timestamp(3))",
];
let native: OrreryProcess;
let node: OrreryProcess;
beforeAll(async () => {
  native = await startOrrery({ flags: ["--transport", "native", "--io-threads", "2"] });
  node = await startOrrery({ flags: ["--transport", "node"] });
  for (const server of [native, node]) {
    const c = await Conversation.open(server.port);
    await logIn(c);
    for (const table of tables) await run(c, table);
    c.socket.destroy();
  }
});
afterAll(async () => {
  await native?.stop();
  await node?.stop();
});

async function run(c: Conversation, statement: string): Promise<string> {
  await c.send([query(statement)]);
  const answer = await c.until("Z\0\0\0\x05I");
  expect(answer).not.toContain("ERROR");
  return answer;
}

type Kind =
  | "int2"
  | "int4"
  | "int8"
  | "numeric"
  | "json"
  | "jsonb"
  | "date"
  | "timestamp"
  | "timestamptz"
  | "time"
  | "bytea"
  | "bpchar"
  | "varchar"
  | "float4"
  | "float8"
  | "bool";
/** Mostly what clients send; sometimes what is refused, rounded or written in another way. */
const values: Readonly<Record<Kind, readonly string[]>> = {
  int2: ["1", "-7", "300", "5", "32767", "70000", "-40000"],
  int8: ["1", "-3", "2147483647", "12", "9007199254740993", "99999999999999999999"],
  int4: ["1", "2", "3", "4", "5", "6", "7"],
  numeric: ["0", "1.5", "2.50", "-17.255", "99999999.994", "12345678901.00", "1e3", "NaN", "-0.001", "00.10", ".5", "x"],
  json: ['{"a": 1, "a": 2}', "[]", '" é "', '{"a":}', "1e5", '["\\u00e9", "\\ud83d\\ude00", null]'],
  jsonb: ['{"bb": 1.50, "a": [true, {}], "bb": 2}', '"\\u00e9\\n"', "-0.0", "1e2", "[1,]", '{"a": {"c": 1, "b": 2}}'],
  date: ["2024-02-29", "2024-02-30", "0099-01-01", "today", "infinity", "1999-12-31", "20240101", "01/02/2024"],
  timestamp: ["2024-02-29 23:59:59.9996", "2024-01-01T00:00:00Z", "2024-01-01", "2024-01-01 10:00:00.123456+02", "epoch", "2024-13-01"],
  timestamptz: [
    "2024-01-01 00:00:00+00",
    "2024-01-01 02:00:00+02",
    "2024-01-01T00:00:00.000Z",
    "2024-01-01 00:00:00",
    "2024-01-01",
    "epoch",
    "2024-01-01 00:00:00 Europe/Berlin",
  ],
  time: ["10:11:12.345", "10:11", "24:00:00", "25:00", "23:59:59.999"],
  bytea: ["\\x00ff", "\\x", "\\x0", "abc", "\\xZZ"],
  bpchar: ["a", "abcde", "abcdef", "abcde  ", "été", ""],
  varchar: ["abc", "abcdef", "abcdefg", "it's", ""],
  float8: ["1.5", "0.1", "-3", "123456789.25", "1e400", "NaN", "5e-324"],
  float4: ["1.5", "0.1", "1e39", "-3", "NaN"],
  bool: ["t", "f", "true", "off"],
};
const statements: Readonly<Record<string, readonly [string, readonly Kind[]]>> = {
  money: ["insert into typed (id, m, n) values ($1, $2, $3) returning m, n", ["int4", "numeric", "numeric"]],
  json: ["insert into typed (id, j, b) values ($1, $2, $3) returning j, b", ["int4", "json", "jsonb"]],
  dates: [
    "insert into typed (id, d, t3, tz, ti) values ($1, $2, $3, $4, $5) returning d, t3, tz, ti",
    ["int4", "date", "timestamp", "timestamptz", "time"],
  ],
  bytes: [
    "insert into typed (id, by, c, v, f, o) values ($1, $2, $3, $4, $5, $6) returning *",
    ["int4", "bytea", "bpchar", "varchar", "float4", "bool"],
  ],
  all: [
    "update typed set m = $2, j = $3, b = $4, d = $5, tz = $6 where id = $1 returning *",
    ["int4", "numeric", "json", "jsonb", "date", "timestamptz"],
  ],
  pay: ["update typed set m = m + $2, n = n - $3 where id = $1 returning m, n", ["int4", "numeric", "numeric"]],
  payWhole: ["update typed set m = m - 5, n = n + 1.25 where id = $1 returning m, n", ["int4"]],
  upsert: [
    "insert into typed (id, m, n, b) values ($1, $2, $3, $4) on conflict (id) do update set m = typed.m + excluded.m, n = excluded.n, b = excluded.b returning m, n, b",
    ["int4", "numeric", "numeric", "jsonb"],
  ],
  event: [
    "insert into timed (d, at, m, k) values ($1, $2, $3, $4) on conflict do nothing returning *",
    ["date", "timestamptz", "numeric", "int4"],
  ],
  eventOr: [
    "insert into timed (d, at, m, k) values ($1, $2, $3, $4) on conflict (d, at) do update set k = timed.k + excluded.k returning k",
    ["date", "timestamptz", "numeric", "int4"],
  ],
  eventOf: ["select * from timed where d = $1 and at = $2", ["date", "timestamptz"]],
  eventFor: ["select d, k from timed where m = $1", ["numeric"]],
  eventsSince: ["select * from timed where k = $1 and at >= $2 order by at limit 5", ["int4", "timestamptz"]],
  move: ["update timed set k = k + 1 where d = $1 and at = $2", ["date", "timestamptz"]],
  // What the time is, no answer says.
  touch: ["insert into touched values ($1, now()) on conflict (id) do update set at = now()", ["int4"]],
  real: ["update typed set g = $2 where id = $1 returning g", ["int4", "float8"]],
  realSum: ["update typed set g = g + $2 where id = $1 returning g", ["int4", "float8"]],
  reals: ["update typed set f = $2, g = $3 where id = $1 returning f, g", ["int4", "float4", "float8"]],
  integers: ["insert into typed (id, s, w, f) values ($1, $2, $3, $4) returning s, w, f", ["int4", "int2", "int8", "float4"]],
  sums: ["update typed set s = s + $2, w = w - $3, g = g + $4 where id = $1 returning s, w, g", ["int4", "int2", "int8", "float8"]],
  drop: ["delete from typed where id = $1 returning id", ["int4"]],
  row: ["select * from typed where id = $1", ["int4"]],
};
const cold = [
  "set timezone to 'Europe/Berlin'",
  "reset timezone",
  "set datestyle to german",
  "reset datestyle",
  "select count(*), sum(m) from typed",
  "delete from timed",
];

/** Written without quotes mostly, and then cast to their column. */
const numbers: readonly Kind[] = ["int2", "int4", "int8", "numeric", "float4", "float8"];

/** As a client sends it in binary; undefined: not a value of the type. */
function binary(kind: Kind, text: string): Buffer | undefined {
  const type = registry.typeByOid(TypeOid[kind]) as SqlType;
  try {
    return Buffer.from(type.send?.(type.input(text, -1, storedFormat) as never) as Uint8Array);
  } catch {
    return undefined;
  }
}

test(
  "conversations",
  () =>
    sameConversations(
      [native.port, node.port],
      postgresKind(tables, ["delete from typed", "delete from timed", "delete from touched"], script),
    ),
  conversationsTimeout,
);

function script(random: Random): Buffer[] {
  const names = Object.keys(statements);
  const parts: Buffer[] = [];
  const prepared = new Set<string>();
  // The first ones of a list are the usual ones.
  const value = (kind: Kind): string | null =>
    random(30) === 0 ? null : pick(random(5) === 0 ? values[kind] : values[kind].slice(0, 4), random);
  let way = random(3);
  let few = names;
  for (let n = 8 + random(random(3) === 0 ? 80 : 25); n > 0; n--) {
    if (random(15) === 0) way = random(3);
    if (random(10) === 0) few = random(3) === 0 ? names : [pick(names, random), pick(names, random), "drop"];
    if (random(40) === 0) parts.push(query(pick(cold, random)));
    const name = pick(few, random);
    const [text, kinds] = statements[name] as readonly [string, readonly Kind[]];
    const given = kinds.map(value);
    if (way === 0) {
      const literal = (i: number): string => {
        const v = given[i];
        if (v === null || v === undefined) return "null";
        return /^-?\d+(\.\d+)?$/.test(v) && numbers.includes(kinds[i] as Kind) && random(5) > 0 ? v : `'${v.replaceAll("'", "''")}'`;
      };
      parts.push(query(text.replace(/\$(\d)/g, (_, i) => literal(i - 1))));
      continue;
    }
    if (!prepared.has(name)) parts.push(message("P", name, text, int16(0)), sync);
    prepared.add(name);
    const bytes = given.map((v, i) => (v === null ? undefined : way === 2 ? binary(kinds[i] as Kind, v) : Buffer.from(v)));
    const codes = bytes.map((b, i) => (way === 2 && b !== undefined && given[i] !== null ? 1 : 0));
    const fields = bytes.map((b) => (b === undefined ? int32(-1) : Buffer.concat([int32(b.length), b])));
    const formats = pick([[], [0], [1]], random);
    parts.push(
      message("B", "", name, int16(codes.length, ...codes, codes.length), Buffer.concat(fields), int16(formats.length, ...formats)),
      ...(random(2) === 0 ? [describe_] : []),
      execute(),
      sync,
    );
  }
  parts.push(
    query("reset all"),
    query("select id, m, n, j, b, d, tz, ti, by, c, v, f, o, g, s, w from typed order by id"),
    query("select * from timed order by d, at"),
  );
  return parts;
}

test("numbers that are cast to their column run on I/O threads", async () => {
  const c = await Conversation.open(native.port);
  await logIn(c);
  await run(c, "insert into typed (id) values (1)");
  for (const text of [
    "update typed set s = 5, w = 6, f = 1.5, g = 2 where id = 1",
    "update typed set s = s + 1, w = w - 2, g = g + 3, f = 7 where id = 1",
    "update typed set g = g - 0.5 where id = 1",
  ]) {
    for (let i = 0; i < 8; i++) await run(c, text);
    const lifted = text.replace(/\b[\d.]+/g, "%");
    const shown = await run(
      c,
      `select 'hot: ' || bool_and(hot) || coalesce(max(reason), '') from orrery_hot_path where statement like '${lifted}' and statement like '%$%'`,
    );
    expect(shown).toContain("hot: true");
  }
  c.socket.destroy();
});

test("all of them run on I/O threads", async () => {
  const c = await Conversation.open(native.port);
  await logIn(c);
  for (const [name, [text, kinds]] of Object.entries(statements)) {
    await run(c, "delete from typed");
    await run(c, "delete from timed");
    for (let i = 0; i < 8; i++) {
      const given = kinds.map((kind, at) => Buffer.from(kind === "int4" && at === 0 ? String(i) : (values[kind][0] as string)));
      const fields = Buffer.concat(given.flatMap((b) => [int32(b.length), b]));
      await c.send([message("P", name, text, int16(0)), message("B", "", name, int16(0, given.length), fields, int16(0)), execute(), sync]);
      expect(await c.until("Z\0\0\0\x05I")).not.toContain("ERROR");
      await c.send([message("C", Buffer.from("S"), name), sync]);
      await c.until("Z\0\0\0\x05I");
    }
  }
  const texts = Object.values(statements).map(([text]) => `'${text}'`);
  const answer = await run(
    c,
    `select string_agg(statement || ': ' || reason, ' | ') from orrery_hot_path where not hot and statement in (${texts.join()})`,
  );
  expect(answer).toContain("\xff\xff\xff\xffC"); // NULL
  c.socket.destroy();
});
