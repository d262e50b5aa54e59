#include "merge.h"

#include <algorithm>

#include "compare.h"

namespace orrery::exec {

Merge::Merge(std::vector<SpillFilePtr> runs, const std::vector<SortKey>& keys) : keys_(keys), buffers_(runs.front()->kinds()) {
  for (SpillFilePtr& file : runs) {
    to_load_.push_back(static_cast<std::uint32_t>(runs_.size()));
    runs_.push_back({std::move(file), {}, 0});
  }
}

bool Merge::before(std::uint32_t a, std::uint32_t b) const {
  const Run &x = runs_[a], &y = runs_[b];
  for (const SortKey& key : keys_) {
    const Vector &v = x.batch.columns[key.column], &w = y.batch.columns[key.column];
    const bool no_v = v.is_null(x.at), no_w = w.is_null(y.at);
    if (no_v || no_w) {
      if (no_v == no_w) continue;
      return no_v == key.nulls_first;
    }
    const int c = with_kind(v.kind, [&]<typename T>(T) { return compare_values(v.as<T>()[x.at], w.as<T>()[y.at]); });
    if (c != 0) return (c < 0) != key.descending;
  }
  return a < b;
}

void Merge::push(std::uint32_t run) {
  heap_.push_back(run);
  std::push_heap(heap_.begin(), heap_.end(), [this](std::uint32_t a, std::uint32_t b) { return before(b, a); });
}

bool Merge::load(Context& context, std::uint32_t run) {
  Run& r = runs_[run];
  r.at = 0;
  switch (r.file->read(context, r.batch)) {
    case Step::kRows: push(run); return true;
    case Step::kEnd: r.file.reset(); return true;
    default: return false;
  }
}

Step Merge::next(Context& context, Batch& out) {
  if (context.late()) return Step::kYield;
  for (const std::uint32_t run : to_load_)
    if (!load(context, run)) return Step::kFail;
  to_load_.clear();
  std::uint32_t n = 0;
  // A batch that is used up still has rows that were picked: its run goes on with the next call.
  while (n < kBatchRows && !heap_.empty() && to_load_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), [this](std::uint32_t a, std::uint32_t b) { return before(b, a); });
    const std::uint32_t run = heap_.back();
    heap_.pop_back();
    picked_run_[n] = run;
    picked_row_[n++] = runs_[run].at++;
    if (runs_[run].at == runs_[run].batch.rows) to_load_.push_back(run);
    else push(run);
  }
  if (n == 0) return Step::kEnd;
  out.rows = n;
  const std::vector<Vector>& first = runs_[picked_run_[0]].batch.columns;
  out.columns.resize(first.size());
  for (std::size_t c = 0; c < first.size(); c++) {
    VectorBuffer& buffer = buffers_[c];
    std::uint8_t* valid = buffer.validity();
    with_kind(first[c].kind, [&]<typename T>(T) {
      T* to = buffer.as<T>();
      for (std::uint32_t i = 0; i < n; i++) {
        const Vector& from = runs_[picked_run_[i]].batch.columns[c];
        to[i] = from.as<T>()[picked_row_[i]];
        valid[i] = from.is_null(picked_row_[i]) ? 0 : 1;
      }
    });
    out.columns[c] = buffer.view(true);
  }
  return Step::kRows;
}

}  // namespace orrery::exec
