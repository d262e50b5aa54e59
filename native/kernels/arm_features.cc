// arm_features.cc: from the auxiliary vector on Linux; elsewhere what the compiler may take for granted (macOS: SDOT on every processor, no SVE).
#if defined(__aarch64__)
#include "arm_features.h"

#include "sve_sums.h"
#if defined(__linux__)
#include <sys/auxv.h>
#endif

namespace orrery::kernels {
namespace {

#if defined(__linux__)
// <asm/hwcap.h> of an old system may not have the names.
constexpr unsigned long kHwcapAsimdDp = 1ul << 20;
bool has_dot_product() noexcept { return (getauxval(AT_HWCAP) & kHwcapAsimdDp) != 0; }
#elif defined(__ARM_FEATURE_DOTPROD)
bool has_dot_product() noexcept { return true; }
#else
bool has_dot_product() noexcept { return false; }
#endif

#if defined(ORRERY_HAS_SVE)
constexpr unsigned long kHwcapSve = 1ul << 22;
ORRERY_SVE std::size_t vector_bytes() noexcept { return svcntb(); }
std::size_t sve_bytes() noexcept { return (getauxval(AT_HWCAP) & kHwcapSve) != 0 ? vector_bytes() : 0; }
#else
std::size_t sve_bytes() noexcept { return 0; }
#endif

}  // namespace

ArmFeatures arm_features() noexcept { return {has_dot_product(), sve_bytes()}; }

}  // namespace orrery::kernels
#endif
