// date_text.cc: dates and times as PostgreSQL prints them under DateStyle ISO.
#include <charconv>
#include <limits>

#include "data_row.h"

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

char* two(char* out, unsigned v) noexcept {
  *out++ = static_cast<char>('0' + v / 10);
  *out++ = static_cast<char>('0' + v % 10);
  return out;
}

char* put(char* out, std::string_view text) noexcept {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

/// `YYYY-MM-DD`, at least four digits of year; *bc tells that the caller appends " BC".
char* put_date(char* out, std::int64_t days, bool* bc) noexcept {
  std::int64_t year;
  unsigned month, day;
  civil_from_days(days, &year, &month, &day);
  *bc = year <= 0;
  if (*bc) year = 1 - year;
  for (std::int64_t limit = 1000; limit > 1 && year < limit; limit /= 10) *out++ = '0';
  out = std::to_chars(out, out + 12, year).ptr;
  *out++ = '-';
  out = two(out, month);
  *out++ = '-';
  return two(out, day);
}

char* put_time(char* out, std::int64_t micros) noexcept {
  const auto seconds = static_cast<std::uint32_t>(micros / 1'000'000);
  auto fraction = static_cast<std::uint32_t>(micros % 1'000'000);
  out = two(out, seconds / 3600);
  *out++ = ':';
  out = two(out, seconds / 60 % 60);
  *out++ = ':';
  out = two(out, seconds % 60);
  if (fraction == 0) return out;
  *out++ = '.';
  for (std::uint32_t unit = 100'000; fraction != 0; unit /= 10) {
    *out++ = static_cast<char>('0' + fraction / unit);
    fraction %= unit;
  }
  return out;
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
