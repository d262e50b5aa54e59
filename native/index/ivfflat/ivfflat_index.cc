// ivfflat_index.cc: from row versions to list entries.
#include "ivfflat_index.h"

#include <algorithm>
#include <thread>
#include <unordered_set>

namespace orrery::index::ivfflat {
namespace {

unsigned all_cores() noexcept { return std::max(1u, std::thread::hardware_concurrency()); }
bool before(const VectorItem& a, const VectorItem& b) noexcept { return a.row != b.row ? a.row < b.row : a.slot < b.slot; }
bool same(const VectorItem& a, const VectorItem& b) noexcept { return a.row == b.row && a.slot == b.slot; }

struct EntryHash {
  std::size_t operator()(const Entry& e) const noexcept { return std::hash<std::uint64_t>{}(e.row * 0x9e3779b97f4a7c15u ^ e.slot); }
};
struct EntryEqual {
  bool operator()(const Entry& a, const Entry& b) const noexcept { return a.row == b.row && a.slot == b.slot; }
};

}  // namespace

void IvfflatIndex::apply(const VectorItem& item, bool removed) {
  if (is_waiting_) {
    const std::scoped_lock lock(pending_latch_);
    if (is_waiting_) {
      pending_.push_back({item, removed});
      return;
    }
  }
  if (removed) lists_.remove(item);
  else lists_.insert(item);
}

Status IvfflatIndex::insert(std::span<const storage::VersionRef> versions, storage::Xid, std::size_t*) {
  if (recovering_) return Status::ok();
  for (const storage::VersionRef v : versions)
    if (VectorItem item; item_of(v, &item)) apply(item, false);
  return Status::ok();
}

void IvfflatIndex::remove(std::span<const storage::VersionRef> versions) noexcept {
  if (recovering_) return;
  for (const storage::VersionRef v : versions)
    if (VectorItem item; item_of(v, &item)) apply(item, true);
}

void IvfflatIndex::remove_stale(storage::VersionRef version) noexcept {
  VectorItem item;
  if (!recovering_ && item_of(version, &item) && !is_needed_by_another(version, item)) apply(item, true);
}

void IvfflatIndex::build(storage::CommitTs oldest) {
  std::vector<VectorItem> items = items_since(oldest);
  lists_.train(items, all_cores());
  const std::scoped_lock lock(pending_latch_);
  // A version that a writer added during the walk may have been seen by it too.
  for (const Change& c : pending_)
    if (!c.removed) items.push_back(c.item);
  std::sort(items.begin(), items.end(), before);
  items.erase(std::unique(items.begin(), items.end(), same), items.end());
  lists_.fill(items, all_cores());
  for (const Change& c : pending_)
    if (c.removed) lists_.remove(c.item);
  pending_.clear();
  pending_.shrink_to_fit();
  is_waiting_ = false;
}

void IvfflatIndex::recovered() {
  recovering_ = false;
  std::vector<VectorItem> items = newest_items();
  if (!lists_.is_trained()) lists_.train(items, all_cores());
  std::unordered_set<Entry, EntryHash, EntryEqual> wanted;
  wanted.reserve(items.size());
  for (const VectorItem& item : items) wanted.insert({item.row, item.slot});
  lists_.erase_if([&](const Entry& e) { return wanted.erase(e) == 0; });
  std::erase_if(items, [&](const VectorItem& item) { return !wanted.contains({item.row, item.slot}); });
  lists_.fill(items, all_cores());
  is_waiting_ = false;
}

}  // namespace orrery::index::ivfflat
