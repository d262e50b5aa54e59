// scan.cc: reading a range in batches, forward and backward, and whole keys.
#include "../../core/check.h"
#include "btree.h"

namespace orrery::index {

using storage::RowId;

void BTree::collect(const KeyRange& range, bool backward, Position& position, std::size_t max, std::vector<Item>& items, Key& keys,
                    bool* recheck, bool with_keys) const {
  std::shared_lock guard(latch_);
  *recheck = may_be_stale();
  if (root_ == nullptr || position.finished) {
    position.finished = true;
    return;
  }
  std::vector<char> lower_scratch(sizeof(std::uint32_t) + (range.lower ? range.lower->size() : 0));
  std::vector<char> upper_scratch(sizeof(std::uint32_t) + (range.upper ? range.upper->size() : 0));
  std::vector<char> position_scratch(sizeof(std::uint32_t) + position.key.size());
  const auto scratch = [](std::vector<char>& memory) { return reinterpret_cast<LongKey*>(memory.data()); };
  // Row ids start at 1, so a probe with row 0 stands before every entry of its key.
  const Entry lower = range.lower ? Entry::make(*range.lower, 0, scratch(lower_scratch)) : Entry{};
  const Entry upper = range.upper ? Entry::make(*range.upper, 0, scratch(upper_scratch)) : Entry{};
  const Entry from = Entry::make(position.key, position.row, scratch(position_scratch));
  const Leaf* leaf;
  std::int64_t at;
  if (!backward) {
    if (position.started) {
      leaf = descend(from, nullptr);
      at = upper_bound(leaf->entries, leaf->count, from);
    } else if (range.lower) {
      leaf = descend(lower, nullptr);
      at = lower_bound(leaf->entries, leaf->count, lower);
    } else {
      leaf = first_;
      at = 0;
    }
  } else if (position.started || range.upper) {
    const Entry& below = position.started ? from : upper;
    leaf = descend(below, nullptr);
    at = static_cast<std::int64_t>(lower_bound(leaf->entries, leaf->count, below)) - 1;
  } else {
    leaf = last_;
    at = static_cast<std::int64_t>(leaf->count) - 1;
  }
  const Entry* last = nullptr;
  std::size_t taken = 0;
  char buffer[16];
  while (taken < max) {
    if (!backward) {
      while (leaf != nullptr && at >= leaf->count) { leaf = leaf->next; at = 0; }
    } else {
      while (leaf != nullptr && at < 0) { leaf = leaf->previous; at = leaf == nullptr ? -1 : static_cast<std::int64_t>(leaf->count) - 1; }
    }
    if (leaf == nullptr) break;
    const Entry& entry = leaf->entries[at];
    if (!backward && range.upper && Entry::compare(entry, upper) >= 0) break;
    if (backward && range.lower && Entry::compare(entry, lower) < 0) break;
    Item item{entry.row(), 0, 0};
    if (*recheck || with_keys) {
      const std::string_view key = entry.key(buffer);
      item.key_at = static_cast<std::uint32_t>(keys.size());
      item.key_length = static_cast<std::uint32_t>(key.size());
      keys.append(key);
    }
    items.push_back(item);
    last = &entry;
    taken++;
    at += backward ? -1 : 1;
  }
  if (taken < max) position.finished = true;
  if (last != nullptr && !position.finished) {
    position.started = true;
    position.row = last->row();
    position.key.assign(last->key(buffer));
  }
}

bool BTree::lookup(std::string_view key, std::vector<RowId>& rows) const {
  if (hashable_.load(std::memory_order_relaxed) && hashes(key)) {
    const KeyHash::Tag tag = KeyHash::tag_of(key, hash_seed());
    {
      std::shared_lock guard(latch_);
      if (hash_ != nullptr) {
        hash_->find(tag, [&rows](RowId row) { rows.push_back(row); });
        return true;
      }
    }
    // Lost counts of racing threads only delay the hash.
    const std::uint64_t lookups = lookups_.load(std::memory_order_relaxed) + 1;
    lookups_.store(lookups, std::memory_order_relaxed);
    if (const std::uint64_t entries = entry_count(); entries >= kHashFrom && lookups >= entries / kLookupShare) make_hash();
  }
  alignas(8) char small[256];
  LongKey* large = nullptr;
  if (key.size() + sizeof(std::uint32_t) > sizeof small) large = Entry::allocate(key.size());
  const Entry probe = Entry::make(key, 0, large != nullptr ? large : reinterpret_cast<LongKey*>(small));
  bool stale;
  {
    std::shared_lock guard(latch_);
    stale = may_be_stale();
    const Leaf* leaf = root_ == nullptr ? nullptr : descend(probe, nullptr);
    std::uint32_t at = leaf == nullptr ? 0 : lower_bound(leaf->entries, leaf->count, probe);
    for (;; at++) {
      while (leaf != nullptr && at >= leaf->count) { leaf = leaf->next; at = 0; }
      if (leaf == nullptr || Entry::compare_keys(leaf->entries[at], probe) != 0) break;
      rows.push_back(leaf->entries[at].row());
    }
  }
  std::free(large);
  return stale;
}

}  // namespace orrery::index
