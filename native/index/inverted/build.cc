// build.cc: filling an index from the rows that are there.
#include "inverted_index.h"

namespace orrery::index {

using storage::Chunk;
using storage::VersionRef;

void InvertedIndex::build() {
  std::unique_lock guard(latch_);
  std::vector<Postings::Key> keys;
  for (std::uint32_t c = 0; c < relation().chunk_count(); c++) {
    const Chunk* chunk = relation().chunk(c);
    if (chunk == nullptr) continue;
    const std::uint32_t count = chunk->count();
    for (std::uint32_t slot = 0; slot < count; slot++) {
      if (chunk->begin(slot) == storage::kAborted) continue;
      const VersionRef version{chunk, slot};
      keys_of(version, keys);
      for (const Postings::Key key : keys) postings_.add(key, version.row_id());
    }
  }
}

}  // namespace orrery::index
