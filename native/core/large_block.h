// large_block.h: memory for large arrays that are read all over: in huge pages where the system gives them, so that a look at a random place costs no
// walk through page tables.
//
// Threads: any.
#pragma once
#include <cstddef>
#include <new>
#ifdef __linux__
#include <sys/mman.h>
#endif

namespace orrery {

constexpr std::size_t kHugePage = 2u << 20;

/// What a block of so many bytes begins at a multiple of: a huge page's size, or, when it is smaller than one, a cache line's.
constexpr std::align_val_t large_block_alignment(std::size_t bytes) noexcept { return std::align_val_t{bytes >= kHugePage ? kHugePage : 64}; }

inline void* allocate_large_block(std::size_t bytes) {
  void* block = ::operator new[](bytes, large_block_alignment(bytes));
#ifdef __linux__
  // Whole pages only: the rest of the last one may be somebody else's. Advice that is not taken changes nothing but the speed.
  if (bytes >= kHugePage) (void)madvise(block, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
  return block;
}

inline void free_large_block(void* block, std::size_t bytes) noexcept { ::operator delete[](block, large_block_alignment(bytes)); }

/// For containers.
template <typename T>
struct LargeBlockAllocator {
  using value_type = T;
  LargeBlockAllocator() = default;
  template <typename U>
  LargeBlockAllocator(const LargeBlockAllocator<U>&) noexcept {}
  T* allocate(std::size_t n) { return static_cast<T*>(allocate_large_block(n * sizeof(T))); }
  void deallocate(T* p, std::size_t n) noexcept { free_large_block(p, n * sizeof(T)); }
  bool operator==(const LargeBlockAllocator&) const = default;
};

}  // namespace orrery
