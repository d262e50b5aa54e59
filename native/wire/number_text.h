// number_text.h: decimal digits of integers, eight at a time and without a branch on how many there are; the one way that row encoders
// write them. Source of the arithmetic: Paul Khuong, "How to print integers really fast" (2017).
#pragma once
#include <cstdint>
#include <cstring>

namespace orrery::wire {

/// The digits of v < 10^8 as bytes 0..9, the most significant one lowest.
inline std::uint64_t eight_digits(std::uint32_t v) noexcept {
  const std::uint64_t fours = v / 10000 | static_cast<std::uint64_t>(v % 10000) << 32;
  const std::uint64_t hundreds = (fours * 10486 >> 20) & 0x0000007f'0000007f;  // n / 100 for n < 10^4
  const std::uint64_t pairs = hundreds | (fours - hundreds * 100) << 16;
  const std::uint64_t tens = (pairs * 103 >> 10) & 0x000f000f'000f000f;  // n / 10 for n < 100
  return tens | (pairs - tens * 10) << 8;
}
constexpr std::uint64_t kZeros = 0x30303030'30303030;  // "00000000"

/// v < 10^8 with its leading zeros.
inline char* put_eight(std::uint32_t v, char* at) noexcept {
  const std::uint64_t text = eight_digits(v) + kZeros;
  std::memcpy(at, &text, 8);
  return at + 8;
}
/// v < 10^8 without leading zeros. Writes eight bytes.
inline char* put_up_to_eight(std::uint32_t v, char* at) noexcept {
  const std::uint64_t digits = eight_digits(v);
  const int skipped = __builtin_ctzll(digits | std::uint64_t{1} << 56) >> 3;
  const std::uint64_t text = (digits + kZeros) >> 8 * skipped;
  std::memcpy(at, &text, 8);
  return at + 8 - skipped;
}
/// Writes at most 24 bytes, of which those behind the digits mean nothing; returns the end of the digits.
inline char* put_integer(std::int64_t value, char* at) noexcept {
  constexpr std::uint64_t kEight = 100'000'000;
  auto left = static_cast<std::uint64_t>(value);
  *at = '-';
  if (value < 0) {
    at++;
    left = 0 - left;
  }
  if (left < kEight) return put_up_to_eight(static_cast<std::uint32_t>(left), at);
  const std::uint64_t high = left / kEight;
  if (high < kEight) {
    at = put_up_to_eight(static_cast<std::uint32_t>(high), at);
  } else {
    at = put_up_to_eight(static_cast<std::uint32_t>(high / kEight), at);
    at = put_eight(static_cast<std::uint32_t>(high % kEight), at);
  }
  return put_eight(static_cast<std::uint32_t>(left % kEight), at);
}

}  // namespace orrery::wire
