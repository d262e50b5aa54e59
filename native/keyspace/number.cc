#include "number.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace orrery::keyspace {

bool parse_integer(std::string_view s, std::int64_t* out) noexcept {
  if (s.empty() || s.size() > 20) return false;
  if (s.size() == 1 && s[0] == '0') {
    *out = 0;
    return true;
  }
  const char first = s[0] == '-' ? (s.size() > 1 ? s[1] : 'x') : s[0];
  if (first < '1' || first > '9') return false;
  const auto result = std::from_chars(s.data(), s.data() + s.size(), *out);
  return result.ec == std::errc{} && result.ptr == s.data() + s.size();
}

namespace {
template <typename T, typename Convert>
bool parse_float(std::string_view s, T* out, Convert convert) noexcept {
  char buffer[256];
  if (s.empty() || s.size() >= sizeof buffer || std::isspace(static_cast<unsigned char>(s[0]))) return false;
  std::memcpy(buffer, s.data(), s.size());
  buffer[s.size()] = 0;
  char* end = nullptr;
  errno = 0;
  *out = convert(buffer, &end);
  if (end != buffer + s.size() || std::isnan(*out)) return false;
  return !(errno == ERANGE && (std::isinf(*out) || *out == 0));
}
}  // namespace

bool parse_double(std::string_view s, double* out) noexcept {
  // Whole numbers that a double holds exactly need no strtod.
  const bool negative = !s.empty() && s[0] == '-';
  if (const std::string_view digits = s.substr(negative ? 1 : 0); !digits.empty() && digits.size() <= 15) {
    std::int64_t v = 0;
    std::size_t at = 0;
    for (; at < digits.size() && digits[at] >= '0' && digits[at] <= '9'; at++) v = v * 10 + (digits[at] - '0');
    if (at == digits.size()) {
      *out = negative ? -static_cast<double>(v) : static_cast<double>(v);
      return true;
    }
  }
  return parse_float(s, out, [](const char* b, char** e) { return std::strtod(b, e); });
}
bool parse_long_double(std::string_view s, long double* out) noexcept {
  return parse_float(s, out, [](const char* b, char** e) { return std::strtold(b, e); });
}

std::size_t write_integer(char* to, std::int64_t v) noexcept { return static_cast<std::size_t>(std::to_chars(to, to + 21, v).ptr - to); }

std::size_t write_double(char* to, double v) noexcept {
  if (std::isinf(v)) {
    const char* text = v > 0 ? "inf" : "-inf";
    std::strcpy(to, text);
    return std::strlen(text);
  }
  // Whole numbers, except minus zero and what %.17g writes with an exponent.
  if (std::fabs(v) < 1e15 && v == static_cast<double>(static_cast<std::int64_t>(v)) && !(v == 0 && std::signbit(v))) return write_integer(to, static_cast<std::int64_t>(v));
  return static_cast<std::size_t>(std::snprintf(to, 40, "%.17g", v));
}

std::string long_double_text(long double v) {
  char buffer[5 * 1024];
  int n = std::snprintf(buffer, sizeof buffer, "%.17Lf", v);
  if (std::strchr(buffer, '.') != nullptr) {
    while (buffer[n - 1] == '0') n--;
    if (buffer[n - 1] == '.') n--;
  }
  if (n == 2 && buffer[0] == '-' && buffer[1] == '0') return "0";
  return {buffer, static_cast<std::size_t>(n)};
}

}  // namespace orrery::keyspace
