/**
 * Random histories hold what their level promises, also when the server dies in them. ORRERY_HISTORY_RUNS: runs per level (default 1);
 * ORRERY_HISTORY_SESSIONS, ORRERY_HISTORY_TRANSACTIONS: their size; ORRERY_HISTORY_CRASHES: how often the server dies in a run (default 1).
 * The checker's own proof: what runs at read committed is no serializable history, and it says so.
 */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, type OrreryProcess, startOrrery, temporaryFolder } from "../support/processes.js";
import { findAnomalies, findLosses, type Level, resolve } from "./checker.js";
import { runWorkload } from "./workload.js";

const runs = Number(process.env.ORRERY_HISTORY_RUNS ?? "1");
const sessions = Number(process.env.ORRERY_HISTORY_SESSIONS ?? "6");
const transactionsPerSession = Number(process.env.ORRERY_HISTORY_TRANSACTIONS ?? "60");
const crashes = Number(process.env.ORRERY_HISTORY_CRASHES ?? "1");
const levels: readonly Level[] = ["read committed", "repeatable read", "serializable"];
const seeds = Array.from({ length: runs }, (_, i) => i + 1 + Number(process.env.ORRERY_HISTORY_SEED ?? "0"));

describe("histories", () => {
  let server: OrreryProcess;
  beforeAll(async () => {
    server = await startOrrery({ flags: ["--threads", "2"] });
  });
  afterAll(async () => {
    await server?.stop();
  });
  const run = (level: Level, seed: number) =>
    runWorkload({ port: server.port, redisPort: server.redisPort, level, sessions, transactionsPerSession, seed });

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
});

describe("histories with crashes", () => {
  const folder = temporaryFolder("histories");
  const flags = ["--threads", "2", "--appendfsync", "always", "--checkpoint-log-bytes", "1048576"];
  let ports: [number, number];
  let server: OrreryProcess;
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
    await server.kill();
    await start();
  };

  for (const level of levels) {
    test.each(seeds)(`${level}, seed %i`, { timeout: 240_000 }, async (seed) => {
      const { history, final } = await runWorkload({
        port: ports[0],
        redisPort: ports[1],
        level,
        sessions,
        transactionsPerSession,
        seed,
        crash,
        crashes,
      });
      const resolved = resolve(history, final);
      expect(findLosses(resolved, final)).toEqual([]);
      expect(findAnomalies(resolved, level)).toEqual([]);
    });
  }
});
