/** The import rules of the rooms (docs/architecture.md) as data: any edge that is not listed fails. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const everywhere = ["src/types", "src/plan"];

/** Room -> rooms it may import (itself, src/types and src/plan are always allowed, but for the two waists). */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "src/types": [],
  "src/plan": ["src/types"],
  "src/native": ["src/types"],
  // A Lua machine of its own: knows no key and no command.
  "src/lua": [],
  "src/catalog": ["src/native"],
  "src/functions": ["src/native", "src/catalog"],
  // Its relations (redis.keys, …) are described as the catalog describes system relations.
  "src/keyspace": ["src/native", "src/catalog", "src/functions"],
  "src/execution": ["src/native", "src/catalog", "src/functions"],
  "src/optimizer": ["src/native", "src/catalog", "src/functions", "src/execution"],
  "src/engine": ["src/native", "src/catalog", "src/functions", "src/keyspace", "src/execution", "src/optimizer"],
  sql: ["src/catalog", "src/functions", "src/engine", "src/execution"],
  "protocols/pgwire": ["src/engine", "sql"],
  "protocols/resp": ["src/engine", "src/keyspace", "src/lua", "src/native"],
  "protocols/server": ["src/engine", "src/native", "protocols/pgwire", "protocols/resp"],
};

function roomOf(file: string): string | undefined {
  const path = relative(root, file).replaceAll("\\", "/");
  return Object.keys(allowed).find((room) => path.startsWith(`${room}/`));
}

function below(folder: string, pattern: RegExp): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^build/.test(entry.name) ? [] : below(path, pattern);
    return pattern.test(entry.name) ? [path] : [];
  });
}

function importsOf(file: string): string[] {
  return [...readFileSync(file, "utf8").matchAll(/(?:^|\n)\s*(?:import|export)\b[^;]*?from\s+"([^"]+)"|import\(\s*"([^"]+)"\s*\)/g)].map(
    (m) => (m[1] ?? m[2]) as string,
  );
}

const files = ["src", "sql", "protocols"].flatMap((folder) => below(join(root, folder), /(?<!\.test)\.ts$/));

test("a room imports only the rooms it may know", () => {
  const violations: string[] = [];
  for (const file of files) {
    const room = roomOf(file);
    if (room === undefined) continue; // composition roots: src/main.ts, src/index.ts, src/cli
    for (const target of importsOf(file)) {
      if (!target.startsWith(".")) continue;
      const targetRoom = roomOf(resolve(dirname(file), target));
      if (targetRoom === room) continue;
      const rules = [...(allowed[room] ?? []), ...(room === "src/types" || room === "src/plan" ? [] : everywhere)];
      if (targetRoom === undefined || !rules.includes(targetRoom)) violations.push(`${relative(root, file)} imports ${target}`);
    }
  }
  expect(violations).toEqual([]);
});

test("sockets are opened only in protocols/server, the addon's binary only in src/native", () => {
  const violations: string[] = [];
  for (const file of files) {
    for (const target of importsOf(file)) {
      if (/^node:(net|tls|http|dgram)$/.test(target) && roomOf(file) !== "protocols/server")
        violations.push(`${relative(root, file)} imports ${target}`);
    }
    if (readFileSync(file, "utf8").includes("orrery.node") && roomOf(file) !== "src/native")
      violations.push(`${relative(root, file)} names the addon's binary`);
  }
  expect(violations).toEqual([]);
});

test("native rooms include only what they may know", () => {
  const violations: string[] = [];
  const native = join(root, "native");
  for (const file of below(native, /\.(h|cc)$/)) {
    const path = relative(native, file);
    for (const [, include = ""] of readFileSync(file, "utf8").matchAll(/^#include\s+[<"]([^">]+)[">]/gm)) {
      if (/^(napi|node_api|uv)\b/.test(include) && !path.startsWith("binding/")) violations.push(`${path} includes ${include}`);
      if (path.startsWith("kernels/") && /(storage|index|keyspace|exec|binding)\//.test(include))
        violations.push(`${path} includes ${include}`);
      if (path.startsWith("storage/") && /(keyspace|exec|binding)\//.test(include)) violations.push(`${path} includes ${include}`);
    }
  }
  expect(violations).toEqual([]);
});
