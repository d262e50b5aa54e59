// codes.h: distances between vectors in short forms: binary16, bfloat16, 8-bit integers. One variant per instruction set.
//
// Arguments: a, b: arrays of n elements, n a multiple of kCodePadding (the places after a vector's end hold 0), any alignment, may alias.
// Sums of halves are float32 sums; the inner product of bfloat16 may take subnormal numbers for 0. Sums of bytes are exact while n * 127^2 < 2^31.
// No allocation, no exceptions, any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace orrery::kernels {

constexpr std::size_t kCodePadding = 64;

struct HalfKernels {
  float (*l2_squared)(const std::uint16_t* a, const std::uint16_t* b, std::size_t n) noexcept;
  float (*inner_product)(const std::uint16_t* a, const std::uint16_t* b, std::size_t n) noexcept;
  float (*l1)(const std::uint16_t* a, const std::uint16_t* b, std::size_t n) noexcept;
};
/// What a vector in bytes stands for: each byte times the scale.
struct Int8Sums {
  float scale;
  std::int32_t sum;
  std::int64_t squares;  // of the bytes
};
struct CodeKernels {
  const char* name;
  HalfKernels f16, bf16;
  /// Each value times 127 / (the largest magnitude), rounded to nearest even: from -127 to 127. Any n, finite values; every variant gives
  /// the same bytes.
  Int8Sums (*to_int8)(const float* values, std::int8_t* out, std::size_t n) noexcept;
  /// Elements from -127 to 127; `sum_b`: the sum of b's.
  std::int32_t (*dot_int8)(const std::int8_t* a, const std::int8_t* b, std::int32_t sum_b, std::size_t n) noexcept;
};

/// The fastest variant that this processor runs.
const CodeKernels& code_kernels() noexcept;
/// Every variant that this processor runs, the scalar one first.
std::span<const CodeKernels* const> runnable_code_kernels() noexcept;

/// Round to nearest even; what is too large becomes an infinity.
std::uint16_t to_f16(float value) noexcept;
std::uint16_t to_bf16(float value) noexcept;
float from_f16(std::uint16_t bits) noexcept;
float from_bf16(std::uint16_t bits) noexcept;

}  // namespace orrery::kernels
