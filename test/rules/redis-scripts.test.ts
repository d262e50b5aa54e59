/** Scripts that run long, seen by clients: BUSY, SCRIPT KILL, what cannot be killed, and that the server goes on. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OrreryProcess, sleep, startOrrery } from "../support/processes.js";

const limitMillis = 100;

describe.each([1, 2])("%i thread(s)", (threads) => {
  let server: OrreryProcess;
  const clients: Redis[] = [];
  const connect = async () => {
    const client = new Redis({ port: server.redisPort, lazyConnect: true, maxRetriesPerRequest: 0, enableReadyCheck: false });
    client.on("error", () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };
  let runner: Redis;
  let other: Redis;
  beforeAll(async () => {
    server = await startOrrery({ flags: ["--threads", String(threads)] });
    runner = await connect();
    other = await connect(); // on another thread, where there is one
    await other.config("SET", "busy-reply-threshold", String(limitMillis));
  });
  afterAll(async () => {
    for (const client of clients) client.disconnect();
    await server?.stop();
  });
  const text = (promise: Promise<unknown>) =>
    promise.then(
      (value) => JSON.stringify(value),
      (error: Error) => error.message,
    );
  const untilBusy = async () => {
    for (let tries = 0; tries < 200; tries++) {
      if ((await text(other.get("k"))).startsWith("BUSY")) return;
      await sleep(20);
    }
    throw new Error("the server never said BUSY");
  };

  test.each([
    ["a loop", "while true do end"],
    ["a loop in pcall", "while true do pcall(function() while true do redis.call('ping') end end) end"],
    ["a loop in a coroutine", "coroutine.wrap(function() while true do end end)()"],
  ])("%s answers BUSY to others and can be killed", async (_, source) => {
    const run = text(runner.eval(source, 0));
    await untilBusy();
    expect(await text(other.set("k", "1"))).toMatch(/^BUSY Redis is busy running a script/);
    expect(await text(other.script("KILL"))).toBe('"OK"');
    expect(await run).toMatch(/^ERR Script killed by user with SCRIPT KILL/);
    expect(await text(other.set("k", "1"))).toBe('"OK"');
    expect(await text(other.script("KILL"))).toMatch(/^NOTBUSY/);
  });

  test("a script that has written cannot be killed, and all of its writes are there at once", async () => {
    const source = "redis.call('set', 'half', 1) for i = 1, 3e8 do end redis.call('set', 'whole', 1) return 'end'";
    const run = text(runner.eval(source, 0));
    await untilBusy();
    expect(await text(other.script("KILL"))).toMatch(/^UNKILLABLE/);
    expect(await run).toBe('"end"');
    expect(await other.mget("half", "whole")).toEqual(["1", "1"]);
  }, 60_000);

  test("EXEC goes on after a killed script of its queue", async () => {
    const run = runner.multi().set("before", "1").eval("while true do end", 0).set("after", "1").exec();
    await untilBusy();
    expect(await text(other.script("KILL"))).toBe('"OK"');
    const results = await run;
    expect(results?.map(([error]) => error?.message.slice(0, 22) ?? null)).toEqual(
      [null, "ERR Script killed by us", null].map((m) => m?.slice(0, 22) ?? null),
    );
    expect(await other.mget("before", "after")).toEqual(["1", "1"]);
  });

  test("a function is killed by FUNCTION KILL; its client may be gone", async () => {
    await other.call("FUNCTION", "LOAD", "REPLACE", "#!lua name=loops\nredis.register_function('loop', function() while true do end end)");
    const client = await connect();
    const run = text(client.call("FCALL", "loop", "0"));
    await untilBusy();
    client.disconnect();
    await run;
    expect(await text(other.script("KILL"))).toMatch(/^BUSY/);
    expect(await text(other.call("FUNCTION", "KILL"))).toBe('"OK"');
    for (let tries = 0; tries < 100 && (await text(other.ping())) !== '"PONG"'; tries++) await sleep(20);
    expect(await text(other.ping())).toBe('"PONG"');
  });
});
