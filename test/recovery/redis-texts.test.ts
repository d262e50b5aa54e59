/** What stands beside the keys survives kill -9 and a checkpoint: users, function libraries, saved settings. */
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { startOrrery } from "../support/processes.js";

test("users, functions and settings are there after kill -9, from the log and from a checkpoint", async () => {
  let server = await startOrrery({ keepFolder: true });
  const { folder } = server;
  const check = async (redis: Redis) => {
    expect(await redis.call("ACL", "GETUSER", "reader")).toContain("-@all +@read");
    expect(await redis.call("FCALL", "twice", "0", "21")).toBe(42);
    expect(await redis.config("GET", "slowlog-max-len")).toEqual(["slowlog-max-len", "77"]);
    expect(await redis.call("ACL", "USERS")).toEqual(["default", "reader"]);
  };
  let redis = new Redis({ port: server.redisPort });
  await redis.config("SET", "appendfsync", "always");
  await redis.call("ACL", "SETUSER", "reader", "on", ">secret", "+@read", "~*");
  await redis.call("ACL", "SETUSER", "gone", "on");
  await redis.call("ACL", "DELUSER", "gone");
  await redis.call("FUNCTION", "LOAD", "#!lua name=math2\nredis.register_function('twice', function(_, args) return args[1] * 2 end)");
  await redis.config("SET", "slowlog-max-len", "77");
  await redis.config("REWRITE");
  await redis.set("k", "v"); // durable before its reply, and all before it
  await server.kill();
  redis.disconnect();

  server = await startOrrery({ folder, keepFolder: true });
  redis = new Redis({ port: server.redisPort });
  await check(redis);
  await redis.save();
  await server.kill();
  redis.disconnect();

  server = await startOrrery({ folder });
  redis = new Redis({ port: server.redisPort });
  await check(redis);
  redis.disconnect();
  await server.stop();
}, 60_000);
