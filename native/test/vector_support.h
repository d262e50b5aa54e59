// vector_support.h: a row store with one vector table and its HNSW index, for the tests of vector indexes.
#pragma once
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "../exec/vector_scan.h"
#include "../index/vector_index_store.h"
#include "../storage/memory_log.h"
#include "check.h"

namespace orrery::test_vectors {
using namespace orrery::storage;
using exec::HnswScan;
using exec::Predicate;
using exec::VectorQuery;
using index::hnsw::HnswIndex;
using index::HnswStore;
using index::Metric;
using index::hnsw::Options;

constexpr std::uint32_t kDimensions = 8;
constexpr RelationId kTable = 20000, kIndex = 20001;

/// Rows (id int4, label int4 null when negative, v vector(8) null when empty) as a block.
struct TestRow { std::int32_t id; std::int32_t label; std::vector<float> v; };
inline std::vector<std::uint64_t> block_of(const std::vector<TestRow>& rows, const std::vector<RowId>& ids = {}) {
  const auto n = static_cast<std::uint32_t>(rows.size());
  const auto align = [](std::size_t at) { return (at + 7) & ~std::size_t{7}; };
  std::size_t at = 16 + 16 * 3;
  const std::size_t row_ids = at;
  at += 8 * n;
  std::size_t validity[3], values[3];
  const PhysicalType types[3] = {PhysicalType::kInt32, PhysicalType::kInt32, PhysicalType::kVector};
  for (int c = 0; c < 3; c++) {
    validity[c] = at;
    at = align(at + n);
  }
  for (int c = 0; c < 3; c++) {
    values[c] = at;
    at = align(at + n * width_of(types[c], kDimensions));
  }
  std::vector<std::uint64_t> memory(at / 8 + 1, 0);
  auto* bytes = reinterpret_cast<std::uint8_t*>(memory.data());
  const auto put = [&](std::size_t where, std::size_t v) { const auto u = static_cast<std::uint32_t>(v); std::memcpy(bytes + where, &u, 4); };
  put(0, n);
  put(4, 3);
  put(8, ids.empty() ? 0 : row_ids);
  put(12, at);
  for (int c = 0; c < 3; c++) {
    bytes[16 + 16 * c] = static_cast<std::uint8_t>(types[c]);
    put(16 + 16 * c + 4, c == 2 ? kDimensions : 0);
    put(16 + 16 * c + 8, validity[c]);
    put(16 + 16 * c + 12, values[c]);
  }
  for (std::uint32_t i = 0; i < n; i++) {
    if (!ids.empty()) { const auto id = static_cast<double>(ids[i]); std::memcpy(bytes + row_ids + 8 * i, &id, 8); }
    bytes[validity[0] + i] = 1;
    std::memcpy(bytes + values[0] + 4 * i, &rows[i].id, 4);
    bytes[validity[1] + i] = rows[i].label >= 0;
    std::memcpy(bytes + values[1] + 4 * i, &rows[i].label, 4);
    bytes[validity[2] + i] = !rows[i].v.empty();
    if (!rows[i].v.empty()) std::memcpy(bytes + values[2] + 4 * kDimensions * i, rows[i].v.data(), 4 * kDimensions);
  }
  return memory;
}
inline Block view(const std::vector<std::uint64_t>& memory) {
  return *Block::parse(reinterpret_cast<const std::uint8_t*>(memory.data()), memory.size() * 8);
}

/// Keeps appended records for replay.
class RecordingLog final : public Log {
 public:
  Lsn append(CommitTs ts, std::span<const std::uint8_t> effects) override {
    records.push_back({ts, {effects.begin(), effects.end()}});
    return memory_.append(ts, effects);
  }
  void request_flush(Lsn lsn) override { memory_.request_flush(lsn); }
  Status wait_flushed(Lsn lsn) override { return memory_.wait_flushed(lsn); }
  Lsn appended() const noexcept override { return memory_.appended(); }
  Lsn flushed() const noexcept override { return memory_.flushed(); }
  void set_flush_listener(std::function<void(Lsn)> listener) override { memory_.set_flush_listener(std::move(listener)); }
  Status failure() const override { return memory_.failure(); }
  std::vector<std::pair<CommitTs, std::vector<std::uint8_t>>> records;

 private:
  MemoryLog memory_;
};

struct Database {
  RecordingLog log;
  TransactionManager manager{log};
  RowStore rows{log, manager};
  HnswStore vectors{rows};

  template <typename Work>
  void commit(Work&& work) {
    Transaction* t = manager.begin(Isolation::kReadCommitted);
    work(*t);
    Lsn lsn = 0;
    CHECK(manager.commit(t, &lsn).is_ok());
  }
  void create_table() {
    const ColumnType columns[] = {{PhysicalType::kInt32, 0}, {PhysicalType::kInt32, 0}, {PhysicalType::kVector, kDimensions}};
    commit([&](Transaction& t) { CHECK(rows.create_relation(t, kTable, columns).is_ok()); });
  }
  void create_index(Metric metric = Metric::kL2) {
    Options options;
    options.metric = metric;
    commit([&](Transaction& t) { CHECK(vectors.create(t, kIndex, kTable, 2, options).is_ok()); });
  }
  RowId insert(Transaction& t, const std::vector<TestRow>& list) {
    const auto memory = block_of(list);
    RowId first = 0;
    std::size_t failed = 0;
    CHECK(rows.insert(t, *rows.find(kTable), view(memory), &first, &failed).is_ok());
    return first;
  }
  std::vector<std::pair<std::int32_t, double>> read(Scan& scan, std::size_t k) {
    std::vector<std::pair<std::int32_t, double>> out;
    std::vector<std::uint64_t> memory(512);
    while (out.size() < k) {
      const std::int64_t n = scan.next(reinterpret_cast<std::uint8_t*>(memory.data()), memory.size() * 8, static_cast<std::uint32_t>(k - out.size()));
      if (n <= 0) break;
      const Block block = view(memory);
      for (std::uint32_t i = 0; i < n; i++) out.push_back({block.fixed<std::int32_t>(0, i), block.fixed<double>(1, i)});
    }
    return out;
  }
  std::vector<std::pair<std::int32_t, double>> nearest(const std::vector<float>& query, std::uint32_t k, std::span<const std::uint8_t> program = {},
                                                       const Snapshot* at = nullptr) {
    VectorQuery q;
    q.values = query;
    q.limit = k;
    q.columns = {0};
    if (!program.empty()) CHECK(Predicate::parse(program, *rows.find(kTable), &q.predicate).is_ok());
    const Snapshot snapshot = at != nullptr ? *at : manager.acquire_snapshot();
    HnswScan scan(manager, snapshot, vectors.find(kIndex), q, 40);
    const auto result = read(scan, k);
    exec::ExactVectorScan exact(manager, snapshot, *rows.find(kTable), 2, vectors.find(kIndex)->graph().options().metric, q);
    const auto expected = read(exact, k);
    CHECK_EQ(result.size(), expected.size());
    std::size_t same = 0;
    for (const auto& r : result)
      for (const auto& e : expected) same += r.first == e.first ? 1u : 0u;
    CHECK(same * 10 >= expected.size() * 9);
    if (at == nullptr) manager.release_snapshot(snapshot);
    return result;
  }
};

inline std::vector<TestRow> random_rows(std::int32_t first, std::int32_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<TestRow> rows;
  for (std::int32_t i = 0; i < count; i++) {
    TestRow row{first + i, (first + i) % 10, std::vector<float>(kDimensions)};
    for (float& x : row.v) x = normal(random);
    rows.push_back(std::move(row));
  }
  return rows;
}

inline std::vector<std::uint8_t> label_is(std::int32_t label) {
  ByteWriter out;
  out.u8(1);
  out.u16(1);
  out.u16(1);
  out.u8(static_cast<std::uint8_t>(KeyKind::kInt32));
  out.u8(static_cast<std::uint8_t>(exec::PredicateOp::kEq));
  out.u32(static_cast<std::uint32_t>(label));
  return out.bytes();
}

/// Checkpoint streams in memory.
struct Streams final : CheckpointWriter, CheckpointReader {
  struct Out final : CheckpointStream {
    explicit Out(std::string& to) : bytes(to) {}
    void write(const void* data, std::size_t length) override { bytes.append(static_cast<const char*>(data), length); }
    bool failed() const noexcept override { return false; }
    Status close() override { return Status::ok(); }
    std::string& bytes;
  };
  struct In final : CheckpointInput {
    explicit In(const std::string& from) : bytes(from) {}
    bool read(void* data, std::size_t length) override {
      if (bytes.size() - at < length) { short_read = true; return false; }
      std::memcpy(data, bytes.data() + at, length);
      at += length;
      return true;
    }
    std::uint64_t remaining() const noexcept override { return bytes.size() - at; }
    Status status() const override { return short_read ? Status::error(StatusCode::kCorrupt, "short") : Status::ok(); }
    const std::string& bytes;
    std::size_t at = 0;
    bool short_read = false;
  };
  Status create(std::string_view name, std::unique_ptr<CheckpointStream>* stream) override {
    *stream = std::make_unique<Out>(streams[std::string(name)]);
    return Status::ok();
  }
  bool has(std::string_view name) const override { return streams.contains(std::string(name)); }
  std::vector<std::string> names(std::string_view prefix) const override {
    std::vector<std::string> found;
    for (const auto& [name, bytes] : streams)
      if (name.starts_with(prefix)) found.push_back(name);
    return found;
  }
  Status open(std::string_view name, std::unique_ptr<CheckpointInput>* input) override {
    *input = std::make_unique<In>(streams.at(std::string(name)));
    return Status::ok();
  }
  const CheckpointMark& mark() const noexcept override { return at; }
  std::map<std::string, std::string> streams;
  CheckpointMark at;
};

inline void replay(const RecordingLog& log, std::size_t from, Database& into) {
  for (std::size_t i = from; i < log.records.size(); i++) {
    ByteReader in(log.records[i].second);
    while (in.remaining() > 0) {
      const std::uint8_t room = in.u8(), operation = in.u8();
      const std::string_view payload = in.string();
      ByteReader reader(reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size());
      CommitTs ts = log.records[i].first;
      if (room == static_cast<std::uint8_t>(Room::kStorage)) CHECK(into.rows.redo(operation, reader, ts, i + 1).is_ok());
      if (room == static_cast<std::uint8_t>(Room::kIndex)) CHECK(into.vectors.redo(operation, reader, ts, i + 1).is_ok());
    }
  }
  CHECK(into.rows.recovered(0).is_ok());
  CHECK(into.vectors.recovered(0).is_ok());
  into.manager.restore(log.records.back().first, 1000);
}
inline std::string digest_of(Database& db) {
  Digest d;
  db.vectors.digest(d);
  return d.hex();
}
}  // namespace orrery::test_vectors
