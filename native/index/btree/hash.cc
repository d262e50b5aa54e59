// hash.cc: making the hash of a unique index from its leaves.
#include "../../core/check.h"
#include "btree.h"

namespace orrery::index {

void BTree::make_hash() const {
  // Far enough ahead that the slot's line is there when its turn comes.
  constexpr std::size_t kAhead = 16;
  struct Pending { KeyHash::Tag tag; storage::RowId row; };
  std::unique_lock guard(latch_);
  if (hash_ != nullptr || !hashable_.load(std::memory_order_relaxed)) return;
  auto hash = std::make_unique<KeyHash>(entry_count());
  Pending ring[kAhead];
  std::size_t taken = 0;
  char buffer[16];
  for (const Leaf* leaf = first_; leaf != nullptr; leaf = leaf->next)
    for (std::uint32_t i = 0; i < leaf->count; i++) {
      const std::string_view key = leaf->entries[i].key(buffer);
      if (!hashes(key)) continue;
      const storage::RowId row = leaf->entries[i].row();
      if (row > KeyHash::kMaxRow || taken >= KeyHash::kMaxEntries) {
        hashable_.store(false, std::memory_order_relaxed);
        return;
      }
      Pending& next = ring[taken++ % kAhead];
      if (taken > kAhead) hash->insert(next.tag, next.row);
      next = {KeyHash::tag_of(key, hash_seed()), row};
      hash->prefetch(next.tag);
    }
  for (std::size_t i = taken > kAhead ? taken - kAhead : 0; i < taken; i++) hash->insert(ring[i % kAhead].tag, ring[i % kAhead].row);
  ORRERY_VERIFY(hash->size() == taken);
  hash_ = std::move(hash);
}

std::size_t BTree::hash_bytes() const noexcept {
  std::shared_lock guard(latch_);
  return hash_ == nullptr ? 0 : hash_->memory_bytes();
}

}  // namespace orrery::index
