// hnsw_index.cc: from row versions to nodes.
#include "hnsw_index.h"

namespace orrery::index::hnsw {

using storage::VersionRef;

HnswIndex::HnswIndex(storage::RelationId id, storage::Relation& relation, std::uint32_t column, const Options& options)
    : VectorColumnIndex(id, relation, column), graph_(options) {}

HnswIndex::~HnswIndex() {
  stop_ = true;
  if (repair_.joinable()) repair_.join();
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
  if (recovering_ || !item_of(version, &item) || is_needed_by_another(version, item)) return;
  graph_.remove(item.row, item.slot);
  repair_if_due();
}

Status HnswIndex::build(storage::CommitTs oldest) {
  return graph_.build(items_since(oldest), std::max(1u, std::thread::hardware_concurrency()));
}

Status HnswIndex::recovered() {
  recovering_ = false;
  const storage::Relation& rows = relation();
  std::vector<std::pair<RowId, std::uint32_t>> dead;
  graph_.each([&](RowId row, std::uint32_t slot) {
    if (!has_slot(rows.newest(row), slot)) dead.push_back({row, slot});
  });
  for (const auto& [row, slot] : dead) graph_.remove(row, slot);
  std::vector<Item> items = newest_items();
  std::erase_if(items, [this](const Item& item) { return graph_.has(item.row, item.slot); });
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
