/**
 * Redis' files both ways: what redis-server 7 saved is imported, what we export it loads. DEBUG DIGEST, which is the same on both, tells
 * whether the keys are.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasRedis, repository, type ServerProcess, startOrrery, startRedis, temporaryFolder } from "../support/processes.js";
import { RawRespClient } from "./raw-resp-client.js";

const cli = (...args: string[]) =>
  execFileSync(process.execPath, [join(repository, "dist", "src", "cli", "main.js"), ...args], { encoding: "utf8" });

async function run(port: number, commands: readonly (readonly string[])[]): Promise<string[]> {
  const client = new RawRespClient(port);
  await client.ready;
  const replies: string[] = [];
  for (const words of commands) {
    client.write(words);
    replies.push(await client.read());
  }
  client.close();
  return replies;
}
const digest = async (port: number) => (await run(port, [["DEBUG", "DIGEST"]]))[0];

/** Keys of every type, small and large. */
function data(): string[][] {
  const all: string[][] = [
    ["SET", "text", "hello ".repeat(50)],
    ["SET", "number", "-12345"],
    ["SET", "short", "v"],
    ["SET", "later", "x", "PXAT", "99999999999999"],
  ];
  for (let i = 0; i < 600; i++) {
    if (i < 20)
      all.push(
        ["RPUSH", "list", `e${i}`, String(i * 1000)],
        ["SADD", "integers", String(i * i)],
        ["HSET", "hash", `f${i}`, `v${i}`],
        ["ZADD", "zset", String(i / 4), `m${i}`],
      );
    all.push(
      ["RPUSH", "long list", `element number ${i}`],
      ["SADD", "words", `word${i}`],
      ["HSET", "big hash", `f${i}`, `v${i}`],
      ["ZADD", "big zset", String(i * 1.5), `m${i}`],
    );
    if (i < 250) all.push(["XADD", "stream", `${i + 1}-1`, "field", `value ${i}`, "other", String(i)], ["PFADD", "hll", `x${i}`]);
  }
  all.push(["XGROUP", "CREATE", "stream", "group", "0"], ["XREADGROUP", "GROUP", "group", "alice", "COUNT", "7", "STREAMS", "stream", ">"]);
  all.push(
    ["XDEL", "stream", "9-1", "120-1"],
    ["XGROUP", "CREATE", "empty", "g", "$", "MKSTREAM"],
    ["GEOADD", "places", "13.36", "38.11", "Palermo"],
  );
  all.push(["SELECT", "3"], ["SET", "elsewhere", "1"], ["SELECT", "0"]);
  return all;
}

describe.skipIf(!hasRedis)("Redis' files", () => {
  let redis: ServerProcess;
  let files: string;
  let expected: string | undefined;
  let expectedAfterAppend: string | undefined;
  beforeAll(async () => {
    files = temporaryFolder("redis-files");
    redis = await startRedis(["--enable-debug-command", "yes", "--appendonly", "yes"]);
    await run(redis.port, [...data(), ["SAVE"]]);
    expected = await digest(redis.port);
    cpSync(join(redis.folder, "dump.rdb"), join(files, "dump.rdb"));
    await run(redis.port, [["BGREWRITEAOF"]]);
    for (let tries = 0; tries < 200; tries++) {
      const [info] = await run(redis.port, [["INFO", "persistence"]]);
      if (/aof_rewrite_in_progress:0/.test(info as string) && /aof_rewrite_scheduled:0/.test(info as string)) break;
      await new Promise((r) => setTimeout(r, 50));
    }
    await run(redis.port, [
      ["SET", "after", "the rewrite"],
      ["MULTI"],
      ["LPUSH", "list", "x"],
      ["DEL", "short"],
      ["EXEC"],
      ["XACK", "stream", "group", "1-1"],
      ["EXPIRE", "text", "100000"],
    ]);
    expectedAfterAppend = await digest(redis.port);
    await new Promise((r) => setTimeout(r, 1200));
    cpSync(join(redis.folder, "appendonlydir"), join(files, "appendonlydir"), { recursive: true });
  });
  afterAll(async () => {
    await redis?.stop();
    rmSync(files, { recursive: true, force: true });
  });

  const imported = async (file: string) => {
    const folder = temporaryFolder("imported");
    const said = cli("import", join(files, file), "--data", folder);
    return { folder, said };
  };

  it("an RDB file gives the same keys, and the exported file gives them back to Redis", async () => {
    const { folder, said } = await imported("dump.rdb");
    expect(said).toMatch(/keys imported/);
    const orrery = await startOrrery({ folder, flags: ["--pg-port", "0"], keepFolder: true });
    expect(await digest(orrery.redisPort)).toBe(expected);
    const questions = [
      ["XINFO", "GROUPS", "stream"],
      ["XPENDING", "stream", "group"],
      ["XINFO", "STREAM", "empty"],
      ["PEXPIRETIME", "later"],
      ["OBJECT", "ENCODING", "big hash"],
    ];
    const [theirs, ours] = [await run(redis.port, questions), await run(orrery.redisPort, questions)];
    expect(ours[2]).toBe(theirs[2]);
    expect(ours[3]).toBe(theirs[3]);
    expect(ours[4]).toBe(theirs[4]);
    await orrery.stop();
    cli("export", join(files, "out.rdb"), "--data", folder);
    const other = temporaryFolder("exported");
    mkdirSync(other, { recursive: true });
    cpSync(join(files, "out.rdb"), join(other, "out.rdb"));
    const loaded = await startRedis(["--enable-debug-command", "yes", "--dir", other, "--dbfilename", "out.rdb"]);
    for (let tries = 0; tries < 100 && /LOADING/.test((await run(loaded.port, [["GET", "number"]]))[0] as string); tries++)
      await new Promise((r) => setTimeout(r, 50));
    expect(await digest(loaded.port)).toBe(expected);
    expect((await run(loaded.port, [["XPENDING", "stream", "group"]]))[0]).toBe(ours[1]);
    await loaded.stop();
    rmSync(folder, { recursive: true, force: true });
    rmSync(other, { recursive: true, force: true });
  });

  it("what Redis 7.0 has no word for is exported to Orrery whole, and for Redis without it, each with a notice", async () => {
    const folder = temporaryFolder("beyond");
    const questions = [
      ["HPEXPIRETIME", "timed", "FIELDS", "2", "a", "b"],
      ["VEMB", "vectors", "east"],
      ["GET", "plain"],
    ];
    const ours = await startOrrery({ folder, flags: ["--pg-port", "0"], keepFolder: true });
    await run(ours.redisPort, [
      ["HSET", "timed", "a", "1", "b", "2"],
      ["HPEXPIREAT", "timed", "9999999999999", "FIELDS", "1", "a"],
      ["VADD", "vectors", "VALUES", "2", "1", "0", "east"],
      ["SET", "plain", "v"],
    ]);
    const expectedReplies = await run(ours.redisPort, questions);
    await ours.stop();
    const exported = (file: string, ...more: string[]) => {
      const main = join(repository, "dist", "src", "cli", "main.js");
      return spawnSync(process.execPath, [main, "export", join(files, file), "--data", folder, ...more], { encoding: "utf8" });
    };
    expect(exported("whole.rdb").stderr).toContain(
      "1 hashes have fields that expire and 1 keys are vector sets: only Orrery reads this file; --for redis-7.0 leaves the times and the vector sets out",
    );
    expect(() => execFileSync("redis-check-rdb", [join(files, "whole.rdb")], { stdio: "pipe" })).toThrow();
    const again = await imported("whole.rdb");
    const other = await startOrrery({ folder: again.folder, flags: ["--pg-port", "0"] });
    expect(await run(other.redisPort, questions)).toEqual(expectedReplies);
    await other.stop();

    expect(exported("plain.rdb", "--for", "redis-7.0").stderr).toContain(
      "the file has these hashes without the times, and not these vector sets",
    );
    expect(execFileSync("redis-check-rdb", [join(files, "plain.rdb")], { encoding: "utf8" })).toMatch(/2 keys read/);
    expect(exported("none.rdb", "--for", "redis-6").status).toBe(1);
    rmSync(folder, { recursive: true, force: true });
  });

  it("an append-only file in several parts gives the same keys", async () => {
    const { folder } = await imported("appendonlydir/appendonly.aof.manifest");
    const orrery = await startOrrery({ folder, flags: ["--pg-port", "0"] });
    expect(await digest(orrery.redisPort)).toBe(expectedAfterAppend);
    await orrery.stop();
  });

  it("what is no RDB file is refused with its place", async () => {
    const folder = temporaryFolder("imported");
    expect(() => cli("import", join(repository, "package.json"), "--data", folder)).toThrow();
    rmSync(folder, { recursive: true, force: true });
  });
});
