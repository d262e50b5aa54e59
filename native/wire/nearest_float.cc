// nearest_float.cc: most decimals through one multiplication or division of doubles, the others through the standard library.
//
// A double within some units in the last place of the decimal rounds to the float that the decimal rounds to, unless the middle of two floats
// lies between them. That middle is a double itself, so it is seen in the last 29 bits, which floats do not have.
// Source: William D. Clinger, "How to Read Floating Point Numbers Accurately" (PLDI 1990), for the powers that are exact. Departure: rounding
// goes to a narrower type, so the significand may be inexact too.
#include "nearest_float.h"

#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace orrery::wire {
namespace {

/// 10^22 is the last power of ten that is a double.
constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr int kPowerMax = 22;
/// So many fit into 64 bits.
constexpr std::ptrdiff_t kDigitsMax = 19;
/// Beyond all powers that matter, and far from int's end.
constexpr int kExponentMax = 100'000;

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Takes digits, eight at a time where there are so many, onto those of `*value`, which wraps around beyond 2^64.
const char* take_digits(const char* at, const char* end, std::uint64_t* value) noexcept {
  std::uint64_t v = *value;
  for (; end - at >= 8; at += 8) {
    std::uint64_t text;
    std::memcpy(&text, at, 8);
    const std::uint64_t digits = text - 0x30303030'30303030;
    if (((text + 0x46464646'46464646) | digits) & 0x80808080'80808080) break;
    // Neighbors together: pairs, fours, eight; the first digit is the lowest byte.
    const std::uint64_t pairs = digits * 10 + (digits >> 8);
    const std::uint64_t eight = ((pairs & 0x000000ff'000000ff) * 0x000f4240'00000064 + (pairs >> 16 & 0x000000ff'000000ff) * 0x00002710'00000001) >> 32;
    v = v * 100'000'000 + eight;
  }
  for (; at != end && is_digit(*at); at++) v = v * 10 + static_cast<std::uint64_t>(*at - '0');
  *value = v;
  return at;
}

/// Digits from the first one on that is not 0.
std::ptrdiff_t significant_digits(const char* at, const char* end) noexcept {
  while (at != end && (*at == '0' || *at == '.')) at++;
  std::ptrdiff_t count = 0;
  for (; at != end && (is_digit(*at) || *at == '.'); at++) count += *at != '.';
  return count;
}

/// digits * 10^exponent, when the double shows which float is nearest.
bool nearest_by_double(std::uint64_t digits, int exponent, float* out) noexcept {
  if (exponent < -kPowerMax || exponent > kPowerMax) return false;
  // Each of the two steps adds half a unit in the last place of a value that the other one scales: less than two together.
  const double value = exponent < 0 ? static_cast<double>(digits) / kPowers[-exponent] : static_cast<double>(digits) * kPowers[exponent];
  constexpr std::uint64_t kBelowFloat = (std::uint64_t{1} << 29) - 1, kMiddle = std::uint64_t{1} << 28, kDoubt = 8;
  const std::uint64_t below = std::bit_cast<std::uint64_t>(value) & kBelowFloat;
  if (below - (kMiddle - kDoubt) <= 2 * kDoubt || value > 3.4e38) return false;  // never subnormal: it is 0, or at least 10^-22
  *out = static_cast<float>(value);
  return true;
}

}  // namespace

const char* read_float(const char* at, const char* end, float* out) noexcept {
  const bool negative = at != end && *at == '-';
  if (negative || (at != end && *at == '+')) at++;
  const char* const start = at;
  std::uint64_t digits = 0;
  at = take_digits(at, end, &digits);
  std::ptrdiff_t count = at - start;
  int exponent = 0;
  if (at != end && *at == '.') {
    const char* const fraction = ++at;
    at = take_digits(at, end, &digits);
    if (at - fraction > kExponentMax) return nullptr;
    exponent = -static_cast<int>(at - fraction);
    count += at - fraction;
  }
  if (count == 0) return nullptr;
  if (count > kDigitsMax) count = significant_digits(start, at);
  if (at != end && (*at | 0x20) == 'e') {
    at++;
    const bool is_below = at != end && *at == '-';
    if (is_below || (at != end && *at == '+')) at++;
    if (at == end || !is_digit(*at)) return nullptr;
    int power = 0;
    for (; at != end && is_digit(*at); at++)
      if (power < kExponentMax) power = power * 10 + (*at - '0');
    exponent += is_below ? -power : power;
  }
  float size = 0;
  if (count > kDigitsMax || !nearest_by_double(digits, exponent, &size)) {
    const auto [stop, error] = std::from_chars(start, at, size);
    if (error != std::errc() || stop != at) return nullptr;
  }
  *out = negative ? -size : size;
  return at;
}

}  // namespace orrery::wire
