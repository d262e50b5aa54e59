// distance_dispatch.cc: which variants this processor runs. GCC's and Clang's CPU checks include the operating system's
// consent to the wider registers.
#include <vector>

#include "distance.h"

namespace orrery::kernels {
namespace {

const std::vector<const DistanceKernels*>& runnable() noexcept {
  static const std::vector<const DistanceKernels*> all = [] {
    std::vector<const DistanceKernels*> found{&scalar_distance_kernels};
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found.push_back(&avx2_distance_kernels);
    if (__builtin_cpu_supports("avx512f")) found.push_back(&avx512_distance_kernels);
#elif defined(__aarch64__)
    found.push_back(&neon_distance_kernels);
#if defined(ORRERY_HAS_SVE)
    add_sve_variant(found, sve_distance_kernels);
#endif
#endif
    return found;
  }();
  return all;
}

}  // namespace

const DistanceKernels& distance_kernels() noexcept { return *runnable().back(); }
std::span<const DistanceKernels* const> runnable_distance_kernels() noexcept { return runnable(); }

}  // namespace orrery::kernels
