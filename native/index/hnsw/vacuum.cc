// vacuum.cc: taking dead nodes out. First they are marked: walked through, never returned, never linked to again. Then
// every list that mentions one is chosen anew among what it had and what lay behind the dead. Then the ids are free.
//
// Works in slices, so that inserts and scans go on between them. A crash loses nothing: the image is written between
// vacuums, and what was vacuumed after it is dead again after redo.
#include <algorithm>

#include "hnsw.h"
#include "search_context.h"

namespace orrery::index::hnsw {

std::size_t Graph::vacuum(const Accept& dead) {
  constexpr NodeId kSlice = 128;  // about 10 ms of repairs at 784 dimensions
  const std::scoped_lock one(vacuum_latch_);
  std::vector<NodeId> removed;
  {
    const std::shared_lock lock(structure_);
    for (NodeId id = 0, seen = node_limit(); id < seen; id++)
      if (is_present(id) && dead(row(id), slot(id))) removed.push_back(id);
  }
  if (removed.empty()) return 0;
  NodeId limit = 0;
  {
    const std::unique_lock lock(structure_);
    for (const NodeId id : removed) {
      chunk(id).states[local(id)].store(State::kRemoved, std::memory_order_release);
      slots_.chunk_of(slot(id)).nodes[slots_.within(slot(id))].store(kNoNode, std::memory_order_release);
    }
    present_.fetch_sub(removed.size(), std::memory_order_relaxed);
    choose_entry();
    limit = node_limit();  // nodes that come from here on are linked without the dead
  }
  auto context = take_context();
  for (NodeId from = 0; from < limit; from += kSlice) {
    const std::unique_lock lock(structure_);
    for (NodeId id = from; id < std::min(limit, from + kSlice); id++)
      if (is_present(id))
        for (unsigned l = 0; l <= level(id); l++) repair(id, l, *context);
  }
  give_context(std::move(context));
  const std::scoped_lock lock(free_latch_);
  retired_.insert(retired_.end(), removed.begin(), removed.end());
  return removed.size();
}

void Graph::repair(NodeId id, unsigned level, SearchContext& context) {
  constexpr std::size_t kEnough = 96;  // candidates: some more than the widest list of the default m, as when inserting
  const unsigned limit = link_limit(level);
  const auto each_link = [&](NodeId node, auto&& use) {
    const Link* list = links(node, level);
    for (unsigned i = 0; i < limit; i++) {
      const NodeId neighbor = list[i].load(std::memory_order_relaxed);
      if (neighbor == kNoNode) return;
      use(neighbor);
    }
  };
  bool touched = false;
  each_link(id, [&](NodeId n) { touched |= is_removed(n); });
  if (!touched) return;

  // Breadth first through the dead, until there is enough to choose from.
  context.begin(node_limit());
  context.visit(id);
  const Query query = as_query(id);
  auto& candidates = context.found;
  std::vector<NodeId> dead{id}, old;
  each_link(id, [&](NodeId n) { if (is_present(n)) old.push_back(n); });
  for (std::size_t at = 0; at < dead.size() && (at == 0 || candidates.size() < kEnough); at++)
    each_link(dead[at], [&](NodeId n) {
      if (!context.visit(n)) return;
      if (is_removed(n)) dead.push_back(n);
      else if (is_present(n)) candidates.push_back(queue_entry(distance(query, n), n));
    });
  const Entry entry = entry_.load(std::memory_order_acquire);
  if (candidates.empty() && level <= entry.level && entry.node != id) {
    float nearest = distance(query, entry.node);
    const NodeId at = descend(query, entry.node, entry.level, level, &nearest);
    search_level(query, at, nearest, level, options_.ef_construction, id, context);
  }
  std::sort(candidates.begin(), candidates.end());
  std::vector<QueueEntry> chosen;
  select(candidates, limit, chosen);
  write_links(id, level, chosen);
  // The dead also led here: a new neighbor must know the way back.
  for (const QueueEntry e : chosen)
    if (std::find(old.begin(), old.end(), node_of(e)) == old.end()) add_link(node_of(e), id, distance_of(e), level, context);
}

/// The present node on the highest level; keeps the entry point while it is present.
void Graph::choose_entry() {
  const std::scoped_lock lock(entry_latch_);
  const Entry old = entry_.load(std::memory_order_acquire);
  if (old.node != kNoNode && is_present(old.node)) return;
  Entry best{kNoNode, 0};
  for (NodeId id = 0, limit = node_limit(); id < limit; id++)
    if (is_present(id) && (best.node == kNoNode || level(id) > best.level)) best = {id, level(id)};
  entry_.store(best, std::memory_order_release);
}

}  // namespace orrery::index::hnsw
