// memory.h: allocation of everything that keys and values are made of, counted, so that INFO can tell used memory.
//
// Threads: any. The counter is relaxed: it is a statistic, never a lock.
#pragma once
#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "../core/check.h"

namespace orrery::keyspace {

inline std::atomic<std::int64_t>& used_memory() noexcept {
  static std::atomic<std::int64_t> bytes{0};
  return bytes;
}

inline void* allocate(std::size_t size) {
  void* p = std::malloc(size);
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
