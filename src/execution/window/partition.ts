/** One partition of a window, in order: peers, and the frame of every row. */
import type { EvaluationContext } from "../../functions/registry.js";
import { type Datum, frameOffsetNegative, frameOffsetNull, type Row } from "../../types/index.js";
import type { Evaluate } from "../expression/compiler.js";
import type { RunState } from "../operator.js";
import type { RangeOffset } from "./in-range.js";

export interface Entry {
  readonly row: Row;
  readonly values: Datum[];
  partition: readonly Datum[];
  order: readonly Datum[];
}

export type WindowBound =
  | { readonly kind: "unboundedPreceding" | "currentRow" | "unboundedFollowing" }
  | { readonly kind: "preceding" | "following"; readonly offset: Evaluate };

export interface FramePlan {
  readonly mode: "rows" | "range" | "groups";
  readonly start: WindowBound;
  readonly end: WindowBound;
  readonly exclude: "none" | "current" | "group" | "ties";
  /** RANGE with an offset: how to reach it, and how its one sort column is ordered. */
  readonly range: { readonly offset: RangeOffset; readonly descending: boolean; readonly nullsFirst: boolean } | undefined;
}

/** Rows of one partition in order, and where each one's peers begin and end. */
export class Partition {
  readonly peerStart: number[] = [];
  readonly peerEnd: number[] = []; // one past
  readonly group: number[] = [];
  readonly groupStart: number[] = [];
  constructor(
    readonly entries: readonly Entry[],
    compareOrder: (a: readonly Datum[], b: readonly Datum[]) => number,
  ) {
    for (let i = 0; i < entries.length; i++) {
      if (i === 0 || compareOrder((entries[i - 1] as Entry).order, (entries[i] as Entry).order) !== 0) this.groupStart.push(i);
      this.group.push(this.groupStart.length - 1);
      this.peerStart.push(this.groupStart.at(-1) as number);
    }
    for (let i = 0; i < entries.length; i++) this.peerEnd.push(this.groupStart[(this.group[i] as number) + 1] ?? entries.length);
  }
  row(i: number): Row {
    return (this.entries[i] as Entry).row;
  }
  order(i: number): Datum {
    return (this.entries[i] as Entry).order[0] ?? null;
  }
  get size(): number {
    return this.entries.length;
  }
}

/** Where the frame of row i begins and ends (one past), before EXCLUDE. Asked for i = 0, 1, 2…: bounds never move back. */
export class Frames {
  #head = 0;
  #tail = 0;
  readonly #startOffset: Datum;
  readonly #endOffset: Datum;

  constructor(
    readonly frame: FramePlan,
    readonly partition: Partition,
    readonly state: RunState,
  ) {
    this.#startOffset = this.#offset(frame.start, "starting");
    this.#endOffset = this.#offset(frame.end, "ending");
  }

  #offset(bound: WindowBound, which: "starting" | "ending"): Datum {
    if (!("offset" in bound)) return null;
    const value = bound.offset([], this.state);
    if (value === null) throw frameOffsetNull(which);
    if (this.frame.mode === "range") this.frame.range?.offset.check(value);
    else if ((value as number | bigint) < 0) throw frameOffsetNegative(which);
    return value;
  }

  at(i: number): readonly [number, number] {
    const { frame, partition } = this;
    const from = Math.min(partition.size, Math.max(0, this.#boundary(frame.start, this.#startOffset, i, false)));
    const to = Math.min(partition.size, this.#boundary(frame.end, this.#endOffset, i, true));
    return [from, Math.max(from, to)];
  }

  #boundary(bound: WindowBound, offset: Datum, i: number, end: boolean): number {
    const { partition: p, frame } = this;
    switch (bound.kind) {
      case "unboundedPreceding":
        return 0;
      case "unboundedFollowing":
        return p.size;
      case "currentRow":
        if (frame.mode === "rows") return end ? i + 1 : i;
        return (end ? p.peerEnd[i] : p.peerStart[i]) as number;
      case "preceding":
      case "following": {
        if (frame.mode === "range") return this.#rangeBoundary(bound.kind === "preceding", offset as Exclude<Datum, null>, i, end);
        // An offset beyond any partition is as good as infinite.
        const by = bound.kind === "preceding" ? -Number(offset) : Number(offset);
        if (frame.mode === "rows") return Math.max(0, i + by + (end ? 1 : 0));
        const group = (p.group[i] as number) + by + (end ? 1 : 0);
        return group < 0 ? 0 : (p.groupStart[group] ?? p.size);
      }
    }
  }

  /** Walks on from where the row before was; source: nodeWindowAgg.c, update_frameheadpos and update_frametailpos. */
  #rangeBoundary(preceding: boolean, offset: Exclude<Datum, null>, i: number, end: boolean): number {
    const range = this.frame.range as NonNullable<FramePlan["range"]>;
    const context: EvaluationContext = this.state.evaluation;
    const { partition: p } = this;
    const base = p.order(i);
    const subtract = preceding !== range.descending;
    const less = end !== range.descending;
    let at = end ? this.#tail : this.#head;
    for (; at < p.size; at++) {
      const value = p.order(at);
      if (value === null || base === null) {
        // NULLs are within no distance of values: only their place in the order counts.
        const stays = end
          ? range.nullsFirst
            ? value !== null && base === null
            : value === null && base !== null
          : range.nullsFirst
            ? value !== null || base === null
            : value === null || base !== null;
        if (stays) break;
        continue;
      }
      const inside = range.offset.isInRange(context, value, base, offset, subtract, less);
      if (end ? !inside : inside) break;
    }
    if (end) this.#tail = at;
    else this.#head = at;
    return at;
  }
}

/** The parts of [from, to) that EXCLUDE leaves: pairs of start and end, at most three. */
export function keptRanges(exclude: FramePlan["exclude"], p: Partition, i: number, from: number, to: number): readonly number[] {
  if (exclude === "none" || from >= to) return [from, to];
  const start = exclude === "current" ? i : (p.peerStart[i] as number);
  const end = exclude === "current" ? i + 1 : (p.peerEnd[i] as number);
  const ranges: number[] = [];
  const keep = (a: number, b: number): void => {
    if (a < b) ranges.push(a, b);
  };
  keep(from, Math.min(to, start));
  if (exclude === "ties") keep(Math.max(from, i), Math.min(to, i + 1));
  keep(Math.max(from, end), to);
  return ranges;
}
