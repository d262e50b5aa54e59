/**
 * Settings of `orrery serve`: flags over environment over file over defaults, validated in one place.
 *
 * Every flag `--some-name` is also `ORRERY_SOME_NAME` and `some_name = …` in the TOML file. An error names the key and what it allows.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parse } from "smol-toml";
import { z } from "zod";

const port = (name: string) => z.coerce.number({ error: `${name} must be a port number from 1 to 65535, or 0 to switch it off` }).int().min(0).max(65535, { error: `${name} must be a port number from 1 to 65535, or 0 to switch it off` });
const whole = (name: string, min: number, max: number) => {
  const error = `${name} must be a whole number from ${min} to ${max}`;
  return z.coerce.number({ error }).int({ error }).min(min, { error }).max(max, { error });
};

const schema = z.strictObject({
  data: z.string({ error: "data must be a folder's path" }).min(1, { error: "data must be a folder's path" }).default("./orrery-data"),
  host: z.string().min(1, { error: "host must be an address or a name to listen on" }).default("127.0.0.1"),
  pg_port: port("pg_port").default(5432),
  redis_port: port("redis_port").default(6379),
  threads: whole("threads", 1, 64).default(1),
  max_connections: whole("max_connections", 1, 100_000).default(1000),
  max_redis_connections: whole("max_redis_connections", 1, 100_000).default(10_000),
  max_message_bytes: whole("max_message_bytes", 65_536, 1_073_741_823).default(268_435_456),
  checkpoint_log_bytes: whole("checkpoint_log_bytes", 1_048_576, Number.MAX_SAFE_INTEGER).default(1_073_741_824),
  requirepass: z.string().default(""),
  appendfsync: z.enum(["always", "everysec", "no"], { error: "appendfsync must be one of always, everysec, no" }).default("everysec"),
  log_level: z.enum(["fatal", "error", "warn", "info", "debug"], { error: "log_level must be one of fatal, error, warn, info, debug" }).default("warn"),
});
export type Settings = Readonly<z.infer<typeof schema>>;
export const settingNames = Object.keys(schema.shape) as (keyof Settings)[];

export class SettingsError extends Error {}

/** @param flags as given on the command line, keys as in Settings; undefined = not given. */
export function readSettings(flags: Readonly<Record<string, unknown>>, environment: NodeJS.ProcessEnv, file: string | undefined): Settings {
  const merged: Record<string, unknown> = file === undefined ? {} : readFile(file);
  for (const name of settingNames) {
    const value = environment[`ORRERY_${name.toUpperCase()}`];
    if (value !== undefined) merged[name] = value;
    if (flags[name] !== undefined) merged[name] = flags[name];
  }
  const result = schema.safeParse(merged);
  if (result.success) {
    const settings = result.data;
    if (settings.threads > availableParallelism() * 4) throw new SettingsError(`threads must be at most ${availableParallelism() * 4} on this machine (four a core)`);
    if (settings.pg_port !== 0 && settings.pg_port === settings.redis_port) throw new SettingsError("pg_port and redis_port must differ");
    return settings;
  }
  const issue = result.error.issues[0];
  if (issue?.code === "unrecognized_keys") throw new SettingsError(`unknown setting "${issue.keys[0]}" in ${file}; known: ${settingNames.join(", ")}`);
  throw new SettingsError(issue ? `${issue.message} (got ${JSON.stringify(merged[String(issue.path[0])])})` : "invalid settings");
}

function readFile(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new SettingsError(`cannot read the configuration file ${file}: ${(error as Error).message}`);
  }
  try {
    return parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new SettingsError(`${file} is not valid TOML: ${(error as Error).message.split("\n")[0]}`);
  }
}
