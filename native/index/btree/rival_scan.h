// rival_scan.h: rows that may conflict with others, for uniqueness that is judged late and for exclusion constraints.
//
// For each of many key ranges: the newest versions of the rows in it, those that open transactions wrote too, whatever any snapshot sees.
// A row whose fate another transaction decides comes with that transaction, which whoever judges must wait for.
//
// Reaching back: when the rows of an index exclude each other by overlap, a range's keys begin with its lower bound, and no two rows overlap
// except those not judged yet. Of the rows below the range only those up to the first one that is sure to live can then reach into it:
// what lies below that one would overlap it.
#pragma once
#include <memory>
#include <vector>

#include "../../storage/scan.h"
#include "btree.h"

namespace orrery::index {

class RivalScan final : public storage::Scan {
 public:
  /// Row i of `lower` and `upper` (blocks of the first key columns, as many rows) bound range i: everything from the first to the end of
  /// what begins with the second. `reach_back`: goes on below `lower` within the same first `equal_columns` columns.
  RivalScan(storage::TransactionManager& manager, const storage::Snapshot& snapshot, storage::Xid writer,
            std::shared_ptr<storage::SecondaryIndex> index, std::vector<std::uint32_t> columns, const Block& lower, const Block& upper,
            bool reach_back, std::uint32_t equal_columns);
  /// Blocks carry row ids, the columns, the range's number (int32) and as the last column (int64) 0, or the transaction that decides
  /// whether the row lives; negative when the row has another key now, so that it is a rival only if that transaction fails.
  std::int64_t next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) override;

 private:
  struct Wanted { KeyRange range; KeyRange below; };
  void search(const Wanted& wanted, std::int32_t number);
  bool take(const BTree::Item& item, std::int32_t number);
  storage::SnapshotHold hold_;
  const storage::Xid writer_xid_;
  std::shared_ptr<storage::SecondaryIndex> held_index_;
  const BTree& index_;
  storage::VersionBlockWriter writer_;
  const bool reach_back_;
  std::vector<Wanted> wanted_;
  std::size_t at_ = 0;
  Key keys_;
  std::vector<storage::VersionRef> found_;
  std::vector<std::int32_t> numbers_;
  std::vector<std::int64_t> blockers_;
  std::size_t given_ = 0;
};

}  // namespace orrery::index
