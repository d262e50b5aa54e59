// gather.h: all rows of an input in a table, for operators that sort them.
#pragma once
#include "operator.h"
#include "table.h"

namespace orrery::exec {

class Gather {
 public:
  /// kEnd: all rows are in `table`. `keep(context)` runs after each batch; false: it has failed.
  template <typename Keep>
  Step all(Operator& input, Table& table, Context& context, Keep keep) {
    while (!ended_) {
      Batch batch;
      const Step step = input.next(context, batch);
      if (step == Step::kEnd) {
        ended_ = true;
        if (table.rows() > kRowsBeside) return Step::kYield;
        break;
      }
      if (step != Step::kRows) return step;
      if (table.full()) return context.fail(Failure::kMemory);
      table.append(batch);
      if (!keep(context) || context.failed()) return Step::kFail;
    }
    return Step::kEnd;
  }
  void reset() noexcept { ended_ = false; }

 private:
  /// More than this many rows are sorted in a turn of their own: there is no yielding in the middle, and whoever began may have little time.
  static constexpr std::uint32_t kRowsBeside = 1 << 14;
  bool ended_ = false;
};

}  // namespace orrery::exec
