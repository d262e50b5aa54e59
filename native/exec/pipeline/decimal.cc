#include "decimal.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace orrery::exec {
namespace {

constexpr std::array<__int128, 39> make_powers() {
  std::array<__int128, 39> powers{};
  powers[0] = 1;
  for (int i = 1; i < 39; i++) powers[i] = powers[i - 1] * 10;
  return powers;
}
constexpr auto kPowers = make_powers();

std::uint16_t read_be16(const char* p) noexcept {
  return static_cast<std::uint16_t>((static_cast<std::uint8_t>(p[0]) << 8) | static_cast<std::uint8_t>(p[1]));
}
char* write_be16(char* p, int v) noexcept {
  p[0] = static_cast<char>(v >> 8);
  p[1] = static_cast<char>(v);
  return p + 2;
}

/// Base-10000 digits without leading and trailing zeros, and the weight of the first.
struct Groups {
  std::array<std::int16_t, 24> digits;
  int count = 0;
  int weight = 0;
};

Groups groups_of(const Decimal& d) noexcept {
  Groups groups;
  if (d.value == 0) return groups;
  const unsigned __int128 magnitude = d.value < 0 ? -static_cast<unsigned __int128>(d.value) : static_cast<unsigned __int128>(d.value);
  const auto unit = static_cast<unsigned __int128>(kPowers[d.scale]);
  unsigned __int128 whole = magnitude / unit;
  unsigned __int128 fraction = magnitude % unit;
  std::array<std::int16_t, 12> front{};
  int front_count = 0;
  while (whole != 0) {
    front[front_count++] = static_cast<std::int16_t>(whole % 10000);
    whole /= 10000;
  }
  groups.weight = front_count - 1;
  for (int i = front_count - 1; i >= 0; i--) groups.digits[groups.count++] = front[i];
  // Four digits at a time from the left; the last group is filled with zeros.
  int left = d.scale;
  bool started = front_count > 0;
  while (left > 0 && fraction != 0) {
    const int take = std::min(left, 4);
    const auto below = static_cast<unsigned __int128>(kPowers[left - take]);
    auto group = static_cast<int>(fraction / below);
    fraction %= below;
    for (int i = take; i < 4; i++) group *= 10;
    left -= take;
    if (!started && group == 0) {
      groups.weight--;
      continue;
    }
    started = true;
    groups.digits[groups.count++] = static_cast<std::int16_t>(group);
  }
  while (groups.count > 0 && groups.digits[groups.count - 1] == 0) groups.count--;
  return groups;
}

bool fits(__int128 v) noexcept { return v < kPowers[kDecimalDigits] && v > -kPowers[kDecimalDigits]; }

/// Both at the larger scale.
bool align(const Decimal& a, const Decimal& b, __int128* x, __int128* y, std::int32_t* scale) noexcept {
  *scale = std::max(a.scale, b.scale);
  if (a.scale == b.scale) {
    *x = a.value;
    *y = b.value;
    return true;
  }
  return !__builtin_mul_overflow(a.value, kPowers[*scale - a.scale], x) && !__builtin_mul_overflow(b.value, kPowers[*scale - b.scale], y);
}

}  // namespace

__int128 power_of_ten(int n) noexcept { return kPowers[static_cast<std::size_t>(n)]; }

bool decimal_from_bytes(std::string_view bytes, Decimal* out) noexcept {
  if (bytes.size() < 8) return false;
  const int count = read_be16(bytes.data());
  const int weight = static_cast<std::int16_t>(read_be16(bytes.data() + 2));
  const int sign = read_be16(bytes.data() + 4);
  const int scale = read_be16(bytes.data() + 6);
  if ((sign != 0 && sign != 0x4000) || bytes.size() < 8 + 2 * static_cast<std::size_t>(count)) return false;
  if (scale > kDecimalDigits - 2 || weight > 8 || weight < -9 || count > 18 || 4 * (weight + 1) + scale > kDecimalDigits) return false;
  __int128 value = 0;
  for (int i = 0; i < count; i++) {
    // A digit of 10^4 · (weight - i), at the scale: digits beyond it are zeros.
    const int exponent = 4 * (weight - i) + scale;
    const int digit = read_be16(bytes.data() + 8 + 2 * i);
    if (exponent >= 0) value += digit * kPowers[exponent];
    else if (exponent > -4) value += digit / static_cast<int>(kPowers[-exponent]);
  }
  *out = {sign == 0 ? value : -value, scale};
  return true;
}

std::size_t decimal_to_bytes(const Decimal& d, char* out) noexcept {
  const Groups groups = groups_of(d);
  char* at = write_be16(out, groups.count);
  at = write_be16(at, groups.count == 0 ? 0 : groups.weight);
  at = write_be16(at, d.value < 0 ? 0x4000 : 0);
  at = write_be16(at, d.scale);
  for (int i = 0; i < groups.count; i++) at = write_be16(at, groups.digits[i]);
  return static_cast<std::size_t>(at - out);
}

bool decimal_add(const Decimal& a, const Decimal& b, Decimal* out) noexcept {
  __int128 x, y;
  std::int32_t scale;
  if (!align(a, b, &x, &y, &scale) || __builtin_add_overflow(x, y, &x) || !fits(x)) return false;
  *out = {x, scale};
  return true;
}
bool decimal_subtract(const Decimal& a, const Decimal& b, Decimal* out) noexcept { return decimal_add(a, {-b.value, b.scale}, out); }

bool decimal_multiply(const Decimal& a, const Decimal& b, Decimal* out) noexcept {
  __int128 value;
  if (a.scale + b.scale > kDecimalDigits - 2 || __builtin_mul_overflow(a.value, b.value, &value) || !fits(value)) return false;
  *out = {value, a.scale + b.scale};
  return true;
}

bool decimal_divide(const Decimal& a, const Decimal& b, Decimal* out) noexcept {
  if (b.value == 0) return false;
  const Groups x = groups_of(a), y = groups_of(b);
  const int first_a = x.count == 0 ? 0 : x.digits[0], first_b = y.digits[0];
  int weight = (x.count == 0 ? 0 : x.weight) - y.weight;
  if (first_a <= first_b) weight--;
  // At least 16 significant digits, and no fewer behind the point than either operand.
  const int scale = std::max({16 - weight * 4, a.scale, b.scale, 0});
  const int shift = scale + b.scale - a.scale;
  if (scale > kDecimalDigits - 2 || shift < 0) return false;
  const bool negative = (a.value < 0) != (b.value < 0);
  const __int128 dividend = a.value < 0 ? -a.value : a.value;
  const __int128 divisor = b.value < 0 ? -b.value : b.value;
  __int128 quotient = dividend / divisor;
  __int128 rest = dividend % divisor;
  for (int i = 0; i < shift; i++) {
    rest *= 10;  // < 10^38
    if (!fits(quotient)) return false;
    quotient = quotient * 10 + rest / divisor;
    rest %= divisor;
  }
  if (rest * 2 >= divisor) quotient++;
  if (!fits(quotient)) return false;
  *out = {negative ? -quotient : quotient, scale};
  return true;
}

int decimal_compare(const Decimal& a, const Decimal& b, bool* ok) noexcept {
  __int128 x, y;
  std::int32_t scale;
  if (!align(a, b, &x, &y, &scale)) {
    *ok = false;
    return 0;
  }
  return x < y ? -1 : x > y ? 1 : 0;
}

Decimal decimal_normal(Decimal d) noexcept {
  if (d.value == 0) return {0, 0};
  while (d.scale > 0 && d.value % 10 == 0) {
    d.value /= 10;
    d.scale--;
  }
  return d;
}

}  // namespace orrery::exec
