/**
 * Commands of clients on two threads are linearizable: for each key there is an order of the commands that explains every reply and
 * respects real time; scripts and transactions of several commands count as one step. ORRERY_HISTORY_RUNS sets the number of random
 * histories.
 *
 * Source: Wing and Gong, "Testing and Verifying Concurrent Objects" (1993): search for an order by taking any command that nobody
 * finished before, with states that failed once remembered.
 */
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type OrreryProcess, startOrrery } from "../support/processes.js";

const runs = Number(process.env.ORRERY_HISTORY_RUNS ?? 100);
const transports = ["node", "native"] as const;
const clientCount = 4;
const commandsEach = 8;

const servers = new Map<string, { readonly server: OrreryProcess; readonly clients: readonly Redis[] }>();
beforeAll(async () => {
  for (const transport of transports) {
    const server = await startOrrery({ flags: ["--threads", "2", "--transport", transport] });
    const clients = Array.from({ length: clientCount }, () => new Redis({ port: server.redisPort, lazyConnect: true }));
    servers.set(transport, { server, clients });
    for (const client of clients) await client.connect();
  }
});
afterAll(async () => {
  for (const { server, clients } of servers.values()) {
    for (const client of clients) client.disconnect();
    await server.stop();
  }
});

interface Done {
  readonly words: readonly string[];
  readonly reply: string;
  readonly start: number;
  readonly end: number;
}

/** What a command gives and leaves behind: the model of a register (a string) and of a list (strings joined by commas). */
function apply(state: string, [name, , value = ""]: readonly string[]): { readonly state: string; readonly reply: string } {
  const list = state === "" ? [] : state.split(",");
  switch (name) {
    case "SET":
      return { state: value, reply: '"OK"' };
    case "GET":
      return { state, reply: state === "" ? "null" : JSON.stringify(state) };
    case "GETSET":
      return { state: value, reply: state === "" ? "null" : JSON.stringify(state) };
    case "INCR":
      return { state: String(Number(state) + 1), reply: String(Number(state) + 1) };
    case "RPUSH":
      return { state: [...list, value].join(","), reply: String(list.length + 1) };
    case "LPOP":
      return { state: list.slice(1).join(","), reply: list.length === 0 ? "null" : JSON.stringify(list[0]) };
    case "LLEN":
      return { state, reply: String(list.length) };
    case "MULTI": {
      // Two commands in one step: of a list its first element goes, and what is left is counted; of a register two increments.
      if (value === "list") {
        const left = list.slice(1);
        return { state: left.join(","), reply: JSON.stringify([list[0] ?? null, left.length]) };
      }
      const once = Number(state) + 1;
      return { state: String(once + 1), reply: JSON.stringify([once, once + 1]) };
    }
    default: // EVAL: takes the first and puts it at the end, in one step
      return list.length === 0
        ? { state, reply: "null" }
        : { state: [...list.slice(1), list[0]].join(","), reply: JSON.stringify(list[0]) };
  }
}

function isLinearizable(history: readonly Done[]): boolean {
  const failed = new Set<string>();
  const search = (left: readonly number[], state: string): boolean => {
    if (left.length === 0) return true;
    const key = `${left.join(" ")}|${state}`;
    if (failed.has(key)) return false;
    const firstEnd = Math.min(...left.map((i) => (history[i] as Done).end));
    for (const i of left) {
      const command = history[i] as Done;
      if (command.start > firstEnd) continue;
      const next = apply(state, command.words);
      if (
        next.reply === command.reply &&
        search(
          left.filter((j) => j !== i),
          next.state,
        )
      )
        return true;
    }
    failed.add(key);
    return false;
  };
  return search([...history.keys()], "");
}

const rotate = "local v = redis.call('LPOP', KEYS[1]) if v then redis.call('RPUSH', KEYS[1], v) end return v";

function randomCommand(key: string, number: number): string[] {
  const pick = (words: readonly string[]) => words[Math.floor(Math.random() * words.length)] as string;
  if (key.startsWith("list")) {
    const name = pick(["RPUSH", "RPUSH", "LPOP", "LLEN", "EVAL", "MULTI"]);
    if (name === "MULTI") return [name, key, "list"];
    return name === "RPUSH" ? [name, key, `v${number}`] : [name, key];
  }
  const name = pick(["SET", "GET", "GETSET", "INCR", "MULTI"]);
  if (name === "MULTI") return [name, key, "register"];
  return name === "SET" || name === "GETSET" ? [name, key, String(number)] : [name, key];
}

async function transaction(client: Redis, key: string, kind: string): Promise<unknown> {
  const multi = kind === "list" ? client.multi().lpop(key).llen(key) : client.multi().incr(key).incr(key);
  return ((await multi.exec()) ?? []).map(([error, value]) => {
    if (error !== null) throw error;
    return value;
  });
}

async function run(clients: readonly Redis[], round: number): Promise<Map<string, Done[]>> {
  const histories = new Map<string, Done[]>();
  let number = round * 1000;
  await Promise.all(
    clients.map(async (client) => {
      for (let i = 0; i < commandsEach; i++) {
        const key = `${Math.random() < 0.5 ? "list" : "register"}${round}`;
        const words = randomCommand(key, ++number);
        const start = performance.now();
        const [name = "", ...args] = words;
        const value =
          name === "EVAL"
            ? await client.eval(rotate, 1, key)
            : name === "MULTI"
              ? await transaction(client, key, args[1] as string)
              : await client.call(name, ...args);
        const done = { words, reply: JSON.stringify(value), start, end: performance.now() };
        histories.set(key, [...(histories.get(key) ?? []), done]);
      }
    }),
  );
  return histories;
}

test("the checker finds what is not linearizable", () => {
  const stale: Done[] = [
    { words: ["SET", "k", "1"], reply: '"OK"', start: 0, end: 1 },
    { words: ["SET", "k", "2"], reply: '"OK"', start: 2, end: 3 },
    { words: ["GET", "k"], reply: '"1"', start: 4, end: 5 },
  ];
  expect(isLinearizable(stale)).toBe(false);
  expect(isLinearizable([...stale.slice(0, 2), { words: ["GET", "k"], reply: '"1"', start: 1.5, end: 5 }])).toBe(true);
});

test.each(transports)(
  `${runs} random histories over two threads are linearizable: transport %s`,
  async (transport) => {
    const { clients } = servers.get(transport) as { readonly clients: readonly Redis[] };
    for (let round = 0; round < runs; round++)
      for (const [key, history] of await run(clients, round))
        expect(isLinearizable(history), `${key}: ${JSON.stringify(history)}`).toBe(true);
  },
  300_000,
);
