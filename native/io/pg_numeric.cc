#include "pg_numeric.h"

#include "pg_messages.h"

namespace orrery::io {
namespace {

constexpr int kScaleMax = exec::kDecimalDigits - 2;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace

bool read_numeric_text(std::string_view text, exec::Decimal* out) noexcept {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  __int128 value = 0;
  int digits = 0, significant = 0, scale = 0;
  bool behind_point = false;
  for (const char c : text) {
    if (c == '.' && !behind_point) {
      behind_point = true;
      continue;
    }
    if (!is_digit(c)) return false;
    digits++;
    if (behind_point) scale++;
    if (significant > 0 || c != '0') significant++;
    if (significant > exec::kDecimalDigits || scale > kScaleMax) return false;
    value = value * 10 + (c - '0');
  }
  *out = {negative ? -value : value, scale};
  return digits > 0;
}

bool read_numeric_binary(std::string_view bytes, exec::Decimal* out) noexcept {
  Fields f(bytes);
  const std::uint64_t count = f.integer(2);
  const int weight = static_cast<std::int16_t>(f.integer(2));
  f.integer(2);  // the sign, which decimal_from_bytes judges
  const std::uint64_t scale = f.integer(2);
  if (!f.intact || scale > kScaleMax) return false;
  // Digits of 10^4 that decimal_from_bytes finds powers of ten for.
  if (count > 0 && (weight > 8 || weight < -9 || weight - static_cast<int>(count) + 1 < -10)) return false;
  for (std::uint64_t i = 0; i < count; i++)
    if (f.integer(2) > 9999) return false;
  return f.intact && f.rest().empty() && exec::decimal_from_bytes(bytes, out);
}

bool apply_numeric_modifier(std::int32_t modifier, exec::Decimal* value) noexcept {
  if (modifier < 4) return true;
  const int precision = ((modifier - 4) >> 16) & 0xffff;
  const int scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
  if (scale < 0 || scale > kScaleMax || precision < scale) return false;
  __int128 number = value->value;
  if (scale < value->scale) {
    const __int128 unit = exec::power_of_ten(value->scale - scale);
    number = (number < 0 ? number - unit / 2 : number + unit / 2) / unit;
  } else if (__builtin_mul_overflow(number, exec::power_of_ten(scale - value->scale), &number)) {
    return false;
  }
  const __int128 limit = exec::power_of_ten(precision < exec::kDecimalDigits ? precision : exec::kDecimalDigits);
  if (number >= limit || number <= -limit) return false;
  *value = {number, scale};
  return true;
}

void write_numeric(const exec::Decimal& value, std::string* out) {
  char bytes[exec::kDecimalBytes];
  out->assign(bytes, exec::decimal_to_bytes(value, bytes));
}

}  // namespace orrery::io
