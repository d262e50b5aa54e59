/** Random Redis writes of every kind on few keys, so that they meet: for replication tests. Errors are part of it. */
import type { Redis } from "ioredis";

type Random = () => number;
type Words = readonly (string | number)[];

const script = `redis.call('INCR', KEYS[1]); redis.call('RPUSH', KEYS[2], ARGV[1]); redis.call('SPOP', KEYS[3]); return redis.call('HINCRBY', KEYS[4], 'n', 1)`;

export function randomWrite(random: Random): Words {
  const below = (n: number) => Math.floor(random() * n);
  const key = (kind: string) => `${kind}:${below(12)}`;
  const value = () => (below(4) === 0 ? "x".repeat(below(300)) : `v${below(1000)}`);
  const member = () => `m${below(40)}`;
  const score = () => (below(5) === 0 ? `${(random() * 1e6 - 5e5).toString()}` : `${below(100)}`);
  const families: readonly (() => Words)[] = [
    () => ["SET", key("s"), value()],
    () => ["SET", key("s"), value(), "PX", 50 + below(800)],
    () => ["SET", key("s"), value(), "KEEPTTL"],
    () => ["SETEX", key("s"), 1, value()],
    () => ["MSET", key("s"), value(), key("s"), value()],
    () => ["INCR", key("n")],
    () => ["INCRBYFLOAT", key("n"), below(100) / 8],
    () => ["APPEND", key("s"), below(3) === 0 ? "" : value()],
    () => ["SETRANGE", key("s"), below(400), value()],
    () => ["SETBIT", key("b"), below(2000), below(2)],
    () => ["BITFIELD", key("b"), "INCRBY", "u8", below(100), below(200)],
    () => ["BITOP", "XOR", key("b"), key("b"), key("b")],
    () => ["GETDEL", key("s")],
    () => ["GETEX", key("s"), "PX", 100 + below(500)],
    () => ["GETEX", key("s"), "PERSIST"],
    () => ["PFADD", key("h"), member(), member()],
    () => ["PFMERGE", key("h"), key("h"), key("h")],
    () => ["RPUSH", key("l"), member(), member(), value()],
    () => ["LPUSH", key("l"), member(), value()],
    () => ["LPOP", key("l"), 1 + below(2)],
    () => ["RPOP", key("l")],
    () => ["LINSERT", key("l"), below(2) === 0 ? "BEFORE" : "AFTER", member(), value()],
    () => ["LREM", key("l"), below(5) - 2, member()],
    () => ["LSET", key("l"), below(6) - 3, value()],
    () => ["LTRIM", key("l"), below(3), -1 - below(3)],
    () => ["LMOVE", key("l"), key("l"), below(2) === 0 ? "LEFT" : "RIGHT", below(2) === 0 ? "LEFT" : "RIGHT"],
    () => ["RPOPLPUSH", key("l"), key("l")],
    () => ["SADD", key("t"), member(), member(), below(3000)],
    () => ["SREM", key("t"), member()],
    () => ["SPOP", key("t"), 1 + below(2)],
    () => ["SMOVE", key("t"), key("t"), member()],
    () => ["SUNIONSTORE", key("t"), key("t"), key("t")],
    () => ["SDIFFSTORE", key("t"), key("t"), key("t")],
    () => ["HSET", key("m"), member(), value(), member(), value()],
    () => ["HDEL", key("m"), member(), member()],
    () => ["HINCRBY", key("m"), "n", below(9)],
    () => ["HINCRBYFLOAT", key("m"), "f", below(9) / 4],
    () => ["ZADD", key("z"), score(), member(), score(), member()],
    () => ["ZADD", key("z"), "INCR", score(), member()],
    () => ["ZREM", key("z"), member()],
    () => ["ZPOPMIN", key("z"), 1 + below(2)],
    () => ["ZRANGESTORE", key("z"), key("z"), 0, 10],
    () => ["ZREMRANGEBYRANK", key("z"), 0, below(3)],
    () => ["ZUNIONSTORE", key("z"), 2, key("z"), key("z")],
    () => ["GEOADD", key("g"), below(170), below(80), member()],
    () => ["GEOSEARCHSTORE", key("g"), key("g"), "FROMLONLAT", 80, 40, "BYRADIUS", 3000, "km"],
    () => ["XADD", key("x"), "*", member(), value()],
    () => ["XADD", key("x"), "MAXLEN", "~", 40, "*", member(), value()],
    () => ["XADD", key("x"), "NOMKSTREAM", "*", member(), value()],
    () => ["XTRIM", key("x"), "MAXLEN", below(20)],
    () => ["XGROUP", "CREATE", key("x"), `g${below(3)}`, below(2) === 0 ? "$" : "0", "MKSTREAM"],
    () => ["XGROUP", "SETID", key("x"), `g${below(3)}`, "0"],
    () => ["XGROUP", "DESTROY", key("x"), `g${below(3)}`],
    () => ["XGROUP", "CREATECONSUMER", key("x"), `g${below(3)}`, `c${below(3)}`],
    () => ["XGROUP", "DELCONSUMER", key("x"), `g${below(3)}`, `c${below(3)}`],
    () => ["XREADGROUP", "GROUP", `g${below(3)}`, `c${below(3)}`, "COUNT", 3, "STREAMS", key("x"), ">"],
    () => ["XREADGROUP", "GROUP", `g${below(3)}`, `c${below(3)}`, "COUNT", 2, "NOACK", "STREAMS", key("x"), ">"],
    () => ["XAUTOCLAIM", key("x"), `g${below(3)}`, `c${below(3)}`, 0, "0", "COUNT", 2],
    () => [
      "EVAL",
      `local e = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 2); if #e > 0 then return redis.call(ARGV[1], KEYS[1], unpack(ARGV[1] == 'XACK' and {ARGV[2], e[1][1]} or {e[1][1]})) end`,
      1,
      key("x"),
      below(2) === 0 ? "XACK" : "XDEL",
      `g${below(3)}`,
    ],
    () => ["EVAL", script, 4, key("n"), key("l"), key("t"), key("m"), value()],
    () => ["EXPIRE", key(["s", "l", "t", "m", "z", "x"][below(6)] as string), below(3)],
    () => ["PEXPIRE", key(["s", "l", "t", "m", "z"][below(5)] as string), 50 + below(900)],
    () => ["PERSIST", key(["s", "l", "t", "m", "z"][below(5)] as string)],
    () => ["DEL", key(["s", "l", "t", "m", "z", "x", "g", "h", "b"][below(9)] as string)],
    () => ["RENAME", key("l"), key("l")],
    () => ["COPY", key("z"), key("z"), "REPLACE"],
    () => ["COPY", key("x"), key("x"), "REPLACE"],
    () => ["COPY", key("m"), key("m"), "DB", below(2), "REPLACE"],
    () => ["MOVE", key("s"), below(2)],
    () => ["SORT", key("l"), "ALPHA", "STORE", key("l")],
    () => ["PUBLISH", "news", value()],
  ];
  if (below(400) === 0) return ["SWAPDB", 0, 1];
  if (below(600) === 0) return ["FLUSHDB"];
  return (families[below(families.length)] as () => Words)();
}

/** Writes until `goesOn` is false; some of it in transactions and in database 1. Returns how many commands were answered. */
export async function writeRandomly(client: Redis, random: Random, goesOn: () => boolean): Promise<number> {
  let answered = 0;
  while (goesOn()) {
    const calls: Promise<unknown>[] = [];
    const call = (words: Words) =>
      calls.push(
        client.call(String(words[0]), ...words.slice(1).map(String)).then(
          () => answered++,
          (error: Error) => {
            if (/^[A-Z]+ /.test(error.message)) answered++;
          },
        ),
      );
    call(["SELECT", random() < 0.2 ? 1 : 0]);
    const inTransaction = random() < 0.3;
    if (inTransaction) call(["MULTI"]);
    for (let i = 0; i < 8; i++) call(randomWrite(random));
    if (inTransaction) call(["EXEC"]);
    await Promise.all(calls);
    if (client.status === "end") break;
  }
  return answered;
}
