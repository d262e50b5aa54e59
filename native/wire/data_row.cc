#include "data_row.h"

#include <array>
#include <charconv>

namespace orrery::wire {
namespace {

void text_value(WireBuffer& out, const void* text, std::size_t length) noexcept {
  out.be32(static_cast<std::uint32_t>(length));
  out.raw(text, length);
}

template <typename T>
void int_value(WireBuffer& out, T value, bool binary) noexcept {
  if (binary) {
    out.be32(sizeof(T));
    if constexpr (sizeof(T) == 2) out.be16(static_cast<std::uint16_t>(value));
    else if constexpr (sizeof(T) == 4) out.be32(static_cast<std::uint32_t>(value));
    else out.be64(static_cast<std::uint64_t>(value));
    return;
  }
  char text[24];
  text_value(out, text, format_integer(value, text));
}

/// A value whose length is known only after it was written.
template <typename Body>
void sized(WireBuffer& out, Body body) noexcept {
  const std::size_t at = out.size();
  out.be32(0);
  body();
  out.patch_be32(at, static_cast<std::uint32_t>(out.size() - at - 4));
}

void hex(WireBuffer& out, std::string_view bytes) noexcept {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto b = static_cast<std::uint8_t>(c);
    out.u8(static_cast<std::uint8_t>(kDigits[b >> 4]));
    out.u8(static_cast<std::uint8_t>(kDigits[b & 15]));
  }
}

void uuid_value(WireBuffer& out, const std::uint8_t* bytes, bool binary) noexcept {
  if (binary) return text_value(out, bytes, 16);
  const std::string_view view(reinterpret_cast<const char*>(bytes), 16);
  out.be32(36);
  std::size_t at = 0;
  for (const std::size_t part : {4, 2, 2, 2, 6}) {
    if (at != 0) out.u8('-');
    hex(out, view.substr(at, part));
    at += part;
  }
}

void vector_value(WireBuffer& out, const float* values, std::uint32_t dimensions, bool binary) noexcept {
  if (binary) {
    out.be32(4 + 4 * dimensions);
    out.be16(static_cast<std::uint16_t>(dimensions));
    out.be16(0);
    for (std::uint32_t i = 0; i < dimensions; i++) {
      std::uint32_t bits;
      std::memcpy(&bits, values + i, 4);
      out.be32(bits);
    }
    return;
  }
  sized(out, [&] {
    char text[24];
    out.u8('[');
    for (std::uint32_t i = 0; i < dimensions; i++) {
      if (i != 0) out.u8(',');
      out.raw(text, format_float4(values[i], text));
    }
    out.u8(']');
  });
}

/// A fixed-width number: binary as its bits, else as text by `format`.
template <typename T>
T load(const std::uint8_t* fixed) noexcept {
  T v;
  std::memcpy(&v, fixed, sizeof v);
  return v;
}

template <typename T, typename Bits, typename Format>
void number_value(WireBuffer& out, const std::uint8_t* fixed, bool binary, Format format) noexcept {
  if (binary) return int_value(out, load<Bits>(fixed), true);
  char text[64];
  text_value(out, text, format(load<T>(fixed), text));
}

/// A column of a version, which is not NULL.
void write_value(storage::VersionRef v, const OutputColumn& c, WireBuffer& out) noexcept {
  const storage::Chunk& chunk = *v.chunk;
  const storage::ColumnType type = chunk.relation().column(c.column).type;
  switch (type.type) {
    case PhysicalType::kVarlen: return write_field(c.kind, c.binary, nullptr, chunk.varlen(c.column, v.slot), 0, out);
    case PhysicalType::kVector:
      return write_field(c.kind, c.binary, reinterpret_cast<const std::uint8_t*>(chunk.vector(c.column, v.slot)), {}, type.dimensions, out);
    default: return write_field(c.kind, c.binary, chunk.fixed_at(c.column, v.slot, width_of(type.type)), {}, 0, out);
  }
}

}  // namespace

void write_field(WireKind kind, bool binary, const std::uint8_t* fixed, std::string_view varlen, std::uint32_t dimensions,
                 WireBuffer& out) noexcept {
  switch (kind) {
    case WireKind::kBool: {
      const bool value = *fixed != 0;
      const char shown = binary ? static_cast<char>(value) : value ? 't' : 'f';
      return text_value(out, &shown, 1);
    }
    case WireKind::kInt2: return int_value(out, load<std::int16_t>(fixed), binary);
    case WireKind::kInt4: return int_value(out, load<std::int32_t>(fixed), binary);
    case WireKind::kInt8: return int_value(out, load<std::int64_t>(fixed), binary);
    case WireKind::kOid: return int_value(out, load<std::uint32_t>(fixed), binary);
    case WireKind::kFloat4: return number_value<float, std::uint32_t>(out, fixed, binary, format_float4);
    case WireKind::kFloat8: return number_value<double, std::uint64_t>(out, fixed, binary, format_float8);
    case WireKind::kDate: return number_value<std::int32_t, std::uint32_t>(out, fixed, binary, format_date);
    case WireKind::kTime: return number_value<std::int64_t, std::uint64_t>(out, fixed, binary, format_time);
    case WireKind::kTimestamp:
    case WireKind::kTimestampTzUtc:
      return number_value<std::int64_t, std::uint64_t>(
          out, fixed, binary, [&](std::int64_t micros, char* text) { return format_timestamp(micros, kind == WireKind::kTimestampTzUtc, text); });
    case WireKind::kUuid: return uuid_value(out, fixed, binary);
    case WireKind::kBytes: return text_value(out, varlen.data(), varlen.size());
    case WireKind::kBytea:
      if (binary) return text_value(out, varlen.data(), varlen.size());
      out.be32(static_cast<std::uint32_t>(2 + 2 * varlen.size()));
      out.raw("\\x", 2);
      return hex(out, varlen);
    case WireKind::kJsonb:
      if (!binary) return text_value(out, varlen.data(), varlen.size());
      out.be32(static_cast<std::uint32_t>(1 + varlen.size()));
      out.u8(1);  // jsonb_send's version
      return out.raw(varlen.data(), varlen.size());
    case WireKind::kNumeric:
      if (binary) return text_value(out, varlen.data(), varlen.size());
      return sized(out, [&] { write_numeric_text(varlen, out); });
    case WireKind::kVector: return vector_value(out, reinterpret_cast<const float*>(fixed), dimensions, binary);
  }
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
    case WireKind::kVector: return type == PhysicalType::kVector;
  }
  return false;
}

void write_data_row(storage::VersionRef version, std::span<const OutputColumn> columns, WireBuffer& out) noexcept {
  out.u8('D');
  const std::size_t start = out.size();
  out.be32(0);
  out.be16(static_cast<std::uint16_t>(columns.size()));
  for (const OutputColumn& c : columns) {
    if (version.chunk->is_null(c.column, version.slot)) out.be32(0xffffffff);
    else write_value(version, c, out);
  }
  out.patch_be32(start, static_cast<std::uint32_t>(out.size() - start));
}

}  // namespace orrery::wire
