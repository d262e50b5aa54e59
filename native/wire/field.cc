#include "field.h"

#include <bit>

#include "../kernels/codes.h"
#include "vector_text.h"

namespace orrery::wire {
namespace {

/// A value whose length is known only after it was written: `put` returns its end.
template <typename Put>
char* sized(char* at, Put put) noexcept {
  char* const end = put(at + 4);
  put_be32(static_cast<std::uint32_t>(end - at - 4), at);
  return end;
}

/// A fixed-width value: binary as its bits, else as text by `format`.
template <typename T, typename Format>
char* number(const std::uint8_t* fixed, bool binary, char* at, Format format) noexcept {
  if (!binary) return sized(at, [&](char* text) { return text + format(load_fixed<T>(fixed), text); });
  at = put_be32(sizeof(T), at);
  if constexpr (sizeof(T) == 2) {
    return put_be16(load_fixed<std::uint16_t>(fixed), at);
  } else if constexpr (sizeof(T) == 4) {
    return put_be32(load_fixed<std::uint32_t>(fixed), at);
  } else {
    const std::uint64_t bits = __builtin_bswap64(load_fixed<std::uint64_t>(fixed));
    std::memcpy(at, &bits, 8);
    return at + 8;
  }
}

char* put_hex(std::string_view bytes, char* at) noexcept {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto b = static_cast<std::uint8_t>(c);
    *at++ = kDigits[b >> 4];
    *at++ = kDigits[b & 15];
  }
  return at;
}

char* put_uuid(std::string_view bytes, char* at) noexcept {
  std::size_t from = 0;
  for (const std::size_t part : {4, 2, 2, 2, 6}) {
    if (from != 0) *at++ = '-';
    at = put_hex(bytes.substr(from, part), at);
    from += part;
  }
  return at;
}

/// Bytes of an element in the wire form of vector and halfvec.
constexpr std::size_t element_bytes(WireKind kind) noexcept { return kind == WireKind::kHalfvec ? 2 : 4; }
/// What stands before the elements: their number, and 16 bits that mean nothing.
constexpr std::size_t kVectorHeader = 4;

/// Of a column whose vectors all have `dimensions` elements.
char* put_vector(WireKind kind, const float* values, std::uint32_t dimensions, bool binary, char* at) noexcept {
  if (!binary) return put_vector_text(dimensions, at, [&](std::size_t i) { return values[i]; });
  at = put_be16(0, put_be16(static_cast<std::uint16_t>(dimensions), at));
  for (std::uint32_t i = 0; i < dimensions; i++)
    at = kind == WireKind::kHalfvec ? put_be16(kernels::to_f16(values[i]), at)
                                    : put_be32(load_fixed<std::uint32_t>(reinterpret_cast<const std::uint8_t*>(values + i)), at);
  return at;
}

/// Of a column whose vectors may have any length, and are kept in their wire form.
char* put_wire_vector(WireKind kind, std::string_view bytes, bool binary, char* at) noexcept {
  if (binary) return put_bytes(bytes, at);
  const auto* const elements = reinterpret_cast<const std::uint8_t*>(bytes.data()) + kVectorHeader;
  const std::size_t count = bytes.size() < kVectorHeader ? 0 : (bytes.size() - kVectorHeader) / element_bytes(kind);
  return put_vector_text(count, at, [&](std::size_t i) {
    if (kind == WireKind::kHalfvec) return kernels::from_f16(__builtin_bswap16(load_fixed<std::uint16_t>(elements + 2 * i)));
    return std::bit_cast<float>(__builtin_bswap32(load_fixed<std::uint32_t>(elements + 4 * i)));
  });
}

}  // namespace

char* put_other_field(WireKind kind, bool binary, const std::uint8_t* fixed, std::string_view varlen, std::uint32_t dimensions, char* at) noexcept {
  switch (kind) {
    case WireKind::kBool: {
      const bool value = *fixed != 0;
      at = put_be32(1, at);
      *at = binary ? static_cast<char>(value) : value ? 't' : 'f';
      return at + 1;
    }
    case WireKind::kInt2: return number<std::int16_t>(fixed, binary, at, format_integer);
    case WireKind::kInt4: return number<std::int32_t>(fixed, binary, at, format_integer);
    case WireKind::kInt8: return number<std::int64_t>(fixed, binary, at, format_integer);
    case WireKind::kOid: return number<std::uint32_t>(fixed, binary, at, format_integer);
    case WireKind::kFloat4: return number<float>(fixed, binary, at, format_float4);
    case WireKind::kFloat8: return number<double>(fixed, binary, at, format_float8);
    case WireKind::kDate: return number<std::int32_t>(fixed, binary, at, format_date);
    case WireKind::kTime: return number<std::int64_t>(fixed, binary, at, format_time);
    case WireKind::kTimestamp:
    case WireKind::kTimestampTzUtc:
      return number<std::int64_t>(fixed, binary, at, [kind](std::int64_t micros, char* text) {
        return format_timestamp(micros, kind == WireKind::kTimestampTzUtc, text);
      });
    case WireKind::kUuid: {
      const std::string_view bytes(reinterpret_cast<const char*>(fixed), 16);
      return binary ? put_bytes(bytes, put_be32(16, at)) : put_uuid(bytes, put_be32(36, at));
    }
    case WireKind::kBytes: return put_bytes(varlen, put_be32(static_cast<std::uint32_t>(varlen.size()), at));
    case WireKind::kBytea:
      if (binary) return put_bytes(varlen, put_be32(static_cast<std::uint32_t>(varlen.size()), at));
      at = put_be32(static_cast<std::uint32_t>(2 + 2 * varlen.size()), at);
      return put_hex(varlen, put_bytes("\\x", at));
    case WireKind::kJsonb:
      if (!binary) return put_bytes(varlen, put_be32(static_cast<std::uint32_t>(varlen.size()), at));
      at = put_be32(static_cast<std::uint32_t>(1 + varlen.size()), at);
      *at = 1;  // jsonb_send's version
      return put_bytes(varlen, at + 1);
    case WireKind::kNumeric:
      if (binary) return put_bytes(varlen, put_be32(static_cast<std::uint32_t>(varlen.size()), at));
      return sized(at, [&](char* text) { return put_numeric(varlen, text); });
    case WireKind::kVector:
    case WireKind::kHalfvec:
      return sized(at, [&](char* text) {
        return dimensions == 0 ? put_wire_vector(kind, varlen, binary, text) : put_vector(kind, reinterpret_cast<const float*>(fixed), dimensions, binary, text);
      });
  }
  return at;
}

bool wire_kind_fits(WireKind kind, PhysicalType type) noexcept {
  switch (kind) {
    case WireKind::kBool: return type == PhysicalType::kBool;
    case WireKind::kInt2: return type == PhysicalType::kInt16;
    case WireKind::kInt4:
    case WireKind::kOid:
    case WireKind::kDate: return type == PhysicalType::kInt32;
    case WireKind::kInt8:
    case WireKind::kTime:
    case WireKind::kTimestamp:
    case WireKind::kTimestampTzUtc: return type == PhysicalType::kInt64;
    case WireKind::kFloat4: return type == PhysicalType::kFloat32;
    case WireKind::kFloat8: return type == PhysicalType::kFloat64;
    case WireKind::kUuid: return type == PhysicalType::kUuid;
    case WireKind::kBytes:
    case WireKind::kBytea:
    case WireKind::kNumeric:
    case WireKind::kJsonb: return type == PhysicalType::kVarlen;
    case WireKind::kVector:
    case WireKind::kHalfvec: return type == PhysicalType::kVector || type == PhysicalType::kVarlen;
  }
  return false;
}

}  // namespace orrery::wire
