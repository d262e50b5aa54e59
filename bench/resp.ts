/**
 * Commands by redis-benchmark, 50 clients, pipelines of 1, 16 and 100, values of 16 bytes, 1 KiB and 64 KiB, against Redis with appendonly
 * everysec: one round of all of it takes about ten minutes. Both transports run, one server each; runs of the three servers take turns.
 *
 * `BENCH_ONLY=zadd,lpop` some commands, `BENCH_PIPELINES=1,16`, `BENCH_SIZES=16`, `BENCH_TRANSPORTS=node`, `BENCH_ROUNDS=3` (medians),
 * `BENCH_SECONDS=0.3` how long a run takes, more or less; `BENCH_QUICK=1` is a pipeline of 16, 16 bytes and a third of a second.
 */
import { startOrrery, startRedis } from "../test/support/processes.js";
import { output } from "./command.js";
import { endedChildrenSeconds, processorSeconds } from "./processor-time.js";
import { type Line, median, report } from "./report.js";

const quick = process.env.BENCH_QUICK === "1";
const list = (name: string) => process.env[name]?.split(",");
const only = list("BENCH_ONLY");
const pipelines = (list("BENCH_PIPELINES") ?? (quick ? ["16"] : ["1", "16", "100"])).map(Number);
const sizes = (list("BENCH_SIZES") ?? (quick ? ["16"] : ["16", "1024", "65536"])).map(Number);
const transports = list("BENCH_TRANSPORTS") ?? ["native", "node"];
const rounds = Number(process.env.BENCH_ROUNDS ?? 1);
const seconds = Number(process.env.BENCH_SECONDS ?? (quick ? 0.3 : 0.8));
const goals: Readonly<Record<number, number>> = { 1: 1, 16: 1.5, 100: 2 };

interface Test {
  readonly name: string;
  /** Bytes that go over the wire in proportion to the value: 0 when the value does not matter. */
  readonly values: number;
  /** Commands a second that a fast server answers at a pipeline of 100, for the number of requests. */
  readonly rate: number;
  /** Of our own; `__rand_int__` is redis-benchmark's, `__value__` becomes the value. The others are its own tests, by name. */
  readonly command?: readonly string[];
}
const script = "redis.call('SET',KEYS[1],ARGV[1]) redis.call('INCR',KEYS[2]) return redis.call('GET',KEYS[1])";
/** In this order, so that what is popped was pushed. */
const tests: readonly Test[] = [
  { name: "set", values: 1, rate: 1_000_000 },
  { name: "get", values: 1, rate: 1_500_000 },
  { name: "incr", values: 0, rate: 1_200_000 },
  { name: "lpush", values: 1, rate: 1_200_000 },
  { name: "rpush", values: 1, rate: 1_200_000 },
  { name: "lpop", values: 1, rate: 1_200_000 },
  { name: "rpop", values: 1, rate: 1_200_000 },
  { name: "sadd", values: 0, rate: 1_200_000 },
  { name: "hset", values: 1, rate: 900_000 },
  { name: "spop", values: 0, rate: 1_500_000 },
  { name: "zadd", values: 0, rate: 900_000 },
  { name: "zpopmin", values: 0, rate: 1_500_000 },
  { name: "lrange_100", values: 100, rate: 120_000 },
  { name: "lrange_300", values: 300, rate: 40_000 },
  { name: "lrange_600", values: 600, rate: 20_000 },
  { name: "mset", values: 10, rate: 200_000 },
  { name: "xadd", values: 1, rate: 500_000, command: ["XADD", "stream", "MAXLEN", "~", "10000", "*", "field", "__value__"] },
  { name: "eval", values: 1, rate: 120_000, command: ["EVAL", script, "2", "key:__rand_int__", "count", "__value__"] },
];
const bytesPerSecond = 1e9;

interface Server {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
}
interface Measured {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of the server's processor time a request. */
  readonly cost: number;
  /** Of one processor, what redis-benchmark used. */
  readonly client: number;
}

async function measure({ port, pid }: Server, test: Test, pipeline: number, size: number): Promise<Measured> {
  const byRate = pipeline === 1 ? Math.min(test.rate, 80_000) : pipeline < 100 ? test.rate * 0.7 : test.rate;
  const count = Math.max(1000, Math.round(seconds * Math.min(byRate, bytesPerSecond / (Math.max(test.values, 0.01) * size))));
  const started = performance.now();
  const before = { server: processorSeconds(pid), client: endedChildrenSeconds() };
  const text = await output("redis-benchmark", [
    ...["-p", String(port), "-c", "50", "-n", String(count), "-P", String(pipeline), "-r", size > 10_000 ? "1000" : "100000", "--csv"],
    ...(test.command === undefined
      ? ["-t", test.name, "-d", String(size)]
      : test.command.map((word) => (word === "__value__" ? "x".repeat(size) : word))),
  ]);
  const fields = (text.trim().split("\n").at(-1) ?? "").split('","').map((field) => Number(field.replaceAll('"', "")));
  return {
    ...{ rate: fields[1] as number, p50: fields[4] as number, p99: fields[6] as number },
    cost: ((processorSeconds(pid) - before.server) / count) * 1e6,
    client: (endedChildrenSeconds() - before.client) / ((performance.now() - started) / 1000),
  };
}

const geometric = (ratios: readonly number[]) => Math.exp(ratios.reduce((sum, r) => sum + Math.log(r), 0) / ratios.length);

export async function run(): Promise<void> {
  const redis = await startRedis(["--appendonly", "yes", "--appendfsync", "everysec"]);
  const servers: Server[] = [{ name: "Redis", port: redis.port, pid: redis.pid }];
  const stops = [() => redis.stop()];
  for (const transport of transports) {
    const orrery = await startOrrery({ flags: ["--pg-port", "0", "--transport", transport] });
    servers.push({ name: transport, port: orrery.redisPort, pid: orrery.pid });
    stops.push(() => orrery.stop());
  }
  const lines: Line[] = [];
  const notes: string[] = [];
  const late: string[] = [];
  try {
    for (const pipeline of pipelines) {
      const ratios = new Map<string, number[]>();
      const costs: number[] = [];
      const clients = servers.map((): number[] => []);
      for (const size of sizes) {
        for (const { port } of servers) await output("redis-cli", ["-p", String(port), "FLUSHALL"]);
        for (const test of tests) {
          if (only !== undefined && !only.includes(test.name)) continue;
          if (test.values === 0 && size !== sizes[0]) continue;
          // Hundreds of values of 64 KiB are a test of the loopback.
          if (test.values >= 100 && size > 10_000) continue;
          const all = servers.map((): Measured[] => []);
          for (let round = 0; round < rounds; round++)
            for (let i = 0; i < servers.length; i++) {
              const at = (i + round) % servers.length;
              (all[at] as Measured[]).push(await measure(servers[at] as Server, test, pipeline, size));
            }
          const of = (at: number, what: keyof Measured) => median((all[at] as Measured[]).map((m) => m[what]));
          for (const [at, shares] of clients.entries()) shares.push(of(at, "client"));
          const name = `${test.name.toUpperCase()}${test.values > 0 ? ` of ${size} bytes` : ""}, pipeline ${pipeline}`;
          for (let at = 1; at < servers.length; at++) {
            const transport = (servers[at] as Server).name;
            const ours = of(at, "rate");
            const peer = of(0, "rate");
            if (transport === "native") costs.push(of(0, "cost") / of(at, "cost"));
            ratios.set(transport, [...(ratios.get(transport) ?? []), ours / peer]);
            const latencies = `p50 ${of(at, "p50")} / ${of(0, "p50")} ms, p99 ${of(at, "p99")} / ${of(0, "p99")} ms`;
            console.log(`${name}, ${transport}: ${Math.round(ours)} / ${Math.round(peer)} = ${(ours / peer).toFixed(2)}; ${latencies}`);
            if (of(at, "p99") > of(0, "p99")) late.push(`${name}, ${transport}: ${of(at, "p99")} / ${of(0, "p99")} ms`);
            const what = `${name}, ${transport}`;
            lines.push({ what, unit: "requests/s", ours, peer, peerName: "Redis", higherIsBetter: true, goal: 0.9 });
          }
        }
      }
      const shares = servers.map(({ name }, at) => `${name} ${Math.round(100 * median(clients[at] as number[]))} %`).join(", ");
      notes.push(`Pipeline ${pipeline}: redis-benchmark, which has one thread, used of a processor, in the median, with ${shares}.`);
      if (costs.length > 0)
        notes.push(
          `Pipeline ${pipeline}, transport native: Redis' processor time a request over ours ${geometric(costs).toFixed(2)} in the geometric mean.`,
        );
      for (const [transport, r] of ratios)
        notes.push(
          `Pipeline ${pipeline}, transport ${transport}: geometric mean of the ratios ${geometric(r).toFixed(2)} (goal ${goals[pipeline]?.toFixed(2) ?? "none"}), lowest ${Math.min(...r).toFixed(2)}.`,
        );
    }
  } finally {
    for (const stop of stops) await stop();
  }
  notes.push(`p99 above Redis' in ${late.length} of ${lines.length} lines${late.length > 0 ? `: ${late.join("; ")}` : ""}.`);
  for (const note of notes) console.log(note);
  report("resp", "Redis protocol, redis-benchmark -c 50", lines, notes);
}
