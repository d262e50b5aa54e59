// hnsw_index.h: a relation's HNSW index: keeps a graph over one vector column in step with the rows.
//
// Threads: as SecondaryIndex. Repair of removed nodes runs on a thread of its own.
#pragma once
#include <thread>

#include "../vector_column_index.h"
#include "hnsw.h"

namespace orrery::index::hnsw {

class HnswIndex final : public VectorColumnIndex {
 public:
  /// `column` is a vector column of `options.dimensions`.
  HnswIndex(storage::RelationId id, storage::Relation& relation, std::uint32_t column, const Options& options);
  ~HnswIndex() override;

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

 private:
  void repair_if_due();

  Graph graph_;
  bool recovering_ = false;
  std::atomic<bool> stop_{false};
  std::mutex repair_latch_;
  std::atomic<bool> repairing_{false};
  std::thread repair_;
};

}  // namespace orrery::index::hnsw
