/**
 * The log that a server left when it was killed, damaged in two ways. Cut anywhere in its last 4 KiB it recovers to a commit boundary;
 * with a byte flipped in the middle nothing starts on it: server and `orrery check` name file and offset.
 */
import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { open } from "../../src/index.js";
import { native } from "../../src/native/index.js";
import { connectPg } from "../support/clients.js";
import { repository, startOrrery, temporaryFolder } from "../support/processes.js";

const folder = temporaryFolder("server-log");
const copy = `${folder}-copy`;
const TAIL_BYTES = 4096;
let log: string;
/** Where the log ends: after it there are zeros written ahead. */
let end: number;

beforeAll(async () => {
  const server = await startOrrery({ folder, keepFolder: true, flags: ["--appendfsync", "always"] });
  const client = await connectPg(server.port);
  client.on("error", () => {});
  const redis = new Redis({ port: server.redisPort, retryStrategy: () => null });
  redis.on("error", () => {});
  await client.query("create table halves (pair int, side int, primary key (pair, side))");
  // One after the other, so that each commit is a block of the log of its own.
  for (let pair = 1; pair <= 200; pair++) {
    await client.query("begin");
    await client.query("insert into halves values ($1, 1)", [pair]);
    await client.query("select redis.set('pairs', $1)", [String(pair)]);
    await client.query("insert into halves values ($1, 2)", [pair]);
    await client.query("commit");
    await redis.multi().incr("a").incr("b").exec();
  }
  await server.kill();
  redis.disconnect();
  await client.end().catch(() => {});
  log = readdirSync(folder)
    .filter((name) => name.startsWith("log-"))
    .sort()
    .at(-1) as string;
  const bytes = readFileSync(join(folder, log));
  end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
});
afterAll(() => {
  for (const path of [folder, copy]) rmSync(path, { recursive: true, force: true });
});

function copyCut(at: number): void {
  rmSync(copy, { recursive: true, force: true });
  cpSync(folder, copy, { recursive: true });
  truncateSync(join(copy, log), at);
}

/** How many pairs are there, after checking that no transaction is half there. */
async function wholePairs(): Promise<{ readonly pairs: number; readonly rounds: number }> {
  const db = await open(copy);
  try {
    const { rows } = await db.query<{ pair: number; sides: number }>(
      "select pair, count(*)::int as sides from halves group by pair order by pair",
    );
    expect(rows).toEqual(rows.map((_, i) => ({ pair: i + 1, sides: 2 })));
    expect(Number(await db.redis("GET", "pairs")), "the key of the last transaction").toBe(rows.length);
    const [a, b] = (await db.redis("MGET", "a", "b")) as [string, string];
    expect(a).toBe(b);
    return { pairs: rows.length, rounds: Number(a) };
  } finally {
    await db.close();
  }
}

test(`a log cut at every byte of its last ${TAIL_BYTES} recovers to a commit boundary`, { timeout: 120_000 }, async () => {
  copyCut(end);
  const whole = native.engine.verify(copy);
  expect(whole).toMatchObject({ ok: true, tornBytes: 0 });
  expect(await wholePairs()).toEqual({ pairs: 200, rounds: 200 });
  // Every byte: what a start would recover, read without starting. A record that ends before the cut is there, no other.
  copyCut(end);
  const firstCut = new Map<number, number>();
  let previous = whole;
  for (let cut = end - 1; cut >= end - TAIL_BYTES; cut--) {
    truncateSync(join(copy, log), cut);
    const found = native.engine.verify(copy);
    if (!found.ok) throw new Error(`cut at ${cut}: ${found.problems.join("; ")}`);
    expect(found.records === previous.records || found.records === previous.records - 1, `records at ${cut}`).toBe(true);
    expect(found.lastLsn < previous.lastLsn).toBe(found.records < previous.records);
    if (found.records < previous.records) firstCut.set(found.records, cut);
    previous = found;
  }
  expect(firstCut.size).toBeGreaterThan(10);
  // Every boundary that was found: start there and look.
  let last = { pairs: 200, rounds: 200 };
  for (const [records, cut] of firstCut) {
    copyCut(cut);
    const found = await wholePairs();
    const lost = last.pairs - found.pairs + (last.rounds - found.rounds);
    expect(lost, `${records} records`).toBe(1);
    last = found;
  }
});

test("a start that cut off an unfinished record says so", { timeout: 60_000 }, async () => {
  copyCut(end - 1);
  const server = await startOrrery({ folder: copy, keepFolder: true });
  await server.stop();
  expect(server.errors().trim().split("\n")).toEqual([
    expect.stringMatching(/"level":40.*"tornBytes":[1-9].*the log ended in an unfinished record/),
  ]);
  const again = await startOrrery({ folder: copy, keepFolder: true });
  await again.stop();
  expect(again.errors()).toBe("");
});

test("a flipped byte in the middle stops the start, and `orrery check` tells it too", { timeout: 60_000 }, () => {
  const path = join(copy, log);
  for (const part of [0.1, 0.5, 0.9]) {
    copyCut(end);
    const bytes = readFileSync(path);
    const at = Math.floor(end * part);
    bytes[at] = (bytes[at] as number) ^ 0x10;
    writeFileSync(path, bytes);
    const size = statSync(path).size;
    const started = orrery("serve", "--data", copy, "--pg-port", "0", "--redis-port", "0");
    expect(started.status).toBe(1);
    expect(started.stdout).toBe("");
    expect(started.stderr.trim().split("\n").length).toBe(1);
    expect(started.stderr).toMatch(new RegExp(`^orrery: damaged log: ${path} at offset \\d+: `));
    const offset = Number(/at offset (\d+)/.exec(started.stderr)?.[1]);
    expect(offset <= at && at - offset < 4096, `offset ${offset} leads to byte ${at}`).toBe(true);
    const checked = orrery("check", "--data", copy);
    expect(checked.status).toBe(1);
    expect(checked.stdout).toContain(`${path} at offset ${offset}`);
    expect(statSync(path).size, "nothing was cut away").toBe(size);
  }
});

function orrery(...words: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, [join(repository, "dist", "src", "cli", "main.js"), ...words], { encoding: "utf8", timeout: 20_000 });
}
