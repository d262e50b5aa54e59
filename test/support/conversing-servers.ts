/** PostgreSQL 15 and our two transports, over the same tables: a conversation has to go the same way on each of them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Conversation, cut, logIn, query, randomOf, readable } from "./conversations.js";
import { type ServerProcess, startOrrery, startPostgres } from "./processes.js";

const CONVERSATIONS = Number(process.env.ORRERY_CONVERSATIONS ?? 25);
/** A server that keeps locks would otherwise keep the whole run. */
const ANSWER_MILLIS = 15_000;
const SERVERS = 3;
const TRIES = 3;
const TABLES = `
  drop table if exists account, numbered, made, loaded, judged, drawn;
  create table account (id int primary key check (id < 13), balance bigint default 5, name text default 'none');
  create table numbered (n serial, label varchar(3));
  create table loaded (id int primary key, t text, n int default 7);
  create table judged (id int primary key check (id < 60), t varchar(5) not null, n serial unique);
  create table drawn (id int primary key, t text, u text default random()::text);
  insert into account select g, g * 10, 'n' || g from generate_series(0, 9) g;
  select 'ready'`;

export type Random = (below: number) => number;
export const pick = <T>(from: readonly T[], random: Random): T => from[random(from.length)] as T;

export class ConversingServers {
  #servers: ServerProcess[] = [];

  /** They live as long as the suite that this is called in. */
  constructor() {
    beforeAll(async () => {
      this.#servers = [await startPostgres()];
      for (const transport of ["native", "node"]) this.#servers.push(await startOrrery({ flags: ["--transport", transport] }));
    }, 60_000);
    afterAll(async () => {
      for (const server of this.#servers) await server.stop();
    });
  }

  /** A test for each seed. `script` makes what is sent; `explain` says more about the answer, for who reads a failure. */
  test(script: (random: Random) => Script): void {
    for (let seed = 1; seed <= CONVERSATIONS; seed++)
      test(
        `conversation ${seed}`,
        async () => {
          const random = randomOf(seed);
          const { bytes, explain } = script(random);
          await this.expectSame(cut(Buffer.concat([bytes, query("rollback"), query("select 'the-end'")]), random), explain);
        },
        SERVERS * TRIES * ANSWER_MILLIS,
      );
  }

  /** Each of them answers these bytes, up to the last question or the end of the connection, with the same messages. */
  async expectSame(pieces: readonly Buffer[], explain: Script["explain"] = (lines) => lines): Promise<readonly string[]> {
    let expected: readonly string[] | undefined;
    for (const { port } of this.#servers) {
      const answer = explain(await converse(port, pieces));
      expected ??= answer;
      expect(answer).toEqual(expected);
    }
    return expected ?? [];
  }
}

export interface Script {
  readonly bytes: Buffer;
  explain?(answer: readonly string[]): readonly string[];
}

/**
 * A server that closes a connection while its client still sends resets it, and what the client has not read by then may be lost: such a
 * conversation is held again, and the longest answer counts.
 */
async function converse(port: number, pieces: readonly Buffer[]): Promise<readonly string[]> {
  let longest: readonly string[] = [];
  for (let tries = 0; tries < TRIES; tries++) {
    const answer = await converseOnce(port, pieces);
    if (answer.length > longest.length) longest = answer;
    if (/the-end|VFATAL/.test(longest.at(-1) ?? "")) break;
  }
  return longest;
}
async function converseOnce(port: number, pieces: readonly Buffer[]): Promise<readonly string[]> {
  const c = await Conversation.open(port);
  const timer = setTimeout(() => c.socket.destroy(), ANSWER_MILLIS);
  try {
    await logIn(c);
    await c.send([query(TABLES)]);
    await c.until("SELECT 1\0Z\0\0\0\x05I");
    await c.send(pieces);
    return readable(await c.until("the-end"));
  } finally {
    clearTimeout(timer);
    c.socket.destroy();
  }
}
