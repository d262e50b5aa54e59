// code_variants.h: what the variants of codes.h share: the two kinds of halves, scaling to bytes, and the tables that codes_dispatch.cc chooses from.
#pragma once
#include <cmath>

#include "arm_features.h"
#include "codes.h"
#include "sum_kind.h"

namespace orrery::kernels {

enum class Form { kF16, kBf16 };

constexpr float kInt8Max = 127;
/// Vectors whose largest magnitude is below it are scaled by tiny_to_int8: 127 / largest is no float32.
constexpr float kLargestMin = 0x1p-118f;

/// In float64, for what is too small to be divided by in float32.
Int8Sums tiny_to_int8(float largest, const float* values, std::int8_t* out, std::size_t n) noexcept;

/// Elements one by one, from `begin` on; adds to the sums. 127 / the vector's largest magnitude is `inverse`.
inline void rest_to_int8(float inverse, const float* values, std::int8_t* out, std::size_t begin, std::size_t n, Int8Sums& sums) noexcept {
  for (std::size_t i = begin; i < n; i++) {
    out[i] = static_cast<std::int8_t>(std::lrint(values[i] * inverse));
    sums.sum += out[i];
    sums.squares += std::int64_t{out[i]} * out[i];
  }
}

extern const CodeKernels scalar_code_kernels;
#if defined(__x86_64__)
extern const CodeKernels avx2_code_kernels;         // needs AVX2, FMA and F16C
extern const CodeKernels avx512_code_kernels;       // needs AVX-512 F, BW and VNNI, and what AVX2's needs
extern const CodeKernels avx512_bf16_code_kernels;  // needs AVX-512 BF16 besides
Int8Sums to_int8_avx2(const float* values, std::int8_t* out, std::size_t n) noexcept;
#elif defined(__aarch64__)
extern const CodeKernels neon_code_kernels;
extern const CodeKernels neon_dotprod_code_kernels;  // needs SDOT
#if defined(ORRERY_HAS_SVE)
extern const CodeKernels sve_code_kernels;
#endif
#endif

}  // namespace orrery::kernels
