/** pg_hba.conf, TLS and client certificates: the same file and the same attempts here and on PostgreSQL 15, with libpq as the client. */
import { spawnSync } from "node:child_process";
import { chownSync, copyFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasOpenssl, makeCertificates } from "../support/certificates.js";
import { hasPostgres, type ServerProcess, startOrrery, startPostgres, temporaryFolder } from "../support/processes.js";

const RULES = `# TYPE  DATABASE        USER            ADDRESS                 METHOD
local   all             all                                     scram-sha-256
hostssl all             certuser        127.0.0.1/32            cert
hostssl all             fulluser        all                     scram-sha-256 clientcert=verify-full
hostssl all             causer          all                     trust clientcert=verify-ca
hostssl all             ssluser         127.0.0.1 255.255.255.255 scram-sha-256
hostnossl all           plainuser       samehost                password
host    all             md5user,scramuser 127.0.0.0/8           md5
host    all             md5strict       127.0.0.1/32            scram-sha-256
host    all             rejected        all                     reject   # by name
host    sameuser        sameuser        samenet                 trust
host    samerole        member          all                     trust
host    all             +grp            all                     trust
host    "all"           quoted          all                     trust
host    postgres, \\
        template1       listed          ::1/128,                trust
host    all             "postgres"      127.0.0.1/32            trust
`.replace("::1/128,  ", "127.0.0.1/32 ");

const WRONG = `nonsense all all all trust
host
host all
host all all
host all all 127.0.0.1
host all all 127.0.0.1 255.255.255.255
host all all 127.0.0.1/33 trust
host all all 127.0.0.1/x trust
host all all 127.0.0.1 ::ffff trust
host all all 127.0.0.1/32,10.0.0.1/32 trust
host all all 127.0.0.1/32 nosuch
host all all 127.0.0.1/32 peer
host all all 127.0.0.1/32 cert
hostssl all all 127.0.0.1/32 cert clientcert=verify-ca
host all all 127.0.0.1/32 trust clientcert=verify-ca
host all all 127.0.0.1/32 trust nosuch=1
host all all 127.0.0.1/32 trust nosuch
host all,"all",+grp all,"x y" fe80::/10 trust
host all all 10.1.2.3/9 md5
hostnossl all all all reject
`;

const SETUP = `
  create role certuser login; create role fulluser login password 'x'; create role causer login; create role ssluser login password 'x';
  create role plainuser login password 'x'; create role rejected login password 'x'; create role sameuser login; create role member login;
  create role grp; create role ingroup login in role grp; create role quoted login; create role listed login; create role unlisted login password 'x';
  create role scramuser login password 'x'; create role nopassword login;
  set password_encryption = md5;
  create role md5user login password 'x'; create role md5strict login password 'x';
  alter role plainuser password 'x'`;

/** User, then what is asked for. */
const ATTEMPTS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["certuser", { certificate: "certuser" }],
  ["certuser", { certificate: "other" }],
  ["certuser", {}],
  ["certuser", { sslmode: "disable" }],
  ["fulluser", { certificate: "fulluser", password: "x" }],
  ["fulluser", { certificate: "fulluser", password: "y" }],
  ["fulluser", { certificate: "other", password: "x" }],
  ["causer", { certificate: "other" }],
  ["causer", {}],
  ["ssluser", { password: "x" }],
  ["ssluser", { password: "x", channel_binding: "require" }],
  ["ssluser", { password: "x", channel_binding: "disable" }],
  ["ssluser", { password: "y" }],
  ["ssluser", { password: "x", sslmode: "disable" }],
  ["plainuser", { password: "x", sslmode: "disable" }],
  ["plainuser", { password: "y", sslmode: "disable" }],
  ["plainuser", { password: "x" }],
  ["md5user", { password: "x" }],
  ["md5user", { password: "y", sslmode: "disable" }],
  ["scramuser", { password: "x", sslmode: "disable" }],
  ["md5strict", { password: "x" }],
  ["rejected", { password: "x" }],
  ["rejected", { password: "x", sslmode: "disable" }],
  ["sameuser", {}],
  ["sameuser", { dbname: "sameuser" }],
  ["member", {}],
  ["ingroup", {}],
  ["quoted", {}],
  ["quoted", { dbname: "all" }],
  ["listed", {}],
  ["listed", { dbname: "template0x" }],
  ["unlisted", { password: "x" }],
  ["nosuchrole", { password: "x" }],
  ["postgres", {}],
  ["postgres", { dbname: "nosuchdatabase" }],
];

describe.skipIf(!hasPostgres || !hasOpenssl)("who may connect", () => {
  const folder = temporaryFolder("certificates");
  const path = makeCertificates(folder, ["server", "certuser", "fulluser", "other"]);
  let ours: ServerProcess;
  let theirs: ServerProcess;

  function run(server: ServerProcess, user: string, options: Readonly<Record<string, string>>, ...statements: string[]) {
    const { certificate, ...rest } = options;
    const keys =
      certificate === undefined ? { sslcert: path("none") } : { sslcert: path(`${certificate}.crt`), sslkey: path(`${certificate}.key`) };
    const all = {
      host: "127.0.0.1",
      port: String(server.port),
      user,
      dbname: "postgres",
      sslmode: "require",
      gssencmode: "disable",
      ...keys,
      ...rest,
    };
    const text = Object.entries(all).map(([key, value]) => `${key}='${value}'`);
    const psql = spawnSync("psql", ["-XAtw", text.join(" "), ...statements.flatMap((statement) => ["-c", statement])], {
      encoding: "utf8",
    });
    return (psql.stdout + psql.stderr).replaceAll(String(server.port), "PORT").replaceAll(folder, "FOLDER");
  }
  const admin = (server: ServerProcess, ...statements: string[]) => run(server, "postgres", { sslmode: "disable" }, ...statements);
  /** Asks for new connections until they are judged by the new file. */
  function writeRules(server: ServerProcess, file: string, text: string, reload: boolean): void {
    const owner = statSync(file, { throwIfNoEntry: false });
    writeFileSync(file, text);
    if (owner !== undefined) chownSync(file, owner.uid, owner.gid);
    if (reload) admin(server, "select pg_reload_conf()", "select pg_sleep(0.5)");
  }

  beforeAll(async () => {
    const flags = [
      "--ssl",
      "on",
      "--ssl-cert-file",
      path("server.crt"),
      "--ssl-key-file",
      path("server.key"),
      "--ssl-ca-file",
      path("ca.crt"),
    ];
    ours = await startOrrery({ flags: [...flags, "--threads", "2"] });
    theirs = await startPostgres();
    const cluster = join(theirs.folder, "cluster");
    for (const [from, to] of [
      ["server.crt", "server.crt"],
      ["server.key", "server.key"],
      ["ca.crt", "root.crt"],
    ] as const) {
      copyFileSync(path(from), join(cluster, to));
      const { uid, gid } = statSync(cluster);
      chownSync(join(cluster, to), uid, gid);
    }
    admin(theirs, "alter system set ssl = on", "alter system set ssl_ca_file = 'root.crt'");
    for (const [server, file] of [
      [ours, join(ours.folder, "pg_hba.conf")],
      [theirs, join(cluster, "pg_hba.conf")],
    ] as const) {
      expect(admin(server, SETUP)).not.toContain("ERROR");
      writeRules(server, file, RULES, true);
    }
  }, 60_000);
  afterAll(async () => {
    await ours?.stop();
    await theirs?.stop();
  });

  test.each(ATTEMPTS)("%s %o", (user, options) => {
    const [mine, judged] = [ours, theirs].map((server) =>
      run(
        server as ServerProcess,
        user,
        options,
        "select current_user, ssl, version, cipher, bits, client_dn, issuer_dn from pg_stat_ssl where pid = pg_backend_pid()",
      ),
    );
    expect(mine).toBe(judged);
    expect(mine).not.toBe("");
  });
  test("pg_hba_file_rules", () => {
    const question = "select * from pg_hba_file_rules";
    expect(admin(ours, question)).toBe(admin(theirs, question));
  });
  test("addresses of both ends", () => {
    const question =
      "select inet_client_addr(), inet_client_port() > 0, inet_server_addr(), inet_server_port(), client_addr, client_port = inet_client_port() from pg_stat_activity where pid = pg_backend_pid()";
    expect(admin(ours, question)).toBe(admin(theirs, question));
    expect(run(ours, "postgres", {}, question)).toBe(run(theirs, "postgres", {}, question));
  });
  test("a certificate is taken from its file again", () => {
    expect(admin(ours, "show ssl")).toBe("on\n");
    const certificate = () =>
      spawnSync("openssl", ["s_client", "-starttls", "postgres", "-connect", `127.0.0.1:${ours.port}`], { encoding: "utf8", input: "" })
        .stdout;
    expect(certificate()).toContain("CN = server");
    const before = ["crt", "key"].map((end) => readFileSync(path(`server.${end}`)));
    for (const end of ["crt", "key"]) copyFileSync(path(`other.${end}`), path(`server.${end}`));
    ours.process.kill("SIGHUP");
    for (let tries = 0; tries < 50 && !certificate().includes("CN = other"); tries++) spawnSync("sleep", ["0.1"]);
    expect(certificate()).toContain("CN = other");
    // What cannot be used leaves what is in force.
    writeFileSync(path("server.crt"), "nonsense");
    admin(ours, "select pg_reload_conf()", "select pg_sleep(0.2)");
    expect(certificate()).toContain("CN = other");
    for (const [i, end] of ["crt", "key"].entries()) writeFileSync(path(`server.${end}`), before[i] as Buffer);
  });
  test("wrong lines are said, and leave what is in force", () => {
    for (const [server, file] of [
      [ours, join(ours.folder, "pg_hba.conf")],
      [theirs, join(theirs.folder, "cluster", "pg_hba.conf")],
    ] as const)
      writeRules(server, file, WRONG, true);
    const question = "select * from pg_hba_file_rules";
    expect(admin(ours, question)).toBe(admin(theirs, question));
    expect(run(ours, "rejected", {}, "select 1")).toContain("pg_hba.conf rejects connection");
  });
});
