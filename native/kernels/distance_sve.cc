// distance_sve.cc: variants for ARM's scalable vectors, of any length; the tail is a predicate, so no scalar loop follows.
#include "arm_features.h"
#if defined(ORRERY_HAS_SVE)
#include "distance.h"
#include "sve_sums.h"

namespace orrery::kernels {
namespace {

ORRERY_SVE CosineSums cosine_sums(const float* a, const float* b, std::size_t n) noexcept {
#define ORRERY_DECLARE(k) svfloat32_t dot##k = svdup_n_f32(0), norm_a##k = svdup_n_f32(0), norm_b##k = svdup_n_f32(0);
#define ORRERY_STEP(k)                                                                               \
  {                                                                                                  \
    const svfloat32_t x = SveFloat32::at(all, a + i, k), y = SveFloat32::at(all, b + i, k);          \
    dot##k = svmla_f32_x(all, dot##k, x, y);                                                         \
    norm_a##k = svmla_f32_x(all, norm_a##k, x, x);                                                   \
    norm_b##k = svmla_f32_x(all, norm_b##k, y, y);                                                   \
  }
  ORRERY_EIGHT(ORRERY_DECLARE)
  const svbool_t all = svptrue_b32();
  const std::size_t lanes = svcntw();
  std::size_t i = 0;
  for (; i + 8 * lanes <= n; i += 8 * lanes) {
    ORRERY_EIGHT(ORRERY_STEP)
  }
  for (; i < n; i += lanes) {
    const svbool_t rest = svwhilelt_b32_u64(i, n);
    const svfloat32_t x = SveFloat32::at(rest, a + i, 0), y = SveFloat32::at(rest, b + i, 0);
    dot0 = svmla_f32_m(rest, dot0, x, y);
    norm_a0 = svmla_f32_m(rest, norm_a0, x, x);
    norm_b0 = svmla_f32_m(rest, norm_b0, y, y);
  }
  return {sum_of_eight(dot0, dot1, dot2, dot3, dot4, dot5, dot6, dot7),
          sum_of_eight(norm_a0, norm_a1, norm_a2, norm_a3, norm_a4, norm_a5, norm_a6, norm_a7),
          sum_of_eight(norm_b0, norm_b1, norm_b2, norm_b3, norm_b4, norm_b5, norm_b6, norm_b7)};
#undef ORRERY_DECLARE
#undef ORRERY_STEP
}

}  // namespace

const DistanceKernels sve_distance_kernels = {"sve", sve_sum<SveFloat32, Sum::kL2>, sve_sum<SveFloat32, Sum::kDot>, sve_sum<SveFloat32, Sum::kL1>,
                                              cosine_sums};

}  // namespace orrery::kernels
#endif
