/**
 * Runs corpus files on Orrery and on PostgreSQL and compares what comes back.
 *
 * A file gets a connection and a schema of its own on both servers. Compared: column names and types (built-in ones by OID, others by name), rows as
 * text, COPY output, tags, notices, and an error's SQLSTATE, message, detail and hint.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { repository } from "../../support/processes.js";
import { WireClient, type WireMessage, type WireOutcome } from "../../support/wire-client.js";
import { type Step, stepsOf } from "./script.js";

export const corpusFolder = join(repository, "test", "sql");
/** A file that takes longer on one server counts as unanswered from the statement where it stopped. */
const fileLimitMillis = 120_000;
/** Types from here on got their OIDs from initdb or later: they are told by name. */
const firstUnfixedOid = 12_000;

export interface Comparison {
  readonly step: Step;
  readonly ours: string;
  readonly theirs: string;
  /** Everything is the same. */
  readonly equal: boolean;
  /** Rows, column names and types, tag and SQLSTATE are the same. */
  readonly essentiallyEqual: boolean;
  /** The judge answered with an error. */
  readonly isError: boolean;
  /** Where the errors say they are in the statement, when both are the same error: ours and the judge's, 0 for nowhere. */
  readonly positions: readonly [ours: number, theirs: number] | undefined;
}
export interface FileReport {
  readonly topic: string;
  readonly file: string;
  readonly comparisons: readonly Comparison[];
}

export function topics(): string[] {
  return readdirSync(corpusFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

export function filesOf(topic: string): string[] {
  const folder = join(corpusFolder, topic);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => join(folder, name));
}

export async function runFile(file: string, ports: { readonly ours: number; readonly theirs: number }): Promise<FileReport> {
  const steps = stepsOf(readFileSync(file, "utf8"));
  const topic = basename(dirname(file));
  const schema = `${topic}_${basename(file, ".sql")}`.replaceAll(/\W/g, "_");
  const [ours, theirs] = await Promise.all([ports.ours, ports.theirs].map((port) => runOn(port, schema, steps)));
  const comparisons = steps.map((step, index) => compare(step, ours?.[index] as Answer, theirs?.[index] as Answer));
  return { topic, file, comparisons };
}

interface Answer {
  readonly outcome: WireOutcome;
  /** One text a column: name and type. */
  readonly columns: readonly string[] | undefined;
}

async function runOn(port: number, schema: string, steps: readonly Step[]): Promise<Answer[]> {
  const client = await WireClient.open(port);
  try {
    const setUp = [`drop schema if exists "${schema}" cascade`, `create schema "${schema}"`, `set search_path = "${schema}", public`];
    const prelude = await client.run(
      setUp.map((text) => ({ text })),
      10_000,
    );
    const refused = prelude.find((outcome) => outcome.error !== undefined)?.error;
    if (refused) throw new Error(`the schema of ${schema}: ${refused.message}`);
    const outcomes = await client.run(steps, fileLimitMillis);
    const names = await typeNames(client, outcomes);
    return outcomes.map((outcome) => ({
      outcome,
      columns: outcome.columns?.map(({ name, typeOid }) => `${name}:${names.get(typeOid) ?? typeOid}`),
    }));
  } finally {
    await client.close();
  }
}

/** The names of types whose OIDs differ from server to server; one that the file has dropped is "dropped". */
async function typeNames(client: WireClient, outcomes: readonly WireOutcome[]): Promise<Map<number, string>> {
  const oids = new Set(outcomes.flatMap((outcome) => outcome.columns?.map((column) => column.typeOid) ?? []));
  const wanted = [...oids].filter((oid) => oid >= firstUnfixedOid);
  const names = new Map<number, string>(wanted.map((oid) => [oid, "dropped"]));
  if (wanted.length === 0) return names;
  const [, , found] = await client.run(
    [
      { text: "rollback" },
      { text: "reset all" },
      { text: `select oid, typname from pg_catalog.pg_type where oid in (${wanted.join(", ")})` },
    ],
    10_000,
  );
  for (const [oid, name] of found?.rows ?? []) names.set(Number(oid), String(name));
  return names;
}

function compare(step: Step, ours: Answer, theirs: Answer): Comparison {
  const [mine, judge] = [ours, theirs].map((answer) => [essence(step, answer), words(answer.outcome)] as const);
  const [myEssence, myWords] = mine as readonly [string, string];
  const [judgeEssence, judgeWords] = judge as readonly [string, string];
  const essentiallyEqual = myEssence === judgeEssence && ours.outcome.lost === undefined;
  return {
    step,
    ours: myEssence + myWords,
    theirs: judgeEssence + judgeWords,
    essentiallyEqual,
    equal: essentiallyEqual && myWords === judgeWords,
    isError: theirs.outcome.error !== undefined,
    positions: positionsOf(ours.outcome, theirs.outcome),
  };
}
function positionsOf(ours: WireOutcome, theirs: WireOutcome): readonly [number, number] | undefined {
  if (ours.error === undefined || theirs.error === undefined || ours.error.message !== theirs.error.message) return undefined;
  return [ours.error.position ?? 0, theirs.error.position ?? 0];
}

/** What has to agree in any case. */
function essence(step: Step, { outcome, columns }: Answer): string {
  if (outcome.lost !== undefined) return `LOST ${outcome.lost}`;
  // What was sent before an error depends on when it was met: PostgreSQL folds constants before it describes the result.
  if (outcome.error !== undefined) return `${outcome.error.severity} ${outcome.error.code}`;
  const parts: string[] = [];
  if (columns !== undefined) {
    const rows = outcome.rows.map((row) => row.map((value) => value ?? "∅").join(" | "));
    if (step.unordered) rows.sort();
    parts.push(`(${columns.join(", ")})`, ...rows);
  }
  if (outcome.copied !== undefined) parts.push(outcome.copied);
  parts.push(...outcome.tags);
  return parts.join("\n");
}

/** The texts of errors and notices. */
function words(outcome: WireOutcome): string {
  const told = (message: WireMessage) =>
    [
      message.message,
      message.detail === undefined ? undefined : `DETAIL: ${message.detail}`,
      message.hint === undefined ? undefined : `HINT: ${message.hint}`,
    ]
      .filter((part) => part !== undefined)
      .join("\n  ");
  const notices = outcome.notices.map((notice) => `\n${notice.severity} ${notice.code} ${told(notice)}`);
  return [...notices, ...(outcome.error === undefined ? [] : [`\n${told(outcome.error)}`])].join("");
}
