/** What a statement's work gives: rows with their tag, or something that runs on (COPY, an inner portal). */
import type { Row } from "../types/index.js";
import type { ExecuteResult, NativeWrite, ResultColumn } from "./types.js";

export interface StatementOutcome {
  readonly tag: string;
  readonly rows?: readonly Row[];
  readonly columns?: readonly ResultColumn[];
  /** COPY takes over the statement's transaction. */
  readonly result?: (complete: (tag: string) => number, fail: () => void) => ExecuteResult;
  /** The statement as the addon can run it alone. */
  readonly native?: (() => NativeWrite | undefined) | undefined;
}
