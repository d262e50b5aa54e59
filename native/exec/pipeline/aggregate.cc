// aggregate.cc: hash aggregation. Groups come out in the order in which they were first seen, as from the TypeScript operator.
//
// Sources: int4_sum, int8_sum, numeric_sum, float8_accum of PostgreSQL 15 for the states' types; avg over integers is numeric division.
#include "aggregate_states.h"
#include "key_table.h"
#include "operator.h"

namespace orrery::exec {
namespace {

struct Aggregate {
  AggregateSpec spec;
  std::unique_ptr<AggregateState> state;
  std::unique_ptr<KeyTable> seen;  // DISTINCT: (group, value)
  std::unique_ptr<VectorBuffer> chosen;
  std::unique_ptr<VectorBuffer> out;
};

std::vector<Kind> output_kinds(const std::vector<ExpressionPtr>& keys, const std::vector<AggregateSpec>& specs) {
  std::vector<Kind> kinds;
  for (const auto& k : keys) kinds.push_back(k->kind());
  for (const AggregateSpec& s : specs) {
    Kind kind = Kind::kInt64;
    aggregate_kind(s.op, s.arg ? s.arg->kind() : Kind::kInt64, &kind);
    kinds.push_back(kind);
  }
  return kinds;
}

class AggregateOperator final : public Operator {
 public:
  AggregateOperator(OperatorPtr input, std::vector<ExpressionPtr> keys, std::vector<AggregateSpec> specs, Memory& memory)
      : Operator(output_kinds(keys, specs)), input_(std::move(input)), keys_(std::move(keys)),
        table_(std::vector<Kind>(kinds_.begin(), kinds_.begin() + static_cast<std::ptrdiff_t>(keys_.size())), memory) {
    for (std::size_t i = 0; i < specs.size(); i++) {
      Aggregate a;
      const Kind kind = specs[i].arg ? specs[i].arg->kind() : Kind::kInt64;
      a.state = make_aggregate_state(specs[i].op, kind, memory);
      if (specs[i].distinct) a.seen = std::make_unique<KeyTable>(std::vector<Kind>{Kind::kInt32, kind}, memory);
      a.chosen = std::make_unique<VectorBuffer>(kind);
      a.out = std::make_unique<VectorBuffer>(kinds_[keys_.size() + i]);
      a.spec = std::move(specs[i]);
      aggregates_.push_back(std::move(a));
    }
  }

  Step next(Context& context, Batch& out) override {
    while (!consumed_) {
      const Step step = input_->next(context, in_);
      if (step == Step::kEnd) {
        consumed_ = true;
        break;
      }
      if (step != Step::kRows) return step;
      consume(context);
      if (context.failed()) return Step::kFail;
    }
    const std::uint32_t groups = keys_.empty() ? 1 : table_.count();
    if (at_ >= groups) return Step::kEnd;
    table_.keys().view(at_, out);
    out.rows = std::min(groups - at_, kBatchRows);
    for (Aggregate& a : aggregates_) {
      a.state->grow(groups);
      if (!a.state->finish(at_, out.rows, *a.out)) return context.fail(Failure::kFallback);
      out.columns.push_back(a.out->view(a.state->nullable(), true));
    }
    at_ += out.rows;
    return Step::kRows;
  }
  void reset() override {
    input_->reset();
    table_.clear();
    for (Aggregate& a : aggregates_) {
      a.state->clear();
      if (a.seen) a.seen->clear();
    }
    consumed_ = false;
    at_ = 0;
  }

 private:
  void consume(Context& context) {
    const std::uint32_t rows = in_.rows;
    if (keys_.empty()) {
      if (!zeroed_) std::memset(numbers_, 0, sizeof numbers_);
      zeroed_ = true;
    } else {
      vectors_.clear();
      for (const auto& k : keys_) vectors_.push_back(k->evaluate(context, in_));
      if (context.failure != Failure::kNone) return;
      table_.find_or_add(vectors_.data(), rows, numbers_);
    }
    const std::uint32_t groups = keys_.empty() ? 1 : table_.count();
    for (Aggregate& a : aggregates_) {
      a.state->grow(groups);
      Vector arg;
      if (a.spec.arg) arg = a.spec.arg->evaluate(context, in_);
      if (!a.spec.filter && !a.spec.distinct) {
        if (!a.state->update(arg, numbers_, rows)) context.fail(Failure::kFallback);
        continue;
      }
      update_some(context, a, arg, rows);
    }
  }

  /// FILTER and DISTINCT: the rows that count, gathered.
  void update_some(Context& context, Aggregate& a, const Vector& arg, std::uint32_t rows) {
    std::uint32_t n = rows;
    if (a.spec.filter) n = select_true(a.spec.filter->evaluate(context, in_), rows, select_);
    else
      for (std::uint32_t i = 0; i < rows; i++) select_[i] = i;
    if (context.failure != Failure::kNone || n == 0) return;
    for (std::uint32_t i = 0; i < n; i++) chosen_numbers_[i] = numbers_[select_[i]];
    Vector chosen = arg;
    if (a.spec.arg) chosen = gather(arg, select_, n, *a.chosen);
    if (a.spec.distinct) {
      const Vector key[2] = {{Kind::kInt32, true, reinterpret_cast<const std::uint8_t*>(chosen_numbers_), nullptr}, chosen};
      a.seen->find_or_add(key, n, distinct_numbers_, fresh_);
      std::uint32_t left = 0;
      for (std::uint32_t i = 0; i < n; i++) {
        select_[left] = select_[i];
        chosen_numbers_[left] = chosen_numbers_[i];
        left += fresh_[i];
      }
      n = left;
      chosen = gather(arg, select_, n, *a.chosen);
    }
    if (!a.state->update(chosen, chosen_numbers_, n)) context.fail(Failure::kFallback);
  }

  OperatorPtr input_;
  std::vector<ExpressionPtr> keys_;
  KeyTable table_;
  std::vector<Aggregate> aggregates_;
  bool consumed_ = false, zeroed_ = false;
  std::uint32_t at_ = 0;
  Batch in_;
  std::vector<Vector> vectors_;
  std::uint32_t numbers_[kBatchRows], chosen_numbers_[kBatchRows], distinct_numbers_[kBatchRows], select_[kBatchRows];
  std::uint8_t fresh_[kBatchRows];
};

}  // namespace

OperatorPtr make_aggregate(OperatorPtr input, std::vector<ExpressionPtr> keys, std::vector<AggregateSpec> aggregates, Memory& memory) {
  return std::make_unique<AggregateOperator>(std::move(input), std::move(keys), std::move(aggregates), memory);
}

}  // namespace orrery::exec
