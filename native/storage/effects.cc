#include "effects.h"

#include <cstring>

namespace orrery::storage {

void encode_column(ByteWriter& out, const Block& block, std::uint32_t c, std::span<const std::uint32_t> rows) {
  const Block::Column& column = block.column(c);
  bool nulls = false;
  if (column.validity != nullptr)
    for (const std::uint32_t r : rows) nulls |= column.validity[r] == 0;
  out.u8(nulls ? 1 : 0);
  if (nulls)
    for (const std::uint32_t r : rows) out.u8(column.validity[r] != 0 ? 1 : 0);
  if (column.type == PhysicalType::kVarlen) {
    for (const std::uint32_t r : rows) out.varint(block.is_null(c, r) ? 0 : block.varlen(c, r).size());
    for (const std::uint32_t r : rows) {
      if (block.is_null(c, r)) continue;
      const std::string_view v = block.varlen(c, r);
      out.raw(v.data(), v.size());
    }
    return;
  }
  const std::size_t width = width_of(column.type, column.dimensions);
  const bool contiguous = rows.empty() || rows.back() - rows.front() == rows.size() - 1;
  if (contiguous && !rows.empty()) {
    out.raw(column.values + rows.front() * width, rows.size() * width);
  } else {
    for (const std::uint32_t r : rows) out.raw(column.values + r * width, width);
  }
}

bool decode_columns(ByteReader& in, std::span<const ColumnType> types, std::span<const std::uint8_t> wanted, std::uint32_t rows,
                    std::vector<std::uint64_t>& memory, std::size_t* length) {
  const auto put = [](std::uint8_t* p, std::size_t v) { const auto n = static_cast<std::uint32_t>(v); std::memcpy(p, &n, 4); };
  const auto align8 = [](std::size_t n) { return (n + 7) & ~std::size_t{7}; };
  const std::size_t columns = types.size();
  // Every wanted value costs at least a byte of input except empty columns, so this bounds what is allocated for damaged input.
  std::size_t size = 16 + 16 * columns + align8(rows);
  for (std::size_t c = 0; c < columns; c++) {
    const std::size_t width = width_of(types[c].type, types[c].dimensions);
    if (wanted[c] != 0 && in.remaining() < rows * (types[c].type == PhysicalType::kVarlen ? 1 : width)) return false;
    size += align8(rows) + align8((rows + 1) * width) + 16;
  }
  size += in.remaining();
  if (size > UINT32_MAX) return false;
  memory.assign((size + 7) / 8, 0);
  auto* block = reinterpret_cast<std::uint8_t*>(memory.data());
  put(block, rows);
  put(block + 4, columns);
  std::size_t at = align8(16 + 16 * columns);
  const std::size_t no_values = at;  // validity of columns that are not there: all NULL
  at += align8(rows);
  for (std::size_t c = 0; c < columns; c++) {
    std::uint8_t* descriptor = block + 16 + 16 * c;
    descriptor[0] = static_cast<std::uint8_t>(types[c].type);
    put(descriptor + 4, types[c].dimensions);
    const std::size_t width = width_of(types[c].type, types[c].dimensions);
    const bool varlen = types[c].type == PhysicalType::kVarlen;
    put(descriptor + 8, no_values);
    if (wanted[c] != 0) {
      const bool nulls = in.u8() != 0;
      put(descriptor + 8, nulls ? at : 0);
      if (nulls) {
        const std::string_view validity = in.raw(rows);
        if (!in.ok()) return false;
        std::memcpy(block + at, validity.data(), rows);
        at += align8(rows);
      }
    }
    at = align8(at);
    put(descriptor + 12, at);
    if (varlen) {
      auto* offsets = reinterpret_cast<std::uint32_t*>(block + at);
      std::size_t bytes = at + 4 * (static_cast<std::size_t>(rows) + 1);
      for (std::uint32_t r = 0; r < rows; r++) {
        offsets[r] = static_cast<std::uint32_t>(bytes);
        if (wanted[c] != 0) bytes += in.varint();
        if (bytes > size) return false;
      }
      offsets[rows] = static_cast<std::uint32_t>(bytes);
      const std::string_view value = in.raw(bytes - offsets[0]);
      if (!in.ok()) return false;
      std::memcpy(block + offsets[0], value.data(), value.size());
      at = align8(bytes);
    } else {
      if (wanted[c] != 0) {
        const std::string_view values = in.raw(rows * width);
        if (!in.ok()) return false;
        std::memcpy(block + at, values.data(), values.size());
      }
      at = align8(at + rows * width);
    }
  }
  put(block + 12, at);
  *length = at;
  return in.ok();
}

}  // namespace orrery::storage
