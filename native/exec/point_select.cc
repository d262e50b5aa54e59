#include "point_select.h"

namespace orrery::exec {

std::uint32_t PointSelect::run(const Block& key, const storage::Snapshot& snapshot, const storage::TransactionManager& manager,
                               wire::WireBuffer& out) const {
  thread_local index::Key encoded;
  if (key.column_count() != index_->encoder().columns().size() || !index_->encoder().accepts(key)) return 0;
  // `=` with NULL is never true.
  if (index_->encoder().encode(key, 0, encoded)) return 0;
  return emit(encoded, snapshot, manager, out);
}

bool PointSelect::has_integer_key() const noexcept {
  const auto& columns = index_->encoder().columns();
  if (columns.size() != 1) return false;
  const KeyKind kind = columns[0].kind;
  return kind == KeyKind::kInt16 || kind == KeyKind::kInt32 || kind == KeyKind::kInt64;
}

std::uint32_t PointSelect::run_integer(std::int64_t value, const storage::Snapshot& snapshot, const storage::TransactionManager& manager,
                                       wire::WireBuffer& out) const {
  // A one-row, one-column block on the stack: the key encoder stays the only place that knows the encoding.
  alignas(8) std::uint8_t bytes[40] = {};
  const auto put = [&bytes](std::size_t at, std::uint32_t v) { std::memcpy(bytes + at, &v, 4); };
  PhysicalType type = PhysicalType::kInt64;
  switch (index_->encoder().columns()[0].kind) {
    case KeyKind::kInt16:
      if (value != static_cast<std::int16_t>(value)) return 0;
      type = PhysicalType::kInt16;
      break;
    case KeyKind::kInt32:
      if (value != static_cast<std::int32_t>(value)) return 0;
      type = PhysicalType::kInt32;
      break;
    default: break;
  }
  put(0, 1);
  put(4, 1);
  put(12, sizeof bytes);
  bytes[16] = static_cast<std::uint8_t>(type);
  put(28, 32);
  std::memcpy(bytes + 32, &value, 8);  // little-endian: the low bytes are the narrower value
  const auto block = Block::parse(bytes, sizeof bytes);
  return block ? run(*block, snapshot, manager, out) : 0;
}

std::uint32_t PointSelect::emit(const index::Key& key, const storage::Snapshot& snapshot, const storage::TransactionManager& manager,
                                wire::WireBuffer& out) const {
  thread_local std::vector<storage::RowId> rows;
  thread_local index::Key actual;
  rows.clear();
  index_->lookup(key, rows);
  const storage::Relation& relation = index_->relation();
  const bool recheck = index_->may_be_stale();
  std::uint32_t count = 0;
  for (const storage::RowId row : rows) {
    const storage::VersionRef version = relation.visible(row, snapshot, manager);
    if (!version) continue;
    if (recheck) {
      index_->encoder().encode(version, actual);
      if (actual != key) continue;
    }
    wire::write_data_row(version, columns_, out);
    count++;
  }
  return count;
}

}  // namespace orrery::exec
