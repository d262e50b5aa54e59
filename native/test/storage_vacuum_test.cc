// Vacuum beside readers that stay.
#include <algorithm>
#include <chrono>
#include <thread>

#include "storage_support.h"

using namespace orrery;
using namespace orrery::test;

TEST("vacuum: versions between a long reader's snapshot and the newest are reclaimed while the reader stays") {
  Database db(true);
  constexpr int kRows = 1000;
  Transaction* t = db.begin();
  RowId first = 0;
  std::vector<Row> rows;
  for (int i = 0; i < kRows; i++) rows.push_back({i, "before" + std::to_string(i)});
  CHECK(db.insert(t, rows, &first).is_ok());
  db.commit(t);
  Transaction* reader = db.begin(Isolation::kRepeatableRead);
  db.manager.rest(*reader);
  for (int round = 0; round < 250; round++) {
    for (int i = 0; i < kRows; i++) {
      // One of ten rows has another key each time, the others keep theirs.
      Transaction* w = db.begin();
      const std::string value = i % 10 == 0 ? "round" + std::to_string(round) + "-" + std::to_string(i) : "after" + std::to_string(i);
      CHECK(db.update(w, {i, value, first + static_cast<RowId>(i)}).is_ok());
      db.commit(w);
    }
    if (round % 5 == 0) for (int steps = 0; steps < 100 && db.rows.vacuum(*db.table); steps++) {}
  }
  // 250,000 versions were made; what is there is the reader's chunk, and the one or two that are being filled.
  std::uint64_t there = 0;
  for (std::uint32_t i = 0; i < db.table->chunk_count(); i++)
    if (const Chunk* chunk = db.table->chunk(i)) there += chunk->count();
  CHECK(there < 2u * 65536);
  CHECK(static_cast<index::BTree&>(*db.rows.find_index(Database::kByValue)).entry_count() < 20u * kRows);
  db.manager.resume(*reader);
  const auto check = [&](const std::vector<Row>& seen) {
    CHECK_EQ(seen.size(), static_cast<std::size_t>(kRows));
    for (const Row& row : seen) CHECK_EQ(row.value, "before" + std::to_string(row.key));
  };
  check(db.scan(reader->snapshot()));
  check(db.index_scan(Database::kPrimary, reader->snapshot()));
  check(db.index_scan(Database::kByValue, reader->snapshot()));
  // What it sees changed long ago: it may not write it, whatever became of the versions between.
  CHECK(db.update(reader, {1, "lost", first + 1}).code == StatusCode::kSerializationFailure);
  db.manager.rollback(reader);
  CHECK_EQ(db.scan().size(), static_cast<std::size_t>(kRows));
  for (int steps = 0; steps < 100 && db.rows.vacuum(*db.table, true); steps++) {}
  CHECK_EQ(db.index_scan(Database::kByValue).size(), static_cast<std::size_t>(kRows));
}

TEST("vacuum: what was unlinked beside a reader goes once the reader has, whether or not anything commits after it") {
  Database db;
  constexpr int kRows = 4096;
  Transaction* t = db.begin();
  RowId first = 0;
  std::vector<Row> rows;
  for (int i = 0; i < kRows; i++) rows.push_back({i, "x"});
  CHECK(db.insert(t, rows, &first).is_ok());
  db.commit(t);
  Transaction* reader = db.begin(Isolation::kRepeatableRead);
  t = db.begin();
  for (int i = 0; i < kRows / 2; i++) CHECK(db.remove(t, first + static_cast<RowId>(i)).is_ok());
  db.commit(t);
  for (int steps = 0; steps < 100 && db.rows.vacuum(*db.table, true); steps++) {}
  CHECK(db.table->live_estimate() + db.table->dead_versions.load() >= kRows);
  db.manager.rollback(reader);
  for (int steps = 0; steps < 100 && db.rows.vacuum(*db.table, true); steps++) {}
  std::uint64_t there = 0;
  for (std::uint32_t i = 0; i < db.table->chunk_count(); i++)
    if (const Chunk* chunk = db.table->chunk(i)) there += chunk->count();
  CHECK(there <= kRows / 2 + kRows / 32);  // one dead of 32 may stay
}

TEST("vacuum: a change between two moves of a row is still a change to who came before it") {
  Database db;
  Transaction* t = db.begin();
  RowId first = 0;
  CHECK(db.insert(t, {{1, "one"}}, &first).is_ok());
  db.commit(t);
  Transaction* reader = db.begin(Isolation::kRepeatableRead);
  Transaction* w = db.begin();
  CHECK(db.update(w, {1, "two", first}).is_ok());
  db.commit(w);
  // Vacuum moves the row away from many that are dead, and unlinks "two": what is left says that it was only moved.
  for (int round = 0; round < 8; round++) {
    Transaction* filler = db.begin();
    std::vector<Row> rows;
    for (int i = 0; i < 600; i++) rows.push_back({10 + round * 600 + i, "x"});
    RowId at = 0;
    CHECK(db.insert(filler, rows, &at).is_ok());
    db.commit(filler);
    Transaction* sweeper = db.begin();
    for (RowId row = at; row < at + 600; row++) CHECK(db.remove(sweeper, row).is_ok());
    db.commit(sweeper);
    for (int steps = 0; steps < 100 && db.rows.vacuum(*db.table, true); steps++) {}
  }
  const VersionRef seen = db.table->visible(first, reader->snapshot(), db.manager);
  CHECK(static_cast<bool>(seen));
  CHECK_EQ(std::string(seen.chunk->varlen(1, seen.slot)), std::string("one"));
  CHECK(db.update(reader, {1, "lost", first}).code == StatusCode::kSerializationFailure);
  db.manager.rollback(reader);
}

TEST("threads: readers of many ages see the same rows from first to last while vacuum unlinks what lies between them") {
  Database db(true);
  constexpr int kRows = 64, kTotal = kRows * 1000;
  Transaction* t = db.begin();
  RowId first = 0;
  std::vector<Row> rows;
  for (int i = 0; i < kRows; i++) rows.push_back({i, "1000"});
  CHECK(db.insert(t, rows, &first).is_ok());
  db.commit(t);
  db.rows.start_vacuum();
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0}, committed{0};
  std::vector<std::thread> threads;
  for (int w = 0; w < 2; w++)
    threads.emplace_back([&, w] {
      std::uint32_t seed = 5 + static_cast<std::uint32_t>(w);
      while (!stop) {
        seed = seed * 1664525 + 1013904223;
        const RowId from = first + (seed >> 8) % kRows, to = first + (seed >> 16) % kRows;
        if (from == to) continue;
        Transaction* t = db.begin();
        bool ok = true;
        for (const auto& [row, delta] : {std::pair{from, -1}, std::pair{to, 1}}) {
          const VersionRef v = db.table->visible(row, t->snapshot(), db.manager);
          if (!v) { ok = false; wrong++; break; }
          const int value = std::stoi(std::string(v.chunk->varlen(1, v.slot))) + delta;
          ok = db.update(t, {v.chunk->fixed<std::int32_t>(0, v.slot), std::to_string(value), row}).is_ok();
          if (!ok) break;
          db.manager.next_command(*t);
        }
        if (ok) { db.commit(t); committed++; }
        else db.manager.rollback(t);
      }
    });
  for (int r = 0; r < 3; r++)
    threads.emplace_back([&, r] {
      while (!stop) {
        Transaction* reader = db.begin(Isolation::kRepeatableRead);
        const auto read = [&] {
          auto seen = r == 0 ? db.scan(reader->snapshot()) : db.index_scan(r == 1 ? Database::kPrimary : Database::kByValue, reader->snapshot());
          std::sort(seen.begin(), seen.end(), [](const Row& a, const Row& b) { return a.key < b.key; });
          int sum = 0;
          for (const Row& row : seen) sum += std::stoi(row.value);
          if (sum != kTotal || seen.size() != kRows) wrong++;
          return seen;
        };
        const auto before = read();
        for (int again = 0; again < 3 && !stop; again++) {
          db.manager.rest(*reader);
          std::this_thread::sleep_for(std::chrono::milliseconds(40 << r));
          db.manager.resume(*reader);
          const auto now = read();
          for (std::size_t i = 0; i < now.size() && i < before.size(); i++)
            if (now[i].value != before[i].value) wrong++;
        }
        db.manager.rollback(reader);
      }
    });
  std::this_thread::sleep_for(std::chrono::seconds(3));
  stop = true;
  for (auto& thread : threads) thread.join();
  db.rows.stop_vacuum();
  CHECK_EQ(wrong.load(), 0);
  CHECK(committed.load() > 0);
}
