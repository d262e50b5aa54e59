/** MIGRATE to a real Redis and to another Orrery; errors as a real Redis gives them. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, hasRedis, type OrreryProcess, type ServerProcess, startOrrery, startRedis } from "../support/processes.js";

describe.skipIf(!hasRedis)("MIGRATE", () => {
  let ours: OrreryProcess;
  let otherOrrery: OrreryProcess;
  let theirs: ServerProcess;
  let judge: ServerProcess;
  let clients: Redis[];
  beforeAll(async () => {
    [ours, otherOrrery, theirs, judge] = await Promise.all([
      startOrrery({ flags: ["--threads", "2"] }),
      startOrrery(),
      startRedis(["--requirepass", "secret", "--user", "mover", "on", ">word", "~*", "+@all"]),
      startRedis(),
    ]);
    clients = [
      new Redis({ port: ours.redisPort }),
      new Redis({ port: otherOrrery.redisPort }),
      new Redis({ port: theirs.port, password: "secret" }),
      new Redis({ port: judge.port }),
    ];
  });
  afterAll(async () => {
    for (const client of clients) client.disconnect();
    await Promise.all([ours, otherOrrery, theirs, judge].map((server) => server.stop()));
  });
  const migrate = (client: Redis, ...words: (string | number)[]) =>
    client.call("MIGRATE", ...words.map(String)).catch((error: Error) => error.message.replace(/\d{4,5}/g, "port"));

  test("moves keys of every type with what is left of their time", async () => {
    const [from, other, to] = clients as [Redis, Redis, Redis];
    await from.set("s", "v", "PX", 60_000);
    await from.rpush("l", "a", "b");
    await from.hset("h", { f: "1", g: "2" });
    await from.zadd("z", 1, "a", 2, "b");
    await from.sadd("t", "x", "y");
    await from.xadd("x", "1-1", "f", "v");
    await from.call("XGROUP", "CREATE", "x", "g", "0");
    const keys = ["s", "l", "h", "z", "t", "x"];
    expect(await migrate(from, "127.0.0.1", theirs.port, "", 0, 5000, "AUTH", "secret", "KEYS", ...keys, "absent")).toBe("OK");
    expect(await from.exists(...keys)).toBe(0);
    expect(await to.exists(...keys)).toBe(6);
    expect(await to.pttl("s")).toBeGreaterThan(50_000);
    expect(await to.call("ZRANGE", "z", "0", "-1")).toEqual(["a", "b"]);
    // And from Redis to us.
    expect(await migrate(to, "127.0.0.1", ours.redisPort, "", 3, 5000, "KEYS", ...keys)).toBe("OK");
    await from.select(3);
    expect(await from.exists(...keys)).toBe(6);
    // To another Orrery, keeping them.
    expect(await migrate(from, "127.0.0.1", otherOrrery.redisPort, "l", 1, 5000, "COPY")).toBe("OK");
    await other.select(1);
    expect([await from.exists("l"), await other.lrange("l", 0, -1)]).toEqual([1, ["a", "b"]]);
    await from.select(0);
  });

  test("AUTH2, REPLACE and errors as Redis", async () => {
    const [from, , to, real] = clients as [Redis, Redis, Redis, Redis];
    const dead = await freePort();
    const both = async (...words: (string | number)[]) => {
      const answers = [];
      for (const client of [from, real]) {
        await client.set("k", "mine");
        await client.set("k2", "mine too");
        await to.flushall();
        await to.set("k", "theirs");
        answers.push([
          await migrate(client, ...words),
          await client.get("k"),
          await client.get("k2"),
          await to.get("k"),
          await to.get("k2"),
        ]);
      }
      expect(answers[0]).toEqual(answers[1]);
      return answers[0] as unknown[];
    };
    // First, because Redis keeps the connection and what it has authenticated as.
    await both("127.0.0.1", theirs.port, "k", 0, 1000);
    expect(await both("127.0.0.1", theirs.port, "k", 0, 1000, "AUTH2", "mover", "word", "REPLACE")).toEqual([
      "OK",
      null,
      "mine too",
      "mine",
      null,
    ]);
    await both("127.0.0.1", theirs.port, "k", 0, 1000, "AUTH", "secret");
    await both("127.0.0.1", theirs.port, "", 0, 1000, "AUTH", "secret", "KEYS", "k", "k2");
    await both("127.0.0.1", theirs.port, "k", 0, 1000, "AUTH", "wrong");
    await both("127.0.0.1", theirs.port, "k", 99, 1000, "AUTH", "secret");
    await both("127.0.0.1", theirs.port, "absent", 0, 1000);
    await both("127.0.0.1", theirs.port, "k", 0, 1000, "KEYS", "k");
    await both("127.0.0.1", theirs.port, "k", 0, "soon");
    await both("127.0.0.1", theirs.port, "k", 0, 1000, "AUTH");
    await both("127.0.0.1", dead, "k", 0, 300);
  });

  test("a key that changes meanwhile is not lost", async () => {
    const [from, other] = clients as [Redis, Redis];
    const writer = new Redis({ port: ours.redisPort });
    let last = 0;
    let goesOn = true;
    const writing = (async () => {
      while (goesOn) last = await writer.incr("n");
    })();
    for (let i = 0; i < 20; i++) await migrate(from, "127.0.0.1", otherOrrery.redisPort, "n", 5, 2000, "REPLACE");
    goesOn = false;
    await writing;
    writer.disconnect();
    await other.select(5);
    // Whoever has it has the newest value of its line of increments.
    const [here, there] = [Number(await from.get("n")), Number(await other.get("n"))];
    expect(Math.max(here, there)).toBeGreaterThanOrEqual(last);
  });
});

test("CLIENT SETINFO, NO-TOUCH and KILL MAXAGE of later versions", async () => {
  const ours = await startOrrery();
  const client = new Redis({ port: ours.redisPort, disableClientInfo: true } as object);
  try {
    expect(await client.call("CLIENT", "SETINFO", "LIB-NAME", "mine")).toBe("OK");
    expect(await client.call("CLIENT", "SETINFO", "lib-ver", "1.2")).toBe("OK");
    await expect(client.call("CLIENT", "SETINFO", "lib-name", "a b")).rejects.toThrow(
      "lib-name cannot contain spaces, newlines or special characters.",
    );
    await expect(client.call("CLIENT", "SETINFO", "colour", "red")).rejects.toThrow("Unrecognized option 'colour'");
    expect(await client.call("CLIENT", "INFO")).toMatch(/ lib-name=mine lib-ver=1.2\n$/);
    await client.config("SET", "maxmemory-policy", "allkeys-lru");
    await client.set("k", "v");
    await new Promise((done) => setTimeout(done, 2100));
    await client.call("CLIENT", "NO-TOUCH", "ON");
    await client.get("k");
    expect(await client.object("IDLETIME", "k")).toBeGreaterThanOrEqual(2);
    await client.call("TOUCH", "k");
    expect(await client.object("IDLETIME", "k")).toBeLessThan(2);
    await client.call("CLIENT", "NO-TOUCH", "OFF");
    const young = new Redis({ port: ours.redisPort });
    await young.ping();
    expect(await client.call("CLIENT", "KILL", "MAXAGE", "2", "SKIPME", "yes")).toBe(0);
    expect(await young.ping()).toBe("PONG");
    expect(await young.call("CLIENT", "KILL", "MAXAGE", "2", "SKIPME", "yes")).toBe(1);
    young.disconnect();
  } finally {
    client.disconnect();
    await ours.stop();
  }
});
