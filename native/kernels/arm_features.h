// arm_features.h: what this ARM processor has beyond ARMv8.0, NEON included, and what the operating system lets programs use.
#pragma once
#if defined(__aarch64__)
#include <cstddef>
#include <vector>

// Whether SVE's variants are compiled: functions for it in a program that does not take it for granted need GCC 10 or Clang 18.
#if defined(__linux__) && __has_include(<arm_sve.h>) && (!defined(__clang__) || __clang_major__ >= 18)
#define ORRERY_HAS_SVE
#endif

namespace orrery::kernels {

/// NEON's vectors; SVE's have this length or a longer one.
constexpr std::size_t kNeonBytes = 16;

struct ArmFeatures {
  bool has_dot_product;    // SDOT of bytes (ARMv8.2 DotProd)
  std::size_t sve_bytes;   // the length of SVE's vectors; 0 without SVE
};
ArmFeatures arm_features() noexcept;

#if defined(ORRERY_HAS_SVE)
/// Adds SVE's variant to those that this processor runs, of which the last is chosen: where its vectors are as short as NEON's it goes before
/// NEON's, since it gains nothing and widens halves in twice as many loads.
template <typename Kernels>
void add_sve_variant(std::vector<const Kernels*>& found, const Kernels& sve) {
  const std::size_t bytes = arm_features().sve_bytes;
  if (bytes > 0) found.insert(bytes > kNeonBytes ? found.end() : found.begin() + 1, &sve);
}
#endif

}  // namespace orrery::kernels
#endif
