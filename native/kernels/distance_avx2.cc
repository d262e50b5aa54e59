// distance_avx2.cc: 256-bit variants. Four accumulators of eight lanes hide the latency of the fused multiply-add.
#if defined(__x86_64__)
#include <immintrin.h>

#include <cmath>

#include "distance.h"
#include "unroll.h"

#define ORRERY_AVX2 __attribute__((target("avx2,fma")))

namespace orrery::kernels {
namespace {

ORRERY_AVX2 inline float sum_of(__m256 v) noexcept {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}
ORRERY_AVX2 inline float sum_of(const __m256* s) noexcept {
  return sum_of(_mm256_add_ps(_mm256_add_ps(s[0], s[1]), _mm256_add_ps(s[2], s[3])));
}

ORRERY_AVX2 float l2_squared(const float* a, const float* b, std::size_t n) noexcept {
  __m256 s[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
  std::size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    ORRERY_UNROLL
    for (int k = 0; k < 4; k++) {
      const __m256 d = _mm256_sub_ps(_mm256_loadu_ps(a + i + 8 * k), _mm256_loadu_ps(b + i + 8 * k));
      s[k] = _mm256_fmadd_ps(d, d, s[k]);
    }
  }
  for (; i + 8 <= n; i += 8) {
    const __m256 d = _mm256_sub_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i));
    s[0] = _mm256_fmadd_ps(d, d, s[0]);
  }
  float sum = sum_of(s);
  for (; i < n; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

ORRERY_AVX2 float inner_product(const float* a, const float* b, std::size_t n) noexcept {
  __m256 s[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
  std::size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    ORRERY_UNROLL
    for (int k = 0; k < 4; k++) s[k] = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 8 * k), _mm256_loadu_ps(b + i + 8 * k), s[k]);
  }
  for (; i + 8 <= n; i += 8) s[0] = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), s[0]);
  float sum = sum_of(s);
  for (; i < n; i++) sum += a[i] * b[i];
  return sum;
}

ORRERY_AVX2 float l1(const float* a, const float* b, std::size_t n) noexcept {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  __m256 s[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
  std::size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    ORRERY_UNROLL
    for (int k = 0; k < 4; k++) {
      const __m256 d = _mm256_sub_ps(_mm256_loadu_ps(a + i + 8 * k), _mm256_loadu_ps(b + i + 8 * k));
      s[k] = _mm256_add_ps(s[k], _mm256_andnot_ps(sign, d));
    }
  }
  for (; i + 8 <= n; i += 8)
    s[0] = _mm256_add_ps(s[0], _mm256_andnot_ps(sign, _mm256_sub_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i))));
  float sum = sum_of(s);
  for (; i < n; i++) sum += std::fabs(a[i] - b[i]);
  return sum;
}

ORRERY_AVX2 CosineSums cosine_sums(const float* a, const float* b, std::size_t n) noexcept {
  __m256 dot[4], norm_a[4], norm_b[4];
  for (int k = 0; k < 4; k++) dot[k] = norm_a[k] = norm_b[k] = _mm256_setzero_ps();
  std::size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    ORRERY_UNROLL
    for (int k = 0; k < 4; k++) {
      const __m256 x = _mm256_loadu_ps(a + i + 8 * k), y = _mm256_loadu_ps(b + i + 8 * k);
      dot[k] = _mm256_fmadd_ps(x, y, dot[k]);
      norm_a[k] = _mm256_fmadd_ps(x, x, norm_a[k]);
      norm_b[k] = _mm256_fmadd_ps(y, y, norm_b[k]);
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

const DistanceKernels avx2_distance_kernels = {"avx2", l2_squared, inner_product, l1, cosine_sums};

}  // namespace orrery::kernels
#endif
