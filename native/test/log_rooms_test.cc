// The row store behind the real log and checkpoints, on the disk that fails: whole transactions survive, in rows and in the index.
#include <algorithm>
#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "../core/check.h"
#include "../core/fault_file.h"
#include "../storage/checkpointer.h"
#include "../storage/row_store.h"
#include "check.h"

using namespace orrery;
using namespace orrery::storage;

namespace {
const std::string kFolder = "data";
constexpr std::uint64_t kDatabase = 9;
constexpr RelationId kTable = 20001, kTwin = 20002, kIndex = 20003;

/// One int64 column (docs/formats/block.md), with row ids for updates.
struct Column64 {
  std::vector<std::uint64_t> words;
  Block block;
  explicit Column64(const std::vector<std::int64_t>& values, const std::vector<RowId>& rows = {}) {
    const std::size_t n = values.size();
    words.resize(4 + 2 * n);
    auto* head = reinterpret_cast<std::uint32_t*>(words.data());
    head[0] = static_cast<std::uint32_t>(n);
    head[1] = 1;
    head[2] = rows.empty() ? 0 : static_cast<std::uint32_t>(32 + 8 * n);
    head[3] = static_cast<std::uint32_t>(words.size() * 8);
    head[4] = static_cast<std::uint32_t>(PhysicalType::kInt64);
    head[7] = 32;
    for (std::size_t i = 0; i < n; i++) std::memcpy(&words[4 + i], &values[i], 8);
    for (std::size_t i = 0; i < rows.size(); i++) {
      const auto row = static_cast<double>(rows[i]);
      std::memcpy(&words[4 + n + i], &row, 8);
    }
    auto parsed = Block::parse(reinterpret_cast<const std::uint8_t*>(words.data()), words.size() * 8);
    ORRERY_ASSERT(parsed.has_value());
    block = *parsed;
  }
};

struct Small {
  explicit Small(FileSystem& f, std::uint64_t log_bytes = 0)
      : log(f, log_settings()), transactions(log), rows(log, transactions), checkpointer(f, {kFolder, kDatabase, log_bytes, false}, log, transactions, rooms()) {
    (void)f.create_folder(kFolder);
    status = recover(f, kFolder, kDatabase, rooms(), &recovery);
    if (!status.is_ok()) return;
    transactions.restore(recovery.newest_ts + 1, 1);
    log.start(recovery.end);
    checkpointer.start(recovery.checkpoint_lsn);
  }
  ~Small() {
    rows.stop_vacuum();
    checkpointer.stop();
  }
  static FileLogSettings log_settings() {
    FileLogSettings s;
    s.folder = kFolder;
    s.database_id = kDatabase;
    s.segment_bytes = 20000;
    s.preallocate_bytes = 4096;
    return s;
  }
  std::vector<Participant> rooms() { return {{Room::kStorage, &rows}}; }
  std::string digest() { Digest d; rows.digest(d); return d.hex(); }
  /// Both tables and the index, unless they are there.
  bool define() {
    if (rows.find(kTable) != nullptr && rows.find(kTwin) != nullptr) return true;
    Transaction* t = transactions.begin(Isolation::kReadCommitted);
    const ColumnType type{PhysicalType::kInt64, 0};
    const index::KeyColumn key{0, KeyKind::kInt64, false, false};
    Status s = rows.create_relation(*t, kTable, {&type, 1});
    if (s.is_ok()) s = rows.create_relation(*t, kTwin, {&type, 1});
    if (s.is_ok()) s = rows.create_btree(*t, kIndex, kTable, {&key, 1}, true, false);
    CHECK(s.is_ok());
    Lsn lsn = 0;
    return transactions.commit(t, &lsn).is_ok() && log.wait_flushed(lsn).is_ok();
  }
  /// The same rows into both tables; 0 when it failed. Commits or takes it back.
  Lsn insert(const std::vector<std::int64_t>& values, bool commit = true) {
    Transaction* t = transactions.begin(Isolation::kReadCommitted);
    const Column64 column(values);
    RowId first = 0;
    std::size_t failed = 0;
    for (const RelationId id : {kTable, kTwin})
      if (!rows.insert(*t, *rows.find(id), column.block, &first, &failed).is_ok()) {
        transactions.rollback(t);
        return 0;
      }
    Lsn lsn = 0;
    if (!commit) transactions.rollback(t);
    else if (!transactions.commit(t, &lsn).is_ok()) return 0;
    return lsn;
  }
  std::multiset<std::int64_t> values(RelationId id) {
    std::multiset<std::int64_t> out;
    const Relation* r = rows.find(id);
    if (r == nullptr) return out;
    const Snapshot snapshot = transactions.acquire_snapshot();
    for (std::uint32_t i = 0; i < r->chunk_count(); i++)
      if (const Chunk* c = r->chunk(i))
        for (std::uint32_t slot = 0; slot < c->count(); slot++)
          if (c->is_visible(slot, snapshot, transactions)) out.insert(c->fixed<std::int64_t>(0, slot));
    transactions.release_snapshot(snapshot);
    return out;
  }

  FileLog log;
  TransactionManager transactions;
  RowStore rows;
  Checkpointer checkpointer;
  RecoveryResult recovery;
  Status status;
};

/// Transactions of 1–3 rows 1, 2, 3…, some rolled back, checkpoints in between; rows that are certainly durable.
std::size_t work(FileSystem& files, int transactions) {
  Small engine(files);
  if (!engine.status.is_ok() || !engine.define()) return 0;
  auto next = static_cast<std::int64_t>(engine.values(kTable).size()) + 1;
  std::size_t safe = static_cast<std::size_t>(next - 1);
  for (int i = 0; i < transactions; i++) {
    std::vector<std::int64_t> values;
    for (int k = 0; k <= i % 3; k++) values.push_back(next + k);
    if (i % 5 == 4) (void)engine.insert({next + 1000}, false);
    const Lsn lsn = engine.insert(values);
    if (lsn == 0 || !engine.log.wait_flushed(lsn).is_ok()) break;
    next += static_cast<std::int64_t>(values.size());
    safe = static_cast<std::size_t>(next - 1);
    if (i % 7 == 3) (void)engine.checkpointer.run();
  }
  return safe;
}
}  // namespace

TEST("log: rooms: rows survive power cuts at every operation, whole transactions only") {
  int reached = 0;
  for (std::uint64_t op = 1; op < 300; op++) {
    FaultFileSystem files;
    files.set_plan({FaultFileSystem::Fault::kPowerCut, op, ~0ull});
    const std::size_t safe = work(files, 16);
    if (!files.power_is_cut()) break;
    reached++;
    for (std::uint64_t seed = 0; seed < 3; seed++) {
      const auto again = files.after_power_cut(seed);
      Small engine(*again);
      if (!engine.status.is_ok()) std::cerr << op << "/" << seed << " " << engine.status.message << "\n";
      CHECK(engine.status.is_ok());
      const auto found = engine.values(kTable);
      CHECK(found.size() >= safe);
      CHECK(found == engine.values(kTwin));
      std::int64_t expected = 1;
      for (const std::int64_t v : found) CHECK_EQ(v, expected++);
      // The index knows every row: each is a duplicate now, and the next one is not.
      if (found.empty()) continue;
      CHECK_EQ(engine.insert({static_cast<std::int64_t>(found.size())}), 0u);
      CHECK(engine.insert({static_cast<std::int64_t>(found.size()) + 1}) != 0);
    }
  }
  CHECK(reached > 50);
}

TEST("threads: log: rooms: writers, vacuum and checkpoints at once; what recovers equals what was there") {
  FaultFileSystem files;
  std::string digest;
  std::multiset<std::int64_t> values;
  {
    Small engine(files, 8000);
    CHECK(engine.define());
    engine.rows.start_vacuum();
    std::vector<std::thread> writers;
    for (int w = 0; w < 3; w++)
      writers.emplace_back([&, w] {
        std::mt19937_64 random(static_cast<std::uint64_t>(w));
        std::vector<std::pair<RowId, std::int64_t>> mine;
        std::int64_t next = w * 1'000'000;
        for (int i = 0; i < 250; i++) {
          Transaction* t = engine.transactions.begin(Isolation::kReadCommitted);
          Relation& table = *engine.rows.find(kTable);
          std::size_t failed = 0;
          RowId first = 0;
          auto after = mine;
          Status s;
          if (mine.empty() || random() % 2 == 0) {
            const std::vector<std::int64_t> added{next, next + 1};
            next += 2;
            s = engine.rows.insert(*t, table, Column64(added).block, &first, &failed);
            after.emplace_back(first, added[0]);
            after.emplace_back(first + 1, added[1]);
          } else if (random() % 2 == 0) {
            const std::size_t at = random() % mine.size();
            const std::uint32_t changed[] = {0};
            s = engine.rows.update(*t, table, Column64({next}, {mine[at].first}).block, changed, &failed);
            after[at].second = next++;
          } else {
            const std::size_t at = random() % mine.size();
            s = engine.rows.remove(*t, table, {&mine[at].first, 1});
            after.erase(after.begin() + static_cast<std::ptrdiff_t>(at));
          }
          CHECK(s.is_ok());
          if (random() % 6 == 0) {
            engine.transactions.rollback(t);
            continue;
          }
          Lsn lsn = 0;
          CHECK(engine.transactions.commit(t, &lsn).is_ok());
          mine = std::move(after);
          if (i % 20 == 0) CHECK(engine.log.wait_flushed(lsn).is_ok());
        }
      });
    for (int i = 0; i < 6; i++) CHECK(engine.checkpointer.run().is_ok());
    for (auto& t : writers) t.join();
    engine.rows.stop_vacuum();
    CHECK(engine.log.wait_flushed(engine.log.appended()).is_ok());
    digest = engine.digest();
    values = engine.values(kTable);
  }
  Small again(files);
  CHECK(again.status.is_ok());
  CHECK(again.values(kTable) == values);
  CHECK_EQ(again.digest(), digest);
}
