/** Which statements run on I/O threads: those that JavaScript threads have planned and kept, with their calls, and those that I/O threads have run. */
import type { HotPathFacts } from "../../catalog/index.js";
import type { EngineDatabase } from "../database.js";
import type { EngineSession } from "../session.js";
import { factsOfOthers } from "./activity.js";

/** Of this thread's plan cache. Plain data: it goes to other threads as JSON. */
export function ownHotPath({ planCache }: EngineDatabase): HotPathFacts[] {
  const facts: HotPathFacts[] = [];
  for (const { parsed, physical, calls } of planCache.statements())
    if (physical !== undefined) facts.push({ statement: parsed.text, reason: physical.coldReason ?? null, calls });
  return facts;
}

export function allHotPath(session: EngineSession): HotPathFacts[] {
  const { database } = session;
  const counted = database.native.io.hotStatements(database.engine);
  const onIoThreads: HotPathFacts[] = [];
  for (let i = 0; i < counted.length; i += 2)
    onIoThreads.push({ statement: counted[i] as string, reason: null, calls: counted[i + 1] as number });
  const byText = new Map<string, HotPathFacts>();
  const others = factsOfOthers<HotPathFacts>(session, { about: "hotPath" }, "orrery_hot_path");
  for (const { statement, reason, calls } of [...ownHotPath(database), ...others, ...onIoThreads]) {
    const known = byText.get(statement);
    // One text may have several plans (other parameter types, settings, definitions): that one of them is hot is what counts.
    byText.set(statement, { statement, reason: known?.reason === null ? null : reason, calls: calls + (known?.calls ?? 0) });
  }
  return [...byText.values()];
}
