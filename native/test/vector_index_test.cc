// vector_index_test.cc: vector indexes over real rows: visibility, filters, rollback, deletes, images, redo; predicates.
#include <cmath>
#include <cstring>
#include <map>
#include <random>

#include "../exec/vector_scan.h"
#include "../index/vector_index_store.h"
#include "../storage/memory_log.h"
#include "check.h"

namespace {
using namespace orrery;
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
std::vector<std::uint64_t> block_of(const std::vector<TestRow>& rows, const std::vector<RowId>& ids = {}) {
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
Block view(const std::vector<std::uint64_t>& memory) {
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

std::vector<TestRow> random_rows(std::int32_t first, std::int32_t count, unsigned seed) {
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

std::vector<std::uint8_t> label_is(std::int32_t label) {
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

void replay(const RecordingLog& log, std::size_t from, Database& into) {
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
std::string digest_of(Database& db) {
  Digest d;
  db.vectors.digest(d);
  return d.hex();
}
}  // namespace

TEST("vector index: what a snapshot sees, and nothing of rolled back or deleted rows") {
  Database db;
  db.create_table();
  const auto first = random_rows(0, 600, 1);
  db.commit([&](Transaction& t) { db.insert(t, first); });
  db.create_index();
  CHECK_EQ(db.nearest(first[17].v, 1)[0].first, 17);
  CHECK_EQ(db.nearest(first[17].v, 1)[0].second, 0.0);

  const Snapshot before = db.manager.acquire_snapshot();
  auto twin = first[17];
  twin.id = 10017;
  Transaction* open = db.manager.begin(Isolation::kReadCommitted);
  const RowId row = db.insert(*open, {twin});
  CHECK_EQ(db.nearest(first[17].v, 2)[1].first == 10017, false);
  db.manager.next_command(*open);
  const Snapshot own = open->snapshot();
  CHECK_EQ(db.nearest(first[17].v, 2, {}, &own)[1].first, 10017);
  db.manager.rollback(open);
  CHECK_EQ(db.vectors.find(kIndex)->graph().facts().nodes, 600u);

  db.commit([&](Transaction& t) {
    const RowId doomed[] = {18};
    CHECK(db.rows.remove(t, *db.rows.find(kTable), doomed).is_ok());
  });
  CHECK(db.nearest(first[17].v, 1)[0].first != 17);
  CHECK_EQ(db.nearest(first[17].v, 1, {}, &before)[0].first, 17);
  db.manager.release_snapshot(before);
  CHECK(row > 600);
}

TEST("vector index: updates that keep the vector touch nothing, others move the row") {
  Database db;
  db.create_table();
  auto list = random_rows(0, 300, 2);
  list[5].v.clear();  // NULL
  db.commit([&](Transaction& t) { db.insert(t, list); });
  db.create_index();
  CHECK_EQ(db.vectors.find(kIndex)->graph().facts().nodes, 299u);
  const auto update = [&](RowId row, const TestRow& to, std::uint32_t column) {
    db.commit([&](Transaction& t) {
      const auto memory = block_of({to}, {row});
      std::size_t failed = 0;
      CHECK(db.rows.update(t, *db.rows.find(kTable), view(memory), {&column, 1}, &failed).is_ok());
    });
  };
  auto changed = list[9];
  changed.label = 77;
  update(10, changed, 1);
  CHECK_EQ(db.vectors.find(kIndex)->graph().facts().nodes, 299u);
  CHECK_EQ(db.nearest(list[9].v, 1, label_is(77))[0].first, 9);
  for (float& x : changed.v) x = 50;
  update(10, changed, 2);
  CHECK_EQ(db.vectors.find(kIndex)->graph().facts().nodes, 300u);
  CHECK(db.nearest(list[9].v, 1)[0].first != 9);
  CHECK_EQ(db.nearest(changed.v, 1)[0].first, 9);
  auto filled = list[5];
  filled.v = std::vector<float>(kDimensions, -50);
  update(6, filled, 2);
  CHECK_EQ(db.nearest(filled.v, 1)[0].first, 5);
}

TEST("vector index: filters are evaluated during the walk and the scan goes on to the last row") {
  Database db;
  db.create_table();
  const auto list = random_rows(0, 3000, 3);
  db.commit([&](Transaction& t) { db.insert(t, list); });
  db.create_index();
  for (std::int32_t label = 0; label < 10; label++) {
    const auto found = db.nearest(list[static_cast<std::size_t>(label) * 7].v, 10, label_is(label));
    CHECK_EQ(found.size(), 10u);
    for (const auto& [id, distance] : found) CHECK_EQ(id % 10, label);
  }
  CHECK_EQ(db.nearest(list[0].v, 3000, label_is(4)).size(), 300u);
  CHECK_EQ(db.nearest(list[0].v, 5000).size(), 3000u);
  CHECK(db.nearest(list[0].v, 10, label_is(11)).empty());
}

TEST("vector index: a rolled back creation leaves nothing, a dropped index is gone") {
  Database db;
  db.create_table();
  db.commit([&](Transaction& t) { db.insert(t, random_rows(0, 50, 3)); });
  Transaction* t = db.manager.begin(Isolation::kReadCommitted);
  CHECK(db.vectors.create(*t, kIndex, kTable, 2, {}).is_ok());
  CHECK(db.vectors.find(kIndex) != nullptr);
  db.manager.rollback(t);
  CHECK(db.vectors.find(kIndex) == nullptr);
  db.create_index();
  db.commit([&](Transaction& d) { CHECK(db.rows.drop_index(d, kIndex).is_ok()); });
  CHECK(db.vectors.find(kIndex) == nullptr);
  Transaction* other = db.manager.begin(Isolation::kReadCommitted);
  CHECK_EQ(db.vectors.create(*other, kIndex + 1, kTable, 0, {}).code, StatusCode::kInvalid);
  CHECK_EQ(db.vectors.create(*other, kIndex + 1, kTable + 7, 2, {}).code, StatusCode::kNotFound);
  db.manager.rollback(other);
}

TEST("vector index: replaying the log gives the same index; an image and the log after it too") {
  Database db;
  db.create_table();
  const auto list = random_rows(0, 800, 5);
  db.commit([&](Transaction& t) { db.insert(t, list); });
  db.create_index();
  Transaction* uncommitted = db.manager.begin(Isolation::kReadCommitted);
  db.insert(*uncommitted, random_rows(5000, 3, 9));
  Streams checkpoint;
  const std::size_t records = db.log.records.size();
  checkpoint.at.read_ts = db.manager.newest();
  CHECK(db.rows.save(checkpoint, checkpoint.at).is_ok());
  CHECK(db.vectors.save(checkpoint, checkpoint.at).is_ok());
  db.manager.rollback(uncommitted);
  const auto later = random_rows(1000, 200, 6);
  db.commit([&](Transaction& t) { db.insert(t, later); });
  db.commit([&](Transaction& t) {
    std::vector<RowId> doomed;
    for (RowId row = 1; row <= 800; row += 2) doomed.push_back(row);
    CHECK(db.rows.remove(t, *db.rows.find(kTable), doomed).is_ok());
  });

  Database replayed;
  replay(db.log, 0, replayed);
  CHECK_EQ(digest_of(replayed), digest_of(db));
  CHECK_EQ(replayed.nearest(later[3].v, 1)[0].first, 1003);

  Database restarted;
  CHECK(restarted.rows.load(checkpoint).is_ok());
  CHECK(restarted.vectors.load(checkpoint).is_ok());
  CHECK_EQ(restarted.vectors.find(kIndex)->graph().facts().nodes, 800u);
  replay(db.log, records, restarted);
  CHECK_EQ(digest_of(restarted), digest_of(db));
  for (std::size_t i = 0; i < 20; i++) {
    CHECK_EQ(restarted.nearest(later[i].v, 1)[0].first, 1000 + static_cast<std::int32_t>(i));
    CHECK_EQ(restarted.nearest(list[2 * i + 1].v, 1)[0].first, static_cast<std::int32_t>(2 * i + 1));
  }
}

TEST("vector index: cosine, inner product and l1 give SQL's distances") {
  for (const Metric metric : {Metric::kInnerProduct, Metric::kCosine, Metric::kL1}) {
    Database db;
    db.create_table();
    const auto list = random_rows(0, 200, 7);
    db.commit([&](Transaction& t) { db.insert(t, list); });
    db.create_index(metric);
    const auto found = db.nearest(list[3].v, 5);
    const auto& v = list[static_cast<std::size_t>(found[0].first)].v;
    double dot = 0, a = 0, b = 0, l1 = 0;
    for (std::uint32_t d = 0; d < kDimensions; d++) {
      dot += v[d] * list[3].v[d];
      a += v[d] * v[d];
      b += list[3].v[d] * list[3].v[d];
      l1 += std::fabs(v[d] - list[3].v[d]);
    }
    const double expected = metric == Metric::kInnerProduct ? -dot : metric == Metric::kCosine ? 1 - dot / std::sqrt(a * b) : l1;
    CHECK(std::fabs(found[0].second - expected) < 1e-5 * (1 + std::fabs(expected)));
  }
}

TEST("predicate: terms on rows one by one and over a chunk agree; damage is refused") {
  Database db;
  db.create_table();
  std::vector<TestRow> list;
  for (std::int32_t i = 0; i < 64; i++) list.push_back({i, i % 7 - 1, i % 3 == 0 ? std::vector<float>{} : std::vector<float>(kDimensions, 1.0f)});
  db.commit([&](Transaction& t) { db.insert(t, list); });
  const Relation& relation = *db.rows.find(kTable);
  const auto program = [](std::uint16_t column, exec::PredicateOp op, std::vector<std::int32_t> constants) {
    ByteWriter out;
    out.u8(1);
    out.u16(1);
    out.u16(column);
    out.u8(static_cast<std::uint8_t>(KeyKind::kInt32));
    out.u8(static_cast<std::uint8_t>(op));
    if (op == exec::PredicateOp::kIn) out.u32(static_cast<std::uint32_t>(constants.size()));
    for (const std::int32_t c : constants) out.u32(static_cast<std::uint32_t>(c));
    return out.bytes();
  };
  using Op = exec::PredicateOp;
  struct Case { Op op; std::vector<std::int32_t> constants; bool (*expected)(std::int32_t label); };
  const Case cases[] = {
      {Op::kEq, {3}, [](std::int32_t l) { return l == 3; }}, {Op::kNe, {3}, [](std::int32_t l) { return l >= 0 && l != 3; }},
      {Op::kLt, {3}, [](std::int32_t l) { return l >= 0 && l < 3; }}, {Op::kLe, {3}, [](std::int32_t l) { return l >= 0 && l <= 3; }},
      {Op::kGt, {3}, [](std::int32_t l) { return l > 3; }}, {Op::kGe, {3}, [](std::int32_t l) { return l >= 3; }},
      {Op::kIn, {1, 5}, [](std::int32_t l) { return l == 1 || l == 5; }}, {Op::kIn, {}, [](std::int32_t) { return false; }},
      {Op::kIsNull, {}, [](std::int32_t l) { return l < 0; }}, {Op::kIsNotNull, {}, [](std::int32_t l) { return l >= 0; }},
  };
  for (const Case& c : cases) {
    const auto bytes = program(1, c.op, c.constants);
    Predicate predicate;
    CHECK(Predicate::parse(bytes, relation, &predicate).is_ok());
    std::size_t row = 0;
    for (std::uint32_t i = 0; i < relation.chunk_count(); i++) {
      const Chunk& chunk = *relation.chunk(i);
      std::vector<std::uint32_t> slots, expected;
      for (std::uint32_t slot = 0; slot < chunk.count(); slot++, row++) {
        slots.push_back(slot);
        const bool wanted = c.expected(list[row].label);
        if (wanted) expected.push_back(slot);
        CHECK_EQ(predicate.matches(chunk, slot), wanted);
      }
      predicate.filter(chunk, slots);
      CHECK(slots == expected);
    }
    for (std::size_t length = 0; length < bytes.size(); length++)
      CHECK(!Predicate::parse({bytes.data(), length}, relation, &predicate).is_ok());
  }
  Predicate predicate;
  CHECK(!Predicate::parse(program(9, Op::kEq, {1}), relation, &predicate).is_ok());
  CHECK(!Predicate::parse(program(2, Op::kEq, {1}), relation, &predicate).is_ok());
  CHECK(Predicate::parse(program(2, Op::kIsNull, {}), relation, &predicate).is_ok());
}

TEST("predicate: numeric compares by value from its wire form") {
  const auto numeric = [](int weight, int sign, std::initializer_list<int> digits) {
    std::string s;
    const auto put = [&](int v) { s += static_cast<char>(v >> 8); s += static_cast<char>(v); };
    put(static_cast<int>(digits.size()));
    put(weight);
    put(sign);
    put(0);
    for (const int d : digits) put(d);
    return s;
  };
  const std::string ascending[] = {numeric(0, 0xf000, {}), numeric(1, 0x4000, {1}), numeric(0, 0x4000, {5000, 1}), numeric(0, 0x4000, {5000}), numeric(-1, 0x4000, {1}),
                                   numeric(0, 0, {}), numeric(-1, 0, {1}), numeric(0, 0, {9}), numeric(0, 0, {9, 1}), numeric(0, 0, {300}),
                                   numeric(1, 0, {1}), numeric(0, 0xd000, {}), numeric(0, 0xc000, {})};
  for (std::size_t i = 0; i < std::size(ascending); i++)
    for (std::size_t j = 0; j < std::size(ascending); j++) {
      const int c = exec::compare_numeric(ascending[i], ascending[j]);
      CHECK((c < 0) == (i < j) && (c > 0) == (i > j));
    }
}
