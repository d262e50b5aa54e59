// point_write.h: INSERT of one row, and UPDATE and DELETE of the row with a whole key of a unique B-tree index, with the rows of RETURNING encoded as
// DataRow messages: what a prepared write of one row runs.
//
// The row's values come from the caller (core/row_image.h). Whatever does not simply succeed (a row that another transaction holds or has
// changed, a key that is there already) is a status with nothing changed, for the general plan to run the statement.
// Threads: immutable after construction; each call with a transaction of the caller's own.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "../core/block.h"
#include "../index/btree/btree.h"
#include "../storage/row_store.h"
#include "../wire/data_row.h"

namespace orrery::exec {

class PointWrite {
 public:
  enum class Kind : std::uint8_t { kInsert = 1, kUpdate = 2, kDelete = 3 };
  /// `index`: finds the row, nullptr for kInsert. `changed`: the columns that UPDATE sets. `returning`: of the new row, DELETE: the old one.
  PointWrite(Kind kind, storage::RelationId relation, std::shared_ptr<index::BTree> index, std::vector<std::uint32_t> changed,
             std::vector<wire::OutputColumn> returning)
      : kind_(kind), relation_(relation), index_(std::move(index)), changed_(std::move(changed)), returning_(std::move(returning)) {}

  Kind kind() const noexcept { return kind_; }
  bool returns_rows() const noexcept { return !returning_.empty(); }
  const std::vector<std::uint32_t>& changed() const noexcept { return changed_; }
  /// Not for kInsert.
  const index::KeyEncoder& encoder() const noexcept { return index_->encoder(); }

  struct Target {
    storage::RowId row = 0;  // 0: the snapshot sees none
    storage::VersionRef version;
  };
  /// The row that the snapshot sees under `key`.
  Target find(const index::Key& key, const storage::Snapshot& snapshot, const storage::TransactionManager& manager) const;
  /// After a wait: the target locked, and in its newest version; row 0 where it is gone or has another key now.
  Status find_again(storage::RowStore& rows, storage::Transaction& t, const index::Key& key, Target* target) const;
  /// `reevaluated`: the target comes from find_again.
  Status insert(storage::RowStore& rows, storage::Transaction& t, const Block& row, wire::WireBuffer& out) const;
  Status update(storage::RowStore& rows, storage::Transaction& t, storage::RowId target, const Block& row, bool reevaluated, wire::WireBuffer& out) const;
  Status remove(storage::RowStore& rows, storage::Transaction& t, const Target& target, bool reevaluated, wire::WireBuffer& out) const;

 private:
  void encode(storage::VersionRef version, wire::WireBuffer& out) const;
  const Kind kind_;
  const storage::RelationId relation_;
  const std::shared_ptr<index::BTree> index_;
  const std::vector<std::uint32_t> changed_;
  const std::vector<wire::OutputColumn> returning_;
};

}  // namespace orrery::exec
