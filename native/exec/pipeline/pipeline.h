// pipeline.h: a running native pipeline: a tree of operators whose result leaves as blocks (for TypeScript operators or storage) or as
// DataRow messages.
//
// It stands in the engine's ScanTable like any scan. Rows leave only when all of a batch fits; a pipeline that fails has given rows
// only if its operators stream, so the caller can run the general plan in its place (Failure::kFallback).
// Threads: one at a time.
#pragma once
#include <span>

#include "../../storage/scan.h"
#include "program.h"
#include "row_encoder.h"

namespace orrery::exec {

class Background;

class Pipeline final : public storage::Scan {
 public:
  static constexpr std::int64_t kYielded = -1, kFallback = -2, kMemory = -3, kDisk = -4;

  /// Sorts, groups and joins go on with temporary files, where there are any, from half of the limit on.
  Pipeline(storage::TransactionManager& manager, const storage::Snapshot& snapshot, std::size_t memory_limit, TemporaryFiles* temporary = nullptr);
  ~Pipeline() override;
  /// False: the program is damaged or does not fit; the pipeline must not be used.
  bool prepare(std::span<const std::uint8_t> program, const Sources& sources);

  /// Runs until there are rows or `budget_micros` are over. Rows written; 0 at the end; kYielded, kFallback, kMemory, kDisk;
  /// -n (n >= 16): the block must have at least n bytes.
  std::int64_t next_block(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows, std::uint32_t budget_micros);
  /// The same with encoded rows: as many of a batch as fit, at least one. Returns rows in *rows, and bytes as the result.
  std::int64_t next_rows(RowEncoder& encoder, wire::WireBuffer& out, std::uint32_t budget_micros, std::uint32_t* rows);
  /// After kDisk.
  const Status& disk() const noexcept { return context_.disk; }
  /// From any thread: what runs gives up soon, and the pipeline gives no more rows.
  void interrupt() noexcept { context_.stop.store(true, std::memory_order_relaxed); }
  /// Its memory is worth freeing elsewhere than on a thread that answers clients.
  bool is_large() const noexcept { return context_.memory.peak > kLargeBytes; }
  /// Its run on another thread, once there is one; the pipeline stops it when it goes.
  std::shared_ptr<Background> background;
  const std::vector<PipelineOutput>& outputs() const noexcept { return program_.outputs; }

  std::int64_t next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) override;

 private:
  static constexpr std::size_t kLargeBytes = 32u << 20;
  /// Runs until a batch is there (1), or says why not as `next_block`.
  std::int64_t pull(std::uint32_t budget_micros);
  std::size_t block_bytes(std::uint32_t rows) const;
  void write_block(std::uint32_t rows, std::uint8_t* block) const;
  const Vector& output(std::size_t i) const noexcept;

  storage::SnapshotHold hold_;
  Context context_;
  Program program_;
  Batch batch_;  // rows from at_ on are still to be given
  std::uint32_t at_ = 0;
  bool ended_ = false, gave_rows_ = false;
  std::int64_t result_ = 0;  // when ended: 0 or why it failed, for whoever asks again
  std::vector<EncodedField> fields_;  // what next_rows hands to the encoder
};

}  // namespace orrery::exec
