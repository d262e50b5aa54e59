#include "row_changes.h"

#include "index.h"
#include "row_store.h"

namespace orrery::storage {

void RowChanges::defined(std::function<void(CommitTs)> commit, std::function<void()> rollback) {
  list_.push_back({nullptr, definitions_.size(), 0, Kind::kDefinition});
  definitions_.push_back({std::move(commit), std::move(rollback)});
}

void RowChanges::catalog_changed(CatalogStore::Change change, bool claimed) {
  list_.push_back({nullptr, catalog_.size(), claimed ? 1u : 0u, Kind::kCatalog});
  catalog_.push_back(std::move(change));
}

std::vector<RowChanges::RowLock> RowChanges::row_locks() const {
  std::vector<RowLock> out;
  for (const Change& c : list_)
    if (c.kind == Kind::kLock) out.push_back({c.relation->id(), c.at, static_cast<LockStrength>(c.count)});
  return out;
}

void RowChanges::on_commit(CommitTs ts, Lsn) noexcept {
  for (const Change& c : list_)
    if (c.kind == Kind::kDefinition && definitions_[c.at].commit) definitions_[c.at].commit(ts);
  if (!catalog_.empty()) store_.catalog_.apply(std::move(catalog_), xid_);
}

void RowChanges::after_commit(CommitTs ts) noexcept {
  bool catalog_changed = false;
  for (const Change& c : list_) {
    switch (c.kind) {
      case Kind::kInsert:
        for (std::uint32_t i = 0; i < c.count; i++) c.relation->settle_begin(c.relation->version(c.at + i), ts);
        break;
      case Kind::kUpdate: {
        const VersionRef v = c.relation->version(c.at);
        c.relation->settle_begin(v, ts);
        c.relation->settle_end(c.relation->version(v.chunk->older(v.slot)), ts);
        break;
      }
      case Kind::kDelete:
        c.relation->settle_end(c.relation->version(c.at), ts);
        break;
      case Kind::kLock:
        store_.locks_.release(c.relation->id(), c.at, xid_, static_cast<LockStrength>(c.count));
        c.relation->row_locks.fetch_sub(1, std::memory_order_relaxed);
        break;
      case Kind::kDefinition:
        break;
      case Kind::kCatalog:
        catalog_changed = true;
        break;
    }
  }
  if (catalog_changed) store_.catalog_.notify();
}

void RowChanges::take_back(const Change& c) noexcept {
  switch (c.kind) {
    case Kind::kInsert: {
      std::vector<VersionRef> versions;
      versions.reserve(c.count);
      for (std::uint32_t i = 0; i < c.count; i++) versions.push_back(c.relation->version(c.at + i));
      for (const auto& index : *c.relation->indexes()) index->remove(versions);
      std::lock_guard guard(c.relation->write_latch());
      for (const VersionRef v : versions) {
        c.relation->forget_row(v.row_id());
        c.relation->abort_version(v);
      }
      c.relation->live_rows.fetch_sub(c.count, std::memory_order_relaxed);
      break;
    }
    case Kind::kUpdate: {
      // Index entries of the new version stay: an older version may have the same key. Vacuum takes them.
      std::lock_guard guard(c.relation->write_latch());
      const VersionRef v = c.relation->version(c.at);
      const VersionPos old = v.chunk->older(v.slot);
      c.relation->set_newest(v.row_id(), old);
      c.relation->abort_version(v);
      c.relation->clear_end(c.relation->version(old));
      break;
    }
    case Kind::kDelete: {
      std::lock_guard guard(c.relation->write_latch());
      c.relation->clear_end(c.relation->version(c.at));
      c.relation->live_rows.fetch_add(1, std::memory_order_relaxed);
      break;
    }
    case Kind::kLock:
      store_.locks_.release(c.relation->id(), c.at, xid_, static_cast<LockStrength>(c.count));
      c.relation->row_locks.fetch_sub(1, std::memory_order_relaxed);
      break;
    case Kind::kDefinition:
      if (definitions_[c.at].rollback) definitions_[c.at].rollback();
      definitions_.pop_back();
      break;
    case Kind::kCatalog:
      if (c.count != 0) store_.catalog_.unclaim(catalog_.back().oid, xid_);
      catalog_.pop_back();
      break;
  }
}

void RowChanges::on_rollback_to(std::size_t mark) noexcept {
  while (list_.size() > mark) {
    const Change change = list_.back();
    take_back(change);
    list_.pop_back();
  }
}

/// The lock that a change of an existing row amounts to, taken while the change still keeps others out.
bool RowChanges::row_lock_of(const Change& c, Change* lock) noexcept {
  if (c.kind == Kind::kLock) {
    *lock = c;
    return true;
  }
  if (c.kind != Kind::kUpdate && c.kind != Kind::kDelete) return false;
  const VersionRef v = c.relation->version(c.at);
  const LockStrength strength = c.kind == Kind::kUpdate && !v.chunk->key_changed(v.slot) ? LockStrength::kNoKeyUpdate : LockStrength::kUpdate;
  std::lock_guard guard(c.relation->write_latch());
  bool added = false;
  if (store_.locks_.acquire(c.relation->id(), v.row_id(), xid_, strength, &added) != 0 || !added) return false;
  c.relation->row_locks.fetch_add(1, std::memory_order_relaxed);
  *lock = {c.relation, v.row_id(), static_cast<std::uint32_t>(strength), Kind::kLock};
  return true;
}

void RowChanges::on_restart_from(std::size_t mark) noexcept {
  std::vector<Change> kept;
  while (list_.size() > mark) {
    const Change change = list_.back();
    Change lock;
    if (row_lock_of(change, &lock)) kept.push_back(lock);
    if (change.kind != Kind::kLock) take_back(change);
    list_.pop_back();
  }
  list_.insert(list_.end(), kept.rbegin(), kept.rend());
}

bool RowChanges::reuse() noexcept {
  // A bulk load must not leave its undo list behind in the pool.
  if (list_.capacity() > 4096) return false;
  list_.clear();
  definitions_.clear();
  catalog_.clear();
  return true;
}

}  // namespace orrery::storage
