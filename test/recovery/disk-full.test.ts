/** A disk that fills up: clients get 53100, the server stops with one clear line, and everything acknowledged is there once there is room. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import type pg from "pg";
import { afterAll, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { startOrrery, temporaryFolder } from "../support/processes.js";

const disk = temporaryFolder("small-disk");
/** Needs the right to mount; where it is missing the native test over the failing file system (log_file_log_test.cc) stands alone. */
const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=16m", "orrery-test", disk]).status === 0;
afterAll(() => {
  if (mounted) spawnSync("umount", [disk]);
  rmSync(disk, { recursive: true, force: true });
});

test.skipIf(!mounted).each([1, 2])("a full disk under %i threads", { timeout: 60_000 }, async (threads) => {
  const folder = join(disk, `data-${threads}`);
  mkdirSync(folder);
  const flags = ["--appendfsync", "always", "--threads", String(threads)];
  const server = await startOrrery({ folder, flags, keepFolder: true });
  const ended = new Promise<number | null>((resolve) => server.process.once("exit", (code) => resolve(code)));
  const clients = await Promise.all([connectPg(server.port), connectPg(server.port)]);
  await clients[0]?.query("create table big (id int, side int, body text)");
  const redises = [1, 2].map(() => new Redis({ port: server.redisPort, retryStrategy: () => null, enableOfflineQueue: true }));
  for (const redis of redises) redis.on("error", () => {});
  // The server may say it between two queries: the next one then finds the connection ended.
  const saidAtRest = new Map<pg.Client, string | undefined>();
  for (const client of clients)
    client.on("error", (error) => {
      if (!saidAtRest.has(client)) saidAtRest.set(client, (error as pg.DatabaseError).code);
    });
  const rows = new Set<number>();
  const keys = new Set<string>();
  const failures: (string | undefined)[] = [];
  const replies: string[] = [];
  let next = 0;
  const writeRows = async (client: pg.Client) => {
    for (;;) {
      const id = ++next;
      try {
        await client.query("insert into big select $1, side, repeat($2, 5000) from generate_series(1, 2) side", [id, `text ${id} `]);
        rows.add(id);
      } catch (error) {
        failures.push((error as pg.DatabaseError).code ?? saidAtRest.get(client) ?? String(error));
        return;
      }
    }
  };
  const writeKeys = async (redis: Redis, name: number) => {
    for (let i = 0; ; i++) {
      const key = `key:${name}:${i}`;
      try {
        await redis.set(key, "value ".repeat(1000));
        keys.add(key);
      } catch (error) {
        replies.push((error as Error).message);
        return;
      }
    }
  };
  await Promise.all([...clients.map(writeRows), ...redises.map(writeKeys)]);
  expect(await ended).toBe(1);
  expect(rows.size).toBeGreaterThan(10);
  expect(keys.size).toBeGreaterThan(10);
  expect(failures).toEqual(["53100", "53100"]);
  expect(
    replies.every((reply) => /^MISCONF Errors writing to the AOF file: .*No space left on device|closed/.test(reply)),
    String(replies),
  ).toBe(true);
  expect(server.errors().trim().split("\n")).toEqual([
    expect.stringMatching(/^orrery: the log cannot be written \(.*No space left on device.*\): stopping; everything acknowledged is in /),
  ]);

  expect(spawnSync("mount", ["-o", "remount,size=128m", disk]).status).toBe(0);
  const again = await startOrrery({ folder, flags, keepFolder: true });
  try {
    const client = await connectPg(again.port);
    const { rows: found } = await client.query<{ id: number; sides: number; length: number }>(
      "select id, count(*)::int as sides, max(length(body))::int as length from big group by id",
    );
    expect(
      found.every(({ id, sides, length }) => sides === 2 && length === 5000 * `text ${id} `.length),
      "whole rows only",
    ).toBe(true);
    const ids = new Set(found.map(({ id }) => id));
    expect(
      [...rows].filter((id) => !ids.has(id)),
      "acknowledged rows that are missing",
    ).toEqual([]);
    await client.query("insert into big values (0, 0, 'room again')");
    const redis = new Redis({ port: again.redisPort });
    for (const key of keys) expect(await redis.strlen(key), key).toBe(6000);
    redis.disconnect();
    await client.end();
  } finally {
    await again.stop();
    rmSync(folder, { recursive: true, force: true });
    spawnSync("mount", ["-o", "remount,size=16m", disk]);
  }
});
