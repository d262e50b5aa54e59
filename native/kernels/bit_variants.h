// bit_variants.h: what the variants of bits.h share: the loop over words, and the tables that bits_dispatch.cc chooses from.
#pragma once
#include <bit>
#include <cstring>

#include "arm_features.h"
#include "bits.h"

namespace orrery::kernels {

// One loop for the portable and the POPCNT variant: inlined into each, it is compiled for each one's instructions.
template <typename Count>
[[gnu::always_inline]] inline std::uint64_t hamming_words(const void* a, const void* b, std::size_t n, Count count) noexcept {
  const auto* left = static_cast<const unsigned char*>(a);
  const auto* right = static_cast<const unsigned char*>(b);
  std::uint64_t sum = 0, x = 0, y = 0;
  std::size_t i = 0;
  for (; i + 2 <= n; i += 2) {
    std::memcpy(&x, left + 4 * i, 8);
    std::memcpy(&y, right + 4 * i, 8);
    sum += count(x ^ y);
  }
  if (i < n) {
    std::uint32_t p = 0, q = 0;
    std::memcpy(&p, left + 4 * i, 4);
    std::memcpy(&q, right + 4 * i, 4);
    sum += count(p ^ q);
  }
  return sum;
}
template <typename Count>
[[gnu::always_inline]] inline SharedBits shared_words(const void* a, const void* b, std::size_t n, Count count) noexcept {
  const auto* left = static_cast<const unsigned char*>(a);
  const auto* right = static_cast<const unsigned char*>(b);
  SharedBits sum{0, 0};
  for (std::size_t i = 0; i < n; i++) {
    std::uint32_t x = 0, y = 0;
    std::memcpy(&x, left + 4 * i, 4);
    std::memcpy(&y, right + 4 * i, 4);
    sum.both += count(x & y);
    sum.either += count(x | y);
  }
  return sum;
}
/// How the compiler counts for the instructions that it may take for granted.
struct PortableCount {
  std::uint64_t operator()(std::uint64_t x) const noexcept { return static_cast<std::uint64_t>(std::popcount(x)); }
};

extern const BitKernels scalar_bit_kernels;
#if defined(__x86_64__)
extern const BitKernels popcnt_bit_kernels;   // needs POPCNT
extern const BitKernels vpopcnt_bit_kernels;  // needs AVX-512 F and VPOPCNTDQ
#elif defined(__aarch64__)
extern const BitKernels neon_bit_kernels;
#if defined(ORRERY_HAS_SVE)
extern const BitKernels sve_bit_kernels;
#endif
#endif

}  // namespace orrery::kernels
