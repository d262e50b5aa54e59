/** Who may log in, with PostgreSQL's SQLSTATE and text: the same tests here and against PostgreSQL 15 with scram-sha-256 in pg_hba.conf. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { Conversation } from "../support/conversations.js";
import { hasPostgres, type ServerProcess, startOrrery, startPostgres } from "../support/processes.js";

async function judge(): Promise<ServerProcess> {
  const server = await startPostgres(["max_connections=8", "superuser_reserved_connections=2"]);
  writeFileSync(
    join(server.folder, "cluster", "pg_hba.conf"),
    "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n",
  );
  const client = await connectPg(server.port);
  await client.query("select pg_reload_conf(), pg_sleep(0.5)");
  await client.end();
  return server;
}
const servers: readonly (readonly [string, () => Promise<ServerProcess>])[] = [
  ["Orrery", () => startOrrery({ flags: ["--max-connections", "8", "--superuser-reserved-connections", "2", "--threads", "2"] })],
  ...(hasPostgres ? [["PostgreSQL", judge] as const] : []),
];

describe.each(servers)("%s", (_name, start) => {
  let server: ServerProcess;
  let admin: pg.Client;
  beforeAll(async () => {
    server = await start();
    admin = await connectPg(server.port);
    await admin.query(
      "create role nologin password 'x'; create role expired login password 'x' valid until '2020-01-01'; create role later login password 'x' valid until 'infinity';" +
        "create role limited login password 'x' connection limit 1; create role ordinary login password 'x'",
    );
  }, 60_000);
  afterAll(async () => {
    await admin?.end();
    await server?.stop();
  });
  const refused = (user: string, password: string) => expect(connectPg(server.port, { user, password }));

  test("a role without LOGIN, told to who knows its password", async () => {
    await refused("nologin", "x").rejects.toMatchObject({ code: "28000", message: 'role "nologin" is not permitted to log in' });
    await refused("nologin", "y").rejects.toMatchObject({ code: "28P01", message: 'password authentication failed for user "nologin"' });
  });
  test("TLS that is not there is refused once", async () => {
    const request = Buffer.of(0, 0, 0, 8, 4, 210, 22, 47);
    const c = await Conversation.open(server.port);
    c.socket.write(request);
    expect(await c.until("N")).toBe("N");
    c.socket.write(request);
    expect(await c.until("what the end comes before")).toMatch(
      /SFATAL\0VFATAL\0C0A000\0Munsupported frontend protocol 1234\.5679: server supports 3\.0 to 3\.\d\0/,
    );
    c.socket.destroy();
  });
  test("VALID UNTIL: a password that is over opens nothing", async () => {
    await refused("expired", "x").rejects.toMatchObject({ code: "28P01", message: 'password authentication failed for user "expired"' });
    await (await connectPg(server.port, { user: "later", password: "x" })).end();
    const { rows } = await admin.query(
      "select rolname, rolvaliduntil::text as until from pg_roles where rolvaliduntil is not null order by 1",
    );
    expect(rows).toEqual([
      { rolname: "expired", until: "2020-01-01 00:00:00+00" },
      { rolname: "later", until: "infinity" },
    ]);
    await expect(admin.query("alter role expired valid until 'garbage'")).rejects.toMatchObject({ code: "22007" });
  });
  test("CONNECTION LIMIT counts the sessions of all threads", async () => {
    const first = await connectPg(server.port, { user: "limited", password: "x" });
    for (let i = 0; i < 3; i++)
      await refused("limited", "x").rejects.toMatchObject({ code: "53300", message: 'too many connections for role "limited"' });
    await first.end();
    await expect(admin.query("alter role limited connection limit -2")).rejects.toMatchObject({
      code: "22023",
      message: "invalid connection limit: -2",
    });
  });
  test("settings that a client starts with are judged as SET judges them", async () => {
    await admin.query("create role boss superuser; create role friend; grant friend to ordinary");
    const start = async (options: string) => {
      const client = new pg.Client({
        host: "127.0.0.1",
        port: server.port,
        user: "ordinary",
        password: "x",
        database: "postgres",
        options,
      });
      await client.connect();
      const { rows } = await client.query("select current_user::text as me, session_user::text as login");
      await client.end();
      return rows[0];
    };
    expect(await start("-c role=friend")).toEqual({ me: "friend", login: "ordinary" });
    const wrong = [
      ["role=boss", 'permission denied to set role "boss"'],
      ["role=nosuch", 'role "nosuch" does not exist'],
      ["session_authorization=boss", 'permission denied to set session authorization "boss"'],
      ["search_path=a\\ b", 'invalid value for parameter "search_path": "a b"'],
      ["work_mem=no", 'invalid value for parameter "work_mem": "no"'],
      ["nosuch=1", 'unrecognized configuration parameter "nosuch"'],
    ] as const;
    for (const [options, message] of wrong) await expect(start(`-c ${options}`)).rejects.toMatchObject({ severity: "FATAL", message });
    // What is stored for the role and may not be is passed over.
    await admin.query("alter role ordinary set role = 'boss'");
    expect(await start("")).toEqual({ me: "ordinary", login: "ordinary" });
    await admin.query("alter role ordinary set role = 'friend'");
    expect(await start("")).toEqual({ me: "friend", login: "ordinary" });
    await admin.query("alter role ordinary reset role");
  });
  test("the last places are the superusers', then nobody's", async () => {
    const clients: pg.Client[] = [];
    try {
      const failures: { code?: string; message: string }[] = [];
      for (let i = 0; i < 8; i++)
        await connectPg(server.port, { user: "ordinary", password: "x" }).then(
          (client) => clients.push(client),
          (error) => failures.push(error),
        );
      expect(failures.at(-1)).toMatchObject({
        code: "53300",
        message: "remaining connection slots are reserved for non-replication superuser connections",
      });
      for (let i = 0; i < 8; i++)
        await connectPg(server.port).then(
          (client) => clients.push(client),
          (error) => failures.push(error),
        );
      expect(failures.at(-1)).toMatchObject({ code: "53300", message: "sorry, too many clients already" });
    } finally {
      for (const client of clients) await client.end();
    }
  });
});
