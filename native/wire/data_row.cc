#include "data_row.h"

namespace orrery::wire {
namespace {

void write_field(WireKind kind, bool binary, const std::uint8_t* fixed, std::string_view varlen, std::uint32_t dimensions, WireBuffer& out) noexcept {
  const std::size_t bound = field_bound(kind, binary, varlen, dimensions);
  char* const at = out.room(bound);
  out.wrote(at == nullptr ? bound : static_cast<std::size_t>(put_field(kind, binary, fixed, varlen, dimensions, at) - at));
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
