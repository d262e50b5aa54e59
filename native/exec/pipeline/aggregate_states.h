// aggregate_states.h: the states of one aggregate for all groups, by group number.
#pragma once
#include <memory>

#include "operator.h"

namespace orrery::exec {

class AggregateState {
 public:
  virtual ~AggregateState() = default;
  /// Room for groups below `groups`; new ones are empty.
  virtual void grow(std::uint32_t groups) = 0;
  /// Row i of `arg` goes to group numbers[i]; NULLs are passed over. False: not computable natively.
  virtual bool update(const Vector& arg, const std::uint32_t* numbers, std::uint32_t rows) = 0;
  /// The values of groups from… into `out`, validity included where nullable().
  virtual bool finish(std::uint32_t from, std::uint32_t count, VectorBuffer& out) = 0;
  virtual bool nullable() const noexcept = 0;
  virtual void clear() noexcept = 0;
};

/// nullptr: there is no such aggregate (aggregate_kind says so, too).
std::unique_ptr<AggregateState> make_aggregate_state(AggregateOp op, Kind arg, Memory& memory);

}  // namespace orrery::exec
