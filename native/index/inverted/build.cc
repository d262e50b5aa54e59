// build.cc: filling an index from the rows that are there.
#include "../../core/interrupt.h"
#include "inverted_index.h"

namespace orrery::index {

using storage::Chunk;
using storage::VersionRef;

Status InvertedIndex::build() {
  // In keys added: rows may have any number of them.
  constexpr std::size_t kLookEvery = 1 << 14;
  const Interrupt interrupt = current_interrupt();
  std::unique_lock guard(latch_);
  std::vector<Postings::Key> keys;
  std::size_t added = 0;
  for (std::uint32_t c = 0; c < relation().chunk_count(); c++) {
    // Nobody has the index yet: what is in it goes with it.
    if (interrupt.is_due()) return Status::error(StatusCode::kInterrupted);
    const Chunk* chunk = relation().chunk(c);
    if (chunk == nullptr) continue;
    const std::uint32_t count = chunk->count();
    for (std::uint32_t slot = 0; slot < count; slot++) {
      if (chunk->begin(slot) == storage::kAborted) continue;
      const VersionRef version{chunk, slot};
      keys_of(version, keys);
      for (const Postings::Key key : keys)
        if ((++added % kLookEvery == 0 && interrupt.is_due()) || !postings_.add(key, version.row_id(), interrupt))
          return Status::error(StatusCode::kInterrupted);
    }
  }
  return Status::ok();
}

}  // namespace orrery::index
