// log_support.h: a log in a folder of its own, and records that tell which they are.
#pragma once
#include <cstring>
#include <string>
#include <vector>

#include "../storage/file_log.h"
#include "../storage/log_format.h"

namespace orrery::test {

inline const std::string kFolder = "data";
constexpr std::uint64_t kDatabase = 77;

inline storage::FileLogSettings settings() {
  storage::FileLogSettings s;
  s.folder = kFolder;
  s.database_id = kDatabase;
  s.preallocate_bytes = 4096;
  return s;
}

/// Effects that tell which record they are; the length varies.
inline std::vector<std::uint8_t> effects_of(std::uint64_t n) {
  storage::EffectBuffer e;
  std::vector<std::uint8_t> payload(8 + (n * 37) % 200, static_cast<std::uint8_t>(n));
  std::memcpy(payload.data(), &n, 8);
  e.add(storage::Room::kStorage, 1, payload);
  return {e.span().begin(), e.span().end()};
}

}  // namespace orrery::test
