/**
 * Writes of one row and transaction blocks on I/O threads: random conversations of hot and cold statements get the same bytes as over node:net,
 * rows and tables that others hold are waited for, and a block that began there ends with its connection.
 */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { conversationsTimeout, pick, postgresKind, type Random, sameConversations } from "../support/conversation-runs.js";
import { Conversation, describe_, execute, int16, int32, logIn, message, query, sync } from "../support/conversations.js";
import { type OrreryProcess, startOrrery } from "../support/processes.js";

let native: OrreryProcess;
let node: OrreryProcess;
beforeAll(async () => {
  native = await startOrrery({ flags: ["--transport", "native", "--io-threads", "2"] });
  node = await startOrrery({ flags: ["--transport", "node"] });
});
afterAll(async () => {
  await native?.stop();
  await node?.stop();
});
/** What conversations talk about. */
const tables = [
  "create table accounts (id int primary key, balance bigint not null, name varchar(8), note text default 'x', flag bool, price float8, u uuid)",
  "create table small (id int primary key, n int2, parent int)",
  "create table child (id int primary key, account int references accounts on delete cascade)",
  "create table numbered (n serial primary key, code int unique, label text default 'none', other bigint generated always as identity, small smallserial)",
];
const fresh = [
  "delete from child",
  "delete from small",
  "delete from numbered",
  "select setval('numbered_n_seq', 1, false), setval('numbered_other_seq', 1, false), setval('numbered_small_seq', 1, false)",
  "delete from accounts",
  "insert into accounts select i, i * 100, 'name ' || i from generate_series(1, 20) i",
  "insert into small (id, n) select i, i from generate_series(1, 20, 2) i",
];

async function opened(port: number, ...statements: string[]): Promise<Conversation> {
  const c = await Conversation.open(port);
  await logIn(c);
  for (const statement of statements) expect(await run(c, statement)).not.toContain("ERROR");
  return c;
}
/** What a simple query is answered. */
async function run(c: Conversation, statement: string, status = "I"): Promise<string> {
  await c.send([query(statement)]);
  return c.until(`Z\0\0\0\x05${status}`);
}
const isWaiting = async (answer: Promise<string>): Promise<boolean> =>
  Promise.race([answer.then(() => false), new Promise<true>((resolve) => setTimeout(() => resolve(true), 150))]);

type Value = string | null;
const bindText = (statement: string, values: readonly Value[], formats: readonly number[] = []) =>
  message(
    "B",
    "",
    statement,
    int16(0, values.length),
    Buffer.concat(values.flatMap((v) => (v === null ? [int32(-1)] : [int32(Buffer.byteLength(v)), Buffer.from(v)]))),
    int16(formats.length, ...formats),
  );

/** Statements with the kind of each parameter: i a key, d a difference, s a small one, t a text, b, f and u of those types. */
const statements: Readonly<Record<string, readonly [string, string]>> = {
  insert: ["insert into accounts (id, balance, name, flag, price) values ($1, $2, $3, $4, $5)", "idtbf"],
  insertReturning: ["insert into accounts (id, balance, name, u) values ($1, $2, $3, $4) returning id, name, note, u", "idtu"],
  insertSmall: ["insert into small values ($1, 7)", "i"],
  add: ["update accounts set balance = balance + $1 where id = $2", "di"],
  subtract: ["update accounts set balance = balance - $1, name = $3 where id = $2 returning *", "dit"],
  increment: ["update accounts set balance = balance + 1, flag = true where id = $1", "i"],
  set: ["update accounts set name = $1, note = $2, price = $3, u = null where id = $4 returning note, price", "ttfi"],
  addSmall: ["update small set n = n + $1 where id = $2 returning n", "si"],
  rename: ["update small set id = id + 1 where id = $1", "i"],
  delete: ["delete from small where id = $1", "i"],
  deleteReturning: ["delete from small where id = $1 returning n, id", "i"],
  deleteReferenced: ["delete from accounts where id = $1", "i"],
  insertChild: ["insert into child values ($1, $2)", "ii"],
  append: ["update accounts set note = note || $1, name = name || $2 where id = $3 returning note", "tti"],
  addReal: ["update accounts set price = price + $1 where id = $2 returning price", "fi"],
  upsert: [
    "insert into accounts (id, balance, name) values ($1, $2, $3) on conflict (id) do update set balance = accounts.balance + excluded.balance, name = excluded.name, note = $4 returning *",
    "idtt",
  ],
  upsertSmall: ["insert into small values ($1, $2) on conflict (id) do update set n = small.n - $3", "iss"],
  insertOrNot: ["insert into small values ($1, 7) on conflict do nothing", "i"],
  insertOrNotReturning: ["insert into accounts (id, balance) values ($1, $2) on conflict (id) do nothing returning id, balance", "id"],
  insertNumbered: ["insert into numbered (code) values ($1) returning n, label, other, small", "i"],
  insertNumberedOrNot: ["insert into numbered (code, label) values ($1, $2) on conflict (code) do nothing returning n", "it"],
  addWhere: ["update small set n = n + 1 where id = $1 and n = $2 returning n, id", "is"],
  setWhere: ["update accounts set balance = balance - 1, note = $4 where id = $1 and name = $2 and flag = $3", "itbt"],
  deleteWhere: ["delete from small where id = $1 and n = $2", "is"],
  select: ["select * from accounts where id = $1", "i"],
  selectSmall: ["select n from small where id = $1", "i"],
};
/** What gives the catalog another version. */
const definition = "alter table small alter n set default 4";
const definitions = [definition, "create temporary table if not exists mine (a int primary key) on commit delete rows"];
const queries = [
  "select lastval()",
  "select currval('numbered_n_seq'), (select last_value from numbered_other_seq)",
  "select nextval('numbered_n_seq')",
  "delete from numbered where code < 10",
  "discard sequences",
  "select count(*), sum(balance), max(name) from accounts",
  "select count(*), sum(n) from small",
  "savepoint s",
  "rollback to s",
  "release s",
  "insert into small select 90 + i, i from generate_series(1, 3) i on conflict do nothing",
  "update accounts set name = upper(name) where id < 5",
  "select 1 / 0",
  "set local synchronous_commit to off",
  "set synchronous_commit to off",
  "reset synchronous_commit",
  "begin isolation level repeatable read",
  "begin isolation level serializable",
  "start transaction read only",
  "begin; update accounts set balance = 5 where id = 5; end",
  "set default_transaction_isolation to 'repeatable read'",
  "reset default_transaction_isolation",
  "set idle_in_transaction_session_timeout to 100000",
  "reset idle_in_transaction_session_timeout",
  "commit and chain",
  "select wrong",
  "deallocate add",
  "prepare add (bigint, int) as update accounts set balance = balance + $1 + 1 where id = $2",
  "listen somebody",
];
const ends = ["commit", "END", "rollback", "COMMIT;"];

test("conversations", () => sameConversations([native.port, node.port], postgresKind(tables, fresh, script)), conversationsTimeout);

function script(random: Random, changes: boolean): Buffer[] {
  const value = (kind: string): Value => {
    if (random(25) === 0) return null;
    switch (kind) {
      case "i":
        return random(30) === 0 ? pick(["", " 3", "x", "99999999999", "2147483647"], random) : String(1 + random(26));
      case "d":
        return random(20) === 0 ? pick(["9223372036854775807", "-9223372036854775808", "1.5", "+1"], random) : String(random(200) - 100);
      case "s":
        return random(20) === 0 ? pick(["32767", "-32768", "70000"], random) : String(random(20));
      case "t":
        return random(12) === 0 ? pick(["", "longer than eight", "12345678   ", "été", "it's", "ééééééééé"], random) : `name ${random(90)}`;
      case "b":
        return pick(["t", "true", "f", "yes", "1", "maybe"], random);
      case "f":
        return pick(["1.5", "-2e10", "0", "NaN", "1e400", " 1", "0.1", "1e-320"], random);
      default:
        return pick(["00000000-0000-0000-00ab-000000000001", "{00000000000000000000000000000002}", "zz"], random);
    }
  };
  const literal = (kind: string, v: Value): string => {
    if (v === null) return "null";
    return "ids".includes(kind) && /^-?\d+$/.test(v) && random(4) > 0 ? v : `'${v.replaceAll("'", "''")}'`;
  };
  const names = Object.keys(statements);
  const parts: Buffer[] = [];
  const prepared = new Set<string>();
  const prepare = (name: string, text: string): void => {
    if (!prepared.has(name)) parts.push(message("P", name, text, int16(0)), sync);
    prepared.add(name);
  };
  const cold = changes ? [...queries, ...definitions] : queries;
  let way = random(4);
  let few = names;
  const one = (name: string): void => {
    const [text, kinds] = statements[name] as readonly [string, string];
    const values = [...kinds].map(value);
    const formats = pick([[], [0], [1]], random);
    if (way === 0) parts.push(query(written(name)));
    else {
      // Of the unnamed statement each time anew, as drivers send what they do not prepare.
      if (way === 1) parts.push(message("P", "", text, int16(0)));
      else prepare(name, text);
      parts.push(bindText(way === 1 ? "" : name, values, formats), ...(random(2) === 0 ? [describe_] : []), execute(), sync);
    }
  };
  const written = (name: string): string => {
    const [text, kinds] = statements[name] as readonly [string, string];
    const values = [...kinds].map(value);
    return text.replace(/\$(\d)/g, (_, n) => literal(kinds[n - 1] as string, values[n - 1] as Value));
  };
  /** Several statements in one message. */
  const several = (): void => {
    const list = Array.from({ length: 1 + random(4) }, () => written(pick(few, random)));
    const ending = random(6);
    if (ending === 0) list.push("commit");
    else if (ending === 1) list.unshift("begin");
    else if (ending === 2)
      list.splice(random(list.length + 1), 0, pick(["begin", "commit", "rollback", "", "select 1 / 0", ...cold], random));
    else if (ending < 5) {
      list.unshift("begin");
      list.push(pick(["commit", "commit", "end", "rollback"], random));
    }
    parts.push(query(list.join(pick([";", "; ", " ;\n "], random)) + pick(["", "", ";", " ; "], random)));
  };
  const control = (word: string): void => {
    if (way === 0) parts.push(query(random(2) === 0 ? word.toUpperCase() : word));
    else if (way === 1) parts.push(message("P", "", word, int16(0)), bindText("", []), describe_, execute(), sync);
    else {
      prepare(`:${word}`, word);
      parts.push(bindText(`:${word}`, []), execute(), sync);
    }
  };
  for (let n = 4 + random(random(3) === 0 ? 60 : 20); n > 0; n--) {
    // Runs of one kind, so that the connection goes to the I/O thread.
    if (random(15) === 0) way = random(4);
    if (random(10) === 0) few = random(2) === 0 ? names : [pick(names, random), pick(names, random), pick(names, random)];
    const kind = random(24);
    if (kind > 20) for (let m = 1 + random(6); m > 0; m--) several();
    else if (kind === 0) parts.push(query(pick(cold, random)));
    else if (kind === 1) parts.push(query(pick(ends, random)));
    else if (kind === 2) control("begin");
    else if (kind < 6) {
      control("begin");
      for (let m = random(5); m > 0; m--) one(pick(few, random));
      control(pick(["commit", "commit", "rollback"], random));
    } else if (kind === 6) parts.push(bindText("", ["3"]), execute(), sync);
    else if (kind === 7) {
      parts.push(bindText("increment", ["3"]), execute(), bindText("increment", ["4"]), execute(), sync);
    } else one(pick(few, random));
  }
  parts.push(query("rollback"), query("select * from accounts order by id"), query("select * from small order by id"));
  if (Buffer.concat(parts).includes(definition)) parts.push(query("alter table small alter n drop default"));
  return parts;
}

describe.each(["native", "node"] as const)("on transport %s", (transport) => {
  const port = () => (transport === "native" ? native : node).port;
  /** A connection whose statements on the table have run often enough for an I/O thread to have it. */
  const warm = async (table: string): Promise<Conversation> => {
    const c = await opened(port());
    onTestFinished(() => void c.socket.destroy());
    for (let i = 0; i < 4; i++) {
      await run(c, "begin", "T");
      await run(c, `update ${table} set n = n + 1 where id = 1`, "T");
      await run(c, `select n from ${table} where id = 2`, "T");
      expect(await run(c, "commit")).toContain("COMMIT");
    }
    return c;
  };
  const made = async (table: string): Promise<Conversation> => {
    const c = await opened(
      port(),
      `drop table if exists ${table}`,
      `create table ${table} (id int primary key, n int)`,
      `insert into ${table} select i, 0 from generate_series(1, 9) i`,
      `analyze ${table}`,
    );
    onTestFinished(() => void c.socket.destroy());
    return c;
  };

  test("a row that a block has changed is waited for, and changed as it is then", async () => {
    const admin = await made("waited");
    const [a, b] = [await warm("waited"), await warm("waited")];
    await run(a, "begin", "T");
    await run(a, "update waited set n = n + 100 where id = 1", "T");
    const answer = run(b, "update waited set n = n + 1 where id = 1");
    expect(await isWaiting(answer)).toBe(true);
    await run(a, "commit");
    expect(await answer).toContain("UPDATE 1");
    expect(await run(admin, "select n from waited where id = 1")).toContain("109");
  });

  test("a condition is judged before a wait and after it", async () => {
    await made("judged");
    const [a, b] = [await warm("judged"), await warm("judged")];
    const change = (from: number) => `update judged set n = n + 1 where id = 3 and n = ${from}`;
    for (let i = 0; i < 5; i++) expect(await run(b, change(i))).toContain("UPDATE 1");
    for (const status of ["I", "T"] as const) {
      if (status === "T") await run(b, "begin", "T");
      const old = status === "I" ? 5 : 50;
      await run(a, "begin", "T");
      await run(a, `update judged set n = ${10 * old} where id = 3`, "T");
      expect(await run(b, change(10 * old), status)).toContain("UPDATE 0");
      const answer = run(b, change(old), status);
      expect(await isWaiting(answer)).toBe(true);
      await run(a, "commit");
      expect(await answer).toContain("UPDATE 0");
    }
    // What it waited for is locked by it, also where the condition does not hold any more: as in PostgreSQL.
    await run(b, "commit");
    await run(b, "begin", "T");
    await run(a, "begin", "T");
    await run(a, "update judged set n = n + 0 where id = 3", "T");
    const answer = run(b, change(500), "T");
    expect(await isWaiting(answer)).toBe(true);
    await run(a, "commit");
    expect(await answer).toContain("UPDATE 1");
    expect(await run(b, "commit")).toContain("COMMIT");
  });

  test("blocks that meet at one row change it one after the other, however long they hold it", async () => {
    const admin = await made("met");
    const clients = [await warm("met"), await warm("met"), await warm("met"), await warm("met")];
    const rounds = 15;
    await Promise.all(
      clients.map(async (c, n) => {
        for (let i = 0; i < rounds; i++) {
          await run(c, "begin", "T");
          expect(await run(c, "update met set n = n + 1 where id = 1", "T")).toContain("UPDATE 1");
          if (i % 5 === n) await new Promise((resolve) => setTimeout(resolve, 40));
          expect(await run(c, "commit")).toContain("COMMIT");
        }
      }),
    );
    expect(await run(admin, "select n from met where id = 1")).toContain(`${4 * clients.length + rounds * clients.length}`);
  });

  test("two blocks that wait for each other are a deadlock for one of them", async () => {
    await made("crossed");
    const [a, b] = [await warm("crossed"), await warm("crossed")];
    for (const [c, id] of [
      [a, 1],
      [b, 2],
    ] as const) {
      await run(c, "begin", "T");
      await run(c, `update crossed set n = n + 1 where id = ${id}`, "T");
    }
    const first = (async () => {
      await a.send([query("update crossed set n = n + 1 where id = 2"), query("commit")]);
      return a.until("Z\0\0\0\x05I");
    })();
    const second = (async () => {
      await b.send([query("update crossed set n = n + 1 where id = 1"), query("commit")]);
      return b.until("Z\0\0\0\x05I");
    })();
    const answers = await Promise.all([first, second]);
    expect(answers.filter((text) => text.includes("C40P01"))).toHaveLength(1);
    expect(answers.filter((text) => text.includes("COMMIT"))).toHaveLength(1);
  });

  test("LOCK TABLE waits for a block that wrote, and a write for LOCK TABLE", async () => {
    const admin = await made("shut");
    const c = await warm("shut");
    await run(c, "begin", "T");
    await run(c, "update shut set n = n + 1 where id = 1", "T");
    await run(admin, "begin", "T");
    const locked = run(admin, "lock table shut in share mode", "T");
    expect(await isWaiting(locked)).toBe(true);
    await run(c, "commit");
    await locked;
    const written = run(c, "update shut set n = n + 1 where id = 1");
    expect(await isWaiting(written)).toBe(true);
    await run(admin, "commit");
    expect(await written).toContain("UPDATE 1");
  });

  test("a cold statement sees the block's rows, fails it, and the block is rolled back whole", async () => {
    const admin = await made("mixed");
    const c = await warm("mixed");
    await run(c, "begin", "T");
    await run(c, "update mixed set n = n + 50 where id = 1", "T");
    expect(await run(c, "select sum(n) from mixed", "T")).toContain("54");
    expect(await run(c, "select 1 / 0", "E")).toContain("C22012");
    expect(await run(c, "update mixed set n = n + 1 where id = 1", "E")).toContain("C25P02");
    expect(await run(c, "commit")).toContain("ROLLBACK");
    expect(await run(admin, "select n from mixed where id = 1")).toContain("\x014");
  });

  test("a block ends with its connection, whoever ends it", async () => {
    const admin = await made("gone");
    for (const ending of ["client", "server"]) {
      const c = await warm("gone");
      const pid = /(\d+)\D*$/.exec((await run(c, "select pg_backend_pid()")).split("SELECT 1")[0] as string)?.[1];
      for (let i = 0; i < 3; i++) await run(c, "update gone set n = n + 1 where id = 3");
      await run(c, "begin", "T");
      await run(c, "update gone set n = n + 1 where id = 1", "T");
      const answer = run(admin, "update gone set n = 0 where id = 1");
      expect(await isWaiting(answer)).toBe(true);
      if (ending === "client") c.socket.destroy();
      else {
        const other = await opened(port());
        expect(await run(other, `select pg_terminate_backend(${pid})`)).toContain("\x01t");
        expect(await c.until("never")).toContain("C57P01");
        other.socket.destroy();
      }
      expect(await answer).toContain("UPDATE 1");
    }
  });

  test("an idle block's time limit holds", async () => {
    await made("limited");
    const c = await warm("limited");
    await run(c, "set idle_in_transaction_session_timeout to 150");
    for (let i = 0; i < 4; i++) await run(c, "update limited set n = n + 1 where id = 1");
    await run(c, "begin", "T");
    await run(c, "update limited set n = n + 1 where id = 1", "T");
    expect(await c.until("never")).toContain("C25P03");
  });

  test("definitions that come between are obeyed", async () => {
    const admin = await made("redefined");
    const c = await warm("redefined");
    const set = () => run(c, "update redefined set n = -5 where id = 4");
    for (let i = 0; i < 4; i++) expect(await set()).toContain("UPDATE 1");
    await run(admin, "update redefined set n = 1");
    await run(admin, "alter table redefined add check (n >= 0)");
    for (let i = 0; i < 4; i++) expect(await set()).toContain("C23514");
    await run(admin, "alter table redefined drop constraint redefined_n_check");
    for (let i = 0; i < 4; i++) expect(await set()).toContain("UPDATE 1");
    await run(admin, "update redefined set n = id");
    await run(admin, "create unique index on redefined (n)");
    const same = () => run(c, "update redefined set n = 5 where id = 4");
    for (let i = 0; i < 4; i++) expect(await same()).toContain("C23505");
    await run(admin, "create table referring (id int references redefined)");
    const remove = () => run(c, "delete from redefined where id = 5");
    await run(admin, "insert into referring values (5)");
    for (let i = 0; i < 4; i++) expect(await remove()).toContain("C23503");
    await run(admin, "drop table referring");
  });

  test("a snapshot for the whole block refuses what changed since", async () => {
    await made("frozen");
    const [a, b] = [await warm("frozen"), await warm("frozen")];
    await run(a, "set default_transaction_isolation to 'repeatable read'");
    for (let i = 0; i < 3; i++) {
      await run(a, "begin", "T");
      await run(a, "update frozen set n = n + 1 where id = 5", "T");
      await run(a, "commit");
    }
    await run(a, "begin", "T");
    await run(a, "update frozen set n = n + 1 where id = 6", "T");
    await run(b, "update frozen set n = n + 1 where id = 7");
    expect(await run(a, "update frozen set n = n + 1 where id = 7", "E")).toContain("C40001");
    expect(await run(a, "rollback")).toContain("ROLLBACK");
  });
});

test("orrery_hot_path, EXPLAIN (HOT_PATH) and pg_stat_activity say what runs on I/O threads", async () => {
  const admin = await opened(
    native.port,
    "drop table if exists shown",
    "create table shown (id int primary key, n int, c int check (c > 0))",
    "create table plain (id int primary key, n int)",
    "insert into plain select i, 0 from generate_series(1, 9) i",
    "analyze plain",
  );
  const c = await opened(native.port);
  onTestFinished(() => {
    for (const each of [admin, c]) each.socket.destroy();
  });
  const pid = /pid (\d+)/.exec(await run(c, "select 'pid ' || pg_backend_pid()"))?.[1];
  for (let i = 0; i < 10; i++) {
    await run(c, "begin", "T");
    await run(c, `update plain set n = n + ${i} where id = 3`, "T");
    await run(c, "commit");
  }
  await run(c, "insert into shown values (1, 2, 3)");
  const rows = async (text: string) => (await run(admin, text)).replace(/[^ -~]+/g, "|");
  expect(
    await rows("select hot, reason is null, calls > 7 from orrery_hot_path where statement = 'update plain set n = n + $1 where id = $2'"),
  ).toContain("t|t|t");
  expect(await rows("select hot, reason from orrery_hot_path where statement like 'insert into shown%'")).toMatch(
    /\|f\|.*the table has generated columns, checks/,
  );
  expect(await rows("explain (costs off, hot_path) delete from plain where id = 1")).toContain("Hot Path: yes");
  expect(await rows("explain (hot_path) insert into shown values (1, 2, 3)")).toContain(
    "Hot Path: no (the table has generated columns, checks",
  );
  expect(await rows("explain (hot_path) select * from plain")).toContain("Hot Path: no (not a lookup");
  expect(await rows("explain (hot_path, format json) select 1")).toContain("0A000");
  for (let i = 0; i < 3; i++) await run(c, "update plain set n = n + 1 where id = 3");
  await run(c, "begin", "T");
  await run(c, "update plain set n = n + 12345 where id = 4", "T");
  const activity = await rows(`select state || ': ' || query from pg_stat_activity where pid = ${pid} and xact_start is not null`);
  expect(activity).toContain("idle in transaction: update plain set n = n + 12345 where id = 4");
  await run(c, "commit");
  expect(await rows(`select state || ': ' || query from pg_stat_activity where pid = ${pid} and xact_start is null`)).toContain(
    "idle: commit",
  );
});

test("a write is answered while the JavaScript thread stands still, in a block, too", { retry: 2 }, async () => {
  const admin = await opened(
    native.port,
    "drop table if exists busy",
    "create table busy (id int primary key, n int)",
    "insert into busy values (1, 0)",
    "analyze busy",
  );
  const c = await opened(native.port);
  const sleeper = await Conversation.open(native.redisPort);
  onTestFinished(() => {
    for (const each of [admin, c, sleeper]) each.socket.destroy();
  });
  let key = 100;
  const once = async () => {
    await run(c, "BEGIN", "T");
    expect(await run(c, "update busy set n = n + 1 where id = 1", "T")).toContain("UPDATE 1");
    expect(await run(c, `insert into busy values (${key++}, -7)`, "T")).toContain("INSERT 0 1");
    expect(await run(c, "END")).toContain("COMMIT");
    await run(c, "update busy set n = n - 1 where id = 1 returning n");
  };
  for (let i = 0; i < 5; i++) await once();
  await sleeper.send([Buffer.from("DEBUG SLEEP 3\r\nECHO awake\r\n")]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const from = performance.now();
  for (let i = 0; i < 10; i++) await once();
  expect(performance.now() - from).toBeLessThan(2500);
  await sleeper.until("awake");
  expect(await run(admin, "select count(*), sum(n) from busy where n >= 0")).toContain("\x010");
});
