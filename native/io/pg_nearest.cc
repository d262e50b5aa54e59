#include "pg_nearest.h"

#include <algorithm>

#include "../wire/vector_text.h"

namespace orrery::io {

bool NearestQuery::make(const PgPlan& plan, const PgParameters& parameters) {
  const PgNearest& nearest = *plan.nearest;
  const auto limit = limit_of(nearest.limit, nearest.limit_parameter, parameters, kNearestMax);
  const PgParameter& vector = parameters[nearest.parameter];
  if (!limit || *limit > kNearestMax || vector.is_null) return false;
  limit_ = *limit;
  vector_.resize(nearest.select->dimensions());
  const auto read = vector.binary ? wire::read_wire_vector : wire::read_vector;
  return read(vector.bytes, wire::DenseKind::kVector, vector_.data(), vector_.size()) == vector_.size();
}

std::optional<std::uint32_t> NearestQuery::run(const PgPlan& plan, const storage::Snapshot& snapshot, const storage::TransactionManager& manager,
                                               wire::WireBuffer& out) const {
  const PgNearest& nearest = *plan.nearest;
  return nearest.select->run(vector_.data(), nearest.effort, limit_, snapshot, manager, out);
}

}  // namespace orrery::io
