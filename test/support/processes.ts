/**
 * Servers as child processes for tests and benchmarks: Orrery from dist/, PostgreSQL 15 and Redis 7 from Debian's packages.
 * Each gets a temporary folder and a free port and is gone, folder included, after `stop`.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";

export const PG_BIN = "/usr/lib/postgresql/15/bin";
export const hasPostgres = existsSync(join(PG_BIN, "postgres"));
export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

/** The repository: this file runs from test/ (vitest) or dist/test/ (benchmarks). */
export const repository = (() => {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json"))) folder = resolve(folder, "..");
  return folder;
})();
/** Real data beside the checkout; tests that need it are skipped where it is missing. */
export const dataFolder = resolve(repository, "..", "shared", "data");

export interface ServerProcess {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly port: number;
  readonly folder: string;
  stop(): Promise<void>;
}
export interface OrreryProcess extends ServerProcess {
  readonly redisPort: number;
  readonly readyLine: string;
  /** Standard error so far. */
  errors(): string;
  /** SIGKILL, folder kept. */
  kill(): Promise<void>;
}

export async function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolvePort(typeof address === "object" && address ? address.port : 0));
    });
  });
}

export function temporaryFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `orrery-${name}-`));
}

export async function startOrrery(
  options: {
    readonly folder?: string;
    readonly flags?: readonly string[];
    readonly keepFolder?: boolean;
    readonly ports?: readonly [number, number];
  } = {},
): Promise<OrreryProcess> {
  const folder = options.folder ?? temporaryFolder("data");
  const [port, redisPort] = options.ports ?? [await freePort(), await freePort()];
  const child = spawn(
    process.execPath,
    [
      join(repository, "dist", "src", "cli", "main.js"),
      "serve",
      "--data",
      folder,
      "--pg-port",
      String(port),
      "--redis-port",
      String(redisPort),
      ...(options.flags ?? []),
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk;
  });
  const readyLine = await new Promise<string>((resolveLine, reject) => {
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk;
      if (out.includes("\n")) resolveLine(out);
    });
    child.once("exit", (code) => reject(new Error(`orrery ended with code ${code}: ${errors}`)));
  });
  const gone = exited(child);
  return {
    process: child,
    pid: child.pid as number,
    port,
    redisPort,
    folder,
    readyLine,
    errors: () => errors,
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
    async stop() {
      child.kill("SIGTERM");
      await gone;
      if (!options.keepFolder) rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function startPostgres(settings: readonly string[] = []): Promise<ServerProcess> {
  const folder = temporaryFolder("postgres");
  const port = await freePort();
  const cluster = join(folder, "cluster");
  // PostgreSQL refuses to run as root.
  const asRoot = userInfo().uid === 0;
  const ids = asRoot
    ? { uid: Number(execFileSync("id", ["-u", "postgres"])), gid: Number(execFileSync("id", ["-g", "postgres"])) }
    : { uid: undefined, gid: undefined };
  mkdirSync(cluster);
  if (ids.uid !== undefined && ids.gid !== undefined) for (const path of [folder, cluster]) chownSync(path, ids.uid, ids.gid);
  execFileSync(join(PG_BIN, "initdb"), ["-D", cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"], {
    ...(asRoot ? ids : {}),
    stdio: "pipe",
  } as object);
  const child = spawn(
    join(PG_BIN, "postgres"),
    [
      "-D",
      cluster,
      "-p",
      String(port),
      "-c",
      "listen_addresses=127.0.0.1",
      "-c",
      `unix_socket_directories=${folder}`,
      "-c",
      "timezone=UTC",
      ...settings.flatMap((s) => ["-c", s]),
    ],
    { ...(asRoot ? (ids as { uid: number; gid: number }) : {}), stdio: "ignore" },
  );
  await answering(port);
  const gone = exited(child);
  for (let tries = 0; spawnSync(join(PG_BIN, "pg_isready"), ["-h", "127.0.0.1", "-p", String(port)]).status !== 0 && tries < 100; tries++)
    await sleep(50);
  return {
    process: child,
    pid: child.pid as number,
    port,
    folder,
    async stop() {
      child.kill("SIGINT");
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function startRedis(settings: readonly string[] = [], givenPort?: number): Promise<ServerProcess> {
  const folder = temporaryFolder("redis");
  const port = givenPort ?? (await freePort());
  const child = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", ...settings], {
    stdio: "ignore",
  });
  await answering(port);
  const gone = exited(child);
  return {
    process: child,
    pid: child.pid as number,
    port,
    folder,
    async stop() {
      child.kill("SIGTERM");
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const sleep = (millis: number) => new Promise<void>((done) => setTimeout(done, millis));

function exited(child: ChildProcess): Promise<void> {
  return new Promise((done) => (child.exitCode !== null || child.signalCode !== null ? done() : child.once("exit", () => done())));
}

async function answering(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        done(true);
      });
      socket.once("error", () => done(false));
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error(`nothing answers on port ${port}`);
}
