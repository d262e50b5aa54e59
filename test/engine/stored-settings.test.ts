/** ALTER DATABASE … SET, ALTER ROLE … SET and … IN DATABASE … SET: a new session begins with them, the narrower one wins, the client's own most. */
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connectPg } from "../support/clients.js";
import { type OrreryProcess, startOrrery } from "../support/processes.js";

let server: OrreryProcess;
let admin: pg.Client;
beforeAll(async () => {
  server = await startOrrery({ flags: ["--redis-port", "0"] });
  admin = await connectPg(server.port);
  await admin.query("create role lena login");
});
afterAll(async () => {
  await admin?.end();
  await server?.stop();
});
async function shown(setting: string, options?: string): Promise<string> {
  const client = new pg.Client({
    host: "127.0.0.1",
    port: server.port,
    user: "lena",
    database: "postgres",
    ...(options === undefined ? {} : { options }),
  });
  await client.connect();
  try {
    return Object.values((await client.query(`show ${setting}`)).rows[0] as Record<string, string>)[0] as string;
  } finally {
    await client.end();
  }
}

it("the database's, then the role's, then the role's in the database, then the client's", async () => {
  const before = await shown("work_mem");
  await admin.query("alter database postgres set work_mem = '5MB'");
  expect(await shown("work_mem")).toBe("5MB");
  await admin.query("alter role lena set work_mem = '6MB'");
  expect(await shown("work_mem")).toBe("6MB");
  await admin.query("alter role lena in database postgres set work_mem = '7MB'");
  expect(await shown("work_mem")).toBe("7MB");
  expect(await shown("work_mem", "-c work_mem=8MB")).toBe("8MB");
  await admin.query("alter role lena in database postgres reset all; alter role lena reset work_mem");
  expect(await shown("work_mem")).toBe("5MB");
  await admin.query("alter database postgres reset all");
  expect(await shown("work_mem")).toBe(before);
});

it("parameters of one's own, and what RESET goes back to", async () => {
  await admin.query("alter role lena set my.own = 'here'; alter role lena set timezone = 'Europe/Amsterdam'");
  expect(await shown("my.own")).toBe("here");
  const client = await connectPg(server.port, { user: "lena" });
  await client.query("set timezone = 'UTC'; reset timezone");
  expect((await client.query("show timezone")).rows).toEqual([{ TimeZone: "Europe/Amsterdam" }]);
  await client.end();
});
