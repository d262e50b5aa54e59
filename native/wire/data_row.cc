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
  const char* end = std::to_chars(text, text + sizeof text, value).ptr;
  text_value(out, text, static_cast<std::size_t>(end - text));
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
template <typename T, typename Bits, typename Format>
void number_value(WireBuffer& out, storage::VersionRef v, const OutputColumn& c, Format format) noexcept {
  if (c.binary) return int_value(out, v.chunk->fixed<Bits>(c.column, v.slot), true);
  char text[64];
  text_value(out, text, format(v.chunk->fixed<T>(c.column, v.slot), text));
}

void write_value(storage::VersionRef v, const OutputColumn& c, WireBuffer& out) noexcept {
  const storage::Chunk& chunk = *v.chunk;
  switch (c.kind) {
    case WireKind::kBool: {
      const bool value = chunk.fixed<std::uint8_t>(c.column, v.slot) != 0;
      const char shown = c.binary ? static_cast<char>(value) : value ? 't' : 'f';
      return text_value(out, &shown, 1);
    }
    case WireKind::kInt2: return int_value(out, chunk.fixed<std::int16_t>(c.column, v.slot), c.binary);
    case WireKind::kInt4: return int_value(out, chunk.fixed<std::int32_t>(c.column, v.slot), c.binary);
    case WireKind::kInt8: return int_value(out, chunk.fixed<std::int64_t>(c.column, v.slot), c.binary);
    case WireKind::kOid: return int_value(out, chunk.fixed<std::uint32_t>(c.column, v.slot), c.binary);
    case WireKind::kFloat4: return number_value<float, std::uint32_t>(out, v, c, format_float4);
    case WireKind::kFloat8: return number_value<double, std::uint64_t>(out, v, c, format_float8);
    case WireKind::kDate: return number_value<std::int32_t, std::uint32_t>(out, v, c, format_date);
    case WireKind::kTime: return number_value<std::int64_t, std::uint64_t>(out, v, c, format_time);
    case WireKind::kTimestamp:
    case WireKind::kTimestampTzUtc:
      return number_value<std::int64_t, std::uint64_t>(
          out, v, c, [&](std::int64_t micros, char* text) { return format_timestamp(micros, c.kind == WireKind::kTimestampTzUtc, text); });
    case WireKind::kUuid: {
      const auto value = chunk.fixed<std::array<std::uint8_t, 16>>(c.column, v.slot);
      return uuid_value(out, value.data(), c.binary);
    }
    case WireKind::kBytes: {
      const std::string_view value = chunk.varlen(c.column, v.slot);
      return text_value(out, value.data(), value.size());
    }
    case WireKind::kBytea: {
      const std::string_view value = chunk.varlen(c.column, v.slot);
      if (c.binary) return text_value(out, value.data(), value.size());
      out.be32(static_cast<std::uint32_t>(2 + 2 * value.size()));
      out.raw("\\x", 2);
      return hex(out, value);
    }
    case WireKind::kJsonb: {
      const std::string_view value = chunk.varlen(c.column, v.slot);
      if (!c.binary) return text_value(out, value.data(), value.size());
      out.be32(static_cast<std::uint32_t>(1 + value.size()));
      out.u8(1);  // jsonb_send's version
      return out.raw(value.data(), value.size());
    }
    case WireKind::kNumeric: {
      const std::string_view value = chunk.varlen(c.column, v.slot);
      if (c.binary) return text_value(out, value.data(), value.size());
      return sized(out, [&] { write_numeric_text(value, out); });
    }
    case WireKind::kVector:
      return vector_value(out, chunk.vector(c.column, v.slot), chunk.relation().column(c.column).type.dimensions, c.binary);
  }
}

}  // namespace

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
