/** Sizes and costs, in PostgreSQL's units: a page read in order is 1, a row 0.01, an operator 0.0025. */
import type { Estimate } from "../execution/internal.js";
import type { Expression, PlanColumn } from "../plan/index.js";
import { conjunctsOf } from "./conjuncts.js";

export const ROW_COST = 0.01;
export const OPERATOR_COST = 0.0025;
const PAGE_BYTES = 8192;
/** A random page, in memory mostly: what an index lookup costs. */
export const LOOKUP_COST = 0.29;
/** A relation that nobody counted yet. */
export const DEFAULT_ROWS = 1000;

const widths: Readonly<Record<number, number>> = {
  16: 1,
  20: 8,
  21: 2,
  23: 4,
  26: 4,
  700: 4,
  701: 8,
  1082: 4,
  1114: 8,
  1184: 8,
  1083: 8,
  2950: 16,
  1186: 16,
};
export function widthOf(columns: readonly PlanColumn[]): number {
  let width = 0;
  for (const c of columns) width += widths[c.type] ?? 32;
  return width;
}

export function estimate(columns: readonly PlanColumn[], rows: number, totalCost: number, startupCost = 0): Estimate {
  return { rows: Math.max(1, Math.round(rows)), startupCost, totalCost, width: widthOf(columns) };
}

export function scanCost(rows: number, columns: readonly PlanColumn[], conditions: number): number {
  return Math.ceil((rows * (24 + widthOf(columns))) / PAGE_BYTES) + rows * (ROW_COST + conditions * OPERATOR_COST);
}

/** The share of rows that pass. */
export function selectivity(predicate: Expression | undefined, rows: number): number {
  if (predicate === undefined) return 1;
  let share = 1;
  for (const term of conjunctsOf(predicate)) share *= termSelectivity(term, rows);
  return Math.max(share, rows > 0 ? Math.min(1, 1 / rows) : 0);
}

/** What PostgreSQL assumes of containment, overlap and existence when it knows no values; 1: another operator. */
export function invertedSelectivity(operator: string): number {
  if (operator === "=") return 0.005;
  return ["@>", "<@", "&&", "?", "?|", "?&", "@?", "@@"].includes(operator) ? 0.01 : 1;
}

function termSelectivity(term: Expression, rows: number): number {
  switch (term.kind) {
    case "Constant":
      return term.value === true ? 1 : 0;
    case "FunctionCall": {
      const { name } = term.syntax;
      if (term.syntax.form !== "operator") return 1 / 3;
      if (name === "=") return 0.005;
      if (name === "<>") return 0.995;
      const listed = invertedSelectivity(name);
      if (listed < 1) return listed;
      if (name === "~~" || name === "~" || name === "~~*") return 0.05;
      return 1 / 3;
    }
    case "InList":
      return Math.min(0.5, 0.005 * term.items.length);
    case "ArrayComparison":
      return 0.05;
    case "Or":
      return Math.min(
        1,
        term.args.reduce((sum, a) => sum + termSelectivity(a, rows), 0),
      );
    case "And":
      return term.args.reduce((product, a) => product * termSelectivity(a, rows), 1);
    case "Not":
      return 1 - termSelectivity(term.arg, rows);
    case "NullTest":
      return term.negated ? 0.995 : 0.005;
    case "Subquery":
      return 0.5;
    default:
      return 0.5;
  }
}
