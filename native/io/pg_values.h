// pg_values.h: the values of a row that a statement writes, from its parameters and the row that is there.
#pragma once
#include <span>

#include "../core/row_image.h"
#include "../storage/chunk.h"
#include "drawn_numbers.h"
#include "pg_parameters.h"

namespace orrery::io {

constexpr bool is_integer(PgType type) noexcept { return type <= PgType::kInt8; }
constexpr bool is_integer(PhysicalType type) noexcept {
  return type == PhysicalType::kInt16 || type == PhysicalType::kInt32 || type == PhysicalType::kInt64;
}
/// Of an integer column, which is not NULL there.
std::int64_t integer_of(storage::VersionRef version, std::uint32_t column, PhysicalType type) noexcept;

/// Whether a column of this type can take the value.
bool fits_column(const PgValue& value, PhysicalType type) noexcept;

/// What a statement's values come from besides its parameters.
struct PgSources {
  std::int64_t now_micros;  // when the transaction began, since 2000
  storage::SequenceStore& sequences;
  DrawnNumbers& numbers;
};

/// Sets the values in `image`. `old`: the row that UPDATE changes; empty: there is none, parameters are read all the same.
/// False: a form or a value that is JavaScript's to judge (a NULL or a text that the column cannot hold, an overflow).
bool set_values(RowImage& image, std::span<const PgValue> values, const PgParameters& parameters, storage::VersionRef old, const PgSources& sources);

}  // namespace orrery::io
