/** The known differences of the corpus as a section of docs/compatibility.md: each reason with how many statements have it, by topic. */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { repository } from "../../support/processes.js";
import { filesOf, topics } from "./run.js";
import { stepsOf } from "./script.js";

const page = join(repository, "docs", "compatibility.md");
const start = "<!-- known differences: npm run corpus -- --document -->";
const end = "<!-- end of known differences -->";

/** The section as the marks in test/sql say it. */
export function knownDifferences(): string {
  const rows: string[] = [];
  let statements = 0;
  let marked = 0;
  for (const topic of topics()) {
    const places = new Map<string, string[]>();
    for (const file of filesOf(topic))
      for (const step of stepsOf(readFileSync(file, "utf8"))) {
        statements++;
        if (step.differs === undefined) continue;
        marked++;
        places.set(step.differs, [...(places.get(step.differs) ?? []), `${basename(file)}:${step.line}`]);
      }
    for (const [reason, at] of places)
      rows.push(
        `| ${topic} | ${reason.replaceAll("|", "\\|")} | ${at.length} | ${at.slice(0, 3).join(", ")}${at.length > 3 ? ", …" : ""} |`,
      );
  }
  return [
    start,
    `Of ${statements.toLocaleString("en-US")} statements in \`test/sql\` ${marked} are marked as different from PostgreSQL 15:`,
    "",
    "| Topic | Why | Statements | Where |",
    "|---|---|---|---|",
    ...rows,
    end,
  ].join("\n");
}

/** The section as the page has it. */
export function documentedDifferences(): string {
  const text = readFileSync(page, "utf8");
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  return from < 0 || to < 0 ? "" : text.slice(from, to + end.length);
}

export function writeKnownDifferences(): void {
  writeFileSync(
    page,
    readFileSync(page, "utf8").replace(documentedDifferences(), () => knownDifferences()),
  );
}
