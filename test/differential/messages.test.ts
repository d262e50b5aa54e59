/**
 * Simple queries of several statements, one behind the other without waiting: PostgreSQL 15, native I/O threads and node:net answer with the same
 * messages. Errors, warnings, transaction blocks that begin and end in the middle of a message, and texts that cannot be read are among them.
 */
import { describe } from "vitest";
import { query } from "../support/conversations.js";
import { ConversingServers } from "../support/conversing-servers.js";
import { hasPostgres } from "../support/processes.js";

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
  "select 10 / (? - ?)",
  "select id, 10 / ? from account where id = ?",
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
  // Where it fails it does so before the columns are told, however often it has come.
  "select 10 / ? as tenth",
  "update account set balance = 10 / ? where id = ? returning balance",
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
  new ConversingServers().test((random) => {
    const texts = Array.from({ length: MESSAGES }, () => text(random));
    return {
      bytes: Buffer.concat(texts.map(query)),
      // Which message they answer.
      explain(answer) {
        let next = 0;
        return answer.map((line) => (line.startsWith("Z") ? `${line} <- ${texts[next++]}` : line));
      },
    };
  });
});
