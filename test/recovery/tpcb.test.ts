/** pgbench's transactions, killed in the middle: the four sums agree, and every acknowledged transaction is in the history. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { PG_BIN, sleep, startOrrery, temporaryFolder } from "../support/processes.js";

const folder = temporaryFolder("tpcb");
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const program = `${PG_BIN}/pgbench`;

test.skipIf(!existsSync(program))("the balances add up after kill -9", { timeout: 120_000 }, async () => {
  const where = (port: number) => ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "postgres"];
  const first = await startOrrery({
    folder,
    keepFolder: true,
    flags: ["--redis-port", "0", "--threads", "2", "--checkpoint-log-bytes", "4194304"],
  });
  expect(spawnSync(program, ["-i", "-q", "-s", "1", ...where(first.port)]).status).toBe(0);
  // Each line of its own log is an acknowledged transaction.
  const bench = spawn(program, [
    "-n",
    "-c",
    "8",
    "-j",
    "2",
    "-T",
    "30",
    "-M",
    "prepared",
    "--log",
    `--log-prefix=${folder}/acknowledged`,
    ...where(first.port),
  ]);
  // Listened for from the start: one that had ended by itself would be waited for in vain.
  const ended = new Promise((done) => bench.once("close", done));
  await sleep(4_000);
  await first.kill();
  await ended;
  const acknowledged = Number(spawnSync("sh", ["-c", `cat ${folder}/acknowledged.* | wc -l`]).stdout.toString());

  const second = await startOrrery({ folder, keepFolder: true, flags: ["--redis-port", "0"] });
  const client = await connectPg(second.port);
  const { rows } = await client.query(
    "select (select sum(abalance) from pgbench_accounts) a, (select sum(tbalance) from pgbench_tellers) t, (select sum(bbalance) from pgbench_branches) b, (select sum(delta) from pgbench_history) h, (select count(*)::int from pgbench_history) n",
  );
  const { a, t, b, h, n } = rows[0] as { a: string; t: string; b: string; h: string; n: number };
  expect([t, b, h]).toEqual([a, a, a]);
  expect(acknowledged).toBeGreaterThan(0);
  // Those that the kill caught between commit and answer may be there too: one for each client.
  expect(n).toBeGreaterThanOrEqual(acknowledged);
  expect(n).toBeLessThanOrEqual(acknowledged + 8);
  await client.end();
  await second.stop();
});
