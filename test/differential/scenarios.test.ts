/** Interleaved sessions on Orrery and on PostgreSQL 15: equal outcomes, step by step. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPostgres, type OrreryProcess, type ServerProcess, startOrrery, startPostgres } from "../support/processes.js";
import { ScenarioServer } from "./scenarios/run.js";
import { parseScenarios } from "./scenarios/script.js";

const folder = join(import.meta.dirname, "scenarios");
const only = process.env.ORRERY_SCENARIO;
const files = readdirSync(folder).filter((name) => name.endsWith(".spec"));

describe.skipIf(!hasPostgres)("scenarios", () => {
  let orrery: OrreryProcess;
  let postgres: ServerProcess;
  let mine: ScenarioServer;
  let judge: ScenarioServer;
  beforeAll(async () => {
    [orrery, postgres] = await Promise.all([startOrrery(), startPostgres(["max_prepared_transactions=20"])]);
    [mine, judge] = [new ScenarioServer(orrery.port), new ScenarioServer(postgres.port)];
  });
  afterAll(async () => {
    await mine?.close();
    await judge?.close();
    await orrery?.stop();
    await postgres?.stop();
  });

  for (const file of files) {
    const scenarios = parseScenarios(readFileSync(join(folder, file), "utf8")).filter(
      (s) => only === undefined || `${file} ${s.name}`.includes(only),
    );
    describe(file.replace(/\.spec$/, ""), () => {
      for (const scenario of scenarios) {
        test(scenario.name, async () => {
          const [ours, theirs] = await Promise.all([mine.run(scenario), judge.run(scenario)]);
          if (scenario.differs === undefined) expect(ours).toEqual(theirs);
          else expect(ours, `marked as different: ${scenario.differs}`).not.toEqual(theirs);
        });
      }
    });
  }
});
