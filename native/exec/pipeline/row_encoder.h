// row_encoder.h: rows of a pipeline as bytes for a client: DataRow messages here, lines of COPY in copy_encoder.h.
//
// What a row may touch is known before it is written, so that its fields need no look at the room that is left.
// Threads: an encoder by one at a time.
#pragma once
#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "../../wire/data_row.h"
#include "vector.h"

namespace orrery::exec {

/// A column of a batch on its way to a client.
struct EncodedField {
  const std::uint8_t* data;
  const std::uint8_t* validity;  // as Vector's
  wire::WireKind kind;
  bool binary;
  bool is_view;  // values are std::string_view, whatever the kind
  std::uint32_t width;
  std::uint32_t dimensions;  // of a vector

  EncodedField(const wire::OutputColumn& column, const Vector& values, std::uint32_t vector_dimensions) noexcept
      : data(values.data), validity(values.validity), kind(column.kind), binary(column.binary), is_view(values.kind == Kind::kBytes),
        width(static_cast<std::uint32_t>(kind_width(values.kind))), dimensions(vector_dimensions) {}

  bool is_null(std::uint32_t row) const noexcept { return validity != nullptr && validity[row] == 0; }
  std::string_view view(std::uint32_t row) const noexcept { return reinterpret_cast<const std::string_view*>(data)[row]; }
  std::int64_t integer(std::uint32_t row) const noexcept {
    return width == 4 ? wire::load_fixed<std::int32_t>(data + 4 * std::size_t{row}) : wire::load_fixed<std::int64_t>(data + 8 * std::size_t{row});
  }
  /// What `put` may touch.
  std::size_t bound(std::uint32_t row) const noexcept {
    return is_view && !is_null(row) ? wire::field_bound(kind, binary, view(row), dimensions) : wire::kFixedFieldBound;
  }
  /// The field with its length in front.
  char* put(std::uint32_t row, char* at) const noexcept {
    if (is_null(row)) return wire::put_null(at);
    if (!is_view) return wire::put_field(kind, binary, data + std::size_t{row} * width, {}, 0, at);
    const std::string_view value = view(row);
    return wire::put_field(kind, binary, reinterpret_cast<const std::uint8_t*>(value.data()), value, dimensions, at);
  }
};

class RowEncoder {
 public:
  explicit RowEncoder(std::vector<wire::OutputColumn> columns) : columns_(std::move(columns)) {}
  virtual ~RowEncoder() = default;
  /// The pipeline's outputs that are encoded, in the order of the fields.
  const std::vector<wire::OutputColumn>& columns() const noexcept { return columns_; }
  /// Appends rows from `first` on, up to `end`, while they fit; returns how many. When not one fits, `out` has overflowed and tells of room in
  /// which it does.
  virtual std::uint32_t write(std::span<const EncodedField> fields, std::uint32_t first, std::uint32_t end, wire::WireBuffer& out) = 0;

 protected:
  /// `bound(row)`: what a row may touch; `put(row, at)` writes it and returns its end.
  template <typename Bound, typename Put>
  static std::uint32_t write_rows(std::uint32_t first, std::uint32_t end, wire::WireBuffer& out, Bound bound, Put put) {
    for (std::uint32_t row = first; row < end; row++) {
      const std::size_t most = bound(row);
      char* const at = out.room(most);
      if (at == nullptr) {
        if (row == first) out.wrote(most);
        return row - first;
      }
      out.wrote(static_cast<std::size_t>(put(row, at) - at));
    }
    return end - first;
  }
  static std::size_t fields_bound(std::span<const EncodedField> fields, std::uint32_t row) noexcept {
    std::size_t bytes = 0;
    for (const EncodedField& f : fields) bytes += f.bound(row);
    return bytes;
  }

  std::vector<wire::OutputColumn> columns_;
};

std::unique_ptr<RowEncoder> make_data_row_encoder(std::vector<wire::OutputColumn> columns);

}  // namespace orrery::exec
