/** Medians, ratios, and docs/benchmarks.md: one section a benchmark, replaced when it runs again. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { repository } from "../test/support/processes.js";

export interface Line {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  /** Whether a larger figure is the better one. */
  readonly higherIsBetter: boolean;
  /** What the ratio should be at least. */
  readonly goal?: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Runs it again and again for a second before the clock starts: V8 has compiled by then what it will. */
export async function warmUp(run: (turn: number) => unknown): Promise<void> {
  for (let turn = 0, end = performance.now() + 1000; performance.now() < end; turn++) await run(turn);
}

/** Runs `ours` and `peer` alternately, first one then the other first, and returns both medians. */
export async function interleave(
  rounds: number,
  ours: () => Promise<number> | number,
  peer: () => Promise<number> | number,
): Promise<{ ours: number; peer: number }> {
  const a: number[] = [];
  const b: number[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) {
      a.push(await ours());
      b.push(await peer());
    } else {
      b.push(await peer());
      a.push(await ours());
    }
  }
  return { ours: median(a), peer: median(b) };
}

/** Ratio that is above 1 when ours is better. */
export function ratioOf(line: Line): number {
  return line.higherIsBetter ? line.ours / line.peer : line.peer / line.ours;
}

export function report(name: string, title: string, lines: readonly Line[], notes: readonly string[] = []): void {
  const rows = lines.map((line) => {
    const ratio = ratioOf(line);
    const goal = line.goal === undefined ? "" : `${line.goal.toFixed(2)}${ratio >= line.goal ? "" : " (missed)"}`;
    return `| ${line.what} | ${format(line.ours)} | ${format(line.peer)} (${line.peerName}) | ${line.unit} | ${ratio.toFixed(2)} | ${goal} |`;
  });
  const section = [
    `## ${title}`,
    "",
    `\`npm run bench -- ${name}\``,
    "",
    ...(rows.length === 0 ? [] : ["| what | ours | peer | unit | ratio | goal |", "|---|---|---|---|---|---|", ...rows, ""]),
    ...notes.map((note) => `${note}\n`),
    hardware(),
    "",
  ].join("\n");
  console.log(section);
  const file = join(repository, "docs", "benchmarks.md");
  const head =
    "# Benchmarks\n\nOurs and the peer run side by side in one run, rounds interleaved, medians shown; a ratio above 1 means that ours is better.\n";
  const old = existsSync(file) ? readFileSync(file, "utf8") : head;
  const sections = old.split(/^(?=## )/m);
  const kept = sections.slice(1).filter((s) => !s.startsWith(`## ${title}\n`));
  writeFileSync(file, [sections[0]?.trimEnd(), "", ...[...kept, section].sort().map((s) => `${s.trimEnd()}\n`)].join("\n"));
}

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3);
}

function hardware(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown";
  return `${new Date().toISOString().slice(0, 10)}; ${cpus().length} cores ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}; Node ${process.version}; ${versionOf("/usr/lib/postgresql/15/bin/postgres", ["--version"])}; ${versionOf("redis-server", ["--version"])}.`;
}

function versionOf(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: "utf8" })
      .trim()
      .replace(/ sha=.*/, "");
  } catch {
    return `${command} not installed`;
  }
}
