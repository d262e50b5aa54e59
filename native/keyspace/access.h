// access.h: what a key remembers of its use: when (LRU) or how often (LFU), in 32 bits.
//
// LRU: Unix seconds of the last access. LFU: minutes of the last decay (16 bits) over a logarithmic counter (8 bits), as Redis keeps them.
// Which of the two it is follows maxmemory-policy; after a change of the policy old values are meaningless until the key is used again.
#pragma once
#include <cstdint>

#include "limits.h"
#include "random.h"

namespace orrery::keyspace {

constexpr std::uint32_t kLfuInitial = 5;

inline std::uint32_t lfu_minutes(std::int64_t now_ms) noexcept { return static_cast<std::uint32_t>(now_ms / 60000) & 0xffff; }

/// The counter as it has decayed by now.
inline std::uint32_t lfu_counter(std::uint32_t access, std::int64_t now_ms) noexcept {
  const std::uint32_t decay = limits().lfu_decay_time.load(std::memory_order_relaxed), counter = access & 0xff;
  if (decay == 0) return counter;
  const std::uint32_t periods = ((lfu_minutes(now_ms) - (access >> 8)) & 0xffff) / decay;
  return periods > counter ? 0 : counter - periods;
}

/// Of a new key.
inline std::uint32_t first_access(std::int64_t now_ms) noexcept {
  if (uses_lfu(limits().policy.load(std::memory_order_relaxed))) return (lfu_minutes(now_ms) << 8) | kLfuInitial;
  return static_cast<std::uint32_t>(now_ms / 1000);
}

/// After one more access.
inline std::uint32_t next_access(std::uint32_t access, std::int64_t now_ms) noexcept {
  if (!uses_lfu(limits().policy.load(std::memory_order_relaxed))) return static_cast<std::uint32_t>(now_ms / 1000);
  std::uint32_t counter = lfu_counter(access, now_ms);
  // The more it has, the less likely it grows: 255 stands for about a million accesses.
  const std::uint32_t beyond = counter > kLfuInitial ? counter - kLfuInitial : 0;
  if (counter < 255 && random_below(static_cast<std::uint64_t>(beyond) * limits().lfu_log_factor.load(std::memory_order_relaxed) + 1) == 0) counter++;
  return (lfu_minutes(now_ms) << 8) | counter;
}

}  // namespace orrery::keyspace
