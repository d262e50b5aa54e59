// hnsw_test_data.h: vectors for the graph tests, and the exact answer to compare with.
#pragma once
#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "../index/hnsw/hnsw.h"

namespace orrery::test {

struct Vectors {
  std::uint32_t dimensions;
  std::vector<float> values;
  const float* at(std::size_t i) const { return values.data() + i * dimensions; }
  std::size_t size() const { return values.size() / dimensions; }
};

inline Vectors random_vectors(std::size_t count, std::uint32_t dimensions, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Vectors v{dimensions, std::vector<float>(count * dimensions)};
  for (float& x : v.values) x = normal(random);
  return v;
}

/// Points around few centers, far from each other.
inline Vectors clustered_vectors(std::size_t count, std::uint32_t dimensions, std::size_t clusters, unsigned seed) {
  const Vectors centers = random_vectors(clusters, dimensions, seed);
  Vectors v = random_vectors(count, dimensions, seed + 1);
  for (std::size_t i = 0; i < count; i++)
    for (std::uint32_t d = 0; d < dimensions; d++) v.values[i * dimensions + d] = v.values[i * dimensions + d] * 0.3f + 5 * centers.at(i % clusters)[d];
  return v;
}

/// Row i + 1 has vector i in slot i.
inline std::vector<index::hnsw::Item> items_of(const Vectors& v) {
  std::vector<index::hnsw::Item> items;
  for (std::size_t i = 0; i < v.size(); i++) items.push_back({i + 1, static_cast<std::uint32_t>(i), v.at(i)});
  return items;
}

template <typename Keep>
std::vector<storage::RowId> exact_rows(const Vectors& v, const float* query, index::Metric metric, std::size_t k, Keep keep) {
  std::vector<std::pair<double, storage::RowId>> all;
  for (std::size_t i = 0; i < v.size(); i++)
    if (keep(i + 1)) all.push_back({index::hnsw::sql_distance(metric, query, v.at(i), v.dimensions), i + 1});
  k = std::min(k, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(k), all.end());
  std::vector<storage::RowId> rows;
  for (std::size_t i = 0; i < k; i++) rows.push_back(all[i].second);
  return rows;
}

inline std::vector<index::hnsw::Hit> take(index::hnsw::Scan& scan, std::size_t k) {
  std::vector<index::hnsw::Hit> hits;
  for (index::hnsw::Hit hit; hits.size() < k && scan.next(hit);) hits.push_back(hit);
  return hits;
}

struct Recall {
  double average = 0;
  double worst = 1;
  std::size_t fewest = SIZE_MAX;  // rows returned
};

/// `accept` has the type Accept or nullptr; `keep(row)` says the same to the exact scan.
template <typename Keep>
Recall recall_of(const index::hnsw::Graph& graph, const Vectors& v, const Vectors& queries, std::size_t k, std::uint32_t ef,
                 const index::hnsw::Accept& accept, bool selective, Keep keep) {
  Recall recall;
  for (std::size_t q = 0; q < queries.size(); q++) {
    index::hnsw::Scan scan(graph, queries.at(q), ef, accept, selective);
    const auto hits = take(scan, k);
    const auto exact = exact_rows(v, queries.at(q), graph.options().metric, k, keep);
    std::size_t right = 0;
    for (const auto& hit : hits) right += static_cast<std::size_t>(std::count(exact.begin(), exact.end(), hit.row));
    const double share = exact.empty() ? 1 : static_cast<double>(right) / static_cast<double>(exact.size());
    recall.average += share / static_cast<double>(queries.size());
    recall.worst = std::min(recall.worst, share);
    recall.fewest = std::min(recall.fewest, hits.size());
  }
  return recall;
}

inline bool every_row(storage::RowId) { return true; }

}  // namespace orrery::test
