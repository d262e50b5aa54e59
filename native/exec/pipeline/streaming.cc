// streaming.cc: operators that keep no rows: filter, project, limit, append, values, series.
#include <algorithm>

#include "operator.h"

namespace orrery::exec {
namespace {

class FilterOperator final : public Operator {
 public:
  FilterOperator(OperatorPtr input, std::vector<ExpressionPtr> terms)
      : Operator(input->kinds()), input_(std::move(input)), terms_(std::move(terms)), buffers_{GatherBuffers(kinds_), GatherBuffers(kinds_)} {}
  Step next(Context& context, Batch& out) override {
    for (;;) {
      const Step step = input_->next(context, out);
      if (step != Step::kRows) return step;
      int turn = 0;
      for (const auto& term : terms_) {
        const Vector truth = term->evaluate(context, out);
        if (context.failure != Failure::kNone) return Step::kFail;
        const std::uint32_t left = select_true(truth, out.rows, select_);
        if (left == 0) {
          out.rows = 0;
          break;
        }
        if (left == out.rows) continue;
        // Two sets of buffers in turn: what is gathered from must not be overwritten.
        for (std::size_t c = 0; c < out.columns.size(); c++) out.columns[c] = gather(out.columns[c], select_, left, buffers_[turn][c]);
        turn ^= 1;
        out.rows = left;
      }
      if (out.rows > 0) return Step::kRows;
      if (context.late()) return Step::kYield;
    }
  }
  void reset() override { input_->reset(); }

 private:
  OperatorPtr input_;
  std::vector<ExpressionPtr> terms_;
  GatherBuffers buffers_[2];
  std::uint32_t select_[kBatchRows];
};

class ProjectOperator final : public Operator {
 public:
  ProjectOperator(OperatorPtr input, std::vector<ExpressionPtr> expressions)
      : Operator({}), input_(std::move(input)), expressions_(std::move(expressions)) {
    for (const auto& e : expressions_) kinds_.push_back(e->kind());
  }
  Step next(Context& context, Batch& out) override {
    const Step step = input_->next(context, in_);
    if (step != Step::kRows) return step;
    out.rows = in_.rows;
    out.columns.resize(expressions_.size());
    for (std::size_t i = 0; i < expressions_.size(); i++) out.columns[i] = expressions_[i]->evaluate(context, in_);
    return context.failure != Failure::kNone ? Step::kFail : Step::kRows;
  }
  void reset() override { input_->reset(); }

 private:
  OperatorPtr input_;
  std::vector<ExpressionPtr> expressions_;
  Batch in_;
};

class LimitOperator final : public Operator {
 public:
  LimitOperator(OperatorPtr input, std::uint64_t skip, std::uint64_t count)
      : Operator(input->kinds()), input_(std::move(input)), skip_(skip), count_(count), to_skip_(skip), left_(count) {}
  Step next(Context& context, Batch& out) override {
    for (;;) {
      if (left_ == 0) return Step::kEnd;
      const Step step = input_->next(context, out);
      if (step != Step::kRows) return step;
      if (to_skip_ >= out.rows) {
        to_skip_ -= out.rows;
        continue;
      }
      const auto from = static_cast<std::uint32_t>(to_skip_);
      to_skip_ = 0;
      const auto rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(out.rows - from, left_));
      if (from > 0)
        for (Vector& v : out.columns) v = v.from(from);
      out.rows = rows;
      left_ -= rows;
      return Step::kRows;
    }
  }
  void reset() override {
    input_->reset();
    to_skip_ = skip_;
    left_ = count_;
  }

 private:
  OperatorPtr input_;
  const std::uint64_t skip_, count_;
  std::uint64_t to_skip_, left_;
};

class AppendOperator final : public Operator {
 public:
  explicit AppendOperator(std::vector<OperatorPtr> inputs) : Operator(inputs.front()->kinds()), inputs_(std::move(inputs)) {}
  Step next(Context& context, Batch& out) override {
    for (; at_ < inputs_.size(); at_++) {
      const Step step = inputs_[at_]->next(context, out);
      if (step != Step::kEnd) return step;
    }
    return Step::kEnd;
  }
  void reset() override {
    for (const auto& input : inputs_) input->reset();
    at_ = 0;
  }

 private:
  std::vector<OperatorPtr> inputs_;
  std::size_t at_ = 0;
};

class ValuesOperator final : public Operator {
 public:
  ValuesOperator(std::vector<Kind> kinds, std::vector<std::vector<ExpressionPtr>> rows, Memory& memory)
      : Operator(std::move(kinds)), rows_(std::move(rows)), table_(kinds_, memory) {}
  Step next(Context& context, Batch& out) override {
    if (table_.rows() == 0) {
      Batch one;
      one.rows = 1;
      for (const auto& row : rows_) {
        for (std::size_t c = 0; c < row.size(); c++) table_.column(c).append(row[c]->evaluate(context, one), 1);
        table_.set_rows(table_.rows() + 1);
      }
      if (context.failed()) return Step::kFail;
    }
    if (at_ >= table_.rows()) return Step::kEnd;
    table_.view(at_, out);
    at_ += out.rows;
    return Step::kRows;
  }
  void reset() override { at_ = 0; }

 private:
  std::vector<std::vector<ExpressionPtr>> rows_;
  Table table_;
  std::uint32_t at_ = 0;
};

class SeriesOperator final : public Operator {
 public:
  SeriesOperator(Kind kind, std::int64_t start, std::int64_t stop, std::int64_t step)
      : Operator({kind}), start_(start), stop_(stop), step_(step), values_(kind) {
    reset();
  }
  Step next(Context& context, Batch& out) override {
    if (ended_) return Step::kEnd;
    if (context.late()) return Step::kYield;
    std::uint32_t n = 0;
    while (n < kBatchRows && !ended_) {
      if (kinds_[0] == Kind::kInt32) values_.as<std::int32_t>()[n++] = static_cast<std::int32_t>(value_);
      else values_.as<std::int64_t>()[n++] = value_;
      advance();
    }
    out.rows = n;
    out.columns.assign(1, values_.view(false));
    return Step::kRows;
  }
  void reset() override {
    value_ = start_;
    ended_ = step_ > 0 ? start_ > stop_ : start_ < stop_;
  }

 private:
  void advance() {
    // Past the end of the type the series is over, too.
    if (__builtin_add_overflow(value_, step_, &value_)) ended_ = true;
    else ended_ = step_ > 0 ? value_ > stop_ : value_ < stop_;
  }
  const std::int64_t start_, stop_, step_;
  std::int64_t value_ = 0;
  bool ended_ = false;
  VectorBuffer values_;
};

}  // namespace

OperatorPtr make_filter(OperatorPtr input, std::vector<ExpressionPtr> terms) {
  return std::make_unique<FilterOperator>(std::move(input), std::move(terms));
}
OperatorPtr make_project(OperatorPtr input, std::vector<ExpressionPtr> expressions) {
  return std::make_unique<ProjectOperator>(std::move(input), std::move(expressions));
}
OperatorPtr make_limit(OperatorPtr input, std::uint64_t skip, std::uint64_t count) {
  return std::make_unique<LimitOperator>(std::move(input), skip, count);
}
OperatorPtr make_append(std::vector<OperatorPtr> inputs) { return std::make_unique<AppendOperator>(std::move(inputs)); }
OperatorPtr make_values(std::vector<Kind> kinds, std::vector<std::vector<ExpressionPtr>> rows, Memory& memory) {
  return std::make_unique<ValuesOperator>(std::move(kinds), std::move(rows), memory);
}
OperatorPtr make_series(Kind kind, std::int64_t start, std::int64_t stop, std::int64_t step) {
  return std::make_unique<SeriesOperator>(kind, start, stop, step);
}

}  // namespace orrery::exec
