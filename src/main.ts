/** The server of one process: the engine and its doors. */
import { type Listener, openPostgresDoor } from "../protocols/server/index.js";
import { compose } from "./compose.js";
import type { Settings } from "./cli/settings.js";
import { createLogger } from "./logger.js";

export interface RunningServer {
  readonly pgPort: number | undefined;
  readonly redisPort: number | undefined;
  /** Stops the doors, tells clients, flushes and closes the engine. */
  close(): Promise<void>;
}

export async function startServer(settings: Settings): Promise<RunningServer> {
  const log = createLogger(settings.log_level);
  const database = await compose({ folder: settings.data, checkpointLogBytes: settings.checkpoint_log_bytes });
  const doors: Listener[] = [];
  const close = async () => {
    await Promise.all(doors.map((door) => door.close()));
    await database.close();
  };
  try {
    const { host } = settings;
    let pgDoor: Listener | undefined;
    if (settings.pg_port !== 0) {
      pgDoor = openPostgresDoor({
        database, host, port: settings.pg_port, maxConnections: settings.max_connections, maxMessageBytes: settings.max_message_bytes,
        reportInternalError: (error) => log.error(error, "internal error in a PostgreSQL session"),
      });
      await pgDoor.listen();
      doors.push(pgDoor);
    }
    return { pgPort: pgDoor?.port, redisPort: undefined, close };
  } catch (error) {
    await close();
    throw error;
  }
}
