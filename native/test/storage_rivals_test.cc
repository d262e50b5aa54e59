// Rivals: rows of a key range as they are now, and whose transaction decides about them.
#include "../index/btree/rival_scan.h"
#include "storage_support.h"

using namespace orrery;
using namespace orrery::test;

namespace {

struct Rival { std::int32_t key; std::int32_t range; std::int64_t blocker; };

/// The rivals of one transaction in [lower, upper] of the primary key.
std::vector<Rival> rivals(Database& db, Transaction* t, std::int32_t lower, std::int32_t upper, bool reach_back = false) {
  const auto key_block = [](std::int32_t key, std::vector<std::uint64_t>& words) {
    words.assign(6, 0);
    auto* bytes = reinterpret_cast<std::uint8_t*>(words.data());
    const std::uint32_t header[] = {1, 1, 0, 0, static_cast<std::uint32_t>(PhysicalType::kInt32), 0, 0, 32};
    std::memcpy(bytes, header, sizeof header);
    std::memcpy(bytes + 32, &key, 4);
    return *Block::parse(bytes, 40);
  };
  std::vector<std::uint64_t> low, high;
  index::RivalScan scan(db.manager, t->snapshot(), t->xid(), db.rows.find_index(Database::kPrimary), {0}, key_block(lower, low),
                        key_block(upper, high), reach_back, 0);
  std::vector<std::uint64_t> memory(4096);
  auto* bytes = reinterpret_cast<std::uint8_t*>(memory.data());
  std::vector<Rival> out;
  while (scan.next(bytes, memory.size() * 8, 2) > 0) {
    const Block block = *Block::parse(bytes, memory.size() * 8);
    for (std::uint32_t r = 0; r < block.row_count(); r++)
      out.push_back({block.fixed<std::int32_t>(0, r), block.fixed<std::int32_t>(1, r), block.fixed<std::int64_t>(2, r)});
  }
  return out;
}

}  // namespace

TEST("rivals: own and committed rows are sure, those of open transactions name them, rolled back ones are none") {
  Database db;
  Transaction* t = db.begin();
  CHECK(db.insert(t, {{1, "a"}, {5, "b"}, {9, "c"}}).is_ok());
  db.commit(t);
  Transaction* other = db.begin();
  CHECK(db.insert(other, {{3, "d"}}).is_ok());
  Transaction* gone = db.begin();
  CHECK(db.insert(gone, {{4, "e"}}).is_ok());
  db.manager.rollback(gone);
  Transaction* own = db.begin();
  CHECK(db.insert(own, {{6, "f"}}).is_ok());
  const auto found = rivals(db, own, 2, 6);
  CHECK_EQ(found.size(), 3u);
  CHECK_EQ(found[0].key, 6);
  CHECK_EQ(found[0].blocker, 0);
  CHECK_EQ(found[1].key, 5);
  CHECK_EQ(found[2].key, 3);
  CHECK_EQ(found[2].blocker, static_cast<std::int64_t>(other->xid()));
  db.manager.rollback(other);
  CHECK_EQ(rivals(db, own, 2, 6).size(), 2u);
  db.commit(own);
}

TEST("rivals: a key that an open transaction moved away or deletes is one while that may fail") {
  Database db;
  Transaction* t = db.begin();
  RowId first = 0;
  CHECK(db.insert(t, {{1, "a"}, {5, "b"}}, &first).is_ok());
  db.commit(t);
  Transaction* other = db.begin();
  CHECK(db.update(other, {100, "a", first}).is_ok());
  CHECK(db.remove(other, first + 1).is_ok());
  Transaction* own = db.begin();
  auto found = rivals(db, own, 0, 10);
  CHECK_EQ(found.size(), 2u);
  CHECK_EQ(found[0].key, 5);
  CHECK_EQ(found[0].blocker, static_cast<std::int64_t>(other->xid()));
  CHECK_EQ(found[1].blocker, -static_cast<std::int64_t>(other->xid()));
  db.commit(other);
  CHECK_EQ(rivals(db, own, 0, 10).size(), 0u);
  CHECK_EQ(rivals(db, own, 100, 100).size(), 1u);
  db.commit(own);
}

TEST("rivals: reaching back ends with the first row that is sure to live") {
  Database db;
  Transaction* t = db.begin();
  CHECK(db.insert(t, {{1, "a"}, {3, "b"}}).is_ok());
  db.commit(t);
  Transaction* other = db.begin();
  CHECK(db.insert(other, {{4, "c"}}).is_ok());
  Transaction* own = db.begin();
  const auto found = rivals(db, own, 7, 9, true);
  CHECK_EQ(found.size(), 2u);
  CHECK_EQ(found[0].key, 4);
  CHECK_EQ(found[1].key, 3);
  CHECK_EQ(rivals(db, own, 7, 9).size(), 0u);
  db.manager.rollback(other);
  db.commit(own);
}
