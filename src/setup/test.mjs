/**
 * `npm test [-- vitest arguments]`: set up what is missing, then the C++ tests (plain build) and the TypeScript tests.
 * The last line is `N passed, N failed`. Differential tests need PostgreSQL 15 and Redis 7; where they are missing the
 * tests are skipped and a line says so.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, setUp } from "./setup.mjs";

setUp();
let passed = 0;
let failed = 0;

if (!existsSync("/usr/lib/postgresql/15/bin/postgres")) console.log("PostgreSQL 15 is not installed: differential SQL tests are skipped.");
if (spawnSync("redis-server", ["--version"]).status !== 0) console.log("Redis 7 is not installed: differential Redis tests are skipped.");

const argumentsForVitest = process.argv.slice(2);
// .ci/run sets it after it ran all the C++ tests under AddressSanitizer, and counts them itself.
const nativeTestsAreDone = process.env.ORRERY_NATIVE_TESTS === "done";
if (nativeTestsAreDone) console.log("The C++ tests ran under sanitizers before: the plain build of them is left out.");
if (argumentsForVitest.length === 0 && !nativeTestsAreDone) {
  const native = spawnSync("make", ["-s", "-j2", "-C", join(root, "native"), "test"], { encoding: "utf8", maxBuffer: 1 << 28 });
  process.stdout.write(native.stdout ?? "");
  process.stderr.write(native.stderr ?? "");
  const counts = /(\d+) passed, (\d+) failed\s*$/.exec(native.stdout ?? "");
  passed += Number(counts?.[1] ?? 0);
  failed += counts ? Number(counts[2]) : 1;
}

const folder = mkdtempSync(join(tmpdir(), "orrery-test-"));
const report = join(folder, "vitest.json");
const vitest = spawnSync(
  process.execPath,
  [
    join(root, "node_modules", "vitest", "vitest.mjs"),
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...argumentsForVitest,
  ],
  { cwd: root, stdio: "inherit" },
);
if (existsSync(report)) {
  const result = JSON.parse(readFileSync(report, "utf8"));
  passed += result.numPassedTests;
  failed +=
    result.numFailedTests + result.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
} else failed++;
if (vitest.status !== 0 && failed === 0) failed++;
rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
