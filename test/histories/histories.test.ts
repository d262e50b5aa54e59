/**
 * Random histories hold what their level promises, also when the server dies in them. ORRERY_HISTORY_RUNS: runs per level (default 1);
 * ORRERY_HISTORY_SESSIONS, ORRERY_HISTORY_TRANSACTIONS: their size; ORRERY_HISTORY_CRASHES: how often the server dies in a run (default 1);
 * ORRERY_HISTORY_BESIDE: how many runs share a server and its crashes (default 1): most of what a run costs alone is the server's start.
 * The checker's own proof: what runs at read committed is no serializable history, and it says so.
 */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, type OrreryProcess, startOrrery, temporaryFolder } from "../support/processes.js";
import { findAnomalies, findLosses, resolve } from "./checker.js";
import type { Level } from "./history.js";
import type { Fault } from "./sql-transactions.js";
import { runWorkload } from "./workload.js";

const runs = Number(process.env.ORRERY_HISTORY_RUNS ?? "1");
const sessions = Number(process.env.ORRERY_HISTORY_SESSIONS ?? "6");
const transactionsPerSession = Number(process.env.ORRERY_HISTORY_TRANSACTIONS ?? "60");
const crashes = Number(process.env.ORRERY_HISTORY_CRASHES ?? "1");
const levels: readonly Level[] = ["read committed", "repeatable read", "serializable"];
/** So many runs with crashes share a server and its crash. */
const beside = Number(process.env.ORRERY_HISTORY_BESIDE ?? "1");
const seeds = Array.from({ length: runs }, (_, i) => i + 1 + Number(process.env.ORRERY_HISTORY_SEED ?? "0"));
const batches = Array.from({ length: Math.ceil(runs / beside) }, (_, i) => [seeds.slice(i * beside, (i + 1) * beside)] as const);

describe("histories", () => {
  let server: OrreryProcess;
  beforeAll(async () => {
    server = await startOrrery({ flags: ["--threads", "2"] });
  });
  afterAll(async () => {
    await server?.stop();
  });
  const run = (level: Level, seed: number, fault?: Fault) =>
    runWorkload({
      port: server.port,
      redisPort: server.redisPort,
      level,
      sessions,
      transactionsPerSession,
      seed,
      ...(fault === undefined ? {} : { fault }),
    });

  for (const level of levels) {
    test.each(seeds)(`${level}, seed %i`, { timeout: 120_000 }, async (seed) => {
      const { history } = await run(level, seed);
      expect(history.filter((t) => t.committed === true).length).toBeGreaterThan(50);
      expect(findAnomalies(history, level)).toEqual([]);
    });
  }
  test("a history that is less than it claims is found out", async () => {
    expect(findAnomalies((await run("read committed", 7)).history, "serializable").length).toBeGreaterThan(0);
    expect(findAnomalies((await run("repeatable read", 7)).history, "serializable").length).toBeGreaterThan(0);
  });
  test("faults put in on purpose are found out", { timeout: 120_000 }, async () => {
    const forgetful = await run("repeatable read", 8, "forgotten commits");
    expect(findLosses(forgetful.history, forgetful.final).length).toBeGreaterThan(0);
    for (const level of ["repeatable read", "serializable"] as const) {
      const { history } = await run(level, 9, "reads outside of the transaction");
      expect(findAnomalies(history, level).length, level).toBeGreaterThan(0);
    }
  });
});

describe("histories with crashes", () => {
  const folder = temporaryFolder("histories");
  const flags = ["--threads", "2", "--appendfsync", "always", "--checkpoint-log-bytes", "1048576"];
  let ports: [number, number];
  let server: OrreryProcess;
  let restart: Promise<void> | undefined;
  const start = async (): Promise<void> => {
    server = await startOrrery({ folder, flags, ports, keepFolder: true });
  };
  beforeAll(async () => {
    ports = [await freePort(), await freePort()];
    await start();
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const crash = async (): Promise<void> => {
    restart = server.kill().then(start);
    await restart;
    restart = undefined;
  };

  for (const level of levels) {
    test.each(batches)(`${level}, seeds %j`, { timeout: 240_000 * beside }, async (batch) => {
      const workloads = batch.map((seed, i) =>
        runWorkload({
          port: ports[0],
          redisPort: ports[1],
          level,
          sessions,
          transactionsPerSession,
          seed,
          restart: () => restart,
          crash,
          // The server dies in all of them when it dies in the first.
          crashes: i === 0 ? crashes : 0,
        }),
      );
      for (const { history, final } of await Promise.all(workloads)) {
        const resolved = resolve(history, final);
        expect(resolved.filter((t) => t.committed === true).length).toBeGreaterThan(50);
        expect(findLosses(resolved, final)).toEqual([]);
        expect(findAnomalies(resolved, level)).toEqual([]);
      }
    });
  }
});
