/**
 * Bytes that no Redis client sends: valid commands cut at every byte, in other orders, cut short, with wrong counts and lengths, and garbage. The
 * server must neither die nor hang, answer in RESP to its last byte, and disturb nobody. Seeded (`ORRERY_FUZZ_SEED`), `ORRERY_FUZZ_INPUTS` inputs per
 * transport.
 */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OrreryProcess, startOrrery } from "../support/processes.js";

const INPUTS = Number(process.env.ORRERY_FUZZ_INPUTS ?? 2000);
const SEED = Number(process.env.ORRERY_FUZZ_SEED ?? 1);
const AT_ONCE = 16;
const PATIENCE_MILLIS = 20_000;

const command = (...words: (string | Buffer)[]): Buffer =>
  Buffer.concat([
    Buffer.from(`*${words.length}\r\n`),
    ...words.flatMap((word) => [Buffer.from(`$${Buffer.byteLength(word)}\r\n`), Buffer.from(word), Buffer.from("\r\n")]),
  ]);
const COMMANDS: readonly Buffer[] = [
  command("SET", "k", "v"),
  command("SET", "n", "41"),
  command("INCR", "n"),
  command("GET", "k"),
  command("APPEND", "k", Buffer.from([0, 13, 10, 255])),
  command("RPUSH", "l", "a", "b", "c"),
  command("LRANGE", "l", "0", "-1"),
  command("HSET", "h", "f", "1", "g", "2"),
  command("HGETALL", "h"),
  command("ZADD", "z", "1.5", "a", "inf", "b"),
  command("ZRANGE", "z", "0", "-1", "WITHSCORES"),
  command("XADD", "s", "*", "f", "v"),
  command("MULTI"),
  command("EXEC"),
  command("EVAL", "return redis.call('get', KEYS[1])", "1", "k"),
  command("HELLO", "3"),
  command("SUBSCRIBE", "c"),
  command("UNSUBSCRIBE"),
  command("BLPOP", "none", "0.01"),
  command("NOSUCH", "x"),
  command("GET"),
  command("DEL", "k", "n", "l", "h", "z", "s"),
  Buffer.from("PING\r\n"),
  Buffer.from('set k "a b"\r\n'),
  Buffer.from("\r\n"),
];
const ODD: readonly Buffer[] = [
  "*0\r\n", "*-1\r\n", "*-5\r\n", "*99999999\r\n", "*2147483648\r\n", "*1\r\n$-1\r\n", "*1\r\n$536870913\r\n", "*1\r\n$99999999999999999999\r\n",
  "*1\r\n:1\r\n", "*x\r\n", "$3\r\nGET\r\n", "*1\r\n$4\r\nPINGxx", "'unbalanced\r\n", "GET / HTTP/1.1\r\n", `${"x".repeat(70_000)}\r\n`, `*1\r\n$${"9".repeat(70_000)}`,
].map((line) => Buffer.from(line)); // biome-ignore format: a list

/** Marsaglia's xorshift. */
function random(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function input(pick: (below: number) => number): Buffer[] {
  const parts = Array.from({ length: 1 + pick(6) }, () => (pick(5) === 0 ? ODD[pick(ODD.length)]! : COMMANDS[pick(COMMANDS.length)]!));
  let bytes = Buffer.concat(parts);
  if (pick(4) === 0) bytes = bytes.subarray(0, pick(bytes.length + 1));
  for (let flips = pick(3) === 0 ? 1 + pick(4) : 0; flips > 0 && bytes.length > 0; flips--) bytes[pick(bytes.length)] = pick(256);
  if (pick(10) === 0) bytes = Buffer.from(Array.from({ length: pick(300) }, () => pick(256)));
  if (pick(2) === 0) return [bytes];
  const at = pick(bytes.length + 1);
  return [bytes.subarray(0, at), bytes.subarray(at)];
}

/** Sends the pieces one by one, ends, and resolves to the answer when the server has closed; undefined: it did not. */
function answerTo(port: number, pieces: readonly Buffer[]): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1").setNoDelay();
    const chunks: Buffer[] = [];
    const done = (answer: Buffer | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => done(undefined), PATIENCE_MILLIS);
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => done(Buffer.concat(chunks)));
    socket.on("end", () => done(Buffer.concat(chunks)));
    socket.on("connect", async () => {
      for (const piece of pieces) {
        socket.write(piece);
        await new Promise((next) => setImmediate(next));
      }
      socket.end();
    });
  });
}

/** Where the first reply that is none begins; -1: all are whole replies. */
function notResp(bytes: Buffer): number {
  let at = 0;
  const one = (): boolean => {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) return false;
    const type = String.fromCharCode(bytes[at] ?? 0);
    const rest = bytes.toString("latin1", at + 1, end);
    at = end + 2;
    if ("+-:,#_(".includes(type)) return true;
    const length = Number(rest);
    if (!Number.isInteger(length)) return false;
    if (type === "$" || type === "=") {
      if (length >= 0) at += length + 2;
      return at <= bytes.length;
    }
    if (!"*%~>".includes(type)) return false;
    for (let left = type === "%" ? 2 * length : length; left > 0; left--) if (!one()) return false;
    return true;
  };
  while (at < bytes.length) {
    const start = at;
    if (!one()) return start;
  }
  return -1;
}

describe.each(["native", "node"])("transport %s", (transport) => {
  let server: OrreryProcess;
  beforeAll(async () => {
    server = await startOrrery({ flags: ["--transport", transport, "--threads", "2"] });
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
  });

  test("commands cut at every byte have the answers of whole ones", async () => {
    const all = Buffer.concat(["SET k v", "GET k", "LPUSH l a b", "LRANGE l 0 -1", "PING", "DEL k l"].map((c) => command(...c.split(" "))));
    const whole = await answerTo(server.redisPort, [all]);
    expect(whole?.toString()).toContain("+PONG");
    for (let at = 1; at < all.length; at++)
      expect(await answerTo(server.redisPort, [all.subarray(0, at), all.subarray(at)]), `cut at ${at}`).toEqual(whole);
    expect(
      await answerTo(
        server.redisPort,
        Array.from(all, (byte) => Buffer.of(byte)),
      ),
    ).toEqual(whole);
  });

  test(
    `${INPUTS} inputs, seed ${SEED}`,
    async () => {
      const pick = random(SEED);
      const faults: string[] = [];
      let sent = 0;
      const work = async () => {
        while (sent++ < INPUTS && faults.length === 0) {
          const pieces = input(pick);
          const answer = await answerTo(server.redisPort, pieces);
          const at = answer === undefined ? 0 : notResp(answer);
          if (at < 0 && server.process.exitCode === null) continue;
          const what = answer === undefined ? "no end" : at < 0 ? "the server has ended" : `not RESP at ${at}: ${answer.toString("hex")}`;
          faults.push(`${what}, to ${Buffer.concat(pieces).toString("hex").slice(0, 4000)}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      expect(faults).toEqual([]);
      expect(server.errors()).toBe("");
      expect((await answerTo(server.redisPort, [command("PING")]))?.toString()).toBe("+PONG\r\n");
    },
    60_000 + INPUTS * 60,
  );
});
