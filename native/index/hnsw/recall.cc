// recall.cc: measuring recall, and reading an effort out of the measurement.
#include "recall.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>

#include "../vector_distance.h"

namespace orrery::index::hnsw {
namespace {

constexpr std::uint32_t kEfforts[] = {10, 16, 24, 40, 64, 100, 160, 250, 400, 640, RecallProfile::kMaxEffort};
constexpr double kNearlyAll = 0.9995;
constexpr std::uint32_t kMaxCount = 100;  // of a profile

struct Query {
  RowId row;
  std::uint32_t slot;
  std::vector<float> values;
  std::vector<float> nearest;  // distances of the nearest others; a max-heap, then ascending
};

/// Every n-th node, from the middle of the first stride on.
std::vector<Query> sample(const Graph& graph, std::uint32_t count) {
  std::vector<Query> queries;
  const std::uint64_t nodes = graph.size();
  if (nodes < 2) return queries;
  const std::uint64_t stride = std::max<std::uint64_t>(1, nodes / count);
  std::uint64_t seen = stride / 2;
  graph.each_vector(0, graph.node_limit(), [&](RowId row, std::uint32_t slot, const float* values) {
    if (seen++ % stride == stride - 1 && queries.size() < count)
      queries.push_back({row, slot, std::vector<float>(values, values + graph.options().dimensions), {}});
  });
  return queries;
}

void compare_all(const Graph& graph, std::vector<Query>& queries, std::uint32_t k, unsigned threads, const std::atomic<bool>* stop) {
  constexpr NodeId kSlice = 1024;  // so few that others get at the graph in between
  std::atomic<NodeId> next{0};
  std::mutex latch;
  const NodeId limit = graph.node_limit();
  const auto work = [&] {
    std::vector<std::vector<float>> nearest(queries.size());
    std::vector<QueryDistance> distances;
    for (const Query& q : queries) distances.emplace_back(graph.options().metric, graph.options().dimensions, q.values.data());
    for (NodeId from; (from = next.fetch_add(kSlice)) < limit;) {
      if (stop != nullptr && stop->load(std::memory_order_relaxed)) return;
      graph.each_vector(from, std::min(limit, from + kSlice), [&](RowId row, std::uint32_t slot, const float* values) {
        for (std::size_t i = 0; i < queries.size(); i++) {
          if (queries[i].row == row && queries[i].slot == slot) continue;
          auto& heap = nearest[i];
          const float d = distances[i](values);
          if (!(d == d) || (heap.size() == k && d >= heap.front())) continue;
          if (heap.size() == k) {
            std::pop_heap(heap.begin(), heap.end());
            heap.pop_back();
          }
          heap.push_back(d);
          std::push_heap(heap.begin(), heap.end());
        }
      });
    }
    const std::scoped_lock lock(latch);
    for (std::size_t i = 0; i < queries.size(); i++) queries[i].nearest.insert(queries[i].nearest.end(), nearest[i].begin(), nearest[i].end());
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads && limit > 4 * kSlice; i++) others.emplace_back(work);
  work();
  for (auto& t : others) t.join();
  for (Query& q : queries) {
    std::sort(q.nearest.begin(), q.nearest.end());
    q.nearest.resize(std::min<std::size_t>(q.nearest.size(), k));
  }
}

/// How many of the `k` nearest the walk finds. A row as far as the last of them is as good: rows may be equal.
std::size_t hits(const Graph& graph, const Query& query, std::uint32_t ef, std::size_t k) {
  k = std::min(k, query.nearest.size());
  if (k == 0) return 0;
  const float farthest = query.nearest[k - 1];
  const float bound = farthest + std::max(std::abs(farthest) * 1e-5f, 1e-6f);  // the walk may compute with another rounding
  std::size_t found = 0, looked = 0;
  Scan scan(graph, query.values.data(), ef, nullptr, false);
  for (Hit hit; looked < k && scan.next(hit);) {
    if (hit.row == query.row && hit.slot == query.slot) continue;
    looked++;
    if (hit.distance <= bound) found++;
  }
  return found;
}

double recall(const Graph& graph, const std::vector<Query>& queries, std::uint32_t ef, std::uint32_t k) {
  std::size_t found = 0, wanted = 0;
  for (const Query& q : queries) {
    found += hits(graph, q, ef, k);
    wanted += std::min<std::size_t>(k, q.nearest.size());
  }
  return wanted == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(found) / static_cast<double>(wanted);
}

}  // namespace

RecallProfile measure_profile(const Graph& graph, std::uint32_t count, unsigned threads, const std::atomic<bool>* stop) {
  const auto stopped = [stop] { return stop != nullptr && stop->load(std::memory_order_relaxed); };
  RecallProfile profile;
  profile.nodes = graph.size();
  if (profile.nodes < count) return profile;
  std::vector<Query> queries = sample(graph, count);
  profile.queries = static_cast<std::uint32_t>(queries.size());
  compare_all(graph, queries, kMaxCount, threads, stop);
  for (const std::uint32_t ef : kEfforts) {
    if (stopped()) return {};
    RecallProfile::Point point{.ef = ef};
    point.at_10 = static_cast<float>(recall(graph, queries, ef, 10));
    if (ef >= kMaxCount) point.at_100 = static_cast<float>(recall(graph, queries, ef, kMaxCount));
    profile.points.push_back(point);
    if (point.at_10 >= kNearlyAll && point.at_100 >= kNearlyAll) break;
  }
  return profile;
}

double measure_recall(const Graph& graph, std::uint32_t ef, std::uint32_t k, std::uint32_t count, unsigned threads) {
  std::vector<Query> queries = sample(graph, count);
  compare_all(graph, queries, k, threads, nullptr);
  return recall(graph, queries, std::max(ef, k), k);
}

std::uint32_t RecallProfile::effort(double target, std::uint32_t k) const noexcept {
  const bool few = k <= 10;
  // Each query asks for that many rows: so many trials there were, and the recall that was seen may be that much too good.
  const double trials = static_cast<double>(queries) * (few ? 10 : kMaxCount);
  std::uint32_t ef = kMaxEffort;
  for (const Point& p : points) {
    const double seen = few ? p.at_10 : p.at_100;
    if (p.ef < k && !few && p.ef < kMaxCount) continue;
    if (seen - std::sqrt(seen * (1 - seen) / trials) < target) continue;
    ef = p.ef;
    break;
  }
  const std::uint32_t scaled = k > kMaxCount ? static_cast<std::uint32_t>(std::min<std::uint64_t>(kMaxEffort, std::uint64_t{ef} * k / kMaxCount)) : ef;
  return std::max(scaled, k);
}

void RecallProfile::write(ByteWriter& out) const {
  out.varint(nodes);
  out.varint(queries);
  out.varint(points.size());
  for (const Point& p : points) {
    out.varint(p.ef);
    out.raw(&p.at_10, sizeof p.at_10);
    out.raw(&p.at_100, sizeof p.at_100);
  }
}

bool RecallProfile::read(ByteReader& in, RecallProfile* profile) {
  profile->nodes = in.varint();
  profile->queries = static_cast<std::uint32_t>(in.varint());
  const std::uint64_t count = in.varint();
  if (!in.ok() || count > std::size(kEfforts)) return false;
  for (std::uint64_t i = 0; i < count; i++) {
    Point p{.ef = static_cast<std::uint32_t>(in.varint())};
    const std::string_view values = in.raw(2 * sizeof(float));
    if (!in.ok()) return false;
    std::memcpy(&p.at_10, values.data(), sizeof p.at_10);
    std::memcpy(&p.at_100, values.data() + sizeof p.at_10, sizeof p.at_100);
    profile->points.push_back(p);
  }
  return true;
}

}  // namespace orrery::index::hnsw
