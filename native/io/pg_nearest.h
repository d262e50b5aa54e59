// pg_nearest.h: a SELECT of the rows nearest to a vector that a parameter gives, on an I/O thread.
//
// Only vectors of the index' dimensions that wire/vector_text.h reads are searched for here; a NULL, another length, elements that are not
// finite are JavaScript's.
#pragma once
#include <optional>

#include "pg_inputs.h"
#include "pg_parameters.h"

namespace orrery::io {

/// Rows above which the statement is JavaScript's.
constexpr std::uint32_t kNearestMax = 1000;

/// The vector and the number of rows that a plan means with the parameters at hand. Used again by the next statement, so that nothing is allocated.
class NearestQuery {
 public:
  /// False: JavaScript's. The plan has `nearest`.
  bool make(const PgPlan& plan, const PgParameters& parameters);
  /// Appends the rows; nullopt: JavaScript's after all.
  std::optional<std::uint32_t> run(const PgPlan& plan, const storage::Snapshot& snapshot, const storage::TransactionManager& manager,
                                   wire::WireBuffer& out) const;

 private:
  PgInput vector_;
  std::uint32_t limit_ = 0;
};

}  // namespace orrery::io
