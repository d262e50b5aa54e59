// hnsw_index.h: a relation's HNSW index: keeps a graph over one vector column in step with the rows.
//
// A node stands for a row id and the slot of a vector. It is of use to a snapshot whose visible version of the row has
// that slot; a reader checks. So an update that leaves the vector alone touches nothing, and one that changes it adds a node.
// Threads: as SecondaryIndex. Repair of removed nodes runs on a thread of its own.
#pragma once
#include <thread>

#include "../../storage/index.h"
#include "hnsw.h"

namespace orrery::index::hnsw {

class HnswIndex final : public storage::SecondaryIndex {
 public:
  /// `column` is a vector column of `options.dimensions`.
  HnswIndex(storage::RelationId id, storage::Relation& relation, std::uint32_t column, const Options& options);
  ~HnswIndex() override;

  bool touches(std::span<const std::uint8_t> changed) const noexcept override { return column_ < changed.size() && changed[column_] != 0; }
  Status insert(std::span<const storage::VersionRef> versions, storage::Xid writer, std::size_t* failed) override;
  void remove(std::span<const storage::VersionRef> versions) noexcept override;
  void remove_stale(storage::VersionRef version) noexcept override;
  std::size_t memory_bytes() const noexcept override { return graph_.facts().bytes; }

  /// Adds every version that a snapshot from `oldest` on may see, with all cores. Writers may work at the same time when the
  /// index is attached already.
  Status build(storage::CommitTs oldest);

  // Recovery: rows come faster than they can be linked one by one, so inserts are left out until recovered() adds them in parallel.
  void set_recovering() noexcept { recovering_ = true; }
  Status recovered();

  Graph& graph() noexcept { return graph_; }
  const Graph& graph() const noexcept { return graph_; }
  std::uint32_t column() const noexcept { return column_; }
  /// The version's row, slot and vector; false when it is NULL.
  bool item_of(storage::VersionRef version, Item* item) const noexcept;
  /// Whether `version` (of the node's row) has the vector that the node was made of.
  bool has_slot(storage::VersionRef version, std::uint32_t slot) const noexcept {
    return version && version.chunk->vector_slot(column_, version.slot) == slot;
  }

 private:
  void repair_if_due();

  const std::uint32_t column_;
  Graph graph_;
  bool recovering_ = false;
  std::atomic<bool> stop_{false};
  std::mutex repair_latch_;
  std::atomic<bool> repairing_{false};
  std::thread repair_;
};

}  // namespace orrery::index::hnsw
