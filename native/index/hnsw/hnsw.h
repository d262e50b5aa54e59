// hnsw.h: a Hierarchical Navigable Small World graph over vectors that live elsewhere (a column's matrix store).
//
// Source: Malkov and Yashunin, HNSW (arXiv:1603.09320), algorithms 1, 2, 4 and 5. Departures
//  - A filter is evaluated during the walk: rejected nodes are walked through but not returned (this is also how deleted
//    rows keep the graph connected until vacuum). A scan can go on past ef, and ends only when every row was returned.
//  - Where it is known which nodes match, only those are compared; what lies between them is crossed by its links (filtered.cc).
//  - A node's level comes from a hash of its row id and vector, so that replaying the log gives the same levels.
//
// Invariants
//  1. A node id in any neighbor list names a node whose vector, row id, slot and level were written before.
//  2. A node is linked to only after its own neighbor lists are complete: whoever reaches it can walk on.
//  3. A neighbor list holds no duplicates and not its own node; unused places at its end are kNoNode.
//  4. Vectors do not change and do not move while their node is present; a removed node has its own copy.
//  5. At most one node per row id and slot. (Rows share a slot only when a column was added with a default.)
// Threads: insert and scans from any number of threads at once. Neighbor lists are read without a latch and written under
// their node's latch. Image and vacuum exclude inserts and running scan steps by structure_ (shared / exclusive).
// Latch order: vacuum_latch_ -> structure_ -> node latch (one at a time); entry_latch_ is taken alone.
#pragma once
#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "../../core/arena.h"
#include "../../core/bytes.h"
#include "../../core/status.h"
#include "../../kernels/bits.h"
#include "../../kernels/distance.h"
#include "../../storage/ids.h"
#include "../match_map.h"
#include "../vector_column_index.h"
#include "chunked_array.h"
#include "quantizer.h"

namespace orrery::index::hnsw {

using storage::RowId;
using NodeId = std::uint32_t;
constexpr NodeId kNoNode = UINT32_MAX;
constexpr NodeId kClaimed = UINT32_MAX - 1;  // in the slot map: an insert is on its way
constexpr NodeId kMaxNodes = 1u << 31;  // one bit of a queue entry's node is a flag
constexpr std::uint32_t kMaxM = 127;    // an image counts a node's neighbors in a byte
constexpr unsigned kMaxLevel = 15;      // beyond it with m = 2 lie 2^16 nodes per top node: nothing to gain

struct Options {
  Metric metric = Metric::kL2;
  std::uint32_t dimensions = 0;
  std::uint32_t m = 16;                // neighbors per node and level; twice as many on level 0
  std::uint32_t ef_construction = 64;  // beam width while inserting
  Quantization quantization = Quantization::kNone;  // what walks compare; answers are ranked by the vectors
};

/// What a node stands for.
using Item = VectorItem;

struct Hit {
  RowId row = 0;
  std::uint32_t slot = 0;
  float distance = 0;  // as the graph orders: squared for l2, minus the product for inner product
};

struct Facts {
  std::uint64_t nodes = 0;
  std::uint64_t removed = 0;  // wait for repair()
  std::uint64_t levels = 0;
  std::uint64_t bytes = 0;
  std::uint64_t inserted = 0;  // nodes that walks linked since this graph was made
  std::uint64_t loaded = 0;    // nodes that came from an image
  RowId entry = 0;             // the row of the entry point; 0: none
};

/// Whether a row version is wanted: visible to the snapshot and matching the filter. Empty: all are.
using Accept = std::function<bool(RowId row, std::uint32_t slot)>;
/// Asks the memory for what Accept will read of the row. Empty: nobody does.
using Prefetch = std::function<void(RowId row)>;

/// The SQL distance of a hit, computed anew in float64 where that is more exact than what the walk orders by.
double sql_distance(Metric metric, const float* a, const float* b, std::uint32_t dimensions) noexcept;

class SearchContext;

class Graph {
 public:
  explicit Graph(const Options& options);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  /// Adds a node (insert.cc). A row and slot that already have one, and a zero vector under cosine (it has no direction; pgvector
  /// leaves it out too), change nothing. kLimit at 2^31 nodes.
  /// `ef`: this insert's beam width; 0: the graph's ef_construction.
  Status insert(const Item& item, std::uint32_t ef = 0);
  /// Inserts all with `threads` threads (build.cc).
  Status build(std::span<const Item> items, unsigned threads);
  bool has(RowId row, std::uint32_t slot) const;

  /// Takes a node out of every answer at once (vacuum.cc): it stays walkable, with a copy of its vector, until repair().
  /// False: there is none.
  bool remove(RowId row, std::uint32_t slot);
  /// Removed nodes that wait for repair().
  std::size_t removed_count() const;
  /// Repairs the neighborhoods of removed nodes, in slices between which others work, and frees them. Returns how many;
  /// 0 when `stop` was set before the end (they then wait for the next time).
  std::size_t repair(const std::atomic<bool>* stop = nullptr);
  /// remove() of the nodes for which `dead` says so, then repair().
  std::size_t vacuum(const Accept& dead);

  /// The image for a checkpoint (image.cc, docs/formats/hnsw.md): all but the vectors of the rows for which `current`
  /// says that row and slot belong together in the saved database; the others are saved as removed nodes.
  void save(ByteWriter& out, const Accept& current) const;
  /// Replaces the (empty) graph by an image. kCorrupt when it does not hold together.
  Status load(ByteReader& in, const Locate& locate);
  /// That of the image which `in` is at the start of; kNone when it is no image.
  static Quantization quantization_of(ByteReader in);

  Facts facts() const;
  const Options& options() const noexcept { return options_; }
  /// Nodes ever allocated: ids are below it. A scan sees those that are present.
  std::uint32_t node_limit() const noexcept { return node_limit_.load(std::memory_order_acquire); }
  /// Calls `visit(row, slot)` for every node, in no particular order.
  void each(const std::function<void(RowId, std::uint32_t)>& visit) const;
  /// The highest level of a node (links.cc); 0 also when there is none.
  unsigned level_of(RowId row, std::uint32_t slot) const;
  /// Calls `visit(level, slot)` for the neighbors that are present, from the top level down (links.cc).
  void neighbors(RowId row, std::uint32_t slot, const std::function<void(unsigned, std::uint32_t)>& visit) const;
  /// The same of nodes `from` to `to`, with their vectors: good until `visit` returns.
  void each_vector(NodeId from, NodeId to, const auto& visit) const {
    const std::shared_lock lock(structure_);
    for (NodeId id = from, limit = std::min(to, node_limit()); id < limit; id++)
      if (is_present(id)) visit(row(id), slot(id), vector(id));
  }
  /// Nodes that answers may have.
  std::uint64_t size() const noexcept { return present_.load(std::memory_order_relaxed); }

 private:
  friend class Scan;
  friend class SearchContext;
  using Link = std::atomic<NodeId>;
  enum class State : std::uint8_t { kAbsent = 0, kPresent = 1, kRemoved = 2 };
  static constexpr unsigned kNodeShift = 10;
  static constexpr std::size_t kVectorAhead = 512;  // the processor sees the stride of longer ones and goes on by itself

  struct FreeAligned {
    void operator()(std::uint8_t* p) const noexcept { ::operator delete[](p, std::align_val_t{64}); }
  };
  using Codes = std::unique_ptr<std::uint8_t[], FreeAligned>;
  static Codes make_codes(std::size_t bytes) { return Codes(new (std::align_val_t{64}) std::uint8_t[bytes]); }

  struct NodeChunk {
    NodeChunk(Arena& arena, std::size_t links_per_node, std::size_t code_bytes)
        : base(static_cast<Link*>(arena.take(sizeof(Link) * links_per_node << kNodeShift))),
          codes(code_bytes == 0 ? nullptr : static_cast<std::uint8_t*>(arena.take(code_bytes << kNodeShift))) {
      for (std::size_t i = 0; i < links_per_node << kNodeShift; i++) new (base + i) Link(kNoNode);
    }
    static constexpr std::size_t kNodes = 1u << kNodeShift;
    const float* vectors[kNodes] = {};            // removed nodes: into copies
    float factors[kNodes] = {};  // cosine: 1 / norm
    RowId rows[kNodes] = {};
    std::uint32_t slots[kNodes] = {};
    std::uint8_t levels[kNodes] = {};
    std::atomic<State> states[kNodes] = {};
    std::atomic<bool> latches[kNodes] = {};
    Link* const base;                             // [node][2 m]; the arena's
    std::uint8_t* const codes;                    // quantized: [node][code bytes]; the arena's
    std::unique_ptr<Link[]> upper[kNodes] = {};   // [level - 1][m]
    std::unique_ptr<float[]> copies[kNodes] = {};
  };
  struct Destroy {
    void operator()(NodeChunk* c) const noexcept { c->~NodeChunk(); }
  };
  /// In memory of the arena.
  std::unique_ptr<NodeChunk, Destroy> make_chunk();
  struct SlotChunk {
    SlotChunk() { for (auto& n : nodes) n.store(kNoNode, std::memory_order_relaxed); }
    std::atomic<NodeId> nodes[1u << kNodeShift];
  };
  struct Query {
    const float* values;
    float factor;  // cosine: 1 / norm, else unused
    const std::uint8_t* code = nullptr;  // quantized
  };
  class NodeLatch;

  static unsigned local(NodeId id) noexcept { return id & (NodeChunk::kNodes - 1); }
  NodeChunk& chunk(NodeId id) const noexcept { return nodes_.chunk_of(id); }
  const float* vector(NodeId id) const noexcept { return chunk(id).vectors[local(id)]; }
  RowId row(NodeId id) const noexcept { return chunk(id).rows[local(id)]; }
  std::uint32_t slot(NodeId id) const noexcept { return chunk(id).slots[local(id)]; }
  unsigned level(NodeId id) const noexcept { return chunk(id).levels[local(id)]; }
  bool is_present(NodeId id) const noexcept { return chunk(id).states[local(id)].load(std::memory_order_acquire) == State::kPresent; }
  Link* links(NodeId id, unsigned level) const noexcept {
    NodeChunk& c = chunk(id);
    return level == 0 ? c.base + std::size_t{local(id)} * base_links_ : c.upper[local(id)].get() + std::size_t{level - 1} * options_.m;
  }
  unsigned link_limit(unsigned level) const noexcept { return level == 0 ? base_links_ : options_.m; }
  NodeId find(RowId row, std::uint32_t slot) const;
  enum class Claim : std::uint8_t { kRefused, kFirst, kShared };
  Claim claim(RowId row, std::uint32_t slot);
  void settle(Claim claim, RowId row, std::uint32_t slot, NodeId id);
  void forget(NodeId id);
  void remove_node(NodeId id, const float* copy);

  Query query_of(const float* values) const noexcept;
  float distance(const Query& query, NodeId id) const noexcept;
  Query as_query(NodeId id) const noexcept { return {vector(id), chunk(id).factors[local(id)], quantizer_ ? code(id) : nullptr}; }
  std::uint8_t* code(NodeId id) const noexcept { return chunk(id).codes + local(id) * code_bytes_; }
  /// By the vectors, where distance() may compare codes.
  float exact_distance(const Query& query, NodeId id) const noexcept;
  /// What exact_distance() is not below, as good as always, where distance() by codes said `distance`.
  float at_least(const Query& query, float distance, NodeId id) const noexcept { return quantizer_->at_least(distance, query.code, code(id)); }
  /// Asks for the first of what distance() will read.
  void prefetch(NodeId id) const noexcept { prefetch(id, 0, prefetch_bytes_); }
  void prefetch(NodeId id, std::size_t from, std::size_t to) const noexcept {
    const auto* at = quantizer_ ? static_cast<const char*>(static_cast<const void*>(code(id))) : reinterpret_cast<const char*>(vector(id));
    for (std::size_t i = from; i < to; i += 64) __builtin_prefetch(at + i);
  }
  /// Calls `visit(node, distance)` for nodes that prefetch() was called of. The rest of each is asked for while the one before is compared:
  /// more at once than memory answers would make the compares wait, and the processor sees a stride too late to go on by itself.
  void compare(const Query& query, std::span<const NodeId> nodes, const auto& visit) const {
    for (std::size_t i = 0; i < nodes.size(); i++) {
      if (i + 1 < nodes.size()) prefetch(nodes[i + 1], prefetch_bytes_, compared_bytes_);
      visit(nodes[i], distance(query, nodes[i]));
    }
  }
  void prefetch_vector(NodeId id) const noexcept {
    const auto* from = reinterpret_cast<const char*>(vector(id));
    for (std::size_t i = 0; i < std::min(kVectorAhead, sizeof(float) * options_.dimensions); i += 64) __builtin_prefetch(from + i);
  }
  /// Of level 0: at the default m two lines.
  void prefetch_links(NodeId id) const noexcept {
    const auto* from = reinterpret_cast<const char*>(links(id, 0));
    for (std::size_t i = 0; i < std::min<std::size_t>(128, sizeof(Link) * base_links_); i += 64) __builtin_prefetch(from + i);
  }
  /// The node of a slot, where there is one in the graph that answers may have.
  NodeId first_of(std::uint32_t slot) const noexcept {
    if (!slots_.has(slot)) return kNoNode;
    const NodeId id = slots_.chunk_of(slot).nodes[slots_.within(slot)].load(std::memory_order_acquire);
    return id < kClaimed && is_present(id) ? id : kNoNode;
  }
  unsigned level_for(const Item& item) const noexcept;

  NodeId allocate(const Item& item, unsigned level);
  void link_node(NodeId id, std::uint32_t ef, SearchContext& context);
  NodeId descend(const Query& query, NodeId from, unsigned from_level, unsigned to_level, float* nearest, SearchContext& context) const;
  void search_level(const Query& query, NodeId entry, float entry_distance, unsigned level, unsigned ef, NodeId self, SearchContext& context) const;
  void select(std::span<const std::uint64_t> candidates, unsigned limit, std::vector<std::uint64_t>& selected) const;
  void add_link(NodeId to, NodeId id, float distance, unsigned level, SearchContext& context);
  void write_links(NodeId id, unsigned level, std::span<const std::uint64_t> keys);
  bool is_removed(NodeId id) const noexcept { return chunk(id).states[local(id)].load(std::memory_order_acquire) == State::kRemoved; }
  void repair_list(NodeId id, unsigned level, SearchContext& context);
  void choose_entry();
  void free_retired();

  std::unique_ptr<SearchContext> take_context() const;
  void give_context(std::unique_ptr<SearchContext> context) const;

  struct Entry {
    NodeId node;
    std::uint32_t level;
  };
  const Options options_;
  const unsigned base_links_;
  const kernels::DistanceKernels& kernels_;
  const kernels::BitKernels& bits_;
  const std::unique_ptr<const Quantizer> quantizer_;  // nullptr: walks compare vectors
  const std::size_t code_bytes_;
  const std::size_t compared_bytes_;  // that distance() reads of a node
  const std::size_t prefetch_bytes_;
  Arena arena_;  // of chunks: a walk looks at a place of each kind per node, all of them far apart
  ChunkedArray<NodeChunk, kNodeShift, Destroy> nodes_;
  ChunkedArray<SlotChunk, kNodeShift> slots_;  // slot -> its first node
  mutable std::mutex shared_latch_;
  std::atomic<bool> has_shared_{false};
  std::unordered_map<RowId, NodeId> shared_rows_;  // rows whose slot was another row's first
  std::atomic<std::uint32_t> node_limit_{0};
  std::atomic<std::uint64_t> present_{0};
  std::atomic<std::uint64_t> inserted_{0}, loaded_{0};
  std::atomic<std::uint64_t> upper_links_{0};
  std::atomic<Entry> entry_{Entry{kNoNode, 0}};
  std::mutex entry_latch_;
  mutable std::shared_mutex structure_;
  mutable std::mutex vacuum_latch_;  // one vacuum at a time, no image in the middle of one; before structure_
  mutable std::mutex free_latch_;
  std::vector<NodeId> removed_;  // wait for repair
  std::vector<NodeId> retired_;  // repaired around; scans that were open then may hold them
  std::vector<NodeId> free_;
  mutable std::atomic<std::uint32_t> open_scans_{0};
  mutable std::mutex contexts_latch_;
  mutable std::vector<std::unique_ptr<SearchContext>> contexts_;
};

/// One search, nearest first, that can be continued until every accepted row was returned (search.cc). The first `ef` rows
/// are a standard HNSW answer; later ones come in batches of ef, each batch in order, batches approximately so. Equal
/// distances come in row id order. Never a row twice. Belongs to one thread at a time; the graph must outlive it.
///
/// With an `accept` that rejects much (`selective`) one of three ways is chosen by estimated cost (filtered.cc).
class Scan {
 public:
  enum class WhenExact : std::uint8_t {
    kCompare,  // the scan compares every node by itself
    kYield,    // without `matches`, next() returns false and yielded() is true: the caller has a faster way to compare all rows
  };
  enum class Way : std::uint8_t {
    kWalk,      // through all nodes
    kMatching,  // through nodes that match, and across those between them
    kExact,     // all that match are compared
  };
  /// @param query  float32[dimensions], copied.  @param ef  beam width, >= 1; callers raise it to their LIMIT.
  /// @param matches  slots outside of which `accept` accepts nothing, where that is known.
  Scan(const Graph& graph, const float* query, std::uint32_t ef, Accept accept, bool selective, WhenExact when_exact = WhenExact::kCompare,
       MatchMap::View matches = {}, Prefetch prefetch = {});
  ~Scan();
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;

  /// A walk that has looked at so many nodes, most of them not accepted, gives way earlier than it would.
  void give_way_after(std::size_t nodes) noexcept { patience_most_ = nodes; }
  /// Nearly all rows in `matches` are accepted: a matching walk asks only for those that it returns.
  void ask_late() noexcept { asks_late_ = true; }
  /// The next row, or false at the end.
  bool next(Hit& hit);
  /// Rows that next() gives without walking on.
  std::size_t buffered() const noexcept { return batch_.size() + unranked_.size(); }
  /// That rows are found by, or were last.
  Way way() const noexcept { return way_; }
  /// No row was returned, and none will be.
  bool yielded() const noexcept { return yielded_; }

 private:
  void start();
  Way cheapest() const;
  void give_way();
  bool is_correlated(double seen, double matching) const noexcept;
  void fill();
  void walk();
  bool enter_again();
  void drain();
  void go_exhaustive();
  void compare_matching();
  void expand(NodeId node);
  bool expand_matching(NodeId node);
  bool accepts(NodeId node) const;
  bool asks_late() const noexcept { return asks_late_ && way_ == Way::kMatching; }
  bool may_match(NodeId node) const noexcept { return matches_.has(graph_.slot(node)); }
  void rank();
  void rank_exactly(std::vector<std::uint64_t>& entries) const;
  Hit hit_of(NodeId node, float distance) const noexcept { return {graph_.row(node), graph_.slot(node), distance}; }
  double sampled_selectivity() const;

  const Graph& graph_;
  const std::vector<float> values_;
  Graph::Codes code_;
  Graph::Query query_;
  const std::uint32_t ef_;
  const Accept accept_;
  const Prefetch prefetch_;
  const MatchMap::View matches_;
  std::unique_ptr<SearchContext> context_;
  std::vector<std::uint64_t> overflow_;  // accepted, popped, but not among the ef nearest of their batch
  std::vector<std::uint64_t> far_;       // exact: farther than all of the frontier
  std::vector<Hit> batch_;               // a heap, the nearest first
  std::vector<std::uint64_t> unranked_;  // quantized: the rest of the batch, a heap by the least distance that the codes allow
  bool started_ = false;
  bool returned_ = false;    // a batch was
  Way way_ = Way::kWalk;     // exact: every node is returned, in batch_, far_ or in the frontier: order is exact from here
  bool selective_;
  double selectivity_ = 1;  // known or of a sample, once started and selective
  double seen_ = 0, seen_matching_ = 0;  // matching walks: nodes around the query
  const WhenExact when_exact_;
  std::size_t patience_most_ = SIZE_MAX;
  bool yielded_ = false;
  bool asks_late_ = false;
};

}  // namespace orrery::index::hnsw
