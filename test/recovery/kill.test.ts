import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { native, StatusCode, type StatusDetail } from "../../src/native/index.js";
import { Keys } from "./keys.js";
import { Rows } from "./rows.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "orrery-kill-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a writer, kills it `after` ms after its first word; the last round that it called durable. */
function writeAndKill(after: number, script: "key-writer.ts" | "row-writer.ts" = "key-writer.ts"): Promise<number> {
  const writer = fileURLToPath(new URL(script, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", "tsx", writer, folder], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk) => {
      output += String(chunk);
    });
    child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), after));
    child.stderr.on("data", (chunk) => {
      errors += String(chunk);
    });
    child.on("close", (_code, signal) => {
      if (signal !== "SIGKILL") reject(new Error(`the writer ended by itself: ${errors}`));
      const words = output.slice(0, output.lastIndexOf("\n")).trim().split("\n");
      resolve(Number(words.at(-1)?.slice("acked ".length)));
    });
  });
}

/** Opens what the killed writer left and checks that it is whole; the number of rounds in it. */
function checkWhole(path: string): number {
  const keys = new Keys(native.engine.open({ folder: path }));
  const rounds = Number(keys.value("GET", "a") || "0");
  expect(Number(keys.value("GET", "b") || "0")).toBe(rounds);
  expect(keys.list("LRANGE", "list", "0", "-1").map(Number)).toEqual(Array.from({ length: rounds }, (_, i) => i + 1));
  let hashed = 0;
  for (let i = 0; i < 50; i++) hashed += Number(keys.value("HGET", `h${i}`, "n") || "0");
  expect(rounds - hashed === 0 || rounds - hashed === 1).toBe(true); // the hash is a record of its own, right after
  keys.close();
  return rounds;
}

/** The same for the rows' writer: both tables, the index and the key agree; how many rows. */
function checkWholeRows(path: string): number {
  const engine = native.engine.open({ folder: path });
  const rows = new Rows(engine);
  const first = rows.read(0);
  expect([...first.keys()]).toEqual(Array.from({ length: first.size }, (_, i) => i + 1));
  expect(rows.read(1)).toEqual(first);
  expect(rows.read(2)).toEqual(first);
  const keys = new Keys(engine);
  expect(Number(keys.value("GET", "rows") || "0")).toBe(first.size);
  keys.close();
  return first.size;
}

describe("kill -9", () => {
  it("loses no transaction over rows and keys that was flushed, and leaves none half there", async () => {
    let found = 0;
    for (let round = 0; round < 8; round++) {
      const acked = await writeAndKill(20 + Math.random() * 300, "row-writer.ts");
      found = checkWholeRows(folder);
      expect(found).toBeGreaterThanOrEqual(acked);
    }
    expect(found).toBeGreaterThan(200);
  });

  it("loses no round that was flushed, and leaves none half there", async () => {
    let killed = 0;
    for (let round = 0; round < 8; round++) {
      const acked = await writeAndKill(20 + Math.random() * 300);
      const found = checkWhole(folder);
      expect(found).toBeGreaterThanOrEqual(acked);
      killed = found;
    }
    expect(killed).toBeGreaterThan(500);
  });

  it("recovers to a whole round from a log cut at any byte of its last 4 KiB", async () => {
    await writeAndKill(150);
    const log = readdirSync(folder)
      .filter((name) => name.startsWith("log-"))
      .at(-1) as string;
    const copy = join(folder, "..", `${folder}-cut`);
    const size = statSync(join(folder, log)).size;
    const bytes = readFileSync(join(folder, log));
    let end = size;
    while (end > 0 && bytes[end - 1] === 0) end--; // zeros written ahead
    let least = Number.POSITIVE_INFINITY;
    try {
      for (let cut = end; cut > Math.max(64, end - 4096); cut -= 61) {
        rmSync(copy, { recursive: true, force: true });
        cpSync(folder, copy, { recursive: true });
        truncateSync(join(copy, log), cut);
        try {
          least = Math.min(least, checkWhole(copy));
        } catch (error) {
          // Cutting into what a checkpoint knows as durable is damage, and said so.
          expect((error as { status?: StatusDetail }).status?.code).toBe(StatusCode.corrupt);
        }
      }
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
    expect(least).toBeGreaterThan(0);
  });

  it("refuses to start when a byte in the middle of the log was flipped, naming file and offset", async () => {
    await writeAndKill(150);
    const log = readdirSync(folder)
      .filter((name) => name.startsWith("log-"))
      .at(-1) as string;
    const path = join(folder, log);
    const bytes = readFileSync(path);
    let end = bytes.length;
    while (bytes[end - 1] === 0) end--;
    const middle = Math.floor(end / 2);
    bytes[middle] = (bytes[middle] as number) ^ 4;
    writeFileSync(path, bytes);
    const verified = native.engine.verify(folder);
    expect(verified.ok).toBe(false);
    expect(() => native.engine.open({ folder })).toThrow(new RegExp(`^damaged log: ${path} at offset \\d+: `));
  });
});

describe("replay", () => {
  it("of the whole kept log into an empty folder gives the digest of the live engine", async () => {
    const engine = native.engine.open({ folder, keepLog: true });
    const keys = new Keys(engine);
    const rows = new Rows(engine);
    for (let i = 0; i < 3000; i++) {
      const n = (i * 7919) % 101;
      keys.run("SET", `s${n}`, `value ${i}`);
      keys.run("INCR", "counter");
      keys.run("RPUSH", `l${n % 7}`, `${i}`);
      if (i % 3 === 0) keys.run("LPOP", `l${n % 7}`);
      keys.run("HSET", `h${n % 5}`, `f${i % 37}`, `${i}`);
      if (keys.has("ZADD")) keys.run("ZADD", "z", String(i % 13), `m${n}`);
      if (keys.has("ZPOPMIN") && i % 6 === 0) keys.run("ZPOPMIN", "z");
      if (keys.has("SADD")) keys.run("SADD", "set", `m${(i * 31) % 997}`);
      if (keys.has("SPOP") && i % 5 === 0) keys.run("SPOP", "set");
      if (i % 11 === 0) keys.run("DEL", `s${n}`);
      rows.insert(i);
      if (i % 17 === 0) rows.update(n, `text ${i}`);
      if (i % 23 === 0) rows.delete((i * 31) % 500);
      if (i % 29 === 0) {
        const xid = native.storage.begin(engine, 0);
        native.storage.catalogPut(engine, xid, 30_000 + (i % 40), `{"i":${i}}`);
        expect(native.keyspace.execInTransaction(engine, xid, ["INCRBY", "both", "1"])).toBeInstanceOf(Uint8Array);
        if (i % 2 === 0) native.storage.commit(engine, xid);
        else native.storage.rollback(engine, xid);
      }
      if (i % 1000 === 500) await native.engine.checkpoint(engine);
    }
    const digest = native.engine.digest(engine);
    keys.close();
    const empty = join(folder, "..", `${folder}-replay`);
    try {
      cpSync(folder, empty, { recursive: true, filter: (source) => !source.includes("/checkpoint-") });
      const again = native.engine.open({ folder: empty, keepLog: true });
      expect(native.engine.statistics(again)["recovery.records"]).toBeGreaterThan(10_000);
      expect(native.engine.digest(again)).toBe(digest);
      native.engine.close(again);
    } finally {
      rmSync(empty, { recursive: true, force: true });
    }
    const loaded = native.engine.open({ folder });
    expect(native.engine.digest(loaded)).toBe(digest);
    native.engine.close(loaded);
  });
});
