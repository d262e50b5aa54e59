// shortest_float.h: the shortest decimal that reads back as the same double or float, the closest one where there are several: the digits that
// PostgreSQL prints. Its interval is open: a decimal that lies exactly between two values counts for neither of them, though readers
// that round to even would take it for one (1e23 is 9.999999999999999e+22; d2s.c, STRICTLY_SHORTEST 0).
// Source: Raffaello Giulietti, "The Schubfach way to render doubles" (2022). Departure: the open interval.
#pragma once
#include <cstdint>

namespace orrery::wire {

/// digits * 10^exponent, digits < 10^17; zeros at the end of digits are possible.
struct ShortestDecimal {
  std::uint64_t digits;
  int exponent;
};

/// `value` is positive and finite.
ShortestDecimal shortest_decimal(double value) noexcept;
ShortestDecimal shortest_decimal(float value) noexcept;

}  // namespace orrery::wire
