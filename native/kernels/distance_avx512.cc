// distance_avx512.cc: 512-bit variants. Four accumulators of sixteen lanes; the tail is a masked load, so no scalar loop follows.
#if defined(__x86_64__)
#include <immintrin.h>

#include "distance.h"
#include "unroll.h"

#define ORRERY_AVX512 __attribute__((target("avx512f,fma")))

namespace orrery::kernels {
namespace {

ORRERY_AVX512 inline float sum_of(__m512 v) noexcept {
  // _mm512_reduce_add_ps would do; GCC 12's own header then warns of an uninitialized value.
  alignas(64) float lanes[16];
  _mm512_store_ps(lanes, v);
  float sums[4];
  for (int k = 0; k < 4; k++) sums[k] = (lanes[k] + lanes[k + 4]) + (lanes[k + 8] + lanes[k + 12]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}
ORRERY_AVX512 inline float sum_of(const __m512* s) noexcept {
  return sum_of(_mm512_add_ps(_mm512_add_ps(s[0], s[1]), _mm512_add_ps(s[2], s[3])));
}
inline __mmask16 tail_mask(std::size_t rest) noexcept { return static_cast<__mmask16>((1u << rest) - 1); }
ORRERY_AVX512 inline __m512 absolute(__m512 v) noexcept {
  return _mm512_castsi512_ps(_mm512_and_epi32(_mm512_castps_si512(v), _mm512_set1_epi32(0x7fffffff)));
}

ORRERY_AVX512 float l2_squared(const float* a, const float* b, std::size_t n) noexcept {
  __m512 s[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
  std::size_t i = 0;
  for (; i + 64 <= n; i += 64) {
    ORRERY_UNROLL
    for (int k = 0; k < 4; k++) {
      const __m512 d = _mm512_sub_ps(_mm512_loadu_ps(a + i + 16 * k), _mm512_loadu_ps(b + i + 16 * k));
      s[k] = _mm512_fmadd_ps(d, d, s[k]);
    }
  }
  for (; i + 16 <= n; i += 16) {
    const __m512 d = _mm512_sub_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i));
    s[0] = _mm512_fmadd_ps(d, d, s[0]);
  }
  if (i < n) {
    const __mmask16 mask = tail_mask(n - i);
    const __m512 d = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, a + i), _mm512_maskz_loadu_ps(mask, b + i));
    s[1] = _mm512_fmadd_ps(d, d, s[1]);
  }
  return sum_of(s);
}

ORRERY_AVX512 float inner_product(const float* a, const float* b, std::size_t n) noexcept {
  __m512 s[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
  std::size_t i = 0;
  for (; i + 64 <= n; i += 64) {
    ORRERY_UNROLL
    for (int k = 0; k < 4; k++)
      s[k] = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 16 * k), _mm512_loadu_ps(b + i + 16 * k), s[k]);
  }
  for (; i + 16 <= n; i += 16) s[0] = _mm512_fmadd_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i), s[0]);
  if (i < n) {
    const __mmask16 mask = tail_mask(n - i);
    s[1] = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, a + i), _mm512_maskz_loadu_ps(mask, b + i), s[1]);
  }
  return sum_of(s);
}

ORRERY_AVX512 float l1(const float* a, const float* b, std::size_t n) noexcept {
  __m512 s[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
  std::size_t i = 0;
  for (; i + 64 <= n; i += 64) {
    ORRERY_UNROLL
    for (int k = 0; k < 4; k++)
      s[k] = _mm512_add_ps(s[k], absolute(_mm512_sub_ps(_mm512_loadu_ps(a + i + 16 * k), _mm512_loadu_ps(b + i + 16 * k))));
  }
  for (; i + 16 <= n; i += 16) s[0] = _mm512_add_ps(s[0], absolute(_mm512_sub_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i))));
  if (i < n) {
    const __mmask16 mask = tail_mask(n - i);
    s[1] = _mm512_add_ps(s[1], absolute(_mm512_sub_ps(_mm512_maskz_loadu_ps(mask, a + i), _mm512_maskz_loadu_ps(mask, b + i))));
  }
  return sum_of(s);
}

ORRERY_AVX512 CosineSums cosine_sums(const float* a, const float* b, std::size_t n) noexcept {
  __m512 dot[4], norm_a[4], norm_b[4];
  for (int k = 0; k < 4; k++) dot[k] = norm_a[k] = norm_b[k] = _mm512_setzero_ps();
  std::size_t i = 0;
  for (; i + 64 <= n; i += 64) {
    ORRERY_UNROLL
    for (int k = 0; k < 4; k++) {
      const __m512 x = _mm512_loadu_ps(a + i + 16 * k), y = _mm512_loadu_ps(b + i + 16 * k);
      dot[k] = _mm512_fmadd_ps(x, y, dot[k]);
      norm_a[k] = _mm512_fmadd_ps(x, x, norm_a[k]);
      norm_b[k] = _mm512_fmadd_ps(y, y, norm_b[k]);
    }
  }
  for (; i < n; i += 16) {
    const __mmask16 mask = n - i >= 16 ? static_cast<__mmask16>(0xffff) : tail_mask(n - i);
    const __m512 x = _mm512_maskz_loadu_ps(mask, a + i), y = _mm512_maskz_loadu_ps(mask, b + i);
    dot[0] = _mm512_fmadd_ps(x, y, dot[0]);
    norm_a[0] = _mm512_fmadd_ps(x, x, norm_a[0]);
    norm_b[0] = _mm512_fmadd_ps(y, y, norm_b[0]);
  }
  return {sum_of(dot), sum_of(norm_a), sum_of(norm_b)};
}

}  // namespace

const DistanceKernels avx512_distance_kernels = {"avx512", l2_squared, inner_product, l1, cosine_sums};

}  // namespace orrery::kernels
#endif
