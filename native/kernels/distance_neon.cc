// distance_neon.cc: 128-bit variants for ARMv8, where NEON is always there. Eight accumulators of four lanes.
#if defined(__aarch64__)
#include <arm_neon.h>

#include <cmath>

#include "distance.h"
#include "unroll.h"

namespace orrery::kernels {
namespace {

constexpr int kAccumulators = 8;

inline float sum_of(const float32x4_t* s) noexcept {
  const float32x4_t low = vaddq_f32(vaddq_f32(s[0], s[1]), vaddq_f32(s[2], s[3]));
  const float32x4_t high = vaddq_f32(vaddq_f32(s[4], s[5]), vaddq_f32(s[6], s[7]));
  return vaddvq_f32(vaddq_f32(low, high));
}
inline void clear(float32x4_t* s) noexcept {
  for (int k = 0; k < kAccumulators; k++) s[k] = vdupq_n_f32(0);
}

float l2_squared(const float* a, const float* b, std::size_t n) noexcept {
  float32x4_t s[kAccumulators];
  clear(s);
  std::size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    ORRERY_UNROLL
    for (int k = 0; k < kAccumulators; k++) {
      const float32x4_t d = vsubq_f32(vld1q_f32(a + i + 4 * k), vld1q_f32(b + i + 4 * k));
      s[k] = vfmaq_f32(s[k], d, d);
    }
  }
  float sum = sum_of(s);
  for (; i < n; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

float inner_product(const float* a, const float* b, std::size_t n) noexcept {
  float32x4_t s[kAccumulators];
  clear(s);
  std::size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    ORRERY_UNROLL
    for (int k = 0; k < kAccumulators; k++) s[k] = vfmaq_f32(s[k], vld1q_f32(a + i + 4 * k), vld1q_f32(b + i + 4 * k));
  }
  float sum = sum_of(s);
  for (; i < n; i++) sum += a[i] * b[i];
  return sum;
}

float l1(const float* a, const float* b, std::size_t n) noexcept {
  float32x4_t s[kAccumulators];
  clear(s);
  std::size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    ORRERY_UNROLL
    for (int k = 0; k < kAccumulators; k++) s[k] = vaddq_f32(s[k], vabdq_f32(vld1q_f32(a + i + 4 * k), vld1q_f32(b + i + 4 * k)));
  }
  float sum = sum_of(s);
  for (; i < n; i++) sum += std::fabs(a[i] - b[i]);
  return sum;
}

CosineSums cosine_sums(const float* a, const float* b, std::size_t n) noexcept {
  float32x4_t dot[kAccumulators], norm_a[kAccumulators], norm_b[kAccumulators];
  clear(dot);
  clear(norm_a);
  clear(norm_b);
  std::size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    ORRERY_UNROLL
    for (int k = 0; k < kAccumulators; k++) {
      const float32x4_t x = vld1q_f32(a + i + 4 * k), y = vld1q_f32(b + i + 4 * k);
      dot[k] = vfmaq_f32(dot[k], x, y);
      norm_a[k] = vfmaq_f32(norm_a[k], x, x);
      norm_b[k] = vfmaq_f32(norm_b[k], y, y);
    }
  }
  CosineSums sums{sum_of(dot), sum_of(norm_a), sum_of(norm_b)};
  for (; i < n; i++) {
    sums.dot += a[i] * b[i];
    sums.norm_a += a[i] * a[i];
    sums.norm_b += b[i] * b[i];
  }
  return sums;
}

}  // namespace

const DistanceKernels neon_distance_kernels = {"neon", l2_squared, inner_product, l1, cosine_sums};

}  // namespace orrery::kernels
#endif
