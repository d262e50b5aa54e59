// codes_neon.cc: 128-bit variants for ARMv8: halves 32 elements a step into eight sums, bytes by SDOT where the processor has it.
//
// FP16 arithmetic (ARMv8.2) is not used: its sums are of binary16, which has 11 bits and ends at 65504. What has binary16 is widened, which
// every ARMv8 does, and summed in float32.
#if defined(__aarch64__)
#include <arm_neon.h>

#include <algorithm>
#include <cmath>

#include "code_variants.h"
#include "unroll.h"

#if defined(__ARM_FEATURE_DOTPROD)
#define ORRERY_DOTPROD
#else
#define ORRERY_DOTPROD __attribute__((target("arch=armv8.2-a+dotprod")))
#endif

namespace orrery::kernels {
namespace {

constexpr int kAccumulators = 8;

template <Form form>
inline float32x4_t four(const std::uint16_t* p) noexcept {
  const uint16x4_t bits = vld1_u16(p);
  if constexpr (form == Form::kF16) return vcvt_f32_f16(vreinterpret_f16_u16(bits));
  else return vreinterpretq_f32_u32(vshlq_n_u32(vmovl_u16(bits), 16));
}
template <Form form, Sum kind>
float half_neon(const std::uint16_t* a, const std::uint16_t* b, std::size_t n) noexcept {
  float32x4_t s[kAccumulators];
  ORRERY_UNROLL
  for (int k = 0; k < kAccumulators; k++) s[k] = vdupq_n_f32(0);
  for (std::size_t i = 0; i < n; i += 32) {
    ORRERY_UNROLL
    for (int k = 0; k < kAccumulators; k++) {
      const float32x4_t x = four<form>(a + i + 4 * k), y = four<form>(b + i + 4 * k);
      if constexpr (kind == Sum::kDot) s[k] = vfmaq_f32(s[k], x, y);
      else {
        const float32x4_t d = vabdq_f32(x, y);
        s[k] = kind == Sum::kL2 ? vfmaq_f32(s[k], d, d) : vaddq_f32(s[k], d);
      }
    }
  }
  const float32x4_t low = vaddq_f32(vaddq_f32(s[0], s[1]), vaddq_f32(s[2], s[3]));
  const float32x4_t high = vaddq_f32(vaddq_f32(s[4], s[5]), vaddq_f32(s[6], s[7]));
  return vaddvq_f32(vaddq_f32(low, high));
}

std::int32_t dot_int8_neon(const std::int8_t* a, const std::int8_t* b, std::int32_t, std::size_t n) noexcept {
  int32x4_t s[4] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
  for (std::size_t i = 0; i < n; i += 64) {
    ORRERY_UNROLL
    for (int k = 0; k < 4; k++) {
      const int8x16_t x = vld1q_s8(a + i + 16 * k), y = vld1q_s8(b + i + 16 * k);
      // Two products are at most 2 * 127^2, which 16 bits hold.
      const int16x8_t pairs = vmlal_s8(vmull_s8(vget_low_s8(x), vget_low_s8(y)), vget_high_s8(x), vget_high_s8(y));
      s[k] = vpadalq_s16(s[k], pairs);
    }
  }
  return vaddvq_s32(vaddq_s32(vaddq_s32(s[0], s[1]), vaddq_s32(s[2], s[3])));
}
ORRERY_DOTPROD std::int32_t dot_int8_dotprod(const std::int8_t* a, const std::int8_t* b, std::int32_t, std::size_t n) noexcept {
  int32x4_t s[4] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
  for (std::size_t i = 0; i < n; i += 64) {
    ORRERY_UNROLL
    for (int k = 0; k < 4; k++) s[k] = vdotq_s32(s[k], vld1q_s8(a + i + 16 * k), vld1q_s8(b + i + 16 * k));
  }
  return vaddvq_s32(vaddq_s32(vaddq_s32(s[0], s[1]), vaddq_s32(s[2], s[3])));
}

Int8Sums to_int8_neon(const float* values, std::int8_t* out, std::size_t n) noexcept {
  const std::size_t whole = n / 8 * 8;
  float32x4_t most = vdupq_n_f32(0);
  for (std::size_t i = 0; i < whole; i += 8)
    most = vmaxq_f32(most, vmaxq_f32(vabsq_f32(vld1q_f32(values + i)), vabsq_f32(vld1q_f32(values + i + 4))));
  float largest = vmaxvq_f32(most);
  for (std::size_t i = whole; i < n; i++) largest = std::max(largest, std::fabs(values[i]));
  if (largest < kLargestMin) return tiny_to_int8(largest, values, out, n);

  const float inverse = kInt8Max / largest;
  int32x4_t sum = vdupq_n_s32(0), squares = vdupq_n_s32(0);  // 32 bits hold 2^31 / 127^2 > 130,000 squares in a lane
  for (std::size_t i = 0; i < whole; i += 8) {
    const int32x4_t x = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(values + i), inverse));
    const int32x4_t y = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(values + i + 4), inverse));
    sum = vaddq_s32(sum, vaddq_s32(x, y));
    squares = vmlaq_s32(vmlaq_s32(squares, x, x), y, y);
    vst1_s8(out + i, vmovn_s16(vcombine_s16(vmovn_s32(x), vmovn_s32(y))));
  }
  Int8Sums sums{largest / kInt8Max, vaddvq_s32(sum), vaddvq_s32(squares)};
  rest_to_int8(inverse, values, out, whole, n, sums);
  return sums;
}

constexpr HalfKernels kF16 = {half_neon<Form::kF16, Sum::kL2>, half_neon<Form::kF16, Sum::kDot>, half_neon<Form::kF16, Sum::kL1>};
constexpr HalfKernels kBf16 = {half_neon<Form::kBf16, Sum::kL2>, half_neon<Form::kBf16, Sum::kDot>, half_neon<Form::kBf16, Sum::kL1>};

}  // namespace

const CodeKernels neon_code_kernels = {"neon", kF16, kBf16, to_int8_neon, dot_int8_neon};
const CodeKernels neon_dotprod_code_kernels = {"neon_dotprod", kF16, kBf16, to_int8_neon, dot_int8_dotprod};

}  // namespace orrery::kernels
#endif
