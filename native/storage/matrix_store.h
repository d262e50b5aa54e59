// matrix_store.h: the values of one vector column: float32 rows of equal width in contiguous blocks that kernels scan directly.
//
// Invariants
//  1. A row's address never moves; a slot, once appended, is never written again until vacuum reuses it.
//  2. Blocks are 64-byte aligned and hold consecutive slots.
// Threads: append and release by one writer at a time (the relation's write latch); at() and blocks by anyone who learned of the slot
// through a published row version.
#pragma once
#include <atomic>
#include <cstdint>
#include <vector>

#include "segments.h"

namespace orrery::storage {

class MatrixStore {
 public:
  using Slot = std::uint32_t;
  static constexpr Slot kNoSlot = UINT32_MAX;

  explicit MatrixStore(std::uint32_t dimensions) : dimensions_(dimensions) {}
  ~MatrixStore();
  MatrixStore(const MatrixStore&) = delete;
  MatrixStore& operator=(const MatrixStore&) = delete;

  std::uint32_t dimensions() const noexcept { return dimensions_; }
  /// Copies one row and returns its slot.
  Slot append(const float* row);
  /// Vacuum: no version and no index uses the slot any more, and no reader can still reach it.
  void release(Slot slot) { free_.push_back(slot); }
  const float* at(Slot slot) const noexcept {
    const auto place = Layout::place(slot);
    return blocks_[place.segment].load(std::memory_order_acquire) + place.offset * dimensions_;
  }

  /// Slots ever handed out: every slot below is readable.
  Slot slot_count() const noexcept { return count_.load(std::memory_order_acquire); }
  struct Rows { const float* data; Slot first; std::uint32_t count; };
  std::uint32_t block_count() const noexcept {
    const Slot n = slot_count();
    return n == 0 ? 0 : static_cast<std::uint32_t>(Layout::place(n - 1).segment + 1);
  }
  /// The contiguous rows of block `index` < block_count().
  Rows block(std::uint32_t index) const noexcept {
    const auto first = static_cast<Slot>(Layout::first(index));
    const auto end = static_cast<Slot>(std::min<std::uint64_t>(Layout::first(index + 1), slot_count()));
    return {blocks_[index].load(std::memory_order_acquire), first, end - first};
  }
  std::size_t memory_bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

 private:
  // 16 rows, doubling to 4096: a small table stays small, and a large block is long enough for streaming.
  using Layout = SegmentLayout<16, 4096>;
  const std::uint32_t dimensions_;
  std::atomic<Slot> count_{0};
  std::atomic<std::size_t> bytes_{0};
  StableArray<std::atomic<float*>, 16, 20> blocks_;
  std::vector<Slot> free_;
};

}  // namespace orrery::storage
