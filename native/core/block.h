// block.h: reading and building blocks (docs/formats/block.md), the column-wise unit that crosses the border.
//
// Thread rules: a Block is a view and a BlockBuilder belongs to one thread.
#pragma once
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "physical_type.h"

namespace orrery {

/// A checked view of a block. `parse` verifies every offset once; the accessors then trust them.
class Block {
 public:
  struct Column {
    PhysicalType type;
    std::uint32_t dimensions;
    const std::uint8_t* validity;  // nullptr: no NULLs
    const std::uint8_t* values;
  };

  static std::optional<Block> parse(const std::uint8_t* data, std::size_t length) {
    if (length < 16 || length > UINT32_MAX) return std::nullopt;
    Block block;
    block.data_ = data;
    block.rows_ = read_u32(data);
    const std::uint32_t columns = read_u32(data + 4);
    const std::uint32_t ids = read_u32(data + 8);
    if (columns > 4096 || 16 + 16 * static_cast<std::size_t>(columns) > length) return std::nullopt;
    if (ids != 0 && !fits(ids, 8ull * block.rows_, length, 8)) return std::nullopt;
    block.row_ids_ = ids == 0 ? nullptr : reinterpret_cast<const double*>(data + ids);
    block.columns_.reserve(columns);
    for (std::uint32_t i = 0; i < columns; i++) {
      const std::uint8_t* d = data + 16 + 16 * i;
      if (d[0] < 1 || d[0] > 10) return std::nullopt;
      const auto type = static_cast<PhysicalType>(d[0]);
      const std::uint32_t dimensions = read_u32(d + 4);
      if (dimensions > 16000 || (type == PhysicalType::kVector) != (dimensions != 0)) return std::nullopt;
      const std::uint32_t validity = read_u32(d + 8);
      const std::uint32_t values = read_u32(d + 12);
      if (validity != 0 && !fits(validity, block.rows_, length, 1)) return std::nullopt;
      const bool varlen = type == PhysicalType::kVarlen;
      const std::size_t width = width_of(type, dimensions);
      const std::size_t alignment = varlen || type == PhysicalType::kVector ? 4 : width > 8 ? 8 : width;
      const std::uint64_t need = static_cast<std::uint64_t>(block.rows_ + (varlen ? 1ull : 0ull)) * width;
      if (!fits(values, need, length, alignment)) return std::nullopt;
      if (varlen) {
        const auto* offsets = reinterpret_cast<const std::uint32_t*>(data + values);
        for (std::uint32_t r = 0; r < block.rows_; r++)
          if (offsets[r] > offsets[r + 1]) return std::nullopt;
        if (block.rows_ > 0 && offsets[block.rows_] > length) return std::nullopt;
      }
      block.columns_.push_back({type, dimensions, validity == 0 ? nullptr : data + validity, data + values});
    }
    return block;
  }

  std::uint32_t row_count() const noexcept { return rows_; }
  std::size_t column_count() const noexcept { return columns_.size(); }
  const Column& column(std::size_t i) const noexcept { return columns_[i]; }
  bool has_row_ids() const noexcept { return row_ids_ != nullptr; }
  /// 0, which no row has, for what cannot be a row id.
  std::uint64_t row_id(std::uint32_t row) const noexcept {
    const double id = row_ids_[row];
    return id >= 0 && id <= 9007199254740991.0 ? static_cast<std::uint64_t>(id) : 0;
  }
  bool is_null(std::size_t column, std::uint32_t row) const noexcept {
    return columns_[column].validity != nullptr && columns_[column].validity[row] == 0;
  }
  template <typename T>
  T fixed(std::size_t column, std::uint32_t row) const noexcept {
    T v;
    std::memcpy(&v, columns_[column].values + row * sizeof(T), sizeof(T));
    return v;
  }
  std::string_view varlen(std::size_t column, std::uint32_t row) const noexcept {
    const auto* offsets = reinterpret_cast<const std::uint32_t*>(columns_[column].values);
    return {reinterpret_cast<const char*>(data_) + offsets[row], offsets[row + 1] - offsets[row]};
  }
  const float* vector(std::size_t column, std::uint32_t row) const noexcept {
    return reinterpret_cast<const float*>(columns_[column].values) + static_cast<std::size_t>(row) * columns_[column].dimensions;
  }

 private:
  static std::uint32_t read_u32(const std::uint8_t* p) { std::uint32_t v; std::memcpy(&v, p, 4); return v; }
  static bool fits(std::uint64_t at, std::uint64_t size, std::uint64_t length, std::size_t alignment) {
    return at % alignment == 0 && at <= length && size <= length - at;
  }
  const std::uint8_t* data_ = nullptr;
  std::uint32_t rows_ = 0;
  const double* row_ids_ = nullptr;
  std::vector<Column> columns_;
};

}  // namespace orrery
