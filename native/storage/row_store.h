// row_store.h: the rows of one database: every relation with its indexes, sequences, the catalog relation, row locks; what the
// storage binding calls and what Room::kStorage effects (docs/formats/log-storage.md) replay into.
//
// Invariants
//  1. A function that returns a non-zero status changed nothing: its versions are taken back before it returns.
//  2. Whatever a transaction changes is in its effect buffer when the function returns, in an order that replays to the same state.
//  3. Positions of versions are nowhere on disk: row ids are, so vacuum and replay need not agree on where rows lie.
// Threads: any, each with its own transaction; the latch order is in transaction.h.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "../core/block.h"
#include "../index/btree/btree.h"
#include "../index/inverted/inverted_index.h"
#include "checkpoint.h"
#include "catalog_store.h"
#include "effects.h"
#include "index.h"
#include "lock_manager.h"
#include "lock_table.h"
#include "relation.h"
#include "row_changes.h"
#include "scan.h"
#include "sequence_store.h"
#include "transaction.h"

namespace orrery::storage {

class RowStore final : public CheckpointParticipant {
 public:
  RowStore(Log& log, TransactionManager& manager);
  ~RowStore() override;
  RowStore(const RowStore&) = delete;
  RowStore& operator=(const RowStore&) = delete;

  TransactionManager& manager() noexcept { return manager_; }
  ScanTable& scans() noexcept { return scans_; }
  CatalogStore& catalog() noexcept { return catalog_; }
  SequenceStore& sequences() noexcept { return sequences_; }
  LockTable& locks() noexcept { return locks_; }
  LockManager& lock_manager() noexcept { return lock_manager_; }

  // ---- definitions ----
  std::uint32_t allocate_oid();
  Status create_relation(Transaction& t, RelationId id, std::span<const ColumnType> columns);
  Status drop_relation(Transaction& t, RelationId id);
  Status add_column(Transaction& t, RelationId id, ColumnType type, const Block* missing);
  Status truncate(Transaction& t, RelationId id);
  Status create_btree(Transaction& t, RelationId index, RelationId relation, std::span<const index::KeyColumn> columns, bool unique,
                      bool nulls_not_distinct);
  Status create_inverted(Transaction& t, RelationId index, RelationId relation, std::span<const index::InvertedColumn> columns);
  Status drop_index(Transaction& t, RelationId index);
  /// nullptr: there is none. The pointer is good while the caller's transaction or snapshot lives.
  Relation* find(RelationId id) const;
  std::shared_ptr<SecondaryIndex> find_index(RelationId id) const;
  /// For indexes that other rooms make (HNSW): maintained by every writer from now on; the caller logs its own definition.
  void attach_index(std::shared_ptr<SecondaryIndex> index);
  void detach_index(RelationId id);

  // ---- rows ----
  /// Appends the block's rows. On kUniqueViolation and kWait, *failed_row is the block's row. `first_row`: the new row ids are
  /// contiguous from it.
  Status insert(Transaction& t, Relation& relation, const Block& block, RowId* first_row, std::size_t* failed_row);
  /// `reevaluated`: the caller has locked the rows with lock_newest and judged their newest versions, which may be younger than the snapshot.
  /// `row_ids`: where they are not in the block.
  Status update(Transaction& t, Relation& relation, const Block& block, std::span<const std::uint32_t> changed, std::size_t* failed_row,
                bool reevaluated = false, std::span<const RowId> row_ids = {});
  /// `moves`: the rows go to other partitions; who waits for one is told (RowFate::kMoved).
  Status remove(Transaction& t, Relation& relation, std::span<const RowId> rows, bool reevaluated = false, bool moves = false);
  /// Row id 0 is the relation itself: a lock that only lockers meet.
  Status lock_rows(Transaction& t, Relation& relation, std::span<const RowId> rows, LockStrength strength);
  /// What became of a row since the snapshot. kGone rows and those that moved to another partition are not locked.
  enum class RowFate : std::uint8_t { kSame, kChanged, kGone, kMoved };
  /// Locks the newest versions, whatever the snapshot sees (read committed); `fates` has a place for each row. kWait changes nothing.
  Status lock_newest(Transaction& t, Relation& relation, std::span<const RowId> rows, LockStrength strength, std::span<RowFate> fates);

  // ---- sequences and catalog, within a transaction ----
  Status create_sequence(Transaction& t, RelationId id, const SequenceDefinition& definition);
  Status alter_sequence(Transaction& t, RelationId id, const SequenceDefinition& definition);
  Status drop_sequence(Transaction& t, RelationId id);
  /// nullopt deletes.
  Status put_catalog(Transaction& t, CatalogStore::Oid oid, std::optional<std::string> json);

  // ---- transactions that were prepared before a restart (redo.cc) ----
  /// Rows that revive() has inserted: relation and row id in the log to the row id now.
  using RevivedRows = std::map<std::pair<RelationId, RowId>, RowId>;
  /// Runs one logged change of rows (kInsert, kUpdate, kDelete) again as the open transaction's own.
  Status revive(Transaction& t, std::uint8_t operation, ByteReader payload, RevivedRows& rows);

  // ---- recovery and checkpoints (redo.cc, row_checkpoint.cc) ----
  Status redo(std::uint8_t operation, ByteReader payload, CommitTs ts, Lsn lsn) override;
  Status save(CheckpointWriter& out, const CheckpointMark& mark) override;
  Status load(CheckpointReader& in) override;
  Status recovered(Lsn end) override;
  void digest(Digest& out) override;
  void statistics(const std::function<void(std::string_view, double)>& report) override;

  // ---- vacuum (vacuum.cc) ----
  /// One bounded step over a relation: frees what nobody can see, rewrites chunks that are mostly dead. True when it did something.
  /// `thorough`: also chunks of which 3 % are dead, and the one that is being filled.
  bool vacuum(Relation& relation, bool thorough = false);
  /// The same by id; false when there is no such relation.
  bool vacuum(RelationId id, bool thorough = false);
  /// Starts the thread that vacuums relations with many dead versions.
  void start_vacuum();
  void stop_vacuum();

  std::size_t memory_bytes() const;

  /// The transaction's undo list. Rooms that define things beside rows (vector indexes) add their definitions to it.
  RowChanges& changes_of(Transaction& t);

 private:
  friend class RowChanges;
  void define(Transaction& t, StorageEffect effect, const ByteWriter& payload, std::function<void(CommitTs)> commit,
              std::function<void()> rollback);
  Status writable(const Transaction& t, Relation& relation, VersionRef newest, RowId row, LockStrength strength, bool* skip,
                  RowFate* fate = nullptr) const;
  Status in_turn(Transaction& t, const Relation& relation, RowId row, LockStrength strength, Status status);
  Status lock(Transaction& t, Relation& relation, std::span<const RowId> rows, LockStrength strength, std::span<RowFate> fates);
  LockStrength strength_of_update(const Relation::IndexList& indexes, std::span<const std::uint8_t> changed, VersionRef old,
                                  const Block& block, std::uint32_t row) const;
  Xid open_writer(const Relation& relation, Xid own) const noexcept;
  Status claim_definition(Transaction& t, Relation& relation, bool* fresh);
  static Status enterable(const Transaction& t, const Relation& relation);
  Status undo(Transaction& t, std::size_t mark, Status status);
  Status undo_change(Transaction& t, std::size_t mark, Status status);
  void retire(std::shared_ptr<void> object);
  void purge_retired();
  void erase_relation(RelationId id);
  void erase_index(RelationId id);
  std::shared_ptr<Relation> share(RelationId id) const;
  Status redo_rows(Relation& relation, StorageEffect effect, ByteReader& in, CommitTs ts);
  void raise_oid(std::uint32_t used) noexcept;
  Status save_relation(CheckpointWriter& out, const Relation& relation, const Snapshot& snapshot);
  Status save_index(CheckpointWriter& out, const index::BTree& index, const Snapshot& snapshot);
  Status save_inverted(CheckpointWriter& out, const index::InvertedIndex& index, const Snapshot& snapshot);
  Status load_relation(CheckpointInput& in);
  Status load_index(CheckpointInput& in);
  Status load_inverted(CheckpointInput& in);
  bool move_rows(Relation& relation, std::uint32_t chunk);
  bool reclaim(Relation& relation, std::uint32_t chunk, CommitTs oldest);
  bool prune(Relation& relation);

  Log& log_;
  TransactionManager& manager_;
  ScanTable scans_;
  LockTable locks_;
  LockManager lock_manager_;
  CatalogStore catalog_;
  SequenceStore sequences_;
  mutable std::shared_mutex registry_latch_;
  std::unordered_map<RelationId, std::shared_ptr<Relation>> relations_;
  std::unordered_map<RelationId, std::shared_ptr<SecondaryIndex>> indexes_;
  std::atomic<std::uint32_t> next_oid_{16384};  // below: built-in objects
  std::uint32_t logged_oid_ = 16384;            // the log knows that ids below may be in use
  std::mutex oid_latch_;
  CommitTs loaded_ts_ = 0;                      // redo skips what the checkpoint holds
  CommitTs loaded_catalog_ts_ = 0;
  struct Retired { std::shared_ptr<void> object; CommitTs ts; };
  std::mutex retired_latch_;
  std::vector<Retired> retired_;                // out of reach, freed when no snapshot is old enough to hold it
  std::vector<Retired> retired_chunks_;         // freed when nobody looks at versions who may have begun before
  struct Vacuum;
  std::unique_ptr<Vacuum> vacuum_;
};

}  // namespace orrery::storage
