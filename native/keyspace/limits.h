// limits.h: when a small collection leaves its compact encoding, with Redis 7.0's names and defaults (CONFIG SET changes them).
//
// Threads: relaxed atomics; a change is seen by later writes.
#pragma once
#include <atomic>
#include <cstdint>

namespace orrery::keyspace {

struct Limits {
  std::atomic<std::uint32_t> hash_max_packed_entries{512};
  std::atomic<std::uint32_t> hash_max_packed_value{64};
  std::atomic<std::uint32_t> set_max_intset_entries{512};
  std::atomic<std::uint32_t> zset_max_packed_entries{128};
  std::atomic<std::uint32_t> zset_max_packed_value{64};
};

inline Limits& limits() noexcept {
  static Limits instance;
  return instance;
}

/// A list's node holds at most this many bytes (list-max-listpack-size -2).
constexpr std::size_t kListNodeBytes = 8192;
/// The longest string value (proto-max-bulk-len).
constexpr std::size_t kMaxStringBytes = 512ull << 20;

}  // namespace orrery::keyspace
