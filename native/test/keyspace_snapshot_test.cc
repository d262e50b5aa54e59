// Snapshots of all keys while others change them: what is written is the moment, whatever happens between the slices; checkpoints with
// writers at work recover to what was there, also when the power is cut at any operation.
#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "../core/fault_file.h"
#include "../keyspace/key_snapshot.h"
#include "../keyspace/latch_turns.h"
#include "../keyspace/rdb_file.h"
#include "../storage/checkpointer.h"
#include "../storage/memory_log.h"
#include "check.h"
#include "command_table.h"

using namespace orrery;
using namespace orrery::keyspace;

namespace {

struct World {
  storage::MemoryLog log;
  storage::TransactionManager transactions{log};
  Keyspace keyspace{[this](std::span<const std::uint8_t> e) { return transactions.append_effects(e); }, [this] { return log.appended(); }};
  Executor executor{keyspace};
  Session session;

  World() { test::define_test_commands(); }
  void run(const std::vector<std::string>& words) {
    const std::vector<std::string_view> args(words.begin(), words.end());
    storage::Xid wait = 0;
    CHECK(executor.execute(session, args, now_millis(), &wait) == Outcome::kDone);
    if (session.reply.size() > 1 && session.reply.data()[0] == '-' && session.reply.data()[1] != 'W' && session.reply.data()[1] != 'E' && session.reply.data()[1] != 'N')
      test::report(__FILE__, __LINE__, words[0] + ": " + std::string(session.reply.data(), session.reply.size()));
    session.reply.clear();
  }
  std::string digest() { Digest d; keyspace.digest(d); return d.hex(); }
};

/// Streams in memory; `between` runs at every piece, when no latch is held.
struct MemoryCheckpoint final : storage::CheckpointWriter, storage::CheckpointReader {
  struct Stream final : storage::CheckpointStream {
    std::string* bytes = nullptr;
    MemoryCheckpoint* owner = nullptr;
    void write(const void* data, std::size_t length) override {
      bytes->append(static_cast<const char*>(data), length);
      if (owner->between) owner->between();
    }
    bool failed() const noexcept override { return false; }
    Status close() override { return Status::ok(); }
  };
  struct Input final : storage::CheckpointInput {
    std::string_view rest;
    bool read(void* data, std::size_t length) override {
      if (length > rest.size()) return false;
      if (length > 0) std::memcpy(data, rest.data(), length);
      rest.remove_prefix(length);
      return true;
    }
    std::uint64_t remaining() const noexcept override { return rest.size(); }
    Status status() const override { return Status::ok(); }
  };
  Status create(std::string_view name, std::unique_ptr<storage::CheckpointStream>* stream) override {
    auto made = std::make_unique<Stream>();
    made->bytes = &streams[std::string(name)];
    made->owner = this;
    *stream = std::move(made);
    return Status::ok();
  }
  bool has(std::string_view name) const override { return streams.contains(std::string(name)); }
  std::vector<std::string> names(std::string_view) const override { return {}; }
  Status open(std::string_view name, std::unique_ptr<storage::CheckpointInput>* input) override {
    auto made = std::make_unique<Input>();
    made->rest = streams.at(std::string(name));
    *input = std::move(made);
    return Status::ok();
  }
  const storage::CheckpointMark& mark() const noexcept override { return mark_; }
  std::map<std::string, std::string> streams;
  std::function<void()> between;
  storage::CheckpointMark mark_;
};

/// Small keys of every type and one large value of each, in two databases.
void fill(World& w, bool field_times) {
  for (int db = 0; db < 2; db++) {
    w.session.db = static_cast<std::uint8_t>(db);
    for (int i = 0; i < 3000; i++) {
      const std::string n = std::to_string(i);
      w.run({"set", "string:" + n, "value " + n});
      if (i % 3 == 0) w.run({"hset", "hash:" + n, "a", n, "b", "two"});
      if (i % 5 == 0) w.run({"rpush", "list:" + n, "one", n, "three"});
      if (i % 7 == 0) w.run({"sadd", "set:" + n, "1", "2", n});
      if (i % 9 == 0) w.run({"zadd", "zset:" + n, "1", "a", n, "b"});
      if (i % 11 == 0) w.run({"pexpire", "string:" + n, "100000000"});
    }
    for (int i = 0; i < 20000; i += 10) {
      std::vector<std::string> hash = {"hset", "large:hash"}, set = {"sadd", "large:set"}, zset = {"zadd", "large:zset"}, list = {"rpush", "large:list"};
      for (int j = i; j < i + 10; j++) {
        const std::string n = std::to_string(j);
        hash.insert(hash.end(), {"field" + n, "value" + n});
        set.push_back("member" + n);
        zset.insert(zset.end(), {std::to_string(j % 1000), "member" + n});
        list.push_back("an element of some length, so that there are many nodes: " + n);
      }
      for (const auto& words : {hash, set, zset, list}) w.run(words);
    }
    for (int i = 1; i <= 20000; i++) w.run({"xadd", "large:stream", std::to_string(i) + "-1", "field", "value" + std::to_string(i)});
    w.run({"xgroup", "create", "large:stream", "group", "100-1"});
    w.run({"set", "large:string", std::string(1 << 20, 's')});
    if (field_times) w.run({"hpexpire", "large:hash", "100000000", "FIELDS", "2", "field1", "field2"});
  }
  w.session.db = 0;
}

/// One change of any kind.
void change(World& w, std::mt19937& random, bool whole_databases) {
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  const std::string n = std::to_string(below(3000)), m = std::to_string(below(20000));
  w.session.db = static_cast<std::uint8_t>(below(2));
  switch (below(whole_databases ? 38 : 36)) {
    case 0: case 1: return w.run({"set", "string:" + n, "changed"});
    case 2: return w.run({"append", "string:" + n, "+"});
    case 3: return w.run({"del", "string:" + n, "hash:" + n});
    case 4: return w.run({"set", "new:" + n, "new"});
    case 5: return w.run({"rename", "string:" + n, "string:" + std::to_string(below(3000))});
    case 6: return w.run({"hset", "hash:" + n, "a", "changed", "c", "new"});
    case 7: return w.run({"rpush", "list:" + n, "more"});
    case 8: return w.run({"lpop", "list:" + n});
    case 9: return w.run({"sadd", "set:" + n, m});
    case 10: return w.run({"zadd", "zset:" + n, "5", "a"});
    case 11: return w.run({"pexpire", "string:" + n, "200000000"});
    case 12: return w.run({"persist", "string:" + n});
    case 13: return w.run({"mset", "string:" + n, "m", "new:" + m, "m"});
    case 14: case 15: return w.run({"hset", "large:hash", "field" + m, "changed"});
    case 16: return w.run({"hdel", "large:hash", "field" + m, "field1"});
    case 17: return w.run({"hset", "large:hash", "new" + m, "v"});
    case 18: return w.run({"sadd", "large:set", "new" + m});
    case 19: return w.run({"srem", "large:set", "member" + m});
    case 20: return w.run({"zadd", "large:zset", std::to_string(below(2000)), "member" + m});
    case 21: return w.run({"zadd", "large:zset", "7", "new" + m});
    case 22: return w.run({"zpopmin", "large:zset", "3"});
    case 23: return w.run({"lset", "large:list", std::to_string(below(500)), "changed"});
    case 24: return w.run({"lpush", "large:list", "front"});
    case 25: return w.run({"linsert", "large:list", "before", "front", "in between"});
    case 26: return w.run({"rpop", "large:list", "5"});
    case 27: return w.run({"setrange", "large:string", m, "changed"});
    case 28: return w.run({"append", "large:string", "more"});
    case 29: return w.run({"hpexpire", "large:hash", "300000000", "FIELDS", "1", "field" + m});
    case 30: return w.run({"copy", "large:set", "copy:" + n});
    case 31: {
      static const char* large[] = {"large:hash", "large:set", "large:zset", "large:list", "large:string", "large:stream"};
      const std::string name = large[below(6)];
      if (below(8) != 0) return;
      if (below(2) == 0) return w.run({"del", name});
      return w.run({"rename", name, name + n});
    }
    case 32: return w.run({"xadd", "large:stream", "*", "field", "new"});
    case 33: return w.run({"xdel", "large:stream", m + "-1"});
    case 34: return w.run({"xtrim", "large:stream", "maxlen", std::to_string(15000 + below(5000))});
    case 35: return w.run({"xgroup", "setid", "large:stream", "group", m + "-1"});
    case 36: return w.run({"swapdb", "0", "1"});
    default:
      if (below(20) == 0) w.run({"flushdb"});
  }
}

}  // namespace

TEST("keyspace snapshot: a checkpoint is the moment when it began, whatever changes between its slices") {
  for (unsigned seed = 0; seed < 2; seed++) {
    World w;
    fill(w, true);
    std::mt19937 random(seed);
    const std::string before = w.digest();
    MemoryCheckpoint checkpoint;
    int changes = 0;
    checkpoint.between = [&] {
      for (int i = 0; i < 25; i++, changes++) change(w, random, seed % 2 == 1);
    };
    CHECK(w.keyspace.save(checkpoint, {}).is_ok());
    CHECK(changes > 2000);
    CHECK(w.digest() != before);
    World again;
    CHECK(again.keyspace.load(checkpoint).is_ok());
    CHECK_EQ(again.digest(), before);
    // Nothing is left behind: the next one is right too.
    const std::string after = w.digest();
    checkpoint.streams.clear();
    checkpoint.between = nullptr;
    CHECK(w.keyspace.save(checkpoint, {}).is_ok());
    World third;
    CHECK(third.keyspace.load(checkpoint).is_ok());
    CHECK_EQ(third.digest(), after);
  }
}

TEST("keyspace snapshot: an RDB file is the moment when it began; one that is given up leaves no trace") {
  for (unsigned seed = 0; seed < 3; seed++) {
    World w;
    fill(w, seed != 0);  // Redis 7.0 has no times of fields
    std::mt19937 random(seed);
    const std::string before = w.digest();
    std::string file = rdb_header(seed == 0 ? kRdbVersionWritten : kRdbVersionRead);
    const RdbEntryWriter writer(seed == 0 ? RdbContents::kRedis7 : RdbContents::kWhole);
    {
      KeySnapshot snapshot(w.keyspace, writer);
      w.keyspace.lock_all_whole();
      snapshot.begin();
      w.keyspace.unlock_all();
      for (std::uint32_t i = 0; i < (seed == 2 ? 9u : kShardCount); i++)
        CHECK(snapshot.write_shard(i, [&](const ByteWriter& piece) {
          file.append(reinterpret_cast<const char*>(piece.data()), piece.size());
          for (int k = 0; k < 40; k++) change(w, random, seed % 2 == 1);
          return Status::ok();
        }).is_ok());
    }
    if (seed == 1) CHECK(writer.timed_hashes() > 0);
    file += rdb_footer();
    for (int k = 0; k < 1000; k++) change(w, random, false);
    if (seed == 2) continue;
    World again;
    RdbImport import(again.keyspace);
    std::size_t used = 0;
    CHECK(import.feed(file, true, &used));
    CHECK_EQ(import.error(), std::string());
    CHECK_EQ(again.digest(), before);
  }
}

namespace {

const std::string kFolder = "data";
constexpr std::uint64_t kDatabaseId = 11;

/// An engine of keys only, on a disk that may fail.
struct Small {
  explicit Small(FileSystem& f)
      : log(f, log_settings()), transactions(log),
        keyspace([this](std::span<const std::uint8_t> e) { return transactions.append_effects(e); }, [this] { return log.appended(); }),
        checkpointer(f, {kFolder, kDatabaseId, 0, false}, log, transactions, rooms()) {
    test::define_test_commands();
    (void)f.create_folder(kFolder);
    status = storage::recover(f, kFolder, kDatabaseId, rooms(), &recovery);
    if (!status.is_ok()) return;
    transactions.restore(recovery.newest_ts + 1, 1);
    log.start(recovery.end);
    checkpointer.start(recovery.checkpoint_lsn);
  }
  ~Small() { checkpointer.stop(); }
  static storage::FileLogSettings log_settings() {
    storage::FileLogSettings s;
    s.folder = kFolder;
    s.database_id = kDatabaseId;
    s.segment_bytes = 20000;
    s.preallocate_bytes = 4096;
    return s;
  }
  std::vector<storage::Participant> rooms() { return {{storage::Room::kKeyspace, &keyspace}}; }
  std::string digest() { Digest d; keyspace.digest(d); return d.hex(); }
  /// False when the log refused it. `flushed`: waits until it is durable.
  bool run(Session& session, const std::vector<std::string>& words, bool flushed) {
    const std::vector<std::string_view> args(words.begin(), words.end());
    storage::Xid wait = 0;
    Executor(keyspace).execute(session, args, now_millis(), &wait);
    const bool fine = session.reply.size() > 0 && session.reply.data()[0] != '-';
    session.reply.clear();
    return fine && (!flushed || log.wait_flushed(session.lsn).is_ok());
  }
  std::size_t length(const std::string& key) {
    Node* n = keyspace.shard(Keyspace::shard_index(key)).databases[0].keys.find(key);
    return n == nullptr ? 0 : n->payload.value.list().size();
  }
  /// Whether the list is 0, 1, 2…
  bool counts_up(const std::string& key) {
    Node* n = keyspace.shard(Keyspace::shard_index(key)).databases[0].keys.find(key);
    bool fine = true;
    if (n != nullptr) n->payload.value.list().walk(0, true, [&](std::size_t i, std::string_view v) { return fine = v == std::to_string(i); });
    return fine;
  }

  storage::FileLog log;
  storage::TransactionManager transactions;
  Keyspace keyspace;
  storage::Checkpointer checkpointer;
  storage::RecoveryResult recovery;
  Status status;
};

/// Lists that grow by one number after the other (an effect that is lost or comes twice shows) while checkpoints run one after the other;
/// how long each certainly is.
std::array<std::size_t, 4> grow(FileSystem& files, int checkpoints) {
  std::array<std::size_t, 4> safe{};
  Small engine(files);
  if (!engine.status.is_ok()) return safe;
  std::atomic<bool> stop{false}, gone{false};
  std::atomic<int> written{0};
  std::thread writer([&] {
    Session session;
    for (std::size_t i = 0; !stop.load(); i++) {
      const std::string key = "list" + std::to_string(i % 4);
      const std::size_t n = engine.length(key);
      if (!engine.run(session, {"rpush", key, std::to_string(n)}, true)) break;
      safe[i % 4] = n + 1;
      written++;
    }
    gone = true;
  });
  for (int i = 0; i < checkpoints; i++) {
    // However quick a checkpoint is, there is something new for it: each run reaches the same operations.
    while (written < 8 * (i + 1) && !gone) std::this_thread::yield();
    (void)engine.checkpointer.run();
  }
  stop = true;
  writer.join();
  return safe;
}

}  // namespace

TEST("keyspace snapshot: power cut at every operation of checkpoints with a writer at work: nothing lost, nothing twice") {
  int reached = 0;
  for (std::uint64_t op = 1; op < 400; op++) {
    FaultFileSystem files;
    files.set_plan({FaultFileSystem::Fault::kPowerCut, op, ~0ull});
    const auto safe = grow(files, 3);
    if (!files.power_is_cut()) break;
    reached++;
    for (std::uint64_t seed = 0; seed < 2; seed++) {
      const auto again = files.after_power_cut(seed);
      Small end(*again);
      CHECK(end.status.is_ok());
      for (std::size_t l = 0; l < safe.size(); l++) {
        const std::string key = "list" + std::to_string(l);
        CHECK(end.length(key) >= safe[l]);
        CHECK(end.length(key) <= safe[l] + 1);
        CHECK(end.counts_up(key));
      }
    }
  }
  CHECK(reached > 30);
}

TEST("threads: keyspace snapshot: writers and checkpoints at once; what recovers equals what was there") {
  FaultFileSystem files;
  std::string digest;
  {
    Small engine(files);
    std::vector<std::thread> writers;
    std::atomic<bool> stop{false};
    for (unsigned t = 0; t < 2; t++)
      writers.emplace_back([&, t] {
        Session session;
        std::mt19937 random(t);
        for (int i = 0; !stop.load(); i++) {
          const std::string n = std::to_string(random() % 300), m = std::to_string(random() % 9000);
          switch (i % 12) {
            case 0: engine.run(session, {"rpush", "list", "element " + m + std::string(200, '-')}, false); break;
            case 1: engine.run(session, {"lpush", "list", "element " + m + std::string(200, '-')}, false); break;
            case 2: engine.run(session, {"lset", "list", std::to_string(random() % 50), m}, false); break;
            case 3: engine.run(session, {"lpop", "list"}, false); break;
            case 4: engine.run(session, {"hset", "hash", m, n}, false); break;
            case 5: engine.run(session, {"hdel", "hash", m}, false); break;
            case 6: engine.run(session, {"zadd", "zset", n, m}, false); break;
            case 7: engine.run(session, {"zrem", "zset", m}, false); break;
            case 8: engine.run(session, {"append", "string", std::string(2000, 'a')}, false); break;
            case 9: engine.run(session, {"incr", "count" + n}, false); break;
            case 10:
              if (i % 60 == 10) engine.run(session, {"rename", "hash", "hash" + n}, false);
              else engine.run(session, {"set", "string" + n, m}, false);
              break;
            default:
              if (i % 600 == 11) engine.run(session, {"flushdb"}, false);
              else engine.run(session, {"del", "string" + n, "hash" + n}, false);
          }
          if (i % 50 == 0) engine.run(session, {"incr", "flushed"}, true);
        }
      });
    for (int i = 0; i < 8; i++) CHECK(engine.checkpointer.run().is_ok());
    stop = true;
    for (auto& w : writers) w.join();
    digest = engine.digest();
    CHECK(engine.log.wait_flushed(engine.log.appended()).is_ok());
  }
  Small again(files);
  CHECK(again.status.is_ok());
  CHECK_EQ(again.digest(), digest);
}

TEST("keyspace snapshot: the thread has its turns back afterwards") {
  const std::uint64_t usual = set_turn_nanos(300'000);
  if (set_turn_nanos(300'000) != 300'000) return;  // a system that has no such thing
  {
    LatchTurns turns;
    turns.before_slice();
    const std::uint64_t inside = set_turn_nanos(300'000);
    CHECK(inside > 300'000);
  }
  CHECK_EQ(set_turn_nanos(usual), std::uint64_t{300'000});
}
