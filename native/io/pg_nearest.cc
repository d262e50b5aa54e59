#include "pg_nearest.h"

namespace orrery::io {

bool NearestQuery::make(const PgPlan& plan, const PgParameters& parameters) {
  const PgNearest& nearest = *plan.nearest;
  const auto limit = limit_of(nearest.limit, nearest.limit_parameter, parameters, kNearestMax);
  const PgParameter& vector = parameters[nearest.parameter];
  if (!limit || *limit > kNearestMax || vector.is_null) return false;
  limit_ = *limit;
  return vector_.read(PgType::kVector, static_cast<std::int32_t>(nearest.select->dimensions()), vector);
}

std::optional<std::uint32_t> NearestQuery::run(const PgPlan& plan, const storage::Snapshot& snapshot, const storage::TransactionManager& manager,
                                               wire::WireBuffer& out) const {
  const PgNearest& nearest = *plan.nearest;
  return nearest.select->run(reinterpret_cast<const float*>(vector_.bytes().data()), nearest.effort, limit_, snapshot, manager, out);
}

}  // namespace orrery::io
