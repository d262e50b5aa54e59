// index_scan.h: scans over a B-tree's range, and lookups of many keys.
//
// Both return the rows that the snapshot sees and whose visible version has the entry's key.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "../../storage/scan.h"
#include "btree.h"

namespace orrery::index {

/// One end of a range: the key of the first `columns` key columns.
struct EncodedBound {
  const Key& key;
  std::size_t columns;
  bool inclusive;
};
/// The range between two bounds, one of which may have one column more than the other. Where only one side bounds a column, rows with NULL in it
/// are left out, as a comparison would. nullopt: no key is in it.
std::optional<KeyRange> range_of(const KeyEncoder& encoder, const EncodedBound& lower, const EncodedBound& upper);
/// The same for bounds given as one-row blocks of the first key columns.
std::optional<KeyRange> range_of(const KeyEncoder& encoder, const Block* lower, bool lower_inclusive, const Block* upper, bool upper_inclusive);

class IndexScan final : public storage::Scan {
 public:
  /// `range` absent: no row can be in it.
  IndexScan(storage::TransactionManager& manager, const storage::Snapshot& snapshot, std::shared_ptr<storage::SecondaryIndex> index,
            std::vector<std::uint32_t> columns, bool with_row_ids, std::optional<KeyRange> range, bool backward);
  std::int64_t next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) override;

 private:
  void refill(std::uint32_t max_rows);
  storage::SnapshotHold hold_;
  std::shared_ptr<storage::SecondaryIndex> held_index_;
  const BTree& index_;
  storage::VersionBlockWriter writer_;
  KeyRange range_;
  const bool backward_;
  BTree::Position position_;
  std::vector<BTree::Item> items_;
  Key keys_;
  std::vector<storage::VersionRef> found_;
  std::size_t given_ = 0;
};

class IndexLookup final : public storage::Scan {
 public:
  /// `keys`: a copy is taken of the encoded keys of its rows. `nulls_equal`: a NULL finds NULLs; otherwise its key finds nothing.
  IndexLookup(storage::TransactionManager& manager, const storage::Snapshot& snapshot, std::shared_ptr<storage::SecondaryIndex> index,
              std::vector<std::uint32_t> columns, bool with_row_ids, const Block& keys, bool nulls_equal = false);
  std::int64_t next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) override;

 private:
  storage::SnapshotHold hold_;
  std::shared_ptr<storage::SecondaryIndex> held_index_;
  const BTree& index_;
  storage::VersionBlockWriter writer_;
  struct Wanted { std::size_t key_at; std::uint32_t key_length; std::uint32_t number; };
  std::vector<Wanted> wanted_;
  Key keys_;
  std::size_t at_ = 0;
  std::vector<storage::RowId> rows_;
  std::vector<storage::VersionRef> found_;
  std::vector<std::int32_t> numbers_;
  std::size_t given_ = 0;
};

/// The visible row of a whole key of a unique index: `key` is a block of one row that the encoder accepts. The snapshot is held by the caller.
storage::VersionRef find_row(const BTree& index, const Block& key, const storage::Snapshot& snapshot, const storage::TransactionManager& manager);

}  // namespace orrery::index
