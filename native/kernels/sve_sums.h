// sve_sums.h: one loop over SVE's vectors, whatever their length, for the sums of float32 and of halves.
//
// Eight accumulators: with vectors of 128 bits 32 partial sums, as distance.h wants. Vectors of SVE's have no size that the compiler knows,
// so there are no arrays of them: the accumulators are variables of their own, and ORRERY_EIGHT writes a step for each.
#pragma once
#include "arm_features.h"
#if defined(ORRERY_HAS_SVE)
#include <arm_sve.h>

#include <cstddef>
#include <cstdint>

#include "sum_kind.h"

#define ORRERY_SVE __attribute__((target("+sve")))
#define ORRERY_EIGHT(STEP) STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)

namespace orrery::kernels {

// How elements become float32. `at`: the vector that lies `vectors` vectors of float32 behind `from`; 0 where `lanes` is false.
struct SveFloat32 {
  using Element = float;
  ORRERY_SVE static svfloat32_t at(svbool_t lanes, const float* from, std::int64_t vectors) noexcept { return svld1_vnum_f32(lanes, from, vectors); }
};
struct SveF16 {
  using Element = std::uint16_t;
  ORRERY_SVE static svfloat32_t at(svbool_t lanes, const std::uint16_t* from, std::int64_t vectors) noexcept {
    return svcvt_f32_f16_x(lanes, svreinterpret_f16_u32(svld1uh_vnum_u32(lanes, from, vectors)));
  }
};
struct SveBf16 {
  using Element = std::uint16_t;
  ORRERY_SVE static svfloat32_t at(svbool_t lanes, const std::uint16_t* from, std::int64_t vectors) noexcept {
    return svreinterpret_f32_u32(svlsl_n_u32_x(lanes, svld1uh_vnum_u32(lanes, from, vectors), 16));
  }
};

/// Lanes that are false keep their sum.
template <Sum kind>
ORRERY_SVE inline svfloat32_t add_term(svbool_t lanes, svfloat32_t sum, svfloat32_t x, svfloat32_t y) noexcept {
  if constexpr (kind == Sum::kDot) return svmla_f32_m(lanes, sum, x, y);
  else if constexpr (kind == Sum::kL1) return svadd_f32_m(lanes, sum, svabd_f32_x(lanes, x, y));
  else {
    const svfloat32_t d = svsub_f32_x(lanes, x, y);
    return svmla_f32_m(lanes, sum, d, d);
  }
}
ORRERY_SVE inline float sum_of_eight(svfloat32_t a, svfloat32_t b, svfloat32_t c, svfloat32_t d, svfloat32_t e, svfloat32_t f, svfloat32_t g,
                                     svfloat32_t h) noexcept {
  const svbool_t all = svptrue_b32();
  const svfloat32_t low = svadd_f32_x(all, svadd_f32_x(all, a, b), svadd_f32_x(all, c, d));
  const svfloat32_t high = svadd_f32_x(all, svadd_f32_x(all, e, f), svadd_f32_x(all, g, h));
  return svaddv_f32(all, svadd_f32_x(all, low, high));
}

template <typename Load, Sum kind>
ORRERY_SVE float sve_sum(const typename Load::Element* a, const typename Load::Element* b, std::size_t n) noexcept {
#define ORRERY_DECLARE(k) svfloat32_t s##k = svdup_n_f32(0);
#define ORRERY_STEP(k) s##k = add_term<kind>(all, s##k, Load::at(all, a + i, k), Load::at(all, b + i, k));
  ORRERY_EIGHT(ORRERY_DECLARE)
  const svbool_t all = svptrue_b32();
  const std::size_t lanes = svcntw();
  std::size_t i = 0;
  for (; i + 8 * lanes <= n; i += 8 * lanes) {
    ORRERY_EIGHT(ORRERY_STEP)
  }
  for (; i < n; i += lanes) {
    const svbool_t rest = svwhilelt_b32_u64(i, n);
    s0 = add_term<kind>(rest, s0, Load::at(rest, a + i, 0), Load::at(rest, b + i, 0));
  }
  return sum_of_eight(s0, s1, s2, s3, s4, s5, s6, s7);
#undef ORRERY_DECLARE
#undef ORRERY_STEP
}

}  // namespace orrery::kernels
#endif
