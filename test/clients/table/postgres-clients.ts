/**
 * PostgreSQL clients of npm and of Debian. Each program runs against PostgreSQL 15 and against this server, and prints what it saw: the two
 * texts have to be the same, but for OIDs that a server gives and addresses in memory.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, debianVersion, output, programs, python, runTests, succeeds, versionOf } from "./client.js";

const folder = join(programs, "postgres");
/** Packages that only these programs need are installed beside them. */
const npmFolder = join(programs, "npm");
const JDBC_DRIVER = "/usr/share/java/postgresql.jar";
const goSources = "/usr/share/gocode/src/github.com";

type Command = readonly [command: string, ...args: string[]];

/** What a program prints; throws when it fails. */
function printed(command: Command, port: number): string {
  const [name, ...args] = command;
  const result = spawnSync(name, [...args, String(port)], {
    encoding: "latin1",
    timeout: 240_000,
    maxBuffer: 1 << 26,
    env: { ...process.env, PGTZ: "UTC", TZ: "UTC", GO111MODULE: "off", GOPATH: "/usr/share/gocode" },
  });
  if (result.status !== 0) throw new Error(lastLines(result.stderr) || `${name} ended with ${result.status ?? result.signal}`);
  return result.stdout.replaceAll(/(?<![0-9])(1[6-9]|2[0-9])[0-9]{3}(?![0-9])/g, "OID").replaceAll(/0x[0-9a-f]{8,}/g, "address");
}
const lastLines = (text: string) => text.trim().split("\n").slice(-3).join(" ");

/** Runs a program on both servers. @throws where their texts part */
function compare(command: Command, judgePort: number, port: number): void {
  const theirs = printed(command, judgePort).split("\n");
  const ours = printed(command, port).split("\n");
  const line = theirs.findIndex((text, i) => text !== ours[i]);
  if (line >= 0) throw new Error(`line ${line + 1}: ${JSON.stringify(ours[line])} instead of ${JSON.stringify(theirs[line])}`);
  if (ours.length !== theirs.length) throw new Error(`${ours.length} lines instead of ${theirs.length}`);
}

/** What pgcli shows of a session: tables and messages, without its prompt, tool bar and times. */
function shownByPgcli(port: number): string {
  const schema = "create schema pgcli_test; set search_path = pgcli_test; create table item (id int primary key, name text, tags text[]);";
  const input = `${schema}\ninsert into item values (1, null, '{a,b}');\nselect * from item;\n\\dt\n\\d item\n\\di\n\\dn pgcli*\nselect nothing;\ndrop schema pgcli_test cascade;\n\\q\n`;
  const args = ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "-d", "postgres", "--no-password"];
  const { stdout, status } = spawnSync("pgcli", args, { input, encoding: "utf8", timeout: 120_000 });
  if (status !== 0) throw new Error(`pgcli ended with ${status}`);
  const shown = stdout.split("\n").filter((line) => /^([|+]|[A-Z]+ \d|CREATE|column |LINE |Indexes)/.test(line));
  if (!shown.some((line) => line.includes("{a,b}") || line.includes("[a, b]") || line.includes("['a', 'b']")))
    throw new Error("pgcli shows no row");
  return shown.join("\n");
}

/** Compiles into a folder that is gone afterwards. */
async function compiled<T>(build: (target: string) => void, work: (target: string) => T): Promise<T> {
  const target = mkdtempSync(join(tmpdir(), "orrery-client-"));
  try {
    build(target);
    return work(target);
  } finally {
    rmSync(target, { recursive: true });
  }
}

/** @param judgePort  of PostgreSQL 15 */
export function postgresClients(judgePort: number): readonly Client[] {
  const script = (name: string, exercised: string, check: Command, command: string, file: string): Client => ({
    name,
    exercised,
    isInstalled: () => succeeds(...check),
    run: async (port) => {
      compare([command, join(folder, file)], judgePort, port);
      return { version: debianVersion(name) };
    },
  });
  const pythonScript = (name: string, module: string, exercised: string, file: string) =>
    script(name, exercised, [python, "-c", `import ${module}`], python, file);
  const npm = (name: string, exercised: string, file: string): Client => ({
    name,
    exercised,
    isInstalled: () =>
      existsSync(join(npmFolder, "node_modules", name)) || succeeds("npm", "ci", "--prefix", npmFolder, "--ignore-scripts"),
    run: async (port) => {
      compare([process.execPath, join(npmFolder, file)], judgePort, port);
      return { version: versionOf(name, npmFolder) };
    },
  });
  return [
    {
      name: "pg",
      exercised:
        "types, prepared statements, transactions, LISTEN, cancel, pools; against this server alone: test/clients/pg-clients.test.ts",
      isInstalled: () => true,
      run: async () => {
        runTests("test/clients/pg-clients.test.ts");
        return { version: versionOf("pg") };
      },
    },
    npm("pg-cursor", "pg with pg-cursor, pg-query-stream, pg-copy-streams, binary results, fields of errors", "pg_extras.mjs"),
    {
      name: "postgres",
      exercised: "postgres.js: the same as pg, COPY streams, cursors, describe",
      isInstalled: () => true,
      run: async () => {
        runTests("test/clients/pg-clients.test.ts");
        return { version: versionOf("postgres") };
      },
    },
    npm("drizzle-orm", "migrations, relational queries, prepared statements, over pg and postgres", "drizzle_client.mjs"),
    npm("knex", "schema builder, migrations up and down, column information, JSON, streams, transactions", "knex_client.mjs"),
    npm("kysely", "migrations, introspection, MERGE, JSON helpers, streams", "kysely_client.mjs"),
    npm(
      "sequelize",
      "sync with alter, associations, describeTable, showIndex; without ENUM columns, which it makes by DO blocks",
      "sequelize_client.mjs",
    ),
    npm("typeorm", "synchronize and its comparison, migrations, relations, query builder, locks", "typeorm_client.mjs"),
    npm("@mikro-orm/postgresql", "schema generator and its comparison, unit of work, locks", "mikroorm_client.mjs"),
    npm(
      "prisma",
      "the client without an engine over @prisma/adapter-pg: nested writes, filters, JSON, upserts, transactions, raw queries; not migrate, whose program is downloaded",
      "prisma_client.mjs",
    ),
    npm("objection", "graphs inserted, fetched and upserted, JSON queries", "objection_client.mjs"),
    npm(
      "pg-boss",
      "version 9: queues with retries, delays, singletons, schedules, workers, events; not version 10, which is written in PL/pgSQL",
      "pg_boss.mjs",
    ),
    npm("pg-introspection", "PostGraphile's introspection of a varied schema, all of it compared", "pg_introspection.mjs"),
    {
      name: "postgresql-client-15",
      exercised: "psql: backslash commands over a schema; pg_dump and pg_restore, plain, custom, parallel; pgbench",
      isInstalled: () => succeeds("psql", "--version"),
      run: async (port) => {
        runTests("test/differential/psql.test.ts");
        runTests("test/clients/pg-dump.test.ts");
        const server = ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "postgres"];
        output("/usr/lib/postgresql/15/bin/pgbench", "-i", "-q", "-s", "1", ...server);
        for (const mode of ["simple", "extended", "prepared"])
          output("/usr/lib/postgresql/15/bin/pgbench", "-M", mode, "-c", "4", "-t", "100", ...server);
        // The programs that come after list tables.
        output("/usr/lib/postgresql/15/bin/pgbench", "-i", "-I", "d", ...server);
        return { version: debianVersion("postgresql-client-15") };
      },
    },
    {
      name: "pgcli",
      exercised: "completion's introspection, tables, backslash commands of its own, errors",
      isInstalled: () => succeeds("pgcli", "--version"),
      run: async (port) => {
        const [theirs, ours] = [judgePort, port].map(shownByPgcli);
        if (ours !== theirs) throw new Error(`shows ${JSON.stringify(ours)} instead of ${JSON.stringify(theirs)}`);
        return { version: debianVersion("pgcli") };
      },
    },
    pythonScript(
      "python3-psycopg2",
      "psycopg2",
      "types, server side cursors, COPY, composites, encodings, asynchronous connection, cancel",
      "psycopg2_client.py",
    ),
    pythonScript(
      "python3-psycopg",
      "psycopg",
      "every type in text and binary, pipelines, COPY of records, server cursors, enums and composites",
      "psycopg3_client.py",
    ),
    pythonScript(
      "python3-asyncpg",
      "asyncpg",
      "binary types with introspection, COPY of records, cursors, pools, changed tables",
      "asyncpg_client.py",
    ),
    pythonScript(
      "python3-sqlalchemy",
      "sqlalchemy",
      "types, RETURNING, upserts, reflection of everything, ORM, streams",
      "sqlalchemy_client.py",
    ),
    pythonScript(
      "python3-django",
      "django",
      "migrations forth and back, ORM with contrib.postgres, inspectdb, dumpdata, introspection",
      "django_client.py",
    ),
    {
      name: "libpostgresql-jdbc-java",
      exercised: "batches, server-prepared and binary, COPY, updatable results, calls, all of DatabaseMetaData",
      isInstalled: () => succeeds("javac", "-version") && existsSync(JDBC_DRIVER),
      run: async (port) => {
        await compiled(
          (target) => output("javac", "-encoding", "UTF-8", "-cp", JDBC_DRIVER, "-d", target, join(folder, "Jdbc.java")),
          (target) => compare(["java", "-Dstdout.encoding=UTF-8", "-cp", `${JDBC_DRIVER}:${target}`, "Jdbc"], judgePort, port),
        );
        return { version: debianVersion("libpostgresql-jdbc-java") };
      },
    },
    {
      name: "libpq-dev",
      exercised: "a C program: pipeline mode with errors, single rows, binary, COPY, portals, cancel, encodings",
      isInstalled: () => succeeds("cc", "--version") && existsSync("/usr/include/postgresql/libpq-fe.h"),
      run: async (port) => {
        await compiled(
          (target) => output("cc", "-I/usr/include/postgresql", "-o", join(target, "client"), join(folder, "libpq.c"), "-lpq"),
          (target) => compare([join(target, "client")], judgePort, port),
        );
        return { version: debianVersion("libpq-dev") };
      },
    },
    {
      name: "libpqxx-dev",
      exercised: "streams, prepared statements, cursors, pipelines, subtransactions, notifications",
      isInstalled: () => succeeds("c++", "--version") && existsSync("/usr/include/pqxx/pqxx"),
      run: async (port) => {
        await compiled(
          (target) =>
            output(
              "c++",
              "-std=c++17",
              "-I/usr/include/postgresql",
              "-o",
              join(target, "client"),
              join(folder, "pqxx.cpp"),
              "-lpqxx",
              "-lpq",
            ),
          (target) => compare([join(target, "client")], judgePort, port),
        );
        return { version: debianVersion("libpqxx-dev") };
      },
    },
    script(
      "libdbd-pg-perl",
      "placeholders, arrays, metadata, COPY, asynchronous queries, savepoints",
      ["perl", "-MDBD::Pg", "-e", "1"],
      "perl",
      "dbd_pg.pl",
    ),
    script("ruby-pg", "type maps, pipelines, COPY, single rows, encodings, cancel", ["ruby", "-e", "require 'pg'"], "ruby", "ruby_pg.rb"),
    script(
      "ruby-activerecord",
      "migrations, schema dump, associations, optimistic locks, upserts",
      ["ruby", "-e", "require 'active_record'; require 'pg'"],
      "ruby",
      "active_record.rb",
    ),
    script(
      "php-pgsql",
      "PDO and pg_*: prepared, COPY, scrollable cursors, metadata, asynchronous queries",
      ["php", "-r", "exit(function_exists('pg_connect') ? 0 : 1);"],
      "php",
      "pdo_pgsql.php",
    ),
    {
      name: "golang-github-lib-pq-dev",
      exercised: "database/sql: types, arrays, COPY, LISTEN, contexts that time out, errors",
      isInstalled: () => succeeds("go", "version") && existsSync(join(goSources, "lib", "pq")),
      run: async (port) => {
        await compiled(
          (target) => output("go", "build", "-o", join(target, "client"), join(folder, "lib_pq.go")),
          (target) => compare([join(target, "client")], judgePort, port),
        );
        return { version: debianVersion("golang-github-lib-pq-dev") };
      },
    },
  ];
}
