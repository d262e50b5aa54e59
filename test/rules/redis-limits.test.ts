/** Redis' limits: values of 512 MB, a million elements in one command, what is refused beyond. Compared with Redis where that is quick. */
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hasRedis, type OrreryProcess, type ServerProcess, startOrrery, startRedis } from "../support/processes.js";

const most = 536_870_912;
let orrery: OrreryProcess;
let redis: ServerProcess | undefined;
beforeAll(async () => {
  orrery = await startOrrery({ flags: ["--appendfsync", "no"] });
  redis = hasRedis ? await startRedis(["--save", "", "--appendonly", "no"]) : undefined;
}, 60_000);
afterAll(async () => {
  await orrery.stop();
  await redis?.stop();
});

/** Sends without holding more than a chunk, and counts instead of keeping. */
class Client {
  readonly #socket: Socket;
  #head = Buffer.alloc(0);
  #length = 0;
  #last = Buffer.alloc(0);
  #wake: () => void = () => undefined;
  closed = false;
  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.setMaxListeners(0); // each wait for room adds one that outlives it
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => {
      this.closed = true;
      this.#wake();
    });
    this.#socket.on("data", (chunk) => {
      if (this.#head.length < 4096) this.#head = Buffer.concat([this.#head, chunk.subarray(0, 4096 - this.#head.length)]);
      this.#length += chunk.length;
      this.#last = chunk.length >= 16 ? chunk.subarray(-16) : Buffer.concat([this.#last, chunk]).subarray(-16);
      this.#wake();
    });
  }
  async send(...parts: (string | Buffer | { readonly fill: string; readonly count: number })[]): Promise<void> {
    const write = async (bytes: Buffer) => {
      if (!this.#socket.write(bytes) && !this.closed)
        await new Promise<void>((done) => this.#socket.once("drain", done).once("close", done));
    };
    for (const part of parts) {
      if (typeof part === "string" || Buffer.isBuffer(part)) {
        await write(Buffer.from(part));
        continue;
      }
      const chunk = Buffer.alloc(1 << 20, part.fill);
      for (let left = part.count; left > 0 && !this.closed; left -= chunk.length) await write(chunk.subarray(0, left));
    }
  }
  /** The first line of the reply, once `length` bytes are there (or the line alone). */
  async reply(length?: number): Promise<string> {
    while (!this.closed && (length === undefined ? !this.#head.includes("\r\n") : this.#length < length))
      await new Promise<void>((done) => {
        this.#wake = done;
      });
    const line = this.#head.toString("latin1").split("\r\n")[0] as string;
    this.#head = Buffer.alloc(0);
    this.#length = 0;
    return line;
  }
  get last(): string {
    return this.#last.toString("latin1");
  }
  async ask(...words: string[]): Promise<string> {
    await this.send(command(words));
    return this.reply();
  }
  end(): void {
    this.#socket.destroy();
  }
}
const command = (words: readonly string[]) => `*${words.length}\r\n${words.map((w) => `$${Buffer.byteLength(w)}\r\n${w}\r\n`).join("")}`;
const servers = () => [["Orrery", orrery.redisPort] as const, ...(redis === undefined ? [] : [["Redis", redis.port] as const])];

test("a value of 512 MB is kept, given back and not made longer", { timeout: 120_000 }, async () => {
  const answers: Record<string, string[]> = {};
  for (const [name, port] of servers()) {
    const client = new Client(port);
    const out: string[] = [];
    await client.send(`*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$${most}\r\n`, { fill: "x", count: most }, "\r\n");
    out.push(await client.reply());
    out.push(await client.ask("STRLEN", "big"), await client.ask("SETRANGE", "big", String(most - 1), "y"));
    out.push(await client.ask("APPEND", "big", "z"), await client.ask("SETRANGE", "big", String(most), "z"));
    out.push(await client.ask("SETRANGE", "big", String(most), ""), await client.ask("SETBIT", "big", "4294967296", "1"));
    out.push(await client.ask("SETBIT", "big", "4294967295", "0"), await client.ask("GETBIT", "big", "4294967287"));
    await client.send(command(["GET", "big"]));
    out.push(await client.reply(most + 14), JSON.stringify(client.last.slice(-4)));
    out.push(await client.ask("SETRANGE", "new", String(most), "z"), await client.ask("SETRANGE", "new", String(most - 1), "z"));
    out.push(await client.ask("APPEND", "new", "z"), await client.ask("BITCOUNT", "new"), await client.ask("DEL", "big", "new"));
    answers[name] = out;
    client.end();
    const beyond = new Client(port);
    await beyond.send(`*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$${most + 1}\r\n`);
    out.push(await beyond.reply());
    while (!beyond.closed) await new Promise((done) => setTimeout(done, 10));
    beyond.end();
  }
  expect(answers.Orrery?.slice(0, 5)).toEqual([
    "+OK",
    `:${most}`,
    `:${most}`,
    "-ERR string exceeds maximum allowed size (proto-max-bulk-len)",
    "-ERR string exceeds maximum allowed size (proto-max-bulk-len)",
  ]);
  expect(answers.Orrery?.at(-1)).toBe("-ERR Protocol error: invalid bulk length");
  if (redis !== undefined) expect(answers.Orrery).toEqual(answers.Redis);
});

/** A command of a million elements, each made by `element`. */
function million(name: readonly string[], element: (i: number) => string[], count = 1_000_000): Buffer[] {
  const parts: Buffer[] = [];
  const width = element(0).length;
  parts.push(Buffer.from(`*${name.length + width * count}\r\n${name.map((w) => `$${w.length}\r\n${w}\r\n`).join("")}`));
  for (let i = 0; i < count; i += 10_000)
    parts.push(
      Buffer.from(
        Array.from({ length: 10_000 }, (_, j) =>
          element(i + j)
            .map((w) => `$${w.length}\r\n${w}\r\n`)
            .join(""),
        ).join(""),
      ),
    );
  return parts;
}
test.each([
  [["MSET"], (i: number) => [`k${i}`, String(i)], "+OK"],
  [["DEL"], (i: number) => [`k${i}`], ":1000000"],
  [["SADD", "s"], (i: number) => [`m${i}`], ":1000000"],
  [["RPUSH", "l"], (i: number) => [String(i)], ":1000000"],
  [["ZADD", "z"], (i: number) => [String(i % 1000), `m${i}`], ":1000000"],
  [["HSET", "h"], (i: number) => [`f${i}`, String(i)], ":1000000"],
  [["XADD", "x", "*"], (i: number) => [`f${i % 100}`, String(i)], "$15"],
  [["PFADD", "p"], (i: number) => [`m${i}`], ":1"],
  [["SREM", "s"], (i: number) => [`m${i}`], ":1000000"],
  [["HDEL", "h"], (i: number) => [`f${i}`], ":1000000"],
  [["MGET"], (i: number) => [`k${i}`], "*1000000"],
] as const)("%s of a million elements is one command", { timeout: 120_000 }, async (name, element, answer) => {
  const client = new Client(orrery.redisPort);
  await client.send(...million(name, element));
  // XADD's id ends the reply, MGET's a million nulls.
  expect((await client.reply(answer.startsWith("*") ? answer.length + 2 + 5_000_000 : undefined)).replace(/^\$1[0-9]$/, "$15")).toBe(
    answer,
  );
  client.end();
});

test("more elements than Redis takes are a protocol error", async () => {
  for (const [, port] of servers()) {
    const client = new Client(port);
    await client.send("*2147483648\r\n");
    expect(await client.reply()).toBe("-ERR Protocol error: invalid multibulk length");
    client.end();
  }
});

test("a command longer than client-query-buffer-limit ends its connection, others go on", async () => {
  for (const [name, port] of servers()) {
    const admin = new Client(port);
    expect(await admin.ask("CONFIG", "SET", "client-query-buffer-limit", "1000000")).toBe(
      "-ERR CONFIG SET failed (possibly related to argument 'client-query-buffer-limit') - argument must be between 1048576 and 9223372036854775807 inclusive",
    );
    expect(await admin.ask("CONFIG", "SET", "client-query-buffer-limit", "1mb")).toBe("+OK");
    const flooding = new Client(port);
    await flooding.send(`*2\r\n$3\r\nGET\r\n$${4 << 20}\r\n`, { fill: "x", count: 3 << 20 });
    const until = Date.now() + 10_000;
    while (!flooding.closed && Date.now() < until) await new Promise((done) => setTimeout(done, 10));
    expect(flooding.closed, name).toBe(true);
    expect(await admin.ask("CONFIG", "SET", "client-query-buffer-limit", "1gb")).toBe("+OK");
    expect(await admin.ask("PING")).toBe("+PONG");
    admin.end();
  }
});

test("maxmemory-clients closes the largest client, and none with NO-EVICT", async () => {
  for (const [name, port] of servers()) {
    const admin = new Client(port);
    expect(await admin.ask("CLIENT", "NO-EVICT", "on")).toBe("+OK");
    const large = new Client(port);
    const kept = new Client(port);
    expect(await kept.ask("CLIENT", "NO-EVICT", "on")).toBe("+OK");
    for (const client of [large, kept]) await client.send(`*2\r\n$3\r\nGET\r\n$${4 << 20}\r\n`, { fill: "x", count: 3 << 20 });
    await new Promise((done) => setTimeout(done, 300)); // until the server has read it
    expect(await admin.ask("CONFIG", "SET", "maxmemory-clients", "5mb"), name).toBe("+OK");
    const until = Date.now() + 10_000;
    while (!large.closed && Date.now() < until) await new Promise((done) => setTimeout(done, 10));
    expect(large.closed, name).toBe(true);
    expect(kept.closed, name).toBe(false);
    expect(await admin.ask("CONFIG", "SET", "maxmemory-clients", "0")).toBe("+OK");
    kept.end();
    admin.end();
  }
});
