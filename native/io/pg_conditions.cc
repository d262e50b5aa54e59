#include "pg_conditions.h"

#include <cstring>

#include "pg_inputs.h"
#include "pg_values.h"

namespace orrery::io {
namespace {

std::optional<bool> meets(const PgCondition& c, const PgParameter& p, storage::VersionRef version) {
  // Nothing is equal to NULL.
  if (p.is_null) return false;
  const bool has_value = version && !version.chunk->is_null(c.column, version.slot);
  if (is_integer(c.type)) {
    std::int64_t value = 0;
    if (!read_integer(p, c.type, &value)) return std::nullopt;
    return has_value && integer_of(version, c.column, c.width) == value;
  }
  thread_local PgInput input;
  if (!input.read(c.type, -1, p)) return std::nullopt;
  if (!has_value) return false;
  if (c.width == PhysicalType::kVarlen) return version.chunk->varlen(c.column, version.slot) == input.bytes();
  const std::size_t width = width_of(c.width);
  return std::memcmp(version.chunk->fixed_at(c.column, version.slot, width), input.fixed(), width) == 0;
}

}  // namespace

bool fits_condition(const PgCondition& condition, PhysicalType column) noexcept {
  switch (condition.type) {
    case PgType::kInt2:
    case PgType::kInt4:
    case PgType::kInt8: return is_integer(column);
    case PgType::kText:
    case PgType::kUuid:
    case PgType::kBool:
    case PgType::kDate:
    case PgType::kTimestamp:
    case PgType::kTimestampTz:
    case PgType::kTimestampTzUtc:
    case PgType::kTime: return physical_type_of(condition.type) == column;
    default: return false;
  }
}

std::optional<bool> meets(std::span<const PgCondition> conditions, const PgParameters& parameters, storage::VersionRef version) {
  bool all = true;
  for (const PgCondition& c : conditions) {
    const std::optional<bool> one = meets(c, parameters[c.parameter], version);
    if (!one) return std::nullopt;
    all = all && *one;
  }
  return all;
}

}  // namespace orrery::io
