// nearest_float.h: the float that is nearest to a decimal, ties to even: what C's strtof gives.
#pragma once

namespace orrery::wire {

/// Reads a decimal at `at`: digits, perhaps with a sign, a point and an exponent. Returns its end; nullptr: there is none, or none that surely
/// becomes a finite float. No locale, no allocation.
const char* read_float(const char* at, const char* end, float* out) noexcept;

}  // namespace orrery::wire
