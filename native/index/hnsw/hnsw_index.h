// hnsw_index.h: a relation's HNSW index: keeps a graph over one vector column in step with the rows.
//
// Threads: as SecondaryIndex. Repair of removed nodes and measuring recall run on a thread of their own.
#pragma once
#include <string_view>
#include <thread>

#include "../match_map.h"
#include "../vector_column_index.h"
#include "hnsw.h"
#include "recall.h"

namespace orrery::index::hnsw {

class HnswIndex final : public VectorColumnIndex {
 public:
  // What VectorIndexStore asks of a kind.
  using Options = hnsw::Options;
  using Header = VectorIndexHeader<Options>;
  static constexpr std::string_view kKind = "hnsw";
  static constexpr storage::Room kRoom = storage::Room::kIndex;
  static constexpr std::string_view kStatistics[] = {"bytes", "nodes", "removed"};
  static bool is_valid(const Options& options) noexcept;
  static void write_options(ByteWriter& out, const Options& options);
  static Options read_options(ByteReader& in);
  static Header read_header(ByteReader& in);
  void save(ByteWriter& out, const IsCurrent& current) const;
  Status load(ByteReader& in, const Locate& locate);
  void each(const std::function<void(RowId, std::uint32_t)>& visit) const { graph_.each(visit); }
  void statistics(const std::function<void(std::string_view, double)>& add) const;

  /// `column` is a vector column of `options.dimensions`.
  HnswIndex(storage::RelationId id, storage::Relation& relation, std::uint32_t column, const Options& options);
  ~HnswIndex() override;

  Status insert(std::span<const storage::VersionRef> versions, storage::Xid writer, std::size_t* failed) override;
  void remove(std::span<const storage::VersionRef> versions) noexcept override;
  void remove_stale(storage::VersionRef version) noexcept override;
  std::size_t memory_bytes() const noexcept override { return graph_.facts().bytes + matches_.memory_bytes(); }

  /// Adds every version that a snapshot from `oldest` on may see, with all cores. Writers may work at the same time when the
  /// index is attached already.
  Status build(storage::CommitTs oldest, unsigned threads);

  // Recovery: rows come faster than they can be linked one by one, so inserts are left out until recovered() adds them in parallel.
  void set_recovering() noexcept { recovering_ = true; }
  Status recovered();

  /// Which slots may belong to rows that satisfy the predicate whose bytes are `key`; no view: to find out costs too much.
  MatchMap::View matches(std::string_view key, const ChunkFilter& filter) { return matches_.view(key, relation(), column(), filter); }
  Graph& graph() noexcept { return graph_; }
  const Graph& graph() const noexcept { return graph_; }
  /// The effort of a search: that of the recall wanted, where one is (0: none) and was measured; else `ef`.
  std::uint32_t effort(std::uint32_t ef, double recall_target, std::uint32_t limit) const;
  /// As last measured: after building, after repair, and whenever the graph has doubled.
  RecallProfile recall() const;

 private:
  bool is_repair_due() const;
  bool is_probe_due() const noexcept;
  void maintain_if_due();
  void probe();

  Graph graph_;
  MatchMaps matches_;
  bool recovering_ = false;
  std::atomic<bool> stop_{false};
  mutable std::mutex recall_latch_;
  RecallProfile recall_;
  std::atomic<std::uint64_t> probed_nodes_{0};
  std::mutex maintenance_latch_;
  std::atomic<bool> maintaining_{false};
  std::thread maintenance_;
};

}  // namespace orrery::index::hnsw
