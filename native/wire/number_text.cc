// number_text.cc: numbers as PostgreSQL prints them.
#include <array>
#include <charconv>
#include <cmath>

#include "data_row.h"

namespace orrery::wire {
namespace {

std::size_t literal(char* out, std::string_view text) noexcept {
  std::memcpy(out, text.data(), text.size());
  return text.size();
}

/// "00" to "99".
constexpr std::array<char, 200> kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; i++) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

/// Digits of to_chars' shortest scientific form laid out as PostgreSQL does: fixed while -4 <= exponent < `fixed_below`.
template <typename T>
std::size_t format_float(T value, int fixed_below, char* out) noexcept {
  if (std::isnan(value)) return literal(out, "NaN");
  if (std::isinf(value)) return literal(out, value < 0 ? "-Infinity" : "Infinity");
  char scientific[40];
  const char* end = std::to_chars(scientific, scientific + sizeof scientific, value, std::chars_format::scientific).ptr;
  char* at = out;
  const char* p = scientific;
  if (*p == '-') *at++ = *p++;
  char digits[24];
  int count = 0;
  for (; *p != 'e'; p++)
    if (*p != '.') digits[count++] = *p;
  int exponent = 0;
  std::from_chars(p + 2, end, exponent);
  if (p[1] == '-') exponent = -exponent;
  if (exponent < -4 || exponent >= fixed_below) {
    *at++ = digits[0];
    if (count > 1) *at++ = '.';
    for (int i = 1; i < count; i++) *at++ = digits[i];
    *at++ = 'e';
    *at++ = exponent < 0 ? '-' : '+';
    const int size = exponent < 0 ? -exponent : exponent;
    if (size < 10) *at++ = '0';
    at = std::to_chars(at, at + 6, size).ptr;
  } else if (exponent < 0) {
    *at++ = '0';
    *at++ = '.';
    for (int i = -1; i > exponent; i--) *at++ = '0';
    for (int i = 0; i < count; i++) *at++ = digits[i];
  } else {
    for (int i = 0; i <= exponent; i++) *at++ = i < count ? digits[i] : '0';
    if (count > exponent + 1) *at++ = '.';
    for (int i = exponent + 1; i < count; i++) *at++ = digits[i];
  }
  return static_cast<std::size_t>(at - out);
}

std::uint16_t load_be16(const char* at) noexcept {
  std::uint16_t v;
  std::memcpy(&v, at, 2);
  return __builtin_bswap16(v);
}

/// The four decimal digits of a base-10000 digit.
void four(unsigned group, char* text) noexcept {
  text[0] = static_cast<char>('0' + group / 1000);
  text[1] = static_cast<char>('0' + group / 100 % 10);
  text[2] = static_cast<char>('0' + group / 10 % 10);
  text[3] = static_cast<char>('0' + group % 10);
}

}  // namespace

std::size_t format_integer(std::int64_t value, char* out) noexcept {
  char* at = out;
  auto left = static_cast<std::uint64_t>(value);
  if (value < 0) {
    *at++ = '-';
    left = 0 - left;
  }
  if (left > UINT32_MAX) return static_cast<std::size_t>(std::to_chars(at, at + 20, left).ptr - out);
  auto v = static_cast<std::uint32_t>(left);
  const int digits = v < 10 ? 1 : v < 100 ? 2 : v < 1000 ? 3 : v < 10000 ? 4 : v < 100000 ? 5 : v < 1000000 ? 6 : v < 10000000 ? 7 : v < 100000000 ? 8 : v < 1000000000 ? 9 : 10;
  char* end = at + digits;
  char* to = end;
  for (; v >= 100; v /= 100) std::memcpy(to -= 2, &kDigitPairs[v % 100 * 2], 2);
  if (v >= 10) std::memcpy(to - 2, &kDigitPairs[v * 2], 2);
  else to[-1] = static_cast<char>('0' + v);
  return static_cast<std::size_t>(end - out);
}

std::size_t format_float8(double value, char* out) noexcept { return format_float(value, 15, out); }
std::size_t format_float4(float value, char* out) noexcept { return format_float(value, 6, out); }

void write_numeric_text(std::string_view bytes, WireBuffer& out) noexcept {
  // int16 digit count, int16 weight, int16 sign, int16 display scale, then base-10000 digits, most significant first.
  if (bytes.size() < 8) return;
  const int count = load_be16(bytes.data());
  const int weight = static_cast<std::int16_t>(load_be16(bytes.data() + 2));
  const std::uint16_t sign = load_be16(bytes.data() + 4);
  const int scale = load_be16(bytes.data() + 6);
  if (bytes.size() < 8 + 2 * static_cast<std::size_t>(count)) return;
  if (sign == 0xC000) return out.raw("NaN", 3);
  if (sign == 0xD000) return out.raw("Infinity", 8);
  if (sign == 0xF000) return out.raw("-Infinity", 9);
  if (sign == 0x4000) out.u8('-');
  const auto group = [&](int i) -> unsigned { return i >= 0 && i < count ? load_be16(bytes.data() + 8 + 2 * i) : 0; };
  char text[4];
  if (weight < 0) out.u8('0');
  for (int i = 0; i <= weight; i++) {
    four(group(i), text);
    int skip = 0;
    if (i == 0)
      while (skip < 3 && text[skip] == '0') skip++;
    out.raw(text + skip, static_cast<std::size_t>(4 - skip));
  }
  if (scale == 0) return;
  out.u8('.');
  // Digits between the point and the first stored one are zeros; group() gives them for negative weights.
  for (int i = weight + 1, left = scale; left > 0; i++) {
    four(group(i), text);
    const int take = left < 4 ? left : 4;
    out.raw(text, static_cast<std::size_t>(take));
    left -= take;
  }
}

}  // namespace orrery::wire
