// spill.h: rows that leave memory for a temporary file and come back in the order in which they went.
//
// A file is a sequence of records of up to kBatchRows rows: u32 bytes of the record, u32 rows, then per column u8 (1: validity follows as a byte
// a row), and the values: fixed-width ones as they are, kBytes as u32 lengths and then the bytes. Nothing else reads it.
// Threads: one at a time.
#pragma once
#include <memory>
#include <vector>

#include "../../core/temporary_files.h"
#include "operator.h"

namespace orrery::exec {

/// Failure::kDisk and the system's words.
bool disk_failed(Context& context, const Status& status);  // always false

class SpillFile {
 public:
  /// `record_rows`: how many are gathered before they are written.
  SpillFile(const std::vector<Kind>& kinds, Memory& memory, std::uint32_t record_rows = kBatchRows)
      : kinds_(kinds), record_rows_(record_rows), pending_(kinds, memory) {}
  /// Rows `select` of a batch. False: Context::failure is set.
  bool append(Context& context, const Batch& batch, const std::uint32_t* select, std::uint32_t count);
  bool append(Context& context, const Batch& batch);
  /// After the last row, before the first `read`.
  bool finish(Context& context);
  std::uint64_t rows() const noexcept { return rows_; }
  const std::vector<Kind>& kinds() const noexcept { return kinds_; }

  /// The next batch, which stays until the next call; kEnd, kFail.
  Step read(Context& context, Batch& out);

 private:
  bool write_pending(Context& context);
  bool write_record(Context& context, const Batch& batch);
  const std::vector<Kind> kinds_;
  const std::uint32_t record_rows_;
  std::unique_ptr<File> file_;
  Table pending_;
  std::uint64_t rows_ = 0, written_ = 0, read_ = 0;
  std::vector<std::uint8_t> bytes_;
  std::unique_ptr<GatherBuffers> buffers_;
};
using SpillFilePtr = std::unique_ptr<SpillFile>;

/// Reads a file once.
OperatorPtr make_spill_scan(SpillFilePtr file);

/// Rows spread by the hash of their keys, so that equal keys come together and each part fits more easily.
class Partitions {
 public:
  static constexpr std::uint32_t kCount = 32, kMaxDepth = 4;
  Partitions(const std::vector<Kind>& kinds, std::uint32_t depth, Memory& memory) : depth_(depth) {
    for (auto& f : files_) f = std::make_unique<SpillFile>(kinds, memory, kRecordRows);
  }
  /// Rows `select` of the batch; hashes[i] is that of row i of the batch.
  bool append(Context& context, const Batch& batch, const std::uint64_t* hashes, const std::uint32_t* select, std::uint32_t count);
  SpillFilePtr take(std::uint32_t part) noexcept { return std::move(files_[part]); }

 private:
  /// So that what is gathered for all files stays small.
  static constexpr std::uint32_t kRecordRows = 256;
  /// Five bits of their own at each depth, away from those that find a slot.
  std::uint32_t part_of(std::uint64_t hash) const noexcept { return static_cast<std::uint32_t>(hash >> (59 - 5 * depth_)) % kCount; }
  const std::uint32_t depth_;
  SpillFilePtr files_[kCount];
  std::uint32_t chosen_[kBatchRows];
};

}  // namespace orrery::exec
