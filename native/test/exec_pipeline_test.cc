#include "../exec/pipeline/pipeline.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <random>

#include "../exec/pipeline/background.h"
#include "../exec/pipeline/decimal.h"
#include "storage_support.h"

namespace orrery::test {
namespace {

using exec::Pipeline;
using exec::Sources;

/// Writes programs as docs/formats/pipeline.md draws them.
struct Writer : ByteWriter {
  Writer() { u8(1); }
  Writer& op(std::uint8_t v) { u8(v); return *this; }
  Writer& n16(std::uint16_t v) { u16(v); return *this; }
  Writer& n32(std::uint32_t v) { u32(v); return *this; }
  Writer& n64(std::uint64_t v) { u64(v); return *this; }
  /// The table (int4 key, text value), all rows.
  Writer& scan() { return op(1).n32(Database::kTable).n16(2).n32(0).n32(1).n16(0); }
  Writer& column(std::uint16_t c) { return op(1).n16(c); }
  Writer& int4(std::int32_t v) { op(2).op(3).op(0); raw(&v, 4); return *this; }
  Writer& text(std::string_view s) { op(2).op(7).op(0); string(s); return *this; }
  Writer& end(std::initializer_list<PhysicalType> types) {
    n32(UINT32_MAX).n16(static_cast<std::uint16_t>(types.size()));
    for (const PhysicalType t : types) op(static_cast<std::uint8_t>(t)).n32(0);
    return *this;
  }
};

struct Run {
  std::vector<std::vector<std::string>> rows;
  std::int64_t last = 0;
  bool fits = false;
};

std::string shown(const Block& block, std::size_t c, std::uint32_t r) {
  if (block.is_null(c, r)) return "NULL";
  switch (block.column(c).type) {
    case PhysicalType::kInt32: return std::to_string(block.fixed<std::int32_t>(c, r));
    case PhysicalType::kInt64: return std::to_string(block.fixed<std::int64_t>(c, r));
    case PhysicalType::kVarlen: return std::string(block.varlen(c, r));
    default: return "?";
  }
}

/// A damaged program may describe columns that no reader knows: its blocks are only looked at, never trusted.
Run run(Database& db, const Writer& program, std::size_t limit = SIZE_MAX, bool is_damaged = false) {
  Run result;
  const Snapshot snapshot = db.manager.acquire_snapshot();
  {
    Pipeline pipeline(db.manager, snapshot, limit);
    const Sources sources{[&](std::uint32_t id) { return db.rows.find(id); }, [](std::uint32_t) { return nullptr; }};
    result.fits = pipeline.prepare(program.span(), sources);
    if (result.fits) {
      std::vector<std::uint64_t> memory(1 << 16);
      auto* bytes = reinterpret_cast<std::uint8_t*>(memory.data());
      for (;;) {
        result.last = pipeline.next_block(bytes, memory.size() * 8, 1000, 100000);
        if (result.last == Pipeline::kYielded) continue;
        if (result.last <= 0) break;
        const auto block = Block::parse(bytes, memory.size() * 8);
        CHECK(block.has_value() || is_damaged);
        for (std::uint32_t r = 0; block && r < block->row_count(); r++) {
          std::vector<std::string> row;
          for (std::size_t c = 0; c < block->column_count(); c++) row.push_back(shown(*block, c, r));
          result.rows.push_back(std::move(row));
        }
      }
    }
  }
  db.manager.release_snapshot(snapshot);
  return result;
}

/// Keys 0…n - 1; the value is the key modulo 10 as text, NULL for every tenth.
void fill(Database& db, int n) {
  std::vector<Row> rows;
  for (int i = 0; i < n; i++) rows.push_back({i, i % 10 == 0 ? "" : "v" + std::to_string(i % 10)});
  Transaction* t = db.begin();
  CHECK(db.insert(t, rows).is_ok());
  db.commit(t);
}

TEST("a pipeline filters, projects and sees what its snapshot sees") {
  Database db;
  fill(db, 5000);
  Transaction* open = db.begin();
  CHECK(db.remove(open, 1).is_ok());  // not committed: still seen
  Writer w;
  w.op(3);
  w.op(1).n32(Database::kTable).n16(2).n32(0).n32(1).n16(1).op(15).op(3).column(0).int4(3);
  w.n16(2).op(16).op(1).column(0).int4(100).column(1);
  w.end({PhysicalType::kInt32, PhysicalType::kVarlen});
  const Run r = run(db, w);
  CHECK_EQ(r.rows.size(), std::size_t{3});
  CHECK_EQ(r.rows[0][0], std::string("100"));
  CHECK_EQ(r.rows[0][1], std::string("NULL"));
  CHECK_EQ(r.rows[2][1], std::string("v2"));
  db.manager.rollback(open);
}

TEST("groups count, sum and skip NULLs; a group of NULL is one") {
  Database db;
  fill(db, 5000);
  Writer w;
  w.op(5).scan().n16(1).column(1).n16(3);
  w.op(1).op(0).op(0).op(0);
  w.op(2).op(0).op(1).column(1).op(0);
  w.op(3).op(0).op(1).column(0).op(0);
  w.end({PhysicalType::kVarlen, PhysicalType::kInt64, PhysicalType::kInt64, PhysicalType::kInt64});
  const Run r = run(db, w);
  CHECK_EQ(r.rows.size(), std::size_t{10});
  CHECK_EQ(r.rows[0][0], std::string("NULL"));
  CHECK_EQ(r.rows[0][1], std::string("500"));
  CHECK_EQ(r.rows[0][2], std::string("0"));
  CHECK_EQ(r.rows[1][2], std::string("500"));
  CHECK_EQ(r.rows[1][3], std::to_string(500 * 1 + 10 * (499 * 500 / 2)));
}

TEST("joins of every type agree with a nested loop") {
  Database db;
  fill(db, 40);
  // Join on value, keys below 20 on the left and above 9 on the right: values NULL never match.
  for (std::uint8_t type = 1; type <= 6; type++) {
    Writer w;
    w.op(4).op(type);
    w.op(2).scan().n16(1).op(15).op(3).column(0).int4(15);
    w.op(2).scan().n16(1).op(15).op(6).column(0).int4(33);
    w.n16(1).n16(1).n16(1).op(0);
    if (type >= 5) w.end({PhysicalType::kInt32, PhysicalType::kVarlen});
    else w.end({PhysicalType::kInt32, PhysicalType::kVarlen, PhysicalType::kInt32, PhysicalType::kVarlen});
    std::size_t inner = 0, left_only = 0, right_only = 0;
    for (int a = 0; a < 15; a++) {
      std::size_t found = 0;
      for (int b = 33; b < 40; b++) found += a % 10 != 0 && a % 10 == b % 10;
      inner += found;
      left_only += found == 0;
    }
    for (int b = 33; b < 40; b++) {
      bool found = false;
      for (int a = 0; a < 15; a++) found |= b % 10 != 0 && a % 10 == b % 10;
      right_only += !found;
    }
    const std::size_t expected[] = {0, inner, inner + left_only, inner + right_only, inner + left_only + right_only, 15 - left_only, left_only};
    CHECK_EQ(run(db, w).rows.size(), expected[type]);
  }
}

TEST("a sort orders by several keys, NULLs where they are wanted, equal rows as they came") {
  Database db;
  fill(db, 3000);
  Writer w;
  w.op(6).scan().n64(UINT64_MAX).n16(2).n16(1).op(1).op(0).n16(0).op(1).op(0);
  w.end({PhysicalType::kInt32, PhysicalType::kVarlen});
  const Run r = run(db, w);
  CHECK_EQ(r.rows.size(), std::size_t{3000});
  CHECK_EQ(r.rows[0][1], std::string("v9"));
  CHECK_EQ(r.rows[0][0], std::string("2999"));
  CHECK_EQ(r.rows[2999][1], std::string("NULL"));
  CHECK_EQ(r.rows[2999][0], std::string("0"));
}

TEST("a recursion counts a million rounds") {
  Database db;
  Writer w;
  w.op(5);
  w.op(12).op(1).n16(7);
  w.op(10).n16(1).op(3).n32(1).int4(1);
  w.op(3).op(2).op(13).n16(7).n16(1).op(15).op(3).column(0).int4(1000000).n16(1).op(16).op(1).column(0).int4(1);
  w.n16(0).n16(2).op(1).op(0).op(0).op(0).op(3).op(0).op(1).column(0).op(0);
  w.end({PhysicalType::kInt64, PhysicalType::kInt64});
  const Run r = run(db, w);
  CHECK_EQ(r.rows.size(), std::size_t{1});
  CHECK_EQ(r.rows[0][0], std::string("1000000"));
  CHECK_EQ(r.rows[0][1], std::string("500000500000"));
}

TEST("what PostgreSQL raises an error for asks for the general plan") {
  Database db;
  fill(db, 100);
  for (const auto& [op, value] : std::map<std::uint8_t, std::int32_t>{{1, INT32_MAX}, {3, INT32_MAX}, {4, 0}, {5, 0}}) {
    Writer w;
    w.op(3).scan().n16(1).op(16).op(op).column(0).int4(value).end({PhysicalType::kInt32});
    CHECK_EQ(run(db, w).last, Pipeline::kFallback);
  }
}

TEST("a pipeline beyond its memory says so") {
  Database db;
  fill(db, 20000);
  Writer w;
  w.op(6).scan().n64(UINT64_MAX).n16(1).n16(0).op(0).op(0).end({PhysicalType::kInt32, PhysicalType::kVarlen});
  CHECK_EQ(run(db, w, 100000).last, Pipeline::kMemory);
  CHECK_EQ(run(db, w).rows.size(), std::size_t{20000});
}

TEST("a damaged program is refused or runs, it never reads outside") {
  Database db;
  fill(db, 50);
  Writer w;
  w.op(8);
  w.op(4).op(2).scan().scan().n16(1).n16(0).n16(0).op(1).op(3).n16(2).op(19).op(0);
  w.string("v%");
  w.column(1).op(14).column(0).op(1).n32(2);
  for (const std::int32_t v : {1, 2}) w.raw(&v, 4);
  w.n16(1).n16(1).n16(1).op(0).op(0).n16(1).n16(0).op(1).op(1).n16(1);
  w.op(10).op(3).n32(0).n64(0).op(1).op(1).n64(0).op(3).n64(0);
  w.end({PhysicalType::kInt32, PhysicalType::kVarlen, PhysicalType::kInt32, PhysicalType::kVarlen, PhysicalType::kInt64});
  CHECK(run(db, w).fits);
  for (std::size_t length = 0; length < w.size(); length++) {
    Writer cut;
    cut.clear();
    cut.raw(w.data(), length);
    CHECK(!run(db, cut).fits);
  }
  std::mt19937 random(1);
  for (int round = 0; round < 3000; round++) {
    Writer changed;
    changed.clear();
    changed.raw(w.data(), w.size());
    for (int k = 0; k < 2; k++) changed.bytes()[random() % w.size()] = static_cast<std::uint8_t>(random() % 24);
    run(db, changed, 1 << 22, true);
  }
}

TEST("decimals have PostgreSQL's scales, and their bytes come back") {
  using namespace exec;
  Decimal q;
  CHECK(decimal_divide({1, 0}, {3, 0}, &q));
  CHECK_EQ(q.scale, 20);
  CHECK(decimal_divide({1000, 0}, {3, 0}, &q));
  CHECK_EQ(q.scale, 16);
  CHECK(!decimal_divide({1, 0}, {0, 0}, &q));
  CHECK(!decimal_multiply({power_of_ten(30), 0}, {power_of_ten(30), 0}, &q));
  for (const Decimal d : {Decimal{0, 0}, Decimal{0, 5}, Decimal{-1, 30}, Decimal{123456789, 3}, Decimal{power_of_ten(35), 0}, Decimal{10000, 4}, Decimal{5, 9}}) {
    char bytes[kDecimalBytes];
    Decimal back;
    CHECK(decimal_from_bytes({bytes, decimal_to_bytes(d, bytes)}, &back));
    CHECK(back.value == d.value);
    CHECK_EQ(back.scale, d.scale);
  }
  // A first digit of 10^36 might be followed by three more: left to the general form.
  char bytes[kDecimalBytes];
  Decimal back;
  CHECK(!decimal_from_bytes({bytes, decimal_to_bytes({power_of_ten(36), 0}, bytes)}, &back));
}


/// What a reader that is woken by a pool's thread does: `step` until it gives something else than kYielded.
struct Woken {
  std::mutex mutex;
  std::condition_variable changed;
  int wakes = 0;
  void wake() {
    const std::lock_guard guard(mutex);
    wakes++;
    changed.notify_one();
  }
  void wait() {
    std::unique_lock guard(mutex);
    changed.wait(guard, [this] { return wakes > 0; });
    wakes--;
  }
};

TEST("threads: a pipeline runs ahead of its reader, no further than four chunks, and gives every row") {
  Database db;
  fill(db, 60000);
  TaskPool pool(2);
  const Snapshot snapshot = db.manager.acquire_snapshot();
  {
    Pipeline pipeline(db.manager, snapshot, SIZE_MAX);
    // A sort of the table, appended to itself eight times.
    Writer w;
    w.op(6).op(9).n16(8);
    for (int i = 0; i < 8; i++) w.scan();
    w.n64(UINT64_MAX).n16(1).n16(0).op(0).op(0);
    w.end({PhysicalType::kInt32, PhysicalType::kVarlen});
    CHECK(pipeline.prepare(w.span(), {[&](std::uint32_t id) { return db.rows.find(id); }, [](std::uint32_t) { return nullptr; }}));
    Woken woken;
    pipeline.background = std::make_shared<exec::Background>(pipeline, pool, [&] { woken.wake(); });
    pipeline.background->start(exec::make_data_row_encoder({{0, wire::WireKind::kInt4, false}, {1, wire::WireKind::kBytes, false}}));
    std::vector<std::uint8_t> out(1024);
    std::size_t rows = 0;
    for (;;) {
      std::uint32_t n = 0;
      const std::int64_t result = pipeline.background->take(out.data(), out.size(), &n);
      if (result == Pipeline::kYielded) {
        woken.wait();
        continue;
      }
      if (result == 0) break;
      if (result < 0) {
        CHECK(result < -1024);
        out.resize(static_cast<std::size_t>(-result));
        continue;
      }
      CHECK_EQ(static_cast<char>(out[0]), 'D');
      rows += n;
    }
    CHECK_EQ(rows, std::size_t{480000});
  }
  db.manager.release_snapshot(snapshot);
}

TEST("threads: a pipeline that is closed while it runs stops") {
  Database db;
  fill(db, 60000);
  TaskPool pool(1);
  const Snapshot snapshot = db.manager.acquire_snapshot();
  for (int i = 0; i < 20; i++) {
    Pipeline pipeline(db.manager, snapshot, SIZE_MAX);
    Writer w;
    w.op(6).op(9).n16(4);
    for (int k = 0; k < 4; k++) w.scan();
    w.n64(UINT64_MAX).n16(2).n16(1).op(0).op(0).n16(0).op(0).op(0);
    w.end({PhysicalType::kInt32, PhysicalType::kVarlen});
    CHECK(pipeline.prepare(w.span(), {[&](std::uint32_t id) { return db.rows.find(id); }, [](std::uint32_t) { return nullptr; }}));
    pipeline.background = std::make_shared<exec::Background>(pipeline, pool, [] {});
    pipeline.background->start(exec::make_data_row_encoder({{0, wire::WireKind::kInt4, false}}));
    std::this_thread::sleep_for(std::chrono::milliseconds(i));
  }
  db.manager.release_snapshot(snapshot);
}

}  // namespace
}  // namespace orrery::test
