// pg_inputs.h: parameters as the values that columns and keys keep: fixed width as in a chunk, or bytes.
//
// Only the forms that clients write are read; what else PostgreSQL would accept or refuse is nothing here, so that JavaScript answers it.
#pragma once
#include <string>
#include <string_view>

#include "../core/physical_type.h"
#include "../wire/vector_text.h"
#include "pg_numeric.h"
#include "pg_parameters.h"

namespace orrery::io {

/// Used again by the next value, so that nothing is allocated once it has held its longest.
class PgInput {
 public:
  /// Reads a parameter that is not NULL. `modifier`: the column's (pg_attribute), -1: none; a value that it would refuse is not read.
  bool read(PgType type, std::int32_t modifier, const PgParameter& parameter);
  /// An integer of `type` as a numeric.
  bool read_integer_as_numeric(PgType type, std::int32_t modifier, const PgParameter& parameter);
  /// Of a varlen type, may point into the parameter; of a vector its float32 elements.
  std::string_view bytes() const noexcept { return view_; }
  /// Of the other types, as wide as they are.
  const std::uint8_t* fixed() const noexcept { return fixed_; }

 private:
  template <typename T>
  bool put(T value) noexcept;
  template <typename T>
  T fixed_value() const noexcept;
  bool show(std::string_view bytes) noexcept;
  bool show_numeric(exec::Decimal value, std::int32_t modifier);
  bool read_float4(const PgParameter& parameter) noexcept;
  bool read_float8(const PgParameter& parameter) noexcept;
  bool read_date(const PgParameter& parameter) noexcept;
  bool read_moment(PgType type, std::int32_t precision, const PgParameter& parameter) noexcept;
  bool read_text(std::int32_t modifier, std::string_view text) noexcept;
  bool read_bpchar(std::int32_t modifier, std::string_view text);
  bool read_bytea(const PgParameter& parameter);
  bool read_numeric(std::int32_t modifier, const PgParameter& parameter);
  bool read_jsonb(const PgParameter& parameter);
  bool read_vector(wire::DenseKind kind, std::int32_t dimensions, const PgParameter& parameter);

  alignas(8) std::uint8_t fixed_[16] = {};
  std::string buffer_;
  std::vector<float> elements_;
  std::string_view view_;
};

/// How a column or key keeps values of the type.
PhysicalType physical_type_of(PgType type) noexcept;

}  // namespace orrery::io
