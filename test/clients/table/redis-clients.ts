/** Redis clients of npm and of Debian. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exerciseBullmq } from "../bullmq-exercise.js";
import { type Client, debianVersion, output, programs, python, runTests, succeeds, tested, versionOf } from "./client.js";

const bullmqJobs = Number(process.env.ORRERY_BULLMQ_JOBS ?? 10_000);

const program = (name: string, exercised: string, isInstalled: () => boolean, command: string, file: string): Client => ({
  name,
  exercised,
  isInstalled,
  run: async (port) => ({ version: output(command, join(programs, file), String(port)) }),
});

export const redisClients: readonly Client[] = [
  tested(
    "ioredis",
    "RESP2 and 3, pipelines, transactions, scripts, streams, publish/subscribe, blocking commands",
    "test/clients/redis-clients.test.ts",
  ),
  tested("redis", "node-redis: the same", "test/clients/redis-clients.test.ts"),
  {
    name: "bullmq",
    exercised: `${bullmqJobs} jobs with retries, delays and priorities, flows, repeatable jobs, pausing, events`,
    isInstalled: () => true,
    run: async (port) => ({ version: versionOf("bullmq"), note: `${Math.round(await exerciseBullmq(port, bullmqJobs))} jobs/s` }),
  },
  {
    name: "redis-tools",
    exercised: "redis-cli's special modes, redis-benchmark",
    isInstalled: () => succeeds("redis-cli", "--version"),
    run: async () => {
      runTests("test/clients/redis-cli.test.ts");
      return { version: output("redis-cli", "--version").split(" ")[1] ?? "" };
    },
  },
  program(
    "python3-redis",
    "pipelines, WATCH in threads, scripts, publish/subscribe, blocking pops, streams, locks, geo",
    () => succeeds(python, "-c", "import redis"),
    python,
    "redis_py.py",
  ),
  program(
    "python3-rq",
    "300 jobs with retries and a dependency through a worker",
    () => succeeds(python, "-c", "import rq"),
    python,
    "python_rq.py",
  ),
  program(
    "python3-celery",
    "200 tasks with retries, a delay, a chain and a chord through a worker",
    () => succeeds(python, "-c", "import celery"),
    python,
    "python_celery.py",
  ),
  {
    name: "libhiredis-dev",
    exercised: "10,000 pipelined commands, binary values, errors, transactions, a subscription",
    isInstalled: () => succeeds("pkg-config", "--exists", "hiredis") || succeeds("test", "-e", "/usr/include/hiredis/hiredis.h"),
    run: async (port) => {
      const folder = mkdtempSync(join(tmpdir(), "orrery-hiredis-"));
      try {
        output("cc", "-o", join(folder, "client"), join(programs, "hiredis.c"), "-lhiredis");
        return { version: output(join(folder, "client"), String(port)) };
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  },
  program(
    "ruby-redis",
    "pipelines, WATCH, scripts, streams, SCAN, blocking pops, publish/subscribe",
    () => succeeds("ruby", "-e", "require 'redis'"),
    "ruby",
    "redis_ruby.rb",
  ),
  program(
    "php-redis",
    "pipelines, WATCH, scripts, streams, SCAN, serialized values, DUMP and RESTORE",
    () => succeeds("php", "-r", "exit(class_exists('Redis') ? 0 : 1);"),
    "php",
    "redis_php.php",
  ),
  program(
    "libredis-perl",
    "pipelines by callbacks, transactions, scripts, publish/subscribe",
    () => succeeds("perl", "-MRedis", "-e", "1"),
    "perl",
    "redis_perl.pl",
  ),
  {
    name: "golang-github-gomodule-redigo-dev",
    exercised: "a pool used by 8 goroutines, pipelines, transactions, scripts, publish/subscribe",
    isInstalled: () => succeeds("go", "version") && succeeds("test", "-d", "/usr/share/gocode/src/github.com/gomodule/redigo"),
    run: async (port) => {
      output("go", "run", join(programs, "redigo.go"), String(port));
      return { version: debianVersion("golang-github-gomodule-redigo-dev") };
    },
  },
];
