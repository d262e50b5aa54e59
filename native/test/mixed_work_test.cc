// Eight threads of mixed work over one engine: rows, readers that stay, vectors, keys, definitions, checkpoints, vacuum. Run under ThreadSanitizer.
// ORRERY_MIXED_SECONDS: how long (`npm run test:long`: ten minutes).
#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

#include "../core/check.h"
#include "../core/fault_file.h"
#include "../exec/vector_scan.h"
#include "../index/vector_index_store.h"
#include "../keyspace/executor.h"
#include "../storage/checkpointer.h"
#include "../storage/row_store.h"
#include "check.h"
#include "command_table.h"

using namespace orrery;
using namespace orrery::storage;

namespace {

const std::string kFolder = "data";
constexpr std::uint64_t kDatabase = 11;
constexpr RelationId kAccounts = 20001, kByBalance = 20002, kPoints = 20003, kGraph = 20004, kDefined = 30000;
constexpr std::int64_t kRows = 64, kTotal = kRows * 1000;
constexpr std::uint32_t kDimensions = 4;

double seconds_of_work() {
  if (const char* given = std::getenv("ORRERY_MIXED_SECONDS")) return std::atof(given);
#ifdef __SANITIZE_THREAD__
  return 30;
#else
  return 3;
#endif
}

/// One column of values without NULLs (docs/formats/block.md); `rows`: with row ids.
template <typename T>
struct ColumnBlock {
  std::vector<std::uint64_t> words;
  Block block;
  ColumnBlock(PhysicalType type, std::uint32_t dimensions, const std::vector<T>& values, const std::vector<RowId>& rows = {}) {
    const std::size_t bytes = values.size() * sizeof(T), value_words = (bytes + 7) / 8;
    const std::size_t n = bytes / width_of(type, dimensions);
    words.resize(4 + value_words + n);
    auto* head = reinterpret_cast<std::uint32_t*>(words.data());
    head[0] = static_cast<std::uint32_t>(n);
    head[1] = 1;
    head[2] = rows.empty() ? 0 : static_cast<std::uint32_t>(32 + 8 * value_words);
    head[3] = static_cast<std::uint32_t>(words.size() * 8);
    head[4] = static_cast<std::uint32_t>(type);
    head[5] = dimensions;
    head[7] = 32;
    std::memcpy(words.data() + 4, values.data(), bytes);
    for (std::size_t i = 0; i < rows.size(); i++) {
      const auto row = static_cast<double>(rows[i]);
      std::memcpy(&words[4 + value_words + i], &row, 8);
    }
    auto parsed = Block::parse(reinterpret_cast<const std::uint8_t*>(words.data()), words.size() * 8);
    ORRERY_ASSERT(parsed.has_value());
    block = *parsed;
  }
};
ColumnBlock<std::int64_t> balances(const std::vector<std::int64_t>& values, const std::vector<RowId>& rows = {}) {
  return {PhysicalType::kInt64, 0, values, rows};
}

struct Engine {
  explicit Engine(FileSystem& f)
      : log(f, log_settings()), transactions(log), rows(log, transactions), graphs(rows),
        keyspace([this](std::span<const std::uint8_t> e) { return transactions.append_effects(e); }, [this] { return log.appended(); }),
        checkpointer(f, {kFolder, kDatabase, 0, false}, log, transactions, rooms()) {
    test::define_test_commands();
    (void)f.create_folder(kFolder);
    CHECK(recover(f, kFolder, kDatabase, rooms(), &recovery).is_ok());
    transactions.restore(recovery.newest_ts + 1, 1);
    log.start(recovery.end);
    checkpointer.start(recovery.checkpoint_lsn);
  }
  ~Engine() {
    rows.stop_vacuum();
    checkpointer.stop();
  }
  static FileLogSettings log_settings() {
    FileLogSettings s;
    s.folder = kFolder;
    s.database_id = kDatabase;
    s.segment_bytes = 1 << 20;
    s.preallocate_bytes = 1 << 16;
    return s;
  }
  std::vector<Participant> rooms() {
    return {{Room::kStorage, &rows}, {index::hnsw::HnswIndex::kRoom, &graphs}, {Room::kKeyspace, &keyspace}};
  }
  std::string digest() {
    Digest d;
    rows.digest(d);
    keyspace.digest(d);
    return d.hex();
  }
  Transaction* begin(Isolation isolation = Isolation::kReadCommitted) { return transactions.begin(isolation); }
  bool commit(Transaction* t) {
    Lsn lsn = 0;
    return transactions.commit(t, &lsn).is_ok();
  }
  Status insert(Transaction& t, RelationId relation, const Block& block, RowId* first) {
    std::size_t failed = 0;
    return rows.insert(t, *rows.find(relation), block, first, &failed);
  }

  FileLog log;
  TransactionManager transactions;
  RowStore rows;
  index::HnswStore graphs;
  keyspace::Keyspace keyspace;
  Checkpointer checkpointer;
  RecoveryResult recovery;
};

struct Work {
  Engine& engine;
  RowId first = 0;
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> transfers{0}, reads{0}, points{0}, commands{0}, definitions{0}, checkpoints{0}, wrong{0};

  void transfer(std::uint32_t seed) {
    std::mt19937 random(seed);
    const Relation& table = *engine.rows.find(kAccounts);
    while (!stop) {
      const RowId from = first + random() % kRows, to = first + random() % kRows;
      if (from == to) continue;
      Transaction* t = engine.begin();
      bool fine = true;
      for (const auto& [row, delta] : {std::pair{from, -1}, std::pair{to, 1}}) {
        const VersionRef v = table.visible(row, t->snapshot(), engine.transactions);
        if (!v) { wrong++; fine = false; break; }
        const auto block = balances({v.chunk->fixed<std::int64_t>(0, v.slot) + delta}, {row});
        const std::uint32_t changed[] = {0};
        std::size_t failed = 0;
        fine = engine.rows.update(*t, *engine.rows.find(kAccounts), block.block, changed, &failed).is_ok();
        if (!fine) break;
        engine.transactions.next_command(*t);
      }
      if (fine && random() % 8 != 0) transfers += engine.commit(t) ? 1 : 0;
      else engine.transactions.rollback(t);
    }
  }
  /// Sums the balances again and again at one snapshot, and rests between.
  void read(std::uint32_t seed) {
    std::mt19937 random(seed);
    const Relation& table = *engine.rows.find(kAccounts);
    while (!stop) {
      Transaction* t = engine.begin(Isolation::kRepeatableRead);
      for (int round = 0; round < 5 && !stop; round++) {
        std::int64_t sum = 0;
        for (RowId row = first; row < first + kRows; row++)
          if (const VersionRef v = table.visible(row, t->snapshot(), engine.transactions)) sum += v.chunk->fixed<std::int64_t>(0, v.slot);
        if (sum != kTotal) wrong++;
        reads++;
        engine.transactions.rest(*t);
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 100));
        engine.transactions.resume(*t);
      }
      engine.transactions.rollback(t);
    }
  }
  void move_points(std::uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<RowId> mine;
    const auto point = [&] { return std::vector<float>{float(random() % 100), float(random() % 100), float(random() % 100), float(random() % 100)}; };
    while (!stop) {
      Transaction* t = engine.begin();
      RowId row = 0;
      if (mine.size() < 200) {
        if (engine.insert(*t, kPoints, ColumnBlock<float>(PhysicalType::kVector, kDimensions, point()).block, &row).is_ok() && engine.commit(t)) mine.push_back(row);
      } else {
        std::swap(mine[random() % mine.size()], mine.back());
        if (engine.rows.remove(*t, *engine.rows.find(kPoints), {&mine.back(), 1}).is_ok() && engine.commit(t)) mine.pop_back();
      }
      exec::VectorQuery query;
      query.values = point();
      query.limit = 5;
      const Snapshot snapshot = engine.transactions.acquire_snapshot();
      exec::HnswScan scan(engine.transactions, snapshot, engine.graphs.find(kGraph), query, 20);
      engine.transactions.release_snapshot(snapshot);
      std::vector<std::uint64_t> memory(512);
      if (scan.next(reinterpret_cast<std::uint8_t*>(memory.data()), memory.size() * 8, 5) < 0) wrong++;
      points++;
    }
  }
  void run_commands(std::uint32_t seed) {
    std::mt19937 random(seed);
    keyspace::Session session;
    keyspace::Executor executor(engine.keyspace);
    const auto run = [&](const std::vector<std::string>& words) {
      const std::vector<std::string_view> args(words.begin(), words.end());
      Xid wait = 0;
      executor.execute(session, args, keyspace::now_millis(), &wait);
      session.reply.clear();
      commands++;
    };
    while (!stop) {
      const std::string n = std::to_string(random() % 200), m = std::to_string(random() % 1000);
      switch (random() % 8) {
        case 0: run({"rpush", "list" + n, m}); break;
        case 1: run({"lpop", "list" + n}); break;
        case 2: run({"hset", "hash", m, n}); break;
        case 3: run({"zadd", "zset", n, m}); break;
        case 4: run({"incr", "count" + n}); break;
        case 5: run({"set", "string" + n, m}); break;
        case 6: run({"del", "list" + n, "string" + n}); break;
        default: run({"zrem", "zset", m});
      }
    }
  }
  /// Tables and indexes come and go, committed or not.
  void define(std::uint32_t seed) {
    std::mt19937 random(seed);
    const ColumnType type{PhysicalType::kInt64, 0};
    const index::KeyColumn key{0, KeyKind::kInt64, false, false};
    for (RelationId id = kDefined; !stop; id += 2) {
      Transaction* t = engine.begin();
      RowId row = 0;
      bool fine = engine.rows.create_relation(*t, id, {&type, 1}).is_ok() && engine.rows.create_btree(*t, id + 1, id, {&key, 1}, true, false).is_ok() &&
                  engine.insert(*t, id, balances({1, 2, 3}).block, &row).is_ok();
      if (!fine) wrong++;
      if (random() % 3 == 0) {
        engine.transactions.rollback(t);
        continue;
      }
      fine = engine.commit(t);
      t = engine.begin();
      fine = fine && engine.rows.truncate(*t, id).is_ok() && engine.rows.drop_index(*t, id + 1).is_ok() && engine.rows.drop_relation(*t, id).is_ok() && engine.commit(t);
      if (!fine) wrong++;
      definitions++;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  void save() {
    while (!stop) {
      if (!engine.checkpointer.run().is_ok()) wrong++;
      checkpoints++;
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  }
};

void define_tables(Engine& engine, RowId* first) {
  Transaction* t = engine.begin();
  const ColumnType balance{PhysicalType::kInt64, 0}, point{PhysicalType::kVector, kDimensions};
  const index::KeyColumn key{0, KeyKind::kInt64, false, false};
  CHECK(engine.rows.create_relation(*t, kAccounts, {&balance, 1}).is_ok());
  CHECK(engine.rows.create_btree(*t, kByBalance, kAccounts, {&key, 1}, false, false).is_ok());
  CHECK(engine.rows.create_relation(*t, kPoints, {&point, 1}).is_ok());
  CHECK(engine.graphs.create(*t, kGraph, kPoints, 0, {}).is_ok());
  CHECK(engine.insert(*t, kAccounts, balances(std::vector<std::int64_t>(kRows, 1000)).block, first).is_ok());
  CHECK(engine.commit(t));
}

}  // namespace

TEST("threads: eight threads of mixed work; what recovers equals what was there") {
  FaultFileSystem files;
  std::string digest;
  {
    Engine engine(files);
    Work work{engine};
    define_tables(engine, &work.first);
    engine.rows.start_vacuum();
    std::vector<std::thread> threads;
    for (const std::uint32_t seed : {1u, 2u}) threads.emplace_back([&work, seed] { work.transfer(seed); });
    threads.emplace_back([&work] { work.read(3); });
    threads.emplace_back([&work] { work.move_points(4); });
    for (const std::uint32_t seed : {5u, 6u}) threads.emplace_back([&work, seed] { work.run_commands(seed); });
    threads.emplace_back([&work] { work.define(7); });
    threads.emplace_back([&work] { work.save(); });
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds_of_work()));
    work.stop = true;
    for (auto& thread : threads) thread.join();
    engine.rows.stop_vacuum();
    CHECK_EQ(work.wrong.load(), 0u);
    for (const auto* count : {&work.transfers, &work.reads, &work.points, &work.commands, &work.definitions, &work.checkpoints}) CHECK(count->load() > 0);
    CHECK(engine.log.wait_flushed(engine.log.appended()).is_ok());
    digest = engine.digest();
  }
  Engine again(files);
  CHECK_EQ(again.digest(), digest);
}
