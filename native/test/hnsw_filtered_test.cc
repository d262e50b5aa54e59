// hnsw_filtered_test.cc: filtered searches with what is known of the filter: the ways that are chosen, their recall, and maps that follow the rows.
#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "vector_support.h"

namespace {
using namespace orrery;
using namespace orrery::test_vectors;
using Way = index::hnsw::Scan::Way;

/// label < `below`.
std::vector<std::uint8_t> label_below(std::int32_t below) {
  auto program = label_is(below);
  program[6] = static_cast<std::uint8_t>(exec::PredicateOp::kLt);
  return program;
}
std::vector<std::uint8_t> column_is(std::uint16_t column, std::int32_t value) {
  auto program = label_is(value);
  program[3] = static_cast<std::uint8_t>(column);
  return program;
}

struct Found {
  Way way;
  std::vector<std::int32_t> ids;
};
Found search(Database& db, const std::vector<float>& query, std::size_t k, std::span<const std::uint8_t> program, const Snapshot* at = nullptr) {
  VectorQuery q;
  q.values = query;
  q.limit = 10;
  q.columns = {0};
  CHECK(Predicate::parse(program, *db.rows.find(kTable), &q.predicate).is_ok());
  const Snapshot snapshot = at != nullptr ? *at : db.manager.acquire_snapshot();
  HnswScan scan(db.manager, snapshot, db.vectors.find(kIndex), q, 40);
  Found found{Way::kWalk, {}};
  for (const auto& [id, distance] : db.read(scan, k)) found.ids.push_back(id);
  found.way = scan.way();
  if (at == nullptr) db.manager.release_snapshot(snapshot);
  return found;
}
double share(const std::vector<std::int32_t>& found, const std::vector<std::int32_t>& wanted) {
  std::size_t right = 0;
  for (const std::int32_t id : found) right += static_cast<std::size_t>(std::count(wanted.begin(), wanted.end(), id));
  return static_cast<double>(right) / static_cast<double>(wanted.size());
}
std::vector<std::int32_t> exact(const std::vector<TestRow>& rows, const std::vector<float>& query, std::int32_t below) {
  std::vector<std::pair<double, std::int32_t>> all;
  for (const TestRow& row : rows)
    if (row.label < below) all.push_back({index::hnsw::sql_distance(Metric::kL2, query.data(), row.v.data(), kDimensions), row.id});
  std::sort(all.begin(), all.end());
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < std::min<std::size_t>(10, all.size()); i++) ids.push_back(all[i].second);
  return ids;
}
struct Filled : Database {
  std::vector<TestRow> list;
  explicit Filled(std::int32_t count) : list(random_rows(0, count, 4)) {
    create_table();
    commit([&](Transaction& t) { insert(t, list); });
    create_index();
  }
  void set_label(RowId row, std::int32_t label) {
    commit([&](Transaction& t) {
      TestRow changed = list[row - 1];
      changed.label = label;
      const auto memory = block_of({changed}, {row});
      const std::uint32_t column = 1;
      std::size_t failed = 0;
      CHECK(rows.update(t, *rows.find(kTable), view(memory), {&column, 1}, &failed).is_ok());
    });
  }
};
}  // namespace

TEST("hnsw filtered: half of the rows are walked through, few are compared; k rows and recall >= 0.95 both ways") {
  Filled db(9000);
  const auto queries = random_rows(0, 60, 77);
  for (const std::int32_t below : {8, 5, 3, 1}) {
    std::size_t walked = 0;
    double recall = 0;
    for (const TestRow& query : queries) {
      const Found found = search(db, query.v, 10, label_below(below));
      CHECK_EQ(found.ids.size(), 10u);
      for (const std::int32_t id : found.ids) CHECK(id % 10 < below);
      walked += found.way == Way::kExact ? 0u : 1u;
      recall += share(found.ids, exact(db.list, query.v, below)) / static_cast<double>(queries.size());
    }
    CHECK(recall >= 0.95);
    if (below == 5) CHECK(walked >= 55);
    if (below == 1) CHECK_EQ(walked, 0u);
  }
}

TEST("hnsw filtered: a scan that goes on returns every matching row once, whichever way it began") {
  Filled db(9000);
  for (const std::int32_t below : {5, 1}) {
    const Found found = search(db, db.list[3].v, 9000, label_below(below));
    CHECK_EQ(found.ids.size(), static_cast<std::size_t>(900 * below));
    CHECK_EQ(std::set<std::int32_t>(found.ids.begin(), found.ids.end()).size(), found.ids.size());
    for (const std::int32_t id : found.ids) CHECK(id % 10 < below);
  }
  CHECK(search(db, db.list[3].v, 10, label_is(99)).ids.empty());
}

TEST("hnsw filtered: where matching rows are elsewhere they are all compared") {
  Database db;
  db.create_table();
  auto list = random_rows(0, 6000, 5);
  for (TestRow& row : list) {
    row.label = row.id % 2;
    row.v[0] += row.label == 0 ? 0.0f : 30.0f;
  }
  db.commit([&](Transaction& t) { db.insert(t, list); });
  db.create_index();
  for (std::size_t i = 1; i < 40; i += 2) {
    const Found found = search(db, list[i].v, 10, label_below(1));
    CHECK(found.way == Way::kExact);
    CHECK_EQ(share(found.ids, exact(list, list[i].v, 1)), 1.0);
  }
  CHECK(search(db, list[2].v, 10, label_below(1)).way == Way::kMatching);
}

TEST("hnsw filtered: what is known of a predicate follows inserts, updates, deletes and rollbacks, for every snapshot") {
  Filled db(3000);
  const auto nearest = [&](std::size_t i, std::int32_t label, const Snapshot* at = nullptr) {
    const Found found = search(db, db.list[i].v, 1, label_is(label), at);
    return found.ids.empty() ? -1 : found.ids[0];
  };
  CHECK_EQ(nearest(17, 50), -1);  // the map is made, without a bit
  const Snapshot before = db.manager.acquire_snapshot();
  db.set_label(18, 50);
  CHECK_EQ(nearest(17, 50), 17);
  CHECK_EQ(nearest(17, 50, &before), -1);
  CHECK_EQ(nearest(17, 7, &before), 17);
  CHECK(nearest(17, 7) != 17);
  db.set_label(18, 7);
  CHECK_EQ(nearest(17, 50), -1);
  CHECK_EQ(nearest(17, 7), 17);
  db.manager.release_snapshot(before);

  auto twin = db.list[40];
  twin.id = 10040;
  twin.label = 50;
  Transaction* open = db.manager.begin(Isolation::kReadCommitted);
  db.insert(*open, {twin});
  CHECK_EQ(nearest(40, 50), -1);
  db.manager.next_command(*open);
  const Snapshot own = open->snapshot();
  CHECK_EQ(nearest(40, 50, &own), 10040);
  db.manager.rollback(open);
  CHECK_EQ(nearest(40, 50), -1);
  RowId row = 0;
  db.commit([&](Transaction& t) { row = db.insert(t, {twin}); });
  CHECK_EQ(nearest(40, 50), 10040);
  db.commit([&](Transaction& t) {
    const RowId doomed[] = {row};
    CHECK(db.rows.remove(t, *db.rows.find(kTable), doomed).is_ok());
  });
  CHECK_EQ(nearest(40, 50), -1);
}

TEST("hnsw filtered: many changes, and the map is made anew") {
  Filled db(300);
  for (std::int32_t round = 0; round < 3; round++) {
    for (RowId row = 1; row <= 300; row++) db.set_label(row, round);
    const Found found = search(db, db.list[0].v, 1000, label_is(round));
    CHECK_EQ(found.ids.size(), 300u);
    CHECK(search(db, db.list[0].v, 1000, label_is(round + 1)).ids.empty());
  }
}

TEST("hnsw filtered: a column that was rolled back leaves nothing known of the next in its place") {
  Filled db(500);
  const auto missing = [](std::int32_t value) {
    std::vector<std::uint64_t> memory(5, 0);
    auto* bytes = reinterpret_cast<std::uint8_t*>(memory.data());
    const auto put = [&](std::size_t at, std::uint32_t v) { std::memcpy(bytes + at, &v, 4); };
    put(0, 1);
    put(4, 1);
    put(12, 36);
    bytes[16] = static_cast<std::uint8_t>(PhysicalType::kInt32);
    put(28, 32);
    std::memcpy(bytes + 32, &value, 4);
    return memory;
  };
  const auto add = [&](Transaction& t, std::int32_t value) {
    const auto memory = missing(value);
    const Block block = *Block::parse(reinterpret_cast<const std::uint8_t*>(memory.data()), 36);
    CHECK(db.rows.add_column(t, kTable, {PhysicalType::kInt32, 0}, &block).is_ok());
  };
  Transaction* open = db.manager.begin(Isolation::kReadCommitted);
  add(*open, 1);
  db.manager.next_command(*open);
  const Snapshot own = open->snapshot();
  CHECK_EQ(search(db, db.list[0].v, 10, column_is(3, 1), &own).ids.size(), 10u);
  CHECK(search(db, db.list[0].v, 10, column_is(3, 2), &own).ids.empty());
  db.manager.rollback(open);
  db.commit([&](Transaction& t) { add(t, 2); });
  CHECK_EQ(search(db, db.list[0].v, 1000, column_is(3, 2)).ids.size(), 500u);
  CHECK(search(db, db.list[0].v, 1000, column_is(3, 1)).ids.empty());
}

TEST("threads: searches with the same and other filters while rows come and change") {
  Filled db(1500);
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (std::int32_t reader = 0; reader < 3; reader++)
    readers.emplace_back([&, reader] {
      for (std::size_t i = 0; !stop; i++) {
        const std::int32_t label = reader == 0 ? 3 : static_cast<std::int32_t>(i % 10);
        const Found found = search(db, db.list[i % 1500].v, 10, label_is(label));
        CHECK_EQ(found.ids.size(), 10u);
      }
    });
  for (std::int32_t i = 0; i < 200; i++) {
    db.commit([&](Transaction& t) { db.insert(t, random_rows(2000 + i, 1, static_cast<unsigned>(i))); });
    const auto row = static_cast<RowId>(i) + 1;
    db.set_label(row, db.list[row - 1].label);
  }
  stop = true;
  for (auto& r : readers) r.join();
}
