/** `orrery serve`: settings, threads, doors, signals. */

import { startServer } from "../main.js";
import { readSettings, type Settings, SettingsError } from "./settings.js";

export async function serve(flags: Readonly<Record<string, unknown>>): Promise<void> {
  const started = performance.now();
  let settings: Settings;
  try {
    const { config, ...rest } = flags;
    settings = readSettings(fromFlags(rest), process.env, (config as string | undefined) ?? process.env.ORRERY_CONFIG);
  } catch (error) {
    if (error instanceof SettingsError) return fail(error.message);
    throw error;
  }
  let server: Awaited<ReturnType<typeof startServer>>;
  try {
    server = await startServer(settings, (message) => {
      fail(message);
      process.exit();
    });
  } catch (error) {
    return fail(explain(error, settings));
  }
  const doors = [
    server.pgPort === undefined ? undefined : `PostgreSQL: psql -h ${settings.host} -p ${server.pgPort} -U postgres`,
    server.redisPort === undefined ? undefined : `Redis: redis-cli -h ${settings.host} -p ${server.redisPort}`,
    server.redisTlsPort === undefined ? undefined : `Redis under TLS: redis-cli --tls -h ${settings.host} -p ${server.redisTlsPort}`,
  ].filter((door) => door !== undefined);
  let stopping = false;
  const stop = async () => {
    if (stopping) process.exit(1); // a second signal means now
    stopping = true;
    await server.close();
    process.exit(0);
  };
  // Before anybody is told that the server runs, and may stop it.
  process.on("SIGHUP", () => server.reload());
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  process.stdout.write(
    `orrery: ready for connections in ${Math.round(performance.now() - started)} ms, data in ${settings.data}. ${doors.join("   ")}\n`,
  );
}

/** commander's camelCase keys to ours. */
function fromFlags(flags: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(flags).map(([key, value]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  );
}

/** One clear line for what the world refused. */
function explain(error: unknown, settings: Settings): string {
  const { code, port, path, message } = error as NodeJS.ErrnoException & { port?: number };
  if (path !== undefined && port !== undefined) return `cannot listen on the Unix socket ${path}: ${message}`;
  if (code === "EADDRINUSE") {
    const flag = port === settings.redis_port ? "--redis-port" : port === settings.redis_tls_port ? "--redis-tls-port" : "--pg-port";
    return `port ${port} is in use: another server runs there; choose another with ${flag} (0 = off)`;
  }
  if (code === "EACCES" && port !== undefined) return `port ${port} needs more rights: choose one above 1023`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") return `cannot listen on host ${settings.host}: it is no address of this machine`;
  return message;
}

function fail(message: string): void {
  process.stderr.write(`orrery: ${message.replaceAll("\n", " ")}\n`);
  process.exitCode = 1;
}
