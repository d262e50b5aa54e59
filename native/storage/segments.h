// segments.h: growing arrays whose elements never move: segments of doubling size up to a cap, then of equal size.
//
// Element i lies in segment s: the first segments hold base, 2·base, 4·base … elements until one holds `cap`, and all later ones
// hold cap. The position is computed, not searched, so a reader needs no latch: only the segment's pointer, published with release.
// Threads: one writer at a time grows (the owner's mutex); readers may use any index that was published to them.
#pragma once
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "../core/large_block.h"

namespace orrery::storage {

/// Where element `index` lies. base and cap are powers of two.
template <std::uint64_t kBase, std::uint64_t kCap>
struct SegmentLayout {
  static constexpr std::uint32_t kGrowing = std::bit_width(kCap / kBase) - 1;  // segments smaller than cap
  static constexpr std::uint64_t kGrowingElements = kBase * ((1ull << kGrowing) - 1);
  struct Place { std::uint64_t segment; std::uint64_t offset; };
  static constexpr Place place(std::uint64_t index) noexcept {
    if (index >= kGrowingElements) {
      const std::uint64_t rest = index - kGrowingElements;
      return {kGrowing + rest / kCap, rest % kCap};
    }
    const std::uint32_t segment = std::bit_width(index / kBase + 1) - 1;
    return {segment, index - first(segment)};
  }
  static constexpr std::uint64_t first(std::uint64_t segment) noexcept {
    return segment < kGrowing ? kBase * ((1ull << segment) - 1) : kGrowingElements + (segment - kGrowing) * kCap;
  }
  static constexpr std::uint64_t size(std::uint64_t segment) noexcept { return segment < kGrowing ? kBase << segment : kCap; }
};

/// Doubling segments without a cap; elements start value-initialized. Index 0 up to kBase · (2^kSegments − 1).
template <typename T, std::uint64_t kBase, std::uint32_t kSegments = 32>
class StableArray {
 public:
  StableArray() = default;
  StableArray(const StableArray&) = delete;
  StableArray& operator=(const StableArray&) = delete;
  ~StableArray() {
    for (std::uint32_t s = 0; s < kSegments; s++)
      if (T* segment = segments_[s].load(std::memory_order_relaxed)) {
        std::destroy_n(segment, kBase << s);
        free_large_block(segment, (kBase << s) * sizeof(T));
      }
  }
  T& operator[](std::uint64_t index) const noexcept {
    const std::uint32_t s = segment_of(index);
    return segments_[s].load(std::memory_order_acquire)[index - first(s)];
  }
  /// Makes index < count usable. Writer only.
  void reserve(std::uint64_t count) {
    if (count <= capacity_) return;
    while (capacity_ < count) {
      const std::uint32_t s = segment_of(capacity_);
      auto* segment = static_cast<T*>(allocate_large_block((kBase << s) * sizeof(T)));
      std::uninitialized_value_construct_n(segment, kBase << s);
      segments_[s].store(segment, std::memory_order_release);
      capacity_ += kBase << s;
    }
  }
  std::uint64_t capacity() const noexcept { return capacity_; }  // writer only

 private:
  static constexpr std::uint32_t segment_of(std::uint64_t index) noexcept { return std::bit_width(index / kBase + 1) - 1; }
  static constexpr std::uint64_t first(std::uint32_t segment) noexcept { return kBase * ((1ull << segment) - 1); }
  std::atomic<T*> segments_[kSegments] = {};
  std::uint64_t capacity_ = 0;
};

}  // namespace orrery::storage
