/**
 * `npm run corpus -- [topic | file.sql …] [--all]`: agreement with PostgreSQL 15, and the statements that differ.
 *
 * `--document` writes the marked ones into docs/compatibility.md. `--all` prints known differences too, `--positions` errors that stand elsewhere in the statement. `--ports ours,theirs` uses servers that already run.
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { hasPostgres, startOrrery, startPostgres } from "../../support/processes.js";
import { writeKnownDifferences } from "./document.js";
import { figuresLine, figuresOf, isUnexpected } from "./figures.js";
import { type Comparison, type FileReport, filesOf, runFile, topics } from "./run.js";

/** Long answers are cut: the first line that differs is what matters. */
const shownCharacters = 600;

const given = process.argv.slice(2);
if (given.includes("--document")) {
  writeKnownDifferences();
  process.exit(0);
}
const portsAt = given.indexOf("--ports");
const givenPorts = portsAt < 0 ? undefined : given.splice(portsAt, 2)[1]?.split(",").map(Number);
const showAll = given.includes("--all");
const showPositions = given.includes("--positions");
const names = given.filter((argument) => !argument.startsWith("--"));

const files = (names.length > 0 ? names : topics()).flatMap((name) => {
  if (name.endsWith(".sql") && existsSync(name)) return [name];
  if (topics().includes(name)) return filesOf(name);
  console.error(`no topic or file "${name}"; topics: ${topics().join(", ")}`);
  process.exit(1);
});
if (!hasPostgres && !givenPorts) {
  console.error("PostgreSQL 15 is not installed: there is no judge");
  process.exit(1);
}

const servers = givenPorts ? [] : await Promise.all([startOrrery(), startPostgres()]);
const [ours, theirs] = (givenPorts ?? servers.map((server) => server.port)) as [number, number];
const reports: FileReport[] = [];
const started = Date.now();
try {
  for (const file of files) reports.push(await runFile(file, { ours, theirs }));
} finally {
  for (const server of servers) await server.stop();
}
for (const report of reports) {
  for (const comparison of report.comparisons) {
    const [mine, judge] = comparison.positions ?? [0, 0];
    if (showPositions && mine !== judge)
      console.log(
        `--- ${report.topic}:${comparison.step.line}: position ${mine}, not ${judge}: ${comparison.step.text.slice(0, shownCharacters)}\n  ${firstError(comparison.theirs)}`,
      );
    if (isUnexpected(comparison) || (showAll && !comparison.equal)) print(report, comparison);
  }
}
for (const topic of new Set(reports.map((report) => report.topic)))
  console.log(figuresLine(topic, figuresOf(reports.filter((report) => report.topic === topic))));
console.log(figuresLine("all", figuresOf(reports)));
console.log(`${Date.now() - started} ms`);
process.exit(0);

function print(report: FileReport, { step, ours: mine, theirs: judge, equal }: Comparison): void {
  console.log(`--- ${report.topic}/${basename(report.file)}:${step.line}: ${step.text.slice(0, shownCharacters)}`);
  if (equal) console.log(`  marked as different (${step.differs}), but the answers agree`);
  else {
    const [shownMine, shownJudge] = fromDifference(mine, judge);
    console.log(`  ours:   ${indented(shownMine)}\n  theirs: ${indented(shownJudge)}`);
  }
}

/** The message under the SQLSTATE. */
function firstError(answer: string): string {
  return answer.split("\n")[1] ?? "";
}

/** Both texts from the line where they part, the head kept. */
function fromDifference(left: string, right: string): [string, string] {
  const [a, b] = [left.split("\n"), right.split("\n")];
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same++;
  const skipped = same > 3 ? [`(${same} lines the same)`] : [];
  const from = same > 3 ? same : 0;
  return [[...skipped, ...a.slice(from)].join("\n"), [...skipped, ...b.slice(from)].join("\n")];
}

function indented(text: string): string {
  return text.slice(0, shownCharacters).replaceAll("\n", "\n          ");
}
