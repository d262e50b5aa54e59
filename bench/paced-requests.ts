import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../test/support/processes.js";

export interface Pace {
  readonly port: number;
  readonly perSecond: number;
  readonly connections: number;
  /** What a new connection says, and the end of the answer. */
  readonly hello: Buffer;
  readonly greeted: Buffer;
  /** Sent in turn; the answers to all of them are equally long. */
  readonly requests: readonly Buffer[];
  /** The end of an answer. */
  readonly answered: Buffer;
}
/** One answer; times in microseconds. */
export interface Answer {
  /** Unix time. */
  readonly at: number;
  /** Since the request was sent, and how much too late that was: the client had no processor. */
  readonly micros: number;
  readonly late: number;
}

const SAMPLE_BYTES = 16;
let program: string | undefined;

/** native/bench/paced_client.cc, built at the first call. */
function client(): string {
  if (program === undefined) {
    program = join(mkdtempSync(join(tmpdir(), "orrery-paced-")), "paced_client");
    execFileSync(process.env.CXX ?? "g++", ["-std=c++20", "-O2", "-o", program, join(repository, "native/bench/paced_client.cc")]);
  }
  return program;
}

/** Requests at a rate, whether those before are answered or not, from a process of its own that needs little of the processor. */
export class PacedRequests {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #output: Promise<Buffer>;

  private constructor(process: ChildProcessWithoutNullStreams, output: Promise<Buffer>) {
    this.#process = process;
    this.#output = output;
  }
  static async start({ port, perSecond, connections, hello, greeted, requests, answered }: Pace): Promise<PacedRequests> {
    const child = spawn(client(), [port, perSecond, connections].map(String), { stdio: "pipe" });
    child.stderr.pipe(process.stderr);
    const chunks: Buffer[] = [];
    const output = new Promise<Buffer>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) =>
        code === 0 ? resolve(Buffer.concat(chunks)) : reject(new Error(`the paced client ended with code ${code}`)),
      );
    });
    const ready = new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (chunk: Buffer) => {
        if (chunks.length === 0 && chunk.toString() === READY_LINE) resolve();
        else chunks.push(chunk);
      });
      output.catch(reject);
    });
    for (const bytes of [hello, greeted, answered, ...requests, Buffer.alloc(0)]) {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      child.stdin.write(Buffer.concat([length, bytes]));
    }
    await ready;
    return new PacedRequests(child, output);
  }
  /** Ends it and gives the answers that came. */
  async stop(): Promise<Answer[]> {
    this.#process.stdin.end();
    const bytes = await this.#output;
    return Array.from({ length: Math.floor(bytes.length / SAMPLE_BYTES) }, (_, i) => ({
      at: Number(bytes.readBigUInt64LE(i * SAMPLE_BYTES)),
      micros: bytes.readUInt32LE(i * SAMPLE_BYTES + 8),
      late: bytes.readUInt32LE(i * SAMPLE_BYTES + 12),
    }));
  }
}

const READY_LINE = "ready\n";
