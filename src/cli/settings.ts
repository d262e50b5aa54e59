/**
 * Settings of `orrery serve`: flags over environment over file over defaults, validated in one place.
 *
 * Every flag `--some-name` is also `ORRERY_SOME_NAME` and `some_name = …` in the TOML file. An error names the key and what it allows.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parse } from "smol-toml";

/** One setting: its default, and how a value from a flag, the environment or the file is read. */
interface Setting<T> {
  readonly initial: T;
  /** undefined: not allowed. */
  readonly read: (value: unknown) => T | undefined;
  readonly allowed: string;
}
const text = (initial: string, allowed: string, mayBeEmpty = false): Setting<string> => ({
  initial,
  allowed,
  read: (value) => (typeof value === "string" && (mayBeEmpty || value !== "") ? value : undefined),
});
const whole = (initial: number, min: number, max: number, allowed = `must be a whole number from ${min} to ${max}`): Setting<number> => ({
  initial,
  allowed,
  read: (value) => {
    const number = typeof value === "number" ? value : typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
    return Number.isSafeInteger(number) && number >= min && number <= max ? number : undefined;
  },
});
const port = (initial: number): Setting<number> => whole(initial, 0, 65535, "must be a port number from 1 to 65535, or 0 to switch it off");
const oneOf = <const T extends string>(initial: NoInfer<T>, values: readonly T[]): Setting<T> => ({
  initial,
  allowed: `must be one of ${values.join(", ")}`,
  read: (value) => values.find((candidate) => candidate === value),
});

// Written out rather than left to a schema library: reading twelve settings must not cost a tenth of the start.
const definitions = {
  data: text("./orrery-data", "must be a folder's path"),
  host: text("127.0.0.1", "must be an address or a name to listen on"),
  pg_port: port(5432),
  redis_port: port(6379),
  /** 0: one, and up to one a core (main.ts) as PostgreSQL's connections need them. */
  threads: whole(0, 0, 64),
  /** TLS: "auto" makes a certificate at the first start. */
  ssl: oneOf("off", ["off", "on", "auto"]),
  ssl_cert_file: text("server.crt", "must be a file's path, from the data folder"),
  ssl_key_file: text("server.key", "must be a file's path, from the data folder"),
  ssl_ca_file: text("", "must be a file's path, from the data folder", true),
  redis_tls_port: port(0),
  /** As Redis' own setting of this name, which without an authority's file can be "no" alone. */
  tls_auth_clients: oneOf("no", ["no", "optional", "yes"]),
  /** "": pg_hba.conf in the data folder, when there is one. */
  hba_file: text("", "must be a file's path, from the data folder", true),
  /** Folders, separated by commas. */
  unix_socket_directories: text("", "must be folders' paths, separated by commas", true),
  unix_socket_permissions: {
    initial: 0o777,
    allowed: "must be permissions in octal form, as 0770",
    read: (value: unknown) => (typeof value === "string" && /^0?[0-7]{3}$/.test(value) ? Number.parseInt(value, 8) : undefined),
  },
  transport: oneOf("auto", ["auto", "native", "node"]),
  /** 0: half the cores, at least one. */
  io_threads: whole(0, 0, 256),
  max_connections: whole(1000, 1, 100_000),
  /** Of max_connections; one place at least is everybody's. */
  superuser_reserved_connections: whole(3, 0, 100_000),
  max_redis_connections: whole(10_000, 1, 100_000),
  max_message_bytes: whole(268_435_456, 65_536, 1_073_741_823),
  checkpoint_log_bytes: whole(1_073_741_824, 1_048_576, Number.MAX_SAFE_INTEGER),
  requirepass: text("", "must be text", true),
  replicaof: {
    initial: "",
    allowed: 'must be "host port" of a Redis server or of another Orrery, or "" to follow nobody',
    read: (value: unknown) => (typeof value === "string" && /^(\S+\s+\d{1,5})?$/.test(value) ? value : undefined),
  },
  masterauth: text("", "must be text", true),
  masteruser: text("", "must be text", true),
  appendfsync: oneOf("everysec", ["always", "everysec", "no"]),
  /** "no": as CONFIG REWRITE left it. */
  ordered_keys: oneOf("no", ["yes", "no"]),
  log_level: oneOf("warn", ["fatal", "error", "warn", "info", "debug"]),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;
type Definitions = typeof definitions;
export type Settings = { readonly [name in keyof Definitions]: Definitions[name] extends Setting<infer T> ? T : never };
export const settingNames = Object.keys(definitions) as (keyof Settings)[];

export class SettingsError extends Error {}

/** @param flags as given on the command line, keys as in Settings; undefined = not given. */
export function readSettings(flags: Readonly<Record<string, unknown>>, environment: NodeJS.ProcessEnv, file: string | undefined): Settings {
  const merged: Record<string, unknown> = file === undefined ? {} : readFile(file);
  for (const name of settingNames) {
    const value = environment[`ORRERY_${name.toUpperCase()}`];
    if (value !== undefined) merged[name] = value;
    if (flags[name] !== undefined) merged[name] = flags[name];
  }
  const unknown = Object.keys(merged).find((name) => !(name in definitions));
  if (unknown !== undefined) throw new SettingsError(`unknown setting "${unknown}" in ${file}; known: ${settingNames.join(", ")}`);
  const values: Record<string, unknown> = {};
  for (const name of settingNames) {
    const definition: Setting<unknown> = definitions[name];
    const given = merged[name];
    const value = given === undefined ? definition.initial : definition.read(given);
    if (value === undefined) throw new SettingsError(`${name} ${definition.allowed} (got ${JSON.stringify(given)})`);
    values[name] = value;
  }
  const settings = values as Settings;
  if (settings.threads > availableParallelism() * 4)
    throw new SettingsError(`threads must be at most ${availableParallelism() * 4} on this machine (four a core)`);
  if (settings.redis_tls_port !== 0) {
    if (settings.ssl === "off") throw new SettingsError("redis_tls_port needs ssl = on or auto");
    if (settings.tls_auth_clients !== "no" && settings.ssl_ca_file === "")
      throw new SettingsError(`tls_auth_clients = ${settings.tls_auth_clients} needs ssl_ca_file`);
    if (settings.redis_tls_port === settings.redis_port || settings.redis_tls_port === settings.pg_port)
      throw new SettingsError("redis_tls_port must differ from redis_port and pg_port");
  }
  if (settings.pg_port !== 0 && settings.pg_port === settings.redis_port) throw new SettingsError("pg_port and redis_port must differ");
  return settings;
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
