// compare.h: order, equality and hash of values of a kind, as PostgreSQL's default B-tree and hash classes (collation "C").
// Floats: NaN equals NaN and is above all; -0 equals 0.
#pragma once
#include <cmath>
#include <cstring>
#include <string_view>

#include "decimal.h"
#include "vector.h"

namespace orrery::exec {

template <typename T>
inline int compare_values(const T& a, const T& b) noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a)) return std::isnan(b) ? 0 : 1;
    if (std::isnan(b)) return -1;
  }
  return a < b ? -1 : b < a ? 1 : 0;
}
inline int compare_values(const std::string_view& a, const std::string_view& b) noexcept {
  const std::size_t shared = a.size() < b.size() ? a.size() : b.size();
  const int c = shared == 0 ? 0 : std::memcmp(a.data(), b.data(), shared);
  return c != 0 ? c : a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}
/// Decimals that cannot be brought to one scale: by their sizes as doubles (they differ by far).
inline int compare_values(const Decimal& a, const Decimal& b) noexcept {
  if (a.scale == b.scale) return a.value < b.value ? -1 : b.value < a.value ? 1 : 0;
  bool ok = true;
  const int c = decimal_compare(a, b, &ok);
  if (ok) return c;
  const double x = static_cast<double>(a.value) / static_cast<double>(power_of_ten(a.scale));
  const double y = static_cast<double>(b.value) / static_cast<double>(power_of_ten(b.scale));
  return x < y ? -1 : x > y ? 1 : 0;
}

template <typename T>
inline bool equal_values(const T& a, const T& b) noexcept {
  if constexpr (std::is_floating_point_v<T>) return a == b || (std::isnan(a) && std::isnan(b));
  else return a == b;
}
inline bool equal_values(const std::string_view& a, const std::string_view& b) noexcept {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}
inline bool equal_values(const Decimal& a, const Decimal& b) noexcept { return compare_values(a, b) == 0; }

inline std::uint64_t mix(std::uint64_t x) noexcept {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93ull;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93ull;
  x ^= x >> 32;
  return x;
}
template <typename T>
inline std::uint64_t hash_value(const T& v) noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    const double d = v == 0 ? 0.0 : std::isnan(v) ? std::nan("") : static_cast<double>(v);
    std::uint64_t bits;
    std::memcpy(&bits, &d, 8);
    return mix(bits);
  } else {
    return mix(static_cast<std::uint64_t>(static_cast<std::int64_t>(v)) + 0x9e3779b97f4a7c15ull);
  }
}
inline std::uint64_t hash_value(const std::string_view& s) noexcept {
  std::uint64_t h = s.size() * 0x9e3779b97f4a7c15ull;
  const char* p = s.data();
  std::size_t left = s.size();
  for (; left >= 8; p += 8, left -= 8) {
    std::uint64_t w;
    std::memcpy(&w, p, 8);
    h = mix(h ^ w) + 0x2545f4914f6cdd1dull;
  }
  if (left > 0) {
    std::uint64_t w = 0;
    std::memcpy(&w, p, left);
    h ^= w;
  }
  return mix(h);
}
inline std::uint64_t hash_value(const Decimal& d) noexcept {
  const Decimal n = decimal_normal(d);
  return mix(static_cast<std::uint64_t>(n.value) ^ mix(static_cast<std::uint64_t>(n.value >> 64) + static_cast<std::uint64_t>(n.scale)));
}

}  // namespace orrery::exec
