#include "pg_inputs.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "pg_json.h"
#include "pg_messages.h"
#include "pg_moments.h"

namespace orrery::io {
namespace {

constexpr std::int32_t kLengthOffset = 4;  // VARHDRSZ: a modifier is the length and this

std::size_t characters_in(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

bool read_bool(const PgParameter& p, std::uint8_t* out) noexcept {
  if (p.binary) {
    *out = p.bytes.size() == 1 ? static_cast<std::uint8_t>(p.bytes[0]) : 2;
    return *out <= 1;
  }
  *out = p.bytes == "t" || p.bytes == "true" ? 1 : 0;
  return *out == 1 || p.bytes == "f" || p.bytes == "false";
}

/// Digits with a point and an exponent: what PostgreSQL and from_chars read alike. Infinities, NaN and what rounds to them is not.
template <typename T, typename Bits>
bool read_float(const PgParameter& p, T* out) noexcept {
  if (p.binary) {
    if (p.bytes.size() != sizeof(T)) return false;
    const Bits bits = static_cast<Bits>(Fields(p.bytes).integer(sizeof(T)));
    std::memcpy(out, &bits, sizeof(T));
    return !std::isnan(*out);  // of which there are many
  }
  const char *from = p.bytes.data(), *end = from + p.bytes.size();
  const bool plain = !p.bytes.empty() && std::all_of(from, end, [](char c) { return (c >= '0' && c <= '9') || c == '-' || c == '.' || c == 'e' || c == 'E' || c == '+'; });
  if (!plain) return false;
  const auto [stop, error] = std::from_chars(from, end, *out);
  return error == std::errc() && stop == end && (*out == 0 || std::isnormal(*out));
}

}  // namespace

template <typename T>
bool PgInput::put(T value) noexcept {
  std::memcpy(fixed_, &value, sizeof value);
  return true;
}
template <typename T>
T PgInput::fixed_value() const noexcept {
  T value;
  std::memcpy(&value, fixed_, sizeof value);
  return value;
}
bool PgInput::show(std::string_view bytes) noexcept {
  view_ = bytes;
  return true;
}

bool PgInput::read(PgType type, std::int32_t modifier, const PgParameter& p) {
  switch (type) {
    case PgType::kInt2:
    case PgType::kInt4:
    case PgType::kInt8: {
      std::int64_t v = 0;
      return read_integer(p, type, &v) && put(v);
    }
    case PgType::kText: return read_text(modifier, p.bytes);
    case PgType::kBpchar: return read_bpchar(modifier, p.bytes);
    case PgType::kUuid: {
      char uuid[16];
      return read_uuid(p, uuid) && std::memcpy(fixed_, uuid, sizeof uuid) != nullptr;
    }
    case PgType::kBool: {
      std::uint8_t v = 0;
      return read_bool(p, &v) && put(v);
    }
    case PgType::kFloat4: return read_float4(p);
    case PgType::kFloat8: return read_float8(p);
    case PgType::kNumericAsFloat8: return !p.binary && read_float8(p) && put(fixed_value<double>() + 0.0);  // a numeric zero has no sign
    case PgType::kNumericAsFloat4: return !p.binary && read_float4(p) && put(fixed_value<float>() + 0.0F);
    case PgType::kInt4AsFloat8:
    case PgType::kInt4AsFloat4: {
      std::int64_t v = 0;
      if (!read_integer(p, PgType::kInt4, &v)) return false;
      return type == PgType::kInt4AsFloat8 ? put(static_cast<double>(v)) : put(static_cast<float>(v));
    }
    case PgType::kDate: return read_date(p);
    case PgType::kTimestamp:
    case PgType::kTimestampTz:
    case PgType::kTimestampTzUtc:
    case PgType::kTime: return read_moment(type, modifier, p);
    case PgType::kNumeric: return read_numeric(modifier, p);
    case PgType::kBytea: return read_bytea(p);
    case PgType::kJson: return is_json(p.bytes) && show(p.bytes);
    case PgType::kJsonb: return read_jsonb(p);
    case PgType::kVector: return read_vector(wire::DenseKind::kVector, modifier, p);
    case PgType::kHalfvec: return read_vector(wire::DenseKind::kHalfvec, modifier, p);
  }
  return false;
}

bool PgInput::read_integer_as_numeric(PgType type, std::int32_t modifier, const PgParameter& p) {
  std::int64_t v = 0;
  return read_integer(p, type, &v) && show_numeric({v, 0}, modifier);
}

bool PgInput::read_float4(const PgParameter& p) noexcept {
  float v = 0;
  return read_float<float, std::uint32_t>(p, &v) && put(v);
}
bool PgInput::read_float8(const PgParameter& p) noexcept {
  double v = 0;
  return read_float<double, std::uint64_t>(p, &v) && put(v);
}

bool PgInput::read_date(const PgParameter& p) noexcept {
  std::int32_t days = 0;
  if (!p.binary) return read_date_text(p.bytes, &days) && put(days);
  days = static_cast<std::int32_t>(Fields(p.bytes).integer(4));
  return p.bytes.size() == 4 && is_plain_date(days) && put(days);
}

bool PgInput::read_moment(PgType type, std::int32_t precision, const PgParameter& p) noexcept {
  std::int64_t micros = 0;
  if (p.binary) {
    micros = static_cast<std::int64_t>(Fields(p.bytes).integer(8));
    if (p.bytes.size() != 8 || !(type == PgType::kTime ? is_plain_time(micros) : is_plain_timestamp(micros))) return false;
  } else if (type == PgType::kTime) {
    if (!read_time_text(p.bytes, &micros)) return false;
  } else {
    const PgZone zone = type == PgType::kTimestamp ? PgZone::kNone : type == PgType::kTimestampTz ? PgZone::kSession : PgZone::kUtc;
    if (!read_timestamp_text(p.bytes, zone, &micros)) return false;
  }
  return put(round_micros(micros, precision));
}

bool PgInput::read_text(std::int32_t modifier, std::string_view text) noexcept {
  if (!is_utf8(text)) return false;
  if (modifier >= kLengthOffset) {
    const auto most = static_cast<std::size_t>(modifier - kLengthOffset);
    if (text.size() > most && characters_in(text) > most) return false;
  }
  return show(text);
}

bool PgInput::read_bpchar(std::int32_t modifier, std::string_view text) {
  if (!read_text(modifier, text)) return false;
  if (modifier < kLengthOffset) return true;
  const std::size_t length = static_cast<std::size_t>(modifier - kLengthOffset), given = characters_in(text);
  if (given == length) return true;
  buffer_.assign(text);
  buffer_.append(length - given, ' ');
  return show(buffer_);
}

bool PgInput::read_bytea(const PgParameter& p) {
  if (p.binary) return show(p.bytes);
  if (!p.bytes.starts_with("\\x") || p.bytes.size() % 2 != 0) return false;
  buffer_.clear();
  for (std::size_t i = 2; i < p.bytes.size(); i += 2) {
    const int high = hex_digit(p.bytes[i]), low = hex_digit(p.bytes[i + 1]);
    if (high < 0 || low < 0) return false;
    buffer_ += static_cast<char>(high << 4 | low);
  }
  return show(buffer_);
}

bool PgInput::show_numeric(exec::Decimal value, std::int32_t modifier) {
  if (!apply_numeric_modifier(modifier, &value)) return false;
  write_numeric(value, &buffer_);
  return show(buffer_);
}
bool PgInput::read_numeric(std::int32_t modifier, const PgParameter& p) {
  exec::Decimal value{};
  return (p.binary ? read_numeric_binary(p.bytes, &value) : read_numeric_text(p.bytes, &value)) && show_numeric(value, modifier);
}

bool PgInput::read_jsonb(const PgParameter& p) {
  std::string_view text = p.bytes;
  if (p.binary) {
    if (!text.starts_with('\1')) return false;  // jsonb_recv's version
    text.remove_prefix(1);
  }
  return io::read_jsonb(text, &buffer_) && show(buffer_);
}

bool PgInput::read_vector(wire::DenseKind kind, std::int32_t dimensions, const PgParameter& p) {
  if (dimensions < 1 || static_cast<std::size_t>(dimensions) > wire::kVectorElementsMax) return false;
  const auto count = static_cast<std::size_t>(dimensions);
  elements_.resize(count);
  const std::size_t found = p.binary ? wire::read_wire_vector(p.bytes, kind, elements_.data(), count) : wire::read_vector(p.bytes, kind, elements_.data(), count);
  return found == count && show({reinterpret_cast<const char*>(elements_.data()), count * sizeof(float)});
}

PhysicalType physical_type_of(PgType type) noexcept {
  switch (type) {
    case PgType::kInt2: return PhysicalType::kInt16;
    case PgType::kInt4:
    case PgType::kDate: return PhysicalType::kInt32;
    case PgType::kInt8:
    case PgType::kTimestamp:
    case PgType::kTimestampTz:
    case PgType::kTimestampTzUtc:
    case PgType::kTime: return PhysicalType::kInt64;
    case PgType::kUuid: return PhysicalType::kUuid;
    case PgType::kBool: return PhysicalType::kBool;
    case PgType::kFloat4:
    case PgType::kNumericAsFloat4:
    case PgType::kInt4AsFloat4: return PhysicalType::kFloat32;
    case PgType::kFloat8:
    case PgType::kNumericAsFloat8:
    case PgType::kInt4AsFloat8: return PhysicalType::kFloat64;
    case PgType::kText:
    case PgType::kBpchar:
    case PgType::kNumeric:
    case PgType::kBytea:
    case PgType::kJson:
    case PgType::kJsonb: return PhysicalType::kVarlen;
    case PgType::kVector:
    case PgType::kHalfvec: return PhysicalType::kVector;
  }
  return PhysicalType::kVector;
}

}  // namespace orrery::io
