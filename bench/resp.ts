/**
 * Commands by redis-benchmark, 50 clients, pipelines of 1, 16 and 100, values of 16 bytes, 1 KiB and 64 KiB, against Redis with appendonly
 * everysec, runs interleaved. `BENCH_QUICK=1` does a tenth of the requests and pipelines of 16 only; `BENCH_ONLY=zadd,lpop` some commands.
 */
import { startOrrery, startRedis } from "../test/support/processes.js";
import { output } from "./command.js";
import { interleave, type Line, report } from "./report.js";

const quick = process.env.BENCH_QUICK === "1";
const only = process.env.BENCH_ONLY?.split(",");
const goals: Readonly<Record<number, number>> = { 1: 1, 16: 1.5, 100: 2 };
const requests: Readonly<Record<number, number>> = { 1: 100_000, 16: 500_000, 100: 1_000_000 };

/** redis-benchmark's own tests, by name. */
const tests = [
  "set",
  "get",
  "incr",
  "lpush",
  "rpush",
  "lpop",
  "rpop",
  "sadd",
  "hset",
  "spop",
  "zadd",
  "zpopmin",
  "lrange_100",
  "lrange_300",
  "lrange_600",
  "mset",
];
/** Commands of our own; `__rand_int__` and the value are redis-benchmark's. */
const commands: Readonly<Record<string, readonly string[]>> = {
  xadd: ["XADD", "stream", "MAXLEN", "~", "100000", "*", "field", "__value__"],
};
const valueDependent = new Set(["set", "lpush", "rpush", "hset", "sadd", "xadd"]);

function argumentsFor(name: string, size: number): readonly string[] {
  const own = commands[name];
  if (own === undefined) return ["-t", name, "-d", String(size)];
  return own.map((word) => (word === "__value__" ? "x".repeat(size) : word));
}

export async function run(): Promise<void> {
  const redis = await startRedis(["--appendonly", "yes", "--appendfsync", "everysec"]);
  const orrery = await startOrrery({ flags: ["--pg-port", "0"] });
  const lines: Line[] = [];
  try {
    for (const pipeline of quick ? [16] : [1, 16, 100])
      for (const name of [...tests, ...Object.keys(commands)].filter((n) => only === undefined || only.includes(n)))
        for (const size of quick || !valueDependent.has(name) ? [16] : [16, 1024, 65536]) {
          const share = (quick ? 0.1 : 1) / (size > 60000 ? 50 : name.startsWith("lrange") ? 20 : name === "mset" ? 5 : 1);
          const count = Math.round((requests[pipeline] as number) * share);
          const measure = (port: number) => async () => {
            const text = await output("redis-benchmark", [
              ...["-p", String(port), "-c", "50", "-n", String(count), "-P", String(pipeline), "-r", "100000", "--csv"],
              ...argumentsFor(name, size),
            ]);
            const fields = text.trim().split("\n").at(-1)?.split('","') ?? [];
            return Number(fields[1]?.replaceAll('"', ""));
          };
          const { ours, peer } = await interleave(quick ? 1 : 3, measure(orrery.redisPort), measure(redis.port));
          const what = `${name.toUpperCase()}${valueDependent.has(name) && !quick ? ` of ${size} bytes` : ""}, pipeline ${pipeline}`;
          console.log(`${what}: ${Math.round(ours)} / ${Math.round(peer)} = ${(ours / peer).toFixed(2)}`);
          lines.push({ what, unit: "requests/s", ours, peer, peerName: "Redis", higherIsBetter: true, goal: goals[pipeline] as number });
        }
  } finally {
    await orrery.stop();
    await redis.stop();
  }
  const ratios = lines.map((line) => Math.log(line.ours / line.peer));
  console.log(`geometric mean ${Math.exp(ratios.reduce((a, b) => a + b, 0) / ratios.length).toFixed(2)}`);
  report("resp", "Redis protocol, redis-benchmark -c 50", lines);
}
