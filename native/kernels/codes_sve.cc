// codes_sve.cc: variants for ARM's scalable vectors, of any length: halves widened to float32 (sve_sums.h), bytes by SDOT.
#include "arm_features.h"
#if defined(ORRERY_HAS_SVE)
#include "code_variants.h"
#include "sve_sums.h"

namespace orrery::kernels {
namespace {

ORRERY_SVE std::int32_t dot_int8_sve(const std::int8_t* a, const std::int8_t* b, std::int32_t, std::size_t n) noexcept {
  svint32_t s0 = svdup_n_s32(0), s1 = svdup_n_s32(0), s2 = svdup_n_s32(0), s3 = svdup_n_s32(0);
  const svbool_t all = svptrue_b8();
  const std::size_t bytes = svcntb();
  std::size_t i = 0;
  for (; i + 4 * bytes <= n; i += 4 * bytes) {
    s0 = svdot_s32(s0, svld1_vnum_s8(all, a + i, 0), svld1_vnum_s8(all, b + i, 0));
    s1 = svdot_s32(s1, svld1_vnum_s8(all, a + i, 1), svld1_vnum_s8(all, b + i, 1));
    s2 = svdot_s32(s2, svld1_vnum_s8(all, a + i, 2), svld1_vnum_s8(all, b + i, 2));
    s3 = svdot_s32(s3, svld1_vnum_s8(all, a + i, 3), svld1_vnum_s8(all, b + i, 3));
  }
  for (; i < n; i += bytes) {
    const svbool_t rest = svwhilelt_b8_u64(i, n);  // loads give 0 where it is false
    s0 = svdot_s32(s0, svld1_s8(rest, a + i), svld1_s8(rest, b + i));
  }
  const svint32_t sum = svadd_s32_x(all, svadd_s32_x(all, s0, s1), svadd_s32_x(all, s2, s3));
  return static_cast<std::int32_t>(svaddv_s32(svptrue_b32(), sum));
}

ORRERY_SVE Int8Sums to_int8_sve(const float* values, std::int8_t* out, std::size_t n) noexcept {
  const std::size_t lanes = svcntw();
  svfloat32_t most = svdup_n_f32(0);
  for (std::size_t i = 0; i < n; i += lanes) {
    const svbool_t some = svwhilelt_b32_u64(i, n);
    most = svmax_f32_m(some, most, svabs_f32_x(some, svld1_f32(some, values + i)));
  }
  const float largest = svmaxv_f32(svptrue_b32(), most);
  if (largest < kLargestMin) return tiny_to_int8(largest, values, out, n);

  const float inverse = kInt8Max / largest;
  svint32_t sum = svdup_n_s32(0), squares = svdup_n_s32(0);  // 32 bits hold 2^31 / 127^2 > 130,000 squares in a lane
  for (std::size_t i = 0; i < n; i += lanes) {
    const svbool_t some = svwhilelt_b32_u64(i, n);
    const svfloat32_t scaled = svmul_n_f32_x(some, svld1_f32(some, values + i), inverse);
    const svint32_t v = svcvt_s32_f32_x(some, svrintn_f32_x(some, scaled));
    sum = svadd_s32_m(some, sum, v);
    squares = svmla_s32_m(some, squares, v, v);
    svst1b_s32(some, out + i, v);
  }
  return {largest / kInt8Max, static_cast<std::int32_t>(svaddv_s32(svptrue_b32(), sum)), svaddv_s32(svptrue_b32(), squares)};
}

}  // namespace

const CodeKernels sve_code_kernels = {"sve",
                                      {sve_sum<SveF16, Sum::kL2>, sve_sum<SveF16, Sum::kDot>, sve_sum<SveF16, Sum::kL1>},
                                      {sve_sum<SveBf16, Sum::kL2>, sve_sum<SveBf16, Sum::kDot>, sve_sum<SveBf16, Sum::kL1>},
                                      to_int8_sve,
                                      dot_int8_sve};

}  // namespace orrery::kernels
#endif
