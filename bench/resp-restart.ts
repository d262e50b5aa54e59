/**
 * A keyspace of `BENCH_SCALE` GB (0.1 by default) in two thirds strings of 100 bytes and one third hashes of ten fields, and beside them a list,
 * a hash, a set and a sorted set of a million elements for each GB: how long a killed server takes to answer again (ours from its checkpoint,
 * Redis from an AOF with an RDB in front), and what a client that sends one command at a time waits for while the checkpoint is written. Every
 * fourth command of it writes to one of the large values.
 */
import { connect } from "node:net";
import { freePort, startOrrery, startRedis } from "../test/support/processes.js";
import { type Line, report } from "./report.js";
import { encode, load } from "./resp-load.js";

const gigabytes = Number(process.env.BENCH_SCALE ?? 0.1);
const hashBytes = 10 * 24;
const hashes = Math.round((gigabytes * 1e9) / 3 / hashBytes);
const strings = Math.round((gigabytes * 2e9) / 3 / 120);

const members = Math.round(gigabytes * 1e6);

function* data(): Iterable<readonly string[]> {
  for (let i = 0; i < members; i += 10) {
    const some = Array.from({ length: 10 }, (_, j) => String(i + j));
    yield ["RPUSH", "large:list", ...some.map((n) => `element:${n}`)];
    yield ["HSET", "large:hash", ...some.flatMap((n) => [`field:${n}`, `value:${n}`])];
    yield ["SADD", "large:set", ...some.map((n) => `member:${n}`)];
    yield ["ZADD", "large:zset", ...some.flatMap((n) => [n, `member:${n}`])];
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

interface Waits {
  readonly count: number;
  readonly median: number;
  readonly p999: number;
  readonly longest: number;
}
/** The i-th command of the client that waits. */
function command(i: number): readonly string[] {
  const key = `key:${(i * 7919) % strings}`;
  if (i % 4 !== 3) return i % 2 === 0 ? ["GET", key] : ["SET", key, `changed ${i}`];
  const n = String((i * 7919) % members);
  switch ((i >> 2) % 4) {
    case 0:
      return ["LSET", "large:list", n, `changed:${i}`];
    case 1:
      return ["HSET", "large:hash", `field:${n}`, `changed:${i}`];
    case 2:
      return ["SREM", "large:set", `member:${n}`];
    default:
      return ["ZADD", "large:zset", String(i), `member:${n}`];
  }
}
/** What the replies take while `work` goes on. */
async function waitsDuring(port: number, work: Promise<unknown>): Promise<Waits> {
  const client = new Client(port);
  const times: number[] = [];
  let going = true;
  void work.finally(() => (going = false));
  for (let i = 0; going; i++) times.push((await client.ask(...command(i))).millis);
  client.end();
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] as number;
  return { count: times.length, median: at(0.5), p999: at(0.999), longest: at(1) };
}

export async function run(): Promise<void> {
  const ports: [number, number] = [await freePort(), await freePort()];
  const first = await startOrrery({ ports, keepFolder: true });
  await load(first.redisPort, data());
  const saver = new Client(first.redisPort);
  const checkpoint = await waitsDuring(first.redisPort, saver.ask("SAVE"));
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
  const rewrite = await waitsDuring(redis.port, rewriting());
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
  const note = `${checkpoint.count.toLocaleString("en-US")} replies during the checkpoint, ${rewrite.count.toLocaleString("en-US")} during the rewrite.`;
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
