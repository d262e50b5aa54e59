#include "row_encoder.h"

namespace orrery::exec {

void write_value(const wire::OutputColumn& c, const Vector& v, std::uint32_t dimensions, std::uint32_t i, wire::WireBuffer& out) noexcept {
  if (v.kind == Kind::kBytes) {
    const std::string_view value = v.as<std::string_view>()[i];
    wire::write_field(c.kind, c.binary, reinterpret_cast<const std::uint8_t*>(value.data()), value, dimensions, out);
    return;
  }
  // Integers as text are most of what clients ask for: digits straight into the buffer.
  constexpr std::size_t kDigits = 24;
  char* at = c.binary ? nullptr : out.room(4 + kDigits);
  if (at != nullptr && (c.kind == wire::WireKind::kInt4 || c.kind == wire::WireKind::kInt8)) {
    const std::int64_t value = c.kind == wire::WireKind::kInt4 ? v.as<std::int32_t>()[i] : v.as<std::int64_t>()[i];
    const auto length = static_cast<std::uint32_t>(wire::format_integer(value, at + 4));
    const std::uint32_t swapped = __builtin_bswap32(length);
    std::memcpy(at, &swapped, 4);
    out.wrote(4 + length);
    return;
  }
  wire::write_field(c.kind, c.binary, v.data + i * kind_width(v.kind), {}, 0, out);
}

namespace {

class DataRowEncoder final : public RowEncoder {
 public:
  using RowEncoder::RowEncoder;
  void write(std::span<const Vector> fields, std::span<const std::uint32_t> dimensions, std::uint32_t row, wire::WireBuffer& out) override {
    out.u8('D');
    const std::size_t start = out.size();
    out.be32(0);
    out.be16(static_cast<std::uint16_t>(columns_.size()));
    for (std::size_t f = 0; f < columns_.size(); f++) {
      if (fields[f].is_null(row)) out.be32(0xffffffff);
      else write_value(columns_[f], fields[f], dimensions[f], row, out);
    }
    out.patch_be32(start, static_cast<std::uint32_t>(out.size() - start));
  }
};

}  // namespace

std::unique_ptr<RowEncoder> make_data_row_encoder(std::vector<wire::OutputColumn> columns) {
  return std::make_unique<DataRowEncoder>(std::move(columns));
}

}  // namespace orrery::exec
