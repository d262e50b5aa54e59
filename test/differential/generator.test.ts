/**
 * Random schemas, data and queries on Orrery and on PostgreSQL 15: the rows must be the same. A failure prints the seed and the smallest
 * query found; ORRERY_GENERATOR_QUERIES raises the number of queries, ORRERY_GENERATOR_SEED starts elsewhere.
 */
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg, type Outcome, outcomeOf, unordered } from "../support/clients.js";
import { hasPostgres, type OrreryProcess, type ServerProcess, startOrrery, startPostgres } from "../support/processes.js";
import { type GeneratedChange, makeChange } from "./generator/change.js";
import { Draw } from "./generator/draw.js";
import { type GeneratedQuery, QueryMaker } from "./generator/query.js";
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
    await theirs.query("set statement_timeout = '5s'");
    await ours.query("set statement_timeout = '20s'");
  });
  afterAll(async () => {
    await ours?.end();
    await theirs?.end();
    await orrery?.stop();
    await postgres?.stop();
  });

  /** Statements that the judge refused, by SQLSTATE. */
  const refused = new Map<string, number>();
  async function both(sql: string): Promise<[Outcome, Outcome]> {
    const outcomes = await Promise.all([outcomeOf(ours, sql), outcomeOf(theirs, sql)]);
    const code = outcomes[1].error?.code;
    if (code !== undefined) refused.set(code, (refused.get(code) ?? 0) + 1);
    return outcomes;
  }
  const difference = (sql: string, ordered: boolean, mine: Outcome, judge: Outcome): string | undefined =>
    same(mine, judge, ordered) || (PICKS_ONE.test(sql) && same(withoutScale(mine), withoutScale(judge), ordered))
      ? undefined
      : `${sql};\n-- ours   ${printed(mine)}\n-- theirs ${printed(judge)}`;
  async function compareQuery({ sql, ordered }: GeneratedQuery): Promise<string | undefined> {
    return difference(sql, ordered, ...(await both(sql)));
  }
  async function compareChange({ sql, after }: GeneratedChange): Promise<string | undefined> {
    await both("begin");
    try {
      const [mine, judge] = await both(sql);
      const found = difference(sql, false, mine, judge);
      if (found !== undefined || mine.error !== undefined || judge.error !== undefined) return found;
      const table = difference(after, true, ...(await both(after)));
      return table === undefined ? undefined : `begin;\n${sql};\n${table}`;
    } finally {
      await both("rollback");
    }
  }

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
          const draw = new Draw(schemaSeed + 1 + i);
          const found = draw.chance(20)
            ? await compareChange(makeChange(draw, schema))
            : await compareQuery(new QueryMaker(draw, schema).statement());
          if (found === undefined) continue;
          differences.push(`${schema.statements.join(";\n")};\n${found}\n-- seed ${schemaSeed}, query ${i}`);
          if (differences.length >= DIFFERENCES_MAX) break;
        }
        for (const client of [ours, theirs]) await client.query(`drop schema ${name} cascade`);
      }
      expect(differences.join("\n\n")).toBe("");
      // Queries that fail on both compare little.
      const failed = [...refused.values()].reduce((sum, count) => sum + count, 0);
      expect(failed / queryCount, JSON.stringify([...refused])).toBeLessThan(0.15);
    },
    Math.max(120_000, queryCount * 300),
  );
});

/** The judge took too long. */
const QUERY_CANCELED = "57014";
/** Whether a value out of range or a bad input is met depends on the order in which conditions are tried; only then may one of the two fail. */
function same(mine: Outcome, judge: Outcome, ordered: boolean): boolean {
  const isData = (outcome: Outcome): boolean => outcome.error?.code?.startsWith("22") === true;
  if (isData(mine) || isData(judge) || judge.error?.code === QUERY_CANCELED) return true;
  if (mine.error !== undefined || judge.error !== undefined) return mine.error?.code === judge.error?.code;
  return printed(ordered ? mine : unordered(mine)) === printed(ordered ? judge : unordered(judge));
}
/** Where one of several equal values stands for all of them, 0.0 and 0.00 are equal and differ. */
const PICKS_ONE = /max|min|greatest|least|distinct|group by|union|intersect|except|order by/;
function withoutScale(outcome: Outcome): Outcome {
  const trimmed = (value: string | null): string | null =>
    value !== null && /^-?\d+\.\d+$/.test(value) ? value.replace(/\.?0+$/, "").replace(/^-0$/, "0") : value;
  return outcome.rows === undefined ? outcome : { ...outcome, rows: outcome.rows.map((row) => row.map(trimmed)) };
}
const printed = (outcome: Outcome): string => JSON.stringify(outcome).slice(0, 2000);
