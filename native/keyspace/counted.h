// counted.h: standard containers whose memory counts as the keyspace's (memory.h).
#pragma once
#include <map>
#include <string>
#include <vector>

#include "memory.h"

namespace orrery::keyspace {

template <typename T>
struct CountedAllocator {
  using value_type = T;
  CountedAllocator() = default;
  template <typename U>
  CountedAllocator(const CountedAllocator<U>&) noexcept {}
  T* allocate(std::size_t n) { return static_cast<T*>(keyspace::allocate(n * sizeof(T))); }
  void deallocate(T* p, std::size_t) noexcept { release(p); }
  template <typename U>
  bool operator==(const CountedAllocator<U>&) const noexcept { return true; }
};

template <typename T>
using CountedVector = std::vector<T, CountedAllocator<T>>;
template <typename K, typename V>
using CountedMap = std::map<K, V, std::less<>, CountedAllocator<std::pair<const K, V>>>;

}  // namespace orrery::keyspace
