// pg_conditions.h: columns besides its key that the row of an UPDATE or DELETE has to have the values of parameters in: `WHERE id = $1 AND version = $2`.
#pragma once
#include <optional>
#include <span>

#include "../storage/chunk.h"
#include "pg_parameters.h"

namespace orrery::io {

/// Types of which equal values have equal bytes; of integers any width compares with any.
bool fits_condition(const PgCondition& condition, PhysicalType column) noexcept;

/// Whether a version has these values. Without a version parameters are read all the same. nullopt: one that is JavaScript's to judge.
std::optional<bool> meets(std::span<const PgCondition> conditions, const PgParameters& parameters, storage::VersionRef version);

}  // namespace orrery::io
