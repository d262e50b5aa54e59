// key_hash.h: from a whole key to row ids, beside a unique B-tree: one cache line instead of a descent.
//
// A slot is 8 bytes: 28 bits of the key's hash over 36 bits of row id; the key itself is only in the row, so who looks up compares the
// key of the row it finds (about one candidate in 2^28 / size is a stranger). Slots are sorted by hash bits with gaps: an entry lies at or
// after its home, the scaled hash bits, and a search ends at the first greater one. Growing reads and writes memory in order.
//
// Invariants
//  1. Slots in use have ascending hash bits, and no gap lies between an entry and its home.
//  2. size() <= 4/5 of the homes; growth is by 8/5, so that an entry costs 10 to 16 bytes.
//  3. A row is there once for each key that it was inserted with: the B-tree decides what is a duplicate.
// Threads: none of its own; the B-tree's latch is held, shared to find, exclusively to change.
// Source: Amble and Knuth, "Ordered hash tables" (The Computer Journal 1974).
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "../../storage/ids.h"

namespace orrery::index {

class KeyHash {
 public:
  static constexpr std::uint32_t kRowBits = 36;
  static constexpr std::uint32_t kTagBits = 64 - kRowBits;
  static constexpr storage::RowId kMaxRow = (1ull << kRowBits) - 1;
  /// Beyond, strangers would be common.
  static constexpr std::size_t kMaxEntries = 1ull << (kTagBits - 1);
  using Tag = std::uint64_t;  // < 2^kTagBits

  explicit KeyHash(std::size_t expected);
  /// `seed` keeps clients from choosing keys that collide.
  static Tag tag_of(std::string_view key, std::uint64_t seed) noexcept;

  void insert(Tag tag, storage::RowId row);
  void erase(Tag tag, storage::RowId row) noexcept;
  void prefetch(Tag tag) const noexcept { __builtin_prefetch(slots_.data() + home(tag), 1); }
  template <typename Each>
  void find(Tag tag, Each&& each) const {
    for (std::size_t at = home(tag); slots_[at] != 0 && slots_[at] >> kRowBits <= tag; at++)
      if (slots_[at] >> kRowBits == tag) each(static_cast<storage::RowId>(slots_[at] & kMaxRow));
  }
  std::size_t size() const noexcept { return size_; }
  std::size_t memory_bytes() const noexcept { return slots_.capacity() * sizeof(std::uint64_t) + sizeof(KeyHash); }

 private:
  static constexpr std::size_t kLeast = 64;
  static constexpr std::size_t kTail = 32;  // slots behind the last home, more when they fill; the last one stays empty
  std::size_t home(Tag tag) const noexcept { return tag * homes_ >> kTagBits; }
  void place(std::uint64_t slot);
  void resize(std::size_t homes);

  std::size_t homes_ = 0;
  std::size_t size_ = 0;
  std::vector<std::uint64_t> slots_;  // 0: empty
};

}  // namespace orrery::index
