// recursion.cc: WITH RECURSIVE: the recursive term reads the rows of the round before, until a round adds nothing.
#include "key_table.h"
#include "operator.h"

namespace orrery::exec {
namespace {

class WorkingScan final : public Operator {
 public:
  explicit WorkingScan(std::shared_ptr<WorkingTable> working) : Operator(working->kinds), working_(std::move(working)) {}
  Step next(Context&, Batch& out) override {
    const Table& rows = *working_->rows;
    if (at_ >= rows.rows()) return Step::kEnd;
    rows.view(at_, out);
    for (Vector& v : out.columns) v.stable = false;  // the table is emptied after the round
    at_ += out.rows;
    return Step::kRows;
  }
  void reset() override { at_ = 0; }

 private:
  std::shared_ptr<WorkingTable> working_;
  std::uint32_t at_ = 0;
};

class RecursionOperator final : public Operator {
 public:
  RecursionOperator(OperatorPtr first, OperatorPtr term, std::shared_ptr<WorkingTable> working, bool all, Memory& memory)
      : Operator(first->kinds()), first_(std::move(first)), term_(std::move(term)), working_(std::move(working)), all_(all),
        tables_{Table(kinds_, memory), Table(kinds_, memory)}, output_(kinds_, memory), seen_(kinds_, memory) {}

  Step next(Context& context, Batch& out) override {
    if (drained_) {
      output_.clear();
      drained_ = false;
    }
    while (!ended_ && output_.rows() < kBatchRows / 2) {
      // A clock's reading costs more than a round of one row.
      if ((++rounds_ & 63) == 0 && context.late()) return Step::kYield;
      Operator& source = started_ ? *term_ : *first_;
      const Step step = source.next(context, batch_);
      if (step == Step::kRows) {
        keep(batch_);
        if (context.failed()) return Step::kFail;
        continue;
      }
      if (step != Step::kEnd) return step;
      // The round is over: what it gave is read by the next one.
      started_ = true;
      tables_[current_].clear();
      current_ ^= 1;
      working_->rows = &tables_[current_];
      if (tables_[current_].rows() == 0) ended_ = true;
      else term_->reset();
    }
    if (output_.rows() == 0) return Step::kEnd;
    if (at_ >= output_.rows()) at_ = 0;
    output_.view(at_, out);
    for (Vector& v : out.columns) v.stable = false;
    at_ += out.rows;
    if (at_ >= output_.rows()) {
      at_ = 0;
      drained_ = true;
    }
    return Step::kRows;
  }
  void reset() override {
    first_->reset();
    term_->reset();
    for (Table& t : tables_) t.clear();
    output_.clear();
    seen_.clear();
    started_ = ended_ = drained_ = false;
    at_ = 0;
  }

 private:
  void keep(const Batch& batch) {
    Table& next = tables_[current_ ^ 1];
    if (all_) {
      next.append(batch);
      output_.append(batch);
      return;
    }
    seen_.find_or_add(batch.columns.data(), batch.rows, numbers_, fresh_);
    std::uint32_t n = 0;
    for (std::uint32_t i = 0; i < batch.rows; i++) {
      select_[n] = i;
      n += fresh_[i];
    }
    next.append(batch, select_, n);
    output_.append(batch, select_, n);
  }

  OperatorPtr first_, term_;
  std::shared_ptr<WorkingTable> working_;
  const bool all_;
  Table tables_[2];
  Table output_;
  KeyTable seen_;
  int current_ = 0;
  bool started_ = false, ended_ = false, drained_ = false;
  std::uint32_t at_ = 0;
  std::uint64_t rounds_ = 0;
  Batch batch_;
  std::uint32_t numbers_[kBatchRows], select_[kBatchRows];
  std::uint8_t fresh_[kBatchRows];
};

}  // namespace

OperatorPtr make_working_scan(std::shared_ptr<WorkingTable> working) { return std::make_unique<WorkingScan>(std::move(working)); }
OperatorPtr make_recursion(OperatorPtr first, OperatorPtr term, std::shared_ptr<WorkingTable> working, bool all, Memory& memory) {
  return std::make_unique<RecursionOperator>(std::move(first), std::move(term), std::move(working), all, memory);
}

}  // namespace orrery::exec
