#include "point_select.h"

#include <algorithm>

namespace orrery::exec {

std::uint32_t PointSelect::run(const Block& key, const storage::Snapshot& snapshot, const storage::TransactionManager& manager,
                               wire::WireBuffer& out) const {
  thread_local index::Key encoded;
  const index::KeyEncoder& encoder = index_->encoder();
  if (key.column_count() != encoder.columns().size() || key.row_count() != 1 || !encoder.accepts(key)) return 0;
  // `=` with NULL is never true.
  if (encoder.encode(key, 0, encoded)) return 0;
  return run_encoded(encoded, snapshot, manager, out);
}

std::uint32_t PointSelect::run_encoded(const index::Key& key, const storage::Snapshot& snapshot, const storage::TransactionManager& manager,
                                       wire::WireBuffer& out) const {
  thread_local index::Key actual;
  return emit(key, snapshot, manager, out, [&](storage::VersionRef version) {
    index_->encoder().encode(version, actual);
    return actual == key;
  });
}

const index::KeyEncoder& PointSelect::encoder() const noexcept { return index_->encoder(); }

bool PointSelect::has_integer_key() const noexcept { return index_->encoder().is_integer(); }

std::uint32_t PointSelect::run_integer(std::int64_t value, const storage::Snapshot& snapshot, const storage::TransactionManager& manager,
                                       wire::WireBuffer& out) const {
  thread_local index::Key encoded;
  const index::KeyEncoder& encoder = index_->encoder();
  if (!encoder.is_integer() || !encoder.encode_integer(value, encoded)) return 0;
  const std::uint32_t column = encoder.columns()[0].column;
  return emit(encoded, snapshot, manager, out, [&](storage::VersionRef version) {
    return !version.chunk->is_null(column, version.slot) && encoder.integer_of(version) == value;
  });
}

std::uint32_t PointSelect::run_range(const index::KeyRange& range, bool backward, std::uint32_t most, const storage::Snapshot& snapshot,
                                     const storage::TransactionManager& manager, wire::WireBuffer& out) const {
  constexpr std::size_t kPage = 64;
  thread_local std::vector<index::BTree::Item> items;
  thread_local index::Key keys, actual;
  const storage::Relation& relation = index_->relation();
  relation.note_read(snapshot, manager, storage::Serializability::Read::kNewRows);
  index::BTree::Position position;
  std::uint32_t count = 0;
  while (count < most && !position.finished && !out.overflowed()) {
    items.clear();
    keys.clear();
    bool recheck = false;
    index_->collect(range, backward, position, std::min<std::size_t>(kPage, most - count), items, keys, &recheck);
    for (const index::BTree::Item& item : items) {
      const storage::VersionRef version = relation.visible(item.row, snapshot, manager);
      if (!version) continue;
      if (recheck) {
        index_->encoder().encode(version, actual);
        if (actual != std::string_view(keys).substr(item.key_at, item.key_length)) continue;
      }
      wire::write_data_row(version, columns_, out);
      count++;
    }
  }
  return count;
}

template <typename HasKey>
std::uint32_t PointSelect::emit(const index::Key& key, const storage::Snapshot& snapshot, const storage::TransactionManager& manager,
                                wire::WireBuffer& out, HasKey&& has_key) const {
  thread_local std::vector<storage::RowId> rows;
  rows.clear();
  const storage::Relation& relation = index_->relation();
  relation.note_read(snapshot, manager, storage::Serializability::Read::kNewRows);
  const bool recheck = index_->lookup(key, rows);
  std::uint32_t count = 0;
  for (const storage::RowId row : rows) {
    // Far apart in memory, and almost always needed: load them at once rather than one after the other.
    if (const storage::VersionRef newest = relation.newest(row)) {
      newest.chunk->prefetch_stamps(newest.slot);
      for (const wire::OutputColumn& c : columns_) newest.chunk->prefetch_value(c.column, newest.slot);
    }
    const storage::VersionRef version = relation.visible(row, snapshot, manager);
    if (!version || (recheck && !has_key(version))) continue;
    wire::write_data_row(version, columns_, out);
    count++;
  }
  return count;
}

}  // namespace orrery::exec
