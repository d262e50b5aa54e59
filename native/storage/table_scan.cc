#include "table_scan.h"

#include <algorithm>

namespace orrery::storage {

TableScan::TableScan(TransactionManager& manager, const Snapshot& snapshot, const Relation& relation, std::vector<std::uint32_t> columns,
                     bool with_row_ids)
    : hold_(manager, snapshot), relation_(relation), writer_(relation, std::move(columns), with_row_ids), chunk_count_(relation.chunk_count()) {
  relation.note_read(snapshot, manager, Serializability::Read::kRelation);
}

std::int64_t TableScan::next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) {
  const Snapshot& snapshot = hold_.snapshot();
  if (given_ == found_.size()) {
    found_.clear();
    given_ = 0;
    while (found_.size() < max_rows && chunk_ < chunk_count_) {
      const Chunk* chunk = relation_.chunk(chunk_);
      const std::uint32_t count = chunk == nullptr ? 0 : chunk->count();
      if (slot_ >= count) {
        chunk_++;
        slot_ = 0;
        continue;
      }
      const std::uint32_t end = static_cast<std::uint32_t>(std::min<std::size_t>(count, slot_ + (max_rows - found_.size())));
      if (chunk->all_visible(snapshot.read_ts)) {
        const std::size_t at = found_.size();
        found_.resize(at + (end - slot_));
        for (std::uint32_t slot = slot_; slot < end; slot++) found_[at + (slot - slot_)] = {chunk, slot};
      } else {
        for (std::uint32_t slot = slot_; slot < end; slot++)
          if (chunk->is_visible(slot, snapshot, hold_.manager())) found_.push_back({chunk, slot});
      }
      slot_ = end;
    }
    if (found_.empty()) return 0;
  }
  std::span<const VersionRef> rest(found_);
  rest = rest.subspan(given_);
  rest = rest.first(std::min<std::size_t>(rest.size(), max_rows));
  std::size_t need = 0;
  const std::uint32_t n = writer_.fit(rest, capacity, 0, &need);
  if (n == 0) return -static_cast<std::int64_t>(need);
  writer_.write(rest.first(n), block);
  given_ += n;
  return n;
}

RowFetch::RowFetch(TransactionManager& manager, const Snapshot& snapshot, const Relation& relation, std::vector<std::uint32_t> columns,
                   std::vector<RowId> rows)
    : hold_(manager, snapshot), relation_(relation), writer_(relation, std::move(columns), true), rows_(std::move(rows)) {}

std::int64_t RowFetch::next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) {
  if (given_ == found_.size()) {
    found_.clear();
    given_ = 0;
    for (; at_ < rows_.size() && found_.size() < max_rows; at_++)
      if (const VersionRef v = relation_.visible(rows_[at_], hold_.snapshot(), hold_.manager())) found_.push_back(v);
    if (found_.empty()) return 0;
  }
  std::span<const VersionRef> rest(found_);
  rest = rest.subspan(given_);
  rest = rest.first(std::min<std::size_t>(rest.size(), max_rows));
  std::size_t need = 0;
  const std::uint32_t n = writer_.fit(rest, capacity, 0, &need);
  if (n == 0) return -static_cast<std::int64_t>(need);
  writer_.write(rest.first(n), block);
  given_ += n;
  return n;
}

}  // namespace orrery::storage
