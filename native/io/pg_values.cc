#include "pg_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "pg_messages.h"

namespace orrery::io {
namespace {

template <typename T>
bool set_integer(RowImage& image, std::size_t column, std::int64_t value) noexcept {
  const T narrow = static_cast<T>(value);
  if (narrow != value) return false;
  image.set_fixed(column, &narrow);
  return true;
}

/// False: beyond the column's type.
bool set_integer(RowImage& image, std::size_t column, std::int64_t value) noexcept {
  switch (image.type(column)) {
    case PhysicalType::kInt16: return set_integer<std::int16_t>(image, column, value);
    case PhysicalType::kInt32: return set_integer<std::int32_t>(image, column, value);
    case PhysicalType::kInt64: return set_integer<std::int64_t>(image, column, value);
    default: return false;
  }
}

std::int64_t integer_of(storage::VersionRef version, std::uint32_t column, PhysicalType type) noexcept {
  switch (type) {
    case PhysicalType::kInt16: return version.chunk->fixed<std::int16_t>(column, version.slot);
    case PhysicalType::kInt32: return version.chunk->fixed<std::int32_t>(column, version.slot);
    default: return version.chunk->fixed<std::int64_t>(column, version.slot);
  }
}

bool set_bool(RowImage& image, std::size_t column, const PgParameter& p) noexcept {
  std::uint8_t value = 0;
  if (p.binary) {
    if (p.bytes.size() != 1 || static_cast<unsigned char>(p.bytes[0]) > 1) return false;
    value = static_cast<std::uint8_t>(p.bytes[0]);
  } else if (p.bytes == "t" || p.bytes == "true") {
    value = 1;
  } else if (p.bytes != "f" && p.bytes != "false") {
    return false;
  }
  image.set_fixed(column, &value);
  return true;
}

/// Digits with a point and an exponent: what PostgreSQL and from_chars read alike. Infinities, NaN and what rounds to them is not.
template <typename T, typename Bits>
bool set_float(RowImage& image, std::size_t column, const PgParameter& p) noexcept {
  T value = 0;
  if (p.binary) {
    if (p.bytes.size() != sizeof value) return false;
    const Bits bits = static_cast<Bits>(Fields(p.bytes).integer(sizeof value));
    std::memcpy(&value, &bits, sizeof value);
  } else {
    const char *from = p.bytes.data(), *end = from + p.bytes.size();
    const bool plain = !p.bytes.empty() && std::all_of(from, end, [](char c) { return (c >= '0' && c <= '9') || c == '-' || c == '.' || c == 'e' || c == 'E' || c == '+'; });
    if (!plain) return false;
    const auto [stop, error] = std::from_chars(from, end, value);
    if (error != std::errc() || stop != end || (value != 0 && !std::isnormal(value))) return false;
  }
  image.set_fixed(column, &value);
  return true;
}

/// A moment or a day in binary form between -4712 and 5000 or so: what lies near the ends of the types' ranges has errors of its own.
template <typename T>
bool set_time(RowImage& image, std::size_t column, const PgParameter& p, T limit) noexcept {
  if (!p.binary || p.bytes.size() != sizeof(T)) return false;
  const T value = static_cast<T>(Fields(p.bytes).integer(sizeof(T)));
  if (value > limit || value < -limit) return false;
  image.set_fixed(column, &value);
  return true;
}
constexpr std::int32_t kDays = 2'000'000;
constexpr std::int64_t kMicros = kDays * 86'400'000'000;

bool set_text(RowImage& image, const PgValue& value, std::string_view text) {
  if (!is_utf8(text)) return false;
  if (value.characters_max != 0 && text.size() > value.characters_max) {
    const auto characters = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; });
    if (static_cast<std::size_t>(characters) > value.characters_max) return false;
  }
  image.set_bytes(value.column, text);
  return true;
}

bool set_parameter(RowImage& image, const PgValue& value, const PgParameter& p) {
  if (p.is_null) {
    image.set_null(value.column);
    return !value.not_null;
  }
  switch (value.type) {
    case PgType::kInt2:
    case PgType::kInt4:
    case PgType::kInt8: {
      std::int64_t v = 0;
      return read_integer(p, value.type, &v) && set_integer(image, value.column, v);
    }
    case PgType::kText: return set_text(image, value, p.bytes);
    case PgType::kUuid: {
      char uuid[16];
      if (!read_uuid(p, uuid)) return false;
      image.set_fixed(value.column, uuid);
      return true;
    }
    case PgType::kBool: return set_bool(image, value.column, p);
    case PgType::kFloat4: return set_float<float, std::uint32_t>(image, value.column, p);
    case PgType::kFloat8: return set_float<double, std::uint64_t>(image, value.column, p);
    case PgType::kMicros: return set_time<std::int64_t>(image, value.column, p, kMicros);
    case PgType::kDate: return set_time<std::int32_t>(image, value.column, p, kDays);
  }
  return false;
}

bool set_sum(RowImage& image, const PgValue& value, const PgParameters& parameters, storage::VersionRef old) noexcept {
  std::int64_t by = value.addend, sum = 0;
  const bool is_constant = value.form == PgValue::Form::kAddConstant;
  bool is_null = false;
  if (!is_constant) {
    const PgParameter& p = parameters[value.parameter];
    is_null = p.is_null;
    if (!is_null && !read_integer(p, value.type, &by)) return false;
  }
  if (!old) return true;
  if (is_null || old.chunk->is_null(value.column, old.slot)) {
    image.set_null(value.column);
    return !value.not_null;
  }
  const std::int64_t before = integer_of(old, value.column, image.type(value.column));
  const bool overflows = value.form == PgValue::Form::kSubtract ? __builtin_sub_overflow(before, by, &sum) : __builtin_add_overflow(before, by, &sum);
  return !overflows && set_integer(image, value.column, sum);
}

}  // namespace

bool fits_column(const PgValue& value, PhysicalType type) noexcept {
  switch (value.type) {
    case PgType::kInt2:
    case PgType::kInt4:
    case PgType::kInt8: return type == PhysicalType::kInt16 || type == PhysicalType::kInt32 || type == PhysicalType::kInt64;
    case PgType::kText: return type == PhysicalType::kVarlen && value.form == PgValue::Form::kParameter;
    case PgType::kUuid: return type == PhysicalType::kUuid && value.form == PgValue::Form::kParameter;
    case PgType::kBool: return type == PhysicalType::kBool && value.form == PgValue::Form::kParameter;
    case PgType::kFloat4: return type == PhysicalType::kFloat32 && value.form == PgValue::Form::kParameter;
    case PgType::kFloat8: return type == PhysicalType::kFloat64 && value.form == PgValue::Form::kParameter;
    case PgType::kMicros: return type == PhysicalType::kInt64 && value.form == PgValue::Form::kParameter;
    case PgType::kDate: return type == PhysicalType::kInt32 && value.form == PgValue::Form::kParameter;
  }
  return false;
}

bool set_values(PgPlan& plan, const PgParameters& parameters, storage::VersionRef old, std::int64_t now_micros) {
  RowImage& image = *plan.image;
  image.clear();
  for (const PgValue& value : plan.values) {
    bool is_set = true;
    switch (value.form) {
      case PgValue::Form::kParameter: is_set = set_parameter(image, value, parameters[value.parameter]); break;
      case PgValue::Form::kAdd:
      case PgValue::Form::kSubtract:
      case PgValue::Form::kAddConstant: is_set = set_sum(image, value, parameters, old); break;
      case PgValue::Form::kNow: image.set_fixed(value.column, &now_micros); break;
      case PgValue::Form::kConstant: break;
    }
    if (!is_set) return false;
  }
  return true;
}

}  // namespace orrery::io
