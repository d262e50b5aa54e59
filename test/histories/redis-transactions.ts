/** Transactions of the keyspace: MULTI, some writes, then every list and register that is in use; EXEC makes it one point in time. */
import { Redis } from "ioredis";
import { type Final, INITIAL, type Operation, type Transaction } from "./history.js";
import { type Draw, oneOf, type Places } from "./places.js";

/** A client of one connection: what it waits for when that breaks is rejected, never sent again. */
export async function openRedis(port: number): Promise<Redis | undefined> {
  const redis = new Redis({ port, lazyConnect: true, retryStrategy: () => null });
  redis.on("error", () => {});
  try {
    await redis.connect();
    return redis;
  } catch {
    redis.disconnect();
    return undefined;
  }
}

export async function runRedisTransaction(redis: Redis, draw: Draw, places: Places): Promise<Transaction> {
  const id = places.nextId();
  const multi = redis.multi();
  /** What each command of the transaction was, made of its reply. */
  const operations: ((reply: unknown) => Operation | undefined)[] = [];
  const sent: Operation[] = [];
  for (let n = draw(3); n > 0; n--) {
    const value = places.nextValue();
    if (draw(2) === 0) {
      const key = places.keyLists.forAppend(draw);
      multi.rpush(key, value);
      sent.push({ kind: "append", key, element: value });
      operations.push(() => ({ kind: "append", key, element: value }));
    } else {
      const key = oneOf(places.keyRegisters, draw);
      const isBlind = draw(2) === 0;
      if (isBlind) multi.set(key, value);
      else multi.set(key, value, "GET");
      sent.push({ kind: "write", key, value });
      operations.push((reply) => ({ kind: "write", key, value, ...(isBlind ? {} : { replaced: register(reply) }) }));
    }
  }
  if (sent.length > 0) {
    multi.rpush(places.witnesses, id);
    operations.push(() => undefined);
  }
  for (const key of places.keyLists.live) {
    multi.lrange(key, 0, -1);
    operations.push((reply) => ({ kind: "elements", key, elements: (reply as string[]).map(Number) }));
  }
  for (const key of places.keyRegisters) {
    multi.get(key);
    operations.push((reply) => ({ kind: "value", key, value: register(reply) }));
  }
  try {
    const replies = (await multi.exec()) ?? [];
    const told = operations.map((operation, i) => operation(replies[i]?.[1])).filter((operation) => operation !== undefined);
    return { id, committed: true, operations: told };
  } catch {
    return { id, committed: "unknown", operations: sent };
  }
}
const register = (reply: unknown): number => (reply === null ? INITIAL : Number(reply));

export async function readKeys(redis: Redis, places: Places): Promise<Final> {
  const list = async (key: string) => (await redis.lrange(key, 0, -1)).map(Number);
  const lists = new Map<string, readonly number[]>();
  for (const key of places.keyLists.all) lists.set(key, await list(key));
  const registers = new Map<string, number>();
  for (const key of places.keyRegisters) registers.set(key, register(await redis.get(key)));
  return { lists, registers, witnesses: new Set(await list(places.witnesses)) };
}
