// limits.h: when a small collection leaves its compact encoding, with Redis 7.0's names and defaults (CONFIG SET changes them).
//
// Threads: relaxed atomics; a change is seen by later writes.
#pragma once
#include <atomic>
#include <cstdint>

#include "memory.h"

namespace orrery::keyspace {

struct Limits {
  std::atomic<std::uint32_t> hash_max_packed_entries{512};
  std::atomic<std::uint32_t> hash_max_packed_value{64};
  std::atomic<std::uint32_t> set_max_intset_entries{512};
  std::atomic<std::uint32_t> zset_max_packed_entries{128};
  std::atomic<std::uint32_t> zset_max_packed_value{64};
  /// maxmemory: above it commands that may need more are refused (noeviction). 0: no limit.
  std::atomic<std::uint64_t> max_memory{0};
};

inline Limits& limits() noexcept {
  static Limits instance;
  return instance;
}

constexpr const char* kOutOfMemory = "OOM command not allowed when used memory > 'maxmemory'.";
/// Whether used memory is above `maxmemory`.
inline bool out_of_memory() noexcept {
  const std::uint64_t limit = limits().max_memory.load(std::memory_order_relaxed);
  return limit != 0 && used_memory().load(std::memory_order_relaxed) > static_cast<std::int64_t>(limit);
}

/// A list's node holds at most this many bytes (list-max-listpack-size -2).
constexpr std::size_t kListNodeBytes = 8192;
/// The longest string value (proto-max-bulk-len).
constexpr std::size_t kMaxStringBytes = 512ull << 20;

}  // namespace orrery::keyspace
