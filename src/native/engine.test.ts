import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Engine, native, StatusCode, type StatusDetail } from "./index.js";

const { engine } = native;
/** Worker threads and child processes load the binary without a TypeScript loader. */
const binary = ((): string => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "native", "build", "Release", "orrery.node"))) folder = dirname(folder);
  return join(folder, "native", "build", "Release", "orrery.node");
})();

let folder: string;
const opened: Engine[] = [];
const open = (path: string | null, keepLog = false): Engine => {
  const e = engine.open({ folder: path, keepLog });
  opened.push(e);
  return e;
};
const close = (e: Engine): void => {
  opened.splice(opened.indexOf(e), 1);
  engine.close(e);
};
const failure = (work: () => unknown): StatusDetail => {
  try {
    work();
  } catch (error) {
    return (error as { status: StatusDetail }).status;
  }
  throw new Error("it did not fail");
};
const runInChild = (code: string): { stdout: string; status: number | null } => {
  const child = spawnSync(process.execPath, ["-e", `const { engine } = require(${JSON.stringify(binary)});${code}`], { encoding: "utf8" });
  return { stdout: child.stdout + child.stderr, status: child.status };
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "orrery-engine-"));
});
afterEach(() => {
  for (const e of opened.splice(0)) engine.close(e);
  rmSync(folder, { recursive: true, force: true });
});

describe("engine.open", () => {
  it("creates the folder at the first start and finds it again", () => {
    const path = join(folder, "new", "data");
    close(open(path));
    expect(readdirSync(path)).toEqual(["orrery.control", "orrery.lock"]);
    close(open(path));
  });

  it("refuses a folder with other contents, naming it", () => {
    writeFileSync(join(folder, "photo.jpg"), "x");
    const status = failure(() => open(folder));
    expect(status.code).toBe(StatusCode.invalid);
    expect(status.message).toBe(`data folder ${folder} is not empty and holds no Orrery database`);
  });

  it("refuses a path below a file", () => {
    writeFileSync(join(folder, "file"), "x");
    expect(failure(() => open(join(folder, "file", "data"))).code).toBe(StatusCode.invalid);
  });

  it("refuses a second process, and lets it in after close", () => {
    const e = open(folder);
    const child = `try { engine.open({ folder: ${JSON.stringify(folder)} }); console.log("open"); } catch (e) { console.log(e.status.code, e.message); }`;
    expect(runInChild(child).stdout).toBe(`${StatusCode.limit} data folder ${folder} is in use by another process\n`);
    close(e);
    expect(runInChild(child)).toEqual({ stdout: "open\n", status: 0 });
  });

  it("attaches a worker thread of the same process to the same engine, and survives its end", async () => {
    const e = open(folder);
    const source = `
      const { parentPort } = require("node:worker_threads");
      const { engine } = require(${JSON.stringify(binary)});
      const e = engine.open({ folder: ${JSON.stringify(`${folder}/.`)} });
      engine.onEvents(e, () => {});
      parentPort.postMessage(engine.statistics(e)["log.appended"]);`; // ends without close
    const worker = new Worker(source, { eval: true });
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    const appended = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    await ended;
    expect(appended).toBe(engine.statistics(e)["log.appended"]);
    expect(engine.flushedLsn(e)).toBe(0);
  });

  it("refuses a closed engine and what is not an engine", () => {
    const e = open(null);
    close(e);
    expect(() => engine.flushedLsn(e)).toThrow(TypeError);
    expect(() => engine.flushedLsn({} as Engine)).toThrow(TypeError);
    expect(() => engine.open(3 as never)).toThrow(TypeError);
  });

  it("does not keep the process alive, nor crash it when it exits with open engines", () => {
    expect(
      runInChild(`const e = engine.open({ folder: ${JSON.stringify(folder)} }); engine.onEvents(e, () => {}); console.log("end");`),
    ).toEqual({
      stdout: "end\n",
      status: 0,
    });
    expect(runInChild(`engine.open({ folder: ${JSON.stringify(folder)} }); process.exit(3);`).status).toBe(3);
  });
});
