/** LISTEN and NOTIFY message by message: when they take effect, when a message of a channel comes between others. PostgreSQL 15 and both transports. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Conversation, describe_, execute, logIn, message, query, readable, sync } from "../support/conversations.js";
import { hasPostgres, type OrreryProcess, type ServerProcess, startOrrery, startPostgres } from "../support/processes.js";

/** A query, or the payload that a session that does nothing waits for. */
type Step = readonly [client: "a" | "b", text: string | Buffer] | readonly [client: "a" | "b", waitsFor: null, payload: string];

const extended = (text: string) =>
  Buffer.concat([message("P", "", text, Buffer.from([0, 0])), message("B", "", "", Buffer.alloc(6)), describe_, execute()]);

const scripts: Readonly<Record<string, readonly Step[]>> = {
  "to a session that does nothing": [
    ["a", "listen c"],
    ["b", "notify c, 'one'"],
    ["a", null, "one"],
    ["b", "select pg_notify('c', 'two'), pg_notify('other', 'x')"],
    ["a", null, "two"],
    ["a", "unlisten c"],
    ["b", "notify c, 'three'"],
    ["a", "select 1"],
  ],
  "to a session in a transaction: with its end": [
    ["a", "listen c"],
    ["a", "begin"],
    ["b", "notify c, 'one'"],
    ["a", "select 1"],
    ["b", "notify c, 'two'"],
    ["a", "select nosuch"],
    ["a", "select 2"],
    ["a", "rollback"],
    ["a", "select 3"],
  ],
  "what a transaction listens to begins with its commit": [
    ["a", "begin"],
    ["a", "listen c"],
    ["b", "notify c, 'before'"],
    ["a", "select pg_listening_channels()"],
    ["a", "notify c, 'own'"],
    ["a", "notify c, 'own'"],
    ["a", "notify c, 'last'"],
    ["a", "commit"],
    ["a", "select pg_listening_channels()"],
    ["a", "begin; unlisten *; notify c, 'no'; commit; select 4"],
    ["a", "select pg_listening_channels()"],
  ],
  "a rollback takes it back, to a savepoint too": [
    ["a", "begin; listen c; rollback"],
    ["a", "notify c, 'no'"],
    ["a", "begin; listen d; savepoint s; unlisten *; listen e; notify e, 'gone'; rollback to s; notify d, 'kept'; commit"],
    ["a", "select pg_listening_channels()"],
    ["b", "notify e, 'no'"],
    ["b", "notify d, 'five'"],
    ["a", null, "five"],
  ],
  "in messages of several statements": [
    ["a", "listen c; notify c, 'one'; select 1"],
    ["a", "listen d; select nosuch"],
    ["a", "notify d, 'no'"],
    ["a", "notify c, 'two'; select 2; notify c, 'three'"],
    ["a", "notify c, 'no'; select nosuch"],
    ["a", "select 3"],
  ],
  "in extended queries: at Sync": [
    ["a", "listen c"],
    ["a", Buffer.concat([extended("notify c, 'one'"), extended("select 1"), sync])],
    ["a", Buffer.concat([extended("notify c, 'no'"), extended("select nosuch"), extended("select 1"), sync])],
    ["a", "begin"],
    ["a", Buffer.concat([extended("notify c, 'two'"), sync])],
    ["a", Buffer.concat([extended("commit"), sync])],
  ],
  "to a session whose statements run on an I/O thread": [
    ["a", "create table looked_up (id int primary key); insert into looked_up values (1); listen c"],
    ...Array.from({ length: 8 }, (): Step => ["a", "select id from looked_up where id = 1"]),
    ["b", "notify c, 'one'"],
    ["a", null, "one"],
    ["a", "select id from looked_up where id = 1"],
    ["b", "notify c, 'two'"],
    ["a", null, "two"],
    ["a", "drop table looked_up"],
  ],
  "settings are told after messages": [
    ["a", "listen c"],
    ["a", "notify c, 'one'; set datestyle to german"],
    ["a", "begin; set local datestyle to iso; notify c, 'two'; commit"],
  ],
};

describe.skipIf(!hasPostgres)("notifications", () => {
  let postgres: ServerProcess;
  let ours: OrreryProcess[] = [];
  beforeAll(async () => {
    postgres = await startPostgres();
    ours = [
      await startOrrery({ flags: ["--transport", "native"] }),
      await startOrrery({ flags: ["--transport", "node", "--threads", "2"] }),
    ];
  }, 60_000);
  afterAll(async () => {
    for (const server of [postgres, ...ours]) await server?.stop();
  });

  async function play(port: number, script: readonly Step[]): Promise<string[]> {
    const clients = { a: await Conversation.open(port), b: await Conversation.open(port) };
    for (const client of Object.values(clients)) await logIn(client);
    const lines: string[] = [];
    for (const step of script) {
      const [name, sent] = step;
      const client = clients[name];
      if (sent === null) lines.push(...told(await client.until(`${step[2]}\0`)));
      else {
        await client.send([typeof sent === "string" ? query(sent) : sent]);
        const answer = (await client.until("Z\0\0\0\x05")) + (await client.take(1));
        lines.push(`${name}: ${typeof sent === "string" ? sent : "extended"}`, ...told(answer));
      }
    }
    for (const client of Object.values(clients)) client.socket.destroy();
    return lines;
  }
  /** Without the id of the process that has sent a notification. */
  const told = (answer: string) => readable(answer).map((line) => (line.startsWith("A ") ? `A ${line.slice(6)}` : line));

  for (const [name, script] of Object.entries(scripts))
    test(name, { timeout: 30_000 }, async () => {
      const expected = await play(postgres.port, script);
      for (const server of ours) expect(await play(server.port, script)).toEqual(expected);
    });
});
