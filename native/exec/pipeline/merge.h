// merge.h: the last step of a sort that did not fit: sorted runs in files become one.
// Threads: one at a time.
#pragma once
#include "spill.h"

namespace orrery::exec {

class Merge {
 public:
  /// Equal rows come out in the order of their runs.
  Merge(std::vector<SpillFilePtr> runs, const std::vector<SortKey>& keys);
  /// The next batch, which stays until the next call.
  Step next(Context& context, Batch& out);

 private:
  struct Run {
    SpillFilePtr file;
    Batch batch;
    std::uint32_t at = 0;
  };
  bool load(Context& context, std::uint32_t run);
  bool before(std::uint32_t a, std::uint32_t b) const;
  void push(std::uint32_t run);
  const std::vector<SortKey> keys_;
  std::vector<Run> runs_;
  std::vector<std::uint32_t> heap_;     // runs with a row; the first row's run at the front
  std::vector<std::uint32_t> to_load_;  // runs whose batch is used up
  GatherBuffers buffers_;
  std::uint32_t picked_run_[kBatchRows], picked_row_[kBatchRows];
};

}  // namespace orrery::exec
