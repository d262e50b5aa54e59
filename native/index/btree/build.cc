// build.cc: filling an index from the rows that are there.
#include <algorithm>

#include "../../core/interrupt.h"
#include "btree.h"

namespace orrery::index {

using storage::Chunk;
using storage::RowId;
using storage::VersionRef;
using storage::Xid;

Status BTree::build(Xid writer) {
  constexpr std::size_t kLookMask = (1 << 12) - 1;
  const Interrupt interrupt = current_interrupt();
  const auto interrupted = [] { return Status::error(StatusCode::kInterrupted); };
  struct Source { std::size_t key_at; std::uint32_t key_length; std::uint32_t has_null; RowId row; };
  std::vector<Source> sources;
  Key keys, key;
  // Every version that is not aborted gets its entry: other transactions may see older ones.
  for (std::uint32_t c = 0; c < relation().chunk_count(); c++) {
    const Chunk* chunk = relation().chunk(c);
    if (chunk == nullptr) continue;
    const std::uint32_t count = chunk->count();
    for (std::uint32_t slot = 0; slot < count; slot++) {
      if ((slot & kLookMask) == 0 && interrupt.is_due()) return interrupted();
      if (chunk->begin(slot) == storage::kAborted) continue;
      const bool has_null = encoder_.encode(VersionRef{chunk, slot}, key);
      sources.push_back({keys.size(), static_cast<std::uint32_t>(key.size()), has_null ? 1u : 0u, chunk->row_id(slot)});
      keys.append(key);
      if (chunk->older(slot) != storage::kNoVersion) may_be_stale_.store(true, std::memory_order_release);
    }
  }
  const auto key_of = [&](const Source& s) { return std::string_view(keys).substr(s.key_at, s.key_length); };
  const auto before = [&](const Source& a, const Source& b) {
    const int c = key_of(a).compare(key_of(b));
    return c != 0 ? c < 0 : a.row < b.row;
  };
  // In runs, so that there are places to look between them.
  constexpr std::size_t kRun = 1 << 15;
  for (std::size_t from = 0; from < sources.size(); from += kRun) {
    if (interrupt.is_due()) return interrupted();
    std::sort(sources.begin() + static_cast<std::ptrdiff_t>(from), sources.begin() + static_cast<std::ptrdiff_t>(std::min(from + kRun, sources.size())), before);
  }
  for (std::size_t width = kRun; width < sources.size(); width *= 2)
    for (std::size_t from = 0; from + width < sources.size(); from += 2 * width) {
      if (interrupt.is_due()) return interrupted();
      const auto at = [&](std::size_t i) { return sources.begin() + static_cast<std::ptrdiff_t>(std::min(i, sources.size())); };
      std::inplace_merge(at(from), at(from + width), at(from + 2 * width), before);
    }
  interrupt.expect(sources.size());
  std::unique_lock guard(latch_);
  std::size_t inserted = 0;
  for (const Source& s : sources) {
    // Nobody has the index yet: what is in it goes with it.
    if ((++inserted & kLookMask) == 0) {
      if (interrupt.is_due()) return interrupted();
      interrupt.advance(kLookMask + 1);
    }
    insert_latched(key_of(s), s.row);
  }
  if (!unique_) return Status::ok();
  Key newest_key;
  for (std::size_t i = 1; i < sources.size(); i++) {
    const Source& s = sources[i];
    if (s.row == sources[i - 1].row || key_of(s) != key_of(sources[i - 1])) continue;
    if (s.has_null != 0 && !nulls_not_distinct_) continue;
    // Two rows have had this key: does one that still has it meet another? check_unique ignores the row itself.
    for (std::size_t j = i - 1; j <= i; j++) {
      const VersionRef newest = relation().newest(sources[j].row);
      Xid blocker = 0;
      if (!newest || !lives(newest, writer, &blocker)) continue;
      if (blocker != 0) return Status::wait(blocker);
      encoder_.encode(newest, newest_key);
      if (newest_key != key_of(s)) continue;
      Status status = check_unique(key_of(s), sources[j].row, writer);
      if (!status.is_ok()) return status;
    }
  }
  return Status::ok();
}

}  // namespace orrery::index
