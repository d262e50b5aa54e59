#include "pg_moments.h"

namespace orrery::io {
namespace {

constexpr std::int32_t kDays = 2'000'000;
constexpr std::int64_t kMicrosPerSecond = 1'000'000, kMicrosPerDay = 86'400 * kMicrosPerSecond;

/// Takes `count` digits off the front.
bool take_digits(std::string_view* text, std::size_t count, int* out) noexcept {
  if (text->size() < count) return false;
  int v = 0;
  for (std::size_t i = 0; i < count; i++) {
    const char c = (*text)[i];
    if (c < '0' || c > '9') return false;
    v = v * 10 + (c - '0');
  }
  text->remove_prefix(count);
  *out = v;
  return true;
}
bool take(std::string_view* text, char c) noexcept {
  if (!text->starts_with(c)) return false;
  text->remove_prefix(1);
  return true;
}

/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". For years from 1 on.
std::int32_t days_of(int year, int month, int day) noexcept {
  const int y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
  const int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 730'425;
}
int days_in(int year, int month) noexcept {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// `YYYY-MM-DD`
bool take_date(std::string_view* text, std::int32_t* days) noexcept {
  int year = 0, month = 0, day = 0;
  if (!take_digits(text, 4, &year) || !take(text, '-') || !take_digits(text, 2, &month) || !take(text, '-') || !take_digits(text, 2, &day)) return false;
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in(year, month)) return false;
  *days = days_of(year, month, day);
  return true;
}

/// `HH:MM`, perhaps `:SS`, perhaps up to six digits behind a point.
bool take_time(std::string_view* text, std::int64_t* micros) noexcept {
  int hour = 0, minute = 0, second = 0, fraction = 0;
  if (!take_digits(text, 2, &hour) || !take(text, ':') || !take_digits(text, 2, &minute)) return false;
  if (take(text, ':')) {
    if (!take_digits(text, 2, &second)) return false;
    if (take(text, '.')) {
      int unit = 100'000, digit = 0;
      if (!take_digits(text, 1, &digit)) return false;
      do {
        if (unit == 0) return false;
        fraction += digit * unit;
        unit /= 10;
      } while (take_digits(text, 1, &digit));
    }
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  *micros = ((hour * 60 + minute) * 60 + second) * kMicrosPerSecond + fraction;
  return true;
}

/// `+HH`, `-HH`, `+HH:MM` or `Z`, of up to fifteen hours. Nothing at the end of the text: no offset.
bool take_offset(std::string_view* text, bool* is_given, int* seconds) noexcept {
  *is_given = !text->empty();
  *seconds = 0;
  if (!*is_given || take(text, 'Z')) return true;
  const bool west = take(text, '-');
  int hour = 0, minute = 0;
  if ((!west && !take(text, '+')) || !take_digits(text, 2, &hour) || hour > 15) return false;
  if (take(text, ':') && (!take_digits(text, 2, &minute) || minute > 59)) return false;
  *seconds = (hour * 60 + minute) * (west ? -60 : 60);
  return true;
}

}  // namespace

bool read_date_text(std::string_view text, std::int32_t* days) noexcept { return take_date(&text, days) && text.empty(); }

bool read_timestamp_text(std::string_view text, PgZone zone, std::int64_t* micros) noexcept {
  std::int32_t days = 0;
  std::int64_t of_day = 0;
  bool is_given = false;
  int offset = 0;
  if (!take_date(&text, &days)) return false;
  if (!text.empty()) {
    if (!take(&text, ' ') && !take(&text, 'T')) return false;
    if (!take_time(&text, &of_day) || !take_offset(&text, &is_given, &offset) || !text.empty()) return false;
  }
  if (zone == PgZone::kSession && !is_given) return false;
  if (zone == PgZone::kNone) offset = 0;
  *micros = days * kMicrosPerDay + of_day - offset * kMicrosPerSecond;
  return true;
}

bool read_time_text(std::string_view text, std::int64_t* micros) noexcept { return take_time(&text, micros) && text.empty(); }

bool is_plain_date(std::int32_t days) noexcept { return days <= kDays && days >= -kDays; }
bool is_plain_timestamp(std::int64_t micros) noexcept { return micros <= kDays * kMicrosPerDay && micros >= -kDays * kMicrosPerDay; }
bool is_plain_time(std::int64_t micros) noexcept { return micros >= 0 && micros < kMicrosPerDay; }

std::int64_t round_micros(std::int64_t micros, std::int32_t precision) noexcept {
  if (precision < 0 || precision >= 6) return micros;
  std::int64_t unit = 1;
  for (std::int32_t i = precision; i < 6; i++) unit *= 10;
  return (micros < 0 ? micros - unit / 2 : micros + unit / 2) / unit * unit;
}

}  // namespace orrery::io
