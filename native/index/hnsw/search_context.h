// search_context.h: what a search needs besides the graph: visited tags and queues, reused between searches.
//
// A queue entry is one integer: the distance's bits made orderable, then the node, then a flag. Comparing entries compares
// distances, with ties broken by node.
#pragma once
#include <algorithm>
#include <bit>
#include <functional>
#include <vector>

#include "../../core/large_block.h"
#include "hnsw.h"

namespace orrery::index::hnsw {

using QueueEntry = std::uint64_t;

inline std::uint32_t orderable(float distance) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(distance);
  return bits ^ ((bits >> 31) != 0 ? 0xffffffffu : 0x80000000u);
}
inline QueueEntry queue_entry(float distance, NodeId node, bool flag = false) noexcept {
  return std::uint64_t{orderable(distance)} << 32 | std::uint64_t{node} << 1 | (flag ? 1 : 0);
}
inline float distance_of(QueueEntry e) noexcept {
  const auto bits = static_cast<std::uint32_t>(e >> 32);
  return std::bit_cast<float>(bits ^ ((bits >> 31) != 0 ? 0x80000000u : 0xffffffffu));
}
inline NodeId node_of(QueueEntry e) noexcept { return static_cast<NodeId>(e) >> 1; }
inline bool flag_of(QueueEntry e) noexcept { return (e & 1) != 0; }

constexpr auto kNearestFirst = std::greater<QueueEntry>();  // a heap's front is its nearest
inline void push(std::vector<QueueEntry>& heap, QueueEntry e) {
  heap.push_back(e);
  std::push_heap(heap.begin(), heap.end(), kNearestFirst);
}

class SearchContext {
 public:
  /// Forgets what was visited, for a graph of `nodes` nodes.
  void begin(std::size_t nodes) {
    if (tags_.size() < nodes) tags_.resize(nodes + nodes / 4 + 64, 0);
    if (++epoch_ == 0) {
      std::fill(tags_.begin(), tags_.end(), std::uint16_t{0});
      epoch_ = 1;
    }
    frontier.clear();
    found.clear();
    unjudged.clear();
  }
  /// Marks; true when it was not marked before. Nodes that came after `begin` make room for themselves.
  bool visit(NodeId node) {
    if (node >= tags_.size()) tags_.resize(node + node / 4 + 64, 0);
    if (tags_[node] == epoch_) return false;
    tags_[node] = epoch_;
    return true;
  }
  std::size_t bytes() const noexcept { return 2 * tags_.capacity() + 8 * (frontier.capacity() + found.capacity()); }

  std::vector<QueueEntry> frontier;  // scans: a min-heap of visited nodes that were not expanded
  std::vector<QueueEntry> found;     // the beam: sorted while inserting, a max-heap in scans
  std::vector<QueueEntry> unjudged;  // scans: expanded, and not known whether they are accepted
  std::vector<QueueEntry> candidates, selected;

 private:
  std::vector<std::uint16_t, LargeBlockAllocator<std::uint16_t>> tags_;
  std::uint16_t epoch_ = 0;
};

}  // namespace orrery::index::hnsw
