// The hash beside unique B-trees: agrees with a model, stays within its memory, follows rows through their life.
#include <algorithm>
#include <random>
#include <thread>

#include "../exec/point_select.h"
#include "../index/hash/key_hash.h"
#include "storage_support.h"

using namespace orrery;
using namespace orrery::test;
using index::KeyHash;

TEST("hash: random inserts and erases agree with a model, runs of one key at the table's end included") {
  std::mt19937_64 random(11);
  constexpr KeyHash::Tag kLast = (1ull << KeyHash::kTagBits) - 1;
  KeyHash hash(0);
  std::vector<std::pair<KeyHash::Tag, RowId>> model;
  const auto check = [&] {
    CHECK_EQ(hash.size(), model.size());
    for (const auto& [tag, row] : model) {
      std::size_t found = 0;
      hash.find(tag, [&](RowId other) { found += other == row ? 1 : 0; });
      CHECK_EQ(found, 1u);
    }
  };
  for (RowId row = 1; row <= 40'000; row++) {
    const bool grow = row < 20'000 ? random() % 4 != 0 : random() % 4 == 0;
    if (grow) {
      const KeyHash::Tag tag = random() % 64 == 0 ? kLast - random() % 3 : random() >> KeyHash::kRowBits;
      hash.insert(tag, row);
      model.push_back({tag, row});
    } else if (!model.empty()) {
      auto& victim = model[random() % model.size()];
      hash.erase(victim.first, victim.second);
      hash.erase(victim.first, victim.second);  // gone already
      victim = model.back();
      model.pop_back();
    }
    if (row % 5000 == 0) check();
  }
  CHECK(hash.memory_bytes() < 64 * 1024);
}

TEST("hash: an entry costs at most 16 bytes while the table grows") {
  std::mt19937_64 random(12);
  KeyHash hash(0);
  for (RowId row = 1; row <= 200'000; row++) {
    hash.insert(random() >> KeyHash::kRowBits, row);
    if (row > 10'000 && row % 97 == 0) CHECK(hash.memory_bytes() <= 16 * row + 512);
  }
}

namespace {
constexpr std::int32_t kRows = 5000;

std::vector<Row> rows_of(Database& db, std::int32_t key) {
  // A block of one row and column: the key.
  std::vector<std::uint64_t> words(8);
  auto* b = reinterpret_cast<std::uint8_t*>(words.data());
  const std::uint32_t header[] = {1, 1, 0, 40};
  std::memcpy(b, header, sizeof header);
  b[16] = static_cast<std::uint8_t>(PhysicalType::kInt32);
  b[28] = 32;
  std::memcpy(b + 32, &key, sizeof key);
  const Block block = *Block::parse(b, 40);
  const Snapshot snapshot = db.manager.acquire_snapshot();
  index::IndexLookup lookup(db.manager, snapshot, db.rows.find_index(Database::kPrimary), {0, 1}, true, block);
  auto out = Database::drain(lookup);
  db.manager.release_snapshot(snapshot);
  return out;
}
}  // namespace

TEST("hash: lookups through it see inserts, moved keys, deletions, rollbacks and vacuum as those through the tree do") {
  Database db;
  auto& tree = static_cast<index::BTree&>(*db.rows.find_index(Database::kPrimary));
  Transaction* t = db.begin();
  std::vector<Row> rows;
  for (std::int32_t i = 0; i < kRows; i++) rows.push_back({i, "v" + std::to_string(i)});
  RowId first = 0;
  CHECK(db.insert(t, rows, &first).is_ok());
  db.commit(t);
  CHECK_EQ(tree.hash_bytes(), 0u);
  for (std::int32_t i = 0; i < kRows; i++) CHECK_EQ(rows_of(db, i).size(), 1u);
  CHECK(tree.hash_bytes() > 0);
  CHECK(tree.hash_bytes() <= 16 * kRows + 1024);
  CHECK(rows_of(db, kRows).empty());
  // A key moves away and back, another row takes it meanwhile; one is deleted, one comes and is rolled back.
  const auto at = [first](std::int32_t i) { return first + static_cast<RowId>(i); };
  t = db.begin();
  CHECK(db.update(t, {kRows + 1, "moved", at(7)}).is_ok());
  CHECK(db.remove(t, at(8)).is_ok());
  CHECK_EQ(rows_of(db, 7).size(), 1u);
  CHECK(rows_of(db, kRows + 1).empty());
  db.commit(t);
  CHECK(rows_of(db, 7).empty());
  CHECK(rows_of(db, 8).empty());
  CHECK_EQ(rows_of(db, kRows + 1).size(), 1u);
  t = db.begin();
  CHECK(db.insert(t, {{7, "new"}, {8, "new"}}).is_ok());
  db.commit(t);
  CHECK_EQ(rows_of(db, 7).size(), 1u);
  CHECK_EQ(rows_of(db, 7)[0].value, "new");
  t = db.begin();
  CHECK(db.insert(t, {{kRows + 2, "x"}}).is_ok());
  db.manager.rollback(t);
  CHECK(rows_of(db, kRows + 2).empty());
  t = db.begin();
  for (std::int32_t i = 100; i < kRows; i++) CHECK(db.remove(t, at(i)).is_ok());
  db.commit(t);
  for (int i = 0; i < 200 && db.rows.vacuum(*db.table); i++) {}
  for (std::int32_t i = 0; i < kRows; i++) CHECK_EQ(rows_of(db, i).size(), i < 100 ? 1u : 0u);
  CHECK_EQ(rows_of(db, kRows + 1).size(), 1u);
}

TEST("threads: hash: rows that stay are found while others come and go and the hash is made") {
  Database db;
  Transaction* t = db.begin();
  std::vector<Row> rows;
  for (std::int32_t i = 0; i < kRows; i++) rows.push_back({2 * i, "x"});
  CHECK(db.insert(t, rows).is_ok());
  db.commit(t);
  std::atomic<bool> stop{false}, lost{false};
  std::thread writer([&] {
    for (int i = 0; i < 60; i++) {
      Transaction* w = db.begin();
      std::vector<Row> more;
      for (std::int32_t k = 0; k < 100; k++) more.push_back({2 * (i * 100 + k) + 1, "y"});
      RowId first = 0;
      CHECK(db.insert(w, more, &first).is_ok());
      if (i % 2 == 0) db.manager.rollback(w);
      else db.commit(w);
      db.rows.vacuum(*db.table);
    }
    stop = true;
  });
  std::vector<std::thread> readers;
  for (unsigned seed = 0; seed < 2; seed++)
    readers.emplace_back([&, seed] {
      std::mt19937 random(seed);
      std::size_t found = 0;
      do {
        const auto key = static_cast<std::int32_t>(random() % kRows);
        found = rows_of(db, 2 * key).size();
      } while (!stop && found == 1);
      if (found != 1) lost = true;
    });
  writer.join();
  for (auto& r : readers) r.join();
  CHECK(!lost);
  for (std::int32_t i = 0; i < kRows; i++) CHECK_EQ(rows_of(db, 2 * i).size(), 1u);
  CHECK(static_cast<index::BTree&>(*db.rows.find_index(Database::kPrimary)).hash_bytes() > 0);
}
