/**
 * redis.get, redis.set, …: Redis commands as SQL functions on the transaction's own view of database 0. They commit and roll back with it.
 *
 * The composition root defines them in the function registry. A key that another open transaction holds makes the statement wait.
 */
import type { Engine, NativeAddon } from "../native/addon.js";
import { StatusCode } from "../native/status.js";
import { type Datum, DbError, type FunctionSignature, type Oid, readOnlyTransaction, TypeOid } from "../types/index.js";
import { commandTable, nativeCommands } from "./command-table.js";
import { parseReply, type RespValue } from "./resp-reply.js";

/** What a body needs of the running statement: the engine's service "transaction". */
interface StatementServices {
  service<T>(name: string): T;
}
interface TransactionService {
  readonly engine: Engine;
  readonly xid: number;
  readonly readOnly: boolean;
}

export interface KeyFunctionOptions {
  readonly native: Pick<NativeAddon, "keyspace" | "engine">;
  /** Throws what makes the statement wait for that transaction and start again. */
  readonly wait: (xid: number) => never;
}
export interface KeyFunction {
  readonly signature: FunctionSignature;
  readonly body: (context: StatementServices, ...args: never[]) => Datum;
}

type Kind = "text" | "int8" | "float8" | "bool";
const types: Readonly<Record<Kind, Oid>> = { text: TypeOid.text, int8: TypeOid.int8, float8: TypeOid.float8, bool: TypeOid.bool };

/** SQL name, argument types, result type; the command's words: a number stands for an argument. */
const definitions: readonly (readonly [string, readonly Kind[], Kind, readonly (string | number)[]])[] = [
  ["get", ["text"], "text", ["get", 0]],
  ["set", ["text", "text"], "text", ["set", 0, 1]],
  ["set", ["text", "text", "int8"], "text", ["set", 0, 1, "EX", 2]],
  ["setnx", ["text", "text"], "bool", ["setnx", 0, 1]],
  ["getset", ["text", "text"], "text", ["getset", 0, 1]],
  ["getdel", ["text"], "text", ["getdel", 0]],
  ["append", ["text", "text"], "int8", ["append", 0, 1]],
  ["strlen", ["text"], "int8", ["strlen", 0]],
  ["incr", ["text"], "int8", ["incr", 0]],
  ["incrby", ["text", "int8"], "int8", ["incrby", 0, 1]],
  ["decr", ["text"], "int8", ["decr", 0]],
  ["decrby", ["text", "int8"], "int8", ["decrby", 0, 1]],
  ["del", ["text"], "int8", ["del", 0]],
  ["exists", ["text"], "bool", ["exists", 0]],
  ["type", ["text"], "text", ["type", 0]],
  ["rename", ["text", "text"], "text", ["rename", 0, 1]],
  ["expire", ["text", "int8"], "bool", ["expire", 0, 1]],
  ["pexpire", ["text", "int8"], "bool", ["pexpire", 0, 1]],
  ["persist", ["text"], "bool", ["persist", 0]],
  ["ttl", ["text"], "int8", ["ttl", 0]],
  ["pttl", ["text"], "int8", ["pttl", 0]],
  ["hset", ["text", "text", "text"], "int8", ["hset", 0, 1, 2]],
  ["hget", ["text", "text"], "text", ["hget", 0, 1]],
  ["hdel", ["text", "text"], "int8", ["hdel", 0, 1]],
  ["hexists", ["text", "text"], "bool", ["hexists", 0, 1]],
  ["hlen", ["text"], "int8", ["hlen", 0]],
  ["hincrby", ["text", "text", "int8"], "int8", ["hincrby", 0, 1, 2]],
  ["lpush", ["text", "text"], "int8", ["lpush", 0, 1]],
  ["rpush", ["text", "text"], "int8", ["rpush", 0, 1]],
  ["lpop", ["text"], "text", ["lpop", 0]],
  ["rpop", ["text"], "text", ["rpop", 0]],
  ["llen", ["text"], "int8", ["llen", 0]],
  ["lindex", ["text", "int8"], "text", ["lindex", 0, 1]],
  ["sadd", ["text", "text"], "int8", ["sadd", 0, 1]],
  ["srem", ["text", "text"], "int8", ["srem", 0, 1]],
  ["sismember", ["text", "text"], "bool", ["sismember", 0, 1]],
  ["scard", ["text"], "int8", ["scard", 0]],
  ["zadd", ["text", "float8", "text"], "int8", ["zadd", 0, 1, 2]],
  ["zrem", ["text", "text"], "int8", ["zrem", 0, 1]],
  ["zscore", ["text", "text"], "float8", ["zscore", 0, 1]],
  ["zincrby", ["text", "float8", "text"], "float8", ["zincrby", 0, 1, 2]],
  ["zcard", ["text"], "int8", ["zcard", 0]],
  ["zrank", ["text", "text"], "int8", ["zrank", 0, 1]],
  ["xadd", ["text", "text", "text"], "text", ["xadd", 0, "*", 1, 2]],
  ["xlen", ["text"], "int8", ["xlen", 0]],
  ["xdel", ["text", "text"], "int8", ["xdel", 0, 1]],
  ["pfadd", ["text", "text"], "bool", ["pfadd", 0, 1]],
  ["pfcount", ["text"], "int8", ["pfcount", 0]],
  ["geodist", ["text", "text", "text"], "float8", ["geodist", 0, 1, 2]],
];

/** OIDs 15500 and up are these functions', in the order of `definitions`: append only. */
const firstOid = 15500;

export function keyFunctions(options: KeyFunctionOptions): readonly KeyFunction[] {
  options.native.keyspace.defineCommands(nativeCommands());
  return definitions.map(([name, argTypes, result, command], i) => ({
    signature: {
      id: `redis.${name}(${argTypes.join(",")})`,
      oid: firstOid + i,
      schema: "redis",
      name,
      argTypes: argTypes.map((t) => types[t]),
      returnType: types[result],
      kind: "function",
      strict: true,
      volatility: "volatile",
    },
    body: (context: StatementServices, ...args: Datum[]) =>
      convert(
        runInTransaction(
          options,
          context,
          command.map((w) => (typeof w === "number" ? argument(args[w] as Datum) : w)),
        ),
        result,
      ),
  }));
}

function argument(value: Datum): string {
  if (value === Number.POSITIVE_INFINITY) return "inf";
  if (value === Number.NEGATIVE_INFINITY) return "-inf";
  return String(value);
}

function runInTransaction(options: KeyFunctionOptions, context: StatementServices, args: readonly string[]): RespValue {
  const { engine, xid, readOnly } = context.service<TransactionService>("transaction");
  if (readOnly && commandTable.get(args[0] as string)?.flags.includes("write")) throw readOnlyTransaction(`redis.${args[0]}()`);
  const reply = options.native.keyspace.execInTransaction(engine, xid, args);
  if (typeof reply !== "number") return parseReply(Buffer.from(reply.buffer, reply.byteOffset, reply.byteLength));
  const error = options.native.engine.lastError(engine);
  if (reply === StatusCode.wait) return options.wait(error.detail);
  throw new DbError({ sqlstate: "0A000", message: error.message });
}

function convert(value: RespValue, kind: Kind): Datum {
  if (value === null || Array.isArray(value)) return null;
  if (kind === "bool") return value === 1;
  if (kind === "float8") return value === "inf" ? Number.POSITIVE_INFINITY : value === "-inf" ? Number.NEGATIVE_INFINITY : Number(value);
  if (kind === "int8") return Number(value);
  return String(value);
}
