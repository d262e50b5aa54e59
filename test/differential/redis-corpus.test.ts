/**
 * The commands of test/redis/*.txt on redis-server 7 and on ours, replies compared byte for byte in RESP2 and RESP3.
 *
 * A reply that differs fails its file, unless a `%differs reason` stands before the command; one that is marked and does not differ fails
 * too. The last case counts: what is marked must stay below half a percent.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort, repository, sleep } from "../support/processes.js";
import { listenForTests, type RespListener } from "../support/resp-listener.js";
import { maskNumbers, RawRespClient, sortFrames } from "./raw-resp-client.js";
import { parseScript, type ScriptCommand, type ScriptStep } from "./redis-script.js";

function redisServerVersion(): string | undefined {
  try {
    return /v=(\d+)/.exec(execFileSync("redis-server", ["--version"]).toString())?.[1];
  } catch {
    return undefined;
  }
}
const judge = redisServerVersion() === "7";
if (!judge) console.log("redis-server 7 is not installed: the differential test of Redis commands is skipped");

const folderOfScripts = join(repository, "test", "redis");
const scripts: readonly (readonly [string, readonly ScriptStep[]])[] = readdirSync(folderOfScripts)
  .filter((name) => name.endsWith(".txt"))
  .sort()
  .map((name) => [name, parseScript(readFileSync(join(folderOfScripts, name), "latin1"))]);

/** The same named connections to both servers. */
class Pair {
  readonly #ports: readonly [number, number];
  readonly #version: number;
  readonly #connections = new Map<string, readonly [RawRespClient, RawRespClient]>();
  constructor(ports: readonly [number, number], version: number) {
    this.#ports = ports;
    this.#version = version;
  }
  async get(name: string): Promise<readonly [RawRespClient, RawRespClient]> {
    const known = this.#connections.get(name);
    if (known !== undefined) return known;
    const both = [new RawRespClient(this.#ports[0]), new RawRespClient(this.#ports[1])] as const;
    for (const client of both) {
      await client.ready;
      if (this.#version === 2) continue;
      client.write(["HELLO", "3"]);
      await client.read();
    }
    this.#connections.set(name, both);
    return both;
  }
  close(name?: string): void {
    for (const [key, both] of this.#connections) {
      if (name !== undefined && name !== key) continue;
      for (const client of both) client.close();
      this.#connections.delete(key);
    }
  }
}

const normal = (command: ScriptCommand, reply: string) => {
  const sorted = command.unordered ? sortFrames(reply) : reply;
  return command.masked ? maskNumbers(sorted) : sorted;
};

describe.skipIf(!judge)("replies are those of Redis 7", () => {
  let redis: ChildProcess;
  let redisPort: number;
  let folder: string;
  let ours: RespListener;
  let compared = 0;
  let marked = 0;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "orrery-judge-"));
    redisPort = await freePort();
    const settings = ["--save", "", "--dir", folder, "--enable-debug-command", "yes"];
    redis = spawn("redis-server", ["--port", String(redisPort), ...settings], { stdio: "ignore" });
    ours = await listenForTests();
    for (let tries = 0; tries < 100; tries++) {
      const client = new RawRespClient(redisPort);
      const up = await client.ready.then(
        () => true,
        () => false,
      );
      client.close();
      if (up) break;
      await sleep(50);
    }
  });
  afterAll(async () => {
    redis?.kill();
    await ours?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function runScript(steps: readonly ScriptStep[], version: number): Promise<string[]> {
    const pair = new Pair([redisPort, ours.port], version);
    const differences: string[] = [];
    const compare = (command: ScriptCommand, expected: string, got: string) => {
      compared++;
      const same = normal(command, expected) === normal(command, got);
      if (command.differs !== undefined) {
        marked++;
        if (same) differences.push(`line ${command.line}: ${command.text}\n    is marked as different and is not`);
      } else if (!same) {
        differences.push(
          `line ${command.line}: ${command.text}\n    redis  ${JSON.stringify(expected)}\n    orrery ${JSON.stringify(got)}`,
        );
      }
    };
    const waiting = new Map<string, ScriptCommand[]>();
    try {
      for (const client of await pair.get("")) {
        client.write(["FLUSHALL"]);
        await client.read();
      }
      for (const step of steps) {
        if (step.kind === "sleep") await sleep(step.millis);
        else if (step.kind === "close") pair.close(step.connection);
        else if (step.kind === "read") {
          const command = waiting.get(step.connection)?.shift();
          if (command === undefined) throw new Error(`line ${step.line}: nothing is waited for`);
          if (!command.versions.includes(version)) continue;
          const both = await pair.get(step.connection);
          compare(command, await both[0].read(), await both[1].read());
        } else {
          if (step.later) waiting.set(step.connection, [...(waiting.get(step.connection) ?? []), step]);
          if (!step.versions.includes(version)) continue;
          const both = await pair.get(step.connection);
          for (const client of both) client.write(step.words);
          if (step.later) {
            await sleep(20); // so that it is waiting before the next command comes
            // Which may overtake it on an I/O thread while the JavaScript thread is busy.
            const blocked = [...waiting.values()].filter((commands) => commands.length > 0).length;
            const isWaiting = () => both[1].hasReceived || [...ours.server.sessions.values()].filter((s) => s.isBlocked).length >= blocked;
            for (let tries = 0; tries < 50 && !isWaiting(); tries++) await sleep(10);
            continue;
          }
          const replies = step.quiet
            ? await Promise.all(both.map((client) => client.readQuietly()))
            : await Promise.all(both.map((client) => client.read()));
          compare(step, replies[0] as string, replies[1] as string);
        }
      }
    } finally {
      pair.close();
    }
    return differences;
  }

  for (const version of [2, 3])
    for (const [name, steps] of scripts)
      it(`RESP${version}: ${name}`, async () => {
        expect((await runScript(steps, version)).join("\n")).toBe("");
      });

  it("at most half a percent is marked as different", () => {
    console.log(`${compared} commands compared, ${marked} marked as different`);
    expect(marked).toBeLessThanOrEqual(compared * 0.005);
  });
});
