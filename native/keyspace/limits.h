// limits.h: when a small collection leaves its compact encoding, with Redis 7.0's names and defaults (CONFIG SET changes them).
//
// Threads: relaxed atomics; a change is seen by later writes.
#pragma once
#include <atomic>
#include <cstdint>

#include "memory.h"

namespace orrery::keyspace {

/// maxmemory-policy. The numbers are in protocols/resp/configuration.ts.
enum class Eviction : std::uint8_t { kNone, kVolatileLru, kVolatileLfu, kVolatileRandom, kVolatileTtl, kAllLru, kAllLfu, kAllRandom };
constexpr bool uses_lfu(Eviction e) noexcept { return e == Eviction::kVolatileLfu || e == Eviction::kAllLfu; }
constexpr bool is_volatile(Eviction e) noexcept { return e >= Eviction::kVolatileLru && e <= Eviction::kVolatileTtl; }

struct Limits {
  std::atomic<std::uint32_t> hash_max_packed_entries{512};
  std::atomic<std::uint32_t> hash_max_packed_value{64};
  std::atomic<std::uint32_t> set_max_intset_entries{512};
  std::atomic<std::uint32_t> zset_max_packed_entries{128};
  std::atomic<std::uint32_t> zset_max_packed_value{64};
  std::atomic<std::uint32_t> stream_node_max_bytes{4096};
  std::atomic<std::uint32_t> stream_node_max_entries{100};
  std::atomic<std::uint32_t> hll_sparse_max_bytes{3000};
  std::atomic<std::uint32_t> maxmemory_samples{5};
  std::atomic<std::uint32_t> lfu_log_factor{10};
  std::atomic<std::uint32_t> lfu_decay_time{1};  // minutes; 0: never
  /// list-max-listpack-size: a positive number counts elements, -1 to -5 are 4 to 64 KiB.
  std::atomic<std::int32_t> list_max_packed_size{-2};
  std::atomic<Eviction> policy{Eviction::kNone};
  /// maxmemory: above it keys are evicted by the policy, or commands that may need more are refused. 0: no limit.
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

/// A list's node of counted elements holds at most this many bytes.
constexpr std::size_t kListNodeBytes = 8192;
/// The longest string value (proto-max-bulk-len).
constexpr std::size_t kMaxStringBytes = 512ull << 20;

}  // namespace orrery::keyspace
