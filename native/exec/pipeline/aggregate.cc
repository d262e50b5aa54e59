// aggregate.cc: hash aggregation. Groups come out in the order in which they were first seen, as from the TypeScript operator, as long as they
// fit. When memory gets tight the groups that are there stay, and rows of others go to temporary files by the hash of their keys: each of
// those is aggregated afterwards like an input of its own.
//
// Sources: int4_sum, int8_sum, numeric_sum, float8_accum of PostgreSQL 15 for the states' types; avg over integers is numeric division.
#include "aggregate_states.h"
#include "key_table.h"
#include "operator.h"
#include "spill.h"

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
  AggregateOperator(OperatorPtr input, std::vector<ExpressionPtr> keys, std::vector<AggregateSpec> specs, bool may_spill, Memory& memory)
      : Operator(output_kinds(keys, specs)), may_spill_(may_spill && !keys.empty()), memory_(memory), input_(std::move(input)), keys_(std::move(keys)),
        table_(key_kinds(), memory) {
    for (std::size_t i = 0; i < specs.size(); i++) {
      Aggregate a;
      const Kind kind = specs[i].arg ? specs[i].arg->kind() : Kind::kInt64;
      a.chosen = std::make_unique<VectorBuffer>(kind);
      a.out = std::make_unique<VectorBuffer>(kinds_[keys_.size() + i]);
      a.spec = std::move(specs[i]);
      aggregates_.push_back(std::move(a));
    }
    make_states();
  }

  Step next(Context& context, Batch& out) override {
    for (;;) {
      const Step step = next_group(context, out);
      // A part's table goes before the pipeline does.
      if (step == Step::kRows && (depth_ > 0 || !parts_.empty()))
        for (Vector& v : out.columns) v.stable = false;
      if (step != Step::kEnd || parts_.empty()) return step;
      // The groups that fitted are out: now a file's.
      table_ = KeyTable(key_kinds(), memory_);
      make_states();
      input_ = make_spill_scan(std::move(parts_.back().rows));
      depth_ = parts_.back().depth;
      parts_.pop_back();
      consumed_ = false;
      at_ = 0;
    }
  }
  void reset() override {
    ORRERY_ASSERT(depth_ == 0);
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
  struct Part { SpillFilePtr rows; std::uint32_t depth; };

  std::vector<Kind> key_kinds() const { return {kinds_.begin(), kinds_.begin() + static_cast<std::ptrdiff_t>(keys_.size())}; }
  void make_states() {
    for (Aggregate& a : aggregates_) {
      const Kind kind = a.spec.arg ? a.spec.arg->kind() : Kind::kInt64;
      a.state = make_aggregate_state(a.spec.op, kind, memory_);
      if (a.spec.distinct) a.seen = std::make_unique<KeyTable>(std::vector<Kind>{Kind::kInt32, kind}, memory_);
    }
  }

  /// Groups of the input as it is now.
  Step next_group(Context& context, Batch& out) {
    while (!consumed_) {
      const Step step = input_->next(context, in_);
      if (step == Step::kEnd) {
        if (partitions_ && !queue_parts(context)) return Step::kFail;
        consumed_ = true;
        break;
      }
      if (step != Step::kRows) return step;
      if (partitions_ && !keep_known(context)) return Step::kFail;
      if (in_.rows == 0) continue;
      consume(context);
      if (may_spill_ && !partitions_ && depth_ < Partitions::kMaxDepth && table_.count() >= kGroupsMin && memory_.is_tight()) {
        partitions_ = std::make_unique<Partitions>(input_->kinds(), depth_, memory_);
        context.reordered = true;
      }
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
  /// Rows of groups that are not in the table leave the batch for their files.
  bool keep_known(Context& context) {
    vectors_.clear();
    for (const auto& k : keys_) vectors_.push_back(k->evaluate(context, in_));
    if (context.failure != Failure::kNone) return false;
    table_.find_equal(vectors_.data(), in_.rows, numbers_);
    std::uint32_t known = 0, others = 0;
    for (std::uint32_t i = 0; i < in_.rows; i++) {
      if (numbers_[i] == KeyTable::kNone) select_[others++] = i;
      else chosen_numbers_[known++] = i;
    }
    if (others == 0) return true;
    if (!partitions_->append(context, in_, table_.hashes(), select_, others)) return false;
    if (!known_) known_ = std::make_unique<GatherBuffers>(input_->kinds());
    for (std::size_t c = 0; c < in_.columns.size(); c++) in_.columns[c] = gather(in_.columns[c], chosen_numbers_, known, (*known_)[c]);
    in_.rows = known;
    return true;
  }
  bool queue_parts(Context& context) {
    for (std::uint32_t p = 0; p < Partitions::kCount; p++) {
      SpillFilePtr file = partitions_->take(p);
      if (!file->finish(context)) return false;
      if (file->rows() > 0) parts_.push_back({std::move(file), depth_ + 1});
    }
    partitions_.reset();
    return true;
  }

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

  /// A table smaller than this is not what takes the memory.
  static constexpr std::uint32_t kGroupsMin = 8192;
  const bool may_spill_;
  Memory& memory_;
  OperatorPtr input_;
  std::vector<ExpressionPtr> keys_;
  KeyTable table_;
  // While memory is tight.
  std::unique_ptr<Partitions> partitions_;
  std::vector<Part> parts_;
  std::unique_ptr<GatherBuffers> known_;
  std::uint32_t depth_ = 0;  // how many times the input's rows were spread
  std::vector<Aggregate> aggregates_;
  bool consumed_ = false, zeroed_ = false;
  std::uint32_t at_ = 0;
  Batch in_;
  std::vector<Vector> vectors_;
  std::uint32_t numbers_[kBatchRows], chosen_numbers_[kBatchRows], distinct_numbers_[kBatchRows], select_[kBatchRows];
  std::uint8_t fresh_[kBatchRows];
};

}  // namespace

OperatorPtr make_aggregate(OperatorPtr input, std::vector<ExpressionPtr> keys, std::vector<AggregateSpec> aggregates, bool may_spill,
                           Memory& memory) {
  return std::make_unique<AggregateOperator>(std::move(input), std::move(keys), std::move(aggregates), may_spill, memory);
}

}  // namespace orrery::exec
