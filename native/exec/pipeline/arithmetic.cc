// arithmetic.cc: comparisons, + - * / %, unary functions and casts. Whatever PostgreSQL would raise an error for sets Failure::kFallback.
#include <cmath>
#include <limits>

#include "compare.h"
#include "expression_parts.h"

namespace orrery::exec {
namespace {

/// The validity of a strict function's result: its arguments', put together in `out` when both have one.
const std::uint8_t* both_valid(const Vector& a, const Vector& b, std::uint32_t rows, VectorBuffer& out) {
  if (a.validity == nullptr) return b.validity;
  if (b.validity == nullptr) return a.validity;
  std::uint8_t* valid = out.validity();
  for (std::uint32_t i = 0; i < rows; i++) valid[i] = a.validity[i] & b.validity[i];
  return valid;
}

template <CompareOp op, typename T>
bool satisfies(const T& a, const T& b) noexcept {
  if constexpr (std::is_integral_v<T>) {
    if constexpr (op == CompareOp::kEq) return a == b;
    else if constexpr (op == CompareOp::kNe) return a != b;
    else if constexpr (op == CompareOp::kLt) return a < b;
    else if constexpr (op == CompareOp::kLe) return a <= b;
    else if constexpr (op == CompareOp::kGt) return a > b;
    else return a >= b;
  } else if constexpr (op == CompareOp::kEq) return equal_values(a, b);
  else if constexpr (op == CompareOp::kNe) return !equal_values(a, b);
  else {
    const int c = compare_values(a, b);
    if constexpr (op == CompareOp::kLt) return c < 0;
    else if constexpr (op == CompareOp::kLe) return c <= 0;
    else if constexpr (op == CompareOp::kGt) return c > 0;
    else return c >= 0;
  }
}

template <CompareOp op>
class CompareNode final : public Expression {
 public:
  CompareNode(ExpressionPtr a, ExpressionPtr b) : Expression(Kind::kBool), a_(std::move(a)), b_(std::move(b)), out_(Kind::kBool) {
    reads(*a_);
    reads(*b_);
  }
  Vector evaluate(Context& context, const Batch& in) override {
    const Vector a = a_->evaluate(context, in);
    const Vector b = b_->evaluate(context, in);
    std::uint8_t* out = out_.data();
    with_kind(a.kind, [&]<typename T>(T) {
      const T* x = a.as<T>();
      const T* y = b.as<T>();
      for (std::uint32_t i = 0; i < in.rows; i++) out[i] = satisfies<op>(x[i], y[i]);
    });
    Vector result = out_.view(false);
    result.validity = both_valid(a, b, in.rows, out_);
    return result;
  }

 private:
  ExpressionPtr a_, b_;
  VectorBuffer out_;
};

/// One operation on two values; false: PostgreSQL raises an error, or the native form has not enough digits.
template <ArithmeticOp op, typename T>
bool apply(const T& a, const T& b, T* out) noexcept {
  if constexpr (std::is_same_v<T, Decimal>) {
    if constexpr (op == ArithmeticOp::kAdd) return decimal_add(a, b, out);
    else if constexpr (op == ArithmeticOp::kSubtract) return decimal_subtract(a, b, out);
    else if constexpr (op == ArithmeticOp::kMultiply) return decimal_multiply(a, b, out);
    else if constexpr (op == ArithmeticOp::kDivide) return decimal_divide(a, b, out);
    else return false;
  } else if constexpr (std::is_floating_point_v<T>) {
    if constexpr (op == ArithmeticOp::kAdd) *out = a + b;
    else if constexpr (op == ArithmeticOp::kSubtract) *out = a - b;
    else if constexpr (op == ArithmeticOp::kMultiply) *out = a * b;
    else if constexpr (op == ArithmeticOp::kDivide) {
      if (b == 0 && !std::isnan(a)) return false;
      *out = a / b;
    } else return false;
    if (std::isinf(*out)) return std::isinf(a) || std::isinf(b);
    if constexpr (op == ArithmeticOp::kMultiply) return *out != 0 || a == 0 || b == 0;
    if constexpr (op == ArithmeticOp::kDivide) return *out != 0 || a == 0 || std::isinf(b);
    return true;
  } else if constexpr (std::is_same_v<T, std::string_view> || std::is_same_v<T, std::uint8_t>) {
    return false;
  } else {
    if constexpr (op == ArithmeticOp::kAdd) return !__builtin_add_overflow(a, b, out);
    else if constexpr (op == ArithmeticOp::kSubtract) return !__builtin_sub_overflow(a, b, out);
    else if constexpr (op == ArithmeticOp::kMultiply) return !__builtin_mul_overflow(a, b, out);
    else if (b == 0) return false;
    else if constexpr (op == ArithmeticOp::kDivide) {
      if (b == -1) return !__builtin_sub_overflow(T{0}, a, out);
      *out = static_cast<T>(a / b);
      return true;
    } else {
      *out = b == -1 ? T{0} : static_cast<T>(a % b);
      return true;
    }
  }
}

template <ArithmeticOp op>
class ArithmeticNode final : public Expression {
 public:
  ArithmeticNode(ExpressionPtr a, ExpressionPtr b) : Expression(a->kind()), a_(std::move(a)), b_(std::move(b)), out_(kind_) {
    reads(*a_);
    reads(*b_);
    fallible_ = true;
  }
  Vector evaluate(Context& context, const Batch& in) override {
    const Vector a = a_->evaluate(context, in);
    const Vector b = b_->evaluate(context, in);
    const std::uint8_t* valid = both_valid(a, b, in.rows, out_);
    bool failed = false;
    with_kind(a.kind, [&]<typename T>(T) {
      const T* x = a.as<T>();
      const T* y = b.as<T>();
      T* out = out_.as<T>();
      if (valid == nullptr) {
        bool bad = false;
        for (std::uint32_t i = 0; i < in.rows; i++) bad |= !apply<op>(x[i], y[i], &out[i]);
        failed = bad;
      } else {
        for (std::uint32_t i = 0; i < in.rows; i++) {
          if (valid[i] == 0) out[i] = T{};
          else failed |= !apply<op>(x[i], y[i], &out[i]);
        }
      }
    });
    if (failed) context.fail(Failure::kFallback);
    Vector result = out_.view(false);
    result.validity = valid;
    return result;
  }

 private:
  ExpressionPtr a_, b_;
  VectorBuffer out_;
};

/// A strict function of one argument: `Body(input value, output value*)` is false where it fails.
template <typename In, typename Out, typename Body>
class MapNode final : public Expression {
 public:
  MapNode(Kind kind, ExpressionPtr arg, bool fallible, Body body) : Expression(kind), arg_(std::move(arg)), body_(body), out_(kind) {
    reads(*arg_);
    fallible_ |= fallible;
  }
  Vector evaluate(Context& context, const Batch& in) override {
    const Vector a = arg_->evaluate(context, in);
    const In* x = a.as<In>();
    Out* out = out_.as<Out>();
    bool failed = false;
    for (std::uint32_t i = 0; i < in.rows; i++) {
      if (a.is_null(i)) out[i] = Out{};
      else failed |= !body_(x[i], &out[i]);
    }
    if (failed) context.fail(Failure::kFallback);
    Vector result = out_.view(false);
    result.validity = a.validity;
    return result;
  }

 private:
  ExpressionPtr arg_;
  Body body_;
  VectorBuffer out_;
};
template <typename In, typename Out, typename Body>
ExpressionPtr map_of(Kind kind, ExpressionPtr arg, bool fallible, Body body) {
  return std::make_unique<MapNode<In, Out, Body>>(kind, std::move(arg), fallible, body);
}

/// numeric as its bytes: the one cast whose results need memory.
class DecimalBytesNode final : public Expression {
 public:
  DecimalBytesNode(ExpressionPtr arg, Memory& memory) : Expression(Kind::kBytes), arg_(std::move(arg)), arena_(memory), out_(Kind::kBytes) {
    reads(*arg_);
  }
  Vector evaluate(Context& context, const Batch& in) override {
    const Vector a = arg_->evaluate(context, in);
    arena_.clear();
    auto* out = out_.as<std::string_view>();
    char bytes[kDecimalBytes];
    for (std::uint32_t i = 0; i < in.rows; i++) {
      if (a.is_null(i)) out[i] = {};
      else out[i] = arena_.copy({bytes, decimal_to_bytes(a.as<Decimal>()[i], bytes)});
    }
    Vector result = out_.view(false);
    result.validity = a.validity;
    return result;
  }

 private:
  ExpressionPtr arg_;
  Arena arena_;
  VectorBuffer out_;
};

class ConcatNode final : public Expression {
 public:
  ConcatNode(ExpressionPtr a, ExpressionPtr b, Memory& memory)
      : Expression(Kind::kBytes), a_(std::move(a)), b_(std::move(b)), arena_(memory), out_(Kind::kBytes) {
    reads(*a_);
    reads(*b_);
  }
  Vector evaluate(Context& context, const Batch& in) override {
    const Vector a = a_->evaluate(context, in);
    const Vector b = b_->evaluate(context, in);
    const std::uint8_t* valid = both_valid(a, b, in.rows, out_);
    arena_.clear();
    auto* out = out_.as<std::string_view>();
    for (std::uint32_t i = 0; i < in.rows; i++) {
      out[i] = {};
      if (valid != nullptr && valid[i] == 0) continue;
      const std::string_view x = a.as<std::string_view>()[i], y = b.as<std::string_view>()[i];
      char* at = arena_.take(x.size() + y.size() + 1);
      if (!x.empty()) std::memcpy(at, x.data(), x.size());
      if (!y.empty()) std::memcpy(at + x.size(), y.data(), y.size());
      out[i] = {at, x.size() + y.size()};
    }
    Vector result = out_.view(false);
    result.validity = valid;
    return result;
  }

 private:
  ExpressionPtr a_, b_;
  Arena arena_;
  VectorBuffer out_;
};

template <typename To, typename From>
bool to_integer(const From& v, To* out) noexcept {
  if constexpr (std::is_floating_point_v<From>) {
    // Rounds half to even, as rint; the bounds are exact powers of two.
    const From r = std::rint(v);
    constexpr From low = static_cast<From>(std::numeric_limits<To>::min());
    if (!(r >= low && r < -low)) return false;
    *out = static_cast<To>(r);
    return true;
  } else {
    *out = static_cast<To>(v);
    return static_cast<From>(*out) == v;
  }
}

template <typename From>
ExpressionPtr cast_number(Kind to, ExpressionPtr arg) {
  switch (to) {
    case Kind::kInt16: return map_of<From, std::int16_t>(to, std::move(arg), true, [](const From& v, std::int16_t* o) { return to_integer(v, o); });
    case Kind::kInt32:
      return map_of<From, std::int32_t>(to, std::move(arg), sizeof(From) > 4 || std::is_floating_point_v<From>,
                                        [](const From& v, std::int32_t* o) { return to_integer(v, o); });
    case Kind::kInt64:
      return map_of<From, std::int64_t>(to, std::move(arg), std::is_floating_point_v<From>,
                                        [](const From& v, std::int64_t* o) { return to_integer(v, o); });
    case Kind::kFloat32:
      return map_of<From, float>(to, std::move(arg), std::is_same_v<From, double>, [](const From& v, float* o) {
        *o = static_cast<float>(v);
        if constexpr (std::is_same_v<From, double>) return (!std::isinf(*o) || std::isinf(v)) && (*o != 0 || v == 0);
        return true;
      });
    case Kind::kFloat64:
      return map_of<From, double>(to, std::move(arg), false, [](const From& v, double* o) {
        *o = static_cast<double>(v);
        return true;
      });
    case Kind::kDecimal:
      if constexpr (std::is_integral_v<From>)
        return map_of<From, Decimal>(to, std::move(arg), false, [](const From& v, Decimal* o) {
          *o = {v, 0};
          return true;
        });
      return nullptr;
    default: return nullptr;
  }
}

template <template <CompareOp> class Node>
ExpressionPtr choose(CompareOp op, ExpressionPtr a, ExpressionPtr b) {
  switch (op) {
    case CompareOp::kEq: return std::make_unique<Node<CompareOp::kEq>>(std::move(a), std::move(b));
    case CompareOp::kNe: return std::make_unique<Node<CompareOp::kNe>>(std::move(a), std::move(b));
    case CompareOp::kLt: return std::make_unique<Node<CompareOp::kLt>>(std::move(a), std::move(b));
    case CompareOp::kLe: return std::make_unique<Node<CompareOp::kLe>>(std::move(a), std::move(b));
    case CompareOp::kGt: return std::make_unique<Node<CompareOp::kGt>>(std::move(a), std::move(b));
    case CompareOp::kGe: return std::make_unique<Node<CompareOp::kGe>>(std::move(a), std::move(b));
  }
  return nullptr;
}

template <typename T>
ExpressionPtr negate_or_absolute(UnaryOp op, ExpressionPtr arg) {
  const Kind kind = arg->kind();
  const auto negate = [](const T& v, T* o) {
    if constexpr (std::is_same_v<T, Decimal>) *o = {-v.value, v.scale};
    else if constexpr (std::is_floating_point_v<T>) *o = -v;
    else return !__builtin_sub_overflow(T{0}, v, o);
    return true;
  };
  const auto absolute = [negate](const T& v, T* o) {
    if constexpr (std::is_floating_point_v<T>) {
      *o = std::fabs(v);
      return true;
    } else if constexpr (std::is_same_v<T, Decimal>) {
      return v.value < 0 ? negate(v, o) : (*o = v, true);
    } else {
      return v < 0 ? negate(v, o) : (*o = v, true);
    }
  };
  if (op == UnaryOp::kNegate) return map_of<T, T>(kind, std::move(arg), std::is_integral_v<T>, negate);
  return map_of<T, T>(kind, std::move(arg), std::is_integral_v<T>, absolute);
}

}  // namespace

ExpressionPtr make_comparison(std::uint8_t op, ExpressionPtr a, ExpressionPtr b) {
  return choose<CompareNode>(static_cast<CompareOp>(op), std::move(a), std::move(b));
}

ExpressionPtr make_arithmetic(std::uint8_t op, ExpressionPtr a, ExpressionPtr b) {
  const Kind kind = a->kind();
  if (kind == Kind::kBool || kind == Kind::kBytes) return nullptr;
  switch (static_cast<ArithmeticOp>(op)) {
    case ArithmeticOp::kAdd: return std::make_unique<ArithmeticNode<ArithmeticOp::kAdd>>(std::move(a), std::move(b));
    case ArithmeticOp::kSubtract: return std::make_unique<ArithmeticNode<ArithmeticOp::kSubtract>>(std::move(a), std::move(b));
    case ArithmeticOp::kMultiply: return std::make_unique<ArithmeticNode<ArithmeticOp::kMultiply>>(std::move(a), std::move(b));
    case ArithmeticOp::kDivide: return std::make_unique<ArithmeticNode<ArithmeticOp::kDivide>>(std::move(a), std::move(b));
    case ArithmeticOp::kModulo:
      if (kind != Kind::kInt16 && kind != Kind::kInt32 && kind != Kind::kInt64) return nullptr;
      return std::make_unique<ArithmeticNode<ArithmeticOp::kModulo>>(std::move(a), std::move(b));
  }
  return nullptr;
}

ExpressionPtr make_unary(std::uint8_t which, ExpressionPtr arg, Memory&) {
  const auto op = static_cast<UnaryOp>(which);
  switch (op) {
    case UnaryOp::kNegate:
    case UnaryOp::kAbsolute:
      switch (arg->kind()) {
        case Kind::kInt16: return negate_or_absolute<std::int16_t>(op, std::move(arg));
        case Kind::kInt32: return negate_or_absolute<std::int32_t>(op, std::move(arg));
        case Kind::kInt64: return negate_or_absolute<std::int64_t>(op, std::move(arg));
        case Kind::kFloat32: return negate_or_absolute<float>(op, std::move(arg));
        case Kind::kFloat64: return negate_or_absolute<double>(op, std::move(arg));
        case Kind::kDecimal: return negate_or_absolute<Decimal>(op, std::move(arg));
        default: return nullptr;
      }
    case UnaryOp::kCharacters:
      if (arg->kind() != Kind::kBytes) return nullptr;
      return map_of<std::string_view, std::int32_t>(Kind::kInt32, std::move(arg), false, [](const std::string_view& s, std::int32_t* o) {
        std::int32_t n = 0;
        for (const char c : s) n += (c & 0xC0) != 0x80;
        *o = n;
        return true;
      });
    case UnaryOp::kBytesLength:
      if (arg->kind() != Kind::kBytes) return nullptr;
      return map_of<std::string_view, std::int32_t>(Kind::kInt32, std::move(arg), false, [](const std::string_view& s, std::int32_t* o) {
        *o = static_cast<std::int32_t>(s.size());
        return true;
      });
    case UnaryOp::kDateToTimestamp:
      if (arg->kind() != Kind::kInt32) return nullptr;
      return map_of<std::int32_t, std::int64_t>(Kind::kInt64, std::move(arg), true, [](const std::int32_t& days, std::int64_t* o) {
        if (days == INT32_MAX) *o = INT64_MAX;
        else if (days == INT32_MIN) *o = INT64_MIN;
        else {
          *o = static_cast<std::int64_t>(days) * 86400000000;
          return days < 107741000;  // near the end of timestamps TypeScript decides
        }
        return true;
      });
  }
  return nullptr;
}

ExpressionPtr make_cast(Kind to, ExpressionPtr arg, Memory& memory) {
  if (arg->kind() == to) return arg;
  switch (arg->kind()) {
    case Kind::kInt16: return cast_number<std::int16_t>(to, std::move(arg));
    case Kind::kInt32: return cast_number<std::int32_t>(to, std::move(arg));
    case Kind::kInt64: return cast_number<std::int64_t>(to, std::move(arg));
    case Kind::kFloat32: return cast_number<float>(to, std::move(arg));
    case Kind::kFloat64: return cast_number<double>(to, std::move(arg));
    case Kind::kBool:
      if (to != Kind::kInt32) return nullptr;
      return map_of<std::uint8_t, std::int32_t>(to, std::move(arg), false, [](const std::uint8_t& v, std::int32_t* o) { return *o = v, true; });
    case Kind::kBytes:
      if (to != Kind::kDecimal) return nullptr;
      return map_of<std::string_view, Decimal>(to, std::move(arg), true,
                                               [](const std::string_view& v, Decimal* o) { return decimal_from_bytes(v, o); });
    case Kind::kDecimal:
      if (to != Kind::kBytes) return nullptr;
      return std::make_unique<DecimalBytesNode>(std::move(arg), memory);
  }
  return nullptr;
}

ExpressionPtr make_concat(ExpressionPtr a, ExpressionPtr b, Memory& memory) {
  return std::make_unique<ConcatNode>(std::move(a), std::move(b), memory);
}

}  // namespace orrery::exec
