// pipeline.h: a running native pipeline: a tree of operators whose result leaves as blocks (for TypeScript operators or storage) or as
// DataRow messages.
//
// It stands in the engine's ScanTable like any scan. Rows leave only when all of a batch fits; a pipeline that fails has given rows
// only if its operators stream, so the caller can run the general plan in its place (Failure::kFallback).
// Threads: one at a time.
#pragma once
#include <span>

#include "../../storage/scan.h"
#include "../../wire/data_row.h"
#include "program.h"

namespace orrery::exec {

class Pipeline final : public storage::Scan {
 public:
  static constexpr std::int64_t kYielded = -1, kFallback = -2, kMemory = -3;

  Pipeline(storage::TransactionManager& manager, const storage::Snapshot& snapshot, std::size_t memory_limit);
  ~Pipeline() override;
  /// False: the program is damaged or does not fit; the pipeline must not be used.
  bool prepare(std::span<const std::uint8_t> program, const Sources& sources);

  /// Runs until there are rows or `budget_micros` are over. Rows written; 0 at the end; kYielded, kFallback, kMemory;
  /// -n (n >= 16): the block must have at least n bytes.
  std::int64_t next_block(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows, std::uint32_t budget_micros);
  /// The same with DataRow messages: at least one batch's rows when there are any. Returns rows in *rows, and bytes as the result.
  std::int64_t next_rows(std::span<const wire::OutputColumn> columns, wire::WireBuffer& out, std::uint32_t budget_micros, std::uint32_t* rows);
  const std::vector<PipelineOutput>& outputs() const noexcept { return program_.outputs; }

  std::int64_t next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) override;

 private:
  /// A batch is in `batch_` from `at_` on, or why not (0: the end).
  std::int64_t pull(std::uint32_t budget_micros);
  std::size_t block_bytes(std::uint32_t rows) const;
  void write_block(std::uint32_t rows, std::uint8_t* block) const;
  void write_output(const wire::OutputColumn& c, std::uint32_t row, wire::WireBuffer& out) const;
  const Vector& output(std::size_t i) const noexcept;

  storage::SnapshotHold hold_;
  Context context_;
  Program program_;
  Batch batch_;
  std::uint32_t at_ = 0;
  bool ended_ = false;
};

}  // namespace orrery::exec
