// row_image.h: a block of one row (docs/formats/block.md) whose values are set one by one: what a statement that writes one row hands to storage.
//
// Made once from a block that has the row's constants; `clear` goes back to them. No allocation once varlen values have had their longest.
// Threads: its owner's.
#pragma once
#include <cstring>
#include <string_view>
#include <vector>

#include "block.h"

namespace orrery {

class RowImage {
 public:
  /// nullopt: the block has not one row.
  static std::optional<RowImage> of(const Block& constants) {
    if (constants.row_count() != 1) return std::nullopt;
    RowImage image;
    const std::size_t columns = constants.column_count();
    // Header and descriptors, a validity byte for each column, then the values.
    std::size_t at = kHeader + kDescriptor * columns + columns;
    for (std::size_t c = 0; c < columns; c++) {
      const auto& [type, dimensions, validity, values] = constants.column(c);
      const std::size_t width = type == PhysicalType::kVarlen ? 8 : width_of(type, dimensions);
      at = (at + 7) / 8 * 8;
      image.columns_.push_back({type, dimensions, static_cast<std::uint32_t>(at)});
      at += width;
    }
    image.base_.assign(at, 0);
    image.bytes_ = image.base_;
    image.put(0, 1);
    image.put(4, static_cast<std::uint32_t>(columns));
    for (std::size_t c = 0; c < columns; c++) {
      const std::size_t descriptor = kHeader + kDescriptor * c;
      image.bytes_[descriptor] = static_cast<std::uint8_t>(image.columns_[c].type);
      image.put(descriptor + 4, image.columns_[c].dimensions);
      image.put(descriptor + 8, static_cast<std::uint32_t>(image.validity_at(c)));
      image.put(descriptor + 12, image.columns_[c].at);
      if (constants.is_null(c, 0)) continue;
      if (image.columns_[c].type == PhysicalType::kVarlen) image.set_bytes(c, constants.varlen(c, 0));
      else image.set_fixed(c, constants.column(c).values);
    }
    image.base_ = image.bytes_;
    return image;
  }

  std::size_t column_count() const noexcept { return columns_.size(); }
  PhysicalType type(std::size_t column) const noexcept { return columns_[column].type; }
  /// Of a column of vectors; else 0.
  std::uint32_t dimensions(std::size_t column) const noexcept { return columns_[column].dimensions; }
  void clear() { bytes_ = base_; }
  void set_null(std::size_t column) noexcept { bytes_[validity_at(column)] = 0; }
  /// `value`: as wide as the column's type.
  void set_fixed(std::size_t column, const void* value) noexcept {
    bytes_[validity_at(column)] = 1;
    std::memcpy(bytes_.data() + columns_[column].at, value, width_of(columns_[column].type, columns_[column].dimensions));
  }
  /// Of a varlen column.
  void set_bytes(std::size_t column, std::string_view value) {
    bytes_[validity_at(column)] = 1;
    put(columns_[column].at, static_cast<std::uint32_t>(bytes_.size()));
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    put(columns_[column].at + 4, static_cast<std::uint32_t>(bytes_.size()));
  }
  /// Good until the next change.
  std::optional<Block> block() {
    put(12, static_cast<std::uint32_t>(bytes_.size()));
    return Block::parse(bytes_.data(), bytes_.size());
  }

 private:
  static constexpr std::size_t kHeader = 16, kDescriptor = 16;
  struct Column { PhysicalType type; std::uint32_t dimensions, at; };
  std::size_t validity_at(std::size_t column) const noexcept { return kHeader + kDescriptor * columns_.size() + column; }
  void put(std::size_t at, std::uint32_t value) noexcept { std::memcpy(bytes_.data() + at, &value, 4); }
  std::vector<Column> columns_;
  std::vector<std::uint8_t> base_, bytes_;
};

}  // namespace orrery
