/** The corpus of test/sql against PostgreSQL 15. Every difference must be marked in its file with the reason; a mark that is out of date fails too. */
import { basename } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPostgres, type OrreryProcess, type ServerProcess, startOrrery, startPostgres } from "../support/processes.js";
import { documentedDifferences, knownDifferences } from "./corpus/document.js";
import { figuresLine, figuresOf, isUnexpected } from "./corpus/figures.js";
import { type FileReport, filesOf, runFile, topics } from "./corpus/run.js";

if (!hasPostgres) console.log("corpus: PostgreSQL 15 is not installed, so there is no judge: skipped");

describe.skipIf(!hasPostgres)("corpus", () => {
  let orrery: OrreryProcess;
  let postgres: ServerProcess;
  const reports: FileReport[] = [];
  beforeAll(async () => {
    [orrery, postgres] = await Promise.all([startOrrery(), startPostgres()]);
  });
  afterAll(async () => {
    for (const topic of topics()) console.log(figuresLine(topic, figuresOf(reports.filter((report) => report.topic === topic))));
    console.log(figuresLine("all", figuresOf(reports)));
    await orrery?.stop();
    await postgres?.stop();
  });

  test.each(topics().flatMap((topic) => filesOf(topic).map((file) => [`${topic}/${basename(file)}`, file] as const)))(
    "%s",
    async (_, file) => {
      const report = await runFile(file, { ours: orrery.port, theirs: postgres.port });
      reports.push(report);
      const unexpected = report.comparisons
        .filter(isUnexpected)
        .map(({ step, ours, theirs }) => ({ line: step.line, sql: step.text, ours, theirs, marked: step.differs }));
      expect(unexpected).toEqual([]);
    },
  );
});

test("docs/compatibility.md lists the marked statements (npm run corpus -- --document writes them)", () => {
  expect(documentedDifferences()).toBe(knownDifferences());
});
