// chunked_array.h: an array that grows while it is read without a latch; elements never move.
//
// Invariants
//  1. A chunk, once in the directory, stays at its address until destruction.
//  2. A directory that was replaced is kept until destruction (all of them together are no larger than the newest).
// Threads: `at` from any thread for elements below a size that the reader learned through an acquire load; `reserve` takes a latch.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace orrery::index::hnsw {

template <typename Chunk, unsigned kShift, typename Delete = std::default_delete<Chunk>>
class ChunkedArray {
 public:
  static constexpr std::uint32_t kChunkSize = 1u << kShift;

  Chunk& chunk_of(std::uint32_t index) const noexcept { return *directory_.load(std::memory_order_acquire)[index >> kShift]; }
  static std::uint32_t within(std::uint32_t index) noexcept { return index & (kChunkSize - 1); }
  bool has(std::uint32_t index) const noexcept { return (index >> kShift) < chunk_count_.load(std::memory_order_acquire); }
  std::size_t chunk_count() const noexcept { return chunk_count_.load(std::memory_order_acquire); }

  /// Makes `index` addressable; `make` builds a chunk.
  template <typename Make>
  void reserve(std::uint32_t index, Make&& make) {
    if (has(index)) return;
    const std::scoped_lock lock(growth_);
    while (!has(index)) {
      if (chunks_.size() == capacity_) {
        const std::size_t capacity = capacity_ == 0 ? 8 : capacity_ * 2;
        auto grown = std::make_unique<Chunk*[]>(capacity);
        for (std::size_t i = 0; i < chunks_.size(); i++) grown[i] = chunks_[i].get();
        directory_.store(grown.get(), std::memory_order_release);
        directories_.push_back(std::move(grown));
        capacity_ = capacity;
      }
      chunks_.push_back(make());
      directories_.back()[chunks_.size() - 1] = chunks_.back().get();
      chunk_count_.store(chunks_.size(), std::memory_order_release);
    }
  }

 private:
  std::atomic<Chunk**> directory_{nullptr};
  std::atomic<std::size_t> chunk_count_{0};
  std::mutex growth_;
  std::size_t capacity_ = 0;
  std::vector<std::unique_ptr<Chunk, Delete>> chunks_;
  std::vector<std::unique_ptr<Chunk*[]>> directories_;
};

}  // namespace orrery::index::hnsw
