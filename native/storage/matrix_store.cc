#include "matrix_store.h"

#include <cstring>

#include "../core/large_block.h"

namespace orrery::storage {

MatrixStore::~MatrixStore() {
  for (std::uint32_t i = 0; i < block_count(); i++) free_large_block(blocks_[i].load(), Layout::size(i) * dimensions_ * sizeof(float));
}

MatrixStore::Slot MatrixStore::append(const float* row) {
  Slot slot;
  if (!free_.empty()) {
    slot = free_.back();
    free_.pop_back();
  } else {
    slot = count_.load(std::memory_order_relaxed);
    const auto place = Layout::place(slot);
    if (place.offset == 0) {
      blocks_.reserve(place.segment + 1);
      const std::size_t bytes = Layout::size(place.segment) * dimensions_ * sizeof(float);
      blocks_[place.segment].store(static_cast<float*>(allocate_large_block(bytes)), std::memory_order_release);
      bytes_.fetch_add(bytes, std::memory_order_relaxed);
    }
  }
  std::memcpy(const_cast<float*>(at(slot)), row, dimensions_ * sizeof(float));
  if (slot == count_.load(std::memory_order_relaxed)) count_.store(slot + 1, std::memory_order_release);
  return slot;
}

}  // namespace orrery::storage
