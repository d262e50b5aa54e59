/**
 * The Redis command table: the single description of every command. Arity errors, COMMAND, the split between native bodies and
 * TypeScript, and which commands are refused by name all come from here.
 *
 * Facts of Redis 7.0 (name, arity, flags, key positions, ACL categories, group, since) are rows of data; `native` below names what the
 * addon runs (its bodies are checked against this list when it is defined); what is in neither `native` nor `handled` is refused.
 */
import type { NativeCommand } from "../native/keyspace.js";
import { dataCommands } from "./command-table-data.js";
import { refusedCommands } from "./command-table-refused.js";
import { serverCommands } from "./command-table-server.js";
import { structureCommands } from "./command-table-structures.js";

/** name (subcommands as "config|get"), arity (negative: at least), flags, first key, last key, step, categories, group, since. */
export type CommandRow = readonly [string, number, string, number, number, number, string, string, string];

export interface CommandDescription {
  readonly name: string;
  readonly arity: number;
  readonly flags: readonly string[];
  readonly firstKey: number;
  readonly lastKey: number;
  readonly keyStep: number;
  /** Argument that tells how many keys follow it; 0 = none. */
  readonly keyCountAt: number;
  readonly categories: readonly string[];
  readonly group: string;
  readonly since: string;
  /** Place in `nativeCommands`. */
  readonly index: number;
  readonly runs: "native" | "typescript" | "refused";
}

const words = (text: string) => text.split(/\s+/).filter((w) => w !== "");

/** Run by native/keyspace's bodies. */
const native = new Set(
  words(`
  get set setnx setex psetex getset getdel getex mget mset msetnx append strlen incr decr incrby decrby incrbyfloat setrange getrange substr
  setbit getbit bitcount bitpos bitop
  del unlink exists touch type rename renamenx copy move randomkey keys scan dbsize flushdb flushall swapdb object memory
  expire pexpire expireat pexpireat ttl pttl expiretime pexpiretime persist
  lpush rpush lpushx rpushx lpop rpop llen lindex lset linsert lrange lrem ltrim lpos lmove rpoplpush lmpop
  hset hsetnx hmset hget hmget hgetall hkeys hvals hlen hexists hdel hincrby hincrbyfloat hstrlen hrandfield hscan
  hexpire hpexpire hexpireat hpexpireat httl hpttl hexpiretime hpexpiretime hpersist hgetdel hgetex hsetex
  sadd srem smembers sismember smismember scard spop srandmember smove sinter sinterstore sintercard sunion sunionstore sdiff sdiffstore sscan
  zadd zincrby zrem zscore zmscore zcard zcount zlexcount zrank zrevrank zrange zrevrange zrangebyscore zrevrangebyscore zrangebylex
  zrevrangebylex zrangestore zremrangebyrank zremrangebyscore zremrangebylex zpopmin zpopmax zmpop zrandmember zscan
  zunion zinter zdiff zunionstore zinterstore zdiffstore zintercard
  sort sort_ro ping echo select
  xadd xtrim xlen xdel xrange xrevrange xsetid xread xreadgroup xgroup xack xpending xclaim xautoclaim xinfo
  bitfield bitfield_ro lcs pfadd pfcount pfmerge pfdebug pfselftest geoadd geohash geopos geodist georadius georadius_ro georadiusbymember
  georadiusbymember_ro geosearch geosearchstore dump restore restore-asking debug
  vadd vcard vdim vemb vgetattr vinfo vismember vlinks vrandmember vrange vrem vsetattr vsim
`),
);

/** Run by protocols/resp's handlers. */
const handled = new Set(
  words(`
  auth hello quit reset client command config info time lastsave save bgsave bgrewriteaof shutdown debug lolwut wait role
  multi exec discard watch unwatch subscribe unsubscribe psubscribe punsubscribe publish pubsub ssubscribe sunsubscribe spublish
  object|help memory|help
  acl monitor slowlog latency module failover replicaof slaveof replconf psync sync migrate cluster readonly readwrite asking
  eval eval_ro evalsha evalsha_ro script fcall fcall_ro function
  blpop brpop blmove brpoplpush blmpop bzpopmin bzpopmax bzmpop
`),
);

/** Commands whose number of keys is an argument: where it stands. */
const keyCountAt: Readonly<Record<string, number>> = {
  lmpop: 1,
  zmpop: 1,
  blmpop: 2,
  bzmpop: 2,
  sintercard: 1,
  zintercard: 1,
  zunion: 1,
  zinter: 1,
  zdiff: 1,
  zunionstore: 2,
  zinterstore: 2,
  zdiffstore: 2,
};
/** Containers whose subcommands' key stands at the same place. */
const containerKey: Readonly<Record<string, number>> = { object: 2, memory: 2, xgroup: 2, xinfo: 2 };
/** Look at keys that their arguments do not name. */
const wholeDictionary = new Set(words("keys scan dbsize randomkey flushdb flushall swapdb sort sort_ro georadius georadiusbymember debug"));
/** Keys are the first half of what follows the word STREAMS. */
const keysAfterStreams = new Set(["xread", "xreadgroup"]);
/** Containers with a subcommand that writes. */
const writingContainers = new Set(["xgroup"]);
/** Ask about keys: not a use that eviction counts. */
const untouching = new Set(words("exists type ttl pttl expiretime pexpiretime object memory debug"));
const withoutKeys = new Set(words("ping echo select pfselftest"));

function describe(row: CommandRow, index: number): CommandDescription {
  const [name, arity, flags, firstKey, lastKey, keyStep, categories, group, since] = row;
  const key = containerKey[name];
  return {
    name,
    arity,
    flags: words(flags),
    firstKey: key ?? firstKey,
    lastKey: key ?? lastKey,
    keyStep: key === undefined ? keyStep : 1,
    keyCountAt: keyCountAt[name] ?? 0,
    categories: words(categories),
    group,
    since,
    index,
    runs:
      native.has(name) || native.has(name.split("|")[0] as string)
        ? "native"
        : handled.has(name) || handled.has(name.split("|")[0] as string)
          ? "typescript"
          : "refused",
  };
}

const all = [...dataCommands, ...structureCommands, ...serverCommands, ...refusedCommands].map(describe);

/** Top-level commands by lower-case name. */
export const commandTable: ReadonlyMap<string, CommandDescription> = new Map(
  all.filter((c) => !c.name.includes("|")).map((c) => [c.name, c]),
);
/** Subcommands of later versions of Redis that clients send to any server: they run, and COMMAND, which tells of 7.0, does not name them. */
export const laterSubcommands: ReadonlyMap<string, CommandDescription> = new Map(
  (
    [
      ["client|setinfo", 4, "noscript loading stale", 0, 0, 0, "slow connection", "connection", "7.2.0"],
      ["client|no-touch", 3, "noscript loading stale", 0, 0, 0, "slow connection", "connection", "7.2.0"],
    ] as const
  ).map((row) => [row[0], describe(row, (commandTable.get("client") as CommandDescription).index)]),
);

/** Subcommands by "container|name". */
export const subcommandTable: ReadonlyMap<string, CommandDescription> = new Map(
  all.filter((c) => c.name.includes("|")).map((c) => [c.name, c]),
);

/** Every command and subcommand, in the order of their statistics' indexes. */
export function nativeCommands(): NativeCommand[] {
  return all.map((c) => ({
    native: c.runs === "native" && !c.name.includes("|"),
    name: c.name,
    arity: c.arity,
    flags:
      (c.flags.includes("write") || writingContainers.has(c.name) ? 1 : 0) |
      (wholeDictionary.has(c.name) ? 2 : 0) |
      (withoutKeys.has(c.name) ? 4 : 0) |
      (c.flags.includes("denyoom") ? 8 : 0) |
      (c.flags.includes("readonly") ? 16 : 0) |
      (c.flags.includes("fast") ? 32 : 0) |
      (keysAfterStreams.has(c.name) ? 64 : 0) |
      (untouching.has(c.name) ? 128 : 0),
    firstKey: c.firstKey,
    lastKey: c.lastKey,
    keyStep: Math.max(c.keyStep, 1),
    keyCountAt: c.keyCountAt,
  }));
}

/** Positions of the key arguments of a whole command (args[0] is its name). */
export function keyPositions(command: CommandDescription, args: readonly Uint8Array[]): number[] {
  const out: number[] = [];
  if (command.firstKey > 0) {
    const last = command.lastKey < 0 ? args.length + command.lastKey : command.lastKey;
    for (let i = command.firstKey; i <= last && i < args.length; i += Math.max(command.keyStep, 1)) out.push(i);
  }
  if (command.keyCountAt > 0 && command.keyCountAt < args.length) {
    const count = Number(Buffer.from(args[command.keyCountAt] as Uint8Array).toString("latin1"));
    if (Number.isInteger(count) && count > 0 && command.keyCountAt + count < args.length)
      for (let i = 0; i < count; i++) out.push(command.keyCountAt + 1 + i);
  }
  if (keysAfterStreams.has(command.name)) {
    const start = args.findIndex((a, i) => i > 0 && Buffer.from(a).toString("latin1").toLowerCase() === "streams") + 1;
    if (start > 0) for (let i = 0; i < Math.floor((args.length - start) / 2); i++) out.push(start + i);
  }
  return out;
}
