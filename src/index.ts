/**
 * Orrery inside a program: `import { open } from "orrery"`. The same engine as the server's, with no socket.
 *
 *     const db = await open("./data");          // or open() for a database in memory
 *     await db.query("CREATE TABLE t(id int PRIMARY KEY, name text)");
 *     await db.sql`INSERT INTO t VALUES (${1}, ${"a"})`;
 *     const { rows } = await db.query("SELECT * FROM t WHERE id = $1", [1]);
 *     await db.close();
 */
import { compose } from "./compose.js";
import { Orrery } from "./embedded/database.js";
import { LocalRedis } from "./embedded/redis.js";

export interface OpenOptions {
  /** The role that queries run as. */
  readonly user?: string;
  readonly checkpointLogBytes?: number;
  /** Keep log files that a checkpoint made unnecessary: the whole log can be replayed. */
  readonly keepLog?: boolean;
  /** Tells this thread's process ids from those of others that open the same folder; default: Node's number of the thread. */
  readonly threadNumber?: number;
}

/** Opens the folder (made when it is missing), or a database in memory. Threads of one process may open the same folder. */
export async function open(folder?: string | null, options: OpenOptions = {}): Promise<Orrery> {
  const { user, ...rest } = options;
  const database = await compose({ folder: folder ?? null, ...rest });
  return new Orrery(database, user ?? "postgres", () => new LocalRedis(database));
}

export type { Queryable, QueryColumn, QueryResult } from "./embedded/client.js";
export { Orrery } from "./embedded/database.js";
export type { Parameter, Value } from "./embedded/values.js";
export { DbError, type DbErrorFields } from "./types/index.js";
