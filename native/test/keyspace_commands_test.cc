// Commands through the executor: replaying the effects gives the same keys, threads do not disturb each other, SQL transactions isolate.
#include <thread>

#include "../keyspace/executor.h"
#include "../keyspace/transaction.h"
#include "../storage/memory_log.h"
#include "check.h"
#include "command_table.h"

using namespace orrery;
using namespace orrery::keyspace;
using orrery::test::define_test_commands;

namespace {

struct Fixture {
  storage::MemoryLog log;
  storage::TransactionManager transactions{log};
  std::vector<std::vector<std::uint8_t>> records;
  std::mutex mutex;
  Keyspace keyspace{[this](std::span<const std::uint8_t> e) {
                      const std::lock_guard guard(mutex);
                      records.emplace_back(e.begin(), e.end());
                      return transactions.append_effects(e);
                    },
                    [this] { return log.appended(); }};
  Fixture() { define_test_commands(); }
  std::string run(Session& s, const std::vector<std::string>& words, std::int64_t now = 1000000) {
    std::vector<std::string_view> args(words.begin(), words.end());
    storage::Xid wait = 0;
    const Outcome outcome = Executor(keyspace).execute(s, args, now, &wait);
    std::string reply = outcome == Outcome::kWait ? "wait " + std::to_string(wait) : std::string(s.reply.data(), s.reply.size());
    s.reply.clear();
    return reply;
  }
};

/// Applies records to another keyspace as recovery does.
void replay(const std::vector<std::vector<std::uint8_t>>& records, Keyspace& target) {
  storage::Lsn lsn = 1;
  for (const auto& record : records) {
    ByteReader r(record.data(), record.size());
    while (r.remaining() > 0) {
      (void)r.u8();
      const std::uint8_t operation = r.u8();
      const std::string_view payload = r.string();
      CHECK(target.redo(operation, ByteReader(reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()), 1, ++lsn).is_ok());
    }
  }
}

std::string digest_of(Keyspace& k) {
  Digest d;
  k.digest(d);
  return d.hex();
}

}  // namespace

TEST("keyspace hash fields expire: lazily and by the cycle; COPY and HINCRBY keep the time, HSET takes it away; replaying gives the same") {
  Fixture f;
  Session s;
  const std::int64_t now = 1000000;
  f.run(s, {"HSET", "h", "a", "1", "b", "2", "c", "3"}, now);
  const auto list = [](const std::vector<int>& numbers) {
    std::string text = "*" + std::to_string(numbers.size()) + "\r\n";
    for (const int n : numbers) text += ":" + std::to_string(n) + "\r\n";
    return text;
  };
  CHECK_EQ(f.run(s, {"HPEXPIRE", "h", "5000", "FIELDS", "2", "a", "nope"}, now), list({1, -2}));
  CHECK_EQ(f.run(s, {"HPEXPIRE", "h", "6000", "NX", "FIELDS", "2", "a", "b"}, now), list({0, 1}));
  CHECK_EQ(f.run(s, {"HPEXPIRE", "h", "4000", "GT", "FIELDS", "2", "a", "c"}, now), list({0, 0}));
  CHECK_EQ(f.run(s, {"HPEXPIRE", "h", "4000", "LT", "FIELDS", "2", "a", "c"}, now), list({1, 1}));
  CHECK_EQ(f.run(s, {"HPEXPIRE", "h", "9000", "XX", "FIELDS", "1", "c"}, now), list({1}));
  CHECK_EQ(f.run(s, {"HPTTL", "h", "FIELDS", "4", "a", "b", "c", "nope"}, now), list({4000, 6000, 9000, -2}));
  CHECK_EQ(f.run(s, {"HTTL", "h", "FIELDS", "1", "a"}, now + 1), list({4}));
  CHECK_EQ(f.run(s, {"HPEXPIRETIME", "h", "FIELDS", "1", "a"}, now), list({1004000}));
  CHECK_EQ(f.run(s, {"HPERSIST", "h", "FIELDS", "2", "c", "c"}, now), list({1, -1}));
  CHECK_EQ(f.run(s, {"HPERSIST", "absent", "FIELDS", "2", "c", "c"}, now), list({-2, -2}));
  f.run(s, {"COPY", "h", "{h}2"}, now);
  CHECK_EQ(f.run(s, {"HPTTL", "{h}2", "FIELDS", "2", "a", "b"}, now), list({4000, 6000}));
  f.run(s, {"HINCRBY", "h", "a", "5"}, now);
  CHECK_EQ(f.run(s, {"HPTTL", "h", "FIELDS", "1", "a"}, now), list({4000}));
  f.run(s, {"HSET", "h", "b", "7"}, now);
  CHECK_EQ(f.run(s, {"HPTTL", "h", "FIELDS", "1", "b"}, now), list({-1}));
  // Lazily: the next look at the key takes the field out.
  CHECK_EQ(f.run(s, {"HGET", "h", "a"}, now + 3999), std::string("$1\r\n6\r\n"));
  CHECK_EQ(f.run(s, {"HLEN", "h"}, now + 4000), std::string(":2\r\n"));
  // By the cycle, until the key is gone with its last field.
  CHECK_EQ(f.keyspace.expire_some(now + 4000, 1000), std::size_t{1});
  f.run(s, {"HDEL", "{h}2", "c"}, now);
  CHECK_EQ(f.keyspace.expire_some(now + 7000, 1000), std::size_t{1});
  CHECK_EQ(f.run(s, {"EXISTS", "{h}2"}, now + 7000), std::string(":0\r\n"));
  CHECK_EQ(f.run(s, {"HSETEX", "x", "FNX", "PX", "50", "FIELDS", "2", "a", "1", "b", "2"}, now), std::string(":1\r\n"));
  CHECK_EQ(f.run(s, {"HSETEX", "x", "FNX", "FIELDS", "1", "a", "9"}, now), std::string(":0\r\n"));
  CHECK_EQ(f.run(s, {"HSETEX", "x", "FXX", "KEEPTTL", "FIELDS", "1", "a", "3"}, now), std::string(":1\r\n"));
  CHECK_EQ(f.run(s, {"HPTTL", "x", "FIELDS", "2", "a", "b"}, now), list({50, 50}));
  CHECK_EQ(f.run(s, {"HGETEX", "x", "PERSIST", "FIELDS", "2", "a", "nope"}, now), std::string("*2\r\n$1\r\n3\r\n$-1\r\n"));
  CHECK_EQ(f.run(s, {"HPTTL", "x", "FIELDS", "1", "a"}, now), list({-1}));
  CHECK_EQ(f.run(s, {"HGETEX", "x", "PXAT", "5", "FIELDS", "1", "b"}, now), std::string("*1\r\n$1\r\n2\r\n"));
  CHECK_EQ(f.run(s, {"HGETDEL", "x", "FIELDS", "2", "a", "b"}, now), std::string("*2\r\n$1\r\n3\r\n$-1\r\n"));
  CHECK_EQ(f.run(s, {"EXISTS", "x"}, now), std::string(":0\r\n"));
  Keyspace copy([](std::span<const std::uint8_t>) { return storage::Lsn{1}; }, [] { return storage::Lsn{1}; });
  replay(f.records, copy);
  CHECK_EQ(digest_of(copy), digest_of(f.keyspace));
}

TEST("keyspace set operations over the same key twice are right at every size, also while its table is rehashed") {
  Fixture f;
  Session s;
  for (int i = 0; i < 700; i++) {
    f.run(s, {"SADD", "{k}s", "m" + std::to_string(i)});
    f.run(s, {"ZADD", "{k}z", std::to_string(i), "m" + std::to_string(i)});
    const std::string count = ":" + std::to_string(i + 1) + "\r\n";
    CHECK_EQ(f.run(s, {"SUNIONSTORE", "{k}u", "{k}s", "{k}s"}), count);
    CHECK_EQ(f.run(s, {"SINTERSTORE", "{k}u", "{k}s", "{k}s"}), count);
    CHECK_EQ(f.run(s, {"SDIFFSTORE", "{k}u", "{k}s", "{k}s"}), std::string(":0\r\n"));
    CHECK_EQ(f.run(s, {"ZUNIONSTORE", "{k}y", "2", "{k}z", "{k}z"}), count);
    CHECK_EQ(f.run(s, {"ZINTERSTORE", "{k}y", "3", "{k}z", "{k}z", "{k}s"}), count);
    CHECK_EQ(f.run(s, {"ZDIFFSTORE", "{k}d", "2", "{k}z", "{k}z"}), std::string(":0\r\n"));
    const std::string score = std::to_string(2 * i + 1);
    CHECK_EQ(f.run(s, {"ZSCORE", "{k}y", "m" + std::to_string(i)}), "$" + std::to_string(score.size()) + "\r\n" + score + "\r\n");
  }
}

TEST("keyspace effects replayed give the same keys") {
  Fixture f;
  Session s;
  std::uint64_t state = 99;
  const auto below = [&](std::uint64_t n) { state = state * 6364136223846793005ull + 1442695040888963407ull; return (state >> 33) % n; };
  const auto key = [&](char kind) { return std::string(1, kind) + std::to_string(below(8)); };
  const auto word = [&] { return std::to_string(below(40)) + (below(9) == 0 ? std::string(70, 'w') : ""); };
  const auto number = [&] { return std::to_string(static_cast<std::int64_t>(below(20)) - 8); };
  std::int64_t now = 1000000;
  for (int i = 0; i < 30000; i++) {
    switch (below(38)) {
      case 0: f.run(s, {"SET", key('t'), word()}); break;
      case 1: f.run(s, {"APPEND", key('t'), word()}); break;
      case 2: f.run(s, {"INCR", key('n')}); break;
      case 3: f.run(s, {"INCRBYFLOAT", key('f'), "0.25"}); break;
      case 4: f.run(s, {"SETRANGE", key('t'), std::to_string(below(90)), word()}); break;
      case 5: f.run(s, {"SETBIT", key('t'), std::to_string(below(900)), "1"}); break;
      case 6: f.run(s, {"LPUSH", key('l'), word(), word()}); break;
      case 7: f.run(s, {"RPUSH", key('l'), word(), word(), word()}); break;
      case 8: f.run(s, {"LPOP", key('l'), std::to_string(below(4))}); break;
      case 9: f.run(s, {"RPOP", key('l')}); break;
      case 10: f.run(s, {"LSET", key('l'), number(), word()}); break;
      case 11: f.run(s, {"LINSERT", key('l'), "BEFORE", word(), word()}); break;
      case 12: f.run(s, {"LREM", key('l'), number(), word()}); break;
      case 13: f.run(s, {"LTRIM", key('l'), std::to_string(below(3)), "-" + std::to_string(1 + below(3))}); break;
      case 14: f.run(s, {"HSET", key('h'), word(), word(), word(), word()}); break;
      case 15: f.run(s, {"HDEL", key('h'), word(), word()}); break;
      case 16: f.run(s, {"HINCRBY", key('h'), "n", number()}); break;
      case 17: f.run(s, {"SADD", key('s'), word(), word()}); break;
      case 18: f.run(s, {"SREM", key('s'), word()}); break;
      case 19: f.run(s, {"SPOP", key('s'), std::to_string(below(3))}); break;
      case 20: f.run(s, {"ZADD", key('z'), number(), word(), number(), word()}); break;
      case 21: f.run(s, {"ZINCRBY", key('z'), number(), word()}); break;
      case 22: f.run(s, {"ZREM", key('z'), word()}); break;
      case 23: f.run(s, {"ZPOPMIN", key('z')}); break;
      case 24: f.run(s, {"ZREMRANGEBYRANK", key('z'), "0", "0"}); break;
      case 25: f.run(s, {"PEXPIRE", key('t'), std::to_string(below(100000) + 1)}); break;
      case 26: f.run(s, {"PERSIST", key('t')}); break;
      case 27: f.run(s, {"RENAME", key('t'), key('t')}); break;
      case 28: f.run(s, {"COPY", key('z'), key('z'), "REPLACE"}); break;
      case 29: f.run(s, {"SMOVE", key('s'), key('s'), word()}); break;
      case 30: f.run(s, {"LMOVE", key('l'), key('l'), "LEFT", "RIGHT"}); break;
      case 31: f.run(s, {"SUNIONSTORE", key('s'), key('s'), key('s')}); break;
      case 32: f.run(s, {"ZUNIONSTORE", key('z'), "2", key('z'), key('z')}); break;
      case 34: f.run(s, {"HPEXPIRE", key('h'), std::to_string(below(60000)), "FIELDS", "2", word(), "n"}, now); break;
      case 35: f.run(s, {"HSETEX", key('h'), "PX", std::to_string(below(60000)), "FIELDS", "1", word(), word()}, now); break;
      case 36: f.run(s, {"HGETEX", key('h'), "PERSIST", "FIELDS", "1", word()}, now); break;
      case 37: f.keyspace.expire_some(now += static_cast<std::int64_t>(below(300)), 100); break;
      case 33: if (below(50) == 0) f.run(s, {below(2) == 0 ? "FLUSHDB" : "DEL", key('h')}); else if (below(10) == 0) f.run(s, {"SWAPDB", "0", "1"}); break;
    }
  }
  Keyspace copy([](std::span<const std::uint8_t>) { return storage::Lsn{1}; }, [] { return storage::Lsn{1}; });
  replay(f.records, copy);
  CHECK_EQ(digest_of(copy), digest_of(f.keyspace));
}

TEST("keyspace redo refuses damaged payloads without reading outside") {
  Keyspace k([](std::span<const std::uint8_t>) { return storage::Lsn{1}; }, [] { return storage::Lsn{1}; });
  std::uint64_t state = 5;
  std::vector<std::uint8_t> bytes(40);
  for (int i = 0; i < 20000; i++) {
    for (auto& b : bytes) state = state * 6364136223846793005ull + 1, b = static_cast<std::uint8_t>(state >> 40) % (i % 3 == 0 ? 256 : 6);
    (void)k.redo(static_cast<std::uint8_t>(i % 22), ByteReader(bytes.data(), i % 40), 1, 1);
  }
}

TEST("a SQL transaction's keys: own view, locked for others, swapped in at commit, undone to a savepoint") {
  Fixture f;
  Session s, reader;
  f.run(s, {"SET", "k", "old"});
  storage::Transaction* t = f.transactions.begin(storage::Isolation::kReadCommitted);
  auto participant = std::make_unique<KeyTransaction>(f.keyspace, t->xid());
  KeyTransaction* keys = participant.get();
  t->attach(storage::ParticipantSlot::kKeys, std::move(participant));
  const auto in = [&](const std::vector<std::string>& words) {
    std::vector<std::string_view> args(words.begin(), words.end());
    wire::RespWriter reply;
    CHECK(keys->execute(s, reply, t->effects(), args).is_ok());
    return std::string(reply.data(), reply.size());
  };
  CHECK_EQ(in({"SET", "k", "new"}), std::string("+OK\r\n"));
  CHECK_EQ(in({"GET", "k"}), std::string("$3\r\nnew\r\n"));
  CHECK_EQ(f.run(reader, {"GET", "k"}), std::string("$3\r\nold\r\n"));
  CHECK_EQ(f.run(reader, {"SET", "k", "x"}), "wait " + std::to_string(t->xid()));
  const std::size_t savepoint = f.transactions.savepoint(*t);
  CHECK_EQ(in({"APPEND", "k", "er"}), std::string(":5\r\n"));
  CHECK_EQ(in({"RPUSH", "list", "a"}), std::string(":1\r\n"));
  f.transactions.rollback_to(*t, savepoint);
  CHECK_EQ(in({"GET", "k"}), std::string("$3\r\nnew\r\n"));
  CHECK_EQ(in({"EXISTS", "list"}), std::string(":0\r\n"));
  storage::Lsn lsn = 0;
  CHECK(f.transactions.commit(t, &lsn).is_ok());
  CHECK_EQ(f.run(reader, {"GET", "k"}), std::string("$3\r\nnew\r\n"));
  CHECK_EQ(f.run(reader, {"SET", "k", "x"}), std::string("+OK\r\n"));
  storage::Transaction* u = f.transactions.begin(storage::Isolation::kReadCommitted);
  auto second = std::make_unique<KeyTransaction>(f.keyspace, u->xid());
  keys = second.get();
  u->attach(storage::ParticipantSlot::kKeys, std::move(second));
  t = u;
  in({"DEL", "k"});
  f.transactions.rollback(u);
  CHECK_EQ(f.run(reader, {"GET", "k"}), std::string("$1\r\nx\r\n"));
}

TEST("threads: commands of several sessions keep counts exact while keys expire") {
  Fixture f;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++)
    threads.emplace_back([&f, t] {
      Session s;
      for (int i = 0; i < 3000; i++) {
        f.run(s, {"INCR", "counter" + std::to_string(i % 10)}, now_millis());
        f.run(s, {"RPUSH", "list" + std::to_string(i % 7), "x"}, now_millis());
        f.run(s, {"MSET", "a" + std::to_string(i % 50), "1", "b" + std::to_string(i % 31), "2"}, now_millis());
        f.run(s, {"PEXPIRE", "a" + std::to_string(i % 50), "1"}, now_millis());
        if (i % 500 == 0) f.run(s, {"DBSIZE"}, now_millis());
        if (t == 0 && i % 50 == 0) f.keyspace.expire_some(now_millis(), 100);
      }
    });
  // A SQL transaction commits keys meanwhile: append and swap must not lock each other out.
  for (int i = 0; i < 300; i++) {
    storage::Transaction* t = f.transactions.begin(storage::Isolation::kReadCommitted);
    t->attach(storage::ParticipantSlot::kKeys, std::make_unique<KeyTransaction>(f.keyspace, t->xid()));
    auto* keys = static_cast<KeyTransaction*>(t->participant(storage::ParticipantSlot::kKeys));
    Session s;
    wire::RespWriter reply;
    const std::string_view args[] = {"INCR", "sql"};
    CHECK(keys->execute(s, reply, t->effects(), args).is_ok());
    storage::Lsn lsn;
    CHECK(f.transactions.commit(t, &lsn).is_ok());
  }
  for (auto& t : threads) t.join();
  Session s;
  for (int i = 0; i < 10; i++) CHECK_EQ(f.run(s, {"GET", "counter" + std::to_string(i)}), std::string("$4\r\n1200\r\n"));
  CHECK_EQ(f.run(s, {"GET", "sql"}), std::string("$3\r\n300\r\n"));
}

TEST("a pipeline runs in batches as its commands one by one, and stops before a locked key") {
  Fixture one, many;
  Session a, b;
  const auto frame = [](const std::vector<std::string>& words) {
    std::string s = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string& w : words) s += "$" + std::to_string(w.size()) + "\r\n" + w + "\r\n";
    return s;
  };
  std::string input, expected;
  for (int i = 0; i < 500; i++) {
    const std::string key = "k" + std::to_string(i * 7 % 40);
    const std::vector<std::string> words = i % 5 == 0   ? std::vector<std::string>{"set", key, std::to_string(i)}
                                           : i % 5 == 1 ? std::vector<std::string>{"incr", key}
                                           : i % 5 == 2 ? std::vector<std::string>{"get", key}
                                           : i % 5 == 3 ? std::vector<std::string>{"lpush", key, "x"}
                                                        : std::vector<std::string>{"del", key, "k1"};
    expected += one.run(a, words);
    input += frame(words);
  }
  RunResult r = Executor(many.keyspace).run(b, input.data(), input.size(), 1 << 20);
  CHECK(r.stop == Stop::kEnd);
  CHECK(r.commands == 500);
  CHECK(r.consumed == input.size());
  CHECK(std::string(b.reply.data(), b.reply.size()) == expected);
  CHECK(digest_of(one.keyspace) == digest_of(many.keyspace));
  CHECK(many.records.size() < one.records.size());
  b.reply.clear();

  KeyTransaction holder(many.keyspace, 77);
  Session c;
  wire::RespWriter reply;
  storage::EffectBuffer effects;
  const std::string_view set[] = {"set", "locked", "1"};
  CHECK(holder.execute(c, reply, effects, set).is_ok());
  const std::string first = frame({"set", "free", "1"}) + frame({"get", "locked"});
  input = first + frame({"set", "locked", "2"}) + frame({"get", "free"});
  r = Executor(many.keyspace).run(b, input.data(), input.size(), 1 << 20);
  CHECK(r.stop == Stop::kWait);
  CHECK(r.wait_xid == 77);
  CHECK(r.consumed == first.size());
  CHECK(r.commands == 2);
  holder.on_rollback();
}

TEST("after the log failed writes answer MISCONF and reads go on") {
  storage::MemoryLog log;
  bool broken = false;
  define_test_commands();
  Keyspace keyspace{[&](std::span<const std::uint8_t>) { return broken ? storage::Lsn{0} : storage::Lsn{1}; }, [&] { return log.appended(); }};
  Session s;
  const auto run = [&](std::string input) {
    (void)Executor(keyspace).run(s, input.data(), input.size(), 1 << 20);
    std::string reply(s.reply.data(), s.reply.size());
    s.reply.clear();
    return reply;
  };
  const std::string error = "-MISCONF Errors writing to the AOF file: the log refuses\r\n";
  CHECK(run("set a 1\r\nget a\r\n") == "+OK\r\n$1\r\n1\r\n");
  broken = true;
  CHECK(run("set b 1\r\nset b 2\r\n") == error + error);
  CHECK(run("get a\r\n") == "$1\r\n1\r\n");
  CHECK(run("set a 2\r\n") == error);
  CHECK(run("get a\r\n") == "$1\r\n1\r\n");
}
