// Short scripts without the Lua machine: what is theirs, their effects as one record, threads, hostile texts; memory that is freed later.
#include <chrono>
#include <random>
#include <thread>

#include "../keyspace/background_free.h"
#include "../keyspace/executor.h"
#include "../keyspace/script_program.h"
#include "../keyspace/sha1.h"
#include "../keyspace/transaction.h"
#include "../storage/memory_log.h"
#include "check.h"
#include "command_table.h"

using namespace orrery;
using namespace orrery::keyspace;

namespace {

struct Fixture {
  storage::MemoryLog log;
  storage::TransactionManager transactions{log};
  std::mutex mutex;
  std::vector<std::vector<std::uint8_t>> records;
  Keyspace keyspace{[this](std::span<const std::uint8_t> e) {
                      const std::lock_guard guard(mutex);
                      records.emplace_back(e.begin(), e.end());
                      return transactions.append_effects(e);
                    },
                    [this] { return log.appended(); }};
  Fixture() { test::define_test_commands(); }

  static std::string name_of(std::string_view text) {
    std::string name;
    for (const std::uint8_t byte : sha1(text)) {
      name += "0123456789abcdef"[byte >> 4];
      name += "0123456789abcdef"[byte & 15];
    }
    return name;
  }
  void load(std::string_view text) { keyspace.side.set(SideSpace::kScripts, name_of(text), text); }
  static std::string frame(const std::vector<std::string>& words) {
    std::string out = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string& w : words) out += "$" + std::to_string(w.size()) + "\r\n" + w + "\r\n";
    return out;
  }
  /// The reply, or "typescript".
  std::string run(Session& s, const std::vector<std::string>& words) {
    const std::string input = frame(words);
    const RunResult r = Executor(keyspace).run(s, input.data(), input.size(), 1 << 20);
    std::string reply = r.stop == Stop::kTypeScript ? "typescript" : std::string(s.reply.data(), s.reply.size());
    s.reply.clear();
    return reply;
  }
};

std::string digest_of(Keyspace& k) {
  Digest d;
  k.digest(d);
  return d.hex();
}

}  // namespace

TEST("short scripts run when they are loaded, write one record, and end with SCRIPT FLUSH") {
  Fixture f;
  Session s;
  const std::string text = "redis.call('SET',KEYS[1],ARGV[1]) redis.call('INCR',KEYS[2]) return redis.call('GET',KEYS[1])";
  CHECK_EQ(f.run(s, {"EVAL", text, "2", "k", "n", "value"}), "typescript");
  f.load(text);
  CHECK_EQ(f.run(s, {"EVAL", text, "2", "k", "n", "value"}), "$5\r\nvalue\r\n");
  CHECK_EQ(f.records.size(), 1u);
  CHECK_EQ(f.run(s, {"EVALSHA", Fixture::name_of(text), "2", "k", "n", "again"}), "$5\r\nagain\r\n");
  CHECK_EQ(f.run(s, {"GET", "n"}), "$1\r\n2\r\n");

  Fixture copy;
  storage::Lsn lsn = 1;
  for (const auto& record : f.records) {
    ByteReader r(record.data(), record.size());
    while (r.remaining() > 0) {
      (void)r.u8();
      const std::uint8_t operation = r.u8();
      const std::string_view payload = r.string();
      CHECK(copy.keyspace.redo(operation, ByteReader(reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()), 1, ++lsn).is_ok());
    }
  }
  CHECK_EQ(digest_of(copy.keyspace), digest_of(f.keyspace));

  f.keyspace.side.clear(SideSpace::kScripts);
  CHECK_EQ(f.run(s, {"EVAL", text, "2", "k", "n", "value"}), "typescript");
  CHECK_EQ(f.run(s, {"EVALSHA", Fixture::name_of(text), "2", "k", "n", "value"}), "typescript");
  // What another store has loaded is nothing here, whatever its address and version.
  Fixture other;
  other.load("return 1");
  CHECK_EQ(other.run(s, {"EVAL", text, "2", "k", "n", "value"}), "typescript");
}

TEST("a script that fails keeps what it wrote; its error names command, script and line") {
  Fixture f;
  Session s;
  const std::string text = "redis.call('SET',KEYS[1],'text')\nreturn redis.call('INCR',KEYS[1])";
  f.load(text);
  CHECK_EQ(f.run(s, {"EVAL", text, "1", "k"}), "-ERR value is not an integer or out of range script: " + Fixture::name_of(text) + ", on @user_script:2.\r\n");
  CHECK_EQ(f.run(s, {"GET", "k"}), "$4\r\ntext\r\n");
  CHECK_EQ(f.records.size(), 1u);
}

TEST("other Lua is the machine's") {
  test::define_test_commands();
  for (const char* text : {"for i = 1, 2 do end", "while true do end", "repeat until true", "local function f() end", "x = 1", "return x", "return string.len('x')", "return ('x'):upper()",
                           "local t = {} t[1] = 2", "return redis.call(ARGV[1])", "return redis.call('nosuch')", "return redis.call('flushall')", "return {a = 1}", "return ...", "return --[[ x ]] 1",
                           "return [[x]]", "return 0x10", "return 1 1", "return '", "if true then", "return redis.call\n('get', 'k')", "return #!x", "#!lua\nreturn 1", "return KEYS[#KEYS]",
                           "return (redis.call)('get', 'k')", "redis.call('get', 'k').x()", "return unpack(KEYS)", "return ('x').len", "local KEYS = 1 return KEYS[redis]"})
    CHECK(parse_script(text) == nullptr);
  std::string deep = "return 1", wide = "return 1", long_one = "return '" + std::string(20000, 'x') + "'";
  for (int i = 0; i < 5000; i++) {
    deep.insert(7, "(");
    wide += "+1";
  }
  CHECK(parse_script(deep) == nullptr);
  CHECK(parse_script(wide) == nullptr);
  CHECK(parse_script(long_one) == nullptr);
}

TEST("texts of any kind are read or refused, and what is read ends") {
  Fixture f;
  Session s;
  (void)f.run(s, {"SET", "k", "5"});
  (void)f.run(s, {"LPUSH", "l", "a", "b", "c"});
  std::mt19937 random(7);
  const std::vector<std::string> words = {"local",  "x",     "y",    "=",  "if",   "then",  "else", "elseif", "end", "return", "do",       "(",         ")",         "{",         "}",     "[1]", "[\"a\"]",
                                          ".ok",    ".err",  "..",   "+",  "-",    "*",     "/",    "%",      "^",   "==",     "~=",       "<",         "<=",        ">",         "and",   "or",  "not",
                                          "#",      "nil",   "true", "7",  "'s'",  "1e3",   ",",    ";",      "KEYS", "ARGV",  "tonumber(", "tostring(", "type(",     "math.max(", "\n",    "--c\n", "ok =",
                                          "redis.call('get',", "redis.call('lrange','l',0,-1)", "redis.pcall('incr','k')", "redis.call('set',KEYS[1],ARGV[1])", "unpack(ARGV)", "redis.error_reply("};
  std::size_t taken = 0;
  for (int round = 0; round < 60000; round++) {
    std::string text = round % 2 == 0 ? "local x, y = KEYS[1], 3 return " : "local x = redis.call('get','k') ";
    const std::size_t length = random() % 12;
    for (std::size_t i = 0; i < length; i++) text += words[random() % words.size()] + " ";
    if (round % 50 == 0) text[random() % text.size()] = static_cast<char>(random());
    if (parse_script(text) == nullptr) continue;
    taken++;
    f.load(text);
    const std::string reply = f.run(s, {"EVAL", text, "1", "k", "9"});
    CHECK(reply != "typescript");
    CHECK(reply.ends_with("\r\n"));
  }
  CHECK(taken > 1000);
}

TEST("scripts of threads do not mix") {
  Fixture f;
  const std::string text = "local a = redis.call('INCR',KEYS[1]) local b = redis.call('INCR',KEYS[2]) if a ~= b then return 'apart' end return a";
  f.load(text);
  constexpr int kThreads = 4, kRounds = 500;
  std::atomic<int> apart{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; t++)
    threads.emplace_back([&] {
      Session s;
      for (int i = 0; i < kRounds; i++)
        if (!f.run(s, {"EVAL", text, "2", "one", "two"}).starts_with(":")) apart++;
    });
  for (std::thread& t : threads) t.join();
  CHECK_EQ(apart.load(), 0);
  Session s;
  CHECK_EQ(f.run(s, {"GET", "two"}), "$4\r\n2000\r\n");
}

TEST("large values and flushed databases are freed on another thread, all of them") {
  Fixture f;
  Session s;
  const std::int64_t before = used_memory().load();
  const auto wait = [] {
    for (int i = 0; i < 10000 && waiting_to_be_freed() > 0; i++) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK_EQ(waiting_to_be_freed(), 0u);
  };
  for (int i = 0; i < 20000; i++) {
    (void)f.run(s, {"SADD", "set", "member" + std::to_string(i)});
    (void)f.run(s, {"RPUSH", "list", "element of some length " + std::to_string(i)});
    (void)f.run(s, {"SET", "key" + std::to_string(i), std::string(100, 'x')});
  }
  CHECK(used_memory().load() - before > 3'000'000);
  CHECK_EQ(f.run(s, {"DEL", "set", "list"}), ":2\r\n");
  CHECK_EQ(f.run(s, {"FLUSHDB"}), "+OK\r\n");
  CHECK_EQ(f.run(s, {"DBSIZE"}), ":0\r\n");
  wait();
  CHECK(used_memory().load() - before < 100'000);
}
