// bits_arm.cc: population counts of bytes by NEON, of words by SVE.
#if defined(__aarch64__)
#include <arm_neon.h>

#include <algorithm>

#include "bit_variants.h"
#include "sve_sums.h"

namespace orrery::kernels {
namespace {

/// A byte of a sum holds the counts of so many bytes, each 8 at most.
constexpr std::size_t kStepsMax = 31;
constexpr std::size_t kWords = kNeonBytes / 4;

inline uint8x16_t sixteen(const void* p, std::size_t word) noexcept { return vld1q_u8(static_cast<const std::uint8_t*>(p) + 4 * word); }
inline uint64x2_t add_bytes(uint64x2_t sum, uint8x16_t bytes) noexcept { return vpadalq_u32(sum, vpaddlq_u16(vpaddlq_u8(bytes))); }
inline const void* from_word(const void* p, std::size_t word) noexcept { return static_cast<const std::uint8_t*>(p) + 4 * word; }

std::uint64_t hamming_neon(const void* a, const void* b, std::size_t n) noexcept {
  uint64x2_t sum = vdupq_n_u64(0);
  const std::size_t whole = n / kWords * kWords;
  for (std::size_t i = 0; i < whole;) {
    uint8x16_t counts = vdupq_n_u8(0);
    for (const std::size_t end = std::min(whole, i + kStepsMax * kWords); i < end; i += kWords)
      counts = vaddq_u8(counts, vcntq_u8(veorq_u8(sixteen(a, i), sixteen(b, i))));
    sum = add_bytes(sum, counts);
  }
  return vaddvq_u64(sum) + hamming_words(from_word(a, whole), from_word(b, whole), n - whole, PortableCount{});
}
SharedBits shared_neon(const void* a, const void* b, std::size_t n) noexcept {
  uint64x2_t both = vdupq_n_u64(0), either = vdupq_n_u64(0);
  const std::size_t whole = n / kWords * kWords;
  for (std::size_t i = 0; i < whole;) {
    uint8x16_t both_counts = vdupq_n_u8(0), either_counts = vdupq_n_u8(0);
    for (const std::size_t end = std::min(whole, i + kStepsMax * kWords); i < end; i += kWords) {
      const uint8x16_t x = sixteen(a, i), y = sixteen(b, i);
      both_counts = vaddq_u8(both_counts, vcntq_u8(vandq_u8(x, y)));
      either_counts = vaddq_u8(either_counts, vcntq_u8(vorrq_u8(x, y)));
    }
    both = add_bytes(both, both_counts);
    either = add_bytes(either, either_counts);
  }
  const SharedBits rest = shared_words(from_word(a, whole), from_word(b, whole), n - whole, PortableCount{});
  return {vaddvq_u64(both) + rest.both, vaddvq_u64(either) + rest.either};
}

#if defined(ORRERY_HAS_SVE)
/// The words from `i` on, 0 where `some` is false, in counts that are added by 64 bits: those of any string fit.
ORRERY_SVE inline svuint32_t words(svbool_t some, const void* p, std::size_t i) noexcept {
  return svld1_u32(some, static_cast<const std::uint32_t*>(from_word(p, i)));
}
ORRERY_SVE inline svuint64_t add_counts(svuint64_t sum, svuint32_t bits) noexcept {
  const svbool_t all = svptrue_b64();
  return svadd_u64_x(all, sum, svcnt_u64_x(all, svreinterpret_u64_u32(bits)));
}
ORRERY_SVE std::uint64_t hamming_sve(const void* a, const void* b, std::size_t n) noexcept {
  svuint64_t sum = svdup_n_u64(0);
  for (std::size_t i = 0; i < n; i += svcntw()) {
    const svbool_t some = svwhilelt_b32_u64(i, n);
    sum = add_counts(sum, sveor_u32_z(some, words(some, a, i), words(some, b, i)));
  }
  return svaddv_u64(svptrue_b64(), sum);
}
ORRERY_SVE SharedBits shared_sve(const void* a, const void* b, std::size_t n) noexcept {
  svuint64_t both = svdup_n_u64(0), either = svdup_n_u64(0);
  for (std::size_t i = 0; i < n; i += svcntw()) {
    const svbool_t some = svwhilelt_b32_u64(i, n);
    const svuint32_t x = words(some, a, i), y = words(some, b, i);
    both = add_counts(both, svand_u32_z(some, x, y));
    either = add_counts(either, svorr_u32_z(some, x, y));
  }
  return {svaddv_u64(svptrue_b64(), both), svaddv_u64(svptrue_b64(), either)};
}
#endif

}  // namespace

const BitKernels neon_bit_kernels = {"neon", hamming_neon, shared_neon};
#if defined(ORRERY_HAS_SVE)
const BitKernels sve_bit_kernels = {"sve", hamming_sve, shared_sve};
#endif

}  // namespace orrery::kernels
#endif
