// vacuum.cc: entries go with versions that nobody sees.
#include <algorithm>

#include "inverted_index.h"

namespace orrery::index {

using storage::VersionPos;
using storage::VersionRef;

void InvertedIndex::remove(std::span<const VersionRef> versions) noexcept {
  static thread_local std::vector<Postings::Key> keys;
  std::unique_lock guard(latch_);
  for (const VersionRef version : versions) {
    keys_of(version, keys);
    for (const Postings::Key key : keys) postings_.remove(key, version.row_id());
  }
}

void InvertedIndex::remove_stale(VersionRef version) noexcept {
  static thread_local std::vector<Postings::Key> keys, others;
  keys_of(version, keys);
  const storage::RowId row = version.row_id();
  for (VersionPos pos = relation().newest_pos(row); pos != storage::kNoVersion && !keys.empty();) {
    const VersionRef other = relation().version(pos);
    if (!other) break;
    if (other.chunk != version.chunk || other.slot != version.slot) {
      keys_of(other, others);
      std::erase_if(keys, [](Postings::Key key) { return std::binary_search(others.begin(), others.end(), key); });
    }
    pos = other.chunk->older(other.slot);
  }
  std::unique_lock guard(latch_);
  for (const Postings::Key key : keys) postings_.remove(key, row);
}

}  // namespace orrery::index
