// hnsw_vacuum_test.cc: deleted rows, vacuum, images, concurrency.
#include <thread>

#include "check.h"
#include "hnsw_test_data.h"

namespace {
using namespace orrery;
using namespace orrery::test;
using namespace orrery::index::hnsw;

Options options_for(const Vectors& v) {
  Options o;
  o.dimensions = v.dimensions;
  return o;
}
bool is_odd(storage::RowId row) { return row % 2 == 1; }
index::Locate locate_in(const Vectors& v) {
  return [&v](storage::RowId row, Item* item) {
    if (row > v.size()) return false;
    *item = {row, static_cast<std::uint32_t>(row - 1), v.at(row - 1)};
    return true;
  };
}
const Accept accept_odd = [](storage::RowId row, std::uint32_t) { return is_odd(row); };
}  // namespace

TEST("hnsw: after every second row is deleted the rest is found, recall >= 0.95, before and after vacuum") {
  const Vectors v = clustered_vectors(4000, 32, 40, 31);
  const Vectors queries = clustered_vectors(80, 32, 40, 31);
  Graph graph(options_for(v));
  CHECK(graph.build(items_of(v), 2).is_ok());
  const Recall before = recall_of(graph, v, queries, 10, 100, accept_odd, false, is_odd);
  CHECK(before.average >= 0.95);
  CHECK_EQ(before.fewest, 10u);
  CHECK_EQ(graph.vacuum([](storage::RowId row, std::uint32_t) { return !is_odd(row); }), 2000u);
  CHECK_EQ(graph.facts().nodes, 2000u);
  const Recall after = recall_of(graph, v, queries, 10, 100, nullptr, false, is_odd);
  CHECK(after.average >= 0.95);
  CHECK_EQ(after.fewest, 10u);
  // The ids are used again: putting the rows back does not make the graph larger.
  const std::uint32_t limit = graph.node_limit();
  for (const Item& item : items_of(v)) CHECK(graph.insert(item).is_ok());
  CHECK_EQ(graph.node_limit(), limit);
  CHECK_EQ(graph.facts().nodes, 4000u);
  CHECK(recall_of(graph, v, queries, 10, 100, nullptr, false, every_row).average >= 0.95);
}

TEST("hnsw: vacuum of everything leaves a graph that can be filled again") {
  const Vectors v = random_vectors(300, 8, 4);
  Graph graph(options_for(v));
  CHECK(graph.build(items_of(v), 1).is_ok());
  CHECK_EQ(graph.vacuum([](storage::RowId, std::uint32_t) { return true; }), 300u);
  {
    Scan scan(graph, v.at(0), 40, nullptr, false);
    CHECK(take(scan, 10).empty());
  }
  CHECK(graph.build(items_of(v), 1).is_ok());
  Scan scan(graph, v.at(9), 40, nullptr, false);
  CHECK_EQ(take(scan, 1)[0].row, 10u);
}

TEST("hnsw: an open scan survives a vacuum and does not return what it removed") {
  const Vectors v = random_vectors(2000, 8, 4);
  Graph graph(options_for(v));
  CHECK(graph.build(items_of(v), 1).is_ok());
  Scan scan(graph, v.at(0), 20, nullptr, false);
  const auto first = take(scan, 20);
  graph.vacuum([](storage::RowId row, std::uint32_t) { return !is_odd(row); });
  const Vectors more = random_vectors(500, 8, 44);
  for (std::size_t i = 0; i < more.size(); i++) CHECK(graph.insert({i + 10001, static_cast<std::uint32_t>(i + 5000), more.at(i)}).is_ok());
  std::set<storage::RowId> rows;
  for (const auto& hit : first) rows.insert(hit.row);
  for (const auto& hit : take(scan, 100000)) {
    CHECK(rows.insert(hit.row).second);
    CHECK(is_odd(hit.row) || hit.row > 10000);
  }
  CHECK(rows.size() >= 1000);
}

TEST("hnsw: an image gives the same answers; rows after it are added by inserting them again") {
  const Vectors v = clustered_vectors(3000, 16, 20, 8);
  Graph graph(options_for(v));
  const auto items = items_of(v);
  CHECK(graph.build(std::span(items).first(2500), 2).is_ok());
  graph.vacuum([](storage::RowId row, std::uint32_t) { return row % 10 == 0; });
  ByteWriter image;
  graph.save(image, nullptr);
  Graph loaded(options_for(v));
  ByteReader in(image.span());
  CHECK(loaded.load(in, locate_in(v)).is_ok());
  CHECK_EQ(in.remaining(), 0u);
  CHECK_EQ(loaded.facts().nodes, graph.facts().nodes);
  CHECK_EQ(loaded.facts().levels, graph.facts().levels);
  for (std::size_t q = 0; q < 20; q++) {
    Scan a(graph, v.at(q * 7), 50, nullptr, false), b(loaded, v.at(q * 7), 50, nullptr, false);
    const auto left = take(a, 50), right = take(b, 50);
    CHECK_EQ(left.size(), right.size());
    for (std::size_t i = 0; i < left.size(); i++) CHECK_EQ(left[i].row, right[i].row);
  }
  for (const Item& item : items)
    if (item.row % 10 != 0) CHECK(loaded.insert(item).is_ok());
  const auto keep = [](storage::RowId row) { return row % 10 != 0; };
  CHECK(recall_of(loaded, v, clustered_vectors(50, 16, 20, 8), 10, 100, nullptr, false, keep).average >= 0.95);
}

TEST("hnsw: a damaged image is refused or gives a graph that can be walked, at every byte") {
  const Vectors v = random_vectors(60, 4, 8);
  Graph graph(options_for(v));
  CHECK(graph.build(items_of(v), 1).is_ok());
  ByteWriter image;
  graph.save(image, nullptr);
  const index::Locate vector_of = locate_in(v);
  for (std::size_t at = 0; at < image.size(); at++) {
    auto bytes = image.bytes();
    bytes[at] ^= 0x5a;
    Graph loaded(options_for(v));
    ByteReader in(bytes);
    if (!loaded.load(in, vector_of).is_ok()) continue;
    Scan scan(loaded, v.at(0), 10, nullptr, false);
    CHECK(take(scan, 1000).size() <= 60u);
  }
  for (std::size_t length = 0; length < image.size(); length++) {
    Graph loaded(options_for(v));
    ByteReader in(image.data(), length);
    CHECK_EQ(loaded.load(in, vector_of).code, StatusCode::kCorrupt);
  }
}

TEST("hnsw: rows that an image's database does not have are removed nodes after loading") {
  const Vectors v = clustered_vectors(2000, 16, 20, 8);
  Graph graph(options_for(v));
  CHECK(graph.build(items_of(v), 2).is_ok());
  for (storage::RowId row = 1; row <= 200; row++) CHECK(graph.remove(row, static_cast<std::uint32_t>(row - 1)));
  CHECK_EQ(graph.removed_count(), 200u);
  ByteWriter image;
  graph.save(image, accept_odd);
  Graph loaded(options_for(v));
  ByteReader in(image.span());
  CHECK(loaded.load(in, locate_in(v)).is_ok());
  CHECK_EQ(loaded.facts().nodes, 900u);
  CHECK_EQ(loaded.removed_count(), 1100u);
  const auto keep = [](storage::RowId row) { return is_odd(row) && row > 200; };
  const Vectors queries = clustered_vectors(50, 16, 20, 8);
  CHECK(recall_of(loaded, v, queries, 10, 100, nullptr, false, keep).average >= 0.95);
  CHECK_EQ(loaded.repair(), 1100u);
  CHECK(recall_of(loaded, v, queries, 10, 100, nullptr, false, keep).average >= 0.95);
}

TEST("hnsw: rows that share a slot are all found, and removed one by one") {
  const Vectors v = random_vectors(3, 4, 8);
  Graph graph(options_for(v));
  for (storage::RowId row = 1; row <= 30; row++) CHECK(graph.insert({row, 0, v.at(0)}).is_ok());
  for (storage::RowId row = 1; row <= 30; row++) CHECK(graph.insert({row, 0, v.at(0)}).is_ok());
  CHECK(graph.insert({5, 2, v.at(2)}).is_ok());
  CHECK_EQ(graph.facts().nodes, 31u);
  CHECK(graph.remove(1, 0));
  CHECK(!graph.remove(1, 0));
  CHECK(graph.remove(7, 0));
  CHECK(graph.has(5, 0));
  CHECK(graph.has(5, 2));
  graph.repair();
  Scan scan(graph, v.at(0), 10, nullptr, false);
  CHECK_EQ(take(scan, 100).size(), 29u);
}

TEST("threads: hnsw inserts, scans, a vacuum and an image at once") {
  const Vectors v = clustered_vectors(1500, 16, 20, 3);
  const auto items = items_of(v);
  Graph graph(options_for(v));
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 2; t++)
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < items.size(); i += 2) CHECK(graph.insert(items[i]).is_ok());
    });
  std::atomic<std::size_t> scans{0};
  for (std::size_t t = 0; t < 2; t++)
    threads.emplace_back([&, t] {
      for (std::size_t q = t; !done.load(); q = (q + 13) % v.size()) {
        Scan scan(graph, v.at(q), 20, accept_odd, q % 2 == 0);
        std::set<storage::RowId> rows;
        for (const auto& hit : take(scan, 50)) {
          CHECK(rows.insert(hit.row).second);
          CHECK(is_odd(hit.row));
        }
        scans++;
      }
    });
  threads.emplace_back([&] {
    while (graph.facts().nodes < 500) std::this_thread::yield();
    graph.vacuum([](storage::RowId row, std::uint32_t) { return row % 4 == 0; });
    ByteWriter image;
    graph.save(image, nullptr);
    Graph loaded(options_for(v));
    ByteReader in(image.span());
    CHECK(loaded.load(in, locate_in(v)).is_ok());
  });
  threads[0].join();
  threads[1].join();
  threads[4].join();
  done = true;
  threads[2].join();
  threads[3].join();
  CHECK(scans.load() > 0);
  CHECK(recall_of(graph, v, clustered_vectors(30, 16, 20, 3), 10, 100, accept_odd, false, is_odd).average >= 0.95);
}
