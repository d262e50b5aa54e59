/** EXPLAIN in PostgreSQL's shape: text, or JSON with the same facts. */
import type { ExplainOptions } from "../execution/index.js";
import type { Operator, OperatorTiming } from "../execution/internal.js";
import { formatPlan } from "./explain-formats.js";

/** Operators that only compute columns are part of their input in PostgreSQL's plans. */
function visible(operator: Operator): Operator {
  let o = operator;
  while ((o.title === "Projection" || o.title === "With") && o.inputs.length === 1 && (o.subplans ?? []).length === 0)
    o = o.inputs[0] as Operator;
  return o;
}

export function explainPlan(root: Operator, options: ExplainOptions, timings: ReadonlyMap<Operator, OperatorTiming> | undefined): string[] {
  switch (options.format) {
    case "text": {
      const lines: string[] = [];
      writeNode(root, 0, options, timings, lines, "");
      if (options.summary) {
        if (options.planningMs !== undefined) lines.push(`Planning Time: ${options.planningMs.toFixed(3)} ms`);
        if (options.executionMs !== undefined) lines.push(`Execution Time: ${options.executionMs.toFixed(3)} ms`);
      }
      return lines;
    }
    default: {
      const plan: Record<string, unknown> = { Plan: jsonNode(root, options, timings) };
      if (options.summary && options.planningMs !== undefined) plan["Planning Time"] = Number(options.planningMs.toFixed(3));
      if (options.analyze) plan.Triggers = [];
      if (options.summary && options.executionMs !== undefined) plan["Execution Time"] = Number(options.executionMs.toFixed(3));
      return formatPlan(plan, options.format);
    }
  }
}

function writeNode(
  operator: Operator,
  depth: number,
  options: ExplainOptions,
  timings: ReadonlyMap<Operator, OperatorTiming> | undefined,
  lines: string[],
  label: string,
): void {
  const node = visible(operator);
  const indent = depth === 0 ? "" : `${" ".repeat(6 * depth - 4)}`;
  const arrow = depth === 0 ? "" : "->  ";
  const { estimate } = node;
  let title = `${indent}${arrow}${node.title === "Projection" || node.title === "With" ? "Result" : node.title}`;
  if (options.costs)
    title += `  (cost=${estimate.startupCost.toFixed(2)}..${estimate.totalCost.toFixed(2)} rows=${estimate.rows} width=${estimate.width})`;
  if (options.analyze) title += actual(timings?.get(node), options.timing);
  if (label !== "") lines.push(`${" ".repeat(Math.max(0, 6 * depth - 4))}${label}`);
  lines.push(title);
  const inner = " ".repeat(6 * depth + 2);
  for (const detail of [...node.details, ...(timings?.get(node)?.details ?? [])]) {
    lines.push(`${inner}${detail.key}: ${typeof detail.value === "string" ? detail.value : detail.value.join(", ")}`);
  }
  if (options.verbose) lines.push(`${inner}Output: ${node.columns.map((c) => c.name).join(", ")}`);
  for (const subplan of node.subplans ?? []) writeNode(subplan.plan, depth + 1, options, timings, lines, subplan.title);
  node.inputs.forEach((input, i) => {
    if (!isHashJoin(node) || i === 0) {
      writeNode(input, depth + 1, options, timings, lines, "");
      return;
    }
    // PostgreSQL shows the table that a hash join builds as a node of its own.
    const { estimate: built } = visible(input);
    const costs = options.costs
      ? `  (cost=${built.totalCost.toFixed(2)}..${built.totalCost.toFixed(2)} rows=${built.rows} width=${built.width})`
      : "";
    lines.push(
      `${" ".repeat(6 * depth + 2)}->  Hash${costs}${options.analyze ? actual(timings?.get(visible(input)), options.timing) : ""}`,
    );
    writeNode(input, depth + 2, options, timings, lines, "");
  });
}

function isHashJoin(node: Operator): boolean {
  return node.title.startsWith("Hash ") && node.title.endsWith("Join");
}

function actual(timing: OperatorTiming | undefined, withTiming: boolean): string {
  if (timing === undefined || timing.loops === 0) return " (never executed)";
  const rows = Math.round(timing.rows / timing.loops);
  const time = withTiming ? `time=${(timing.startupMs / timing.loops).toFixed(3)}..${(timing.totalMs / timing.loops).toFixed(3)} ` : "";
  return ` (actual ${time}rows=${rows} loops=${timing.loops})`;
}

function jsonNode(
  operator: Operator,
  options: ExplainOptions,
  timings: ReadonlyMap<Operator, OperatorTiming> | undefined,
): Record<string, unknown> {
  const node = visible(operator);
  const { estimate } = node;
  const out: Record<string, unknown> = { ...jsonTitle(node.title), "Parallel Aware": false, "Async Capable": false };
  if (options.costs) {
    out["Startup Cost"] = Number(estimate.startupCost.toFixed(2));
    out["Total Cost"] = Number(estimate.totalCost.toFixed(2));
    out["Plan Rows"] = estimate.rows;
    out["Plan Width"] = estimate.width;
  }
  const timing = timings?.get(node);
  if (options.analyze) {
    out["Actual Rows"] = timing === undefined || timing.loops === 0 ? 0 : Math.round(timing.rows / timing.loops);
    out["Actual Loops"] = timing?.loops ?? 0;
  }
  for (const detail of [...node.details, ...(timing?.details ?? [])]) out[detail.key] = detail.value;
  const children = [...(node.subplans ?? []).map((s) => s.plan), ...node.inputs];
  if (children.length > 0) out.Plans = children.map((c) => jsonNode(c, options, timings));
  return out;
}

/** "Index Scan using i on t a" in its parts. */
function jsonTitle(title: string): Record<string, unknown> {
  const match = /^(.*?)(?: using (\S+))?(?: on (\S+)(?: (\S+))?)?$/.exec(title);
  const [, type, index, relation, alias] = match ?? [];
  if (type === "Bitmap Index Scan") return { "Node Type": type, "Index Name": relation };
  return {
    "Node Type": type ?? title,
    ...(index === undefined ? {} : { "Index Name": index }),
    ...(relation === undefined ? {} : { "Relation Name": relation, Alias: alias ?? relation }),
  };
}
