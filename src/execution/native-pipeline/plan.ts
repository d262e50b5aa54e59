/** A part of a plan in native form, before it runs. */
import type { PlanColumn } from "../../plan/index.js";
import type { RunState } from "../operator.js";
import type { NativeKind } from "./kinds.js";
import type { ProgramWriter } from "./program-writer.js";

export interface NativePlanColumn extends PlanColumn {
  readonly kind: NativeKind;
}

export interface NativePlan {
  /** What it gives: the logical node's columns in any order, and maybe more. */
  readonly columns: readonly NativePlanColumn[];
  /** Rows that its sources read, by estimate. */
  readonly sourceRows: number;
  /** Does more than read a table: worth a program. */
  readonly heavy: boolean;
  /** May ask for the general operators after it gave rows. */
  readonly fallibleLate: boolean;
  emit(writer: ProgramWriter, state: RunState): void;
}
