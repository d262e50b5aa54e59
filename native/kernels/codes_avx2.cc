// codes_avx2.cc: 256-bit variants: halves eight elements a step into four sums (F16C widens binary16), bytes 32 a step.
#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>
#include <cmath>

#include "code_variants.h"
#include "unroll.h"

#define ORRERY_AVX2 __attribute__((target("avx2,fma,f16c")))

namespace orrery::kernels {
namespace {

template <Form form>
ORRERY_AVX2 inline __m256 eight(const std::uint16_t* p) noexcept {
  const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  if constexpr (form == Form::kF16) return _mm256_cvtph_ps(bits);
  else return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}
template <Form form, Sum kind>
ORRERY_AVX2 float half_avx2(const std::uint16_t* a, const std::uint16_t* b, std::size_t n) noexcept {
  __m256 s[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
  for (std::size_t i = 0; i < n; i += 32) {
    ORRERY_UNROLL
    for (unsigned k = 0; k < 4; k++) {
      const __m256 x = eight<form>(a + i + 8 * k), y = eight<form>(b + i + 8 * k);
      const __m256 d = _mm256_sub_ps(x, y);
      if constexpr (kind == Sum::kL2) s[k] = _mm256_fmadd_ps(d, d, s[k]);
      else if constexpr (kind == Sum::kDot) s[k] = _mm256_fmadd_ps(x, y, s[k]);
      else s[k] = _mm256_add_ps(s[k], _mm256_andnot_ps(_mm256_set1_ps(-0.0f), d));
    }
  }
  const __m256 all = _mm256_add_ps(_mm256_add_ps(s[0], s[1]), _mm256_add_ps(s[2], s[3]));
  alignas(32) float lanes[8];
  _mm256_store_ps(lanes, all);
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}
ORRERY_AVX2 inline std::int32_t sum_of(__m256i v) noexcept {
  alignas(32) std::int32_t lanes[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), v);
  return lanes[0] + lanes[1] + lanes[2] + lanes[3] + lanes[4] + lanes[5] + lanes[6] + lanes[7];
}
ORRERY_AVX2 std::int32_t dot_int8_avx2(const std::int8_t* a, const std::int8_t* b, std::int32_t, std::size_t n) noexcept {
  __m256i sum = _mm256_setzero_si256();
  for (std::size_t i = 0; i < n; i += 32) {
    const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + i));
    const __m256i y = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + i));
    // |x| * (y with x's sign): a pair's sum is at most 2 * 127^2, which 16 bits hold.
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(x), _mm256_sign_epi8(y, x));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  return sum_of(sum);
}

}  // namespace

ORRERY_AVX2 Int8Sums to_int8_avx2(const float* values, std::int8_t* out, std::size_t n) noexcept {
  const std::size_t whole = n / 8 * 8;
  // Magnitudes are ordered as their bits are.
  const __m256i magnitude = _mm256_set1_epi32(0x7fffffff);
  __m256i most = _mm256_setzero_si256();
  for (std::size_t i = 0; i < whole; i += 8)
    most = _mm256_max_epi32(most, _mm256_and_si256(magnitude, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + i))));
  alignas(32) float lanes[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), most);
  float largest = 0;
  for (const float lane : lanes) largest = std::max(largest, lane);
  for (std::size_t i = whole; i < n; i++) largest = std::max(largest, std::fabs(values[i]));
  if (largest < kLargestMin) return tiny_to_int8(largest, values, out, n);

  const float inverse = kInt8Max / largest;
  const __m256 factor = _mm256_set1_ps(inverse);
  __m256i sum = _mm256_setzero_si256(), squares = _mm256_setzero_si256();  // 32 bits hold 2^31 / 127^2 > 130,000 squares in a lane
  for (std::size_t i = 0; i < whole; i += 8) {
    const __m256i v = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(values + i), factor));
    sum = _mm256_add_epi32(sum, v);
    squares = _mm256_add_epi32(squares, _mm256_mullo_epi32(v, v));
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + i), _mm_packs_epi16(words, words));
  }
  Int8Sums sums{largest / kInt8Max, sum_of(sum), sum_of(squares)};
  rest_to_int8(inverse, values, out, whole, n, sums);
  return sums;
}

const CodeKernels avx2_code_kernels = {
    "avx2",
    {half_avx2<Form::kF16, Sum::kL2>, half_avx2<Form::kF16, Sum::kDot>, half_avx2<Form::kF16, Sum::kL1>},
    {half_avx2<Form::kBf16, Sum::kL2>, half_avx2<Form::kBf16, Sum::kDot>, half_avx2<Form::kBf16, Sum::kL1>},
    to_int8_avx2,
    dot_int8_avx2};

}  // namespace orrery::kernels
#endif
