#!/usr/bin/env node
/** The `orrery` command. */
import module from "node:module";
import { Command, Option } from "commander";
import { version } from "../types/version.js";

// Node.js 22 and later keep compiled code between starts.
(module as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.();

const program = new Command("orrery")
  .description("One database server for rows, vectors and keys: PostgreSQL and Redis protocols over one transactional engine.")
  .version(version, "-V, --version")
  .showHelpAfterError("(orrery <command> --help shows what it takes)");

program
  .command("serve")
  .description("Serve PostgreSQL and Redis clients until stopped (Ctrl-C)")
  .option("--data <dir>", "data folder; made at the first start (default ./orrery-data)")
  .option("--host <address>", "address to listen on (default 127.0.0.1)")
  .option("--pg-port <port>", "PostgreSQL port, 0 = off (default 5432)")
  .option("--redis-port <port>", "Redis port, 0 = off (default 6379)")
  .addOption(new Option("--ssl <how>", "TLS for PostgreSQL clients: off, on, auto (makes a certificate at the first start) (default off)"))
  .option("--ssl-cert-file <file>", "certificate, from the data folder (default server.crt)")
  .option("--ssl-key-file <file>", "its private key (default server.key)")
  .option("--ssl-ca-file <file>", "authorities that sign clients' certificates (default: none are asked for)")
  .option("--redis-tls-port <port>", "Redis port under TLS, 0 = off (default 0)")
  .addOption(new Option("--tls-auth-clients <how>", "certificates of Redis clients: no, optional, yes (default no)"))
  .option("--hba-file <file>", "who may connect, as PostgreSQL's pg_hba.conf (default: pg_hba.conf in the data folder, if there)")
  .option("--unix-socket-directories <dirs>", "folders for PostgreSQL's Unix sockets, separated by commas (default: none)")
  .option("--unix-socket-permissions <mode>", "permissions of these sockets (default 0777)")
  .option(
    "--threads <n>",
    "JavaScript threads over the one engine (default 0: up to one a core, at most four, as PostgreSQL clients need them)",
  )
  .addOption(new Option("--transport <which>", "who carries connections: auto, native (I/O threads; Linux), node (default auto)"))
  .option("--io-threads <n>", "native I/O threads (default half the cores)")
  .option("--config <file>", "TOML file with these settings (flags and environment win)")
  .option("--max-connections <n>", "PostgreSQL clients at once (default 1000)")
  .option("--superuser-reserved-connections <n>", "of these, places for superusers alone (default 3)")
  .option("--max-redis-connections <n>", "Redis clients at once (default 10000)")
  .option("--max-message-bytes <n>", "largest PostgreSQL message (default 268435456)")
  .option("--checkpoint-log-bytes <n>", "checkpoint after this much log (default 1073741824)")
  .option("--requirepass <password>", "password of Redis clients (default: none)")
  .option("--replicaof <host port>", 'follow this Redis server\'s keys, as REPLICAOF does (one argument: "host port")')
  .option("--masterauth <password>", "password for the server that is followed")
  .option("--masteruser <name>", "user for the server that is followed")
  .addOption(new Option("--appendfsync <when>", "when a Redis write is synced: always, everysec, no (default everysec)"))
  .option("--ordered-keys <yes|no>", "keep keys in order for SQL's prefixes and ranges of redis.* (default no)")
  .option("--log-level <level>", "fatal, error, warn, info, debug (default warn)")
  .addHelpText(
    "after",
    "\nEach flag is also an environment variable (ORRERY_DATA, ORRERY_PG_PORT, …) and a key of the TOML file (data, pg_port, …).\n\nExample:\n  orrery serve --data /var/lib/orrery --redis-port 0",
  )
  .action(async (options: Record<string, unknown>) => (await import("./serve.js")).serve(options));

program
  .command("sql")
  .description("Run SQL: against a server through psql, or with --data on a folder that no server uses")
  .argument("[statement]", "statement to run; without it psql's prompt, or standard input with --data")
  .option("--data <dir>", "open this data folder in this process")
  .option("--host <address>", "server's address", "127.0.0.1")
  .option("--pg-port <port>", "server's PostgreSQL port", "5432")
  .action(async (statement: string | undefined, options: Record<string, string>) => (await import("./client.js")).sql(statement, options));

program
  .command("redis")
  .description("Run one Redis command against a server, or open redis-cli's prompt")
  .argument("[command...]", "command and arguments")
  .option("--host <address>", "server's address", "127.0.0.1")
  .option("--redis-port <port>", "server's Redis port", "6379")
  .action(async (command: string[], options: Record<string, string>) => (await import("./client.js")).redis(command, options));

program
  .command("check")
  .description("Verify a data folder (control file, checkpoint, log) without opening it for writing")
  .option("--data <dir>", "data folder", "./orrery-data")
  .action(async (options: { data: string }) => (await import("./check.js")).check(options.data));

program
  .command("import")
  .description("Load keys from Redis: an RDB file, an append-only file, or its manifest")
  .argument("<file>", "dump.rdb, appendonly.aof or appendonly.aof.manifest")
  .option("--data <dir>", "data folder that no server uses", "./orrery-data")
  .action(async (file: string, options: { data: string }) => (await import("./transfer.js")).importFile(file, options));

program
  .command("export")
  .description("Write all keys as an RDB file")
  .argument("<file>", "file to write")
  .option("--data <dir>", "data folder that no server uses", "./orrery-data")
  .option("--for <reader>", "redis-7.0: leave out what it has no word for (times of hash fields, vector sets)")
  .action(async (file: string, options: { data: string; for?: string }) => (await import("./transfer.js")).exportFile(file, options));

program
  .command("version")
  .description("Print the version")
  .action(() => console.log(`orrery ${version}`));

await program.parseAsync();
