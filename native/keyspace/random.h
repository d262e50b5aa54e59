// random.h: the keyspace's one door to randomness (SPOP, RANDOMKEY, skip list levels…). One generator per thread.
#pragma once
#include <cstdint>
#include <random>

namespace orrery::keyspace {

/// Uniform in [0, bound); bound > 0.
inline std::uint64_t random_below(std::uint64_t bound) {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return generator() % bound;
}

}  // namespace orrery::keyspace
