/** GET and SET by redis-benchmark, 50 clients, pipelines of 1, 16 and 100, against Redis with appendonly everysec. */
import { startOrrery, startRedis } from "../test/support/processes.js";
import { output } from "./command.js";
import { interleave, type Line, report } from "./report.js";

const goals: Readonly<Record<number, number>> = { 1: 0.75, 16: 0.8, 100: 1.2 };
const requests: Readonly<Record<number, number>> = { 1: 200_000, 16: 1_000_000, 100: 3_000_000 };

export async function run(): Promise<void> {
  const redis = await startRedis(["--appendonly", "yes", "--appendfsync", "everysec"]);
  const orrery = await startOrrery({ flags: ["--pg-port", "0"] });
  const lines: Line[] = [];
  try {
    for (const pipeline of [1, 16, 100]) {
      for (const command of ["set", "get"]) {
        const measure = (port: number) => async () => {
          const text = await output("redis-benchmark", [
            "-p",
            String(port),
            "-c",
            "50",
            "-n",
            String(requests[pipeline]),
            "-P",
            String(pipeline),
            "-r",
            "100000",
            "-t",
            command,
            "--csv",
          ]);
          const fields = text.trim().split("\n").at(-1)?.split(",") ?? [];
          return Number(fields[1]?.replaceAll('"', ""));
        };
        const { ours, peer } = await interleave(5, measure(orrery.redisPort), measure(redis.port));
        lines.push({
          what: `${command.toUpperCase()}, pipeline ${pipeline}`,
          unit: "requests/s",
          ours,
          peer,
          peerName: "Redis",
          higherIsBetter: true,
          goal: goals[pipeline] as number,
        });
      }
    }
  } finally {
    await orrery.stop();
    await redis.stop();
  }
  report("resp", "Redis protocol, redis-benchmark -c 50", lines);
}
