// codes.cc: conversions, the scalar reference, AVX2 with F16C, AVX-512 with VNNI.
#include "codes.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

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
constexpr float kInt8Max = 127;
/// Below it 127 / largest is no longer a number.
constexpr float kLargestMin = 0x1p-118f;

/// In float64, for what is too small to be divided by in float32.
Int8Sums tiny_to_int8(float largest, const float* values, std::int8_t* out, std::size_t n) noexcept {
  Int8Sums sums{largest / kInt8Max, 0, 0};
  for (std::size_t i = 0; i < n; i++) {
    out[i] = largest == 0 ? 0 : static_cast<std::int8_t>(std::lrint(static_cast<double>(values[i]) * kInt8Max / largest));
    sums.sum += out[i];
    sums.squares += std::int64_t{out[i]} * out[i];
  }
  return sums;
}
Int8Sums to_int8_scalar(const float* values, std::int8_t* out, std::size_t n) noexcept {
  float largest = 0;
  for (std::size_t i = 0; i < n; i++) largest = std::max(largest, std::fabs(values[i]));
  if (largest < kLargestMin) return tiny_to_int8(largest, values, out, n);
  const float inverse = kInt8Max / largest;
  Int8Sums sums{largest / kInt8Max, 0, 0};
  for (std::size_t i = 0; i < n; i++) {
    out[i] = static_cast<std::int8_t>(std::lrint(values[i] * inverse));
    sums.sum += out[i];
    sums.squares += std::int64_t{out[i]} * out[i];
  }
  return sums;
}
const CodeKernels scalar_code_kernels = {"scalar",
                                         {l2_scalar<from_f16>, dot_scalar<from_f16>, l1_scalar<from_f16>},
                                         {l2_scalar<from_bf16>, dot_scalar<from_bf16>, l1_scalar<from_bf16>},
                                         to_int8_scalar,
                                         dot_int8_scalar};

#if defined(__x86_64__)
enum class Form { kF16, kBf16 };
enum class Sum { kL2, kDot, kL1 };

// --- AVX2: eight elements a step, four sums -----------------------------------------------------------------------------------------
#define ORRERY_AVX2 __attribute__((target("avx2,fma,f16c")))
template <Form form>
ORRERY_AVX2 inline __m256 eight(const std::uint16_t* p) noexcept {
  const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  if constexpr (form == Form::kF16) return _mm256_cvtph_ps(bits);
  else return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}
template <Form form, Sum kind>
ORRERY_AVX2 float half_avx2(const std::uint16_t* a, const std::uint16_t* b, std::size_t n) noexcept {
  __m256 s[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
  for (std::size_t i = 0; i < n; i += 32)
    for (unsigned k = 0; k < 4; k++) {
      const __m256 x = eight<form>(a + i + 8 * k), y = eight<form>(b + i + 8 * k);
      const __m256 d = _mm256_sub_ps(x, y);
      if constexpr (kind == Sum::kL2) s[k] = _mm256_fmadd_ps(d, d, s[k]);
      else if constexpr (kind == Sum::kDot) s[k] = _mm256_fmadd_ps(x, y, s[k]);
      else s[k] = _mm256_add_ps(s[k], _mm256_andnot_ps(_mm256_set1_ps(-0.0f), d));
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
  for (std::size_t i = whole; i < n; i++) {
    out[i] = static_cast<std::int8_t>(std::lrint(values[i] * inverse));
    sums.sum += out[i];
    sums.squares += std::int64_t{out[i]} * out[i];
  }
  return sums;
}
const CodeKernels avx2_code_kernels = {
    "avx2",
    {half_avx2<Form::kF16, Sum::kL2>, half_avx2<Form::kF16, Sum::kDot>, half_avx2<Form::kF16, Sum::kL1>},
    {half_avx2<Form::kBf16, Sum::kL2>, half_avx2<Form::kBf16, Sum::kDot>, half_avx2<Form::kBf16, Sum::kL1>},
    to_int8_avx2,
    dot_int8_avx2};

// --- AVX-512: sixteen elements a step; bytes by VNNI ---------------------------------------------------------------------------------
#define ORRERY_AVX512 __attribute__((target("avx512f,avx512bw,avx512vnni")))
template <Form form>
ORRERY_AVX512 inline __m512 sixteen(const std::uint16_t* p) noexcept {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  constexpr __mmask16 kAll = 0xffff;  // masked forms: GCC 12's plain ones warn of their undefined registers
  if constexpr (form == Form::kF16) return _mm512_maskz_cvtph_ps(kAll, bits);
  else return _mm512_castsi512_ps(_mm512_maskz_slli_epi32(kAll, _mm512_maskz_cvtepu16_epi32(kAll, bits), 16));
}
template <Form form, Sum kind>
ORRERY_AVX512 float half_avx512(const std::uint16_t* a, const std::uint16_t* b, std::size_t n) noexcept {
  __m512 s[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
  for (std::size_t i = 0; i < n; i += 64)
    for (unsigned k = 0; k < 4; k++) {
      const __m512 x = sixteen<form>(a + i + 16 * k), y = sixteen<form>(b + i + 16 * k);
      const __m512 d = _mm512_sub_ps(x, y);
      if constexpr (kind == Sum::kL2) s[k] = _mm512_fmadd_ps(d, d, s[k]);
      else if constexpr (kind == Sum::kDot) s[k] = _mm512_fmadd_ps(x, y, s[k]);
      else s[k] = _mm512_add_ps(s[k], _mm512_abs_ps(d));
    }
  alignas(64) float lanes[16];
  _mm512_store_ps(lanes, _mm512_add_ps(_mm512_add_ps(s[0], s[1]), _mm512_add_ps(s[2], s[3])));
  float sum = 0;
  for (unsigned i = 0; i < 8; i++) sum += lanes[i] + lanes[i + 8];
  return sum;
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
const CodeKernels avx512_code_kernels = {
    "avx512",
    {half_avx512<Form::kF16, Sum::kL2>, half_avx512<Form::kF16, Sum::kDot>, half_avx512<Form::kF16, Sum::kL1>},
    {half_avx512<Form::kBf16, Sum::kL2>, half_avx512<Form::kBf16, Sum::kDot>, half_avx512<Form::kBf16, Sum::kL1>},
    to_int8_avx2,
    dot_int8_avx512};
#endif

const std::vector<const CodeKernels*>& runnable() noexcept {
  static const std::vector<const CodeKernels*> all = [] {
    std::vector<const CodeKernels*> found{&scalar_code_kernels};
#if defined(__x86_64__)
    __builtin_cpu_init();
    // Every processor with AVX2 has F16C; GCC before 11 does not know its name.
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found.push_back(&avx2_code_kernels);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni"))
      found.push_back(&avx512_code_kernels);
#endif
    return found;
  }();
  return all;
}

}  // namespace

const CodeKernels& code_kernels() noexcept { return *runnable().back(); }
std::span<const CodeKernels* const> runnable_code_kernels() noexcept { return runnable(); }

}  // namespace orrery::kernels
