// sort.cc: ORDER BY, all rows or the first few.
#include <algorithm>

#include "sort_rows.h"

namespace orrery::exec {
namespace {

class SortOperator final : public Operator {
 public:
  SortOperator(OperatorPtr input, std::vector<SortKey> keys, std::uint64_t first, Memory& memory)
      : Operator(input->kinds()), memory_(memory), input_(std::move(input)), keys_(std::move(keys)), first_(first), table_(kinds_, memory),
        order_(memory), buffers_(kinds_) {}

  Step next(Context& context, Batch& out) override {
    while (!sorted_) {
      Batch batch;
      const Step step = input_->next(context, batch);
      if (step == Step::kEnd) {
        if (!sort_rows(table_, keys_, order_, context)) return Step::kFail;
        sorted_ = true;
        break;
      }
      if (step != Step::kRows) return step;
      if (table_.full()) return context.fail(Failure::kMemory);
      table_.append(batch);
      if (first_ < kSmallFirst && table_.rows() > first_ * 4 + 65536 && !keep_first(context)) return Step::kFail;
      if (context.failed()) return Step::kFail;
    }
    const auto end = static_cast<std::uint32_t>(std::min<std::uint64_t>(table_.rows(), first_));
    if (at_ >= end) return Step::kEnd;
    out.rows = std::min(end - at_, kBatchRows);
    out.columns.resize(kinds_.size());
    for (std::size_t c = 0; c < kinds_.size(); c++) out.columns[c] = table_.column(c).gather(order_.data() + at_, out.rows, buffers_[c]);
    at_ += out.rows;
    return Step::kRows;
  }
  void reset() override {
    input_->reset();
    table_.clear();
    order_.clear();
    sorted_ = false;
    at_ = 0;
  }

 private:
  /// Drops what cannot be among the first rows.
  bool keep_first(Context& context) {
    if (!sort_rows(table_, keys_, order_, context)) return false;
    const auto left = static_cast<std::uint32_t>(std::min<std::uint64_t>(first_, table_.rows()));
    // Equal rows keep the order in which they came.
    Table kept(kinds_, memory_);
    Batch batch;
    for (std::uint32_t from = 0; from < left; from += kBatchRows) {
      batch.rows = std::min(left - from, kBatchRows);
      batch.columns.resize(kinds_.size());
      for (std::size_t c = 0; c < kinds_.size(); c++) {
        batch.columns[c] = table_.column(c).gather(order_.data() + from, batch.rows, buffers_[c]);
        batch.columns[c].stable = false;  // its bytes may lie in the table that goes away
      }
      kept.append(batch);
    }
    table_ = std::move(kept);
    return true;
  }
  /// Beyond, everything is kept.
  static constexpr std::uint64_t kSmallFirst = 1 << 20;
  Memory& memory_;
  OperatorPtr input_;
  const std::vector<SortKey> keys_;
  const std::uint64_t first_;
  Table table_;
  PodBuffer<std::uint32_t> order_;
  GatherBuffers buffers_;
  bool sorted_ = false;
  std::uint32_t at_ = 0;
};

}  // namespace

OperatorPtr make_sort(OperatorPtr input, std::vector<SortKey> keys, std::uint64_t first, Memory& memory) {
  return std::make_unique<SortOperator>(std::move(input), std::move(keys), first, memory);
}

}  // namespace orrery::exec
