// index.h: what a relation asks of its indexes (B-tree, HNSW, …).
//
// An index maps values to row ids, never to versions: an update that changes none of its columns does not touch it. Entries of
// older versions stay until vacuum, so a reader rechecks the visible version of each row that it finds.
//
// Threads: insert and remove from any thread, without the relation's write latch, after the versions were published; the index
// latches itself. During redo there is one thread.
#pragma once
#include <atomic>
#include <cstddef>
#include <span>

#include "../core/status.h"
#include "chunk.h"
#include "relation.h"
#include "transaction.h"

namespace orrery::storage {

class SecondaryIndex {
 public:
  SecondaryIndex(RelationId id, Relation& relation) : id_(id), relation_(relation) {}
  virtual ~SecondaryIndex() = default;
  RelationId id() const noexcept { return id_; }
  Relation& relation() const noexcept { return relation_; }

  /// True when an update of these columns (changed[i] != 0: column i may differ) must reach insert().
  virtual bool touches(std::span<const std::uint8_t> changed) const noexcept = 0;
  virtual bool unique() const noexcept { return false; }

  /// Adds entries for new versions (inserts, or updates that touch the index). `writer` is the open transaction, 0 in redo and
  /// vacuum (no uniqueness is checked then). Adding an entry that is there is no error.
  /// kUniqueViolation (object = id, detail = the existing row), kWait; *failed is then the position in `versions`, and the caller
  /// rolls the statement back: it calls remove() for inserted rows, all of them.
  virtual Status insert(std::span<const VersionRef> versions, Xid writer, std::size_t* failed) = 0;

  /// Takes entries of these versions back: rollback of inserts, vacuum of rows that nobody sees any more (also for
  /// entries that are not there). The row ids are never used again.
  virtual void remove(std::span<const VersionRef> versions) noexcept = 0;
  /// Vacuum: `version` of a row that lives on is going away; drop its entry unless another version of the row needs it.
  virtual void remove_stale(VersionRef version) noexcept { (void)version; }

  virtual std::size_t memory_bytes() const noexcept = 0;

  std::atomic<CommitTs> created{0};  // 0: by an open transaction
  std::atomic<CommitTs> dropped{0};  // 0: alive

 private:
  const RelationId id_;
  Relation& relation_;
};

}  // namespace orrery::storage
