// Keys and the B-tree itself.
#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "storage_support.h"

using namespace orrery;
using namespace orrery::test;

TEST("btree: ranges of random keys agree with a set, forward and backward, while entries come and go") {
  Database db;
  std::mt19937 random(3);
  index::BTree tree(200, *db.table, {{0, KeyKind::kInt32, false, false}}, false, false, db.manager);
  std::set<std::pair<std::string, RowId>> model;
  for (int i = 0; i < 30'000; i++) {
    std::string key(random() % 4 == 0 ? 14 + random() % 8 : 1 + random() % 6, '\0');
    for (char& c : key) c = static_cast<char>(random() % 5);
    const RowId row = 1 + random() % 4;
    tree.append_sorted(key, row);
    model.insert({key, row});
  }
  CHECK_EQ(tree.entry_count(), model.size());
  const auto collect = [&](const index::KeyRange& range, bool backward) {
    std::vector<std::pair<std::string, RowId>> out;
    index::BTree::Position position;
    std::vector<index::BTree::Item> items;
    index::Key keys;
    bool recheck = false;
    while (!position.finished) {
      items.clear();
      keys.clear();
      tree.collect(range, backward, position, 97, items, keys, &recheck, true);
      for (const auto& item : items) out.push_back({keys.substr(item.key_at, item.key_length), item.row});
    }
    return out;
  };
  for (int i = 0; i < 200; i++) {
    index::KeyRange range;
    const auto bound = [&] {
      std::string s(random() % 18, '\0');
      for (char& c : s) c = static_cast<char>(random() % 5);
      return s;
    };
    if (random() % 4 != 0) range.lower = bound();
    if (random() % 4 != 0) range.upper = bound();
    std::vector<std::pair<std::string, RowId>> expected;
    for (const auto& e : model)
      if ((!range.lower || e.first >= *range.lower) && (!range.upper || e.first < *range.upper)) expected.push_back(e);
    CHECK(collect(range, false) == expected);
    std::reverse(expected.begin(), expected.end());
    CHECK(collect(range, true) == expected);
  }
}

TEST("btree: rows inserted, moved and removed leave exactly their entries") {
  Database db;
  auto& tree = static_cast<index::BTree&>(*db.rows.find_index(Database::kPrimary));
  Transaction* t = db.begin();
  std::vector<Row> rows;
  std::mt19937 random(5);
  for (std::int32_t i = 0; i < 20'000; i++) rows.push_back({i, "x"});
  std::shuffle(rows.begin(), rows.end(), random);
  RowId first = 0;
  CHECK(db.insert(t, rows, &first).is_ok());
  CHECK_EQ(tree.entry_count(), 20'000u);
  db.manager.rollback(t);
  CHECK_EQ(tree.entry_count(), 0u);
  const std::size_t empty = tree.memory_bytes();
  CHECK(empty < 16'384);
  t = db.begin();
  CHECK(db.insert(t, rows, &first).is_ok());
  db.commit(t);
  CHECK_EQ(db.index_scan(Database::kPrimary).size(), 20'000u);
  CHECK_EQ(db.index_scan(Database::kPrimary, true)[0].key, 19'999);
}

namespace {

/// Keys of a one-column table, compared as the index compares them.
template <typename T>
std::string key_of(PhysicalType type, KeyKind kind, T value, bool descending = false) {
  std::vector<std::uint64_t> words(16);
  auto* b = reinterpret_cast<std::uint8_t*>(words.data());
  const auto put = [b](std::size_t at, std::uint32_t v) { std::memcpy(b + at, &v, 4); };
  put(0, 1);
  put(4, 1);
  put(12, 64);
  b[16] = static_cast<std::uint8_t>(type);
  put(28, 32);
  if constexpr (std::is_same_v<T, std::string>) {
    words.resize(16 + value.size() / 8 + 1);
    b = reinterpret_cast<std::uint8_t*>(words.data());
    const std::uint32_t offsets[2] = {40, static_cast<std::uint32_t>(40 + value.size())};
    std::memcpy(b + 32, offsets, 8);
    std::memcpy(b + 40, value.data(), value.size());
  } else {
    std::memcpy(b + 32, &value, sizeof value);
  }
  const auto block = Block::parse(b, words.size() * 8);
  CHECK(block.has_value());
  index::Key key;
  index::KeyEncoder({{0, kind, descending, false}}).encode(*block, 0, key);
  return key;
}

std::string numeric(std::int16_t weight, std::uint16_t sign, std::vector<std::uint16_t> digits, std::uint16_t scale = 0) {
  std::string out;
  const auto word = [&](std::uint16_t v) { out.push_back(static_cast<char>(v >> 8)); out.push_back(static_cast<char>(v)); };
  word(static_cast<std::uint16_t>(digits.size()));
  word(static_cast<std::uint16_t>(weight));
  word(sign);
  word(scale);
  for (const auto d : digits) word(d);
  return out;
}

}  // namespace

TEST("keys: memcmp orders every kind as SQL does") {
  const auto ascending = [](const std::vector<std::string>& keys) {
    for (std::size_t i = 1; i < keys.size(); i++) CHECK(keys[i - 1] < keys[i]);
  };
  std::vector<std::string> ints, doubles, texts, numerics;
  for (const std::int32_t v : {INT32_MIN, -5, -1, 0, 1, 255, 256, INT32_MAX}) ints.push_back(key_of(PhysicalType::kInt32, KeyKind::kInt32, v));
  for (const double v : {-double{INFINITY}, -1e300, -1.5, -1e-300, 0.0, 1e-300, 1.5, 1e300, double{INFINITY}, double{NAN}})
    doubles.push_back(key_of(PhysicalType::kFloat64, KeyKind::kFloat64, v));
  for (const std::string& v : {std::string(), std::string("\0", 1), std::string("\0a", 2), std::string("a"), std::string("a\0", 2), std::string("a\0b", 3), std::string("aa"), std::string("b"), std::string("\xff")})
    texts.push_back(key_of(PhysicalType::kVarlen, KeyKind::kBytes, v));
  for (const auto& v : {numeric(0, 0xF000, {}), numeric(1, 0x4000, {1, 1}), numeric(0, 0x4000, {9999}), numeric(0, 0x4000, {5, 5000}), numeric(0, 0x4000, {5}),
                        numeric(-1, 0x4000, {1}), numeric(0, 0, {}), numeric(-2, 0, {1}), numeric(-1, 0, {1}), numeric(0, 0, {5}),
                        numeric(0, 0, {5, 1}), numeric(0, 0, {5, 5000}), numeric(0, 0, {6}), numeric(1, 0, {1}), numeric(0, 0xD000, {}), numeric(0, 0xC000, {})})
    numerics.push_back(key_of(PhysicalType::kVarlen, KeyKind::kNumeric, v));
  ascending(ints);
  ascending(doubles);
  ascending(texts);
  ascending(numerics);
  CHECK(key_of(PhysicalType::kFloat64, KeyKind::kFloat64, -0.0) == key_of(PhysicalType::kFloat64, KeyKind::kFloat64, 0.0));
  CHECK(key_of(PhysicalType::kVarlen, KeyKind::kNumeric, numeric(0, 0, {1}, 0)) == key_of(PhysicalType::kVarlen, KeyKind::kNumeric, numeric(0, 0, {1, 0}, 2)));
  CHECK(key_of(PhysicalType::kVarlen, KeyKind::kBpchar, std::string("a  ")) == key_of(PhysicalType::kVarlen, KeyKind::kBpchar, std::string("a")));
  CHECK(key_of(PhysicalType::kInt32, KeyKind::kInt32, 1, true) > key_of(PhysicalType::kInt32, KeyKind::kInt32, 2, true));
  CHECK(key_of(PhysicalType::kVarlen, KeyKind::kBytes, std::string("a"), true) > key_of(PhysicalType::kVarlen, KeyKind::kBytes, std::string("ab"), true));
}
