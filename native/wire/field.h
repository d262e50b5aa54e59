// field.h: a value as a field of a DataRow, or of a row of COPY's binary format: its length, then its text or binary form.
//
// Text forms are PostgreSQL's under the settings that Orrery starts with (DateStyle ISO, extra_float_digits 1, bytea hex); a session
// with others, or a column whose kind is not here, is encoded by TypeScript instead (src/functions/types is the definition, a
// test compares the two). A caller makes room first, by `field_bound`: writers touch more than they say they wrote, and so need no loops
// and no branches on lengths.
// Sources: PostgreSQL documentation, "Message Formats"; numeric.c (numeric_send), float.c (shortest-exact output).
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "../core/physical_type.h"
#include "number_text.h"

namespace orrery::wire {

/// How a physical value looks on the wire. The numbers are in src/execution/wire-kind.ts.
enum class WireKind : std::uint8_t {
  kBool = 1, kInt2 = 2, kInt4 = 3, kInt8 = 4, kOid = 5, kFloat4 = 6, kFloat8 = 7,
  kBytes = 8,  // text, varchar, bpchar, json: the bytes in both formats
  kBytea = 9, kUuid = 10, kDate = 11, kTime = 12, kTimestamp = 13,
  kTimestampTzUtc = 14,  // text form for TimeZone UTC only
  kNumeric = 15, kVector = 16, kJsonb = 17,
  kHalfvec = 18,
};
/// True when `kind` can show values of `type`.
bool wire_kind_fits(WireKind kind, PhysicalType type) noexcept;

// Text forms. `out` must have the stated number of bytes, of which those behind the text mean nothing; each returns the length.
std::size_t format_integer(std::int64_t value, char* out) noexcept;  // 24
std::size_t format_float8(double value, char* out) noexcept;       // 40
std::size_t format_float4(float value, char* out) noexcept;        // 40
std::size_t format_date(std::int32_t days, char* out) noexcept;    // 32
std::size_t format_time(std::int64_t micros, char* out) noexcept;  // 16
std::size_t format_timestamp(std::int64_t micros, bool utc_zone, char* out) noexcept;  // 48
/// Of a numeric_send value; what is damaged is empty.
char* put_numeric(std::string_view bytes, char* at) noexcept;  // numeric_text_bound
std::size_t numeric_text_bound(std::string_view bytes) noexcept;

inline char* put_be16(std::uint16_t v, char* at) noexcept {
  v = __builtin_bswap16(v);
  std::memcpy(at, &v, 2);
  return at + 2;
}
inline char* put_be32(std::uint32_t v, char* at) noexcept {
  v = __builtin_bswap32(v);
  std::memcpy(at, &v, 4);
  return at + 4;
}
/// Exactly the bytes; short ones, which most are, without a call.
inline char* put_bytes(std::string_view bytes, char* at) noexcept {
  const std::size_t n = bytes.size();
  const char* from = bytes.data();
  if (n > 16) {
    std::memcpy(at, from, n);
  } else if (n >= 8) {
    std::uint64_t first, last;
    std::memcpy(&first, from, 8);
    std::memcpy(&last, from + n - 8, 8);
    std::memcpy(at, &first, 8);
    std::memcpy(at + n - 8, &last, 8);
  } else if (n >= 4) {
    std::uint32_t first, last;
    std::memcpy(&first, from, 4);
    std::memcpy(&last, from + n - 4, 4);
    std::memcpy(at, &first, 4);
    std::memcpy(at + n - 4, &last, 4);
  } else {
    for (std::size_t i = 0; i < n; i++) at[i] = from[i];
  }
  return at + n;
}
inline char* put_null(char* at) noexcept { return put_be32(0xffffffff, at); }

/// What a field of a fixed-width kind may touch, uuid included.
constexpr std::size_t kFixedFieldBound = 4 + 48;
/// What put_field may touch.
inline std::size_t field_bound(WireKind kind, bool binary, std::string_view varlen, std::uint32_t dimensions) noexcept {
  switch (kind) {
    case WireKind::kBytes: return 4 + varlen.size();
    case WireKind::kBytea: return 4 + (binary ? varlen.size() : 2 + 2 * varlen.size());
    case WireKind::kJsonb: return 5 + varlen.size();
    case WireKind::kNumeric: return 4 + (binary ? varlen.size() : numeric_text_bound(varlen));
    case WireKind::kVector:
    case WireKind::kHalfvec: {
      constexpr std::size_t kFloat4Text = 16, kOvershoot = 44;  // "-1.1754944e-38,"; format_float4
      if (binary) return dimensions == 0 ? 4 + varlen.size() : 8 + 4 * static_cast<std::size_t>(dimensions);
      const std::size_t count = dimensions != 0 ? dimensions : varlen.size() / (kind == WireKind::kVector ? 4 : 2);
      return kOvershoot + kFloat4Text * count;
    }
    default: return kFixedFieldBound;
  }
}

template <typename T>
T load_fixed(const std::uint8_t* fixed) noexcept {
  T v;
  std::memcpy(&v, fixed, sizeof v);
  return v;
}
/// put_field of the kinds that are not written inline.
char* put_other_field(WireKind kind, bool binary, const std::uint8_t* fixed, std::string_view varlen, std::uint32_t dimensions, char* at) noexcept;

/// Writes one field, length included; the value is not NULL. `fixed`: the value of a fixed-width kind (uuid and vectors of `dimensions`, too);
/// `varlen`: the bytes of the others. A vector of a column of any dimensions is such bytes, its wire form, and `dimensions` is 0.
inline char* put_field(WireKind kind, bool binary, const std::uint8_t* fixed, std::string_view varlen, std::uint32_t dimensions, char* at) noexcept {
  if (kind == WireKind::kBytes) return put_bytes(varlen, put_be32(static_cast<std::uint32_t>(varlen.size()), at));
  if (!binary && (kind == WireKind::kInt4 || kind == WireKind::kInt8)) {
    char* const end = put_integer(kind == WireKind::kInt4 ? load_fixed<std::int32_t>(fixed) : load_fixed<std::int64_t>(fixed), at + 4);
    put_be32(static_cast<std::uint32_t>(end - at - 4), at);
    return end;
  }
  return put_other_field(kind, binary, fixed, varlen, dimensions, at);
}

}  // namespace orrery::wire
