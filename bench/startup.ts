/** From an empty folder to the first answer, and the memory of an idle server. The peer figure is the limit that we set ourselves. */
import pg from "pg";
import { freePort, sleep, startOrrery } from "../test/support/processes.js";
import { median, report } from "./report.js";
import { residentBytes } from "./resident.js";

export async function run(): Promise<void> {
  const times: number[] = [];
  const memory: number[] = [];
  for (let round = 0; round < 5; round++) {
    const ports: [number, number] = [await freePort(), await freePort()];
    const started = performance.now();
    const starting = startOrrery({ ports });
    for (;;) {
      const client = new pg.Client({ host: "127.0.0.1", port: ports[0], user: "postgres", database: "postgres" });
      try {
        await client.connect();
        await client.query("select 1");
        await client.end();
        break;
      } catch {
        await client.end().catch(() => {});
        await sleep(5);
      }
    }
    times.push(performance.now() - started);
    const server = await starting;
    await sleep(2000);
    memory.push(residentBytes(server.pid) / 2 ** 20);
    await server.stop();
  }
  report("startup", "Empty start and idle memory", [
    {
      what: "process start to first answer of SELECT 1",
      unit: "ms",
      ours: median(times),
      peer: 500,
      peerName: "limit",
      higherIsBetter: false,
      goal: 1,
    },
    { what: "resident memory, idle", unit: "MB", ours: median(memory), peer: 150, peerName: "limit", higherIsBetter: false, goal: 1 },
  ]);
}
