// resp_commands.cc: what one Redis command costs inside the engine: chunks of RESP input through Executor::run, no socket, no JavaScript.
//
// `make -C native bench` builds it; `build-bench/resp_commands [name…]` runs all commands or the named ones and prints nanoseconds of this
// thread's processor time per command at pipelines of 1, 16 and 100 (medians of rounds). The workloads are redis-benchmark's with -r 100000
// and 16-byte values. Effects go to a real log in a folder under $TMPDIR, written by its own thread as in the server.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>

#include "../keyspace/executor.h"
#include "../storage/file_log.h"
#include "../storage/transaction.h"

using namespace orrery;
using namespace orrery::keyspace;

namespace {

constexpr int kRandomRange = 100000;
constexpr std::size_t kOutputLimit = 1 << 20;
constexpr int kRounds = 5;
constexpr int kCommandsPerRound = 100000;

void define_table() {
  constexpr std::uint32_t kWrites = kWrite | kDenyOom;
  std::vector<Command> commands;
  const auto add = [&](const char* name, std::int32_t arity, std::uint32_t flags, KeyPositions keys = {1, 1, 1, 0}) {
    commands.push_back({name, arity, flags, keys, CommandTable::body_named(name)});
  };
  add("get", 2, kReadOnly | kFast);
  add("set", -3, kWrites);
  add("incr", 2, kWrites | kFast);
  add("mset", -3, kWrites, {1, -1, 2, 0});
  for (const char* name : {"lpush", "rpush"}) add(name, -3, kWrites | kFast);
  for (const char* name : {"lpop", "rpop", "spop", "zpopmin"}) add(name, -2, kWrite | kFast);
  for (const char* name : {"lrange"}) add(name, 4, kReadOnly);
  for (const char* name : {"hset", "zadd"}) add(name, -4, kWrites | kFast);
  add("sadd", -3, kWrites | kFast);
  add("xadd", -5, kWrites | kFast);
  add("del", -2, kWrite, {1, -1, 1, 0});
  add("ping", -1, kNoKeys | kFast, {});
  CommandTable::instance().define(std::move(commands));
}

double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

using Words = std::vector<std::string>;
std::mt19937_64 generator{7};
std::string random_name(const char* prefix) {
  char text[64];
  std::snprintf(text, sizeof text, "%s%012d", prefix, static_cast<int>(generator() % kRandomRange));
  return text;
}
const std::string kValue(16, 'x');

struct Workload {
  const char* name;
  std::function<Words()> command;
  std::function<std::vector<Words>()> setup = [] { return std::vector<Words>{}; };
};

std::vector<Words> repeated(int count, const std::function<Words()>& command) {
  std::vector<Words> out;
  for (int i = 0; i < count; i++) out.push_back(command());
  return out;
}

std::vector<Workload> workloads() {
  const auto sadd = [] { return Words{"SADD", "myset", random_name("element:")}; };
  const auto zadd = [] { return Words{"ZADD", "myzset", random_name(""), random_name("element:")}; };
  const auto push = [] { return Words{"RPUSH", "mylist", kValue}; };
  const auto full_list = [push] { return repeated(kCommandsPerRound, push); };
  const auto lrange = [](const char* last) { return [last] { return Words{"LRANGE", "mylist", "0", last}; }; };
  const auto set = [] { return Words{"SET", random_name("key:"), kValue}; };
  return {
      {"ping", [] { return Words{"PING"}; }},
      {"set", set},
      {"get", [] { return Words{"GET", random_name("key:")}; }, [set] { return repeated(kRandomRange * 3, set); }},
      {"incr", [] { return Words{"INCR", random_name("counter:")}; }},
      {"lpush", [] { return Words{"LPUSH", "mylist", kValue}; }},
      {"rpush", push},
      {"lpop", [] { return Words{"LPOP", "mylist"}; }, full_list},
      {"rpop", [] { return Words{"RPOP", "mylist"}; }, full_list},
      {"sadd", sadd},
      {"hset", [] { return Words{"HSET", "myhash", random_name("element:"), kValue}; }},
      {"spop", [] { return Words{"SPOP", "myset"}; }, [sadd] { return repeated(kCommandsPerRound, sadd); }},
      {"zadd", zadd},
      {"zpopmin", [] { return Words{"ZPOPMIN", "myzset"}; }, [zadd] { return repeated(kCommandsPerRound, zadd); }},
      {"lrange_100", lrange("99"), full_list},
      {"lrange_300", lrange("299"), full_list},
      {"lrange_600", lrange("599"), full_list},
      {"mset",
       [] {
         Words w{"MSET"};
         for (int i = 0; i < 10; i++) {
           w.push_back(random_name("key:"));
           w.push_back(kValue);
         }
         return w;
       }},
      {"xadd", [] { return Words{"XADD", "stream", "MAXLEN", "~", "100000", "*", "field", kValue}; }},
  };
}

std::string encoded(const std::vector<Words>& commands) {
  std::string out;
  for (const Words& words : commands) {
    out += "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string& w : words) out += "$" + std::to_string(w.size()) + "\r\n" + w + "\r\n";
  }
  return out;
}

/// Everything of `input` in chunks of `pipeline` commands; the processor time it took.
double run_chunks(Executor& executor, Session& session, const std::string& input, const std::vector<std::size_t>& ends) {
  std::size_t from = 0;
  const double start = cpu_seconds();
  for (const std::size_t end : ends)
    while (from < end) {
      const RunResult r = executor.run(session, input.data() + from, end - from, kOutputLimit);
      ORRERY_ASSERT(r.stop == Stop::kEnd || r.stop == Stop::kOutput);
      ORRERY_ASSERT(session.reply.size() == 0 || session.reply.data()[0] != '-');
      from += r.consumed;
      session.reply.clear();
    }
  return cpu_seconds() - start;
}

void measure(const Workload& w) {
  std::printf("%-11s", w.name);
  for (const int pipeline : {1, 16, 100}) {
    const std::filesystem::path folder = std::filesystem::temp_directory_path() / "orrery-resp-commands";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    storage::FileLog log(real_file_system(), {.folder = folder.string()});
    log.start(0);
    {
      storage::TransactionManager transactions{log};
      Keyspace keyspace{[&](std::span<const std::uint8_t> e) { return transactions.append_effects(e); }, [&] { return log.appended(); }};
      Executor executor(keyspace);
      Session session;
      const int count = std::string_view(w.name).starts_with("lrange") ? kCommandsPerRound / 20 : kCommandsPerRound;
      std::vector<double> nanos;
      for (int round = 0; round < kRounds; round++) {
        const std::string setup = encoded(w.setup());
        run_chunks(executor, session, setup, {setup.size()});
        std::string input;
        std::vector<std::size_t> ends;
        for (int done = 0; done < count; done += pipeline) {
          input += encoded(repeated(std::min(pipeline, count - done), w.command));
          ends.push_back(input.size());
        }
        nanos.push_back(run_chunks(executor, session, input, ends) * 1e9 / count);
      }
      std::sort(nanos.begin(), nanos.end());
      std::printf(" %9.0f", nanos[nanos.size() / 2]);
      std::fflush(stdout);
    }
    (void)log.stop();
    std::filesystem::remove_all(folder);
  }
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  define_table();
  std::printf("%-11s %9s %9s %9s  ns of processor time per command, by pipeline\n", "", "1", "16", "100");
  for (const Workload& w : workloads()) {
    const bool named = argc == 1 || std::any_of(argv + 1, argv + argc, [&](const char* a) { return std::string_view(a) == w.name; });
    if (named) measure(w);
  }
}
