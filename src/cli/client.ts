/** `orrery sql` and `orrery redis`: the clients people have, pointed at the right place. */
import { spawnSync } from "node:child_process";
import { open } from "../index.js";

export async function sql(statement: string | undefined, options: Readonly<Record<string, string>>): Promise<void> {
  if (options.data === undefined) {
    const target = ["-h", options.host as string, "-p", options.pgPort as string, "-U", "postgres"];
    return runClient("psql", statement === undefined ? target : [...target, "-c", statement]);
  }
  const db = await open(options.data);
  try {
    const result = await db.query(statement ?? (await readStandardInput()));
    if (result.columns.length > 0) console.table(result.rows);
    else console.log(result.command);
  } finally {
    await db.close();
  }
}

export async function redis(command: readonly string[], options: Readonly<Record<string, string>>): Promise<void> {
  runClient("redis-cli", ["-h", options.host as string, "-p", options.redisPort as string, ...command]);
}

function runClient(name: string, args: readonly string[]): void {
  const result = spawnSync(name, args, { stdio: "inherit" });
  if (result.error) {
    process.stderr.write(`orrery: ${name} is not installed; it comes with ${name === "psql" ? "postgresql-client" : "redis-tools"}\n`);
    process.exitCode = 1;
  } else process.exitCode = result.status ?? 1;
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
