/**
 * The same commands on redis-server 7 and on ours, replies compared byte for byte, in RESP2 and RESP3. The corpus is redis-corpus.ts.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listenForTests, type RespListener } from "../support/resp-listener.js";
import { corpus } from "./redis-corpus.js";

function redisServerVersion(): string | undefined {
  try {
    return /v=(\d+)/.exec(execFileSync("redis-server", ["--version"]).toString())?.[1];
  } catch {
    return undefined;
  }
}
const judge = redisServerVersion() === "7";
if (!judge) console.log("redis-server 7 is not installed: the differential test of Redis commands is skipped");

/** Sends commands one at a time and gathers each whole reply's bytes. */
class RawClient {
  readonly #socket: Socket;
  #received = "";
  #wake: () => void = () => undefined;
  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("data", (chunk) => {
      this.#received += chunk.toString("latin1");
      this.#wake();
    });
  }
  /** An ECHO after the command marks where its replies end, however many there are. */
  async send(command: readonly string[]): Promise<string> {
    const mark = "end-of-reply";
    const tail = `$${mark.length}\r\n${mark}\r\n`;
    this.#socket.write(encode(command) + encode(["ECHO", mark]));
    const until = Date.now() + 5000;
    while (!this.#received.endsWith(tail)) {
      const over = await Promise.race([
        new Promise<false>((r) => {
          this.#wake = () => r(false);
        }),
        new Promise<true>((r) => setTimeout(() => r(true), until - Date.now())),
      ]);
      if (over) throw new Error(`no reply to ${command.join(" ")}: ${JSON.stringify(this.#received)}`);
    }
    const reply = this.#received.slice(0, -tail.length);
    this.#received = "";
    return reply;
  }
  /** Where a mark would be queued or refused: what came until nothing came for a while. */
  async sendQuietly(command: readonly string[]): Promise<string> {
    this.#received = "";
    this.#socket.write(encode(command));
    for (let seen = -1; seen !== this.#received.length || seen === 0; ) {
      seen = this.#received.length;
      await new Promise((r) => setTimeout(r, 15));
    }
    return this.#received;
  }
  close(): void {
    this.#socket.destroy();
  }
}
const encode = (command: readonly string[]) =>
  `*${command.length}\r\n${command.map((a) => `$${Buffer.byteLength(a)}\r\n${a}\r\n`).join("")}`;

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** Words of a corpus line: quotes keep spaces together and may be empty. */
export const words = (line: string) =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((m) => (m[2] ?? JSON.parse(`"${m[1]}"`)) as string);

describe.skipIf(!judge)("replies are those of Redis 7", () => {
  let redis: ChildProcess;
  let redisPort: number;
  let folder: string;
  let ours: RespListener;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "orrery-judge-"));
    redisPort = await freePort();
    redis = spawn("redis-server", ["--port", String(redisPort), "--save", "", "--dir", folder], { stdio: "ignore" });
    ours = await listenForTests();
    for (let i = 0; i < 100; i++) {
      const up = await new Promise<boolean>((resolve) => {
        const s = connect(redisPort, "127.0.0.1", () => {
          s.destroy();
          resolve(true);
        }).on("error", () => resolve(false));
      });
      if (up) break;
      await new Promise((r) => setTimeout(r, 50));
    }
  });
  afterAll(async () => {
    redis?.kill();
    await ours?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const resp of [2, 3]) {
    for (const [topic, lines] of Object.entries(corpus)) {
      it(`RESP${resp}: ${topic}`, async () => {
        const theirs = new RawClient(redisPort);
        const mine = new RawClient(ours.port);
        const differences: string[] = [];
        try {
          for (const client of [theirs, mine]) {
            await client.send(["FLUSHALL"]);
            if (resp === 3) await client.send(["HELLO", "3"]);
          }
          for (const raw of lines) {
            // "~" before a command: the order of the reply's elements is not defined.
            const unordered = raw.startsWith("~");
            const command = words(unordered ? raw.slice(1) : raw);
            const quietly = topic === "transactions" || topic === "subscriptions";
            const [expected, got] = quietly
              ? await Promise.all([theirs.sendQuietly(command), mine.sendQuietly(command)])
              : [await theirs.send(command), await mine.send(command)];
            const normal = (reply: string) =>
              unordered
                ? reply
                    .split(/(?=\$)/)
                    .sort()
                    .join("")
                : reply;
            if (normal(expected) !== normal(got))
              differences.push(`${raw}\n    redis  ${JSON.stringify(expected)}\n    orrery ${JSON.stringify(got)}`);
          }
        } finally {
          theirs.close();
          mine.close();
        }
        expect(differences.join("\n")).toBe("");
      });
    }
  }
});
