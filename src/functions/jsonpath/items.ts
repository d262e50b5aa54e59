/** What a path yields, and the errors that silent mode and predicates pass over. */
import { DbError, type JsonValue } from "../../types/index.js";
import type { PathDatetime } from "./datetime.js";

export type Item = JsonValue | PathDatetime;

/** A structural or conversion error: silent mode ends without it, a predicate around it is unknown. */
export class JsonPathError extends DbError {}
export const pathError = (sqlstate: string, message: string, hint?: string) =>
  new JsonPathError({ sqlstate, message, ...(hint === undefined ? {} : { hint }) });

/** Runs what recurses over a path or a document; running out of stack is an answer, not a crash. */
export function withinStack<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) throw new DbError({ sqlstate: "54001", message: "stack depth limit exceeded" });
    throw error;
  }
}
