import type { PlanColumn } from "../../plan/index.js";
import type { Row } from "../../types/index.js";
import { ChangeMemory } from "../change-memory.js";
import {
  type Cursor,
  cursorLater,
  type Estimate,
  finish,
  type Operator,
  type PlanDetail,
  type RunState,
  type SteppedOperator,
  type Steps,
} from "../operator.js";

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
    return cursorLater(() => this.run(state));
  }
}

/** One that works in steps, so that the thread may serve other sessions between them when it is the top of a statement. */
export abstract class SteppedBlockingOperator extends OperatorBase implements SteppedOperator {
  protected abstract work(state: RunState, memory: ChangeMemory): Steps<Row[]>;
  *steps(state: RunState): Steps<Row[]> {
    const memory = new ChangeMemory(this.title);
    try {
      return yield* this.work(state, memory);
    } finally {
      memory.release();
    }
  }
  open(state: RunState): Cursor {
    return cursorLater(() => finish(this.steps(state)));
  }
}
