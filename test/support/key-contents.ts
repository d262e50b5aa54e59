/** Everything that a Redis server holds, in a form that two servers can be compared by. */
import type { Redis } from "ioredis";

const sorted = (values: readonly unknown[]) => values.map((v) => JSON.stringify(v)).sort();
const pairs = (flat: readonly string[]) => flat.flatMap((v, i) => (i % 2 === 0 ? [[v, flat[i + 1]]] : []));

/** XINFO STREAM FULL without what two servers may see differently: memory's shape, and when a consumer was last seen. */
function streamFacts(flat: readonly unknown[]): unknown {
  const skipped = new Set(["radix-tree-keys", "radix-tree-nodes", "seen-time", "active-time"]);
  const visit = (value: unknown): unknown => {
    if (!Array.isArray(value)) return value;
    const out: unknown[] = [];
    for (let i = 0; i < value.length; i++) {
      if (typeof value[i] === "string" && skipped.has(value[i])) i++;
      else out.push(visit(value[i]));
    }
    return out;
  };
  return visit(flat);
}

async function contentOf(client: Redis, key: string, type: string): Promise<unknown> {
  switch (type) {
    case "string":
      return (await client.getBuffer(key))?.toString("latin1");
    case "list":
      return client.lrange(key, 0, -1);
    case "set":
      return sorted(await client.smembers(key));
    case "zset":
      return client.call("ZRANGE", key, "0", "-1", "WITHSCORES");
    case "hash":
      return sorted(pairs((await client.call("HGETALL", key)) as string[]));
    case "stream":
      return streamFacts((await client.call("XINFO", "STREAM", key, "FULL", "COUNT", "0")) as unknown[]);
    default:
      return null;
  }
}

export type Contents = Record<string, { readonly type: string; readonly deadline: number; readonly content: unknown }>;

export async function contents(client: Redis, databases: readonly number[] = [0, 1]): Promise<Contents> {
  const all: Contents = {};
  for (const db of databases) {
    await client.select(db);
    for (const key of (await client.keys("*")).sort()) {
      const type = await client.type(key);
      if (type === "none") continue;
      all[`${db}:${key}`] = { type, deadline: Number(await client.call("PEXPIRETIME", key)), content: await contentOf(client, key, type) };
    }
  }
  return all;
}

/** Each key of `from` through DUMP into the empty server `to`; then both are asked for the digest of each value. Returns keys that differ. */
export async function differingDumps(from: Redis, to: Redis, judge: Redis, databases: readonly number[] = [0, 1]): Promise<string[]> {
  const differing: string[] = [];
  for (const db of databases) {
    await Promise.all([from.select(db), to.select(db), judge.select(db)]);
    for (const key of await from.keys("*")) {
      const dump = await from.dumpBuffer(key);
      await to.restore(key, 0, dump, "REPLACE");
      const digest = (client: Redis) => client.call("DEBUG", "DIGEST-VALUE", key);
      const [got, expected] = await Promise.all([digest(to), digest(judge)]);
      if (JSON.stringify(got) !== JSON.stringify(expected)) differing.push(`${db}:${key}`);
    }
  }
  return differing;
}
