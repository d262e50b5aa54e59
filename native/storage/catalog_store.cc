#include "catalog_store.h"

namespace orrery::storage {

std::uint64_t CatalogStore::changes(std::uint64_t since, std::vector<Change>& out) const {
  std::lock_guard guard(latch_);
  for (auto it = by_version_.upper_bound({since, UINT32_MAX}); it != by_version_.end(); ++it)
    out.push_back({it->second, objects_.at(it->second).json});
  return version_.load(std::memory_order_relaxed);
}

Status CatalogStore::claim(Oid oid, Xid xid, bool* fresh) {
  std::lock_guard guard(latch_);
  const auto [it, added] = claims_.emplace(oid, xid);
  *fresh = added;
  return it->second == xid ? Status::ok() : Status::wait(it->second);
}

void CatalogStore::unclaim(Oid oid, Xid xid) noexcept {
  std::lock_guard guard(latch_);
  const auto it = claims_.find(oid);
  if (it != claims_.end() && it->second == xid) claims_.erase(it);
}

void CatalogStore::apply(std::vector<Change> changes, Xid xid) {
  std::lock_guard guard(latch_);
  const std::uint64_t version = version_.load(std::memory_order_relaxed) + 1;
  for (Change& change : changes) {
    const auto it = objects_.find(change.oid);
    if (it != objects_.end()) by_version_.erase({it->second.version, change.oid});
    objects_[change.oid] = {std::move(change.json), version};
    by_version_.insert({version, change.oid});
    const auto claim = claims_.find(change.oid);
    if (claim != claims_.end() && claim->second == xid) claims_.erase(claim);
  }
  version_.store(version, std::memory_order_release);
}

void CatalogStore::restore(std::uint64_t version, std::vector<Change> objects) {
  std::lock_guard guard(latch_);
  objects_.clear();
  by_version_.clear();
  for (Change& o : objects) {
    by_version_.insert({version, o.oid});
    objects_[o.oid] = {std::move(o.json), version};
  }
  version_.store(version, std::memory_order_release);
}

}  // namespace orrery::storage
