import { spawn } from "node:child_process";

/** Runs a command to its end and returns its standard output; throws with its errors when it fails. */
export function output(command: string, args: readonly string[], input?: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    const out: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
    child.once("error", (error) => reject(new Error(`${command} could not run: ${error.message}`)));
    child.once("close", (code) => {
      const text = Buffer.concat(out).toString();
      if (code === 0) resolve(text);
      else reject(new Error(`${command} ended with code ${code}: ${Buffer.concat(errors)}${text}`));
    });
    child.stdin.end(input);
  });
}

export const psql = (port: number, sql: string) =>
  output(
    "psql",
    ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "-d", "postgres", "-At", "-f", "-"],
    sql,
  );

/** Transactions per second of a pgbench run without connection time. */
export async function pgbench(port: number, args: readonly string[]): Promise<number> {
  const text = await output("/usr/lib/postgresql/15/bin/pgbench", [
    "-n",
    "-h",
    "127.0.0.1",
    "-p",
    String(port),
    "-U",
    "postgres",
    ...args,
    "postgres",
  ]);
  const match = /tps = ([\d.]+) \(without initial connection time\)/.exec(text);
  const failed = /number of failed transactions: ([1-9]\d*)/.exec(text);
  if (!match || failed) throw new Error(`pgbench failed: ${text}`);
  return Number(match[1]);
}
