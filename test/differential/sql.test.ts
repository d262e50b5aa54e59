/** Statement by statement against PostgreSQL 15: columns with their types, rows, tags, SQLSTATE, message and detail. */
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg, type Outcome, outcomeOf } from "../support/clients.js";
import { hasPostgres, type OrreryProcess, type ServerProcess, startOrrery, startPostgres } from "../support/processes.js";
import { groups } from "./sql-corpus.js";

/** What is left different on purpose or for now, and why. A line that does not differ any more fails: it belongs in the corpus. */
const knownDifferences: readonly (readonly [sql: string, reason: string])[] = [
  ["select 0x10", "the parser knows the grammar of later versions, which read hexadecimal integers"],
  ["select lower('À')", "letters of all of Unicode have cases; the judge runs with the locale C"],
  ["show server_version_num", "the version that is spoken, not that of one release"],
  ["select kd from kd", "the type of a whole row is record: tables have no row types"],
  ["create extension nosuch", "the detail names a file of PostgreSQL's"],
];

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
  test("the known differences are the only ones known, and still there", async () => {
    for (const client of [ours, theirs])
      await client.query("create table kd (id serial primary key, tags text[]); insert into kd default values");
    const equal: string[] = [];
    for (const [sql] of knownDifferences)
      if (printed(await outcomeOf(ours, sql)) === printed(await outcomeOf(theirs, sql))) equal.push(sql);
    expect(equal).toEqual([]);
  });
});

const printed = (outcome: Outcome) => JSON.stringify(outcome);
