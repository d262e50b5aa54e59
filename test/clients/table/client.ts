/** What the table of clients is made of: programs that are started, and rows of docs/compatibility.md. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../support/processes.js";

export interface Client {
  readonly name: string;
  readonly exercised: string;
  /** Whether what it needs is here. */
  readonly isInstalled: () => boolean;
  /** Its version; throws when something does not work. `note` is printed. */
  readonly run: (port: number) => Promise<{ readonly version: string; readonly note?: string }>;
}

/** Debian's, which its packages are for. */
export const python = "/usr/bin/python3";
export const programs = join(repository, "test", "clients", "programs");

export const succeeds = (command: string, ...args: string[]) => spawnSync(command, args, { stdio: "ignore" }).status === 0;
export const output = (command: string, ...args: string[]) =>
  execFileSync(command, args, {
    encoding: "utf8",
    timeout: 240_000,
    maxBuffer: 1 << 26,
    env: { ...process.env, GO111MODULE: "off", GOPATH: "/usr/share/gocode" },
  }).trim();
export const versionOf = (name: string, folder = repository) =>
  (JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")) as { version: string }).version;
export const debianVersion = (name: string) => output("dpkg-query", "-W", "-f=${Version}", name);

/** vitest's files run against their own server. */
export const tested = (name: string, exercised: string, file: string): Client => ({
  name,
  exercised,
  isInstalled: () => true,
  run: async () => {
    runTests(file);
    return { version: versionOf(name) };
  },
});
export function runTests(file: string): void {
  execFileSync(join(repository, "node_modules", ".bin", "vitest"), ["run", file, "--reporter=dot"], {
    cwd: repository,
    timeout: 600_000,
    stdio: "pipe",
  });
}

/** Runs the chosen clients one after the other. */
export async function runClients(
  clients: readonly Client[],
  chosen: readonly string[],
  port: number,
): Promise<{ rows: Map<string, string>; failures: number }> {
  const rows = new Map<string, string>();
  let failures = 0;
  for (const client of clients.filter((c) => chosen.length === 0 || chosen.includes(c.name))) {
    if (!client.isInstalled()) {
      console.log(`${client.name}: not installed, its row stays as it is`);
      continue;
    }
    const started = performance.now();
    const result = await client.run(port).then(
      ({ version, note }) => {
        if (note !== undefined) console.log(`${client.name}: ${note}`);
        return `${version} | ${client.exercised} | works`;
      },
      (error: Error) => {
        failures++;
        console.log(`${client.name}: ${error.message}`);
        return `? | ${client.exercised} | FAILS: ${error.message.split("\n")[0]}`;
      },
    );
    rows.set(client.name, `| ${client.name} | ${result} |`);
    console.log(`${rows.get(client.name)} ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
  return { rows, failures };
}

/** Puts the rows into the table between the marks of `table`; those of clients that did not run stay. */
export function writeTable(table: string, clients: readonly Client[], rows: ReadonlyMap<string, string>): void {
  const file = join(repository, "docs", "compatibility.md");
  const text = readFileSync(file, "utf8");
  const place = new RegExp(`(?<=<!-- ${table}: begin -->\n)[\\s\\S]*(?=<!-- ${table}: end -->)`);
  const known = new Map(
    (place.exec(text)?.[0] ?? "")
      .split("\n")
      .flatMap((line) => (/^\| (\S+) \| .* \|$/.test(line) ? [[line.split(" ")[1] as string, line]] : [])),
  );
  const lines = clients.map((c) => rows.get(c.name) ?? known.get(c.name)).filter((line) => line !== undefined);
  const header = "| Client | Version | Exercised | Result |\n|---|---|---|---|\n";
  writeFileSync(
    file,
    text.replace(place, () => `${header}${lines.join("\n")}\n`),
  );
}
