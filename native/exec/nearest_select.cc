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
  const storage::Relation& relation = index_->relation();
  relation.note_read(snapshot, manager, storage::Serializability::Read::kRelation);
  const auto accepts = [&](storage::RowId row, std::uint32_t slot) { return index_->has_slot(relation.visible(row, snapshot, manager), slot); };
  const auto prefetch = [&](storage::RowId row) { relation.prefetch(row, index_->column()); };
  index::hnsw::Scan walk(index_->graph(), query, ef, accepts, false, index::hnsw::Scan::WhenExact::kYield, {}, prefetch);
  walk.give_way_after(4 * std::size_t{ef});  // among rows that are gone it could go on for long
  std::uint32_t count = 0;
  for (index::hnsw::Hit hit; count < limit && walk.next(hit); count++) wire::write_data_row(relation.visible(hit.row, snapshot, manager), columns_, out);
  return walk.yielded() || out.overflowed() ? std::nullopt : std::optional(count);
}

}  // namespace orrery::exec
