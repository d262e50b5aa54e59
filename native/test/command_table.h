// command_table.h: the commands that the C++ tests run. There is one table in a process and the first definition stays, so every test defines this one.
#pragma once
#include <vector>

#include "../keyspace/executor.h"

namespace orrery::test {

inline void define_test_commands() {
  std::vector<keyspace::Command> commands;
  const auto add = [&](const char* name, int arity, std::uint32_t flags, keyspace::KeyPositions keys) { commands.push_back({name, arity, flags, keys, keyspace::CommandTable::body_named(name)}); };
  for (const char* name : {"get", "lrange", "zrange", "hgetall", "smembers", "ttl", "exists", "zscore", "hlen", "hget", "httl", "hpttl", "hpexpiretime"}) add(name, -2, 0, {1, 1, 1, 0});
  for (const char* name : {"set", "append", "incr", "incrbyfloat", "setrange", "setbit", "lpush", "rpush", "lpop", "rpop", "lset", "linsert", "lrem", "ltrim", "hset", "hdel", "hincrby",
                           "hexpire", "hpexpire", "hpexpireat", "hpersist", "restore", "vadd", "vrem", "vsetattr", "hgetdel", "hgetex", "hsetex",
                           "xadd", "xdel", "xtrim", "sadd", "srem", "spop", "zadd", "zincrby", "zrem", "zpopmin", "zremrangebyrank", "pexpire", "persist", "getdel"})
    add(name, -2, keyspace::kWrite, {1, 1, 1, 0});
  add("xgroup", -2, keyspace::kWrite, {2, 2, 1, 0});
  for (const char* name : {"rename", "copy", "smove", "lmove"}) add(name, -3, keyspace::kWrite, {1, 2, 1, 0});
  for (const char* name : {"sunionstore", "sinterstore", "sdiffstore"}) add(name, -3, keyspace::kWrite, {1, -1, 1, 0});
  add("mset", -3, keyspace::kWrite, {1, -1, 2, 0});
  add("del", -2, keyspace::kWrite, {1, -1, 1, 0});
  for (const char* name : {"zunionstore", "zinterstore", "zdiffstore"}) add(name, -4, keyspace::kWrite, {1, 1, 1, 2});
  for (const char* name : {"flushdb", "swapdb"}) add(name, -1, keyspace::kWrite | keyspace::kAllShards, {});
  add("dbsize", 1, keyspace::kAllShards, {});
  add("select", 2, 0, {});
  for (const char* name : {"eval", "evalsha"}) add(name, -3, 0, {});
  keyspace::CommandTable::instance().define(std::move(commands));
}

}  // namespace orrery::test
