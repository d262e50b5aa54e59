// digest.h: an order-independent digest of a set of items (rows, keys, catalog objects, index entries).
//
// Each item is hashed on its own to 128 bits and the hashes are summed, so two databases with the same items have the same
// digest whatever order they are walked in. It detects replay mistakes; it is no defence against someone who builds collisions.
// Threads: a Digest belongs to one thread; merge() combines.
#pragma once
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include "bytes.h"

namespace orrery {

class Digest {
 public:
  /// `space` keeps items of different kinds apart ("rows:16385", "keys").
  void add(std::string_view space, std::span<const std::uint8_t> item) {
    const std::uint64_t seed = hash(0x9e3779b97f4a7c15ull, reinterpret_cast<const std::uint8_t*>(space.data()), space.size());
    low_ += hash(seed, item.data(), item.size());
    high_ += hash(seed ^ 0xd6e8feb86659fd93ull, item.data(), item.size());
    count_++;
  }
  void merge(const Digest& other) { low_ += other.low_; high_ += other.high_; count_ += other.count_; }
  std::uint64_t count() const noexcept { return count_; }
  std::string hex() const {
    char text[49];
    std::snprintf(text, sizeof text, "%016llx%016llx%016llx", static_cast<unsigned long long>(high_),
                  static_cast<unsigned long long>(low_), static_cast<unsigned long long>(count_));
    return text;
  }

 private:
  static std::uint64_t mix(std::uint64_t v) {
    v ^= v >> 32; v *= 0xd6e8feb86659fd93ull;
    v ^= v >> 32; v *= 0xd6e8feb86659fd93ull;
    return v ^ (v >> 32);
  }
  static std::uint64_t hash(std::uint64_t seed, const std::uint8_t* p, std::size_t n) {
    std::uint64_t h = mix(seed ^ (n * 0x9e3779b97f4a7c15ull));
    for (; n >= 8; p += 8, n -= 8) { std::uint64_t v; std::memcpy(&v, p, 8); h = mix(h ^ v) + 0x632be59bd9b4e019ull; }
    std::uint64_t rest = 0;
    if (n > 0) std::memcpy(&rest, p, n);
    return mix(h ^ rest ^ (static_cast<std::uint64_t>(n) << 56));
  }
  std::uint64_t low_ = 0, high_ = 0, count_ = 0;
};

}  // namespace orrery
