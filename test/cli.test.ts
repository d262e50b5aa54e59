/** The command line: help, settings' errors, clear refusals, a clean stop. Runs dist/, as a user does. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { version } from "../src/types/version.js";
import { connectPg } from "./support/clients.js";
import { freePort, repository, startOrrery, temporaryFolder } from "./support/processes.js";

const main = join(repository, "dist", "src", "cli", "main.js");
const folder = temporaryFolder("cli");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function orrery(args: readonly string[], environment: Record<string, string> = {}) {
  const result = spawnSync(process.execPath, [main, ...args], {
    encoding: "utf8",
    timeout: 20_000,
    env: { ...process.env, ...environment },
  });
  return { status: result.status, out: result.stdout, errors: result.stderr };
}

describe("orrery", () => {
  test("version is package.json's", () => {
    expect(version).toBe(JSON.parse(readFileSync(join(repository, "package.json"), "utf8")).version);
    expect(orrery(["version"]).out).toBe(`orrery ${version}\n`);
  });
  test.each(["serve", "sql", "redis", "check"])("%s --help teaches", (command) => {
    const { status, out } = orrery([command, "--help"]);
    expect(status).toBe(0);
    expect(out).toContain(`Usage: orrery ${command}`);
  });
  test.each([
    [["--pg-port", "70000"], /pg_port must be a port number from 1 to 65535, or 0 to switch it off/],
    [["--redis-port", "x"], /redis_port must be a port number/],
    [["--threads", "65"], /threads must be a whole number from 0 to/],
    [["--appendfsync", "never"], /appendfsync must be one of always, everysec, no/],
    [["--log-level", "loud"], /log_level must be one of fatal, error, warn, info, debug/],
    [["--config", "/no/such/file.toml"], /cannot read the configuration file/],
  ])("serve %j is refused with the key and what it allows", (args, message) => {
    const { status, errors } = orrery(["serve", "--data", join(folder, "unused"), ...args]);
    expect(status).toBe(1);
    expect(errors).toMatch(message);
    expect(errors.trim().split("\n")).toHaveLength(1);
  });
  test("the file's unknown key is named; environment wins over the file", async () => {
    const file = join(folder, "orrery.toml");
    writeFileSync(file, "colour = 'red'\n");
    expect(orrery(["serve", "--config", file]).errors).toContain('unknown setting "colour"');
    writeFileSync(file, "pg_port = 70000\n");
    expect(orrery(["serve", "--config", file], { ORRERY_PG_PORT: "x" }).errors).toContain('got "x"');
  });
  test("a port in use is one clear line", async () => {
    const port = await freePort();
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(port, "127.0.0.1", resolve));
    const { status, errors } = orrery(["serve", "--data", join(folder, "port"), "--pg-port", String(port), "--redis-port", "0"]);
    blocker.close();
    expect(status).toBe(1);
    expect(errors).toContain(`port ${port} is in use`);
    expect(errors.trim().split("\n")).toHaveLength(1);
  });
  test("a foreign folder is refused and left as it is", () => {
    const foreign = join(folder, "foreign");
    mkdirSync(foreign);
    writeFileSync(join(foreign, "letter.txt"), "mine");
    const { status, errors } = orrery(["serve", "--data", foreign, "--pg-port", "0", "--redis-port", "0"]);
    expect(status).toBe(1);
    expect(errors).toContain(foreign);
    expect(errors.trim().split("\n")).toHaveLength(1);
    expect(execFileSync("ls", [foreign], { encoding: "utf8" })).toBe("letter.txt\n");
  });
  test("a folder that cannot be made is refused", () => {
    const { status, errors } = orrery(["serve", "--data", "/proc/orrery", "--pg-port", "0", "--redis-port", "0"]);
    expect(status).toBe(1);
    expect(errors).toContain("/proc/orrery");
  });
  test("one line when ready, a second server on the folder is refused, SIGTERM stops cleanly, check finds it sound", async () => {
    const data = join(folder, "served");
    const server = await startOrrery({ folder: data, keepFolder: true });
    expect(server.readyLine.trim().split("\n")).toHaveLength(1);
    expect(server.readyLine).toContain(`-p ${server.port}`);
    const client = await connectPg(server.port);
    await client.query("create table kept (id int)");
    await client.query("insert into kept values (1)");

    const second = orrery(["serve", "--data", data, "--pg-port", String(await freePort()), "--redis-port", "0"]);
    expect(second.status).toBe(1);
    expect(second.errors.trim().split("\n")).toHaveLength(1);

    client.on("error", () => {});
    await server.stop();
    expect(server.process.exitCode).toBe(0);
    expect(orrery(["check", "--data", data]).out).toContain("sound");
    expect(orrery(["sql", "--data", data, "select id from kept"]).out).toContain("1");
  });
});
