// clock.h: the keyspace's one door to the wall clock.
#pragma once
#include <time.h>

#include <cstdint>

namespace orrery::keyspace {

inline std::int64_t now_micros() noexcept {
  timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1000000 + t.tv_nsec / 1000;
}
inline std::int64_t now_millis() noexcept { return now_micros() / 1000; }

}  // namespace orrery::keyspace
