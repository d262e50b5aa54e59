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
  .option("--threads <n>", "JavaScript threads over the one engine (default 1)")
  .option("--config <file>", "TOML file with these settings (flags and environment win)")
  .option("--max-connections <n>", "PostgreSQL clients at once (default 1000)")
  .option("--max-redis-connections <n>", "Redis clients at once (default 10000)")
  .option("--max-message-bytes <n>", "largest PostgreSQL message (default 268435456)")
  .option("--checkpoint-log-bytes <n>", "checkpoint after this much log (default 1073741824)")
  .option("--requirepass <password>", "password of Redis clients (default: none)")
  .addOption(new Option("--appendfsync <when>", "when a Redis write is synced: always, everysec, no (default everysec)"))
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
  .description("Write all keys as an RDB file that Redis 7 loads")
  .argument("<file>", "file to write")
  .option("--data <dir>", "data folder that no server uses", "./orrery-data")
  .action(async (file: string, options: { data: string }) => (await import("./transfer.js")).exportFile(file, options));

program
  .command("version")
  .description("Print the version")
  .action(() => console.log(`orrery ${version}`));

await program.parseAsync();
