// recall.h: what a graph's answers are worth: the share of the truly nearest rows that a walk of a given effort finds.
//
// Measured with vectors of the graph itself as queries, each looking for the others: queries are taken to be distributed as the rows are.
// Threads: any; a profile is immutable once made.
#pragma once
#include <atomic>
#include <cstdint>
#include <vector>

#include "../../core/bytes.h"
#include "hnsw.h"

namespace orrery::index::hnsw {

class RecallProfile {
 public:
  struct Point {
    std::uint32_t ef = 0;
    float at_10 = 0, at_100 = 0;  // recall of the 10 and the 100 nearest; 0 where ef is below the count
  };
  static constexpr std::uint32_t kMaxEffort = 1000;

  bool is_measured() const noexcept { return !points.empty(); }
  /// The least effort whose recall of the `k` nearest is `target` (0 to 1) with the measurement's error allowed for; the greatest where none is.
  std::uint32_t effort(double target, std::uint32_t k) const noexcept;
  void write(ByteWriter& out) const;
  /// False: it does not hold together.
  static bool read(ByteReader& in, RecallProfile* profile);

  std::uint64_t nodes = 0;    // of the graph when it was measured
  std::uint32_t queries = 0;
  std::vector<Point> points;  // ascending ef
};

/// Walks of rising effort until they find nearly all. Not measured when `stop` was set, or with fewer than `queries` nodes. Compares every node with
/// every query: `threads` share that.
RecallProfile measure_profile(const Graph& graph, std::uint32_t queries, unsigned threads, const std::atomic<bool>* stop);
/// The share of the k nearest that walks with `ef` find; NaN for a graph of fewer than two nodes.
double measure_recall(const Graph& graph, std::uint32_t ef, std::uint32_t k, std::uint32_t queries, unsigned threads);

}  // namespace orrery::index::hnsw
