#include "nearest_select.h"

#include <algorithm>

namespace orrery::exec {

/// Who calls has others to serve: about two milliseconds are enough.
bool NearestSelect::takes_long(std::uint32_t ef) const noexcept {
  const index::hnsw::Options& options = index_->graph().options();
  constexpr double kDistanceNs = 40, kBytesPerNs = 8, kLongNs = 2e6;
  const double distances = static_cast<double>(ef) * options.m;
  return distances * (kDistanceNs + static_cast<double>(sizeof(float) * options.dimensions) / kBytesPerNs) > kLongNs;
}

std::optional<std::uint32_t> NearestSelect::run(const float* query, SearchEffort effort, std::uint32_t limit, const storage::Snapshot& snapshot,
                                                const storage::TransactionManager& manager, wire::WireBuffer& out) const {
  const std::uint32_t ef = std::max(index_->effort(effort.ef, effort.recall_target, limit), limit);
  if (takes_long(ef)) return std::nullopt;
  index_->relation().note_read(snapshot, manager, storage::Serializability::Read::kRelation);
  if (find_unasked(query, ef, limit, snapshot, manager) || find(query, ef, limit, snapshot, manager)) {
    for (const storage::VersionRef version : found_versions()) wire::write_data_row(version, columns_, out);
    if (!out.overflowed()) return static_cast<std::uint32_t>(found_versions().size());
  }
  return std::nullopt;
}

std::vector<storage::VersionRef>& NearestSelect::found_versions() {
  thread_local std::vector<storage::VersionRef> found;
  return found;
}

/// Rows lie far from the graph: to ask each that the walk meets whether it is there costs as much as half of the walk. Where nearly all are, only
/// those that are returned are asked. False: one of them is not there.
bool NearestSelect::find_unasked(const float* query, std::uint32_t ef, std::uint32_t limit, const storage::Snapshot& snapshot,
                                 const storage::TransactionManager& manager) const {
  const storage::Relation& relation = index_->relation();
  if (!relation.mostly_alive()) return false;
  thread_local std::vector<index::hnsw::Hit> hits;
  hits.clear();
  index::hnsw::Scan walk(index_->graph(), query, ef, {}, false, index::hnsw::Scan::WhenExact::kYield);
  for (index::hnsw::Hit hit; hits.size() < limit && walk.next(hit);) {
    relation.prefetch(hit.row);
    hits.push_back(hit);
  }
  for (const index::hnsw::Hit& hit : hits) {
    relation.prefetch(hit.row, index_->column());
    for (const wire::OutputColumn& column : columns_) relation.prefetch(hit.row, column.column);
  }
  auto& found = found_versions();
  found.clear();
  for (const index::hnsw::Hit& hit : hits) {
    found.push_back(relation.visible(hit.row, snapshot, manager));
    if (!index_->has_slot(found.back(), hit.slot)) return false;
  }
  return true;
}

/// False: the walk gave way.
bool NearestSelect::find(const float* query, std::uint32_t ef, std::uint32_t limit, const storage::Snapshot& snapshot,
                         const storage::TransactionManager& manager) const {
  const storage::Relation& relation = index_->relation();
  const auto accepts = [&](storage::RowId row, std::uint32_t slot) { return index_->has_slot(relation.visible(row, snapshot, manager), slot); };
  const auto prefetch = [&](storage::RowId row) { relation.prefetch(row, index_->column()); };
  index::hnsw::Scan walk(index_->graph(), query, ef, accepts, false, index::hnsw::Scan::WhenExact::kYield, {}, prefetch);
  walk.give_way_after(4 * std::size_t{ef});  // among rows that are gone it could go on for long
  auto& found = found_versions();
  found.clear();
  for (index::hnsw::Hit hit; found.size() < limit && walk.next(hit);) found.push_back(relation.visible(hit.row, snapshot, manager));
  return !walk.yielded();
}

}  // namespace orrery::exec
