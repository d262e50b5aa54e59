/**
 * Random schemas, data and queries on Orrery and on PostgreSQL 15: the rows must be the same. A failure prints the seed and the smallest
 * query found; ORRERY_GENERATOR_QUERIES raises the number of queries, ORRERY_GENERATOR_SEED starts elsewhere.
 */
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg, type Outcome, outcomeOf, unordered } from "../support/clients.js";
import { hasPostgres, type OrreryProcess, type ServerProcess, startOrrery, startPostgres } from "../support/processes.js";
import { Draw } from "./generator/draw.js";
import { QueryMaker } from "./generator/query.js";
import { makeSchema } from "./generator/schema.js";

const queryCount = Number(process.env.ORRERY_GENERATOR_QUERIES ?? 3000);
const firstSeed = Number(process.env.ORRERY_GENERATOR_SEED ?? 1);
const QUERIES_PER_SCHEMA = 150;
/** Numbers of differences after which a run is not worth going on. */
const DIFFERENCES_MAX = 10;

describe.skipIf(!hasPostgres)("random queries against PostgreSQL 15", () => {
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

  test(
    `${queryCount} queries from seed ${firstSeed}`,
    async () => {
      const differences: string[] = [];
      for (let done = 0, batch = 0; done < queryCount && differences.length < DIFFERENCES_MAX; batch++) {
        const schemaSeed = firstSeed + batch * 1_000_003;
        const schema = makeSchema(new Draw(schemaSeed));
        const name = `g${batch}`;
        for (const client of [ours, theirs]) {
          await client.query(`create schema ${name}; set search_path to ${name}`);
          for (const sql of schema.statements) await client.query(sql);
        }
        for (let i = 0; i < QUERIES_PER_SCHEMA && done < queryCount; i++, done++) {
          const { sql, ordered } = new QueryMaker(new Draw(schemaSeed + 1 + i), schema).statement();
          const [mine, judge] = await Promise.all([outcomeOf(ours, sql), outcomeOf(theirs, sql)]);
          if (same(mine, judge, ordered)) continue;
          differences.push(
            `${schema.statements.join(";\n")};\n${sql};\n-- seed ${schemaSeed}, query ${i}\n-- ours   ${printed(mine)}\n-- theirs ${printed(judge)}`,
          );
          if (differences.length >= DIFFERENCES_MAX) break;
        }
        for (const client of [ours, theirs]) await client.query(`drop schema ${name} cascade`);
      }
      expect(differences.join("\n\n")).toBe("");
    },
    Math.max(120_000, queryCount * 100),
  );
});

/** Whether a value out of range or a bad input is met depends on the order in which conditions are tried; only then may one of the two fail. */
function same(mine: Outcome, judge: Outcome, ordered: boolean): boolean {
  const isData = (outcome: Outcome): boolean => outcome.error?.code?.startsWith("22") === true;
  if (isData(mine) || isData(judge)) return true;
  if (mine.error !== undefined || judge.error !== undefined) return mine.error?.code === judge.error?.code;
  return printed(ordered ? mine : unordered(mine)) === printed(ordered ? judge : unordered(judge));
}
const printed = (outcome: Outcome): string => JSON.stringify(outcome).slice(0, 2000);
