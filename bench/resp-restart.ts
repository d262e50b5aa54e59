/**
 * A keyspace of `BENCH_SCALE` GB (0.1 by default) in two thirds strings of 100 bytes and one third hashes of ten fields, and beside them a list,
 * a hash, a set, a sorted set and a stream of a million elements for each GB: how long a killed server takes to answer again (ours from its checkpoint,
 * Redis from an AOF with an RDB in front), and what a client that sends one command at a time waits for while the checkpoint is written. Every
 * fourth command of it writes to one of the large values.
 */
import { connect } from "node:net";
import { freePort, startOrrery, startRedis } from "../test/support/processes.js";
import { type Line, report } from "./report.js";
import { encode, load } from "./resp-load.js";
import { waitsDuring } from "./resp-waits.js";

const gigabytes = Number(process.env.BENCH_SCALE ?? 0.1);
const hashBytes = 10 * 24;
const hashes = Math.round((gigabytes * 1e9) / 3 / hashBytes);
const strings = Math.round((gigabytes * 2e9) / 3 / 120);

const quietMillis = 3000;
const members = Math.round(gigabytes * 1e6);

function* data(): Iterable<readonly string[]> {
  for (let i = 0; i < members; i += 10) {
    const some = Array.from({ length: 10 }, (_, j) => String(i + j));
    yield ["RPUSH", "large:list", ...some.map((n) => `element:${n}`)];
    yield ["HSET", "large:hash", ...some.flatMap((n) => [`field:${n}`, `value:${n}`])];
    yield ["SADD", "large:set", ...some.map((n) => `member:${n}`)];
    yield ["ZADD", "large:zset", ...some.flatMap((n) => [n, `member:${n}`])];
    for (const n of some) yield ["XADD", "large:stream", "*", "field", `value:${n}`];
  }
  const padding = "x".repeat(90);
  for (let i = 0; i < strings; i++) yield ["SET", `key:${i}`, `${padding}${i}`];
  for (let i = 0; i < hashes; i++) {
    const words = ["HSET", `hash:${i}`];
    for (let f = 0; f < 10; f++) words.push(`field${f}`, `value-${i}-${f}`);
    yield words;
  }
}

/** One command at a time, its reply's first line and the milliseconds it took. */
class Client {
  readonly #socket;
  #wake: (line: string) => void = () => undefined;
  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1").setNoDelay(true);
    this.#socket.on("data", (chunk) => this.#wake(chunk.toString("latin1").split("\r\n")[0] as string));
  }
  async ask(...words: readonly string[]): Promise<{ readonly line: string; readonly millis: number }> {
    const started = performance.now();
    const reply = new Promise<string>((done) => (this.#wake = done));
    this.#socket.write(encode(words));
    const line = await reply;
    return { line, millis: performance.now() - started };
  }
  end(): void {
    this.#socket.destroy();
  }
}

/** Waits until `command` answers with something that begins as `expected`. */
async function until(port: number, expected: string, ...command: readonly string[]): Promise<void> {
  const client = new Client(port);
  while (!(await client.ask(...command)).line.startsWith(expected)) await new Promise((done) => setTimeout(done, 2));
  client.end();
}

export async function run(): Promise<void> {
  const ports: [number, number] = [await freePort(), await freePort()];
  const first = await startOrrery({ ports, keepFolder: true });
  await load(first.redisPort, data());
  const saver = new Client(first.redisPort);
  const quiet = await waitsDuring({ port: first.redisPort, strings, members }, () => new Promise((done) => setTimeout(done, quietMillis)));
  const checkpoint = await waitsDuring({ port: first.redisPort, strings, members }, () => saver.ask("SAVE"));
  saver.end();
  await first.kill();
  const started = performance.now();
  const second = await startOrrery({ ports, folder: first.folder });
  await until(second.redisPort, "+PONG", "PING");
  const ours = performance.now() - started;
  await second.stop();

  const redis = await startRedis(["--appendonly", "yes"]);
  await load(redis.port, data());
  const rewriter = new Client(redis.port);
  const rewriting = async () => {
    await rewriter.ask("BGREWRITEAOF");
    await until(redis.port, "$", "INFO", "persistence");
    for (let running = true; running; ) {
      await new Promise((done) => setTimeout(done, 20));
      running = await isRewriting(redis.port);
    }
  };
  const rewrite = await waitsDuring({ port: redis.port, strings, members }, rewriting);
  rewriter.end();
  redis.process.kill("SIGKILL");
  await new Promise((done) => redis.process.once("exit", done));
  const startedPeer = performance.now();
  const again = await startRedis(["--appendonly", "yes", "--dir", redis.folder]);
  await until(again.port, "+PONG", "PING");
  const peer = performance.now() - startedPeer;
  await again.stop();
  await redis.stop();

  const line = (what: string, a: number, b: number, goal?: number): Line => ({
    ...{ what, unit: "ms", ours: a, peer: b, peerName: "Redis", higherIsBetter: false },
    ...(goal === undefined ? {} : { goal }),
  });
  const lines = [
    line(`restart after kill -9 with ${gigabytes} GB`, ours, peer, 1),
    line("median reply during the checkpoint (Redis: AOF rewrite)", checkpoint.median, rewrite.median),
    line("p99.9 reply during it", checkpoint.p999, rewrite.p999),
    line("longest reply during it", checkpoint.longest, rewrite.longest),
    line("the same beyond the median (goal: no more than 10)", checkpoint.longest - checkpoint.median, rewrite.longest - rewrite.median),
  ];
  for (const l of lines) console.log(`${l.what}: ${l.ours.toFixed(2)} / ${l.peer.toFixed(2)} ms`);
  const note = `${checkpoint.count.toLocaleString("en-US")} replies during the checkpoint, ${rewrite.count.toLocaleString("en-US")} during the rewrite. Without a checkpoint: p99.9 ${quiet.p999.toFixed(3)} ms, longest ${quiet.longest.toFixed(2)} ms.`;
  console.log(note);
  report("resp-restart", "Restart and checkpoint of keys", lines, [note]);
}

function isRewriting(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      const found = /aof_rewrite_in_progress:(\d)\r\naof_rewrite_scheduled:(\d)/.exec(text);
      if (found === null) return;
      socket.destroy();
      done(found[1] !== "0" || found[2] !== "0");
    });
    socket.write(encode(["INFO", "persistence"]));
  });
}
