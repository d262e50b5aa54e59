// build.cc: filling an index from the rows that are there.
#include "../../core/interrupt.h"
#include "inverted_index.h"

namespace orrery::index {

using storage::Chunk;
using storage::VersionRef;

Status InvertedIndex::build() {
  constexpr std::size_t kLookMask = (1 << 8) - 1;
  const Interrupt interrupt = current_interrupt();
  std::unique_lock guard(latch_);
  std::vector<Postings::Key> keys;
  for (std::uint32_t c = 0; c < relation().chunk_count(); c++) {
    const Chunk* chunk = relation().chunk(c);
    if (chunk == nullptr) continue;
    const std::uint32_t count = chunk->count();
    for (std::uint32_t slot = 0; slot < count; slot++) {
      // Nobody has the index yet: what is in it goes with it.
      if ((slot & kLookMask) == 0 && interrupt.is_due()) return Status::error(StatusCode::kInterrupted);
      if (chunk->begin(slot) == storage::kAborted) continue;
      const VersionRef version{chunk, slot};
      keys_of(version, keys);
      for (const Postings::Key key : keys) postings_.add(key, version.row_id());
    }
  }
  return Status::ok();
}

}  // namespace orrery::index
