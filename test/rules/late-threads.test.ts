/** Without `--threads`: one JavaScript thread at the start, others when PostgreSQL's connections need them, with what is in force by then. */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { afterEach, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { type OrreryProcess, sleep, startOrrery } from "../support/processes.js";

const THREAD_BITS = 20;
const threadOf = (client: pg.Client) => (client as unknown as { processID: number }).processID >> THREAD_BITS;
const hasCores = availableParallelism() > 1;
let server: OrreryProcess | undefined;
afterEach(() => server?.stop());

async function start(): Promise<OrreryProcess> {
  server = await startOrrery({ flags: ["--redis-port", "0", "--threads", "0"] });
  return server;
}

test.runIf(hasCores)("a pool of clients is spread over threads that begin for it, and these know of each other", async () => {
  const { port } = await start();
  const clients = await Promise.all(Array.from({ length: 6 }, () => connectPg(port)));
  expect(new Set(clients.map(threadOf)).size).toBe(Math.min(availableParallelism(), 4));
  const first = clients.find((client) => threadOf(client) === 0) as pg.Client;
  const other = clients.find((client) => threadOf(client) === 1) as pg.Client;
  await first.query("create table t (v int); listen c");
  const heard = new Promise((resolve) => first.once("notification", (message) => resolve(message.payload)));
  await other.query("insert into t values (1); notify c, 'from the other thread'");
  expect(await heard).toBe("from the other thread");
  const { rows } = await first.query("select count(*)::int as count from pg_stat_activity");
  expect(rows).toEqual([{ count: 6 }]);
  await Promise.all(clients.map((client) => client.end()));
});

test.runIf(hasCores)("a thread that begins takes what is in force, not what the files say; a reload reaches it", async () => {
  const { port, folder, process: child } = await start();
  writeFileSync(join(folder, "pg_hba.conf"), "nonsense\n");
  const clients = await Promise.all(Array.from({ length: 4 }, () => connectPg(port)));
  expect(new Set(clients.map(threadOf)).size).toBeGreaterThan(1);
  for (const client of clients.splice(1)) await client.end();
  writeFileSync(join(folder, "pg_hba.conf"), "host all all all reject\n");
  child.kill("SIGHUP");
  const refused = async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => connectPg(port)));
    for (const outcome of outcomes) if (outcome.status === "fulfilled") await outcome.value.end();
    return outcomes.every((outcome) => outcome.status === "rejected" && outcome.reason.code === "28000");
  };
  while (!(await refused())) await sleep(20);
  await clients[0]?.end();
});

test("a server that is stopped while a thread begins ends in order", async () => {
  const { port, process: child } = await start();
  const clients = Array.from({ length: 4 }, () =>
    connectPg(port).then(
      (client) => client.on("error", () => {}),
      () => undefined,
    ),
  );
  await clients[0];
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
  await Promise.all(clients);
  server = undefined;
});
