// codes_avx512.cc: 512-bit variants: halves sixteen elements a step into four sums, bytes 64 a step by VNNI, products of bfloat16 by VDPBF16PS.
//
// AVX-512 FP16 is not used: its sums are of binary16, which has 11 bits and ends at 65504. What has binary16 is widened and summed in float32.
#if defined(__x86_64__)
#include <immintrin.h>

#include "code_variants.h"
#include "unroll.h"

#define ORRERY_AVX512 __attribute__((target("avx512f,avx512bw,avx512vnni")))
#define ORRERY_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vnni,avx512bf16")))

namespace orrery::kernels {
namespace {

template <Form form>
ORRERY_AVX512 inline __m512 sixteen(const std::uint16_t* p) noexcept {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  constexpr __mmask16 kAll = 0xffff;  // masked forms: GCC 12's plain ones warn of their undefined registers
  if constexpr (form == Form::kF16) return _mm512_maskz_cvtph_ps(kAll, bits);
  else return _mm512_castsi512_ps(_mm512_maskz_slli_epi32(kAll, _mm512_maskz_cvtepu16_epi32(kAll, bits), 16));
}
ORRERY_AVX512 inline float sum_of(const __m512* s) noexcept {
  alignas(64) float lanes[16];
  _mm512_store_ps(lanes, _mm512_add_ps(_mm512_add_ps(s[0], s[1]), _mm512_add_ps(s[2], s[3])));
  float sum = 0;
  for (unsigned i = 0; i < 8; i++) sum += lanes[i] + lanes[i + 8];
  return sum;
}
template <Form form, Sum kind>
ORRERY_AVX512 float half_avx512(const std::uint16_t* a, const std::uint16_t* b, std::size_t n) noexcept {
  __m512 s[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
  for (std::size_t i = 0; i < n; i += 64) {
    ORRERY_UNROLL
    for (unsigned k = 0; k < 4; k++) {
      const __m512 x = sixteen<form>(a + i + 16 * k), y = sixteen<form>(b + i + 16 * k);
      const __m512 d = _mm512_sub_ps(x, y);
      if constexpr (kind == Sum::kL2) s[k] = _mm512_fmadd_ps(d, d, s[k]);
      else if constexpr (kind == Sum::kDot) s[k] = _mm512_fmadd_ps(x, y, s[k]);
      else s[k] = _mm512_add_ps(s[k], _mm512_abs_ps(d));
    }
  }
  return sum_of(s);
}
ORRERY_AVX512 std::int32_t dot_int8_avx512(const std::int8_t* a, const std::int8_t* b, std::int32_t sum_b, std::size_t n) noexcept {
  // The instruction takes unsigned times signed: a + 128 is unsigned, and 128 times b's sum comes off at the end.
  const __m512i offset = _mm512_set1_epi8(static_cast<char>(0x80));
  __m512i sum = _mm512_setzero_si512();
  for (std::size_t i = 0; i < n; i += 64) {
    const __m512i x = _mm512_xor_si512(_mm512_loadu_si512(a + i), offset);
    sum = _mm512_dpbusd_epi32(sum, x, _mm512_loadu_si512(b + i));
  }
  alignas(64) std::int32_t lanes[16];
  _mm512_store_si512(lanes, sum);
  std::int64_t total = 0;
  for (const std::int32_t lane : lanes) total += lane;
  return static_cast<std::int32_t>(total - std::int64_t{128} * sum_b);
}

ORRERY_AVX512_BF16 inline __m512 add_pairs(__m512 sum, const std::uint16_t* a, const std::uint16_t* b) noexcept {
  return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(_mm512_loadu_si512(a)), reinterpret_cast<__m512bh>(_mm512_loadu_si512(b)));
}
/// Products are exact and sums are of float32, but what is subnormal, among the elements and the sums, counts as 0.
ORRERY_AVX512_BF16 float dot_bf16_avx512(const std::uint16_t* a, const std::uint16_t* b, std::size_t n) noexcept {
  __m512 s[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
  std::size_t i = 0;
  for (; i + 128 <= n; i += 128) {
    ORRERY_UNROLL
    for (unsigned k = 0; k < 4; k++) s[k] = add_pairs(s[k], a + i + 32 * k, b + i + 32 * k);
  }
  if (i < n) {
    s[0] = add_pairs(s[0], a + i, b + i);
    s[1] = add_pairs(s[1], a + i + 32, b + i + 32);
  }
  return sum_of(s);
}

}  // namespace

const CodeKernels avx512_code_kernels = {
    "avx512",
    {half_avx512<Form::kF16, Sum::kL2>, half_avx512<Form::kF16, Sum::kDot>, half_avx512<Form::kF16, Sum::kL1>},
    {half_avx512<Form::kBf16, Sum::kL2>, half_avx512<Form::kBf16, Sum::kDot>, half_avx512<Form::kBf16, Sum::kL1>},
    to_int8_avx2,
    dot_int8_avx512};
const CodeKernels avx512_bf16_code_kernels = {
    "avx512_bf16",
    {half_avx512<Form::kF16, Sum::kL2>, half_avx512<Form::kF16, Sum::kDot>, half_avx512<Form::kF16, Sum::kL1>},
    {half_avx512<Form::kBf16, Sum::kL2>, dot_bf16_avx512, half_avx512<Form::kBf16, Sum::kL1>},
    to_int8_avx2,
    dot_int8_avx512};

}  // namespace orrery::kernels
#endif
