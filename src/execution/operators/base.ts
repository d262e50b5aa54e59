import type { PlanColumn } from "../../plan/index.js";
import type { Row } from "../../types/index.js";
import { type Cursor, cursorOver, type Estimate, type Operator, type PlanDetail, type RunState } from "../operator.js";

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

/** An operator that has all its rows before its first one leaves: what it reads, or changes, it has read to the end. */
export abstract class BlockingOperator extends OperatorBase {
  protected abstract run(state: RunState): Row[];
  open(state: RunState): Cursor {
    let result: Cursor | undefined;
    return {
      next: (hint) => {
        result ??= cursorOver(this.run(state));
        return result.next(hint);
      },
      close: () => undefined,
    };
  }
}
