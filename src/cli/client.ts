/** `orrery sql` and `orrery redis`: the clients people have, pointed at the right place. */
import { spawnSync } from "node:child_process";

export function sql(statement: string | undefined, options: Readonly<Record<string, string>>): void {
  const target = ["-h", options.host as string, "-p", options.pgPort as string, "-U", "postgres"];
  runClient("psql", statement === undefined ? target : [...target, "-c", statement]);
}

export function redis(command: readonly string[], options: Readonly<Record<string, string>>): void {
  runClient("redis-cli", ["-h", options.host as string, "-p", options.redisPort as string, ...command]);
}

function runClient(name: string, args: readonly string[]): void {
  const result = spawnSync(name, args, { stdio: "inherit" });
  if (result.error) {
    process.stderr.write(`orrery: ${name} is not installed; it comes with ${name === "psql" ? "postgresql-client" : "redis-tools"}\n`);
    process.exitCode = 1;
  } else process.exitCode = result.status ?? 1;
}
