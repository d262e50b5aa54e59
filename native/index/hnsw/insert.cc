// insert.cc: adding one node: find its neighbors on each level, choose them by the heuristic, link both ways.
#include <algorithm>
#include <cmath>
#include <thread>

#include "hnsw.h"
#include "../vector_distance.h"
#include "search_context.h"

namespace orrery::index::hnsw {

class Graph::NodeLatch {
 public:
  explicit NodeLatch(std::atomic<bool>& latch) : latch_(latch) {
    for (unsigned spins = 0; latch_.exchange(true, std::memory_order_acquire); spins++)
      if (spins > 32) std::this_thread::yield();
  }
  ~NodeLatch() { latch_.store(false, std::memory_order_release); }
  NodeLatch(const NodeLatch&) = delete;
  NodeLatch& operator=(const NodeLatch&) = delete;

 private:
  std::atomic<bool>& latch_;
};

constexpr std::size_t kPrefetchBytes = 256;

Graph::Graph(const Options& options) : options_(options), base_links_(2 * options.m), kernels_(kernels::distance_kernels()),
      bits_(kernels::bit_kernels()),
      quantizer_(options.quantization == Quantization::kNone
                     ? nullptr
                     : std::make_unique<const Quantizer>(options.quantization, options.metric, options.dimensions)),
      code_bytes_(quantizer_ ? quantizer_->code_bytes() : 0),
      compared_bytes_(quantizer_ ? code_bytes_ : sizeof(float) * options.dimensions), prefetch_bytes_(std::min(kPrefetchBytes, compared_bytes_)) {}
Graph::~Graph() = default;

Graph::Query Graph::query_of(const float* values) const noexcept {
  if (options_.metric != Metric::kCosine) return {values, 1};
  const double norm = std::sqrt(static_cast<double>(kernels_.inner_product(values, values, options_.dimensions)));
  return {values, norm > 0 ? static_cast<float>(1 / norm) : 0.0f};
}

float Graph::distance(const Query& query, NodeId id) const noexcept {
  if (!quantizer_) return exact_distance(query, id);
  const float d = quantizer_->distance(query.code, code(id));
  return d == d ? d : INFINITY;  // halves overflow to infinities, whose difference is NaN
}

float Graph::exact_distance(const Query& query, NodeId id) const noexcept {
  const NodeChunk& c = chunk(id);
  const float* values = c.vectors[local(id)];
  // Both lengths are known: one product is enough under cosine.
  const float d = options_.metric == Metric::kCosine
                      ? 1 - kernels_.inner_product(query.values, values, options_.dimensions) * query.factor * c.factors[local(id)]
                      : order_distance(options_.metric, query.values, values, options_.dimensions, kernels_, bits_);
  return d == d ? d : INFINITY;  // NaN (overflow in both directions) would break every order; it counts as far away
}

double sql_distance(Metric metric, const float* a, const float* b, std::uint32_t dimensions) noexcept {
  const auto& k = kernels::distance_kernels();
  switch (metric) {
    case Metric::kL2: return std::sqrt(static_cast<double>(k.l2_squared(a, b, dimensions)));
    case Metric::kInnerProduct: return -static_cast<double>(k.inner_product(a, b, dimensions));
    case Metric::kCosine: return kernels::cosine_distance(k.cosine_sums(a, b, dimensions));
    case Metric::kL1: return k.l1(a, b, dimensions);
    case Metric::kHamming: return static_cast<double>(kernels::bit_kernels().hamming(a, b, dimensions));
    case Metric::kJaccard: return kernels::jaccard_distance(kernels::bit_kernels().shared(a, b, dimensions));
    case Metric::kSparseL2: return std::sqrt(static_cast<double>(kernels::sparse_l2_squared(a, b, dimensions)));
    case Metric::kSparseInnerProduct: return -static_cast<double>(kernels::sparse_inner_product(a, b, dimensions));
    case Metric::kSparseCosine: return kernels::cosine_distance(kernels::sparse_cosine_sums(a, b, dimensions));
    case Metric::kSparseL1: return kernels::sparse_l1(a, b, dimensions);
  }
  return 0;
}

unsigned Graph::level_for(const Item& item) const noexcept {
  // A few of the values are enough to tell versions of a row apart.
  std::uint64_t h = item.row * 0x9e3779b97f4a7c15ull;
  for (std::uint32_t i = 0, step = std::max(1u, options_.dimensions / 16); i < options_.dimensions; i += step)
    h = (h ^ std::bit_cast<std::uint32_t>(item.vector[i])) * 0xff51afd7ed558ccdull;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53ull;
  h ^= h >> 33;
  const double uniform = (static_cast<double>(h >> 11) + 1) * 0x1p-53;  // (0, 1]
  return std::min(kMaxLevel, static_cast<unsigned>(-std::log(uniform) / std::log(static_cast<double>(options_.m))));
}

NodeId Graph::allocate(const Item& item, unsigned level) {
  NodeId id = kNoNode;
  {
    const std::scoped_lock lock(free_latch_);
    free_retired();
    if (!free_.empty()) {
      id = free_.back();
      free_.pop_back();
    } else {
      id = node_limit_.load(std::memory_order_relaxed);
      if (id >= kMaxNodes) return kNoNode;
      nodes_.reserve(id, [&] { return make_chunk(); });
      node_limit_.store(id + 1, std::memory_order_release);
    }
  }
  NodeChunk& c = chunk(id);
  const unsigned at = local(id);
  c.vectors[at] = item.vector;
  c.factors[at] = item.vector == nullptr ? 0 : query_of(item.vector).factor;
  if (quantizer_ && item.vector != nullptr) quantizer_->encode(item.vector, code(id));
  c.rows[at] = item.row;
  c.slots[at] = item.slot;
  c.levels[at] = static_cast<std::uint8_t>(level);
  c.upper[at].reset();
  c.copies[at].reset();
  c.states[at].store(State::kAbsent, std::memory_order_release);
  write_links(id, 0, {});  // an id that is used again still has those of its former node, which lead to freed vectors
  if (level > 0) {
    const std::size_t count = std::size_t{level} * options_.m;
    c.upper[at].reset(new Link[count]);
    for (std::size_t i = 0; i < count; i++) c.upper[at][i].store(kNoNode, std::memory_order_relaxed);
    upper_links_.fetch_add(count, std::memory_order_relaxed);
  }
  return id;
}

Status Graph::insert(const Item& item, std::uint32_t ef) {
  if (options_.metric == Metric::kCosine && query_of(item.vector).factor == 0) return Status::ok();
  if (options_.metric == Metric::kSparseCosine && !(kernels::sparse_inner_product(item.vector, item.vector, options_.dimensions) > 0)) return Status::ok();
  const std::shared_lock lock(structure_);
  const Claim claimed = claim(item.row, item.slot);
  if (claimed == Claim::kRefused) return Status::ok();
  const NodeId id = allocate(item, level_for(item));
  settle(claimed, item.row, item.slot, id);
  if (id == kNoNode) return Status::error(StatusCode::kLimit, "an hnsw index holds at most 2147483648 vectors");
  auto context = take_context();
  link_node(id, ef == 0 ? options_.ef_construction : ef, *context);
  chunk(id).states[local(id)].store(State::kPresent, std::memory_order_release);
  present_.fetch_add(1, std::memory_order_relaxed);
  inserted_.fetch_add(1, std::memory_order_relaxed);
  give_context(std::move(context));
  return Status::ok();
}

// The slot map. Inserts claim their place under structure_ shared, so removing, which excludes them, meets no claims.

NodeId Graph::find(RowId wanted, std::uint32_t wanted_slot) const {
  if (!slots_.has(wanted_slot)) return kNoNode;
  const NodeId first = slots_.chunk_of(wanted_slot).nodes[slots_.within(wanted_slot)].load(std::memory_order_acquire);
  if (first != kNoNode && first != kClaimed && row(first) == wanted) return first;
  if (!has_shared_.load(std::memory_order_acquire)) return kNoNode;
  const std::scoped_lock lock(shared_latch_);
  const auto found = shared_rows_.find(wanted);
  return found == shared_rows_.end() || found->second == kClaimed || slot(found->second) != wanted_slot ? kNoNode : found->second;
}
bool Graph::has(RowId row, std::uint32_t slot) const {
  const std::shared_lock lock(structure_);
  return find(row, slot) != kNoNode;
}
Graph::Claim Graph::claim(RowId wanted, std::uint32_t slot) {
  slots_.reserve(slot, [] { return std::make_unique<SlotChunk>(); });
  if (find(wanted, slot) != kNoNode) return Claim::kRefused;
  auto& place = slots_.chunk_of(slot).nodes[slots_.within(slot)];
  NodeId first = kNoNode;
  if (place.compare_exchange_strong(first, kClaimed, std::memory_order_acq_rel)) return Claim::kFirst;
  while (first == kClaimed) {  // as long as it takes to fill a node in
    std::this_thread::yield();
    first = place.load(std::memory_order_acquire);
  }
  if (first != kNoNode && row(first) == wanted) return Claim::kRefused;
  const std::scoped_lock lock(shared_latch_);
  has_shared_.store(true, std::memory_order_release);
  return shared_rows_.emplace(wanted, kClaimed).second ? Claim::kShared : Claim::kRefused;
}
void Graph::settle(Claim claim, RowId row, std::uint32_t slot, NodeId id) {
  if (claim == Claim::kFirst) {
    slots_.chunk_of(slot).nodes[slots_.within(slot)].store(id, std::memory_order_release);
    return;
  }
  const std::scoped_lock lock(shared_latch_);
  if (id == kNoNode) shared_rows_.erase(row);
  else shared_rows_[row] = id;
}
void Graph::forget(NodeId id) {
  NodeId self = id;
  auto& place = slots_.chunk_of(slot(id)).nodes[slots_.within(slot(id))];
  if (place.compare_exchange_strong(self, kNoNode, std::memory_order_acq_rel)) return;
  const std::scoped_lock lock(shared_latch_);
  shared_rows_.erase(row(id));
}

void Graph::link_node(NodeId id, std::uint32_t ef, SearchContext& context) {
  const unsigned top = level(id);
  Entry entry = entry_.load(std::memory_order_acquire);
  if (entry.node == kNoNode) {
    const std::scoped_lock lock(entry_latch_);
    entry = entry_.load(std::memory_order_acquire);
    if (entry.node == kNoNode) {
      entry_.store({id, top}, std::memory_order_release);
      return;
    }
  }
  const Query query = as_query(id);
  float nearest = distance(query, entry.node);
  NodeId at = descend(query, entry.node, entry.level, top, &nearest, context);
  // First all own lists, then the way in, from the bottom up (invariant 2).
  std::vector<std::vector<QueueEntry>> chosen(std::min(top, entry.level) + 1);
  for (unsigned level = static_cast<unsigned>(chosen.size()); level-- > 0;) {
    search_level(query, at, nearest, level, ef, id, context);
    if (context.found.empty()) continue;
    select(context.found, options_.m, chosen[level]);
    write_links(id, level, chosen[level]);
    at = node_of(context.found.front());
    nearest = distance_of(context.found.front());
  }
  for (unsigned level = 0; level < chosen.size(); level++)
    for (const QueueEntry e : chosen[level]) add_link(node_of(e), id, distance_of(e), level, context);
  if (top > entry.level) {
    const std::scoped_lock lock(entry_latch_);
    if (top > entry_.load(std::memory_order_acquire).level) entry_.store({id, top}, std::memory_order_release);
  }
}

/// Greedy walk from `from_level` down to the level above `to_level`; algorithm 2 with ef = 1.
NodeId Graph::descend(const Query& query, NodeId from, unsigned from_level, unsigned to_level, float* nearest, SearchContext& context) const {
  // Nodes that were compared on a level above are not nearer here.
  context.begin(node_limit());
  context.visit(from);
  NodeId at = from;
  NodeId fresh[kMaxM];
  for (unsigned level = from_level; level > to_level; level--) {
    for (bool moved = true; moved;) {
      moved = false;
      const Link* list = links(at, level);
      unsigned count = 0;
      for (unsigned i = 0; i < options_.m; i++) {
        const NodeId neighbor = list[i].load(std::memory_order_acquire);
        if (neighbor == kNoNode) break;
        if (!context.visit(neighbor)) continue;
        prefetch(neighbor);
        fresh[count++] = neighbor;
      }
      compare(query, {fresh, count}, [&](NodeId node, float d) {
        if (d >= *nearest) return;
        *nearest = d;
        at = node;
        moved = true;
      });
    }
  }
  return at;
}

/// Algorithm 2: the ef nearest of a level in context.found, ascending. The flag of an entry: its neighbors were looked at.
void Graph::search_level(const Query& query, NodeId entry, float entry_distance, unsigned level, unsigned ef, NodeId self,
                         SearchContext& context) const {
  context.begin(node_limit());
  auto& beam = context.found;
  context.visit(entry);
  context.visit(self);
  beam.push_back(queue_entry(entry_distance, entry));
  const unsigned limit = link_limit(level);
  NodeId fresh[256];
  for (std::size_t at = 0; at < beam.size();) {
    if (flag_of(beam[at])) {
      at++;
      continue;
    }
    beam[at] |= 1;
    const Link* list = links(node_of(beam[at]), level);
    unsigned count = 0;
    for (unsigned i = 0; i < limit; i++) {
      const NodeId neighbor = list[i].load(std::memory_order_acquire);
      if (neighbor == kNoNode) break;
      if (!context.visit(neighbor)) continue;
      prefetch(neighbor);
      fresh[count++] = neighbor;
    }
    std::size_t lowest = at + 1;
    compare(query, {fresh, count}, [&](NodeId node, float d) {
      const QueueEntry found = queue_entry(d, node);
      if (beam.size() == ef && found > beam.back()) return;
      if (beam.size() == ef) beam.pop_back();
      const auto place = std::lower_bound(beam.begin(), beam.end(), found);
      lowest = std::min(lowest, static_cast<std::size_t>(place - beam.begin()));
      beam.insert(place, found);
    });
    at = lowest;
  }
  // A removed node may still be on the way; it must not get new links.
  std::erase_if(beam, [&](QueueEntry e) { return is_removed(node_of(e)); });
}

/// Algorithm 4: takes a candidate (ascending) when it is nearer to the node than to everything taken so far.
void Graph::select(std::span<const QueueEntry> candidates, unsigned limit, std::vector<QueueEntry>& selected) const {
  selected.clear();
  for (const QueueEntry candidate : candidates) {
    if (selected.size() == limit) return;
    const Query query = as_query(node_of(candidate));
    const float to_node = distance_of(candidate);
    const bool apart = std::all_of(selected.begin(), selected.end(), [&](QueueEntry s) { return distance(query, node_of(s)) > to_node; });
    if (apart) selected.push_back(candidate);
  }
}

void Graph::write_links(NodeId id, unsigned level, std::span<const QueueEntry> entries) {
  Link* list = links(id, level);
  const unsigned limit = link_limit(level);
  for (unsigned i = 0; i < limit; i++)
    list[i].store(i < entries.size() ? node_of(entries[i]) : kNoNode, std::memory_order_release);
}

void Graph::add_link(NodeId to, NodeId id, float d, unsigned level, SearchContext& context) {
  const NodeLatch latch(chunk(to).latches[local(to)]);
  Link* list = links(to, level);
  const unsigned limit = link_limit(level);
  for (unsigned i = 0; i < limit; i++) {
    const NodeId neighbor = list[i].load(std::memory_order_relaxed);
    if (neighbor == id) return;
    if (neighbor != kNoNode) continue;
    list[i].store(id, std::memory_order_release);
    return;
  }
  // Full: choose anew among the old ones and the new one.
  const Query query = as_query(to);
  auto& candidates = context.candidates;
  candidates.clear();
  candidates.push_back(queue_entry(d, id));
  for (unsigned i = 0; i < limit; i++) {
    const NodeId neighbor = list[i].load(std::memory_order_relaxed);
    candidates.push_back(queue_entry(distance(query, neighbor), neighbor));
  }
  std::sort(candidates.begin(), candidates.end());
  select(candidates, limit, context.selected);
  write_links(to, level, context.selected);
}

std::unique_ptr<SearchContext> Graph::take_context() const {
  const std::scoped_lock lock(contexts_latch_);
  if (contexts_.empty()) return std::make_unique<SearchContext>();
  auto context = std::move(contexts_.back());
  contexts_.pop_back();
  return context;
}
void Graph::give_context(std::unique_ptr<SearchContext> context) const {
  const std::scoped_lock lock(contexts_latch_);
  if (contexts_.size() < 16) contexts_.push_back(std::move(context));  // more only means that many scans were open once
}

std::unique_ptr<Graph::NodeChunk, Graph::Destroy> Graph::make_chunk() {
  return std::unique_ptr<NodeChunk, Destroy>(new (arena_.take(sizeof(NodeChunk))) NodeChunk(arena_, base_links_, code_bytes_));
}

Facts Graph::facts() const {
  const std::shared_lock lock(structure_);
  const Entry entry = entry_.load(std::memory_order_acquire);
  Facts facts;
  facts.nodes = present_.load(std::memory_order_relaxed);
  facts.removed = removed_.size();
  facts.inserted = inserted_.load(std::memory_order_relaxed);
  facts.loaded = loaded_.load(std::memory_order_relaxed);
  facts.entry = entry.node == kNoNode ? 0 : row(entry.node);
  facts.levels = entry.node == kNoNode ? 0 : entry.level + 1;
  facts.bytes = nodes_.chunk_count() * (sizeof(NodeChunk) + (sizeof(Link) * base_links_ + code_bytes_) * NodeChunk::kNodes) +
                slots_.chunk_count() * sizeof(SlotChunk) + sizeof(Link) * upper_links_.load(std::memory_order_relaxed) + sizeof(Graph);
  return facts;
}

void Graph::each(const std::function<void(RowId, std::uint32_t)>& visit) const {
  const std::shared_lock lock(structure_);
  for (NodeId id = 0, limit = node_limit(); id < limit; id++)
    if (is_present(id)) visit(row(id), slot(id));
}

}  // namespace orrery::index::hnsw
