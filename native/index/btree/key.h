// key.h: keys that memcmp orders as SQL does. Layout: docs/formats/key.md.
//
// Invariants
//  1. memcmp(a, b), then length, orders encoded keys as their columns order, direction and NULLS FIRST/LAST included.
//  2. Each column's encoding is prefix-free, so the encoding of the first k columns is a prefix of exactly the keys that
//     have those values, and next_prefix() of it is above all of them and at or below every other greater key.
//  3. Values that SQL calls equal have one encoding (1.0 and 1.00, -0 and 0, 'a' and 'a ' as bpchar).
// Threads: an encoder is immutable; a key belongs to its thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/block.h"
#include "../../core/physical_type.h"
#include "../../storage/chunk.h"

namespace orrery::index {

struct KeyColumn {
  std::uint32_t column = 0;  // of the relation
  KeyKind kind = KeyKind::kInt32;
  bool descending = false;
  bool nulls_first = false;
};

using Key = std::string;  // encoded bytes

class KeyEncoder {
 public:
  explicit KeyEncoder(std::vector<KeyColumn> columns) : columns_(std::move(columns)) {}
  const std::vector<KeyColumn>& columns() const noexcept { return columns_; }
  /// Replaces `key` by the key of a row version. True when a column is NULL.
  bool encode(storage::VersionRef version, Key& key) const;
  /// The key columns in order are the block's columns; a block with fewer columns gives a prefix, as does a smaller `count`.
  bool encode(const Block& block, std::uint32_t row, Key& key, std::uint32_t count = ~0u) const;
  /// Replaces `key` by that of a block of one row whose columns are the relation's. True when a column is NULL.
  bool encode_row(const Block& row, Key& key) const;
  /// True when the key is one integer column.
  bool is_integer() const noexcept;
  /// Replaces `key` by the key of an integer; false when it is beyond the column's type. For is_integer() encoders.
  bool encode_integer(std::int64_t value, Key& key) const;
  /// Appends the value of key column `i` to a key that has the columns before it. False: it is no value of that column.
  bool append_integer(std::size_t i, std::int64_t value, Key& key) const;
  /// A value as a column of the type holds it; `fixed` has its width, `varlen` the bytes of a varlen one.
  bool append_value(std::size_t i, PhysicalType type, const std::uint8_t* fixed, std::string_view varlen, Key& key) const;
  /// The integer of a row version; its column is not NULL. For is_integer() encoders.
  std::int64_t integer_of(storage::VersionRef version) const noexcept;
  /// True when the block's columns have the physical types of the first key columns.
  bool accepts(const Block& block) const noexcept;
  /// Bytes that stand before (or after) every non-NULL value of key column `i`, to be appended to a prefix: they cut the NULLs off.
  static constexpr char kValueMarker = '\x80';

 private:
  std::vector<KeyColumn> columns_;
};

/// True when physical values of `type` can be encoded as `kind`.
bool key_kind_fits(KeyKind kind, PhysicalType type) noexcept;

/// The least key above every key that starts with `prefix`; false when there is none (all bytes 0xff).
bool next_prefix(Key& prefix) noexcept;

}  // namespace orrery::index
