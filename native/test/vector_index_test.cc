// vector_index_test.cc: vector indexes over real rows: visibility, filters, rollback, deletes, images, redo; predicates.
#include <algorithm>
#include <cmath>

#include "vector_support.h"

namespace {
using namespace orrery;
using namespace orrery::test_vectors;
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
      const auto is_odd = [](std::uint32_t slot) { return slot % 2 == 1; };
      std::vector<std::uint32_t> tail(slots.begin() + 5, slots.end()), even = slots, even_expected = expected;
      predicate.filter(chunk, slots);
      CHECK(slots == expected);
      // From the middle of a chunk, and with gaps.
      predicate.filter(chunk, tail);
      CHECK(std::equal(tail.begin(), tail.end(), std::lower_bound(expected.begin(), expected.end(), 5u), expected.end()));
      std::erase_if(even, is_odd);
      std::erase_if(even_expected, is_odd);
      predicate.filter(chunk, even);
      CHECK(even == even_expected);
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
