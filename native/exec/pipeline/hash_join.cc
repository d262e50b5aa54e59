// hash_join.cc: equi-join: the build side's rows in a table, numbered by key; the probe side streams past it. A NULL key matches nothing.
//
// A build side that does not fit is spread over temporary files by the hash of its keys, then the probe side likewise (Grace hash join:
// Kitsuregawa, Tanaka, Moto-oka, 1983); each pair of files is then joined like two inputs of its own.
#include "key_table.h"
#include "operator.h"
#include "spill.h"

namespace orrery::exec {
namespace {

constexpr std::uint32_t kNone = KeyTable::kNone;

std::vector<Kind> kinds_at(const std::vector<Kind>& kinds, const std::vector<std::uint32_t>& columns) {
  std::vector<Kind> out;
  for (const std::uint32_t c : columns) out.push_back(kinds[c]);
  return out;
}

std::vector<Kind> joined(JoinType type, const Operator& probe, const Operator& build) {
  std::vector<Kind> kinds = probe.kinds();
  if (type != JoinType::kSemi && type != JoinType::kAnti) kinds.insert(kinds.end(), build.kinds().begin(), build.kinds().end());
  return kinds;
}

class HashJoinOperator final : public Operator {
 public:
  HashJoinOperator(JoinType type, OperatorPtr probe, OperatorPtr build, std::vector<std::uint32_t> probe_keys,
                   std::vector<std::uint32_t> build_keys, ExpressionPtr residual, bool may_spill, Memory& memory)
      : Operator(joined(type, *probe, *build)), memory_(memory), type_(type), probe_(std::move(probe)), build_(std::move(build)),
        probe_keys_(std::move(probe_keys)), build_keys_(std::move(build_keys)), residual_(std::move(residual)),
        both_(type == JoinType::kSemi || type == JoinType::kAnti ? false : true),
        keeps_left_(type == JoinType::kLeft || type == JoinType::kFull), keeps_right_(type == JoinType::kRight || type == JoinType::kFull),
        keeps_rows_(both_ || residual_ != nullptr), may_spill_(may_spill && keeps_rows_), table_(build_->kinds(), memory), keys_(kinds_at(build_->kinds(), build_keys_), memory),
        heads_(memory), tails_(memory), next_(memory), matched_(memory), hashes_(memory), probe_buffers_(probe_->kinds()), build_buffers_(build_->kinds()) {}

  Step next(Context& context, Batch& out) override {
    for (;;) {
      const Step step = next_of_part(context, out);
      // A part's table goes before the pipeline does.
      if (step == Step::kRows && depth_ > 0)
        for (Vector& v : out.columns) v.stable = false;
      if (step != Step::kEnd || parts_.empty()) return step;
      begin_part();
    }
  }

  void reset() override {
    ORRERY_ASSERT(depth_ == 0);
    probe_->reset();
    begin_probe();
  }

 private:
  struct Part { SpillFilePtr build, probe; std::uint32_t depth; };

  /// Joined rows of the two inputs as they are now.
  Step next_of_part(Context& context, Batch& out) {
    if (!built_) {
      const Step step = build(context);
      if (step != Step::kEnd) return step;
      built_ = true;
    }
    if (build_parts_) {
      const Step step = spread_probe(context);
      if (step != Step::kEnd) return step;
      probe_done_ = true;
      return Step::kEnd;
    }
    for (;;) {
      if (!in_batch_) {
        if (probe_done_) return keeps_right_ ? unmatched_build(out) : Step::kEnd;
        const bool pointless = table_rows_ == 0 && (type_ == JoinType::kInner || type_ == JoinType::kSemi || type_ == JoinType::kRight);
        const Step step = pointless ? Step::kEnd : probe_->next(context, in_);
        if (step == Step::kEnd) {
          probe_done_ = true;
          continue;
        }
        if (step != Step::kRows) return step;
        begin_batch();
      }
      if (residual_ == nullptr ? plain(out) : with_residual(context, out)) return Step::kRows;
      if (context.failure != Failure::kNone) return Step::kFail;
      if (context.late()) return Step::kYield;
    }
  }

  void begin_probe() {
    probe_done_ = in_batch_ = false;
    unmatched_at_ = 0;
    for (std::size_t i = 0; i < matched_.size(); i++) matched_[i] = 0;
  }
  void begin_part() {
    Part part = std::move(parts_.back());
    parts_.pop_back();
    depth_ = part.depth;
    forget_build();
    build_ = make_spill_scan(std::move(part.build));
    probe_ = make_spill_scan(std::move(part.probe));
    built_ = false;
    begin_probe();
  }
  void forget_build() {
    table_ = Table(build_->kinds(), memory_);
    keys_ = KeyTable(kinds_at(build_->kinds(), build_keys_), memory_);
    heads_.release();
    tails_.release();
    next_.release();
    matched_.release();
    table_rows_ = 0;
  }

  bool spread(Context& context, const Batch& batch, const std::vector<std::uint32_t>& key_columns, Partitions& parts) {
    probe_vectors_.clear();
    for (const std::uint32_t c : key_columns) probe_vectors_.push_back(batch.columns[c]);
    if (hashes_.empty()) {
      hashes_.resize(kBatchRows);
      for (std::uint32_t i = 0; i < kBatchRows; i++) rest_[i] = i;
    }
    hash_keys(probe_vectors_.data(), probe_vectors_.size(), batch.rows, hashes_.data());
    return parts.append(context, batch, hashes_.data(), rest_, batch.rows);
  }
  /// The rows that are here go to files; later ones follow them.
  bool spread_build(Context& context) {
    build_parts_ = std::make_unique<Partitions>(build_->kinds(), depth_, memory_);
    context.reordered = true;
    Batch batch;
    for (std::uint32_t from = 0; from < table_rows_; from += kBatchRows) {
      if (context.stopped()) return context.fail(Failure::kStopped), false;
      table_.view(from, batch);
      for (Vector& v : batch.columns) v.stable = false;  // the table goes
      if (!spread(context, batch, build_keys_, *build_parts_)) return false;
    }
    forget_build();
    return true;
  }
  /// kEnd: the whole probe side is in files, and each pair of them stands in parts_.
  Step spread_probe(Context& context) {
    if (!probe_parts_) probe_parts_ = std::make_unique<Partitions>(probe_->kinds(), depth_, memory_);
    for (;;) {
      const Step step = probe_->next(context, in_);
      if (step == Step::kEnd) break;
      if (step != Step::kRows) return step;
      if (!spread(context, in_, probe_keys_, *probe_parts_) || context.failed()) return Step::kFail;
    }
    for (std::uint32_t p = 0; p < Partitions::kCount; p++) {
      Part part{build_parts_->take(p), probe_parts_->take(p), depth_ + 1};
      if (!part.build->finish(context) || !part.probe->finish(context)) return Step::kFail;
      if (part.build->rows() + part.probe->rows() > 0) parts_.push_back(std::move(part));
    }
    build_parts_.reset();
    probe_parts_.reset();
    hashes_.release();
    return Step::kEnd;
  }

  /// kEnd: the whole build side is here.
  Step build(Context& context) {
    Batch batch;
    for (;;) {
      const Step step = build_->next(context, batch);
      if (step == Step::kEnd) break;
      if (step != Step::kRows) return step;
      if (build_parts_) {
        if (!spread(context, batch, build_keys_, *build_parts_) || context.failed()) return Step::kFail;
        continue;
      }
      if (table_.full()) return context.fail(Failure::kMemory);
      add(batch);
      if (may_spill_ && depth_ < Partitions::kMaxDepth && table_rows_ >= kBuildRowsMin && memory_.is_tight() && !spread_build(context)) return Step::kFail;
      if (context.failed()) return Step::kFail;
    }
    unique_ = keys_.count() == table_rows_;
    if (keeps_right_) matched_.assign(table_rows_, 0);
    return Step::kEnd;
  }
  void add(const Batch& batch) {
    std::vector<Vector> keys;
    bool nullable = false;
    for (const std::uint32_t c : build_keys_) {
      keys.push_back(batch.columns[c]);
      nullable |= batch.columns[c].validity != nullptr;
    }
    if (!nullable) {
      keys_.find_or_add(keys.data(), batch.rows, numbers_);
      if (keeps_rows_) table_.append(batch);
      link(batch.rows);
      return;
    }
    std::uint32_t with_key = 0, without = 0;
    for (std::uint32_t i = 0; i < batch.rows; i++) {
      bool null = false;
      for (const Vector& k : keys) null |= k.is_null(i);
      if (null) rest_[without++] = i;
      else pairs_left_[with_key++] = i;
    }
    sub_.keep(batch, build_keys_, pairs_left_, with_key);
    for (std::size_t k = 0; k < keys.size(); k++) {
      keys[k] = sub_.batch().columns[build_keys_[k]];
      keys[k].validity = nullptr;
    }
    keys_.find_or_add(keys.data(), with_key, numbers_);
    if (keeps_rows_) table_.append(batch, pairs_left_, with_key);
    link(with_key);
    if (!keeps_right_ || without == 0) return;
    table_.append(batch, rest_, without);
    for (std::uint32_t i = 0; i < without; i++) next_.push_back(kNone);
    table_rows_ += without;
  }
  /// Rows table_rows_… have the keys numbers_.
  void link(std::uint32_t rows) {
    for (std::uint32_t i = 0; i < rows; i++) {
      const std::uint32_t number = numbers_[i], row = table_rows_ + i;
      next_.push_back(kNone);
      if (number == heads_.size()) {
        heads_.push_back(row);
        tails_.push_back(row);
      } else {
        next_[tails_[number]] = row;
        tails_[number] = row;
      }
    }
    table_rows_ += rows;
  }

  void begin_batch() {
    in_batch_ = true;
    at_ = 0;
    std::vector<Vector>& keys = probe_vectors_;
    keys.clear();
    for (const std::uint32_t c : probe_keys_) keys.push_back(in_.columns[c]);
    keys_.find(keys.data(), in_.rows, numbers_);
    row_ = first_of(0);
    if (residual_ != nullptr) std::memset(found_, 0, in_.rows);
  }
  std::uint32_t first_of(std::uint32_t i) const noexcept {
    if (i >= in_.rows || numbers_[i] == kNone) return kNone;
    return unique_ ? numbers_[i] : heads_[numbers_[i]];
  }
  std::uint32_t after(std::uint32_t row) const noexcept { return unique_ ? kNone : next_[row]; }

  /// The next output rows of the probe batch; false: the batch is over and gave none.
  bool plain(Batch& out) {
    std::uint32_t n = 0;
    if (!both_) {
      const bool wanted = type_ == JoinType::kSemi;
      for (std::uint32_t i = 0; i < in_.rows; i++) {
        pairs_left_[n] = i;
        n += (numbers_[i] != kNone) == wanted;
      }
      in_batch_ = false;
      return n > 0 && emit(out, n);
    }
    while (at_ < in_.rows && n < kBatchRows) {
      if (row_ == kNone) {
        if (keeps_left_ && numbers_[at_] == kNone) {
          pairs_left_[n] = at_;
          pairs_right_[n++] = kNone;
        }
        row_ = first_of(++at_);
        continue;
      }
      pairs_left_[n] = at_;
      pairs_right_[n++] = row_;
      if (keeps_right_) matched_[row_] = 1;
      row_ = after(row_);
      if (row_ == kNone) row_ = first_of(++at_);
    }
    if (at_ >= in_.rows) in_batch_ = false;
    return n > 0 && emit(out, n);
  }

  /// As plain(); false too where the turn is over.
  bool with_residual(Context& context, Batch& out) {
    while (at_ < in_.rows) {
      std::uint32_t n = 0;
      while (at_ < in_.rows && n < kBatchRows) {
        if (row_ == kNone) {
          row_ = first_of(++at_);
          continue;
        }
        pairs_left_[n] = at_;
        pairs_right_[n++] = row_;
        row_ = after(row_);
        if (row_ == kNone) row_ = first_of(++at_);
      }
      if (n == 0) break;
      pair_up(candidates_, n, true);
      const Vector truth = residual_->evaluate(context, candidates_);
      if (context.failure != Failure::kNone) return false;
      const std::uint32_t passed = select_true(truth, n, rest_);
      for (std::uint32_t k = 0; k < passed; k++) {
        found_[pairs_left_[rest_[k]]] = 1;
        if (keeps_right_) matched_[pairs_right_[rest_[k]]] = 1;
        pairs_left_[k] = pairs_left_[rest_[k]];
        pairs_right_[k] = pairs_right_[rest_[k]];
      }
      if (both_ && passed > 0) return emit(out, passed);
      // A batch has any number of pairs: it goes on from here.
      if (context.late()) return false;
    }
    in_batch_ = false;
    if (type_ == JoinType::kInner || type_ == JoinType::kRight) return false;
    const std::uint8_t wanted = type_ == JoinType::kSemi ? 1 : 0;
    std::uint32_t n = 0;
    for (std::uint32_t i = 0; i < in_.rows; i++) {
      pairs_left_[n] = i;
      pairs_right_[n] = kNone;
      n += found_[i] == wanted;
    }
    return n > 0 && emit(out, n);
  }

  bool emit(Batch& out, std::uint32_t n) {
    pair_up(out, n, both_);
    return true;
  }
  void pair_up(Batch& out, std::uint32_t n, bool both) {
    const std::size_t left = in_.columns.size();
    out.rows = n;
    out.columns.resize(left + (both ? table_.width() : 0));
    // As many rows as came in, each once: the very batch.
    const bool whole = n == in_.rows && pairs_left_[0] == 0 && pairs_left_[n - 1] == n - 1 && (unique_ || !both);
    for (std::size_t c = 0; c < left; c++)
      out.columns[c] = whole ? in_.columns[c] : gather(in_.columns[c], pairs_left_, n, probe_buffers_[c]);
    if (!both) return;
    for (std::size_t c = 0; c < table_.width(); c++)
      out.columns[left + c] = keeps_left_ ? table_.column(c).gather_or_null(pairs_right_, n, build_buffers_[c])
                                          : table_.column(c).gather(pairs_right_, n, build_buffers_[c]);
  }

  Step unmatched_build(Batch& out) {
    std::uint32_t n = 0;
    while (unmatched_at_ < table_rows_ && n < kBatchRows) {
      pairs_right_[n] = unmatched_at_;
      n += matched_[unmatched_at_++] == 0;
    }
    if (n == 0) return Step::kEnd;
    const std::size_t left = probe_->kinds().size();
    out.rows = n;
    out.columns.resize(left + table_.width());
    for (std::size_t c = 0; c < left; c++) {
      VectorBuffer& buffer = probe_buffers_[c];
      std::memset(buffer.data(), 0, n * kind_width(buffer.kind()));
      std::memset(buffer.validity(), 0, n);
      out.columns[c] = buffer.view(true, true);
    }
    for (std::size_t c = 0; c < table_.width(); c++) out.columns[left + c] = table_.column(c).gather(pairs_right_, n, build_buffers_[c]);
    return Step::kRows;
  }

  /// A build side smaller than this is not what takes the memory.
  static constexpr std::uint32_t kBuildRowsMin = 8192;
  Memory& memory_;
  const JoinType type_;
  OperatorPtr probe_, build_;
  const std::vector<std::uint32_t> probe_keys_, build_keys_;
  ExpressionPtr residual_;
  const bool both_, keeps_left_, keeps_right_, keeps_rows_, may_spill_;
  // When the build side does not fit.
  std::unique_ptr<Partitions> build_parts_, probe_parts_;
  std::vector<Part> parts_;
  std::uint32_t depth_ = 0;  // how many times the inputs' rows were spread
  Table table_;
  std::uint32_t table_rows_ = 0;
  KeyTable keys_;
  PodBuffer<std::uint32_t> heads_, tails_, next_;
  PodBuffer<std::uint8_t> matched_;
  PodBuffer<std::uint64_t> hashes_;  // while rows are spread
  GatherBuffers probe_buffers_, build_buffers_;
  bool built_ = false, unique_ = false, probe_done_ = false, in_batch_ = false;
  Batch in_, candidates_;
  SubBatch sub_;
  std::vector<Vector> probe_vectors_;
  std::uint32_t at_ = 0, row_ = kNone, unmatched_at_ = 0;
  std::uint32_t numbers_[kBatchRows], pairs_left_[kBatchRows], pairs_right_[kBatchRows], rest_[kBatchRows];
  std::uint8_t found_[kBatchRows];
};

}  // namespace

OperatorPtr make_hash_join(JoinType type, OperatorPtr probe, OperatorPtr build, std::vector<std::uint32_t> probe_keys,
                           std::vector<std::uint32_t> build_keys, ExpressionPtr residual, bool may_spill, Memory& memory) {
  return std::make_unique<HashJoinOperator>(type, std::move(probe), std::move(build), std::move(probe_keys), std::move(build_keys),
                                            std::move(residual), may_spill, memory);
}

}  // namespace orrery::exec
