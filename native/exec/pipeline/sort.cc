// sort.cc: ORDER BY, all rows or the first few. What does not fit becomes sorted runs in temporary files (merge.h).
#include <algorithm>

#include "gather.h"
#include "merge.h"
#include "sort_rows.h"

namespace orrery::exec {
namespace {

class SortOperator final : public Operator {
 public:
  SortOperator(OperatorPtr input, std::vector<SortKey> keys, std::uint64_t first, bool may_spill, Memory& memory)
      : Operator(input->kinds()), may_spill_(may_spill), memory_(memory), input_(std::move(input)), keys_(std::move(keys)), first_(first), table_(kinds_, memory),
        order_(memory), buffers_(kinds_) {}

  Step next(Context& context, Batch& out) override {
    if (!sorted_) {
      const Step step = gather_.all(*input_, table_, context, [this](Context& c) { return shrink(c); });
      if (step != Step::kEnd) return step;
      if (!finish(context)) return Step::kFail;
      sorted_ = true;
    }
    if (merge_) return next_merged(context, out);
    const auto end = static_cast<std::uint32_t>(std::min<std::uint64_t>(table_.rows(), first_));
    if (at_ >= end) return Step::kEnd;
    sorted_batch(at_, end, out);
    at_ += out.rows;
    return Step::kRows;
  }
  void reset() override {
    ORRERY_ASSERT(!merge_);
    input_->reset();
    table_.clear();
    order_.clear();
    gather_.reset();
    sorted_ = false;
    at_ = 0;
  }

 private:
  /// What cannot be among the first rows goes; what does not fit goes to a file.
  bool shrink(Context& context) {
    if (first_ < kSmallFirst && table_.rows() > first_ * 4 + 65536 && !keep_first(context)) return false;
    return !may_spill_ || table_.rows() < kRunRowsMin || !memory_.is_tight(table_.rows() * kSortBytesPerRow) || write_run(context);
  }
  bool finish(Context& context) {
    if (runs_.empty()) return sort_rows(table_, keys_, order_, context);
    if (!write_run(context)) return false;
    merge_ = std::make_unique<Merge>(std::move(runs_), keys_);
    return true;
  }
  /// Rows from place `from` on, as many as a batch has, below place `end`.
  void sorted_batch(std::uint32_t from, std::uint32_t end, Batch& out) {
    out.rows = std::min(end - from, kBatchRows);
    out.columns.resize(kinds_.size());
    for (std::size_t c = 0; c < kinds_.size(); c++) out.columns[c] = table_.column(c).gather(order_.data() + from, out.rows, buffers_[c]);
  }
  /// The rows so far go to a file, in order.
  bool write_run(Context& context) {
    if (table_.rows() == 0) return true;
    if (!sort_rows(table_, keys_, order_, context)) return false;
    const auto end = static_cast<std::uint32_t>(std::min<std::uint64_t>(table_.rows(), first_));
    auto run = std::make_unique<SpillFile>(kinds_, memory_);
    Batch batch;
    for (std::uint32_t from = 0; from < end; from += kBatchRows) {
      if (context.failed()) return false;
      sorted_batch(from, end, batch);
      if (!run->append(context, batch)) return false;
    }
    if (!run->finish(context)) return false;
    runs_.push_back(std::move(run));
    table_ = Table(kinds_, memory_);
    order_.release();
    return true;
  }
  Step next_merged(Context& context, Batch& out) {
    if (merged_ >= first_) return Step::kEnd;
    const Step step = merge_->next(context, out);
    if (step != Step::kRows) return step;
    out.rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(out.rows, first_ - merged_));
    merged_ += out.rows;
    return step;
  }
  /// Drops what cannot be among the first rows.
  bool keep_first(Context& context) {
    if (!sort_rows(table_, keys_, order_, context)) return false;
    const auto left = static_cast<std::uint32_t>(std::min<std::uint64_t>(first_, table_.rows()));
    // Equal rows keep the order in which they came.
    Table kept(kinds_, memory_);
    Batch batch;
    for (std::uint32_t from = 0; from < left; from += kBatchRows) {
      sorted_batch(from, left, batch);
      for (Vector& v : batch.columns) v.stable = false;  // the bytes may lie in the table that goes away
      kept.append(batch);
    }
    table_ = std::move(kept);
    return true;
  }
  /// Beyond, everything is kept.
  static constexpr std::uint64_t kSmallFirst = 1 << 20;
  /// What sort_rows takes besides the table: words, entries twice, order.
  static constexpr std::size_t kSortBytesPerRow = 16 + 2 * 32 + 4;
  /// Where others took the memory, runs are not made tiny for it.
  static constexpr std::uint32_t kRunRowsMin = 16 * kBatchRows;
  const bool may_spill_;
  Memory& memory_;
  OperatorPtr input_;
  const std::vector<SortKey> keys_;
  const std::uint64_t first_;
  Table table_;
  PodBuffer<std::uint32_t> order_;
  GatherBuffers buffers_;
  std::vector<SpillFilePtr> runs_;
  std::unique_ptr<Merge> merge_;  // when there were runs
  std::uint64_t merged_ = 0;
  Gather gather_;
  bool sorted_ = false;
  std::uint32_t at_ = 0;
};

}  // namespace

OperatorPtr make_sort(OperatorPtr input, std::vector<SortKey> keys, std::uint64_t first, bool may_spill, Memory& memory) {
  return std::make_unique<SortOperator>(std::move(input), std::move(keys), first, may_spill, memory);
}

}  // namespace orrery::exec
