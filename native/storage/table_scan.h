// table_scan.h: scans over all rows of a relation and over rows by id.
#pragma once
#include <vector>

#include "scan.h"

namespace orrery::storage {

/// Every row that the snapshot sees, in the order of their versions. Chunks that are wholly visible are copied column by column.
class TableScan final : public Scan {
 public:
  TableScan(TransactionManager& manager, const Snapshot& snapshot, const Relation& relation, std::vector<std::uint32_t> columns,
            bool with_row_ids);
  std::int64_t next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) override;

 private:
  SnapshotHold hold_;
  const Relation& relation_;
  VersionBlockWriter writer_;
  const std::uint32_t chunk_count_;
  std::uint32_t chunk_ = 0;
  std::uint32_t slot_ = 0;
  std::vector<VersionRef> found_;
  std::size_t given_ = 0;  // found_ before it went out already
};

/// The rows with these ids, in this order, invisible ones left out.
class RowFetch final : public Scan {
 public:
  RowFetch(TransactionManager& manager, const Snapshot& snapshot, const Relation& relation, std::vector<std::uint32_t> columns,
           std::vector<RowId> rows);
  std::int64_t next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) override;

 private:
  SnapshotHold hold_;
  const Relation& relation_;
  VersionBlockWriter writer_;
  std::vector<RowId> rows_;
  std::size_t at_ = 0;
  std::vector<VersionRef> found_;
  std::size_t given_ = 0;
};

}  // namespace orrery::storage
