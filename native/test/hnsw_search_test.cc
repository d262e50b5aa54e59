// hnsw_search_test.cc: recall, filters, scans that go on.
#include "check.h"
#include "hnsw_test_data.h"

namespace {
using namespace orrery;
using namespace orrery::test;
using namespace orrery::index::hnsw;
using orrery::index::Metric;

Options options_for(const Vectors& v, Metric metric = Metric::kL2) {
  Options o;
  o.metric = metric;
  o.dimensions = v.dimensions;
  return o;
}
}  // namespace

TEST("hnsw: recall@10 at ef 100 on random and clustered data, every metric") {
  for (const bool clustered : {false, true}) {
    const Vectors v = clustered ? clustered_vectors(4000, 32, 40, 1) : random_vectors(4000, 32, 1);
    const Vectors queries = clustered ? clustered_vectors(100, 32, 40, 1) : random_vectors(100, 32, 9);
    for (const Metric metric : {Metric::kL2, Metric::kInnerProduct, Metric::kCosine, Metric::kL1}) {
      Graph graph(options_for(v, metric));
      CHECK(graph.build(items_of(v), 2).is_ok());
      CHECK_EQ(graph.facts().nodes, 4000u);
      const Recall recall = recall_of(graph, v, queries, 10, 100, nullptr, false, every_row);
      if (recall.average < 0.95) std::cerr << "metric " << static_cast<int>(metric) << " clustered " << clustered << " recall " << recall.average << "\n";
      CHECK(recall.average >= 0.95);
      CHECK_EQ(recall.fewest, 10u);
    }
  }
}

TEST("hnsw: an empty graph has no rows; a graph of one has one") {
  const Vectors v = random_vectors(1, 8, 3);
  Graph graph(options_for(v));
  {
    Scan scan(graph, v.at(0), 40, nullptr, false);
    CHECK(take(scan, 5).empty());
  }
  CHECK(graph.insert(items_of(v)[0]).is_ok());
  CHECK(graph.insert(items_of(v)[0]).is_ok());  // again: redo of what is there
  Scan scan(graph, v.at(0), 40, nullptr, false);
  const auto hits = take(scan, 5);
  CHECK_EQ(hits.size(), 1u);
  CHECK_EQ(hits[0].row, 1u);
  CHECK_EQ(hits[0].distance, 0.0f);
}

TEST("hnsw: a scan that goes on returns every row once, approximately in order") {
  const Vectors v = clustered_vectors(3000, 16, 20, 5);
  Graph graph(options_for(v));
  CHECK(graph.build(items_of(v), 2).is_ok());
  Scan scan(graph, v.at(17), 40, nullptr, false);
  const auto hits = take(scan, 100000);
  CHECK_EQ(hits.size(), 3000u);
  std::set<storage::RowId> rows;
  for (const auto& hit : hits) rows.insert(hit.row);
  CHECK_EQ(rows.size(), 3000u);
  CHECK_EQ(hits[0].row, 18u);
  std::size_t inversions = 0;
  for (std::size_t i = 1; i < hits.size(); i++) inversions += hits[i].distance < hits[i - 1].distance ? 1u : 0u;
  CHECK(inversions < 150);
}

TEST("hnsw: equal distances come in row id order") {
  Vectors v = random_vectors(500, 4, 2);
  for (std::size_t i = 0; i < 500; i++) std::copy_n(v.at(i % 5), 4, v.values.begin() + static_cast<std::ptrdiff_t>(4 * i));
  Graph graph(options_for(v));
  CHECK(graph.build(items_of(v), 1).is_ok());
  Scan scan(graph, v.at(3), 100, nullptr, false);
  const auto hits = take(scan, 100);
  CHECK_EQ(hits.size(), 100u);
  for (std::size_t i = 1; i < hits.size(); i++) CHECK(hits[i - 1].row < hits[i].row);
  for (const auto& hit : hits) CHECK_EQ(hit.distance, 0.0f);
}

TEST("hnsw: zero vectors have no direction and are left out under cosine") {
  Vectors v = random_vectors(10, 4, 2);
  std::fill_n(v.values.begin(), 4, 0.0f);
  Graph graph(options_for(v, Metric::kCosine));
  CHECK(graph.build(items_of(v), 1).is_ok());
  CHECK_EQ(graph.facts().nodes, 9u);
}

TEST("hnsw: a filter at any selectivity gives k rows whenever k exist, recall >= 0.95") {
  const Vectors v = clustered_vectors(6000, 32, 30, 11);
  const Vectors queries = clustered_vectors(60, 32, 30, 11);
  Graph graph(options_for(v));
  CHECK(graph.build(items_of(v), 2).is_ok());
  for (const std::uint64_t modulus : {1, 2, 3, 10, 100, 1000, 2000}) {
    const auto keep = [modulus](storage::RowId row) { return row * 2654435761u % 4294967296u % modulus == 0; };
    std::size_t matching = 0;
    for (std::size_t i = 1; i <= v.size(); i++) matching += keep(i) ? 1u : 0u;
    const Accept accept = [&](storage::RowId row, std::uint32_t) { return keep(row); };
    for (const bool selective : {true, false}) {
      const Recall recall = recall_of(graph, v, queries, 10, 100, accept, selective, keep);
      CHECK(recall.average >= 0.95);
      CHECK_EQ(recall.fewest, std::min<std::size_t>(10, matching));
    }
  }
}

TEST("hnsw: a filter that follows the clusters, far from the query, still gives k right rows") {
  const Vectors v = clustered_vectors(5000, 24, 50, 21);
  Graph graph(options_for(v));
  CHECK(graph.build(items_of(v), 2).is_ok());
  const auto keep = [](storage::RowId row) { return (row - 1) % 50 == 7; };  // exactly one cluster
  const Accept accept = [&](storage::RowId row, std::uint32_t) { return keep(row); };
  const Vectors queries = clustered_vectors(50, 24, 50, 21);  // one near each center
  for (const bool selective : {true, false}) {
    const Recall recall = recall_of(graph, v, queries, 10, 100, accept, selective, keep);
    CHECK(recall.worst >= 0.9);
    CHECK_EQ(recall.fewest, 10u);
  }
}

TEST("hnsw: half of the rows are accepted, none of them near the query: compared exactly, or handed back to the caller") {
  const Vectors v = clustered_vectors(20000, 24, 200, 22);
  Graph graph(options_for(v));
  CHECK(graph.build(items_of(v), 2).is_ok());
  const auto keep = [](storage::RowId row) { return (row - 1) % 200 < 100; };
  const Accept accept = [&](storage::RowId row, std::uint32_t) { return keep(row); };
  Vectors queries{24, {}};
  for (std::size_t i = 150; i < 200; i++) queries.values.insert(queries.values.end(), v.at(i), v.at(i) + 24);
  const Recall recall = recall_of(graph, v, queries, 10, 40, accept, true, keep);
  CHECK(recall.worst >= 0.9);
  CHECK_EQ(recall.fewest, 10u);
  std::size_t yielded = 0;
  for (std::size_t q = 0; q < queries.size(); q++) {
    Scan scan(graph, queries.at(q), 40, accept, true, Scan::WhenExact::kYield);
    index::hnsw::Hit hit;
    const bool found = scan.next(hit);
    CHECK(found != scan.yielded());
    yielded += scan.yielded() ? 1u : 0u;
  }
  CHECK(yielded >= 45);
  // Around the accepted rows nothing is handed back.
  Scan scan(graph, v.at(3), 40, accept, true, Scan::WhenExact::kYield);
  CHECK_EQ(take(scan, 10).size(), 10u);
  CHECK(!scan.yielded());
}

TEST("hnsw: a walk among rows that nobody wants gives way as early as it was told") {
  const Vectors v = random_vectors(4000, 16, 5);
  Graph graph(options_for(v));
  CHECK(graph.build(items_of(v), 2).is_ok());
  std::size_t asked = 0;
  const auto none = [&](orrery::storage::RowId, std::uint32_t) { return asked++, false; };
  Scan scan(graph, v.at(0), 10, none, false, Scan::WhenExact::kYield);
  scan.give_way_after(25);
  Hit hit;
  CHECK(!scan.next(hit));
  CHECK(scan.yielded());
  CHECK(asked <= 26);
}

TEST("hnsw: no row is accepted, the scan ends") {
  const Vectors v = random_vectors(1000, 8, 4);
  Graph graph(options_for(v));
  CHECK(graph.build(items_of(v), 2).is_ok());
  Scan scan(graph, v.at(0), 40, [](storage::RowId, std::uint32_t) { return false; }, true);
  CHECK(take(scan, 10).empty());
}
