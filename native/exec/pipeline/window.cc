// window.cc: window functions: the rows are ordered once per partitioning and order, each call then goes along them.
//
// Rows come out in the order of the last specification, as from the TypeScript operator. A sum that slides takes away what leaves the
// frame, which is exact for integers only; other aggregates are native where the frame begins with the partition.
#include <algorithm>

#include "compare.h"
#include "gather.h"
#include "sort_rows.h"

namespace orrery::exec {
namespace {

std::vector<Kind> with_calls(std::vector<Kind> kinds, const std::vector<WindowSpec>& specs) {
  const std::vector<Kind> input = kinds;
  for (const WindowSpec& s : specs)
    for (const WindowCall& c : s.calls) {
      Kind kind = Kind::kInt64;
      window_kind(c, input, &kind);
      kinds.push_back(kind);
    }
  return kinds;
}

/// Where a place's partition and peers begin and end.
struct Places {
  explicit Places(Memory& m) : partition(m), peers(m) {}
  PodBuffer<std::uint32_t> partition;  // starts of partitions, and the end
  PodBuffer<std::uint32_t> peers;      // starts of peer groups, and the end
};

class WindowOperator final : public Operator {
 public:
  WindowOperator(OperatorPtr input, std::vector<WindowSpec> specs, Memory& memory)
      : Operator(with_calls(input->kinds(), specs)), input_(std::move(input)), specs_(std::move(specs)), table_(input_->kinds(), memory),
        results_(std::vector<Kind>(kinds_.begin() + static_cast<std::ptrdiff_t>(table_.width()), kinds_.end()), memory), order_(memory),
        places_(memory), buffers_(kinds_) {}

  Step next(Context& context, Batch& out) override {
    if (!computed_) {
      const Step step = gather_.all(*input_, table_, context, [](Context&) { return true; });
      if (step != Step::kEnd) return step;
      if (!compute(context)) return context.failure == Failure::kNone ? context.fail(Failure::kFallback) : Step::kFail;
      computed_ = true;
    }
    if (at_ >= table_.rows()) return Step::kEnd;
    out.rows = std::min(table_.rows() - at_, kBatchRows);
    out.columns.resize(kinds_.size());
    const std::size_t width = table_.width();
    for (std::size_t c = 0; c < width; c++) out.columns[c] = table_.column(c).gather(order_.data() + at_, out.rows, buffers_[c]);
    for (std::size_t c = 0; c < results_.width(); c++)
      out.columns[width + c] = c >= first_of_last_ ? results_.column(c).view(at_)
                                                   : results_.column(c).gather(order_.data() + at_, out.rows, buffers_[width + c]);
    at_ += out.rows;
    return Step::kRows;
  }
  void reset() override {
    input_->reset();
    table_.clear();
    results_.clear();
    gather_.reset();
    computed_ = false;
    at_ = 0;
  }

 private:
  bool compute(Context& context) {
    context_ = &context;
    std::size_t column = 0;
    for (std::size_t s = 0; s < specs_.size(); s++) {
      const WindowSpec& spec = specs_[s];
      std::vector<SortKey> keys = spec.partition;
      keys.insert(keys.end(), spec.order.begin(), spec.order.end());
      if (!sort_rows(table_, keys, order_, context)) return false;
      if (!find_places(spec, context)) return false;
      const bool last = s + 1 == specs_.size();
      if (last) first_of_last_ = column;
      for (const WindowCall& call : spec.calls) {
        // The last specification's results stand by place, the others' by row.
        if (!compute_call(call, results_.column(column++), last ? nullptr : order_.data())) return false;
        if (context.failed()) return false;
      }
    }
    return true;
  }

  /// False: stopped.
  bool find_places(const WindowSpec& spec, Context& context) {
    const std::uint32_t n = table_.rows();
    PodBuffer<std::uint8_t> flags(context.memory);
    const auto starts = [&](PodBuffer<std::uint32_t>& out) {
      out.clear();
      const auto find = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; i++)
          if (flags[i] != 0) out.push_back(static_cast<std::uint32_t>(i));
      };
      if (!context.in_pieces(n, find)) return false;
      out.push_back(n);
      return true;
    };
    flags.assign(n, 0);
    if (n > 0) flags[0] = 1;
    return mark_changes(table_, spec.partition, order_, flags, context) && starts(places_.partition) &&
           mark_changes(table_, spec.order, order_, flags, context) && starts(places_.peers);
  }

  bool compute_call(const WindowCall& call, Column& out, const std::uint32_t* rows) {
    switch (call.op) {
      case WindowOp::kRowNumber:
      case WindowOp::kRank:
      case WindowOp::kDenseRank: return integers(call, out, rows);
      case WindowOp::kPercentRank:
      case WindowOp::kCumeDist: return fractions(call, out, rows);
      case WindowOp::kLag:
      case WindowOp::kLead:
      case WindowOp::kFirstValue:
      case WindowOp::kLastValue: return values(call, out, rows);
      case WindowOp::kAggregate: return aggregate(call, out, rows);
    }
    return false;
  }

  /// Calls body(partition start, partition end, peers' start, peers' end, index of the peers in the partition) for each group of peers, or
  /// until somebody stops the pipeline.
  template <typename Body>
  void each_peers(Body body) const {
    std::size_t g = 0;
    for (std::size_t p = 0; p + 1 < places_.partition.size(); p++) {
      const std::uint32_t from = places_.partition[p], to = places_.partition[p + 1];
      for (std::uint32_t index = 0; places_.peers[g] < to; g++, index++) {
        if (context_->stopped()) return;
        body(from, to, places_.peers[g], places_.peers[g + 1], index);
      }
    }
  }

  bool integers(const WindowCall& call, Column& out, const std::uint32_t* rows) {
    std::int64_t* to = out.extend<std::int64_t>(table_.rows());
    each_peers([&](std::uint32_t from, std::uint32_t, std::uint32_t first, std::uint32_t end, std::uint32_t index) {
      for (std::uint32_t i = first; i < end; i++) {
        const std::int64_t v = call.op == WindowOp::kRowNumber ? i - from + 1 : call.op == WindowOp::kRank ? first - from + 1 : index + 1;
        to[rows == nullptr ? i : rows[i]] = v;
      }
    });
    return true;
  }
  bool fractions(const WindowCall& call, Column& out, const std::uint32_t* rows) {
    double* to = out.extend<double>(table_.rows());
    each_peers([&](std::uint32_t from, std::uint32_t part_end, std::uint32_t first, std::uint32_t end, std::uint32_t) {
      const std::uint32_t size = part_end - from;
      const double v = call.op == WindowOp::kCumeDist ? static_cast<double>(end - from) / size
                       : size <= 1                    ? 0.0
                                                      : static_cast<double>(first - from) / (size - 1);
      for (std::uint32_t i = first; i < end; i++) to[rows == nullptr ? i : rows[i]] = v;
    });
    return true;
  }

  /// The frame of each place as [lo, hi), clipped to the partition; both never go back within one.
  template <typename Body>
  void each_frame(const WindowCall& call, Body body) const {
    each_peers([&](std::uint32_t from, std::uint32_t to, std::uint32_t first, std::uint32_t end, std::uint32_t) {
      for (std::uint32_t i = first; i < end; i++) {
        const std::uint32_t lo = bound(call, call.start, false, from, to, first, end, i), hi = bound(call, call.end, true, from, to, first, end, i);
        body(from, to, i, lo, hi);
      }
    });
  }
  static std::uint32_t bound(const WindowCall& call, const FrameBound& b, bool is_end, std::uint32_t from, std::uint32_t to, std::uint32_t first,
                             std::uint32_t end, std::uint32_t i) noexcept {
    switch (b.kind) {
      case FrameBoundKind::kUnboundedPreceding: return from;
      case FrameBoundKind::kUnboundedFollowing: return to;
      case FrameBoundKind::kCurrentRow: return call.rows_mode ? i + (is_end ? 1 : 0) : is_end ? end : first;
      case FrameBoundKind::kPreceding: {
        const std::uint64_t at = i + (is_end ? 1 : 0);
        return at < from + b.offset ? from : static_cast<std::uint32_t>(at - b.offset);
      }
      case FrameBoundKind::kFollowing: {
        const std::uint64_t at = static_cast<std::uint64_t>(i) + (is_end ? 1 : 0);
        return b.offset >= to - std::min<std::uint64_t>(at, to) ? to : static_cast<std::uint32_t>(at + b.offset);
      }
    }
    return from;
  }

  bool values(const WindowCall& call, Column& out, const std::uint32_t* rows) {
    const Column& arg = table_.column(static_cast<std::size_t>(call.arg));
    const std::uint32_t n = table_.rows();
    with_kind(arg.kind(), [&]<typename T>(T) {
      const T* in = arg.as<T>();
      T* to = out.extend<T>(n);
      for (std::uint32_t i = 0; i < n; i++) to[i] = T{};
      const auto set = [&](std::uint32_t place, std::int64_t source) {
        const std::uint32_t row = rows == nullptr ? place : rows[place];
        if (source < 0 || arg.is_null(order_[static_cast<std::size_t>(source)])) out.set_null(row);
        else out.as<T>()[row] = in[order_[static_cast<std::size_t>(source)]];
      };
      if (call.op == WindowOp::kLag || call.op == WindowOp::kLead) {
        const std::int64_t by = call.op == WindowOp::kLag ? -call.offset : call.offset;
        each_peers([&](std::uint32_t from, std::uint32_t end_of, std::uint32_t first, std::uint32_t end, std::uint32_t) {
          for (std::uint32_t i = first; i < end; i++) {
            const std::int64_t at = static_cast<std::int64_t>(i) + by;
            set(i, at >= from && at < end_of ? at : -1);
          }
        });
      } else {
        each_frame(call, [&](std::uint32_t, std::uint32_t, std::uint32_t i, std::uint32_t lo, std::uint32_t hi) {
          set(i, lo >= hi ? -1 : call.op == WindowOp::kFirstValue ? lo : static_cast<std::int64_t>(hi) - 1);
        });
      }
    });
    return true;
  }

  // ---- aggregates: a running state; `Rule` has Result, start(), add(value), remove(value) and value(Result*) ----

  template <typename T, typename Rule>
  bool run(const WindowCall& call, Column& out, const std::uint32_t* rows, bool can_remove) {
    const Column* arg = call.arg < 0 ? nullptr : &table_.column(static_cast<std::size_t>(call.arg));
    const T* in = arg == nullptr ? nullptr : arg->as<T>();
    const std::uint32_t n = table_.rows();
    auto* to = out.extend<typename Rule::Result>(n);
    for (std::uint32_t i = 0; i < n; i++) to[i] = {};
    Rule rule;
    std::uint32_t partition = UINT32_MAX, low = 0, high = 0;
    bool ok = true;
    const auto is_value = [&](std::uint32_t place) { return arg == nullptr || !arg->is_null(order_[place]); };
    const auto value_at = [&](std::uint32_t place) { return in == nullptr ? T{} : in[order_[place]]; };
    each_frame(call, [&](std::uint32_t from, std::uint32_t, std::uint32_t i, std::uint32_t lo, std::uint32_t hi) {
      if (hi < lo) hi = lo;
      if (!can_remove && lo != from) ok = false;
      if (from != partition || lo >= high) {
        partition = from;
        low = high = lo;
        rule = Rule{};
      }
      for (; low < lo; low++)
        if (is_value(low)) rule.remove(value_at(low));
      for (; high < hi; high++)
        if (is_value(high)) ok &= rule.add(value_at(high));
      const std::uint32_t row = rows == nullptr ? i : rows[i];
      typename Rule::Result value{};
      bool any = false;
      ok &= rule.value(&value, &any);
      if (any) out.as<typename Rule::Result>()[row] = value;
      else out.set_null(row);
    });
    return ok;
  }

  struct Counting {
    using Result = std::int64_t;
    std::int64_t n = 0;
    template <typename T> bool add(const T&) { return n++, true; }
    template <typename T> void remove(const T&) { n--; }
    bool value(Result* out, bool* any) { return *out = n, *any = true; }
  };
  template <typename T, typename Sum>
  struct Summing {
    using Result = std::conditional_t<std::is_same_v<Sum, __int128>, std::conditional_t<sizeof(T) == 8, Decimal, std::int64_t>, Sum>;
    Sum sum{};
    std::uint64_t n = 0;
    bool add(const T& v) {
      if constexpr (std::is_same_v<Sum, Decimal>) return n++ == 0 ? (sum = v, true) : decimal_add(sum, v, &sum);
      else if constexpr (std::is_floating_point_v<Sum>) {
        const Sum next = n++ == 0 ? static_cast<Sum>(v) : sum + static_cast<Sum>(v);
        const bool fine = !std::isinf(next) || std::isinf(v) || std::isinf(sum);
        return sum = next, fine;
      } else return n++, sum += v, true;
    }
    void remove(const T& v) {
      if constexpr (std::is_same_v<Sum, __int128>) {
        n--;
        sum -= v;
      }
    }
    bool value(Result* out, bool* any) {
      *any = n > 0;
      if constexpr (std::is_same_v<Result, Decimal> && !std::is_same_v<Sum, Decimal>) *out = {sum, 0};
      else *out = static_cast<Result>(sum);
      return true;
    }
  };
  template <typename T, typename Sum>
  struct Averaging : Summing<T, Sum> {
    using Result = std::conditional_t<std::is_floating_point_v<Sum>, double, Decimal>;
    bool value(Result* out, bool* any) {
      *any = this->n > 0;
      if (!*any) return true;
      if constexpr (std::is_floating_point_v<Sum>) return *out = this->sum / static_cast<double>(this->n), true;
      else if constexpr (std::is_same_v<Sum, Decimal>) return decimal_divide(this->sum, {static_cast<__int128>(this->n), 0}, out);
      else return decimal_divide({this->sum, 0}, {static_cast<__int128>(this->n), 0}, out);
    }
  };
  template <typename T, bool greatest>
  struct Extreme {
    using Result = T;
    T best{};
    bool any_value = false;
    bool add(const T& v) {
      if (!any_value || (greatest ? compare_values(best, v) <= 0 : compare_values(best, v) >= 0)) best = v;
      return any_value = true;
    }
    void remove(const T&) {}
    bool value(Result* out, bool* any) { return *out = best, *any = any_value, true; }
  };

  bool aggregate(const WindowCall& call, Column& out, const std::uint32_t* rows) {
    if (call.aggregate == AggregateOp::kCountRows) return run<std::uint8_t, Counting>(call, out, rows, true);
    const Kind kind = table_.column(static_cast<std::size_t>(call.arg)).kind();
    return with_kind(kind, [&]<typename T>(T) {
      switch (call.aggregate) {
        case AggregateOp::kCount: return run<T, Counting>(call, out, rows, true);
        case AggregateOp::kMin: return run<T, Extreme<T, false>>(call, out, rows, false);
        case AggregateOp::kMax: return run<T, Extreme<T, true>>(call, out, rows, false);
        case AggregateOp::kSum:
        case AggregateOp::kAverage:
          if constexpr (std::is_same_v<T, std::uint8_t> || std::is_same_v<T, std::string_view>) return false;
          else if constexpr (std::is_integral_v<T>)
            return call.aggregate == AggregateOp::kSum ? run<T, Summing<T, __int128>>(call, out, rows, true)
                                                       : run<T, Averaging<T, __int128>>(call, out, rows, true);
          else if constexpr (std::is_same_v<T, float>)
            return call.aggregate == AggregateOp::kSum ? run<T, Summing<T, float>>(call, out, rows, false)
                                                       : run<T, Averaging<T, double>>(call, out, rows, false);
          else
            return call.aggregate == AggregateOp::kSum ? run<T, Summing<T, T>>(call, out, rows, false)
                                                       : run<T, Averaging<T, T>>(call, out, rows, false);
        default: return false;
      }
    });
  }

  OperatorPtr input_;
  const std::vector<WindowSpec> specs_;
  Table table_;
  Table results_;
  PodBuffer<std::uint32_t> order_;
  Places places_;
  GatherBuffers buffers_;
  std::size_t first_of_last_ = 0;
  const Context* context_ = nullptr;  // while it computes
  Gather gather_;
  bool computed_ = false;
  std::uint32_t at_ = 0;
};

}  // namespace

bool window_kind(const WindowCall& call, const std::vector<Kind>& input, Kind* out) noexcept {
  const bool has_arg = call.arg >= 0 && static_cast<std::size_t>(call.arg) < input.size();
  switch (call.op) {
    case WindowOp::kRowNumber:
    case WindowOp::kRank:
    case WindowOp::kDenseRank: return *out = Kind::kInt64, true;
    case WindowOp::kPercentRank:
    case WindowOp::kCumeDist: return *out = Kind::kFloat64, true;
    case WindowOp::kLag:
    case WindowOp::kLead:
    case WindowOp::kFirstValue:
    case WindowOp::kLastValue:
      if (!has_arg) return false;
      return *out = input[static_cast<std::size_t>(call.arg)], true;
    case WindowOp::kAggregate:
      if (call.aggregate == AggregateOp::kAnd || call.aggregate == AggregateOp::kOr) return false;
      if (call.aggregate == AggregateOp::kCountRows) return *out = Kind::kInt64, true;
      return has_arg && aggregate_kind(call.aggregate, input[static_cast<std::size_t>(call.arg)], out);
  }
  return false;
}

OperatorPtr make_window(OperatorPtr input, std::vector<WindowSpec> specs, Memory& memory) {
  return std::make_unique<WindowOperator>(std::move(input), std::move(specs), memory);
}

}  // namespace orrery::exec
