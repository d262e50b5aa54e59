/**
 * Every setting that a session knows, as data: SET, SHOW, RESET, pg_settings and ParameterStatus all read this table.
 *
 * Only settings that either do what they say or cannot change a result are here; a value whose effect we do not have is
 * refused by `allowed` instead of being stored and ignored.
 */
import { knownSettings } from "./known-settings.js";

export interface SettingDefinition {
  readonly name: string;
  readonly type: "bool" | "integer" | "real" | "string" | "enum";
  readonly initial: string;
  readonly min?: number;
  readonly max?: number;
  /** Base unit of a number: ms, s, kB, 8kB. */
  readonly unit?: "ms" | "s" | "min" | "B" | "kB" | "8kB" | "MB";
  /** The bounds as pg_settings shows them. */
  readonly minText?: string;
  readonly maxText?: string;
  readonly values?: readonly string[];
  /** internal: never; postmaster: at start; sighup: server-wide; backend: when a connection starts; user: by SET. */
  readonly context: "internal" | "postmaster" | "sighup" | "backend" | "user";
  /** The context that pg_settings shows, where it has a finer name. */
  readonly shownContext?: string;
  readonly reported?: boolean;
  readonly category: string;
  readonly description: string;
  /** What pg_settings adds to the description. */
  readonly more?: string;
}

const client = "Client Connection Defaults / Statement Behavior";
const locale = "Client Connection Defaults / Locale and Formatting";
const preset = "Preset Options";
const planner = "Query Tuning / Planner Method Configuration";
const onOff = (name: string, initial: string, category: string, description: string): SettingDefinition => ({
  name,
  type: "bool",
  initial,
  context: "user",
  category,
  description,
});
const fixed = (
  name: string,
  type: SettingDefinition["type"],
  initial: string,
  description: string,
  reported = false,
): SettingDefinition => ({ name, type, initial, context: "internal", category: preset, description, ...(reported ? { reported } : {}) });
const messageLevels = ["debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"];

export const SERVER_VERSION = "15.0";
/** What Orrery does itself; the rest of PostgreSQL's parameters comes from known-settings.ts. */
const ownDefinitions: readonly SettingDefinition[] = [
  {
    name: "application_name",
    type: "string",
    initial: "",
    context: "user",
    reported: true,
    category: "Reporting and Logging / What to Log",
    description: "Sets the application name to be reported in statistics and logs.",
  },
  {
    name: "backslash_quote",
    type: "enum",
    initial: "safe_encoding",
    values: ["safe_encoding", "on", "off"],
    context: "user",
    category: "Version and Platform Compatibility / Previous PostgreSQL Versions",
    description: 'Sets whether "\\\'" is allowed in string literals.',
  },
  {
    name: "bytea_output",
    type: "enum",
    initial: "hex",
    values: ["escape", "hex"],
    context: "user",
    category: client,
    description: "Sets the output format for bytea.",
  },
  onOff("check_function_bodies", "on", client, "Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE."),
  {
    name: "client_encoding",
    type: "string",
    initial: "UTF8",
    context: "user",
    reported: true,
    category: locale,
    description: "Sets the client's character set encoding.",
  },
  {
    name: "client_min_messages",
    type: "enum",
    initial: "notice",
    values: messageLevels,
    context: "user",
    category: client,
    description: "Sets the message levels that are sent to the client.",
  },
  fixed("data_checksums", "bool", "off", "Shows whether data checksums are turned on for this cluster."),
  {
    name: "DateStyle",
    type: "string",
    initial: "ISO, MDY",
    context: "user",
    reported: true,
    category: locale,
    description: "Sets the display format for date and time values.",
  },
  {
    name: "default_table_access_method",
    type: "string",
    initial: "heap",
    context: "user",
    category: client,
    description: "Sets the default table access method for new tables.",
  },
  {
    name: "default_tablespace",
    type: "string",
    initial: "",
    context: "user",
    category: client,
    description: "Sets the default tablespace to create tables and indexes in.",
  },
  {
    name: "default_text_search_config",
    type: "string",
    initial: "pg_catalog.simple",
    context: "user",
    category: locale,
    description: "Sets default text search configuration.",
  },
  {
    name: "default_toast_compression",
    type: "enum",
    initial: "pglz",
    values: ["pglz", "lz4"],
    context: "user",
    category: client,
    description: "Sets the default compression method for compressible values.",
  },
  onOff("default_transaction_deferrable", "off", client, "Sets the default deferrable status of new transactions."),
  {
    name: "default_transaction_isolation",
    type: "enum",
    initial: "read committed",
    values: ["serializable", "repeatable read", "read committed", "read uncommitted"],
    context: "user",
    category: client,
    description: "Sets the transaction isolation level of each new transaction.",
  },
  { ...onOff("default_transaction_read_only", "off", client, "Sets the default read-only status of new transactions."), reported: true },
  onOff(
    "default_with_oids",
    "off",
    "Version and Platform Compatibility / Previous PostgreSQL Versions",
    "WITH OIDS is no longer supported; this can only be false.",
  ),
  ...[
    "bitmapscan",
    "hashagg",
    "hashjoin",
    "indexonlyscan",
    "indexscan",
    "material",
    "mergejoin",
    "nestloop",
    "seqscan",
    "sort",
    "tidscan",
  ].map((name) => onOff(`enable_${name}`, "on", planner, `Enables the planner's use of ${name} plans.`)),
  {
    name: "escape_string_warning",
    type: "bool",
    initial: "on",
    context: "user",
    category: "Version and Platform Compatibility / Previous PostgreSQL Versions",
    description: "Warn about backslash escapes in ordinary string literals.",
  },
  {
    name: "extra_float_digits",
    type: "integer",
    initial: "1",
    min: -15,
    max: 3,
    context: "user",
    category: locale,
    description: "Sets the number of digits displayed for floating-point values.",
  },
  {
    name: "geqo",
    type: "bool",
    initial: "on",
    context: "user",
    category: "Query Tuning / Genetic Query Optimizer",
    description: "Enables genetic query optimization.",
  },
  vectorNumber("hnsw.ef_search", 40, 1, 1000, "Sets the size of the dynamic candidate list for search"),
  vectorScanMode("hnsw.iterative_scan", ["off", "relaxed_order", "strict_order"]),
  vectorNumber("hnsw.max_scan_tuples", 20000, 1, 2147483647, "Sets the max number of tuples to visit for iterative scans"),
  {
    name: "hnsw.recall_target",
    type: "real",
    initial: "0",
    min: 0,
    max: 1,
    context: "user",
    category: "Customized Options",
    description: "Sets the recall that searches are to reach; 0 takes hnsw.ef_search",
    more: "The effort is that which reached this share of the true nearest rows when the index was last measured (orrery_vector_indexes).",
  },
  {
    name: "hnsw.scan_mem_multiplier",
    type: "real",
    initial: "1",
    min: 1,
    max: 1000,
    context: "user",
    category: "Customized Options",
    description: "Sets the multiple of work_mem to use for iterative scans",
  },
  {
    name: "idle_in_transaction_session_timeout",
    type: "integer",
    initial: "0",
    min: 0,
    max: 2147483647,
    unit: "ms",
    context: "user",
    category: client,
    description: "Sets the maximum allowed idle time between queries, when in a transaction.",
  },
  {
    name: "idle_session_timeout",
    type: "integer",
    initial: "0",
    min: 0,
    max: 2147483647,
    unit: "ms",
    context: "user",
    category: client,
    description: "Sets the maximum allowed idle time between queries, when not in a transaction.",
  },
  {
    // PostgreSQL 17's.
    name: "transaction_timeout",
    type: "integer",
    initial: "0",
    min: 0,
    max: 2147483647,
    unit: "ms",
    context: "user",
    category: client,
    description: "Sets the maximum allowed duration of any transaction within a session (not a prepared transaction).",
    more: "A value of 0 turns off the timeout.",
  },
  { ...fixed("in_hot_standby", "bool", "off", "Shows whether hot standby is currently active.", true) },
  fixed("integer_datetimes", "bool", "on", "Shows whether datetimes are integer based.", true),
  {
    name: "IntervalStyle",
    type: "enum",
    initial: "postgres",
    values: ["postgres", "postgres_verbose", "sql_standard", "iso_8601"],
    context: "user",
    reported: true,
    category: locale,
    description: "Sets the display format for interval values.",
  },
  { ...fixed("is_superuser", "bool", "on", "Shows whether the current user is a superuser.", true) },
  vectorScanMode("ivfflat.iterative_scan", ["off", "relaxed_order"]),
  vectorNumber("ivfflat.max_probes", 32768, 1, 32768, "Sets the max number of probes for iterative scans"),
  vectorNumber("ivfflat.probes", 1, 1, 32768, "Sets the number of probes"),
  { name: "jit", type: "bool", initial: "on", context: "user", category: planner, description: "Allow JIT compilation." },
  fixed("lc_collate", "string", "C", "Shows the collation order locale."),
  fixed("lc_ctype", "string", "C.UTF-8", "Shows the character classification and case conversion locale."),
  {
    name: "lc_messages",
    type: "string",
    initial: "C",
    context: "user",
    category: locale,
    description: "Sets the language in which messages are displayed.",
  },
  {
    name: "lc_monetary",
    type: "string",
    initial: "C",
    context: "user",
    category: locale,
    description: "Sets the locale for formatting monetary amounts.",
  },
  {
    name: "lc_numeric",
    type: "string",
    initial: "C",
    context: "user",
    category: locale,
    description: "Sets the locale for formatting numbers.",
  },
  {
    name: "lc_time",
    type: "string",
    initial: "C",
    context: "user",
    category: locale,
    description: "Sets the locale for formatting date and time values.",
  },
  {
    name: "lock_timeout",
    type: "integer",
    initial: "0",
    min: 0,
    max: 2147483647,
    unit: "ms",
    context: "user",
    category: client,
    description: "Sets the maximum allowed duration of any wait for a lock.",
  },
  {
    name: "maintenance_work_mem",
    type: "integer",
    initial: "65536",
    min: 1024,
    max: 2147483647,
    unit: "kB",
    context: "user",
    category: "Resource Usage / Memory",
    description: "Sets the maximum memory to be used for maintenance operations.",
  },
  {
    name: "max_connections",
    type: "integer",
    initial: "100",
    min: 1,
    max: 262143,
    context: "postmaster",
    category: "Connections and Authentication / Connection Settings",
    description: "Sets the maximum number of concurrent connections.",
  },
  fixed("max_identifier_length", "integer", "63", "Shows the maximum identifier length."),
  fixed("max_index_keys", "integer", "32", "Shows the maximum number of index keys."),
  {
    name: "max_parallel_workers_per_gather",
    type: "integer",
    initial: "2",
    min: 0,
    max: 1024,
    context: "user",
    category: "Resource Usage / Asynchronous Behavior",
    description: "Sets the maximum number of parallel processes per executor node.",
  },
  {
    name: "password_encryption",
    type: "enum",
    initial: "scram-sha-256",
    values: ["md5", "scram-sha-256"],
    context: "user",
    category: "Connections and Authentication / Authentication",
    description: "Chooses the algorithm for encrypting passwords.",
  },
  {
    name: "plan_cache_mode",
    type: "enum",
    initial: "auto",
    values: ["auto", "force_generic_plan", "force_custom_plan"],
    context: "user",
    category: "Query Tuning / Other Planner Options",
    description: "Controls the planner's selection of custom or generic plan.",
  },
  {
    name: "random_page_cost",
    type: "real",
    initial: "4",
    min: 0,
    max: 1.79769e308,
    context: "user",
    category: "Query Tuning / Planner Cost Constants",
    description: "Sets the planner's estimate of the cost of a nonsequentially fetched disk page.",
  },
  onOff("row_security", "on", client, "Enable row security."),
  {
    name: "search_path",
    type: "string",
    initial: '"$user", public',
    context: "user",
    category: client,
    description: "Sets the schema search order for names that are not schema-qualified.",
  },
  fixed("server_encoding", "string", "UTF8", "Shows the server (database) character set encoding.", true),
  fixed("server_version", "string", SERVER_VERSION, "Shows the server version.", true),
  fixed("server_version_num", "integer", "150000", "Shows the server version as an integer."),
  { ...fixed("session_authorization", "string", "", "Sets the session user name.", true), context: "user" },
  { ...fixed("role", "string", "none", "Sets the current role."), context: "user" },
  {
    name: "session_replication_role",
    type: "enum",
    initial: "origin",
    values: ["origin"],
    context: "user",
    category: client,
    description: "Sets the session's behavior for triggers and rewrite rules.",
  },
  {
    name: "standard_conforming_strings",
    type: "bool",
    initial: "on",
    context: "user",
    reported: true,
    category: "Version and Platform Compatibility / Previous PostgreSQL Versions",
    description: "Causes '...' strings to treat backslashes literally.",
  },
  {
    name: "statement_timeout",
    type: "integer",
    initial: "0",
    min: 0,
    max: 2147483647,
    unit: "ms",
    context: "user",
    category: client,
    description: "Sets the maximum allowed duration of any statement.",
  },
  {
    name: "synchronize_seqscans",
    type: "bool",
    initial: "on",
    context: "user",
    category: "Version and Platform Compatibility / Previous PostgreSQL Versions",
    description: "Enable synchronized sequential scans.",
  },
  {
    name: "synchronous_commit",
    type: "enum",
    initial: "on",
    values: ["local", "remote_write", "remote_apply", "on", "off"],
    context: "user",
    category: "Write-Ahead Log / Settings",
    description: "Sets the current transaction's synchronization level.",
  },
  {
    name: "TimeZone",
    type: "string",
    initial: "UTC",
    context: "user",
    reported: true,
    category: locale,
    description: "Sets the time zone for displaying and interpreting time stamps.",
  },
  {
    name: "transaction_deferrable",
    type: "bool",
    initial: "off",
    context: "user",
    category: client,
    description: "Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures.",
  },
  {
    name: "transaction_isolation",
    type: "enum",
    initial: "read committed",
    values: ["serializable", "repeatable read", "read committed", "read uncommitted"],
    context: "user",
    category: client,
    description: "Sets the current transaction's isolation level.",
  },
  {
    name: "transaction_read_only",
    type: "bool",
    initial: "off",
    context: "user",
    category: client,
    description: "Sets the current transaction's read-only status.",
  },
  {
    name: "work_mem",
    type: "integer",
    initial: "4096",
    min: 64,
    max: 2147483647,
    unit: "kB",
    context: "user",
    category: "Resource Usage / Memory",
    description: "Sets the maximum memory to be used for query workspaces.",
  },
  {
    name: "xmloption",
    type: "enum",
    initial: "content",
    values: ["content", "document"],
    context: "user",
    category: client,
    description:
      "Sets whether XML data in implicit parsing and serialization operations is to be considered as documents or content fragments.",
  },
];

const known = new Map(knownSettings.map((definition) => [definition.name, definition]));
const own = new Set(ownDefinitions.map((definition) => definition.name));
export const settingDefinitions: readonly SettingDefinition[] = [
  ...ownDefinitions.map((definition) => ({ ...known.get(definition.name), ...definition, ...wordsOf(known.get(definition.name)) })),
  ...knownSettings.filter((definition) => !own.has(definition.name)),
];
function wordsOf(fact: SettingDefinition | undefined): Partial<SettingDefinition> {
  return fact === undefined ? {} : { category: fact.category, description: fact.description };
}

/** By lower-case name: setting names are case-insensitive. */
export const settingsByName: ReadonlyMap<string, SettingDefinition> = new Map(settingDefinitions.map((d) => [d.name.toLowerCase(), d]));

/** pgvector's settings. */
function vectorNumber(name: string, initial: number, min: number, max: number, description: string): SettingDefinition {
  return { name, type: "integer", initial: String(initial), min, max, context: "user", category: "Customized Options", description };
}
function vectorScanMode(name: string, values: readonly string[]): SettingDefinition {
  return {
    name,
    type: "enum",
    initial: "off",
    values,
    context: "user",
    category: "Customized Options",
    description: "Sets the mode for iterative scans",
  };
}

/** GUC_SUPERUSER_ONLY: where files are and how connections are protected is shown to superusers and members of pg_read_all_settings. */
const hiddenSettings: ReadonlySet<string> = new Set([
  "config_file", "data_directory", "dynamic_library_path", "extension_destdir", "external_pid_file", "hba_file", "ident_file", "jit_provider",
  "krb_server_keyfile", "log_directory", "log_filename", "primary_conninfo", "session_preload_libraries", "shared_preload_libraries", "ssl_ciphers",
  "ssl_dh_params_file", "ssl_ecdh_curve", "ssl_max_protocol_version", "ssl_min_protocol_version", "ssl_passphrase_command", "unix_socket_directories",
]); // biome-ignore format: a list
export const isHiddenSetting = (name: string): boolean => hiddenSettings.has(name.toLowerCase());
