// decimal.h: PostgreSQL's numeric on 128 bits: exact while 37 digits are enough; every function says false when they are not, and the
// caller leaves the statement to TypeScript.
//
// Sources: numeric.c of PostgreSQL 15: numeric_send's form, numeric_add/mul's result scales, select_div_scale, round half away from zero.
#pragma once
#include <cstdint>
#include <string_view>

#include "vector.h"

namespace orrery::exec {

constexpr int kDecimalDigits = 37;

/// 10^n, n in 0..38.
__int128 power_of_ten(int n) noexcept;
/// From numeric_send bytes; false for NaN, infinities and what needs more digits.
bool decimal_from_bytes(std::string_view bytes, Decimal* out) noexcept;
/// Bytes that decimal_to_bytes needs at most.
constexpr std::size_t kDecimalBytes = 8 + 2 * 24;
/// Writes numeric_send's form; returns its length.
std::size_t decimal_to_bytes(const Decimal& d, char* out) noexcept;
bool decimal_add(const Decimal& a, const Decimal& b, Decimal* out) noexcept;
bool decimal_subtract(const Decimal& a, const Decimal& b, Decimal* out) noexcept;
bool decimal_multiply(const Decimal& a, const Decimal& b, Decimal* out) noexcept;
/// False for b = 0, too.
bool decimal_divide(const Decimal& a, const Decimal& b, Decimal* out) noexcept;
/// Negative, 0, positive; *ok is set to false when the two cannot be brought to one scale.
int decimal_compare(const Decimal& a, const Decimal& b, bool* ok) noexcept;
/// Without trailing zeros behind the point, so that equal numbers have equal parts.
Decimal decimal_normal(Decimal d) noexcept;

}  // namespace orrery::exec
