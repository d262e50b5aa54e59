// lock_slots.h: weak locks of relations (access share, row share, row exclusive) without a latch and without a call into the addon.
//
// A weak lock conflicts with strong ones only (share and above), which are rare. So its owner writes a slot of its own memory and then looks
// whether anybody holds or wants a strong lock in the relation's partition; who wants one counts itself there first and then looks through
// the slots, and takes what it finds over into the lock manager. One of the two sees the other (both sides are sequentially consistent).
// Source: PostgreSQL's fast-path locks (storage/lmgr/README), with slots that their owner claims without its latch.
//
// JavaScript threads read and write this memory with Atomics (src/engine/lock-slots.ts); the layout is theirs too.
//
// Invariants
//  1. A region belongs to one JavaScript thread: only it fills and empties its slots.
//  2. A slot whose relation is kMoved belongs to the lock manager until its owner has released it there.
// Threads: take_over and for_each under the lock manager's latch; the rest from any thread.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace orrery::storage {

class LockSlots {
 public:
  static constexpr std::uint32_t kPartitions = 1024;
  static constexpr std::uint32_t kSlotsPerRegion = 4096;
  static constexpr std::uint32_t kMoved = UINT32_MAX;
  /// `relation` 0: free. Mode and process are written before the relation and stay until it is 0 again.
  struct Slot { std::atomic<std::uint32_t> relation{0}, mode{0}, process{0}, unused{0}; };
  static_assert(sizeof(Slot) == 16 && std::atomic<std::uint32_t>::is_always_lock_free);
  struct Region { Slot slots[kSlotsPerRegion]; };

  /// How many strong locks are held or wanted, by partition.
  std::atomic<std::uint32_t>* strong_counts() noexcept { return strong_; }
  bool is_contended(std::uint32_t relation) const noexcept { return strong_[relation % kPartitions].load(std::memory_order_seq_cst) != 0; }
  void count_strong(std::uint32_t relation) noexcept { strong_[relation % kPartitions].fetch_add(1, std::memory_order_seq_cst); }
  void uncount_strong(std::uint32_t relation) noexcept { strong_[relation % kPartitions].fetch_sub(1, std::memory_order_seq_cst); }

  /// A region for a JavaScript thread; it lives as long as this object. give_back: the thread has ended and holds nothing any more.
  Region* take_region();
  void give_back(Region* region);

  /// Every lock of `relation` in a slot is given to `take` and is the lock manager's from then on.
  void take_over(std::uint32_t relation, const std::function<void(std::uint32_t process, std::uint32_t mode)>& take);
  void for_each(const std::function<void(std::uint32_t relation, std::uint32_t process, std::uint32_t mode)>& look) const;

 private:
  std::atomic<std::uint32_t> strong_[kPartitions] = {};
  mutable std::mutex latch_;  // of the two lists
  std::vector<std::unique_ptr<Region>> regions_;
  std::vector<Region*> free_;
};

}  // namespace orrery::storage
