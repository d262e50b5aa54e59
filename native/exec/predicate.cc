// predicate.cc: reading and evaluating predicates.
#include "predicate.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

namespace orrery::exec {
namespace {

bool fits(KeyKind kind, PhysicalType type) noexcept {
  switch (kind) {
    case KeyKind::kBool: return type == PhysicalType::kBool;
    case KeyKind::kInt16: return type == PhysicalType::kInt16;
    case KeyKind::kInt32: return type == PhysicalType::kInt32;
    case KeyKind::kInt64: return type == PhysicalType::kInt64;
    case KeyKind::kFloat32: return type == PhysicalType::kFloat32;
    case KeyKind::kFloat64: return type == PhysicalType::kFloat64;
    case KeyKind::kUuid: return type == PhysicalType::kUuid;
    case KeyKind::kInterval: return type == PhysicalType::kInterval;
    case KeyKind::kBytes:
    case KeyKind::kNumeric:
    case KeyKind::kBpchar: return type == PhysicalType::kVarlen;
  }
  return false;
}

template <typename T>
int order(T a, T b) noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a) || std::isnan(b)) return static_cast<int>(std::isnan(a)) - static_cast<int>(std::isnan(b));
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

struct Interval { std::int64_t micros; std::int32_t days; std::int32_t months; };
__extension__ typedef __int128 Wide;
Wide length_of(const Interval& i) noexcept {
  constexpr Wide kDay = 86400000000;
  return Wide{i.micros} + (Wide{i.days} + Wide{i.months} * 30) * kDay;
}

int order_bytes(std::string_view a, std::string_view b) noexcept {
  const int c = std::memcmp(a.data(), b.data(), std::min(a.size(), b.size()));
  return c != 0 ? c : order(a.size(), b.size());
}
std::string_view trim(std::string_view s) noexcept {
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

bool satisfies(PredicateOp op, int c) noexcept {
  switch (op) {
    case PredicateOp::kEq:
    case PredicateOp::kIn: return c == 0;
    case PredicateOp::kNe: return c != 0;
    case PredicateOp::kLt: return c < 0;
    case PredicateOp::kLe: return c <= 0;
    case PredicateOp::kGt: return c > 0;
    case PredicateOp::kGe: return c >= 0;
    case PredicateOp::kIsNull:
    case PredicateOp::kIsNotNull: break;
  }
  return false;
}

template <typename T>
T load(const void* from) noexcept {
  T v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

template <typename T>
bool any_of(const std::vector<std::string>& constants, PredicateOp op, T value) noexcept {
  for (const auto& c : constants)
    if (satisfies(op, order(value, load<T>(c.data())))) return true;
  return false;
}

/// Calls `run` with what says whether a value satisfies the comparison, so that the switch over `op` is outside of its loop. A NaN among the values
/// is greater than every constant but a NaN.
template <typename T, typename Run>
void with_test(PredicateOp op, T constant, Run&& run) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(constant)) return run([op, constant](T value) { return satisfies(op, order(value, constant)); });
  }
  switch (op) {
    case PredicateOp::kEq: return run([constant](T value) { return value == constant; });
    case PredicateOp::kNe: return run([constant](T value) { return !(value == constant); });
    case PredicateOp::kLt: return run([constant](T value) { return value < constant; });
    case PredicateOp::kLe: return run([constant](T value) { return value <= constant; });
    case PredicateOp::kGt: return run([constant](T value) { return !(value <= constant); });
    default: return run([constant](T value) { return !(value < constant); });
  }
}

/// One comparison of a fixed-width column over some slots.
template <typename T>
void keep(const T* values, const std::uint8_t* validity, PredicateOp op, T constant, std::vector<std::uint32_t>& slots) {
  with_test(op, constant, [&](auto test) {
    std::size_t kept = 0;
    for (const std::uint32_t slot : slots) {
      const bool good = (validity == nullptr || validity[slot] != 0) && test(load<T>(values + slot));
      slots[kept] = slot;
      kept += good ? 1 : 0;
    }
    slots.resize(kept);
  });
}
/// The same over slots without a gap, the values of the first ones at `values`: `good` keeps its ones where the comparison holds.
template <typename T>
void judge(const T* values, PredicateOp op, T constant, std::span<std::uint8_t> good) {
  with_test(op, constant, [&](auto test) {
    for (std::size_t i = 0; i < good.size(); i++) good[i] &= static_cast<std::uint8_t>(test(load<T>(values + i)));
  });
}

// numeric_send: int16 digit count, weight (of the first digit, base 10000), sign, scale, then the digits; big-endian.
constexpr int kPositive = 0x0000, kNegative = 0x4000, kNan = 0xc000, kInfinity = 0xd000, kMinusInfinity = 0xf000;
int be16(std::string_view s, std::size_t at) noexcept {
  return static_cast<int>(static_cast<std::uint8_t>(s[at])) << 8 | static_cast<std::uint8_t>(s[at + 1]);
}
/// -2 minus infinity, -1, 0 zero, 1, 2 infinity, 3 NaN.
int class_of(std::string_view s) noexcept {
  switch (be16(s, 4)) {
    case kNan: return 3;
    case kInfinity: return 2;
    case kMinusInfinity: return -2;
    case kNegative: return s.size() == 8 ? 0 : -1;
    default: return s.size() == 8 ? 0 : 1;
  }
}

}  // namespace

int compare_numeric(std::string_view a, std::string_view b) noexcept {
  if (a.size() < 8 || b.size() < 8) return order_bytes(a, b);  // not a numeric: any order that is one
  const int left = class_of(a), right = class_of(b);
  if (left != right) return order(left, right);
  if (left != 1 && left != -1) return 0;
  int c = order(static_cast<std::int16_t>(be16(a, 2)), static_cast<std::int16_t>(be16(b, 2)));
  // Digits follow without leading or trailing zero digits, so the byte order of the rest decides.
  if (c == 0) c = order_bytes(a.substr(8), b.substr(8));
  return left == 1 ? c : -c;
}

Status Predicate::parse(std::span<const std::uint8_t> program, const storage::Relation& relation, Predicate* out) {
  const auto invalid = [](const char* what) { return Status::error(StatusCode::kInvalid, std::string("predicate: ") + what); };
  ByteReader in(program);
  if (in.u8() != 1) return invalid("unknown version");
  const unsigned count = in.u16();
  Predicate parsed;
  for (unsigned i = 0; i < count; i++) {
    Term term;
    term.column = in.u16();
    term.kind = static_cast<KeyKind>(in.u8());
    term.op = static_cast<PredicateOp>(in.u8());
    if (!in.ok() || term.op < PredicateOp::kEq || term.op > PredicateOp::kIsNotNull) return invalid("unknown operator");
    if (term.column >= relation.column_count()) return invalid("no such column");
    const PhysicalType type = relation.column(term.column).type.type;
    const bool is_null_test = term.op == PredicateOp::kIsNull || term.op == PredicateOp::kIsNotNull;
    if (!is_null_test && !fits(term.kind, type)) return invalid("kind does not fit the column");
    const std::uint32_t constants = is_null_test ? 0 : term.op == PredicateOp::kIn ? in.u32() : 1;
    if (constants > in.remaining()) return invalid("cut short");
    for (std::uint32_t k = 0; k < constants; k++)
      term.constants.emplace_back(in.raw(type == PhysicalType::kVarlen ? in.u32() : width_of(type)));
    if (!in.ok()) return invalid("cut short");
    parsed.terms_.push_back(std::move(term));
  }
  if (!in.ok()) return invalid("cut short");
  if (in.remaining() != 0) return invalid("bytes after the end");
  parsed.program_.assign(program.begin(), program.end());
  *out = std::move(parsed);
  return Status::ok();
}

bool Predicate::matches(const storage::Chunk& chunk, std::uint32_t slot) const noexcept {
  for (const Term& term : terms_)
    if (!matches(term, chunk, slot)) return false;
  return true;
}

bool Predicate::matches(const Term& term, const storage::Chunk& chunk, std::uint32_t slot) noexcept {
  const bool null = chunk.is_null(term.column, slot);
  if (term.op == PredicateOp::kIsNull) return null;
  if (null) return false;
  if (term.op == PredicateOp::kIsNotNull) return true;
  const auto any = [&](auto compare) {
    return std::any_of(term.constants.begin(), term.constants.end(), [&](const std::string& c) { return satisfies(term.op, compare(c)); });
  };
  switch (term.kind) {
    case KeyKind::kBool: return any_of(term.constants, term.op, chunk.fixed<std::uint8_t>(term.column, slot));
    case KeyKind::kInt16: return any_of(term.constants, term.op, chunk.fixed<std::int16_t>(term.column, slot));
    case KeyKind::kInt32: return any_of(term.constants, term.op, chunk.fixed<std::int32_t>(term.column, slot));
    case KeyKind::kInt64: return any_of(term.constants, term.op, chunk.fixed<std::int64_t>(term.column, slot));
    case KeyKind::kFloat32: return any_of(term.constants, term.op, chunk.fixed<float>(term.column, slot));
    case KeyKind::kFloat64: return any_of(term.constants, term.op, chunk.fixed<double>(term.column, slot));
    case KeyKind::kUuid: {
      const std::uint8_t* value = chunk.fixed_at(term.column, slot, 16);
      return any([&](const std::string& c) { return std::memcmp(value, c.data(), 16); });
    }
    case KeyKind::kInterval: {
      const Wide value = length_of(chunk.fixed<Interval>(term.column, slot));
      return any([&](const std::string& c) { return order(value, length_of(load<Interval>(c.data()))); });
    }
    case KeyKind::kBytes: {
      const std::string_view value = chunk.varlen(term.column, slot);
      return any([&](const std::string& c) { return order_bytes(value, c); });
    }
    case KeyKind::kBpchar: {
      const std::string_view value = trim(chunk.varlen(term.column, slot));
      return any([&](const std::string& c) { return order_bytes(value, trim(c)); });
    }
    case KeyKind::kNumeric: {
      const std::string_view value = chunk.varlen(term.column, slot);
      return any([&](const std::string& c) { return compare_numeric(value, c); });
    }
  }
  return false;
}

namespace {

bool is_plain(PredicateOp op) noexcept { return op >= PredicateOp::kEq && op <= PredicateOp::kGe; }

/// Calls `run` with values of a fixed-width kind as what they are; false: the kind is none.
template <typename Run>
bool with_values(KeyKind kind, const std::uint8_t* values, Run&& run) {
  switch (kind) {
    case KeyKind::kBool: return run(values), true;
    case KeyKind::kInt16: return run(reinterpret_cast<const std::int16_t*>(values)), true;
    case KeyKind::kInt32: return run(reinterpret_cast<const std::int32_t*>(values)), true;
    case KeyKind::kInt64: return run(reinterpret_cast<const std::int64_t*>(values)), true;
    case KeyKind::kFloat32: return run(reinterpret_cast<const float*>(values)), true;
    case KeyKind::kFloat64: return run(reinterpret_cast<const double*>(values)), true;
    default: return false;
  }
}

}  // namespace

void Predicate::filter(const storage::Chunk& chunk, std::vector<std::uint32_t>& slots) const {
  if (slots.empty()) return;
  // A whole chunk, or a part of it: bytes without branches cost a fraction of lists of slots.
  const std::uint32_t first = slots.front();
  const bool is_dense = slots.back() - first + 1 == slots.size();
  thread_local std::vector<std::uint8_t> good;
  good.assign(is_dense ? slots.size() : 0, 1);
  bool judged = false;
  for (const Term& term : terms_) {
    const std::uint8_t* values = chunk.values(term.column);
    if (!is_dense || values == nullptr || !is_plain(term.op)) continue;
    const std::uint8_t* validity = chunk.validity(term.column);
    if (!with_values(term.kind, values, [&]<typename T>(const T* v) { judge(v + first, term.op, load<T>(term.constants.front().data()), good); })) continue;
    for (std::size_t i = 0; validity != nullptr && i < good.size(); i++) good[i] &= static_cast<std::uint8_t>(validity[first + i] != 0);
    judged = true;
  }
  if (judged) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < good.size(); i++) {
      slots[kept] = first + static_cast<std::uint32_t>(i);
      kept += good[i];
    }
    slots.resize(kept);
  }
  for (const Term& term : terms_) {
    if (slots.empty()) return;
    const std::uint8_t* values = chunk.values(term.column);
    const bool plain = values != nullptr && is_plain(term.op);
    if (plain && is_dense && with_values(term.kind, values, [](auto) {})) continue;  // judged above
    if (!plain || !with_values(term.kind, values, [&]<typename T>(const T* v) { keep(v, chunk.validity(term.column), term.op, load<T>(term.constants.front().data()), slots); }))
      std::erase_if(slots, [&](std::uint32_t slot) { return !matches(term, chunk, slot); });
  }
}

}  // namespace orrery::exec
