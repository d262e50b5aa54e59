/** redis-cli's special modes. (--rdb, --functions-rdb and --replica: test/differential/replication.test.ts) */
import { spawn, spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OrreryProcess, sleep, startOrrery } from "../support/processes.js";

const hasCli = spawnSync("redis-cli", ["--version"]).status === 0;

describe.skipIf(!hasCli)("redis-cli", () => {
  let orrery: OrreryProcess;
  beforeAll(async () => {
    orrery = await startOrrery();
    cli(["--pipe"], Array.from({ length: 3000 }, (_, i) => `SET key:${i} ${"v".repeat(1 + (i % 50))}\r\n`).join(""));
    cli(
      [],
      `HSET h ${Array.from({ length: 200 }, (_, i) => `f${i} v`).join(" ")}\nRPUSH l a b c\nSADD s x y\nZADD z 1 a\nXADD x * f v\nSET big ${"b".repeat(5000)}\n`,
    );
  });
  afterAll(() => orrery?.stop());

  /** Output of a run that ends by itself, or is ended after `millis`. */
  function cli(args: readonly string[], input = "", millis = 20_000): { readonly out: string; readonly status: number | null } {
    const run = spawnSync("redis-cli", ["-p", String(orrery.redisPort), ...args], { input, timeout: millis, encoding: "utf8" });
    return { out: run.stdout + run.stderr, status: run.status };
  }

  /** Of a mode that goes on until it is ended, and writes at once to a terminal only. */
  const terminal = (options: string) =>
    spawnSync("script", ["-qc", `timeout 2.5 redis-cli -p ${orrery.redisPort} ${options}`, "/dev/null"], { encoding: "utf8" }).stdout;

  test("--pipe", () => {
    const { out, status } = cli(["--pipe"], "SET piped 1\r\nINCR piped\r\nLPUSH piped x\r\n");
    expect(out).toMatch(/errors: 1, replies: 3/);
    expect(status).toBe(1);
    expect(cli(["GET", "piped"]).out).toBe("2\n");
  });
  test("--scan", () => {
    const found = cli(["--scan", "--pattern", "key:12*"]).out.trim().split("\n");
    expect(new Set(found).size).toBe(111);
  });
  test("--bigkeys and --memkeys", () => {
    const big = cli(["--bigkeys"]).out;
    expect(big).toMatch(/Biggest\s+string found '"big"' has 5000 bytes/);
    expect(big).toMatch(/Biggest\s+hash found '"h"' has 200 fields/);
    expect(big).toMatch(/1 streams? with 1 entries/);
    const memory = cli(["--memkeys"]).out;
    expect(memory).toMatch(/Biggest\s+hash found '"h"' has \d+ bytes/);
    expect(memory).toMatch(/Sampled 300\d keys in the keyspace!/);
  });
  test("--hotkeys needs an LFU policy, and finds the key that is used", () => {
    expect(cli(["--hotkeys"]).out).toMatch(/LFU maxmemory policy is not selected/);
    cli(["CONFIG", "SET", "maxmemory-policy", "allkeys-lfu"]);
    cli([], "GET key:7\n".repeat(3000));
    expect(cli(["--hotkeys"]).out).toMatch(/hot key found with counter: \d+\s+keyname: "?key:7"?/);
    expect(Number(cli(["OBJECT", "FREQ", "key:7"]).out)).toBeGreaterThan(10);
    cli(["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
  });
  test("--latency, --latency-history, --stat", () => {
    expect(cli(["--latency", "-i", "1", "--raw"]).out).toMatch(/^\d+ \d+ \d+\.\d+ \d+/);
    expect(terminal("--latency-history -i 1")).toMatch(/min: \d+, max: \d+, avg: [\d.]+ \(\d+ samples\)/);
    const stat = terminal("--stat -i 0.3");
    expect(stat).toMatch(/keys\s+mem\s+clients\s+blocked\s+requests\s+connections/);
    expect(stat).toMatch(/300\d\s+[\d.]+[KM]\s+1\s+0\s+\d+ \(\+0\)/);
  });
  test("MONITOR shows what others send", async () => {
    const monitor = spawn("redis-cli", ["-p", String(orrery.redisPort), "MONITOR"]);
    let out = "";
    monitor.stdout.on("data", (chunk: Buffer) => {
      out += chunk;
    });
    for (let i = 0; i < 100 && !out.startsWith("OK"); i++) await sleep(20);
    cli(["SET", "seen", "x y"]);
    for (let i = 0; i < 100 && !out.includes("seen"); i++) await sleep(20);
    monitor.kill();
    expect(out).toMatch(/\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "seen" "x y"/);
  });
  test("--cluster is refused clearly, -3 and --json speak RESP3", () => {
    const { out, status } = cli(["--cluster", "info", `127.0.0.1:${orrery.redisPort}`]);
    expect(out).toMatch(/is not configured as a cluster node/);
    expect(status).toBe(1);
    expect(cli(["--json", "HGETALL", "h"]).out).toContain('"f0":"v"');
    expect(cli(["-3", "--no-raw", "ZRANGE", "z", "0", "-1", "WITHSCORES"]).out).toMatch(/\(double\) 1/);
  });
  test("CLUSTER answers as a server that is no cluster", () => {
    for (const words of [["INFO"], ["SLOTS"], ["SHARDS"], ["NODES"], ["MYID"], ["KEYSLOT", "k"]])
      expect(cli(["CLUSTER", ...words]).out.trim()).toBe("ERR This instance has cluster support disabled");
  });
});
