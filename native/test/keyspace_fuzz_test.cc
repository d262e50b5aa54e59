// Random command lines against the native bodies, and random changes to what RESTORE takes. ORRERY_FUZZ_COMMANDS raises the number of
// command lines (20,000). Under AddressSanitizer any access beyond a value ends the run.
#include <cstdlib>
#include <random>

#include "../keyspace/context.h"
#include "../keyspace/crc64.h"
#include "../keyspace/rdb_value.h"
#include "../keyspace/vector_set.h"
#include "../storage/memory_log.h"
#include "../storage/transaction.h"
#include "check.h"

using namespace orrery;
using namespace orrery::keyspace;

namespace {

struct Fuzzed { const char* name; int arity; };
constexpr Fuzzed kCommands[] = {
    {"append", 3}, {"bitcount", -2}, {"bitfield", -2}, {"bitfield_ro", -2}, {"bitop", -4}, {"bitpos", -3}, {"copy", -3}, {"dbsize", 1}, {"decr", 2},
    {"decrby", 3}, {"del", -2}, {"dump", 2}, {"exists", -2}, {"expire", -3}, {"expireat", -3}, {"expiretime", 2}, {"flushall", -1}, {"flushdb", -1},
    {"geoadd", -5}, {"geodist", -4}, {"geohash", -2}, {"geopos", -2}, {"georadius", -6}, {"georadius_ro", -6}, {"georadiusbymember", -5},
    {"georadiusbymember_ro", -5}, {"geosearch", -7}, {"geosearchstore", -8}, {"get", 2}, {"getbit", 3}, {"getdel", 2}, {"getex", -2},
    {"getrange", 4}, {"getset", 3}, {"hdel", -3}, {"hexists", 3}, {"hget", 3}, {"hgetall", 2}, {"hincrby", 4}, {"hincrbyfloat", 4}, {"hkeys", 2},
    {"hexpire", -6}, {"hpexpire", -6}, {"hexpireat", -6}, {"hpexpireat", -6}, {"httl", -5}, {"hpttl", -5}, {"hexpiretime", -5}, {"hpexpiretime", -5},
    {"hpersist", -5}, {"hgetdel", -5}, {"hgetex", -5}, {"hsetex", -6}, {"hlen", 2}, {"hmget", -3}, {"hmset", -4}, {"hrandfield", -2}, {"hscan", -3}, {"hset", -4}, {"hsetnx", 4}, {"hstrlen", 3}, {"hvals", 2},
    {"incr", 2}, {"incrby", 3}, {"incrbyfloat", 3}, {"keys", 2}, {"lcs", -3}, {"lindex", 3}, {"linsert", 5}, {"llen", 2}, {"lmove", 5},
    {"lmpop", -4}, {"lpop", -2}, {"lpos", -3}, {"lpush", -3}, {"lpushx", -3}, {"lrange", 4}, {"lrem", 4}, {"lset", 4}, {"ltrim", 4}, {"memory", -2},
    {"mget", -2}, {"move", 3}, {"mset", -3}, {"msetnx", -3}, {"object", -2}, {"persist", 2}, {"pexpire", -3}, {"pexpireat", -3}, {"pexpiretime", 2},
    {"pfadd", -2}, {"pfcount", -2}, {"pfdebug", 3}, {"pfmerge", -2}, {"psetex", 4}, {"pttl", 2}, {"randomkey", 1}, {"rename", 3}, {"renamenx", 3},
    {"restore", -4}, {"restore-asking", -4}, {"rpop", -2}, {"rpoplpush", 3}, {"rpush", -3}, {"rpushx", -3}, {"sadd", -3}, {"scan", -2}, {"scard", 2},
    {"sdiff", -2}, {"sdiffstore", -3}, {"set", -3}, {"setbit", 4}, {"setex", 4}, {"setnx", 3}, {"setrange", 4}, {"sinter", -2}, {"sintercard", -3},
    {"sinterstore", -3}, {"sismember", 3}, {"smembers", 2}, {"smismember", -3}, {"smove", 4}, {"sort", -2}, {"sort_ro", -2}, {"spop", -2},
    {"srandmember", -2}, {"srem", -3}, {"sscan", -3}, {"strlen", 2}, {"substr", 4}, {"sunion", -2}, {"sunionstore", -3}, {"touch", -2}, {"ttl", 2},
    {"type", 2}, {"unlink", -2}, {"vadd", -5}, {"vcard", 2}, {"vdim", 2}, {"vemb", -3}, {"vgetattr", 3}, {"vinfo", 2}, {"vismember", 3}, {"vlinks", -3},
    {"vrandmember", -2}, {"vrange", -4}, {"vrem", 3}, {"vsetattr", 4}, {"vsim", -4}, {"xack", -4}, {"xadd", -5}, {"xautoclaim", -6}, {"xclaim", -6}, {"xdel", -3}, {"xgroup", -2}, {"xinfo", -2},
    {"xlen", 2}, {"xpending", -3}, {"xrange", -4}, {"xread", -4}, {"xreadgroup", -7}, {"xrevrange", -4}, {"xsetid", -3}, {"xtrim", -4}, {"zadd", -4},
    {"zcard", 2}, {"zcount", 4}, {"zdiff", -3}, {"zdiffstore", -4}, {"zincrby", 4}, {"zinter", -3}, {"zintercard", -3}, {"zinterstore", -4},
    {"zlexcount", 4}, {"zmpop", -4}, {"zmscore", -3}, {"zpopmax", -2}, {"zpopmin", -2}, {"zrandmember", -2}, {"zrange", -4}, {"zrangebylex", -4},
    {"zrangebyscore", -4}, {"zrangestore", -5}, {"zrank", 3}, {"zrem", -3}, {"zremrangebylex", 4}, {"zremrangebyrank", 4}, {"zremrangebyscore", 4},
    {"zrevrange", -4}, {"zrevrangebylex", -4}, {"zrevrangebyscore", -4}, {"zrevrank", 3}, {"zscan", -3}, {"zscore", 3}, {"zunion", -3},
    {"zunionstore", -4},
};

const std::vector<std::string>& words() {
  static const std::vector<std::string> list = [] {
    std::vector<std::string> w = {"0", "1", "-1", "2", "3", "-3", "5", "10", "100", "1.5", "-2.5", "inf", "-inf", "nan", "x", "", "9223372036854775807", "18446744073709551615",
                                  "1-1", "2-*", "3-0", "(1-1", "-", "+", "$", ">", "*", "~", "=", "[a", "(b", "(1", "#", "#1", "u8", "i16", "u63", "i64", "*->f", "w_*", "nosort",
                                  "13.361389", "38.115556", "200", "km", "m", "WITHSCORES", "WITHVALUES", "WITHDIST", "WITHCOORD", "WITHHASH", "COUNT", "LIMIT", "MATCH", "TYPE",
                                  "NX", "XX", "GT", "LT", "CH", "INCR", "GET", "SET", "INCRBY", "OVERFLOW", "SAT", "FAIL", "EX", "PX", "KEEPTTL", "PERSIST", "BYSCORE", "BYLEX", "REV",
                                  "STORE", "STOREDIST", "BY", "ALPHA", "DESC", "ASC", "WEIGHTS", "AGGREGATE", "MIN", "MAX", "SUM", "LEFT", "RIGHT", "BEFORE", "AFTER", "RANK", "MAXLEN",
                                  "MINID", "NOMKSTREAM", "MKSTREAM", "GROUP", "STREAMS", "NOACK", "BLOCK", "FULL", "CREATE", "SETID", "DESTROY", "CREATECONSUMER", "DELCONSUMER",
                                  "CONSUMERS", "GROUPS", "STREAM", "JUSTID", "FORCE", "IDLE", "RETRYCOUNT", "LASTID", "ENTRIESREAD", "FROMMEMBER", "FROMLONLAT", "BYRADIUS", "BYBOX",
                                  "ANY", "REPLACE", "ABSTTL", "DB", "AND", "OR", "XOR", "NOT", "BIT", "BYTE", "LEN", "IDX", "MINMATCHLEN", "WITHMATCHLEN", "ENCODING", "FREQ", "USAGE",
                                  "FIELDS", "FNX", "FXX", "EXAT", "PXAT", "KEEPTTL", "GETREG", "TODENSE", "DECODE", "VALUES", "FP32", "ELE", "REDUCE", "NOQUANT", "BIN", "Q8", "M", "EF", "SETATTR",
                                  "WITHATTRIBS", "EPSILON", "TRUTH", "FILTER", "{\"n\":[1,\"a\"]}", "1 in .n", ".n and (", "string", "hash", "a", "b", "c", "d", "f", "g", "c1"};
    w.push_back(std::string(70, 'v'));
    w.push_back(std::string(300, 'w'));
    w.push_back(std::string("\0\r\n\xff", 4));
    return w;
  }();
  return list;
}

struct World {
  storage::MemoryLog log;
  storage::TransactionManager transactions{log};
  std::vector<std::vector<std::uint8_t>> records;
  Keyspace keyspace{[this](std::span<const std::uint8_t> e) {
                      records.emplace_back(e.begin(), e.end());
                      return transactions.append_effects(e);
                    },
                    [this] { return log.appended(); }};
};

}  // namespace

TEST("fuzz: random command lines reach every native body") {
  const char* asked = std::getenv("ORRERY_FUZZ_COMMANDS");
  const int rounds = asked == nullptr ? 20000 : std::atoi(asked);
  std::mt19937_64 random(asked == nullptr ? 1 : std::random_device{}());
  World world;
  Session session;
  std::int64_t now = 1700000000000;
  int written = 0;
  for (int round = 0; round < rounds; round++) {
    const Fuzzed& f = kCommands[random() % std::size(kCommands)];
    // FLUSH commands would keep the keyspace empty.
    if (std::string_view(f.name).starts_with("flush") && random() % 50 != 0) continue;
    std::size_t argc = static_cast<std::size_t>(f.arity < 0 ? -f.arity : f.arity);
    if (f.arity < 0) argc += random() % 7;
    std::vector<std::string> line = {f.name};
    for (std::size_t i = 1; i < argc; i++) {
      if (i <= 2 && random() % 4 != 0) line.push_back("k" + std::to_string(random() % 12));
      else line.push_back(words()[random() % words().size()]);
    }
    std::vector<std::string_view> args(line.begin(), line.end());
    Command command;
    command.name = f.name;
    command.arity = f.arity;
    Context context(world.keyspace, session, session.reply, session.effects);
    context.args = args;
    context.command = &command;
    context.now = now += static_cast<std::int64_t>(random() % 3);
    session.reply.resp3 = random() % 2 == 0;
    world.keyspace.lock_all();
    CommandTable::body_named(f.name)(context);
    if (!session.effects.empty()) {
      (void)world.keyspace.append(session.effects.span());
      session.effects.clear();
      written++;
    }
    world.keyspace.unlock_all();
    CHECK(context.unhandled || session.reply.size() > 0);
    session.reply.clear();
  }
  CHECK(rounds < 1000 || written > rounds / 100);
}

TEST("fuzz: changed DUMP payloads are refused or make a value that can be written again") {
  std::mt19937_64 random(2);
  std::vector<std::string> seeds;
  const auto add = [&](Value v) { seeds.push_back(rdb_dump(v, RdbContents::kWhole)); };
  add(Value::string("hello"));
  add(Value::integer(-70000));
  Value list = Value::make(ValueType::kList), set = Value::make(ValueType::kSet), hash = Value::make(ValueType::kHash), zset = Value::make(ValueType::kZset),
        stream = Value::make(ValueType::kStream);
  for (int i = 0; i < 30; i++) {
    const std::string s = "item" + std::to_string(i);
    list.list().push(false, s);
    set.set().add(std::to_string(i * 1000));
    hash.hash().set(s, std::to_string(i));
    zset.zset().set(s, i * 0.5);
    const std::string_view pair[] = {"field", s};
    stream.stream().append({1, static_cast<std::uint64_t>(i) + 1}, pair);
  }
  StreamGroup& g = stream.stream().make_groups()["g"];
  auto* consumer = &*g.consumers.emplace("c", StreamConsumer{}).first;
  g.assign({1, 3}, consumer, 5, 1);
  Value timed = hash.clone();
  timed.hash().set_time("item3", 1900000000000);
  timed.hash().set_time("item7", 1800000000000);
  add(std::move(timed));
  const float vector[] = {1, -2};
  auto vectors = std::make_unique<VectorSet>(VectorSet::Shape{2, 2, VectorQuantization::kInt8, 16});
  for (int i = 0; i < 3; i++) vectors->set("item" + std::to_string(i), vector, 100, nullptr);
  add(Value::vector_set(std::move(vectors)));
  add(std::move(list));
  add(std::move(set));
  add(std::move(hash));
  add(std::move(zset));
  add(std::move(stream));
  int accepted = 0;
  for (int round = 0; round < 20000; round++) {
    std::string payload = seeds[random() % seeds.size()];
    for (std::size_t n = random() % 4; n > 0; n--) {
      const std::size_t at = random() % (payload.size() - 10);
      if (random() % 3 == 0) payload.erase(at, 1 + random() % 3);
      else payload[at] = static_cast<char>(random());
      if (payload.size() < 12) break;
    }
    const std::uint64_t checksum = crc64(0, std::string_view(payload).substr(0, payload.size() - 8));
    std::memcpy(payload.data() + payload.size() - 8, &checksum, 8);
    // Memory of exactly its size, so that the sanitizer sees the end.
    const std::unique_ptr<char[]> exact(new char[payload.size()]);
    std::memcpy(exact.get(), payload.data(), payload.size());
    Value value;
    if (!rdb_payload_intact({exact.get(), payload.size()}) || !rdb_restore({exact.get(), payload.size()}, &value)) continue;
    accepted++;
    std::string again;
    rdb_write_value(again, value, RdbContents::kWhole);
    RdbReader in(again);
    Value copy;
    CHECK(rdb_read_value(in, rdb_type_of(value, RdbContents::kWhole), &copy));
  }
  CHECK(accepted > 1000);
}
