// memory.h: allocation of everything that keys and values are made of, counted, so that INFO can tell used memory.
//
// Threads: any. The counter is a statistic, never a lock.
#pragma once
#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "../core/check.h"
#include "striped_counter.h"

namespace orrery::keyspace {

inline StripedCounter used_memory_counter;
inline StripedCounter& used_memory() noexcept { return used_memory_counter; }

inline void* allocate(std::size_t size) {
  void* p = std::malloc(size);
  ORRERY_ASSERT(p != nullptr);
  used_memory().fetch_add(static_cast<std::int64_t>(malloc_usable_size(p)), std::memory_order_relaxed);
  return p;
}

/// Zeros. What is large comes from the system as such, so its pages are paid for one by one as they are used, not at once.
inline void* allocate_zeroed(std::size_t size) {
  void* p = std::calloc(size, 1);
  ORRERY_ASSERT(p != nullptr);
  used_memory().fetch_add(static_cast<std::int64_t>(malloc_usable_size(p)), std::memory_order_relaxed);
  return p;
}

inline void release(void* p) noexcept {
  if (p == nullptr) return;
  used_memory().fetch_sub(static_cast<std::int64_t>(malloc_usable_size(p)), std::memory_order_relaxed);
  std::free(p);
}

inline void* reallocate(void* p, std::size_t size) {
  const std::size_t before = p == nullptr ? 0 : malloc_usable_size(p);
  void* q = std::realloc(p, size);
  ORRERY_ASSERT(q != nullptr);
  used_memory().fetch_add(static_cast<std::int64_t>(malloc_usable_size(q)) - static_cast<std::int64_t>(before), std::memory_order_relaxed);
  return q;
}

}  // namespace orrery::keyspace
