// data_row.h: PostgreSQL DataRow messages straight from row versions, text or binary per column (field.h).
// Threads: functions over the caller's buffer; the version must be held by a snapshot.
#pragma once
#include <span>

#include "../storage/chunk.h"
#include "../storage/relation.h"
#include "field.h"
#include "wire_buffer.h"

namespace orrery::wire {

struct OutputColumn {
  std::uint32_t column;  // of the relation
  WireKind kind;
  bool binary;
};

/// Appends one message; where it does not fit, `out` tells of room in which it does.
void write_data_row(storage::VersionRef version, std::span<const OutputColumn> columns, WireBuffer& out) noexcept;

}  // namespace orrery::wire
