// relation_block.h: rows of the redis.* relations, gathered column by column and laid out as a block (docs/formats/block.md).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../core/physical_type.h"
#include "keyspace.h"
#include "relation_rows.h"

namespace orrery::keyspace {

/// A block has at least this many rows, unless there are no more.
constexpr std::size_t kRowsPerBlock = 1024;

/// Columns that grow row by row and are laid out as a block at the end.
class RelationRows {
 public:
  explicit RelationRows(std::vector<PhysicalType> types) : columns_(types.size()) {
    for (std::size_t i = 0; i < types.size(); i++) columns_[i].type = types[i];
  }
  void text(std::size_t column, std::string_view s) {
    Column& c = columns_[column];
    c.bytes.append(s);
    c.ends.push_back(static_cast<std::uint32_t>(c.bytes.size()));
    c.valid.push_back(1);
  }
  void number(std::size_t column, std::int64_t v, bool valid = true) { fixed(column, &v, valid); }
  void real(std::size_t column, double v) { fixed(column, &v, true); }
  std::size_t count() const { return columns_[0].valid.size(); }

  std::vector<std::uint8_t> block() const {
    const std::size_t n = count();
    const auto align = [](std::size_t at) { return (at + 7) & ~std::size_t{7}; };
    std::vector<std::uint8_t> out(align(16 + 16 * columns_.size()), 0);
    const auto put = [&](std::size_t at, std::size_t v) {
      const auto w = static_cast<std::uint32_t>(v);
      std::memcpy(out.data() + at, &w, 4);
    };
    const auto append = [&](const void* data, std::size_t length) {
      const std::size_t at = align(out.size());
      out.resize(at + length);
      if (length > 0) std::memcpy(out.data() + at, data, length);
      return at;
    };
    for (std::size_t i = 0; i < columns_.size(); i++) {
      const Column& c = columns_[i];
      const std::size_t d = 16 + 16 * i;
      out[d] = static_cast<std::uint8_t>(c.type);
      put(d + 8, append(c.valid.data(), n));
      if (c.type != PhysicalType::kVarlen) {
        put(d + 12, append(c.bytes.data(), c.bytes.size()));
        continue;
      }
      std::vector<std::uint32_t> offsets(n + 1);
      const std::size_t values = append(offsets.data(), offsets.size() * 4);
      const std::size_t text = append(c.bytes.data(), c.bytes.size());
      for (std::size_t r = 0; r <= n; r++) offsets[r] = static_cast<std::uint32_t>(text + (r == 0 ? 0 : c.ends[r - 1]));
      std::memcpy(out.data() + values, offsets.data(), offsets.size() * 4);
      put(d + 12, values);
    }
    put(0, n);
    put(4, columns_.size());
    put(12, out.size());
    return out;
  }

 private:
  struct Column {
    PhysicalType type = PhysicalType::kVarlen;
    std::string bytes;
    std::vector<std::uint32_t> ends;
    std::vector<std::uint8_t> valid;
  };
  void fixed(std::size_t column, const void* v, bool valid) {
    static constexpr char zeros[8] = {};
    Column& c = columns_[column];
    c.bytes.append(valid ? static_cast<const char*>(v) : zeros, 8);
    c.valid.push_back(valid ? 1 : 0);
  }
  std::vector<Column> columns_;
};

std::vector<PhysicalType> columns_of(KeyRelation relation);

/// All rows of a key; none when its time has come (`now`, Unix milliseconds) or its type is another.
void add_rows(RelationRows& rows, KeyRelation relation, Node& node, std::int64_t now);
/// One field or member of a key; false when the relation has none of that kind.
bool add_member(RelationRows& rows, KeyRelation relation, Node& node, std::string_view member, std::int64_t now);

}  // namespace orrery::keyspace
