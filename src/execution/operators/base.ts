import type { PlanColumn } from "../../plan/index.js";
import type { Cursor, Estimate, Operator, PlanDetail, RunState } from "../operator.js";

/** The facts that every operator is built with. */
export interface OperatorFacts {
  readonly title: string;
  readonly columns: readonly PlanColumn[];
  readonly estimate: Estimate;
  readonly details?: readonly PlanDetail[];
  readonly subplans?: NonNullable<Operator["subplans"]>;
}

export abstract class OperatorBase implements Operator {
  readonly title: string;
  readonly columns: readonly PlanColumn[];
  readonly estimate: Estimate;
  readonly details: readonly PlanDetail[];
  readonly subplans: NonNullable<Operator["subplans"]>;
  constructor(
    facts: OperatorFacts,
    readonly inputs: readonly Operator[] = [],
  ) {
    this.title = facts.title;
    this.columns = facts.columns;
    this.estimate = facts.estimate;
    this.details = facts.details ?? [];
    this.subplans = facts.subplans ?? [];
  }
  abstract open(state: RunState): Cursor;
}
