/**
 * Does whatever set-up is missing: `npm install`, the native build, the TypeScript build. Plain JavaScript without
 * dependencies, because it runs before there are any. Quick when there is nothing to do: it only compares file times.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Brings the checkout to a runnable state; `force` builds even when nothing changed. */
export function setUp({ force = false } = {}) {
  checkNode();
  if (!isNewer(join(root, "node_modules", ".package-lock.json"), [join(root, "package-lock.json")])) {
    step("Installing packages", "npm", ["install", "--no-audit", "--no-fund"]);
  }
  const addon = join(root, "native", "build", "Release", "orrery.node");
  if (force || !isNewer(addon, filesBelow(join(root, "native"), /\.(cc|h|gyp|mjs)$/))) {
    const compiler = process.env.CXX ? {} : hasCommand("ccache") ? { CXX: "ccache g++", CC: "ccache gcc" } : {};
    const gyp = join(root, "node_modules", "node-gyp", "bin", "node-gyp.js");
    // `configure` lists the sources anew: a file that came or went since is seen.
    step(
      "Building the native addon (a few minutes the first time)",
      process.execPath,
      [gyp, "configure", "build", "-j", "max", "-C", join(root, "native"), ...localHeaders()],
      compiler,
    );
  }
  // Not tsc's own .tsbuildinfo: a check without output writes that one too.
  const stamp = join(root, "dist", ".built");
  const sources = ["src", "sql", "protocols", "test", "bench"].flatMap((room) => filesBelow(join(root, room), /\.ts$/));
  if (force || !isNewer(stamp, [...sources, join(root, "tsconfig.json")])) {
    step("Compiling TypeScript", process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", root]);
    writeFileSync(stamp, "");
  }
}

/** Node's own headers where they came with it, so that nothing is downloaded; else node-gyp fetches them. */
function localHeaders() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  return existsSync(join(prefix, "include", "node", "node_api.h")) ? [`--nodedir=${prefix}`] : [];
}

function checkNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) fail(`Orrery needs Node.js 20 or newer; this is ${process.version}.`);
}

/** Runs a command; its output is shown only when it fails. */
function step(title, command, args, extraEnvironment = {}) {
  process.stderr.write(`${title} ... `);
  const started = Date.now();
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { ...process.env, ...extraEnvironment },
  });
  if (result.status !== 0) {
    process.stderr.write("failed\n");
    fail(`${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`);
  }
  process.stderr.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

function hasCommand(name) {
  return spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
}

function isNewer(target, sources) {
  if (!existsSync(target)) return false;
  const time = statSync(target).mtimeMs;
  return sources.every((source) => statSync(source).mtimeMs <= time);
}

function filesBelow(folder, pattern) {
  if (!existsSync(folder)) return [];
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!/^(build|build-.*|node_modules)$/.test(entry.name)) found.push(...filesBelow(path, pattern));
    } else if (pattern.test(entry.name)) found.push(path);
  }
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp({ force: process.argv.includes("--build") });
