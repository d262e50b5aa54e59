// bits_dispatch.cc: which variants this processor runs.
#include <vector>

#include "bit_variants.h"

namespace orrery::kernels {
namespace {

const std::vector<const BitKernels*>& runnable() noexcept {
  static const std::vector<const BitKernels*> all = [] {
    std::vector<const BitKernels*> found{&scalar_bit_kernels};
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("popcnt")) found.push_back(&popcnt_bit_kernels);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vpopcntdq")) found.push_back(&vpopcnt_bit_kernels);
#elif defined(__aarch64__)
    found.push_back(&neon_bit_kernels);
#if defined(ORRERY_HAS_SVE)
    add_sve_variant(found, sve_bit_kernels);
#endif
#endif
    return found;
  }();
  return all;
}

}  // namespace

const BitKernels& bit_kernels() noexcept { return *runnable().back(); }
std::span<const BitKernels* const> runnable_bit_kernels() noexcept { return runnable(); }

}  // namespace orrery::kernels
