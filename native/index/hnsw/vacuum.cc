// vacuum.cc: taking dead nodes out. remove() marks a node: walked through, never returned, never linked to again, with
// its own copy of the vector since the slot may get another one. repair() chooses every list that mentions a removed
// node anew among what it had and what lay behind the dead; then the ids are free.
//
// repair() works in slices, so that inserts and scans go on between them. A crash loses nothing: an image holds removed nodes too.
#include <algorithm>

#include "hnsw.h"
#include "search_context.h"

namespace orrery::index::hnsw {

/// The caller holds structure_ exclusively: nobody reads the vector while it is replaced by its copy.
void Graph::remove_node(NodeId id, const float* values) {
  NodeChunk& c = chunk(id);
  const unsigned at = local(id);
  c.copies[at] = std::make_unique<float[]>(options_.dimensions);
  std::copy_n(values, options_.dimensions, c.copies[at].get());
  c.vectors[at] = c.copies[at].get();
  c.states[at].store(State::kRemoved, std::memory_order_release);
  removed_.push_back(id);
}

bool Graph::remove(RowId row, std::uint32_t slot) {
  const std::unique_lock lock(structure_);
  const NodeId id = find(row, slot);
  if (id == kNoNode) return false;
  forget(id);
  remove_node(id, vector(id));
  present_.fetch_sub(1, std::memory_order_relaxed);
  if (entry_.load(std::memory_order_acquire).node == id) choose_entry();
  return true;
}

std::size_t Graph::removed_count() const {
  const std::shared_lock lock(structure_);
  return removed_.size();
}

std::size_t Graph::vacuum(const Accept& dead) {
  std::vector<std::pair<RowId, std::uint32_t>> found;
  {
    const std::shared_lock lock(structure_);
    for (NodeId id = 0, limit = node_limit(); id < limit; id++)
      if (is_present(id) && dead(row(id), slot(id))) found.push_back({row(id), slot(id)});
  }
  for (const auto& [row, slot] : found) remove(row, slot);
  return repair();
}

std::size_t Graph::repair(const std::atomic<bool>* stop) {
  constexpr NodeId kSlice = 64;  // some milliseconds of choosing at 784 dimensions
  const std::scoped_lock one(vacuum_latch_);
  std::vector<NodeId> removed;
  NodeId limit = 0;
  {
    const std::unique_lock lock(structure_);
    removed.swap(removed_);
    limit = node_limit();  // nodes that come from here on are linked without the dead
  }
  if (removed.empty()) return 0;
  std::sort(removed.begin(), removed.end());
  auto context = take_context();
  for (NodeId from = 0; from < limit; from += kSlice) {
    const std::unique_lock lock(structure_);
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) {
      removed_.insert(removed_.end(), removed.begin(), removed.end());
      return 0;
    }
    for (NodeId id = from; id < std::min(limit, from + kSlice); id++)
      if (is_present(id))
        for (unsigned l = 0; l <= level(id); l++) repair_list(id, l, *context);
  }
  // Nodes that were removed meanwhile may lead to these: their way on ends here, and they are repaired around next time.
  const std::unique_lock lock(structure_);
  for (const NodeId id : removed_)
    for (unsigned l = 0; l <= level(id); l++) {
      std::vector<QueueEntry> rest;
      for (unsigned i = 0; i < link_limit(l); i++) {
        const NodeId n = links(id, l)[i].load(std::memory_order_relaxed);
        if (n != kNoNode && !std::binary_search(removed.begin(), removed.end(), n)) rest.push_back(queue_entry(0, n));
      }
      write_links(id, l, rest);
    }
  const std::scoped_lock free_lock(free_latch_);
  retired_.insert(retired_.end(), removed.begin(), removed.end());
  free_retired();
  give_context(std::move(context));
  return removed.size();
}

void Graph::repair_list(NodeId id, unsigned level, SearchContext& context) {
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
    const NodeId at = descend(query, entry.node, entry.level, level, &nearest, context);
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

/// No list leads to them; only a scan that was open may still have them in its frontier. The caller holds free_latch_.
void Graph::free_retired() {
  if (open_scans_.load(std::memory_order_acquire) != 0) return;
  for (const NodeId id : retired_) chunk(id).copies[local(id)].reset();
  free_.insert(free_.end(), retired_.begin(), retired_.end());
  retired_.clear();
}

/// The present node on the highest level.
void Graph::choose_entry() {
  const std::scoped_lock lock(entry_latch_);
  Entry best{kNoNode, 0};
  for (NodeId id = 0, limit = node_limit(); id < limit; id++)
    if (is_present(id) && (best.node == kNoNode || level(id) > best.level)) best = {id, level(id)};
  entry_.store(best, std::memory_order_release);
}

}  // namespace orrery::index::hnsw
