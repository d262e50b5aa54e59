// distance.h: distances between float32 vectors: a scalar reference, one variant per instruction set, one table
// chosen when the addon loads.
//
// Every variant agrees with a float64 reference: error <= 1e-5 of the sum of |terms|. To hold that at 16,000 dimensions
// the scalar variant adds in float64 and the vector variants keep at least 32 partial sums.
// Arguments: a, b: float32[n], any alignment, may alias. n = 0 gives 0. A NaN in either gives NaN; infinities and overflow
// follow IEEE 754. No allocation, no exceptions, any thread.
#pragma once
#include <cstddef>
#include <span>

#include "arm_features.h"

namespace orrery::kernels {

/// The three sums that cosine distance needs, from one pass.
struct CosineSums {
  float dot;
  float norm_a;  // squared
  float norm_b;  // squared
};

struct DistanceKernels {
  const char* name;
  float (*l2_squared)(const float* a, const float* b, std::size_t n) noexcept;     // sum of (a[i] - b[i])^2
  float (*inner_product)(const float* a, const float* b, std::size_t n) noexcept;  // sum of a[i] * b[i]
  float (*l1)(const float* a, const float* b, std::size_t n) noexcept;             // sum of |a[i] - b[i]|
  CosineSums (*cosine_sums)(const float* a, const float* b, std::size_t n) noexcept;
};

/// The fastest variant that this processor runs.
const DistanceKernels& distance_kernels() noexcept;
/// Every variant that this processor runs, the scalar one first: tests and measurements.
std::span<const DistanceKernels* const> runnable_distance_kernels() noexcept;

extern const DistanceKernels scalar_distance_kernels;
#if defined(__x86_64__)
extern const DistanceKernels avx2_distance_kernels;    // needs AVX2 and FMA
extern const DistanceKernels avx512_distance_kernels;  // needs AVX-512 F
#elif defined(__aarch64__)
extern const DistanceKernels neon_distance_kernels;
#if defined(ORRERY_HAS_SVE)
extern const DistanceKernels sve_distance_kernels;
#endif
#endif

/// SQL's cosine distance from the sums: 1 - similarity, the similarity held in [-1, 1]; NaN when a norm is zero.
double cosine_distance(const CosineSums& sums) noexcept;

}  // namespace orrery::kernels
