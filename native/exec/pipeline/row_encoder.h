// row_encoder.h: rows of a pipeline as bytes for a client: DataRow messages here, lines of COPY in copy_encoder.h.
// Threads: an encoder by one at a time.
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "../../wire/data_row.h"
#include "vector.h"

namespace orrery::exec {

class RowEncoder {
 public:
  explicit RowEncoder(std::vector<wire::OutputColumn> columns) : columns_(std::move(columns)) {}
  virtual ~RowEncoder() = default;
  /// The pipeline's outputs that are encoded, in the order of the fields.
  const std::vector<wire::OutputColumn>& columns() const noexcept { return columns_; }
  /// Appends a row: fields[i] has the values of columns()[i], whose type has `dimensions[i]` where it is a vector.
  virtual void write(std::span<const Vector> fields, std::span<const std::uint32_t> dimensions, std::uint32_t row, wire::WireBuffer& out) = 0;

 protected:
  std::vector<wire::OutputColumn> columns_;
};

/// A value that is not NULL, with its length in front.
void write_value(const wire::OutputColumn& column, const Vector& values, std::uint32_t dimensions, std::uint32_t row, wire::WireBuffer& out) noexcept;

std::unique_ptr<RowEncoder> make_data_row_encoder(std::vector<wire::OutputColumn> columns);

}  // namespace orrery::exec
