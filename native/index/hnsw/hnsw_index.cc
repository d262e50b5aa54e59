// hnsw_index.cc: from row versions to nodes.
#include "hnsw_index.h"

namespace orrery::index::hnsw {

using storage::VersionRef;

HnswIndex::HnswIndex(storage::RelationId id, storage::Relation& relation, std::uint32_t column, const Options& options)
    : SecondaryIndex(id, relation), column_(column), graph_(options) {}

HnswIndex::~HnswIndex() {
  stop_ = true;
  if (repair_.joinable()) repair_.join();
}

bool HnswIndex::item_of(VersionRef version, Item* item) const noexcept {
  const std::uint32_t slot = version.chunk->vector_slot(column_, version.slot);
  if (slot == storage::MatrixStore::kNoSlot) return false;
  *item = {version.row_id(), slot, version.chunk->vector(column_, version.slot)};
  return true;
}

Status HnswIndex::insert(std::span<const VersionRef> versions, storage::Xid, std::size_t* failed) {
  if (recovering_) return Status::ok();
  for (std::size_t i = 0; i < versions.size(); i++) {
    Item item;
    if (!item_of(versions[i], &item)) continue;
    if (Status s = graph_.insert(item); !s.is_ok()) {
      *failed = i;
      return s;
    }
  }
  return Status::ok();
}

void HnswIndex::remove(std::span<const VersionRef> versions) noexcept {
  if (recovering_) return;
  for (const VersionRef v : versions) {
    Item item;
    if (item_of(v, &item)) graph_.remove(item.row, item.slot);
  }
  repair_if_due();
}

void HnswIndex::remove_stale(VersionRef version) noexcept {
  Item item;
  if (recovering_ || !item_of(version, &item)) return;
  // A newer version that kept the vector has the same slot, and so has what vacuum moved.
  const storage::Relation& rows = relation();
  for (VersionRef v = rows.newest(item.row); v;) {
    const bool same = v.chunk == version.chunk && v.slot == version.slot;
    if (!same && has_slot(v, item.slot)) return;
    const storage::VersionPos older = v.chunk->older(v.slot);
    if (older == storage::kNoVersion) break;
    v = rows.version(older);
  }
  graph_.remove(item.row, item.slot);
  repair_if_due();
}

Status HnswIndex::build(storage::CommitTs oldest) {
  std::vector<Item> items;
  const storage::Relation& rows = relation();
  for (std::uint32_t i = 0, chunks = rows.chunk_count(); i < chunks; i++) {
    const storage::Chunk* chunk = rows.chunk(i);
    for (std::uint32_t slot = 0, count = chunk == nullptr ? 0 : chunk->count(); slot < count; slot++) {
      const storage::Stamp end = chunk->end(slot);
      const bool gone = !storage::is_open(end) && end != storage::kLive && end != storage::kAborted && end <= oldest;
      Item item;
      if (!gone && chunk->begin(slot) != storage::kAborted && item_of({chunk, slot}, &item)) items.push_back(item);
    }
  }
  return graph_.build(items, std::max(1u, std::thread::hardware_concurrency()));
}

Status HnswIndex::recovered() {
  recovering_ = false;
  const storage::Relation& rows = relation();
  std::vector<std::pair<RowId, std::uint32_t>> dead;
  graph_.each([&](RowId row, std::uint32_t slot) {
    if (!has_slot(rows.newest(row), slot)) dead.push_back({row, slot});
  });
  for (const auto& [row, slot] : dead) graph_.remove(row, slot);
  std::vector<Item> items;
  for (RowId row = 1; row < rows.row_limit(); row++) {
    const VersionRef newest = rows.newest(row);
    Item item;
    if (newest && newest.chunk->end(newest.slot) == storage::kLive && item_of(newest, &item) && !graph_.has(row, item.slot))
      items.push_back(item);
  }
  Status status = graph_.build(items, std::max(1u, std::thread::hardware_concurrency()));
  repair_if_due();
  return status;
}

/// A tenth of the graph: walks pass removed nodes at full cost, so this bounds what they cost.
void HnswIndex::repair_if_due() {
  const std::size_t removed = graph_.removed_count();
  if (removed < 256 || removed < graph_.facts().nodes / 10) return;
  const std::scoped_lock lock(repair_latch_);
  if (stop_ || repairing_.exchange(true)) return;
  if (repair_.joinable()) repair_.join();
  repair_ = std::thread([this] {
    graph_.repair(&stop_);
    repairing_ = false;
  });
}

}  // namespace orrery::index::hnsw
