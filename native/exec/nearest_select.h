// nearest_select.h: the rows whose vectors are nearest to a given one, by a walk through an HNSW graph, encoded as DataRow messages: what a prepared
// `SELECT … ORDER BY v <-> $1 LIMIT k` of plain columns runs.
//
// Threads: immutable after construction; run() from any thread with its own output.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "../index/hnsw/hnsw_index.h"
#include "../storage/relation.h"
#include "../wire/data_row.h"

namespace orrery::exec {

/// What a search may cost: settings of the session (hnsw.ef_search, hnsw.recall_target).
struct SearchEffort {
  std::uint32_t ef = 0;
  double recall_target = 0;  // 0: `ef` counts
};

class NearestSelect {
 public:
  NearestSelect(std::shared_ptr<index::hnsw::HnswIndex> index, std::vector<wire::OutputColumn> columns)
      : index_(std::move(index)), columns_(std::move(columns)) {}

  std::uint32_t dimensions() const noexcept { return index_->graph().options().dimensions; }
  /// Appends a DataRow for each of the `limit` nearest rows, the nearest first; returns how many. nullopt: the walk would take long, or the graph
  /// says that comparing all rows is the better way. The snapshot is held by the caller. `query`: float32[dimensions()].
  std::optional<std::uint32_t> run(const float* query, SearchEffort effort, std::uint32_t limit, const storage::Snapshot& snapshot,
                                   const storage::TransactionManager& manager, wire::WireBuffer& out) const;

 private:
  bool takes_long(std::uint32_t ef) const noexcept;
  static std::vector<storage::VersionRef>& found_versions();
  bool find_unasked(const float* query, std::uint32_t ef, std::uint32_t limit, const storage::Snapshot& snapshot,
                    const storage::TransactionManager& manager) const;
  bool find(const float* query, std::uint32_t ef, std::uint32_t limit, const storage::Snapshot& snapshot,
            const storage::TransactionManager& manager) const;
  const std::shared_ptr<index::hnsw::HnswIndex> index_;
  const std::vector<wire::OutputColumn> columns_;
};

}  // namespace orrery::exec
