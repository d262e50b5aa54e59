// scan.h: what stands behind a scan handle of the binding: something that fills blocks (docs/formats/block.md).
//
// The rooms add scans of their own (index scans here, HNSW walks, native pipelines) to the engine's ScanTable; scanNext and
// scanClose of the binding then serve them all.
// Threads: a scan is used by one thread at a time; the table from any thread.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "../core/block.h"
#include "relation.h"

namespace orrery::storage {

class Scan {
 public:
  virtual ~Scan() = default;
  /// Fills `block` (capacity bytes, 8-aligned) with up to max_rows rows. Returns the row count; 0 = the end;
  /// -n = not even one row fits, the buffer must have at least n bytes (nothing is lost: call again).
  virtual std::int64_t next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) = 0;
};

class ScanTable {
 public:
  using Handle = std::uint32_t;  // from 1
  Handle open(std::unique_ptr<Scan> scan);
  /// nullptr: no such handle.
  Scan* find(Handle handle);
  void close(Handle handle);
  /// The scan itself, for an operator that reads it from now on; the handle is free again. nullptr: no such handle.
  std::unique_ptr<Scan> take(Handle handle);

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Scan>> scans_;
  std::vector<Handle> free_;
};

/// A column of a block to be filled.
struct OutputColumn { PhysicalType type; std::uint32_t dimensions; };

/// Keeps vacuum from freeing what a snapshot may read, for as long as it lives.
class SnapshotHold {
 public:
  SnapshotHold(TransactionManager& manager, const Snapshot& snapshot);
  ~SnapshotHold();
  SnapshotHold(const SnapshotHold&) = delete;
  SnapshotHold& operator=(const SnapshotHold&) = delete;
  const Snapshot& snapshot() const noexcept { return snapshot_; }
  TransactionManager& manager() const noexcept { return manager_; }

 private:
  TransactionManager& manager_;
  Snapshot snapshot_;
  Snapshot held_;
};

/// Writes row versions into a block: the chosen columns of each, optional row ids, and optional extra columns of the caller
/// (int32 key numbers, float64 distances) after them.
class VersionBlockWriter {
 public:
  struct Extra { PhysicalType type; const void* values; };  // kInt32, kInt64, kFloat32 or kFloat64; one value per version
  VersionBlockWriter(const Relation& relation, std::vector<std::uint32_t> columns, bool with_row_ids);
  /// How many of `versions` fit in `capacity` bytes (a prefix); when not even one does, *need is its size.
  std::uint32_t fit(std::span<const VersionRef> versions, std::size_t capacity, std::size_t extra_width, std::size_t* need) const;
  /// Writes all of `versions`, which fit() accepted.
  void write(std::span<const VersionRef> versions, std::uint8_t* block, std::span<const Extra> extras = {}) const;
  const std::vector<std::uint32_t>& columns() const noexcept { return columns_; }

 private:
  void write_column(std::uint32_t column, std::span<const VersionRef> versions, std::uint8_t* block, std::size_t descriptor,
                    std::size_t& at) const;
  const Relation& relation_;
  std::vector<std::uint32_t> columns_;
  bool with_row_ids_;
  bool all_fixed_;         // no varlen column: sizes are known without looking
  std::size_t row_bytes_;  // fixed bytes per row, validity included
};

}  // namespace orrery::storage
