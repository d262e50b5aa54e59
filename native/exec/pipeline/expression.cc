#include "expression.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "compare.h"
#include "expression_parts.h"

namespace orrery::exec {

void Expression::reads_column(std::uint32_t column) {
  const auto at = std::lower_bound(columns_.begin(), columns_.end(), column);
  if (at == columns_.end() || *at != column) columns_.insert(at, column);
}
void Expression::reads(const Expression& child) {
  for (const std::uint32_t c : child.columns_) reads_column(c);
  fallible_ |= child.fallible_;
}

void SubBatch::keep(const Batch& in, const std::vector<std::uint32_t>& columns, const std::uint32_t* select, std::uint32_t count) {
  batch_.rows = count;
  batch_.columns = in.columns;
  if (buffers_.size() < in.columns.size()) buffers_.resize(in.columns.size());
  for (const std::uint32_t c : columns) {
    if (!buffers_[c]) buffers_[c] = std::make_unique<VectorBuffer>(in.columns[c].kind);
    batch_.columns[c] = gather(in.columns[c], select, count, *buffers_[c]);
  }
}

namespace {

class ColumnNode final : public Expression {
 public:
  ColumnNode(std::uint32_t column, Kind kind) : Expression(kind), column_(column) { reads_column(column); }
  Vector evaluate(Context&, const Batch& in) override { return in.columns[column_]; }

 private:
  std::uint32_t column_;
};

class ConstantNode final : public Expression {
 public:
  ConstantNode(Kind kind, bool null, std::string_view bytes) : Expression(kind), null_(null), bytes_(bytes), values_(kind) {
    with_kind(kind, [&]<typename T>(T) {
      T value{};
      if constexpr (std::is_same_v<T, std::string_view>) value = bytes_;
      else if (!null) std::memcpy(&value, bytes_.data(), std::min(sizeof value, bytes_.size()));
      T* out = values_.as<T>();
      for (std::uint32_t i = 0; i < kBatchRows; i++) out[i] = value;
    });
    if (null) std::memset(values_.validity(), 0, kBatchRows);
  }
  Vector evaluate(Context&, const Batch&) override { return values_.view(null_, true); }

 private:
  bool null_;
  std::string bytes_;
  VectorBuffer values_;
};

/// AND or OR with NULLs; a term is computed for the rows that the terms before it left open, when it may fail.
class LogicNode final : public Expression {
 public:
  LogicNode(bool conjunction, std::vector<ExpressionPtr> args)
      : Expression(Kind::kBool), and_(conjunction), args_(std::move(args)), out_(Kind::kBool) {
    for (const auto& a : args_) reads(*a);
  }
  Vector evaluate(Context& context, const Batch& in) override {
    const std::uint32_t n = in.rows;
    std::uint8_t* value = out_.data();
    std::uint8_t* valid = out_.validity();
    const std::uint8_t deciding = and_ ? 0 : 1;
    std::memset(value, deciding ^ 1, n);
    std::memset(valid, 1, n);
    for (std::size_t t = 0; t < args_.size(); t++) {
      Expression& arg = *args_[t];
      if (t > 0 && arg.fallible()) {
        std::uint32_t left = 0;
        for (std::uint32_t i = 0; i < n; i++) {
          select_[left] = i;
          left += (value[i] != deciding) || valid[i] == 0;
        }
        if (left == 0) break;
        if (left < n) {
          sub_.keep(in, arg.columns(), select_, left);
          const Vector v = arg.evaluate(context, sub_.batch());
          for (std::uint32_t k = 0; k < left; k++) combine(value[select_[k]], valid[select_[k]], v, k, deciding);
          continue;
        }
      }
      const Vector v = arg.evaluate(context, in);
      for (std::uint32_t i = 0; i < n; i++) combine(value[i], valid[i], v, i, deciding);
    }
    return out_.view(true);
  }

 private:
  static void combine(std::uint8_t& value, std::uint8_t& valid, const Vector& v, std::uint32_t i, std::uint8_t deciding) {
    if (valid != 0 && value == deciding) return;
    if (v.is_null(i)) {
      valid = 0;
      value = deciding ^ 1;
    } else if (v.data[i] == deciding) {
      valid = 1;
      value = deciding;
    }
  }
  bool and_;
  std::vector<ExpressionPtr> args_;
  VectorBuffer out_;
  SubBatch sub_;
  std::uint32_t select_[kBatchRows];
};

class NotNode final : public Expression {
 public:
  explicit NotNode(ExpressionPtr arg) : Expression(Kind::kBool), arg_(std::move(arg)), out_(Kind::kBool) { reads(*arg_); }
  Vector evaluate(Context& context, const Batch& in) override {
    const Vector v = arg_->evaluate(context, in);
    std::uint8_t* out = out_.data();
    for (std::uint32_t i = 0; i < in.rows; i++) out[i] = v.data[i] ^ 1;
    Vector result = out_.view(false);
    result.validity = v.validity;
    return result;
  }

 private:
  ExpressionPtr arg_;
  VectorBuffer out_;
};

class NullTestNode final : public Expression {
 public:
  NullTestNode(ExpressionPtr arg, bool negated) : Expression(Kind::kBool), arg_(std::move(arg)), negated_(negated), out_(Kind::kBool) {
    reads(*arg_);
  }
  Vector evaluate(Context& context, const Batch& in) override {
    const Vector v = arg_->evaluate(context, in);
    std::uint8_t* out = out_.data();
    if (v.validity == nullptr) std::memset(out, negated_ ? 1 : 0, in.rows);
    else
      for (std::uint32_t i = 0; i < in.rows; i++) out[i] = negated_ ? v.validity[i] : v.validity[i] ^ 1;
    return out_.view(false);
  }

 private:
  ExpressionPtr arg_;
  bool negated_;
  VectorBuffer out_;
};

/// IS [NOT] TRUE, FALSE, UNKNOWN. `test`: 0 false, 1 true, 2 unknown.
class BooleanTestNode final : public Expression {
 public:
  BooleanTestNode(ExpressionPtr arg, std::uint8_t test, bool negated)
      : Expression(Kind::kBool), arg_(std::move(arg)), test_(test), negated_(negated), out_(Kind::kBool) {
    reads(*arg_);
  }
  Vector evaluate(Context& context, const Batch& in) override {
    const Vector v = arg_->evaluate(context, in);
    std::uint8_t* out = out_.data();
    for (std::uint32_t i = 0; i < in.rows; i++) {
      const bool is = v.is_null(i) ? test_ == 2 : v.data[i] == test_;
      out[i] = is != negated_;
    }
    return out_.view(false);
  }

 private:
  ExpressionPtr arg_;
  std::uint8_t test_;
  bool negated_;
  VectorBuffer out_;
};

/// IS [NOT] DISTINCT FROM.
class DistinctNode final : public Expression {
 public:
  DistinctNode(ExpressionPtr left, ExpressionPtr right, bool negated)
      : Expression(Kind::kBool), left_(std::move(left)), right_(std::move(right)), negated_(negated), out_(Kind::kBool) {
    reads(*left_);
    reads(*right_);
  }
  Vector evaluate(Context& context, const Batch& in) override {
    const Vector a = left_->evaluate(context, in);
    const Vector b = right_->evaluate(context, in);
    std::uint8_t* out = out_.data();
    with_kind(a.kind, [&]<typename T>(T) {
      for (std::uint32_t i = 0; i < in.rows; i++) {
        const bool x = a.is_null(i), y = b.is_null(i);
        const bool same = x || y ? x == y : equal_values(a.as<T>()[i], b.as<T>()[i]);
        out[i] = same == negated_;
      }
    });
    return out_.view(false);
  }

 private:
  ExpressionPtr left_, right_;
  bool negated_;
  VectorBuffer out_;
};

/// Chooses rows of several vectors: what CASE, COALESCE and NULLIF give.
void scatter(const Vector& from, const std::uint32_t* rows, std::uint32_t count, VectorBuffer& out, std::uint8_t* valid, bool* stable) {
  *stable &= from.stable;
  with_kind(from.kind, [&]<typename T>(T) {
    T* to = out.as<T>();
    for (std::uint32_t k = 0; k < count; k++) {
      to[rows[k]] = from.as<T>()[k];
      valid[rows[k]] = from.is_null(k) ? 0 : 1;
    }
  });
}

/// CASE WHEN … THEN … ELSE …
class CaseNode final : public Expression {
 public:
  CaseNode(std::vector<ExpressionPtr> whens, std::vector<ExpressionPtr> thens, ExpressionPtr otherwise)
      : Expression(otherwise->kind()), whens_(std::move(whens)), thens_(std::move(thens)), otherwise_(std::move(otherwise)), out_(kind_) {
    for (const auto& w : whens_) reads(*w);
    for (const auto& t : thens_) reads(*t);
    reads(*otherwise_);
    subs_.resize(whens_.size() * 2 + 1);
  }
  Vector evaluate(Context& context, const Batch& in) override {
    std::uint32_t left = in.rows;
    for (std::uint32_t i = 0; i < left; i++) rest_[i] = i;
    std::uint8_t* valid = out_.validity();
    bool stable = true;
    for (std::size_t w = 0; w < whens_.size() && left > 0; w++) {
      const Vector truth = on(context, in, *whens_[w], rest_, left, subs_[2 * w]);
      std::uint32_t hits = 0, misses = 0;
      for (std::uint32_t k = 0; k < left; k++) {
        const std::uint32_t row = rest_[k];
        if (!truth.is_null(k) && truth.data[k] != 0) hit_[hits++] = row;
        else rest_[misses++] = row;
      }
      left = misses;
      if (hits > 0) scatter(on(context, in, *thens_[w], hit_, hits, subs_[2 * w + 1]), hit_, hits, out_, valid, &stable);
    }
    if (left > 0) scatter(on(context, in, *otherwise_, rest_, left, subs_.back()), rest_, left, out_, valid, &stable);
    return out_.view(true, stable);
  }

 private:
  static Vector on(Context& context, const Batch& in, Expression& e, const std::uint32_t* rows, std::uint32_t count, SubBatch& sub) {
    if (count == in.rows) return e.evaluate(context, in);
    sub.keep(in, e.columns(), rows, count);
    return e.evaluate(context, sub.batch());
  }
  std::vector<ExpressionPtr> whens_, thens_;
  ExpressionPtr otherwise_;
  VectorBuffer out_;
  std::vector<SubBatch> subs_;
  std::uint32_t rest_[kBatchRows], hit_[kBatchRows];
};

class CoalesceNode final : public Expression {
 public:
  explicit CoalesceNode(std::vector<ExpressionPtr> args) : Expression(args.front()->kind()), args_(std::move(args)), out_(kind_) {
    for (const auto& a : args_) reads(*a);
    subs_.resize(args_.size());
  }
  Vector evaluate(Context& context, const Batch& in) override {
    const Vector first = args_[0]->evaluate(context, in);
    if (first.validity == nullptr) return first;
    std::uint8_t* valid = out_.validity();
    bool stable = true;
    for (std::uint32_t i = 0; i < in.rows; i++) rest_[i] = i;
    scatter(first, rest_, in.rows, out_, valid, &stable);
    for (std::size_t a = 1; a < args_.size(); a++) {
      std::uint32_t left = 0;
      for (std::uint32_t i = 0; i < in.rows; i++)
        if (valid[i] == 0) rest_[left++] = i;
      if (left == 0) break;
      subs_[a].keep(in, args_[a]->columns(), rest_, left);
      scatter(args_[a]->evaluate(context, subs_[a].batch()), rest_, left, out_, valid, &stable);
    }
    return out_.view(true, stable);
  }

 private:
  std::vector<ExpressionPtr> args_;
  VectorBuffer out_;
  std::vector<SubBatch> subs_;
  std::uint32_t rest_[kBatchRows];
};

class NullIfNode final : public Expression {
 public:
  NullIfNode(ExpressionPtr left, ExpressionPtr right)
      : Expression(left->kind()), left_(std::move(left)), right_(std::move(right)), out_(kind_) {
    reads(*left_);
    reads(*right_);
  }
  Vector evaluate(Context& context, const Batch& in) override {
    Vector a = left_->evaluate(context, in);
    const Vector b = right_->evaluate(context, in);
    std::uint8_t* valid = out_.validity();
    with_kind(a.kind, [&]<typename T>(T) {
      for (std::uint32_t i = 0; i < in.rows; i++)
        valid[i] = !a.is_null(i) && (b.is_null(i) || !equal_values(a.as<T>()[i], b.as<T>()[i]));
    });
    a.validity = valid;
    return a;
  }

 private:
  ExpressionPtr left_, right_;
  VectorBuffer out_;
};

/// GREATEST, LEAST: NULLs are passed over.
class ExtremeNode final : public Expression {
 public:
  ExtremeNode(bool greatest, std::vector<ExpressionPtr> args)
      : Expression(args.front()->kind()), greatest_(greatest), args_(std::move(args)), out_(kind_) {
    for (const auto& a : args_) reads(*a);
  }
  Vector evaluate(Context& context, const Batch& in) override {
    std::uint8_t* valid = out_.validity();
    std::memset(valid, 0, in.rows);
    bool stable = true;
    for (const auto& arg : args_) {
      const Vector v = arg->evaluate(context, in);
      stable &= v.stable;
      with_kind(v.kind, [&]<typename T>(T) {
        T* out = out_.as<T>();
        for (std::uint32_t i = 0; i < in.rows; i++) {
          if (v.is_null(i)) {
            if (valid[i] == 0) out[i] = T{};
            continue;
          }
          const T& value = v.as<T>()[i];
          if (valid[i] == 0 || (greatest_ ? compare_values(out[i], value) < 0 : compare_values(out[i], value) > 0)) out[i] = value;
          valid[i] = 1;
        }
      });
    }
    return out_.view(true, stable);
  }

 private:
  bool greatest_;
  std::vector<ExpressionPtr> args_;
  VectorBuffer out_;
};

/// `arg IN (constants)`.
class InListNode final : public Expression {
 public:
  InListNode(ExpressionPtr arg, std::vector<std::string> values, bool has_null)
      : Expression(Kind::kBool), arg_(std::move(arg)), values_(std::move(values)), has_null_(has_null), out_(Kind::kBool) {
    reads(*arg_);
    std::size_t size = 16;
    while (size < values_.size() * 2) size *= 2;
    slots_.assign(size, UINT32_MAX);
    with_kind(arg_->kind(), [&]<typename T>(T) {
      for (std::uint32_t k = 0; k < values_.size(); k++) {
        const T value = value_at<T>(k);
        std::size_t at = hash_value(value) & (slots_.size() - 1);
        while (slots_[at] != UINT32_MAX && !equal_values(value_at<T>(slots_[at]), value)) at = (at + 1) & (slots_.size() - 1);
        slots_[at] = k;
      }
    });
  }
  Vector evaluate(Context& context, const Batch& in) override {
    const Vector v = arg_->evaluate(context, in);
    std::uint8_t* out = out_.data();
    const bool nullable = has_null_ || v.validity != nullptr;
    std::uint8_t* valid = nullable ? out_.validity() : nullptr;
    with_kind(v.kind, [&]<typename T>(T) {
      for (std::uint32_t i = 0; i < in.rows; i++) {
        const bool found = !v.is_null(i) && contains(v.as<T>()[i]);
        out[i] = found;
        if (nullable) valid[i] = found || (!v.is_null(i) && !has_null_);
      }
    });
    return out_.view(nullable);
  }

 private:
  template <typename T>
  T value_at(std::uint32_t k) const {
    if constexpr (std::is_same_v<T, std::string_view>) return values_[k];
    else {
      T value;
      std::memcpy(&value, values_[k].data(), sizeof value);
      return value;
    }
  }
  template <typename T>
  bool contains(const T& value) const {
    for (std::size_t at = hash_value(value) & (slots_.size() - 1); slots_[at] != UINT32_MAX; at = (at + 1) & (slots_.size() - 1))
      if (equal_values(value_at<T>(slots_[at]), value)) return true;
    return false;
  }
  ExpressionPtr arg_;
  std::vector<std::string> values_;
  bool has_null_;
  std::vector<std::uint32_t> slots_;
  VectorBuffer out_;
};

constexpr int kMaxDepth = 200;
constexpr std::uint32_t kMaxArgs = 10000;

ExpressionPtr parse_constant(ByteReader& program) {
  const std::uint8_t kind = program.u8();
  const bool null = program.u8() != 0;
  if (!kind_valid(kind)) return nullptr;
  std::string_view bytes;
  if (!null) {
    bytes = static_cast<Kind>(kind) == Kind::kBytes ? program.string() : program.raw(kind_width(static_cast<Kind>(kind)));
    if (!program.ok()) return nullptr;
  }
  return std::make_unique<ConstantNode>(static_cast<Kind>(kind), null, bytes);
}

ExpressionPtr parse_in_list(ByteReader& program, ExpressionPtr arg) {
  const bool has_null = program.u8() != 0;
  const std::uint32_t count = program.u32();
  if (!program.ok() || count > program.remaining()) return nullptr;
  std::vector<std::string> values;
  values.reserve(count);
  for (std::uint32_t i = 0; i < count && program.ok(); i++)
    values.emplace_back(arg->kind() == Kind::kBytes ? program.string() : program.raw(kind_width(arg->kind())));
  if (!program.ok()) return nullptr;
  return std::make_unique<InListNode>(std::move(arg), std::move(values), has_null);
}

}  // namespace

ExpressionPtr parse_expression(ByteReader& program, const std::vector<Kind>& input, Memory& memory, int depth) {
  if (depth > kMaxDepth) return nullptr;
  const auto child = [&] { return parse_expression(program, input, memory, depth + 1); };
  const auto children = [&](std::vector<ExpressionPtr>& out, bool same_kind) {
    const std::uint32_t count = program.u16();
    if (count == 0 || count > kMaxArgs) return false;
    for (std::uint32_t i = 0; i < count; i++) {
      auto c = child();
      if (!c || (same_kind && i > 0 && c->kind() != out.front()->kind())) return false;
      out.push_back(std::move(c));
    }
    return true;
  };
  const auto op = static_cast<ExpressionOp>(program.u8());
  switch (op) {
    case ExpressionOp::kColumn: {
      const std::uint32_t column = program.u16();
      if (!program.ok() || column >= input.size()) return nullptr;
      return std::make_unique<ColumnNode>(column, input[column]);
    }
    case ExpressionOp::kConstant: return parse_constant(program);
    case ExpressionOp::kAnd:
    case ExpressionOp::kOr: {
      std::vector<ExpressionPtr> args;
      if (!children(args, true) || args.front()->kind() != Kind::kBool) return nullptr;
      return std::make_unique<LogicNode>(op == ExpressionOp::kAnd, std::move(args));
    }
    case ExpressionOp::kNot: {
      auto arg = child();
      if (!arg || arg->kind() != Kind::kBool) return nullptr;
      return std::make_unique<NotNode>(std::move(arg));
    }
    case ExpressionOp::kNullTest: {
      const bool negated = program.u8() != 0;
      auto arg = child();
      if (!arg) return nullptr;
      return std::make_unique<NullTestNode>(std::move(arg), negated);
    }
    case ExpressionOp::kBooleanTest: {
      const std::uint8_t test = program.u8();
      const bool negated = program.u8() != 0;
      auto arg = child();
      if (!arg || arg->kind() != Kind::kBool || test > 2) return nullptr;
      return std::make_unique<BooleanTestNode>(std::move(arg), test, negated);
    }
    case ExpressionOp::kDistinct: {
      const bool negated = program.u8() != 0;
      auto a = child();
      auto b = child();
      if (!a || !b || a->kind() != b->kind()) return nullptr;
      return std::make_unique<DistinctNode>(std::move(a), std::move(b), negated);
    }
    case ExpressionOp::kCase: {
      const std::uint32_t count = program.u16();
      std::vector<ExpressionPtr> whens, thens;
      for (std::uint32_t i = 0; i < count; i++) {
        auto when = child();
        auto then = child();
        if (!when || !then || when->kind() != Kind::kBool) return nullptr;
        whens.push_back(std::move(when));
        thens.push_back(std::move(then));
      }
      auto otherwise = child();
      if (!otherwise) return nullptr;
      for (const auto& t : thens)
        if (t->kind() != otherwise->kind()) return nullptr;
      return std::make_unique<CaseNode>(std::move(whens), std::move(thens), std::move(otherwise));
    }
    case ExpressionOp::kCoalesce: {
      std::vector<ExpressionPtr> args;
      if (!children(args, true)) return nullptr;
      return std::make_unique<CoalesceNode>(std::move(args));
    }
    case ExpressionOp::kNullIf: {
      auto a = child();
      auto b = child();
      if (!a || !b || a->kind() != b->kind()) return nullptr;
      return std::make_unique<NullIfNode>(std::move(a), std::move(b));
    }
    case ExpressionOp::kGreatest:
    case ExpressionOp::kLeast: {
      std::vector<ExpressionPtr> args;
      if (!children(args, true)) return nullptr;
      return std::make_unique<ExtremeNode>(op == ExpressionOp::kGreatest, std::move(args));
    }
    case ExpressionOp::kInList: {
      auto arg = child();
      return arg ? parse_in_list(program, std::move(arg)) : nullptr;
    }
    case ExpressionOp::kCompare:
    case ExpressionOp::kArithmetic: {
      const std::uint8_t which = program.u8();
      auto a = child();
      auto b = child();
      if (!a || !b || a->kind() != b->kind()) return nullptr;
      return op == ExpressionOp::kCompare ? make_comparison(which, std::move(a), std::move(b)) : make_arithmetic(which, std::move(a), std::move(b));
    }
    case ExpressionOp::kUnary: {
      const std::uint8_t which = program.u8();
      auto arg = child();
      return arg ? make_unary(which, std::move(arg), memory) : nullptr;
    }
    case ExpressionOp::kCast: {
      const std::uint8_t to = program.u8();
      auto arg = child();
      return arg && kind_valid(to) ? make_cast(static_cast<Kind>(to), std::move(arg), memory) : nullptr;
    }
    case ExpressionOp::kLike: {
      const bool negated = program.u8() != 0;
      const std::string_view pattern = program.string();
      auto arg = child();
      if (!arg || arg->kind() != Kind::kBytes) return nullptr;
      return make_like(std::move(arg), pattern, negated);
    }
    case ExpressionOp::kConcat: {
      auto a = child();
      auto b = child();
      if (!a || !b || a->kind() != Kind::kBytes || b->kind() != Kind::kBytes) return nullptr;
      return make_concat(std::move(a), std::move(b), memory);
    }
  }
  return nullptr;
}

}  // namespace orrery::exec
