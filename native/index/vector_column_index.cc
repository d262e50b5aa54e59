// vector_column_index.cc: walks over row versions for vector indexes.
#include "vector_column_index.h"

namespace orrery::index {

using storage::VersionRef;

bool VectorColumnIndex::item_of(VersionRef version, VectorItem* item) const noexcept {
  const std::uint32_t slot = version.chunk->vector_slot(column_, version.slot);
  if (slot == storage::MatrixStore::kNoSlot) return false;
  *item = {version.row_id(), slot, version.chunk->vector(column_, version.slot)};
  return true;
}

std::vector<VectorItem> VectorColumnIndex::items_since(storage::CommitTs oldest) const {
  std::vector<VectorItem> items;
  const storage::Relation& rows = relation();
  for (std::uint32_t i = 0, chunks = rows.chunk_count(); i < chunks; i++) {
    const storage::Chunk* chunk = rows.chunk(i);
    for (std::uint32_t slot = 0, count = chunk == nullptr ? 0 : chunk->count(); slot < count; slot++) {
      const storage::Stamp end = chunk->end(slot);
      const bool gone = !storage::is_open(end) && end != storage::kLive && end != storage::kAborted && end <= oldest;
      VectorItem item;
      if (!gone && chunk->begin(slot) != storage::kAborted && item_of({chunk, slot}, &item)) items.push_back(item);
    }
  }
  return items;
}

std::vector<VectorItem> VectorColumnIndex::newest_items() const {
  std::vector<VectorItem> items;
  const storage::Relation& rows = relation();
  for (storage::RowId row = 1; row < rows.row_limit(); row++) {
    const VersionRef newest = rows.newest(row);
    VectorItem item;
    if (newest && newest.chunk->end(newest.slot) == storage::kLive && item_of(newest, &item)) items.push_back(item);
  }
  return items;
}

bool VectorColumnIndex::is_needed_by_another(VersionRef version, const VectorItem& item) const noexcept {
  // A newer version that kept the vector has the same slot, and so has what vacuum moved.
  const storage::Relation& rows = relation();
  for (VersionRef v = rows.newest(item.row); v;) {
    const bool same = v.chunk == version.chunk && v.slot == version.slot;
    if (!same && has_slot(v, item.slot)) return true;
    const storage::VersionPos older = v.chunk->older(v.slot);
    if (older == storage::kNoVersion) return false;
    v = rows.version(older);
  }
  return false;
}

}  // namespace orrery::index
