// insert.cc: entries come with new versions.
#include <algorithm>

#include "inverted_index.h"

namespace orrery::index {

using storage::VersionRef;

bool InvertedIndex::fits(const storage::Relation& relation, std::span<const InvertedColumn> columns) {
  return !columns.empty() && std::all_of(columns.begin(), columns.end(), [&](const InvertedColumn& c) {
    return c.column < relation.column_count() && relation.column(c.column).type.type == PhysicalType::kVarlen &&
           c.kind >= InvertedKind::kJsonb && c.kind <= InvertedKind::kArray;
  });
}

bool InvertedIndex::touches(std::span<const std::uint8_t> changed) const noexcept {
  return std::any_of(columns_.begin(), columns_.end(), [&](const InvertedColumn& c) { return changed[c.column] != 0; });
}

void InvertedIndex::keys_of(VersionRef version, std::vector<Postings::Key>& keys) const {
  keys.clear();
  for (std::uint32_t i = 0; i < columns_.size(); i++) {
    const std::uint32_t column = columns_[i].column;
    if (!version.chunk->is_null(column, version.slot)) extract_keys(columns_[i].kind, i, version.chunk->varlen(column, version.slot), keys);
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}

Status InvertedIndex::insert(std::span<const VersionRef> versions, storage::Xid, std::size_t*) {
  static thread_local std::vector<Postings::Key> keys;
  std::unique_lock guard(latch_);
  for (const VersionRef version : versions) {
    keys_of(version, keys);
    for (const Postings::Key key : keys) postings_.add(key, version.row_id());
  }
  return Status::ok();
}

std::size_t InvertedIndex::memory_bytes() const noexcept {
  std::shared_lock guard(latch_);
  return sizeof(InvertedIndex) + postings_.memory_bytes();
}

}  // namespace orrery::index
