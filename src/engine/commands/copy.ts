/** COPY: which table or query, which columns, and the stream at its other end. */
import type { Command } from "../../plan/index.js";
import { type Datum, notSupported } from "../../types/index.js";
import type { EngineSession } from "../session.js";
import type { ExecuteResult } from "../types.js";

export function copyCommand(_session: EngineSession, command: Extract<Command, { kind: "Copy" }>, _parameters: readonly Datum[]): ExecuteResult | Promise<ExecuteResult> {
  throw notSupported(`COPY ${command.direction.toUpperCase()}`);
}
