/** What Parse made: bound again when the catalog or the session's settings moved on. */
import type { Oid } from "../types/index.js";
import { clockMicros } from "./clock.js";
import type { PlannedStatement } from "./plan-cache.js";
import type { PreparedStatement, ResultColumn } from "./types.js";

export class SessionStatement implements PreparedStatement {
  constructor(
    readonly text: string,
    /** Null: of a simple query, which has no parameters. */
    readonly requestedTypes: readonly Oid[] | null,
    public planned: PlannedStatement,
    /** The whole PREPARE statement that made it, for pg_prepared_statements; undefined: the client's Parse did. */
    readonly source?: string,
  ) {}
  readonly preparedMicros = clockMicros();
  get parameterTypes(): readonly Oid[] {
    return this.planned.bound.parameterTypes;
  }
  get columns(): readonly ResultColumn[] {
    return this.planned.columns;
  }
  get isEmpty(): boolean {
    return this.planned.bound.body.kind === "Empty";
  }
  get tag(): string {
    return this.planned.bound.tag;
  }
}
