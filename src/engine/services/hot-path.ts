/**
 * Which statements run on I/O threads: those that this thread has planned and kept, with the calls of its sessions, and those that I/O threads have
 * run for any thread.
 */
import type { HotPathFacts } from "../../catalog/index.js";
import type { EngineDatabase } from "../database.js";

export function hotPathFacts({ planCache, native, engine }: EngineDatabase): HotPathFacts[] {
  const byText = new Map<string, HotPathFacts>();
  const add = (statement: string, reason: string | null, calls: number): void => {
    const known = byText.get(statement);
    // One text may have several plans (other parameter types, settings, definitions): that one of them is hot is what counts.
    byText.set(statement, { statement, reason: known?.reason === null ? null : reason, calls: calls + (known?.calls ?? 0) });
  };
  for (const planned of planCache.statements())
    if (planned.physical !== undefined) add(planned.parsed.text, planned.physical.coldReason ?? null, planned.calls);
  const counted = native.io.hotStatements(engine);
  for (let i = 0; i < counted.length; i += 2) add(counted[i] as string, null, counted[i + 1] as number);
  return [...byText.values()];
}
