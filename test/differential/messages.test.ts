/**
 * Simple queries of several statements, one behind the other without waiting: PostgreSQL 15, native I/O threads and node:net answer with the same
 * messages. Errors, warnings, transaction blocks that begin and end in the middle of a message, and texts that cannot be read are among them.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Conversation, cut, logIn, query, randomOf, readable } from "../support/conversations.js";
import { hasPostgres, type OrreryProcess, type ServerProcess, startOrrery, startPostgres } from "../support/processes.js";

const conversations = Number(process.env.ORRERY_CONVERSATIONS ?? 25);
const MESSAGES = 40;

const statements = [
  "insert into account values (?, 100, 'new')",
  "insert into account (id) values (?), (?)",
  "insert into account (id, balance) values (?, 1) on conflict (id) do update set balance = account.balance + 1 returning id, balance",
  "insert into account (id, balance) values (?, 1) on conflict do nothing",
  "insert into numbered (label) values ('é') returning n, label",
  "update account set balance = balance + 1 where id = ?",
  "update account set balance = balance - ?, name = name || 'x' where id = ? returning *",
  "delete from account where id = ?",
  "select * from account where id = ?",
  "select balance from account where id in (?, ?, ?) order by id",
  "select count(*), sum(balance) from account",
  "select lastval()",
  "select 10 / (id - id) from account where id = ?",
  "select nosuch",
  "select 'it''s ' || ? as \"a b\"",
  "selec 1",
  "insert into account values (?, 'x')",
  "begin",
  "begin isolation level repeatable read",
  "start transaction read only",
  "commit",
  "end",
  "rollback",
  "commit and chain",
  "savepoint s",
  "rollback to s",
  "release s",
  "set local datestyle to german",
  "set datestyle to iso, mdy",
  "show datestyle",
  "create table made (a int)",
  "drop table if exists made",
  "vacuum",
  "prepare p as select ?::int",
  "execute p",
  "deallocate all",
  "declare c cursor for select id from account order by id",
  "fetch 2 from c",
  "close c",
  "truncate numbered",
  "discard temp",
  "",
  "/* nothing */",
];

/** One message's text. Often one statement, so that what is repeated becomes hot. */
function text(random: (below: number) => number): string {
  const one = (): string => {
    const kind = random(3) === 0 ? random(statements.length) : random(11);
    return (statements[kind] as string).replace(/\?/g, () => String(random(14)));
  };
  const count = random(3) === 0 ? 1 : 1 + random(4);
  return Array.from({ length: count }, one).join(["; ", ";", ";;", " ;\n-- a comment\n"][random(4)]) + ["", ";", " ; "][random(3)];
}

describe.skipIf(!hasPostgres)("messages of several statements", () => {
  let postgres: ServerProcess;
  let ours: OrreryProcess[] = [];
  beforeAll(async () => {
    postgres = await startPostgres();
    ours = [await startOrrery({ flags: ["--transport", "native"] }), await startOrrery({ flags: ["--transport", "node"] })];
  }, 60_000);
  afterAll(async () => {
    for (const server of [postgres, ...ours]) await server?.stop();
  });

  /** Its questions and what came for each of them. */
  async function converse(port: number, seed: number): Promise<string[]> {
    const random = randomOf(seed);
    const c = await Conversation.open(port);
    await logIn(c);
    await c.send([
      query(
        "drop table if exists account, numbered, made; create table account (id int primary key check (id < 13), balance bigint default 5, name text default 'none'); create table numbered (n serial, label varchar(3)); insert into account select g, g * 10, 'n' || g from generate_series(0, 9) g; select 'ready'",
      ),
    ]);
    await c.until("SELECT 1\0Z\0\0\0\x05I");
    const texts = Array.from({ length: MESSAGES }, () => text(random));
    await c.send(cut(Buffer.concat([...texts.map(query), query("rollback"), query("select 'the-end'")]), random));
    const lines = readable(await c.until("the-end"));
    c.socket.destroy();
    // Which message they answer: what helps who reads a failure.
    let next = 0;
    return lines.map((line) => (line.startsWith("Z") ? `${line} <- ${texts[next++]}` : line));
  }

  for (let seed = 1; seed <= conversations; seed++)
    test(`conversation ${seed}`, async () => {
      const expected = await converse(postgres.port, seed);
      for (const server of ours) expect(await converse(server.port, seed)).toEqual(expected);
    }, 20_000);
});
