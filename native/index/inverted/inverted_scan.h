// inverted_scan.h: the visible rows that an inverted index finds for a query, in row id order; they are not judged.
//
// Threads: as any scan. The query is evaluated when the scan opens: rows that come later are not visible to its snapshot.
#pragma once
#include <memory>
#include <vector>

#include "../../storage/scan.h"
#include "inverted_index.h"

namespace orrery::index {

class InvertedScan final : public storage::Scan {
 public:
  InvertedScan(storage::TransactionManager& manager, const storage::Snapshot& snapshot, std::shared_ptr<storage::SecondaryIndex> index,
               std::vector<std::uint32_t> columns, bool with_row_ids, const InvertedQuery& query);
  std::int64_t next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) override;

 private:
  storage::SnapshotHold hold_;
  const std::shared_ptr<storage::SecondaryIndex> held_index_;
  const InvertedIndex& index_;
  storage::VersionBlockWriter writer_;
  std::vector<storage::RowId> rows_;
  std::size_t at_ = 0;
  std::vector<storage::VersionRef> found_;  // read ahead
  std::size_t given_ = 0;
};

}  // namespace orrery::index
