// codes_dispatch.cc: which variants this processor runs.
#include <vector>

#include "code_variants.h"

namespace orrery::kernels {
namespace {

const std::vector<const CodeKernels*>& runnable() noexcept {
  static const std::vector<const CodeKernels*> all = [] {
    std::vector<const CodeKernels*> found{&scalar_code_kernels};
#if defined(__x86_64__)
    __builtin_cpu_init();
    // Every processor with AVX2 has F16C; GCC before 11 does not know its name.
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found.push_back(&avx2_code_kernels);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni")) {
      found.push_back(&avx512_code_kernels);
      if (__builtin_cpu_supports("avx512bf16")) found.push_back(&avx512_bf16_code_kernels);
    }
#elif defined(__aarch64__)
    found.push_back(&neon_code_kernels);
    if (arm_features().has_dot_product) found.push_back(&neon_dotprod_code_kernels);
#if defined(ORRERY_HAS_SVE)
    add_sve_variant(found, sve_code_kernels);
#endif
#endif
    return found;
  }();
  return all;
}

}  // namespace

const CodeKernels& code_kernels() noexcept { return *runnable().back(); }
std::span<const CodeKernels* const> runnable_code_kernels() noexcept { return runnable(); }

}  // namespace orrery::kernels
