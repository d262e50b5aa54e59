// bits_x86.cc: population counts by the POPCNT instruction and by AVX-512 VPOPCNTDQ.
#if defined(__x86_64__)
#include <immintrin.h>

#include "bit_variants.h"

#define ORRERY_POPCNT __attribute__((target("popcnt")))
#define ORRERY_VPOPCNT __attribute__((target("avx512f,avx512vpopcntdq")))

namespace orrery::kernels {
namespace {

struct PopcntCount {
  ORRERY_POPCNT std::uint64_t operator()(std::uint64_t x) const noexcept { return static_cast<std::uint64_t>(_mm_popcnt_u64(x)); }
};
ORRERY_POPCNT std::uint64_t hamming_popcnt(const void* a, const void* b, std::size_t n) noexcept { return hamming_words(a, b, n, PopcntCount{}); }
ORRERY_POPCNT SharedBits shared_popcnt(const void* a, const void* b, std::size_t n) noexcept { return shared_words(a, b, n, PopcntCount{}); }

/// The words from `i` on, at most 16; zero beyond the end.
ORRERY_VPOPCNT inline __m512i words(const void* p, std::size_t i, std::size_t n) noexcept {
  const auto mask = static_cast<__mmask16>(n - i >= 16 ? 0xffff : (1u << (n - i)) - 1);
  return _mm512_maskz_loadu_epi32(mask, static_cast<const char*>(p) + 4 * i);
}
/// By memory: GCC 12's own reduction warns of its undefined registers.
ORRERY_VPOPCNT inline std::uint64_t sum_of(__m512i v) noexcept {
  alignas(64) std::uint64_t lanes[8];
  _mm512_store_si512(lanes, v);
  std::uint64_t sum = 0;
  for (const std::uint64_t lane : lanes) sum += lane;
  return sum;
}
ORRERY_VPOPCNT std::uint64_t hamming_vpopcnt(const void* a, const void* b, std::size_t n) noexcept {
  __m512i sum = _mm512_setzero_si512();
  for (std::size_t i = 0; i < n; i += 16) sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(_mm512_xor_si512(words(a, i, n), words(b, i, n))));
  return sum_of(sum);
}
ORRERY_VPOPCNT SharedBits shared_vpopcnt(const void* a, const void* b, std::size_t n) noexcept {
  __m512i both = _mm512_setzero_si512(), either = _mm512_setzero_si512();
  for (std::size_t i = 0; i < n; i += 16) {
    const __m512i x = words(a, i, n), y = words(b, i, n);
    both = _mm512_add_epi64(both, _mm512_popcnt_epi64(_mm512_and_si512(x, y)));
    either = _mm512_add_epi64(either, _mm512_popcnt_epi64(_mm512_or_si512(x, y)));
  }
  return {sum_of(both), sum_of(either)};
}

}  // namespace

const BitKernels popcnt_bit_kernels = {"popcnt", hamming_popcnt, shared_popcnt};
const BitKernels vpopcnt_bit_kernels = {"avx512_vpopcntdq", hamming_vpopcnt, shared_vpopcnt};

}  // namespace orrery::kernels
#endif
