#include "aggregate_states.h"

#include <cmath>

#include "compare.h"

namespace orrery::exec {
namespace {

/// `Rule` has: Value (argument), Result, State (zero = empty), add(State&, value), finish(const State&, Result*) and is_empty(State).
template <typename Rule>
class StateOf final : public AggregateState {
 public:
  explicit StateOf(Memory& memory) : states_(memory), rule_(memory) {}
  void grow(std::uint32_t groups) override {
    const std::size_t had = states_.size();
    if (groups <= had) return;
    states_.extend(groups - had);
    for (std::size_t i = had; i < groups; i++) states_[i] = typename Rule::State{};
  }
  bool update(const Vector& arg, const std::uint32_t* numbers, std::uint32_t rows) override {
    using Value = typename Rule::Value;
    const Value* in = arg.as<Value>();
    bool ok = true;
    if (arg.validity == nullptr) {
      for (std::uint32_t i = 0; i < rows; i++) ok &= rule_.add(states_[numbers[i]], in[i], arg.stable);
    } else {
      for (std::uint32_t i = 0; i < rows; i++)
        if (arg.validity[i] != 0) ok &= rule_.add(states_[numbers[i]], in[i], arg.stable);
    }
    return ok;
  }
  bool finish(std::uint32_t from, std::uint32_t count, VectorBuffer& out) override {
    auto* to = out.as<typename Rule::Result>();
    std::uint8_t* valid = out.validity();
    bool ok = true;
    for (std::uint32_t i = 0; i < count; i++) {
      const auto& state = states_[from + i];
      valid[i] = Rule::is_empty(state) ? 0 : 1;
      if (valid[i]) ok &= rule_.finish(state, &to[i]);
      else to[i] = {};
    }
    return ok;
  }
  bool nullable() const noexcept override { return true; }
  void clear() noexcept override { states_.clear(); }

 private:
  PodBuffer<typename Rule::State> states_;
  Rule rule_;
};

class CountState final : public AggregateState {
 public:
  CountState(Memory& memory, bool rows) : counts_(memory), rows_(rows) {}
  void grow(std::uint32_t groups) override {
    const std::size_t had = counts_.size();
    if (groups <= had) return;
    counts_.extend(groups - had);
    for (std::size_t i = had; i < groups; i++) counts_[i] = 0;
  }
  bool update(const Vector& arg, const std::uint32_t* numbers, std::uint32_t rows) override {
    if (rows_ || arg.validity == nullptr)
      for (std::uint32_t i = 0; i < rows; i++) counts_[numbers[i]]++;
    else
      for (std::uint32_t i = 0; i < rows; i++) counts_[numbers[i]] += arg.validity[i];
    return true;
  }
  bool finish(std::uint32_t from, std::uint32_t count, VectorBuffer& out) override {
    std::memcpy(out.data(), counts_.data() + from, 8ull * count);
    return true;
  }
  bool nullable() const noexcept override { return false; }
  void clear() noexcept override { counts_.clear(); }

 private:
  PodBuffer<std::int64_t> counts_;
  bool rows_;
};

template <typename Sum>
struct SumAndCount { Sum sum; std::uint64_t count; };

template <typename T, typename Sum>
struct SumRule {
  using Value = T;
  using State = SumAndCount<Sum>;
  explicit SumRule(Memory&) {}
  static bool is_empty(const State& s) { return s.count == 0; }
  bool add(State& s, const T& v, bool) {
    if constexpr (std::is_same_v<Sum, Decimal>) {
      // The sum's scale is the largest of its values'.
      const bool ok = s.count++ == 0 ? (s.sum = v, true) : decimal_add(s.sum, v, &s.sum);
      return ok;
    } else if constexpr (std::is_floating_point_v<Sum>) {
      const Sum next = s.count++ == 0 ? static_cast<Sum>(v) : s.sum + static_cast<Sum>(v);
      const bool ok = !std::isinf(next) || std::isinf(v) || std::isinf(s.sum);
      s.sum = next;
      return ok;
    } else {
      s.count++;
      s.sum += v;
      return true;
    }
  }
};
template <typename T, typename Sum>
struct PlainSum : SumRule<T, Sum> {
  using SumRule<T, Sum>::SumRule;
  using Result = std::conditional_t<std::is_same_v<Sum, __int128>, Decimal, Sum>;
  bool finish(const SumAndCount<Sum>& s, Result* out) {
    if constexpr (std::is_same_v<Sum, __int128>) *out = {s.sum, 0};
    else *out = s.sum;
    return true;
  }
};
template <typename T, typename Sum>
struct Average : SumRule<T, Sum> {
  using SumRule<T, Sum>::SumRule;
  using Result = std::conditional_t<std::is_floating_point_v<Sum>, double, Decimal>;
  bool finish(const SumAndCount<Sum>& s, Result* out) {
    if constexpr (std::is_floating_point_v<Sum>) {
      *out = s.sum / static_cast<double>(s.count);
      return true;
    } else if constexpr (std::is_same_v<Sum, Decimal>) {
      return decimal_divide(s.sum, {static_cast<__int128>(s.count), 0}, out);
    } else {
      return decimal_divide({s.sum, 0}, {static_cast<__int128>(s.count), 0}, out);
    }
  }
};

template <typename T, bool greatest>
struct ExtremeRule {
  using Value = T;
  using Result = T;
  struct State { T value; bool any; };
  explicit ExtremeRule(Memory& memory) : arena_(memory) {}
  static bool is_empty(const State& s) { return !s.any; }
  bool add(State& s, const T& v, bool stable) {
    // As int4larger and its kind: of two equals the later one stays.
    if (s.any && (greatest ? compare_values(s.value, v) > 0 : compare_values(s.value, v) < 0)) return true;
    s.any = true;
    if constexpr (std::is_same_v<T, std::string_view>) s.value = stable ? v : arena_.copy(v);
    else s.value = v;
    return true;
  }
  bool finish(const State& s, T* out) { return *out = s.value, true; }

 private:
  Arena arena_;
};

template <bool conjunction>
struct LogicRule {
  using Value = std::uint8_t;
  using Result = std::uint8_t;
  struct State { std::uint8_t value; bool any; };
  explicit LogicRule(Memory&) {}
  static bool is_empty(const State& s) { return !s.any; }
  bool add(State& s, std::uint8_t v, bool) {
    s.value = !s.any ? v : conjunction ? s.value & v : s.value | v;
    s.any = true;
    return true;
  }
  bool finish(const State& s, std::uint8_t* out) { return *out = s.value, true; }
};

template <typename Rule>
std::unique_ptr<AggregateState> state_of(Memory& memory) { return std::make_unique<StateOf<Rule>>(memory); }

template <template <typename, typename> class Rule>
std::unique_ptr<AggregateState> make_sum(Kind arg, Memory& memory, bool average) {
  switch (arg) {
    case Kind::kInt16: return state_of<Rule<std::int16_t, std::int64_t>>(memory);
    case Kind::kInt32: return state_of<Rule<std::int32_t, std::int64_t>>(memory);
    case Kind::kInt64: return state_of<Rule<std::int64_t, __int128>>(memory);
    case Kind::kFloat32: return average ? state_of<Rule<float, double>>(memory) : state_of<Rule<float, float>>(memory);
    case Kind::kFloat64: return state_of<Rule<double, double>>(memory);
    case Kind::kDecimal: return state_of<Rule<Decimal, Decimal>>(memory);
    default: return nullptr;
  }
}

}  // namespace

bool aggregate_kind(AggregateOp op, Kind arg, Kind* out) noexcept {
  switch (op) {
    case AggregateOp::kCountRows:
    case AggregateOp::kCount: return *out = Kind::kInt64, true;
    case AggregateOp::kSum:
      if (arg == Kind::kBool || arg == Kind::kBytes) return false;
      *out = arg == Kind::kInt16 || arg == Kind::kInt32 ? Kind::kInt64 : arg == Kind::kInt64 ? Kind::kDecimal : arg;
      return true;
    case AggregateOp::kAverage:
      if (arg == Kind::kBool || arg == Kind::kBytes) return false;
      *out = arg == Kind::kFloat32 || arg == Kind::kFloat64 ? Kind::kFloat64 : Kind::kDecimal;
      return true;
    case AggregateOp::kMin:
    case AggregateOp::kMax:
      if (arg == Kind::kBool) return false;
      return *out = arg, true;
    case AggregateOp::kAnd:
    case AggregateOp::kOr:
      if (arg != Kind::kBool) return false;
      return *out = Kind::kBool, true;
  }
  return false;
}

std::unique_ptr<AggregateState> make_aggregate_state(AggregateOp op, Kind arg, Memory& memory) {
  switch (op) {
    case AggregateOp::kCountRows: return std::make_unique<CountState>(memory, true);
    case AggregateOp::kCount: return std::make_unique<CountState>(memory, false);
    case AggregateOp::kSum: return make_sum<PlainSum>(arg, memory, false);
    case AggregateOp::kAverage: return make_sum<Average>(arg, memory, true);
    case AggregateOp::kMin:
    case AggregateOp::kMax:
      return with_kind(arg, [&]<typename T>(T) -> std::unique_ptr<AggregateState> {
        if (op == AggregateOp::kMin) return state_of<ExtremeRule<T, false>>(memory);
        return state_of<ExtremeRule<T, true>>(memory);
      });
    case AggregateOp::kAnd: return state_of<LogicRule<true>>(memory);
    case AggregateOp::kOr: return state_of<LogicRule<false>>(memory);
  }
  return nullptr;
}

}  // namespace orrery::exec
