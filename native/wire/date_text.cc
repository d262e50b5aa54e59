// date_text.cc: dates and times as PostgreSQL prints them under DateStyle ISO.
#include <limits>

#include "field.h"
#include "number_text.h"

namespace orrery::wire {
namespace {

constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
constexpr std::int64_t kDaysFromCivilEpoch = 10957;  // 1970-01-01 to 2000-01-01

/// Gregorian date of a day number. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
void civil_from_days(std::int64_t days, std::int64_t* year, unsigned* month, unsigned* day) noexcept {
  days += kDaysFromCivilEpoch + 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto of_era = static_cast<unsigned>(days - era * 146097);
  const unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted = (5 * of_year + 2) / 153;
  *day = of_year - (153 * shifted + 2) / 5 + 1;
  *month = shifted < 10 ? shifted + 3 : shifted - 9;
  *year = static_cast<std::int64_t>(year_of_era) + era * 400 + (*month <= 2 ? 1 : 0);
}

char* put(char* out, std::string_view text) noexcept {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}
/// "AA?BB?CC": three numbers below 100 around a separator.
char* put_three(char* out, unsigned a, unsigned b, unsigned c, char separator) noexcept {
  const std::uint64_t digits = eight_digits(a * 1'000'000 + b * 1'000 + c) + kZeros;
  std::memcpy(out, &digits, 8);
  out[2] = out[5] = separator;
  return out + 8;
}

/// `YYYY-MM-DD`, at least four digits of year; *bc tells that the caller appends " BC".
char* put_date(char* out, std::int64_t days, bool* bc) noexcept {
  std::int64_t year;
  unsigned month, day;
  civil_from_days(days, &year, &month, &day);
  *bc = year <= 0;
  if (*bc) year = 1 - year;
  if (year < 10'000) {
    const std::uint64_t century = (eight_digits(static_cast<std::uint32_t>(year) / 100) + kZeros) >> 48;
    std::memcpy(out, &century, 2);
    return put_three(out + 2, static_cast<unsigned>(year) % 100, month, day, '-');
  }
  out = put_integer(year, out);
  char text[8];
  put_three(text, 0, month, day, '-');
  std::memcpy(out, text + 2, 6);
  return out + 6;
}

/// Writes at most 16 bytes.
char* put_time(char* out, std::int64_t micros) noexcept {
  const auto seconds = static_cast<std::uint32_t>(micros / 1'000'000);
  const auto fraction = static_cast<std::uint32_t>(micros % 1'000'000);
  out = put_three(out, seconds / 3600, seconds / 60 % 60, seconds % 60, ':');
  if (fraction == 0) return out;
  // Its digits end at the last one that is not zero.
  const std::uint64_t digits = eight_digits(fraction * 100);
  const std::uint64_t text = digits + kZeros;
  *out = '.';
  std::memcpy(out + 1, &text, 7);
  return out + 9 - (__builtin_clzll(digits) >> 3);
}

std::size_t length(const char* from, const char* to) noexcept { return static_cast<std::size_t>(to - from); }

}  // namespace

std::size_t format_date(std::int32_t days, char* out) noexcept {
  if (days == std::numeric_limits<std::int32_t>::max()) return length(out, put(out, "infinity"));
  if (days == std::numeric_limits<std::int32_t>::min()) return length(out, put(out, "-infinity"));
  bool bc;
  char* end = put_date(out, days, &bc);
  if (bc) end = put(end, " BC");
  return length(out, end);
}

std::size_t format_time(std::int64_t micros, char* out) noexcept { return length(out, put_time(out, micros)); }

std::size_t format_timestamp(std::int64_t micros, bool utc_zone, char* out) noexcept {
  if (micros == std::numeric_limits<std::int64_t>::max()) return length(out, put(out, "infinity"));
  if (micros == std::numeric_limits<std::int64_t>::min()) return length(out, put(out, "-infinity"));
  std::int64_t days = micros / kMicrosPerDay;
  std::int64_t of_day = micros % kMicrosPerDay;
  if (of_day < 0) {
    of_day += kMicrosPerDay;
    days--;
  }
  bool bc;
  char* end = put_date(out, days, &bc);
  *end++ = ' ';
  end = put_time(end, of_day);
  if (utc_zone) end = put(end, "+00");
  if (bc) end = put(end, " BC");
  return length(out, end);
}

}  // namespace orrery::wire
