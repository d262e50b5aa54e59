// row_changes.h: what one transaction has done to rows and definitions, in order: its undo list.
//
// Each entry can be settled (commit: stamps become timestamps) or taken back (rollback, also to a savepoint, newest first).
// A mark is a position in the list. Positions of versions stay valid: vacuum leaves chunks with open stamps alone.
// Threads: the transaction's own.
#pragma once
#include <functional>
#include <vector>

#include "catalog_store.h"
#include "lock_table.h"
#include "relation.h"
#include "transaction.h"

namespace orrery::storage {

class RowStore;

class RowChanges final : public TransactionParticipant {
 public:
  RowChanges(RowStore& store, Xid xid) : store_(store), xid_(xid) {}
  void start(Xid xid) noexcept { xid_ = xid; }

  void inserted(Relation& relation, VersionPos first, std::uint32_t count) { list_.push_back({&relation, first, count, Kind::kInsert}); }
  void updated(Relation& relation, VersionPos version) { list_.push_back({&relation, version, 1, Kind::kUpdate}); }
  void removed(Relation& relation, VersionPos version) { list_.push_back({&relation, version, 1, Kind::kDelete}); }
  void locked(Relation& relation, RowId row, LockStrength strength) {
    list_.push_back({&relation, row, static_cast<std::uint32_t>(strength), Kind::kLock});
  }
  /// A definition: `commit` runs under the commit mutex, `rollback` when it is taken back. Either may be empty.
  void defined(std::function<void(CommitTs)> commit, std::function<void()> rollback);
  void catalog_changed(CatalogStore::Change change, bool claimed);

  void on_commit(CommitTs ts, Lsn lsn) noexcept override;
  void after_commit(CommitTs ts) noexcept override;
  void on_rollback() noexcept override { on_rollback_to(0); }
  bool reuse() noexcept override;
  /// The row locks that it holds beside its changes.
  struct RowLock { RelationId relation; RowId row; LockStrength strength; };
  std::vector<RowLock> row_locks() const;
  std::size_t mark() const noexcept override { return list_.size(); }
  void on_rollback_to(std::size_t mark) noexcept override;
  void on_restart_from(std::size_t mark) noexcept override;

 private:
  enum class Kind : std::uint8_t { kInsert, kUpdate, kDelete, kLock, kDefinition, kCatalog };
  struct Change {
    Relation* relation;
    std::uint64_t at;     // version position, row id (lock) or index into definitions_ / catalog_
    std::uint32_t count;  // versions; strength of a lock; 1 = this change claimed the catalog object
    Kind kind;
  };
  struct Definition { std::function<void(CommitTs)> commit; std::function<void()> rollback; };
  void take_back(const Change& change) noexcept;
  bool row_lock_of(const Change& change, Change* lock) noexcept;

  RowStore& store_;
  Xid xid_;
  std::vector<Change> list_;
  std::vector<Definition> definitions_;
  std::vector<CatalogStore::Change> catalog_;
};

}  // namespace orrery::storage
