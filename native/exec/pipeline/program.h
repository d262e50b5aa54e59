// program.h: from a program's bytes (docs/formats/pipeline.md) to a tree of operators. Every number in it is checked: a damaged program
// is refused, it never reads outside.
#pragma once
#include <functional>
#include <span>

#include "../../storage/scan.h"
#include "operator.h"

namespace orrery::exec {

/// A column of the pipeline's result.
struct PipelineOutput { PhysicalType type; std::uint32_t dimensions; };

struct Program {
  OperatorPtr root;
  std::vector<PipelineOutput> outputs;  // as many as the root has columns, but for the row id
  std::int32_t row_id_column = -1;      // of the root: goes to the block's row ids
};

/// Where a program's sources come from.
struct Sources {
  std::function<const storage::Relation*(std::uint32_t)> find;
  /// An open scan (of an index), which the pipeline reads and closes.
  std::function<std::unique_ptr<storage::Scan>(std::uint32_t)> take;
};
/// False: damaged, or it does not fit the relations. `memory` outlives the operators.
bool parse_program(std::span<const std::uint8_t> bytes, const Sources& sources, Memory& memory, Program* out);

}  // namespace orrery::exec
