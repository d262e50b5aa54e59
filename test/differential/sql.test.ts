/** Statement by statement against PostgreSQL 15: columns with their types, rows, tags, SQLSTATE, message and detail. */
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg, type Outcome, outcomeOf } from "../support/clients.js";
import { hasPostgres, type OrreryProcess, type ServerProcess, startOrrery, startPostgres } from "../support/processes.js";
import { groups } from "./sql-corpus.js";

describe.skipIf(!hasPostgres)("statements against PostgreSQL 15", () => {
  let orrery: OrreryProcess;
  let postgres: ServerProcess;
  let ours: pg.Client;
  let theirs: pg.Client;
  beforeAll(async () => {
    [orrery, postgres] = await Promise.all([startOrrery(), startPostgres()]);
    ours = await connectPg(orrery.port, { raw: true });
    theirs = await connectPg(postgres.port, { raw: true });
  });
  afterAll(async () => {
    await ours?.end();
    await theirs?.end();
    await orrery?.stop();
    await postgres?.stop();
  });

  test.each(groups)("$name", async ({ statements }) => {
    const differences: { sql: string; ours: string; theirs: string }[] = [];
    for (const sql of statements) {
      const [mine, judge] = await Promise.all([outcomeOf(ours, sql), outcomeOf(theirs, sql)]);
      if (printed(mine) !== printed(judge)) differences.push({ sql, ours: printed(mine), theirs: printed(judge) });
    }
    expect(differences).toEqual([]);
  });
});

const printed = (outcome: Outcome) => JSON.stringify(outcome);
