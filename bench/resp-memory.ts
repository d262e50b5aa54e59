/**
 * Memory of the same data in Redis and in Orrery: `used_memory` of the two, less what each takes when empty. `BENCH_SCALE=10` loads ten times
 * as much (the default is a million small strings, 100,000 hashes, ten sorted sets of 100,000 members, 100,000 streams).
 */
import { connect } from "node:net";
import { startOrrery, startRedis } from "../test/support/processes.js";
import { type Line, report } from "./report.js";
import { type Commands, encode, load } from "./resp-load.js";

const scale = Number(process.env.BENCH_SCALE ?? 1);
const digits = (n: number, width: number) => String(n).padStart(width, "0");

function* strings(): Commands {
  for (let i = 0; i < 1_000_000 * scale; i++) yield ["SET", `key:${digits(i, 12)}`, `v${digits(i, 15)}`];
}
function* hashes(): Commands {
  for (let i = 0; i < 100_000 * scale; i++) {
    const words = ["HSET", `hash:${i}`];
    for (let f = 0; f < 10; f++) words.push(`field${f}`, `value-${i}-${f}`);
    yield words;
  }
}
function* sortedSets(): Commands {
  for (let set = 0; set < 10 * scale; set++)
    for (let i = 0; i < 100_000; i += 10) {
      const words = ["ZADD", `zset:${set}`];
      for (let j = i; j < i + 10; j++) words.push(String(j * 1.5), `member:${digits(j, 8)}`);
      yield words;
    }
}
function* streams(): Commands {
  for (let i = 0; i < 100_000 * scale; i++)
    for (let e = 0; e < 3; e++) yield ["XADD", `stream:${i}`, `${e + 1}-0`, "name", `user${i}`, "action", "login"];
}
function* lists(): Commands {
  for (let i = 0; i < 100_000 * scale; i++) yield ["RPUSH", `list:${i}`, "one", "two", "three", `${i}`];
}
function* sets(): Commands {
  for (let i = 0; i < 100_000 * scale; i++) yield ["SADD", `set:${i}`, "1", "2", "3", `${i}`];
}

async function usedMemory(port: number): Promise<number> {
  const socket = connect(port, "127.0.0.1");
  socket.write(encode(["INFO", "memory"]));
  let text = "";
  for await (const chunk of socket) {
    text += chunk;
    if (/used_memory:\d+\r/.test(text)) break;
  }
  return Number(/used_memory:(\d+)/.exec(text)?.[1]);
}

async function takenBy(port: number, commands: Commands): Promise<number> {
  await load(port, [["FLUSHALL"]]);
  const before = await usedMemory(port);
  await load(port, commands);
  return (await usedMemory(port)) - before;
}

export async function run(): Promise<void> {
  const redis = await startRedis();
  const orrery = await startOrrery({ flags: ["--pg-port", "0"] });
  const lines: Line[] = [];
  try {
    const sets_: readonly (readonly [string, () => Commands])[] = [
      ["small strings", strings],
      ["hashes of 10 fields", hashes],
      ["sorted sets of 100,000 members", sortedSets],
      ["streams of 3 entries", streams],
      ["lists of 4 elements", lists],
      ["sets of 4 integers", sets],
    ];
    for (const [what, commands] of sets_) {
      const peer = await takenBy(redis.port, commands());
      const ours = await takenBy(orrery.redisPort, commands());
      const line: Line = { what, unit: "bytes", ours, peer, peerName: "Redis", higherIsBetter: false, goal: 1 };
      console.log(`${what}: ${ours} / ${peer} = ${(ours / peer).toFixed(2)}`);
      lines.push(line);
    }
  } finally {
    await orrery.stop();
    await redis.stop();
  }
  report("resp-memory", "Memory of keys and values (used_memory)", lines);
}
