/** What a path yields, and the errors that silent mode and predicates pass over. */
import { DbError, type JsonValue } from "../../types/index.js";
import type { PathDatetime } from "./datetime.js";

export type Item = JsonValue | PathDatetime;

/** A structural or conversion error: silent mode ends without it, a predicate around it is unknown. */
export class JsonPathError extends DbError {}
export const pathError = (sqlstate: string, message: string, hint?: string) =>
  new JsonPathError({ sqlstate, message, ...(hint === undefined ? {} : { hint }) });
