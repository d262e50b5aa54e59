// ivfflat_lists_test.cc: inverted lists: every vector in one list, near ones together, images, writers beside readers.
#include <bit>
#include <set>
#include <thread>

#include "../core/interrupt.h"
#include "../index/ivfflat/inverted_lists.h"
#include "check.h"
#include "hnsw_test_data.h"

namespace {
using namespace orrery;
using namespace orrery::test;
using index::Metric;
using index::VectorItem;
using index::ivfflat::Entry;
using index::ivfflat::InvertedLists;
using index::ivfflat::Options;

std::set<storage::RowId> rows_of(const InvertedLists& lists) {
  std::set<storage::RowId> rows;
  lists.each([&](const Entry& e) { CHECK(rows.insert(e.row).second); });
  return rows;
}

TEST("ivfflat: a tenth of the lists holds most of the neighbors") {
  const Vectors v = clustered_vectors(4000, 16, 40, 5);
  const std::vector<VectorItem> items = items_of(v);
  for (const Metric metric : {Metric::kL2, Metric::kInnerProduct, Metric::kCosine}) {
    InvertedLists lists({metric, 16, 40});
    CHECK(lists.train(items, 2).is_ok());
    CHECK(lists.fill(items, 2).is_ok());
    CHECK_EQ(rows_of(lists).size(), 4000u);
    std::size_t found = 0;
    for (std::size_t q = 0; q < 50; q++) {
      const auto order = lists.order(v.at(q));
      std::vector<Entry> near;
      for (std::size_t i = 0; i < 4; i++) lists.collect(order[i], near);
      std::set<storage::RowId> rows;
      for (const Entry& e : near) rows.insert(e.row);
      for (const storage::RowId row : exact_rows(v, v.at(q), metric, 10, [](auto) { return true; })) found += rows.count(row);
    }
    CHECK(found >= 475);
  }
}

TEST("ivfflat: lists of bit strings hold those with most bits in common") {
  // 40 strings of 256 bits, each with a tenth of its bits turned in 100 ways; every word counts as one place of the matrix.
  std::mt19937 random(9);
  std::vector<std::uint32_t> centers(40 * 8);
  for (std::uint32_t& word : centers) word = static_cast<std::uint32_t>(random());
  Vectors v{8, std::vector<float>(4000 * 8)};
  for (std::size_t i = 0; i < v.values.size(); i++) {
    std::uint32_t noise = 0;
    for (unsigned b = 0; b < 32; b++) noise |= random() % 10 == 0 ? 1u << b : 0;
    v.values[i] = std::bit_cast<float>(centers[i % centers.size()] ^ noise);
  }
  InvertedLists lists({Metric::kHamming, 8, 40});
  CHECK(lists.train(items_of(v), 2).is_ok());
  CHECK(lists.fill(items_of(v), 2).is_ok());
  CHECK_EQ(rows_of(lists).size(), 4000u);
  std::size_t found = 0;
  for (std::size_t q = 0; q < 40; q++) {
    std::vector<Entry> near;
    const auto order = lists.order(v.at(q));
    for (std::size_t i = 0; i < 4; i++) lists.collect(order[i], near);
    for (const Entry& e : near) found += (e.row - 1) % 40 == q;
  }
  CHECK(found >= 3800);
}

TEST("ivfflat: fewer vectors than lists, equal ones, none at all") {
  const Vectors v = random_vectors(3, 4, 1);
  for (const Metric metric : {Metric::kL2, Metric::kCosine}) {
    InvertedLists lists({metric, 4, 10});
    CHECK(lists.train(items_of(v), 2).is_ok());
    CHECK(lists.fill(items_of(v), 2).is_ok());
    CHECK_EQ(rows_of(lists).size(), 3u);
    InvertedLists empty({metric, 4, 10});
    CHECK(empty.train({}, 2).is_ok());
    for (const VectorItem& item : items_of(v)) empty.insert(item);
    CHECK_EQ(rows_of(empty).size(), 3u);
    const Vectors same{4, std::vector<float>(400, 1.0f)};
    InvertedLists equal({metric, 4, 10});
    CHECK(equal.train(items_of(same), 2).is_ok());
    CHECK(equal.fill(items_of(same), 2).is_ok());
    CHECK_EQ(rows_of(equal).size(), 100u);
  }
}

TEST("ivfflat: removed entries are gone; zero vectors have no direction under cosine") {
  Vectors v = random_vectors(200, 4, 2);
  for (int d = 0; d < 4; d++) v.values[d] = 0;
  InvertedLists lists({Metric::kCosine, 4, 5});
  const auto items = items_of(v);
  CHECK(lists.train(items, 1).is_ok());
  CHECK(lists.fill(items, 1).is_ok());
  CHECK_EQ(lists.entry_count(), 199u);
  CHECK(!lists.remove(items[0]));
  for (std::size_t i = 1; i < 100; i++) CHECK(lists.remove(items[i]));
  CHECK(!lists.remove(items[1]));
  CHECK_EQ(rows_of(lists).size(), 100u);
}

TEST("ivfflat: an image gives the same lists back; a cut one is refused") {
  const Vectors v = random_vectors(300, 8, 3);
  const auto items = items_of(v);
  InvertedLists lists({Metric::kL2, 8, 7});
  CHECK(lists.train(items, 2).is_ok());
  CHECK(lists.fill(items, 2).is_ok());
  ByteWriter image;
  lists.save(image, [](const Entry& e) { return e.row % 3 != 0; });
  const auto locate = [&](storage::RowId row, VectorItem* item) {
    if (row == 0 || row > items.size()) return false;
    *item = items[row - 1];
    return true;
  };
  InvertedLists loaded({Metric::kL2, 8, 7});
  ByteReader in(image.span());
  CHECK(loaded.load(in, locate).is_ok());
  CHECK_EQ(rows_of(loaded).size(), 200u);
  CHECK(loaded.order(v.at(5)) == lists.order(v.at(5)));
  for (std::size_t cut = 0; cut < image.size(); cut += 37) {
    InvertedLists broken({Metric::kL2, 8, 7});
    ByteReader part(image.span().first(cut));
    CHECK_EQ(broken.load(part, locate).code, StatusCode::kCorrupt);
  }
}

TEST("ivfflat: training and filling end when the statement shall") {
  const Vectors v = random_vectors(2000, 8, 4);
  const auto items = items_of(v);
  InvertedLists lists({Metric::kL2, 8, 12});
  std::atomic<std::int32_t> word{1};
  current_interrupt() = {.word = &word};
  CHECK(lists.train(items, 2).code == StatusCode::kInterrupted);
  word = 0;
  CHECK(lists.train(items, 2).is_ok());
  word = 1;
  CHECK(lists.fill(items, 2).code == StatusCode::kInterrupted);
  CHECK_EQ(lists.entry_count(), 0u);
  current_interrupt() = {};
}

TEST("threads: ivfflat lists take inserts and removals while others read") {
  const Vectors v = random_vectors(2000, 8, 4);
  const auto items = items_of(v);
  InvertedLists lists({Metric::kL2, 8, 12});
  CHECK(lists.train(items, 2).is_ok());
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 2; t++)
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < items.size(); i += 2) lists.insert(items[i]);
      for (std::size_t i = t; i < items.size(); i += 4) CHECK(lists.remove(items[i]));
    });
  threads.emplace_back([&] {
    for (std::size_t n = 0; n < 200; n++) {
      std::vector<Entry> near;
      for (const std::uint32_t list : lists.order(v.at(n))) lists.collect(list, near);
      for (const Entry& e : near) CHECK(e.row >= 1 && e.row <= 2000);
    }
  });
  for (auto& t : threads) t.join();
  CHECK_EQ(lists.entry_count(), 1000u);
}

}  // namespace
