/** The server of one process: the engine and its doors. */
import { RespServer } from "../protocols/resp/index.js";
import { type Listener, openPostgresDoor, openRedisDoor } from "../protocols/server/index.js";
import { compose } from "./compose.js";
import type { Settings } from "./cli/settings.js";
import { createLogger } from "./logger.js";
import { native } from "./native/index.js";
import { version } from "./types/version.js";

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
  let resp: RespServer | undefined;
  const close = async () => {
    await Promise.all(doors.map((door) => door.close()));
    resp?.close();
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
    let redisDoor: Listener | undefined;
    if (settings.redis_port !== 0) {
      const server = new RespServer({
        addon: native, engine: database.engine, whenFlushed: (lsn, callback) => database.whenFlushed(lsn, callback),
        requirepass: settings.requirepass, appendfsync: settings.appendfsync, port: settings.redis_port, version,
        shutdown: () => process.kill(process.pid, "SIGTERM"),
      });
      resp = server;
      database.onEvent((event) => server.handleEvent(event));
      redisDoor = openRedisDoor({ server, host, port: settings.redis_port, maxConnections: settings.max_redis_connections });
      await redisDoor.listen();
      doors.push(redisDoor);
    }
    return { pgPort: pgDoor?.port, redisPort: redisDoor?.port, close };
  } catch (error) {
    await close();
    throw error;
  }
}
