// catalog_store.h: the catalog relation: one JSON text per object, by OID, with the version at which it last changed.
//
// Invariants
//  1. The version grows by one with each commit that touched the catalog; an object's version is that of its last change.
//  2. Objects that are gone stay as tombstones, so that every cache hears of it; a checkpoint drops them.
//  3. One open transaction at a time has claimed an object.
// Threads: any; one mutex. A transaction's own changes are held by its RowChanges until commit.
#pragma once
#include <atomic>
#include <functional>
#include <set>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "../core/status.h"
#include "ids.h"

namespace orrery::storage {

class CatalogStore {
 public:
  using Oid = std::uint32_t;
  struct Change { Oid oid; std::optional<std::string> json; };

  std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
  /// Objects changed after `since`, oldest change first, and the version that this is.
  std::uint64_t changes(std::uint64_t since, std::vector<Change>& out) const;
  /// kWait when another open transaction has claimed the object. *fresh: this call claimed it.
  Status claim(Oid oid, Xid xid, bool* fresh);
  void unclaim(Oid oid, Xid xid) noexcept;
  /// Commit: all of one transaction's changes, as one version.
  void apply(std::vector<Change> changes, Xid xid);
  /// Called after each apply was published, with the version.
  void set_listener(std::function<void(std::uint64_t)> listener) { listener_ = std::move(listener); }
  void notify() const { if (listener_) listener_(version()); }
  void restore(std::uint64_t version, std::vector<Change> objects);

 private:
  struct Object { std::optional<std::string> json; std::uint64_t version; };
  mutable std::mutex latch_;
  std::unordered_map<Oid, Object> objects_;
  std::set<std::pair<std::uint64_t, Oid>> by_version_;
  std::unordered_map<Oid, Xid> claims_;
  std::atomic<std::uint64_t> version_{0};
  std::function<void(std::uint64_t)> listener_;
};

}  // namespace orrery::storage
