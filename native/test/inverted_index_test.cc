// Inverted indexes: keys of values, lists, queries, and entries through transactions, vacuum, checkpoints and replay.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "../index/inverted/inverted_scan.h"
#include "storage_support.h"

using namespace orrery;
using namespace orrery::test;
using index::InvertedColumn;
using index::InvertedIndex;
using index::InvertedKind;
using index::InvertedQuery;
using index::Postings;

namespace {

std::set<std::uint32_t> keys(InvertedKind kind, std::string_view value, std::uint32_t position = 0) {
  std::vector<std::uint32_t> out;
  CHECK(index::extract_keys(kind, position, value, out));
  return {out.begin(), out.end()};
}

bool parses(InvertedKind kind, std::string_view value) {
  std::vector<std::uint32_t> out;
  return index::extract_keys(kind, 0, value, out);
}

bool within(const std::set<std::uint32_t>& a, const std::set<std::uint32_t>& b) { return std::includes(b.begin(), b.end(), a.begin(), a.end()); }

std::string array_of(const std::vector<std::string>& elements) {
  std::string out;
  const auto put = [&](std::uint32_t v) { for (int i = 3; i >= 0; i--) out.push_back(static_cast<char>(v >> (8 * i))); };
  put(elements.empty() ? 0 : 1);
  put(0);
  put(25);
  if (!elements.empty()) {
    put(static_cast<std::uint32_t>(elements.size()));
    put(1);
  }
  for (const std::string& e : elements) {
    put(e == "NULL" ? 0xffffffffu : static_cast<std::uint32_t>(e.size()));
    if (e != "NULL") out += e;
  }
  return out;
}

std::vector<std::uint32_t> words_of(std::string_view document, std::uint32_t operation = InvertedQuery::kAnd) {
  std::vector<std::uint32_t> out;
  const auto all = keys(InvertedKind::kJsonb, document);
  for (const std::uint32_t key : all) out.insert(out.end(), {InvertedQuery::kKey, key});
  out.insert(out.end(), {operation, static_cast<std::uint32_t>(all.size())});
  return out;
}

struct Documents : Database {
  static constexpr RelationId kInverted = 150;
  InvertedIndex* index = nullptr;
  Documents() {
    Transaction* t = begin();
    const InvertedColumn column{1, InvertedKind::kJsonb};
    CHECK(rows.create_inverted(*t, kInverted, kTable, std::span(&column, 1)).is_ok());
    commit(t);
    index = static_cast<InvertedIndex*>(rows.find_index(kInverted).get());
  }
  std::vector<RowId> search(std::string_view document) { return index->search(*InvertedQuery::parse(words_of(document))); }
};

}  // namespace

TEST("inverted keys: a document has the keys of what it contains, whatever the order, depth and scale of numbers") {
  const auto whole = keys(InvertedKind::kJsonb, R"({"a": {"b": [1.50, "x", null]}, "tags": ["red", "green"], "n": true})");
  for (const char* part : {R"({"a": {"b": [1.5]}})", R"({"tags": ["green"]})", R"({"n": true})", R"({"a": {"b": ["x", null]}})", "{}", R"("red")"})
    CHECK(within(keys(InvertedKind::kJsonb, part), whole));
  for (const char* other : {R"({"a": 1.5001})", R"({"n": false})", R"({"tags": ["blue"]})", R"({"c": 1})"})
    CHECK(!within(keys(InvertedKind::kJsonb, other), whole));
  // A member's value is no name, an element is.
  CHECK(!within(keys(InvertedKind::kJsonb, R"("v")"), keys(InvertedKind::kJsonb, R"({"k": "v"})")));
  CHECK(within(keys(InvertedKind::kJsonb, R"("k")"), keys(InvertedKind::kJsonb, R"({"k": "v"})")));
  CHECK(keys(InvertedKind::kJsonb, "[1, 1.0, 1.00, 10]").size() == 2);
  CHECK(keys(InvertedKind::kJsonb, "[100, 1]").size() == 2);
  const auto path = keys(InvertedKind::kJsonbPath, R"({"a": {"b": [1.50, "x"]}, "c": 1.5})");
  CHECK(path.size() == 3);
  CHECK(within(keys(InvertedKind::kJsonbPath, R"({"a": {"b": [1.5]}})"), path));
  CHECK(!within(keys(InvertedKind::kJsonbPath, R"({"b": [1.5]})"), path));
  CHECK(keys(InvertedKind::kJsonb, "[1]", 0) != keys(InvertedKind::kJsonb, "[1]", 1));
}

TEST("inverted keys: elements of arrays; NULL and no elements have keys of their own") {
  CHECK(keys(InvertedKind::kArray, array_of({"a", "b", "a"})).size() == 2);
  CHECK(within(keys(InvertedKind::kArray, array_of({"NULL"})), keys(InvertedKind::kArray, array_of({"NULL", "x"}))));
  CHECK(keys(InvertedKind::kArray, array_of({})).size() == 1);
  CHECK(keys(InvertedKind::kArray, array_of({})) != keys(InvertedKind::kArray, array_of({"NULL"})));
}

TEST("inverted keys: damaged bytes end the reading, nesting is no recursion") {
  const std::string document = R"({"a": {"b": [1.50, "x\"y", null]}, "c": "z"})";
  for (std::size_t n = 0; n < document.size(); n++) CHECK(!parses(InvertedKind::kJsonb, std::string_view(document).substr(0, n)));
  const std::string array = array_of({"abc", "NULL", "d"});
  for (std::size_t n = 0; n < array.size(); n++) parses(InvertedKind::kArray, std::string_view(array).substr(0, n));
  std::mt19937 random(5);
  for (int i = 0; i < 20'000; i++) {
    std::string bytes = i % 2 == 0 ? document : array;
    for (int j = 0; j < 3; j++) bytes[random() % bytes.size()] = static_cast<char>(random());
    parses(InvertedKind::kJsonb, bytes);
    parses(InvertedKind::kJsonbPath, bytes);
    parses(InvertedKind::kArray, bytes);
  }
  const std::string deep = std::string(300'000, '[') + "1" + std::string(300'000, ']');
  CHECK(parses(InvertedKind::kJsonb, deep));
}

TEST("inverted lists agree with sets while ids come in any order and go") {
  Postings postings;
  std::map<std::uint32_t, std::set<RowId>> model;
  std::mt19937 random(11);
  for (int i = 0; i < 200'000; i++) {
    const std::uint32_t key = random() % 5 == 0 ? random() % 3000 : random() % 4;
    // Ascending mostly; far apart now and then.
    const RowId row = random() % 3 == 0 ? 1 + random() % 20'000 : (random() % 50 == 0 ? (RowId{1} << 33) + random() % 5000 : 1 + static_cast<RowId>(i) / 4);
    if (random() % 4 == 0) {
      postings.remove(key, row);
      model[key].erase(row);
    } else {
      postings.add(key, row);
      model[key].insert(row);
    }
  }
  std::uint64_t entries = 0;
  for (const auto& [key, rows] : model) {
    std::vector<RowId> found;
    postings.append_to(key, found);
    CHECK(std::equal(found.begin(), found.end(), rows.begin(), rows.end()));
    CHECK_EQ(postings.count(key), rows.size());
    entries += rows.size();
    std::vector<RowId> probe;
    for (RowId row = 1; row < 25'000; row += 7) probe.push_back(row);
    std::vector<RowId> expected;
    for (const RowId row : probe)
      if (rows.contains(row)) expected.push_back(row);
    postings.intersect(key, probe);
    CHECK(probe == expected);
  }
  CHECK_EQ(postings.entry_count(), entries);
  for (const auto& [key, rows] : model)
    for (const RowId row : rows) postings.remove(key, row);
  CHECK_EQ(postings.entry_count(), 0u);
  CHECK(postings.keys().empty());
}

TEST("inverted queries: words that are no query are refused; and, or and their nesting find what a scan of the sets finds") {
  const std::vector<std::vector<std::uint32_t>> wrong = {{}, {0}, {1, 0}, {1, 1}, {3, 0}, {0, 5, 0, 6}, {0, 5, 1, 2}, {2, 1}};
  for (const auto& words : wrong) CHECK(!InvertedQuery::parse(words).has_value());
  Documents db;
  Transaction* t = db.begin();
  std::vector<Row> list;
  std::mt19937 random(2);
  for (int i = 0; i < 3000; i++) {
    std::string document = "[";
    for (int j = 0; j < 6; j++) {
      if (j > 0) document += ", ";
      document += std::to_string(random() % 40);
    }
    list.push_back({i, document + "]"});
  }
  RowId first = 0;
  CHECK(db.insert(t, list, &first).is_ok());
  db.commit(t);
  const auto has = [&](int i, std::uint32_t number) {
    const auto all = keys(InvertedKind::kJsonb, list[static_cast<std::size_t>(i)].value);
    return all.contains(*keys(InvertedKind::kJsonb, std::to_string(number)).begin());
  };
  const auto key = [&](std::uint32_t number) { return *keys(InvertedKind::kJsonb, std::to_string(number)).begin(); };
  for (int round = 0; round < 50; round++) {
    const std::uint32_t a = random() % 45, b = random() % 45, c = random() % 45;
    const std::vector<std::uint32_t> words{0, key(a), 0, key(b), 0, key(c), 2, 2, 1, 2};  // a and (b or c)
    const auto query = InvertedQuery::parse(words);
    std::vector<RowId> expected;
    for (int i = 0; i < 3000; i++)
      if (has(i, a) && (has(i, b) || has(i, c))) expected.push_back(first + static_cast<RowId>(i));
    CHECK(db.index->search(*query) == expected);
    CHECK(db.index->estimate(*query) >= expected.size());
  }
  const std::vector<std::uint32_t> nothing{2, 0};
  CHECK(db.index->search(*InvertedQuery::parse(nothing)).empty());
}

TEST("inverted: rows inserted, changed, rolled back and removed; vacuum leaves exactly the entries of what lives") {
  Documents db;
  Transaction* t = db.begin();
  RowId first = 0;
  std::vector<Row> list;
  for (int i = 0; i < 2000; i++) list.push_back({i, "{\"n\": " + std::to_string(i % 10) + "}"});
  CHECK(db.insert(t, list, &first).is_ok());
  db.commit(t);
  CHECK_EQ(db.search(R"({"n": 3})").size(), 200u);
  t = db.begin();
  CHECK(db.insert(t, {{5000, R"({"n": 3, "gone": 1})"}}).is_ok());
  CHECK_EQ(db.search(R"({"n": 3})").size(), 201u);
  db.manager.rollback(t);
  CHECK_EQ(db.search(R"({"n": 3})").size(), 200u);
  t = db.begin();
  for (int i = 0; i < 1500; i++) CHECK(db.update(t, {i, R"({"n": 77})", first + static_cast<RowId>(i)}).is_ok());
  const auto fresh = InvertedQuery::parse(words_of(R"({"n": 77})"));
  {
    // Other transactions still see the old versions, through the same entries.
    const Snapshot before = db.manager.acquire_snapshot();
    const auto query = InvertedQuery::parse(words_of(R"({"n": 3})"));
    index::InvertedScan scan(db.manager, before, db.rows.find_index(Documents::kInverted), {0, 1}, true, *query);
    CHECK_EQ(Database::drain(scan).size(), 200u);
    db.manager.release_snapshot(before);
  }
  db.commit(t);
  CHECK_EQ(db.index->search(*fresh).size(), 1500u);
  t = db.begin();
  for (int i = 1500; i < 1600; i++) CHECK(db.remove(t, first + static_cast<RowId>(i)).is_ok());
  db.commit(t);
  while (db.rows.vacuum(*db.table, true)) {}
  CHECK_EQ(db.search(R"({"n": 3})").size(), 40u);
  CHECK_EQ(db.index->search(*fresh).size(), 1500u);
  CHECK_EQ(db.index->entry_count(), 2u * 1900u);
}
