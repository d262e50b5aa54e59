/** A window's definition (get_rule_windowspec). */
import { quoteIdentifier } from "../../src/catalog/index.js";
import type { Expression } from "../../src/plan/index.js";
import type { Expr, FrameEdge, FrameSpecification, SortItem, WindowSpecification } from "../parser/syntax-tree.js";
import type { PrintExpression, Printer } from "./printer.js";
import { directionText, printSortItem } from "./sort.js";

export function printWindow(p: Printer, window: WindowSpecification, print: PrintExpression): void {
  const bound = (e: Expr): Expression => p.notes.bound.get(e)!;
  const parts: (() => void)[] = [];
  const { reference, frame } = window;
  if (reference !== undefined) parts.push(() => p.add(quoteIdentifier(reference)));
  if (window.partitionBy.length > 0)
    parts.push(() => {
      p.add("PARTITION BY ");
      p.list(window.partitionBy, (e) => printSortItem(p, bound(e), print));
    });
  if (window.orderBy.length > 0)
    parts.push(() => {
      p.add("ORDER BY ");
      p.list(window.orderBy, (item) => {
        printSortItem(p, bound(item.expr), print);
        p.add(sortText(item));
      });
    });
  if (frame !== undefined) parts.push(() => printFrame(p, frame, (e) => print(p, bound(e), false)));
  p.add("(");
  p.list(parts, (part) => part(), " ");
  p.add(")");
}
/** get_rule_orderby: an order that neither ASC nor DESC means is named by its operator. */
export function sortText(item: SortItem): string {
  const { descending, nullsFirst } = direction(item);
  if (item.direction !== "using" || isPlainOrder(item)) return directionText({ descending, nullsFirst });
  return ` USING ${bareName(item)} NULLS ${nullsFirst ? "FIRST" : "LAST"}`;
}
const bareName = ({ operator = "" }: SortItem): string => operator.slice(operator.lastIndexOf(".") + 1);
const isPlainOrder = (item: SortItem): boolean => bareName(item) === "<" || bareName(item) === ">";
export function direction(item: SortItem): { descending: boolean; nullsFirst: boolean } {
  const descending = item.direction === "desc" || (item.direction === "using" && bareName(item).includes(">"));
  return { descending, nullsFirst: item.nulls === "default" ? descending : item.nulls === "first" };
}

const exclusions = { none: "", current: " EXCLUDE CURRENT ROW", group: " EXCLUDE GROUP", ties: " EXCLUDE TIES" } as const;
function printFrame(p: Printer, frame: FrameSpecification, print: (e: Expr) => void): void {
  const edge = (e: FrameEdge): void => {
    switch (e.kind) {
      case "unboundedPreceding":
        return p.add("UNBOUNDED PRECEDING");
      case "unboundedFollowing":
        return p.add("UNBOUNDED FOLLOWING");
      case "currentRow":
        return p.add("CURRENT ROW");
      default:
        print(e.offset);
        return p.add(` ${e.kind.toUpperCase()}`);
    }
  };
  p.add(`${frame.mode.toUpperCase()} `);
  if (frame.isBetween) p.add("BETWEEN ");
  edge(frame.start);
  if (frame.isBetween) {
    p.add(" AND ");
    edge(frame.end);
  }
  p.add(exclusions[frame.exclude]);
}
