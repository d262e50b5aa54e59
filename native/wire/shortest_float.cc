#include "shortest_float.h"

#include <array>
#include <bit>

namespace orrery::wire {
namespace {

using Wide = unsigned __int128;

struct Power {
  std::uint64_t high, low;
};
constexpr int kPowerMin = -292, kPowerMax = 324;

/// A natural number of up to 832 bits, least significant word first: room for 5^324, and for 5^-292 to 153 bits.
struct Big {
  static constexpr int kWords = 13;
  std::array<std::uint64_t, kWords> words{};

  constexpr void times_five() {
    Wide carry = 0;
    for (std::uint64_t& w : words) {
      carry += Wide{w} * 5;
      w = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
  }
  constexpr void by_five() {
    Wide rest = 0;
    for (int i = kWords - 1; i >= 0; i--) {
      const Wide part = rest << 64 | words[static_cast<std::size_t>(i)];
      words[static_cast<std::size_t>(i)] = static_cast<std::uint64_t>(part / 5);
      rest = part % 5;
    }
  }
  /// The 128 highest bits from the first one on, rounded up when there is more behind them, or when `is_cut`.
  constexpr Power highest(bool is_cut) const {
    int top = kWords - 1;
    while (words[static_cast<std::size_t>(top)] == 0) top--;
    const auto word = [&](int i) { return i >= 0 ? words[static_cast<std::size_t>(i)] : 0; };
    const int shift = std::countl_zero(word(top));
    const auto shifted = [&](int i) { return shift == 0 ? word(i) : word(i) << shift | word(i - 1) >> (64 - shift); };
    Wide value = Wide{shifted(top)} << 64 | shifted(top - 1);
    for (int i = top - 2; i >= 0; i--) is_cut = is_cut || shifted(i) != 0;
    if (is_cut) value++;
    return {static_cast<std::uint64_t>(value >> 64), static_cast<std::uint64_t>(value)};
  }
};

/// 10^k for each k, divided by a power of two such that the highest of 128 bits is set, rounded up.
constexpr std::array<Power, kPowerMax - kPowerMin + 1> kPowers = [] {
  std::array<Power, kPowerMax - kPowerMin + 1> powers{};
  Big five;
  five.words[0] = 1;
  for (int k = 0; k <= kPowerMax; k++, five.times_five()) powers[static_cast<std::size_t>(k - kPowerMin)] = five.highest(false);
  // Dividing one after the other gives the same as dividing by the product.
  Big fraction;
  fraction.words[Big::kWords - 1] = std::uint64_t{1} << 63;
  for (int k = -1; k >= kPowerMin; k--) {
    fraction.by_five();
    powers[static_cast<std::size_t>(k - kPowerMin)] = fraction.highest(true);
  }
  return powers;
}();
static_assert(kPowers[0 - kPowerMin].high == std::uint64_t{1} << 63 && kPowers[0 - kPowerMin].low == 0);
static_assert(kPowers[1 - kPowerMin].high == 0xa000000000000000 && kPowers[-1 - kPowerMin].low == 0xcccccccccccccccd);

/// floor(e * log2(10)), floor(e * log10(2)) and floor(e * log10(2) + log10(3/4)) for every e of a double.
constexpr int floor_log2_of_power(int e) { return (e * 1741647) >> 19; }
constexpr int floor_log10_of_power(int e, bool three_quarters) { return (e * 1262611 - (three_quarters ? 524031 : 0)) >> 22; }

/// The upper part of power * factor; its lowest bit tells of anything behind.
std::uint64_t scaled(Power power, std::uint64_t factor) noexcept {
  const Wide low = Wide{power.low} * factor;
  const Wide high = Wide{power.high} * factor + (low >> 64);
  return static_cast<std::uint64_t>(high >> 64) | (static_cast<std::uint64_t>(high) > 1 ? 1 : 0);
}

/// Of significand * 2^exponent; `is_lower_closer`: the next smaller value is half as far away as the next larger one.
ShortestDecimal shortest(std::uint64_t significand, int exponent, bool is_lower_closer) noexcept {
  const int k = floor_log10_of_power(exponent, is_lower_closer);
  const int shift = exponent + floor_log2_of_power(-k) + 1;
  const Power power = kPowers[static_cast<std::size_t>(-k - kPowerMin)];
  // In quarters of 10^k; the ends are outside.
  const std::uint64_t middle = 4 * significand;
  const std::uint64_t lower = scaled(power, (middle - (is_lower_closer ? 1 : 2)) << shift) + 1;
  const std::uint64_t value = scaled(power, middle << shift);
  const std::uint64_t upper = scaled(power, (middle + 2) << shift) - 1;
  const std::uint64_t below = value / 4;
  if (below >= 10) {
    const std::uint64_t tens = below / 10;
    const bool is_lower_inside = lower <= 40 * tens, is_upper_inside = 40 * tens + 40 <= upper;
    if (is_lower_inside != is_upper_inside) return {tens + (is_upper_inside ? 1 : 0), k + 1};
  }
  const bool is_lower_inside = lower <= 4 * below, is_upper_inside = 4 * below + 4 <= upper;
  if (is_lower_inside != is_upper_inside) return {below + (is_upper_inside ? 1 : 0), k};
  const std::uint64_t half = 4 * below + 2;
  const bool is_upper_closer = value > half || (value == half && below % 2 != 0);
  return {below + (is_upper_closer ? 1 : 0), k};
}

template <typename Bits>
ShortestDecimal shortest_of(Bits bits, int fraction_bits, int bias) noexcept {
  const std::uint64_t hidden = std::uint64_t{1} << fraction_bits;
  const std::uint64_t fraction = bits & (hidden - 1);
  const auto exponent = static_cast<int>(bits >> fraction_bits);
  if (exponent == 0) return shortest(fraction, 1 - bias - fraction_bits, false);
  return shortest(fraction | hidden, exponent - bias - fraction_bits, fraction == 0 && exponent > 1);
}

}  // namespace

ShortestDecimal shortest_decimal(double value) noexcept { return shortest_of(std::bit_cast<std::uint64_t>(value), 52, 1023); }
ShortestDecimal shortest_decimal(float value) noexcept { return shortest_of(std::bit_cast<std::uint32_t>(value), 23, 127); }

}  // namespace orrery::wire
