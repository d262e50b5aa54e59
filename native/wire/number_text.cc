// number_text.cc: numbers as PostgreSQL prints them.
#include "number_text.h"

#include <cmath>

#include "field.h"
#include "shortest_float.h"

namespace orrery::wire {
namespace {

std::size_t literal(char* out, std::string_view text) noexcept {
  std::memcpy(out, text.data(), text.size());
  return text.size();
}

/// The digits of a decimal without zeros at either end, and readable zeros behind them.
struct Digits {
  static constexpr int kBefore = 7, kEnd = 24, kReadable = 24;
  char text[kEnd + kReadable];
  int first, count;

  /// 0 < v < 10^17
  explicit Digits(std::uint64_t v) noexcept {
    constexpr std::uint64_t kEight = 100'000'000;
    const std::uint64_t high = v / kEight;
    const std::uint64_t low_digits = eight_digits(static_cast<std::uint32_t>(v % kEight));
    const std::uint64_t middle_digits = eight_digits(static_cast<std::uint32_t>(high % kEight));
    const std::uint64_t top = high / kEight;
    text[kBefore] = static_cast<char>('0' + top);
    const std::uint64_t middle = middle_digits + kZeros, low = low_digits + kZeros;
    std::memcpy(text + 8, &middle, 8);
    std::memcpy(text + 16, &low, 8);
    std::memset(text + kEnd, '0', kReadable);
    first = top != 0 ? kBefore : middle_digits != 0 ? 8 + (__builtin_ctzll(middle_digits) >> 3) : 16 + (__builtin_ctzll(low_digits) >> 3);
    const int last = low_digits != 0      ? 23 - (__builtin_clzll(low_digits) >> 3)
                     : middle_digits != 0 ? 15 - (__builtin_clzll(middle_digits) >> 3)
                                          : kBefore;
    count = last - first + 1;
  }
  const char* from(int i) const noexcept { return text + first + i; }
};

/// The shortest digits laid out as PostgreSQL does: fixed while -4 <= exponent < `fixed_below`. Copies have one length, whatever they copy.
template <typename T>
std::size_t format_float(T value, int fixed_below, char* out) noexcept {
  if (!std::isfinite(value)) return std::isnan(value) ? literal(out, "NaN") : literal(out, value < 0 ? "-Infinity" : "Infinity");
  char* at = out;
  *at = '-';
  if (std::signbit(value)) at++;
  const T size = std::fabs(value);
  // Integers are frequent, and their digits are at hand.
  const T integers_below = fixed_below == 15 ? T(1e15) : T(1e6);
  if (size < integers_below && size == static_cast<T>(static_cast<std::int64_t>(size)))
    return static_cast<std::size_t>(put_integer(static_cast<std::int64_t>(size), at) - out);
  const ShortestDecimal decimal = shortest_decimal(size);
  const Digits digits(decimal.digits);
  const int exponent = Digits::kEnd - 1 - digits.first + decimal.exponent;
  if (exponent < -4 || exponent >= fixed_below) {
    at[0] = *digits.from(0);
    at[1] = '.';
    std::memcpy(at + 2, digits.from(1), 16);
    at += digits.count == 1 ? 1 : 1 + digits.count;
    *at++ = 'e';
    *at++ = exponent < 0 ? '-' : '+';
    const int power = exponent < 0 ? -exponent : exponent;
    if (power < 10) *at++ = '0';
    at = put_up_to_eight(static_cast<std::uint32_t>(power), at);
  } else if (exponent < 0) {
    std::memcpy(at, "0.000000", 8);
    at += 1 - exponent;
    std::memcpy(at, digits.from(0), 17);
    at += digits.count;
  } else {
    const int whole = exponent + 1;
    std::memcpy(at, digits.from(0), 16);
    at += whole;
    if (digits.count > whole) {
      *at++ = '.';
      std::memcpy(at, digits.from(whole), 16);
      at += digits.count - whole;
    }
  }
  return static_cast<std::size_t>(at - out);
}

std::uint16_t load_be16(const char* at) noexcept {
  std::uint16_t v;
  std::memcpy(&v, at, 2);
  return __builtin_bswap16(v);
}

/// A value in numeric_send's form: int16 digit count, int16 weight, int16 sign, int16 display scale, then base-10000 digits, most
/// significant first.
struct NumericImage {
  static constexpr std::size_t kHeader = 8;
  const char* digits;
  int count, weight, scale;
  std::uint16_t sign;
  bool is_whole;

  explicit NumericImage(std::string_view bytes) noexcept : is_whole(bytes.size() >= kHeader) {
    if (!is_whole) return;
    digits = bytes.data() + kHeader;
    count = load_be16(bytes.data());
    weight = static_cast<std::int16_t>(load_be16(bytes.data() + 2));
    sign = load_be16(bytes.data() + 4);
    scale = load_be16(bytes.data() + 6);
    is_whole = bytes.size() >= kHeader + 2 * static_cast<std::size_t>(count);
  }
  std::uint32_t group(int i) const noexcept { return i >= 0 && i < count ? load_be16(digits + 2 * i) : 0; }
};

/// The four digits of a group, zeros in front included.
char* put_group(std::uint32_t group, char* at) noexcept {
  const auto text = static_cast<std::uint32_t>((eight_digits(group) + kZeros) >> 32);
  std::memcpy(at, &text, 4);
  return at + 4;
}

}  // namespace

std::size_t format_integer(std::int64_t value, char* out) noexcept { return static_cast<std::size_t>(put_integer(value, out) - out); }
std::size_t format_float8(double value, char* out) noexcept { return format_float(value, 15, out); }
std::size_t format_float4(float value, char* out) noexcept { return format_float(value, 6, out); }

std::size_t numeric_text_bound(std::string_view bytes) noexcept {
  const NumericImage n(bytes);
  constexpr std::size_t kSignPointAndOvershoot = 16;
  return n.is_whole ? kSignPointAndOvershoot + 4 * static_cast<std::size_t>(n.weight > 0 ? n.weight : 0) + static_cast<std::size_t>(n.scale) : 0;
}

char* put_numeric(std::string_view bytes, char* at) noexcept {
  const NumericImage n(bytes);
  if (!n.is_whole) return at;
  if (n.sign == 0xC000) return at + literal(at, "NaN");
  if (n.sign == 0xD000) return at + literal(at, "Infinity");
  if (n.sign == 0xF000) return at + literal(at, "-Infinity");
  if (n.sign == 0x4000) *at++ = '-';
  at = put_up_to_eight(n.group(n.weight < 0 ? -1 : 0), at);
  for (int i = 1; i <= n.weight; i++) at = put_group(n.group(i), at);
  if (n.scale == 0) return at;
  *at++ = '.';
  // Digits between the point and the first stored one are zeros; group() gives them for negative weights.
  char* const end = at + n.scale;
  for (int i = n.weight + 1; at < end; i++) at = put_group(n.group(i), at);
  return end;
}

}  // namespace orrery::wire
