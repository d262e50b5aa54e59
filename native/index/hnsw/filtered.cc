// filtered.cc: searches for what a filter accepts: which way to them, and the ways other than the common walk.
//
//  - The walk (search.cc) goes through all nodes and keeps what is accepted: about ef / selectivity nodes are compared with all their neighbors.
//  - The matching walk compares only nodes that may match (MatchMap): where a node has few such neighbors, it goes on through the lists of the
//    others, which costs no distances. Source: Patel et al., ACORN (SIGMOD 2024), the search of ACORN-1. Departure: it reaches as many
//    steps far as it takes to find enough, not two.
//  - The exact scan compares all that match.
//
// A walk gives way to the exact scan when far fewer nodes match around the query than elsewhere: the nearest ones then lie in
// several places to which no short way leads, and a walk would find some of them.
#include <algorithm>
#include <array>
#include <cmath>
#include <thread>
#include <utility>

#include "hnsw.h"
#include "search_context.h"

namespace orrery::index::hnsw {
namespace {

constexpr std::uint32_t kSamples = 256;
// Estimates in nanoseconds that only choose between right answers. An expansion marks, asks for acceptance and moves heaps; at
// m = 16 about half of a list was visited before. Distances are bound by memory.
constexpr double kDistancesPerExpansion = 8;
constexpr double kExpansionNs = 600;
constexpr double kListNs = 80;       // a list of a node that does not match: loaded, each neighbor's bit asked for
constexpr double kListsPerMatch = 1.2;  // of those read in an expansion, times the selectivity
constexpr double kDistanceNs = 4;
constexpr double kBytesPerNs = 16;
constexpr double kAcceptNs = 60;     // a node of the graph, looked up by row id
constexpr double kFilterNs = 2.5;    // a row of a chunk, among its neighbors
constexpr double kMatchNs = 20;      // a bit of a map, to its node
/// An exact answer may cost so much more than an approximate one.
constexpr double kExactIsWorth = 1.5;
/// Fewer matches than this share lie too far apart for their links to be followed well.
constexpr double kSparsest = 0.005;

/// An expansion of the matching walk ends when it has found so many nodes or read so many lists.
constexpr unsigned kEnough = 12;
constexpr unsigned kListsMost = 512;

/// How many matching nodes must have been expected, and what share of them is too few to go on.
constexpr double kExpectedMin = 12;
constexpr double kTooFew = 0.25;
/// Beyond so many expected ones the neighborhood of the query is known.
constexpr double kExpectedMost = 64;

}  // namespace

Scan::Way Scan::cheapest() const {
  const double nodes = graph_.node_limit(), vector_bytes = static_cast<double>(sizeof(float) * graph_.options_.dimensions);
  const double vector_ns = kDistanceNs + vector_bytes / kBytesPerNs;
  const double walk_ns = kDistanceNs + (graph_.quantizer_ ? static_cast<double>(graph_.code_bytes_) : vector_bytes) / kBytesPerNs;
  const double expansions = selectivity_ > 0 ? std::min(ef_ / selectivity_, nodes) : nodes;
  const double walk = expansions * (kExpansionNs + kDistancesPerExpansion * walk_ns);
  if (!matches_) {
    const double exact = nodes * ((when_exact_ == WhenExact::kYield ? kFilterNs : kAcceptNs) + selectivity_ * vector_ns);
    return exact <= walk ? Way::kExact : Way::kWalk;
  }
  const double exact = static_cast<double>(matches_.count()) * (kMatchNs + vector_ns);
  const double lists = 1 + kListsPerMatch / std::max(selectivity_, kSparsest);
  const double matching = ef_ * (kExpansionNs + kDistancesPerExpansion * walk_ns + lists * kListNs);
  if (selectivity_ < kSparsest || exact <= kExactIsWorth * std::min(walk, matching)) return Way::kExact;
  return matching < walk ? Way::kMatching : Way::kWalk;
}

double Scan::sampled_selectivity() const {
  const std::uint32_t limit = graph_.node_limit();
  const std::uint32_t count = std::min(limit, kSamples);
  std::uint32_t hits = 0;
  for (std::uint32_t i = 0; i < count; i++) {
    // Golden-ratio steps: spread evenly, in no rhythm with the order of insertion.
    const auto node = limit <= kSamples ? i : static_cast<NodeId>((std::uint64_t{i * 2654435769u} * limit) >> 32);
    if (accepts(node)) hits++;
  }
  return count == 0 ? 0 : static_cast<double>(hits) / count;
}

bool Scan::is_correlated(double seen, double matching) const noexcept {
  const double expected = seen * selectivity_;
  return expected >= kExpectedMin && matching < expected * kTooFew;
}

void Scan::give_way() {
  way_ = Way::kExact;
  if (when_exact_ == WhenExact::kCompare || matches_) return go_exhaustive();
  yielded_ = true;
}

/// False: the nodes around the query match far less often than others.
bool Scan::expand_matching(NodeId node) {
  std::array<NodeId, kListsMost> between;  // do not match; their lists are read next, the nearest to `node` first
  unsigned between_count = 0, next = 0;
  NodeId fresh[kEnough + 256];
  unsigned count = 0;
  const bool looks = !returned_ && seen_ * selectivity_ < kExpectedMost;
  bool correlated = false;
  for (NodeId from = node;; from = between[next++]) {
    const Graph::Link* list = graph_.links(from, 0);
    for (unsigned i = 0; i < graph_.base_links_; i++) {
      const NodeId neighbor = list[i].load(std::memory_order_acquire);
      if (neighbor == kNoNode) break;
      if (!context_->visit(neighbor)) continue;
      seen_++;
      if (may_match(neighbor)) {
        seen_matching_++;
        graph_.prefetch(neighbor);
        fresh[count++] = neighbor;
      } else if (between_count < kListsMost) {
        graph_.prefetch_links(neighbor);
        between[between_count++] = neighbor;
      }
    }
    correlated = looks && is_correlated(seen_, seen_matching_);
    if (correlated || count >= kEnough || next == between_count) break;
  }
  graph_.compare(query_, {fresh, count}, [&](NodeId near, float distance) { push(context_->frontier, queue_entry(distance, near)); });
  return !correlated;
}

/// Visits every node that was not and may be accepted: from here on the frontier pops in exact order and nothing needs expanding.
void Scan::go_exhaustive() {
  way_ = Way::kExact;
  auto& frontier = context_->frontier;
  for (auto* list : {&context_->found, &overflow_}) {
    frontier.insert(frontier.end(), list->begin(), list->end());
    list->clear();
  }
  rank_exactly(frontier);
  // Rows may share a slot, which leads to one node only.
  if (matches_ && !graph_.has_shared_.load(std::memory_order_acquire)) return compare_matching();
  for (NodeId node = 0, limit = graph_.node_limit(); node < limit; node++)
    if (context_->visit(node) && accepts(node)) frontier.push_back(queue_entry(graph_.exact_distance(query_, node), node, true));
  std::make_heap(frontier.begin(), frontier.end(), kNearestFirst);
}

/// The nearest in the frontier, the others in far_; whether they are accepted is asked when they are taken.
void Scan::compare_matching() {
  std::vector<QueueEntry> entries;
  entries.reserve(matches_.count());
  matches_.each([&](std::uint32_t slot) {
    const NodeId node = graph_.first_of(slot);
    if (node != kNoNode && context_->visit(node)) entries.push_back(node);
  });
  const auto compare = [&](std::size_t from, std::size_t to) {
    constexpr std::size_t kAhead = 8;
    for (std::size_t i = from; i < to; i++) {
      if (i + kAhead < to) graph_.prefetch_vector(static_cast<NodeId>(entries[i + kAhead]));
      const auto node = static_cast<NodeId>(entries[i]);
      entries[i] = queue_entry(graph_.exact_distance(query_, node), node);
    }
  };
  // A thread costs some 30 us to start and end; memory gives 10 GB a second.
  constexpr std::size_t kWorthAThread = 8u << 20;
  const std::size_t bytes = entries.size() * sizeof(float) * graph_.options_.dimensions;
  const std::size_t threads = std::min<std::size_t>(all_cores(), 1 + bytes / kWorthAThread), share = (entries.size() + threads - 1) / threads;
  std::vector<std::thread> others;
  for (std::size_t from = share; from < entries.size(); from += share)
    others.emplace_back([&compare, from, to = std::min(entries.size(), from + share)] { compare(from, to); });
  compare(0, std::min(entries.size(), share));
  for (auto& t : others) t.join();

  // Few will be wanted: a heap of some of the nearest is enough for the first batches.
  auto& frontier = context_->frontier;
  const std::size_t near = frontier.size() + 4 * std::size_t{ef_};
  std::make_heap(frontier.begin(), frontier.end());
  for (const QueueEntry e : entries) {
    if (frontier.size() < near) {
      frontier.push_back(e);
      std::push_heap(frontier.begin(), frontier.end());
    } else if (e < frontier.front()) {
      std::pop_heap(frontier.begin(), frontier.end());
      far_.push_back(std::exchange(frontier.back(), e));
      std::push_heap(frontier.begin(), frontier.end());
    } else {
      far_.push_back(e);
    }
  }
  std::make_heap(frontier.begin(), frontier.end(), kNearestFirst);
}

}  // namespace orrery::index::hnsw
