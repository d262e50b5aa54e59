/** An engine in memory (or a folder) with everything wired, and a way to run SQL text as a simple query does. */
import { compose } from "../../src/compose.js";
import type { EngineDatabase, EngineSession } from "../../src/engine/index.js";

export function openTestDatabase(folder: string | null = null, threadNumber = 0): Promise<EngineDatabase> {
  return compose({ folder, threadNumber });
}

export interface Answer {
  readonly tag: string;
  readonly rows: readonly (readonly (string | null)[])[];
  readonly columns: readonly string[];
}

/** Runs statements one by one, each in autocommit or the open block; the last one's answer, values as text. */
export async function run(session: EngineSession, text: string): Promise<Answer> {
  let answer: Answer = { tag: "", rows: [], columns: [] };
  for (const statement of session.split(text)) {
    try {
      const prepared = session.prepareParsed(statement);
      const result = await session.execute(prepared, []);
      if (result.kind !== "portal") continue;
      const rows: (string | null)[][] = [];
      const types = prepared.columns.map((c) => session.typeOf(c.type));
      for (;;) {
        const batch = await result.portal.next(0);
        for (const row of batch.rows)
          rows.push(row.map((value, i) => (value === null ? null : (types[i] as (typeof types)[number]).output(value, session.format))));
        if (!batch.done) continue;
        answer = { tag: batch.tag, rows, columns: prepared.columns.map((c) => c.name) };
        break;
      }
    } catch (error) {
      session.fail();
      throw error;
    }
  }
  return answer;
}

export function openTestSession(database: EngineDatabase): EngineSession {
  return database.openSession({ user: "postgres", database: "postgres" });
}
