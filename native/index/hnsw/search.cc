// search.cc: scans. Best-first from the entry point: the nearest visited node is expanded next and, if accepted, found;
// the walk pauses when ef are found and nothing in the frontier is nearer than the farthest of them.
//
// The frontier keeps every visited node that was not expanded, so going on costs nothing extra. Acceptance is asked only
// for nodes that are expanded, about ef / selectivity of them.
#include <algorithm>
#include <bit>
#include <cmath>

#include "hnsw.h"
#include "search_context.h"

namespace orrery::index::hnsw {
namespace {

/// Beam width on level 1 of a search with conditions.
constexpr unsigned kWidth = 16;
/// Vectors that are asked for before they are compared.
constexpr std::size_t kAhead = 4;

QueueEntry pop(std::vector<QueueEntry>& heap) {
  std::pop_heap(heap.begin(), heap.end(), kNearestFirst);
  const QueueEntry e = heap.back();
  heap.pop_back();
  return e;
}
/// A heap's front is its nearest; equal ones come in the order of their rows.
bool is_farther(const Hit& a, const Hit& b) { return a.distance != b.distance ? a.distance > b.distance : a.row > b.row; }

}  // namespace

Scan::Scan(const Graph& graph, const float* query, std::uint32_t ef, Accept accept, bool selective, WhenExact when_exact, MatchMap::View matches, Prefetch prefetch)
    : graph_(graph), values_(query, query + graph.options_.dimensions), query_(graph.query_of(values_.data())), ef_(std::max(ef, 1u)),
      accept_(std::move(accept)), prefetch_(std::move(prefetch)), matches_(std::move(matches)), context_(graph.take_context()), selective_(selective && accept_), when_exact_(when_exact) {
  if (graph.quantizer_) {
    code_ = Graph::make_codes(graph.code_bytes_);
    graph.quantizer_->encode(values_.data(), code_.get());
    query_.code = code_.get();
  }
  graph_.open_scans_.fetch_add(1, std::memory_order_acq_rel);
}
Scan::~Scan() {
  graph_.give_context(std::move(context_));
  graph_.open_scans_.fetch_sub(1, std::memory_order_acq_rel);
}

bool Scan::next(Hit& hit) {
  do {
    if (buffered() == 0 && !yielded_) fill();
    rank();
    if (batch_.empty()) return false;
    std::pop_heap(batch_.begin(), batch_.end(), is_farther);
    hit = batch_.back();
    batch_.pop_back();
  } while (asks_late() && !accept_(hit.row, hit.slot));
  return true;
}

bool Scan::accepts(NodeId node) const {
  return graph_.is_present(node) && (!accept_ || accept_(graph_.row(node), graph_.slot(node)));
}

void Scan::fill() {
  const std::shared_lock lock(graph_.structure_);
  if (!started_) start();
  auto& found = context_->found;
  found.clear();
  if (way_ != Way::kExact) walk();
  if (yielded_) return;
  if (way_ == Way::kExact) drain();
  returned_ |= !found.empty();
  if (way_ != Way::kExact && graph_.quantizer_) {
    for (const QueueEntry e : found) unranked_.push_back(queue_entry(graph_.at_least(query_, distance_of(e), node_of(e)), node_of(e)));
    std::make_heap(unranked_.begin(), unranked_.end(), kNearestFirst);
    return;
  }
  batch_.reserve(found.size());
  for (const QueueEntry e : found) batch_.push_back(hit_of(node_of(e), distance_of(e)));
  std::make_heap(batch_.begin(), batch_.end(), is_farther);
}

/// Codes led the walk; the vectors decide the order. Those are compared that might be the nearest by what their codes leave open.
void Scan::rank() {
  const auto is_open = [&] { return !unranked_.empty() && (batch_.empty() || distance_of(unranked_.front()) <= batch_.front().distance); };
  if (!is_open()) return;
  const std::shared_lock lock(graph_.structure_);
  do {
    for (std::size_t i = 0; i < std::min(kAhead, unranked_.size()); i++) graph_.prefetch_vector(node_of(unranked_[i]));
    const NodeId node = node_of(pop(unranked_));
    batch_.push_back(hit_of(node, graph_.exact_distance(query_, node)));
    std::push_heap(batch_.begin(), batch_.end(), is_farther);
  } while (is_open());
}

/// The same of all entries at once. (What is exhaustive is ranked already.)
void Scan::rank_exactly(std::vector<QueueEntry>& entries) const {
  if (!graph_.quantizer_) return;
  for (std::size_t i = 0; i < entries.size(); i++) {
    if (i + kAhead < entries.size()) graph_.prefetch_vector(node_of(entries[i + kAhead]));
    QueueEntry& e = entries[i];
    e = queue_entry(graph_.exact_distance(query_, node_of(e)), node_of(e), flag_of(e));
  }
}

void Scan::start() {
  started_ = true;
  context_->begin(graph_.node_limit());
  const Graph::Entry entry = graph_.entry_.load(std::memory_order_acquire);
  if (entry.node == kNoNode) return;
  if (selective_) {
    selectivity_ = matches_ ? std::min(1.0, static_cast<double>(matches_.count()) / std::max(1.0, static_cast<double>(graph_.size()))) : sampled_selectivity();
    way_ = cheapest();
    if (way_ == Way::kExact) return give_way();
  }
  float nearest = graph_.distance(query_, entry.node);
  // Rows that match may hide that a way down has ended in the wrong place: from there a walk without conditions would go on.
  const unsigned lowest = selective_ && entry.level > 0 ? 1 : 0;
  const NodeId at = graph_.descend(query_, entry.node, entry.level, lowest, &nearest, *context_);
  auto& from = context_->candidates;
  from.assign(1, queue_entry(nearest, at));
  if (lowest == 1) {
    graph_.search_level(query_, at, nearest, 1, kWidth, at, *context_);
    for (const QueueEntry e : context_->found)
      if (node_of(e) != at) from.push_back(queue_entry(distance_of(e), node_of(e)));
  }
  context_->begin(graph_.node_limit());
  for (const QueueEntry e : from) {
    context_->visit(node_of(e));
    push(context_->frontier, e);
  }
}

void Scan::walk() {
  auto& frontier = context_->frontier;
  auto& found = context_->found;  // a max-heap of at most ef
  const auto keep = [&](QueueEntry e) {
    found.push_back(e);
    std::push_heap(found.begin(), found.end());
    if (found.size() <= ef_) return;
    std::pop_heap(found.begin(), found.end());
    overflow_.push_back(found.back());
    found.pop_back();
  };
  for (const QueueEntry e : std::exchange(overflow_, {})) keep(e);
  // Beyond this many expansions an exact scan of what is left is cheaper than going on.
  const std::size_t patience = std::min(patience_most_, std::max<std::size_t>(4 * std::size_t{ef_}, graph_.node_limit() / 20));
  std::size_t expanded = 0, accepted = 0;
  // Rows lie far from the graph: until ef nodes may have been found they are not asked, and then all of them, so that memory is waited for once.
  auto& unjudged = context_->unjudged;
  const auto judge = [&] {
    const bool asks = !asks_late();
    if (prefetch_ && asks && unjudged.size() > 1)
      for (const QueueEntry e : unjudged) prefetch_(graph_.row(node_of(e)));
    for (const QueueEntry e : unjudged)
      if (asks ? accepts(node_of(e)) : graph_.is_present(node_of(e))) {
        keep(asks ? e | 1 : e);
        accepted++;
      }
    unjudged.clear();
  };
  const auto give_way_now = [&] {
    judge();
    // What was returned before must not come again: only this scan knows it.
    if (returned_) go_exhaustive();
    else give_way();
  };
  for (;;) {
    if (frontier.empty()) {
      judge();
      if (found.size() >= ef_) return;
      // Nodes that no list leads to (the heuristic cut their last link) are still rows.
      if (!enter_again()) return go_exhaustive();
    }
    if (found.size() == ef_ && frontier.front() > found.front()) return;
    if (accept_ && expanded == patience) return give_way_now();
    if (way_ == Way::kWalk && selective_ && !returned_ && std::has_single_bit(expanded) &&
        is_correlated(static_cast<double>(expanded), static_cast<double>(accepted)))
      return give_way_now();
    const NodeId node = node_of(frontier.front());
    unjudged.push_back(pop(frontier));
    const bool judges = selective_ || found.size() + unjudged.size() >= ef_;
    if (prefetch_ && judges && !asks_late()) prefetch_(graph_.row(node));
    const bool knows_way = way_ == Way::kMatching ? expand_matching(node) : (expand(node), true);
    expanded++;
    if (judges) judge();
    if (!knows_way) return give_way_now();
  }
}

/// Links between levels may have led to nodes that few others are linked to: the way on is from the entry point. False: the walk has been there.
bool Scan::enter_again() {
  const NodeId node = graph_.entry_.load(std::memory_order_acquire).node;
  if (node == kNoNode || !context_->visit(node)) return false;
  push(context_->frontier, queue_entry(graph_.distance(query_, node), node));
  return true;
}

void Scan::expand(NodeId node) {
  const Graph::Link* list = graph_.links(node, 0);
  NodeId fresh[256];
  unsigned count = 0;
  for (unsigned i = 0; i < graph_.base_links_; i++) {
    const NodeId neighbor = list[i].load(std::memory_order_acquire);
    if (neighbor == kNoNode) break;
    if (!context_->visit(neighbor)) continue;
    graph_.prefetch(neighbor);
    fresh[count++] = neighbor;
  }
  // What is nearest by now is expanded next, most of the time.
  if (!context_->frontier.empty()) graph_.prefetch_links(node_of(context_->frontier.front()));
  graph_.compare(query_, {fresh, count}, [&](NodeId near, float distance) { push(context_->frontier, queue_entry(distance, near)); });
}

/// The flag of an entry: it was asked for and accepted.
void Scan::drain() {
  auto& frontier = context_->frontier;
  auto& found = context_->found;
  const auto is_tie = [&] { return orderable(distance_of(found.back())) == static_cast<std::uint32_t>(frontier.front() >> 32); };
  // Equal distances stay in one batch, so that they come in row id order.
  for (;;) {
    if (frontier.empty() && !far_.empty()) {
      frontier.swap(far_);
      std::make_heap(frontier.begin(), frontier.end(), kNearestFirst);
    }
    if (frontier.empty() || (found.size() >= ef_ && !is_tie())) return;
    const QueueEntry e = pop(frontier);
    if (flag_of(e) || accepts(node_of(e))) found.push_back(e);
  }
}

}  // namespace orrery::index::hnsw
