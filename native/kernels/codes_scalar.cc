// codes_scalar.cc: conversions, the reference that the other variants are tested against, and what an unknown processor runs.
#include <algorithm>
#include <bit>
#include <cmath>

#include "code_variants.h"

namespace orrery::kernels {

std::uint16_t to_bf16(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>(bits >> 16 | 0x40);
  return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
float from_bf16(std::uint16_t bits) noexcept { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

std::uint16_t to_f16(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000;
  const std::uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return static_cast<std::uint16_t>(sign | 0x7e00);
  if (magnitude >= 0x477ff000) return static_cast<std::uint16_t>(sign | 0x7c00);  // 65520 and more round to infinity
  if (magnitude < 0x38800000) {
    // Subnormal: the addition lets the processor round at the right place.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3f000000));
  }
  const std::uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
  return static_cast<std::uint16_t>(sign | (rounded - 0x38000000) >> 13);
}
float from_f16(std::uint16_t bits) noexcept {
  const std::uint32_t sign = std::uint32_t{bits & 0x8000u} << 16;
  const std::uint32_t magnitude = bits & 0x7fffu;
  if (magnitude >= 0x7c00) return std::bit_cast<float>(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
  if (magnitude >= 0x400) return std::bit_cast<float>(sign | ((magnitude << 13) + 0x38000000));
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(static_cast<float>(magnitude) * 0x1p-24f));
}

Int8Sums tiny_to_int8(float largest, const float* values, std::int8_t* out, std::size_t n) noexcept {
  Int8Sums sums{largest / kInt8Max, 0, 0};
  for (std::size_t i = 0; i < n; i++) {
    out[i] = largest == 0 ? 0 : static_cast<std::int8_t>(std::lrint(static_cast<double>(values[i]) * kInt8Max / largest));
    sums.sum += out[i];
    sums.squares += std::int64_t{out[i]} * out[i];
  }
  return sums;
}

namespace {

using Convert = float (*)(std::uint16_t) noexcept;
template <Convert convert>
float l2_scalar(const std::uint16_t* a, const std::uint16_t* b, std::size_t n) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < n; i++) {
    const double d = static_cast<double>(convert(a[i])) - convert(b[i]);
    sum += d * d;
  }
  return static_cast<float>(sum);
}
template <Convert convert>
float dot_scalar(const std::uint16_t* a, const std::uint16_t* b, std::size_t n) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < n; i++) sum += static_cast<double>(convert(a[i])) * convert(b[i]);
  return static_cast<float>(sum);
}
template <Convert convert>
float l1_scalar(const std::uint16_t* a, const std::uint16_t* b, std::size_t n) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < n; i++) sum += std::fabs(static_cast<double>(convert(a[i])) - convert(b[i]));
  return static_cast<float>(sum);
}
std::int32_t dot_int8_scalar(const std::int8_t* a, const std::int8_t* b, std::int32_t, std::size_t n) noexcept {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < n; i++) sum += std::int32_t{a[i]} * b[i];
  return sum;
}
Int8Sums to_int8_scalar(const float* values, std::int8_t* out, std::size_t n) noexcept {
  float largest = 0;
  for (std::size_t i = 0; i < n; i++) largest = std::max(largest, std::fabs(values[i]));
  if (largest < kLargestMin) return tiny_to_int8(largest, values, out, n);
  Int8Sums sums{largest / kInt8Max, 0, 0};
  rest_to_int8(kInt8Max / largest, values, out, 0, n, sums);
  return sums;
}

}  // namespace

const CodeKernels scalar_code_kernels = {"scalar",
                                         {l2_scalar<from_f16>, dot_scalar<from_f16>, l1_scalar<from_f16>},
                                         {l2_scalar<from_bf16>, dot_scalar<from_bf16>, l1_scalar<from_bf16>},
                                         to_int8_scalar,
                                         dot_int8_scalar};

}  // namespace orrery::kernels
