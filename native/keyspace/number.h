// number.h: numbers as Redis reads and writes them: strict 64-bit integers, doubles, long doubles for INCRBYFLOAT.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace orrery::keyspace {

/// Strict: no sign '+', no leading zeros or spaces, no overflow; "-0" is not an integer.
bool parse_integer(std::string_view s, std::int64_t* out) noexcept;
/// strtod over the whole text, no leading space, no NaN; "inf" and "+inf" are numbers.
bool parse_double(std::string_view s, double* out) noexcept;
bool parse_long_double(std::string_view s, long double* out) noexcept;

/// Writes at `to` (21 bytes of room) and returns the length.
std::size_t write_integer(char* to, std::int64_t v) noexcept;
/// %.17g, "inf", "-inf" (24 bytes of room are enough with the sign and exponent; 40 asked).
std::size_t write_double(char* to, double v) noexcept;
/// %.17Lf without trailing zeros: what INCRBYFLOAT stores.
std::string long_double_text(long double v);

}  // namespace orrery::keyspace
