// bits.cc: population counts of packed bit strings: scalar, the POPCNT instruction, AVX-512 VPOPCNTDQ.
#include "bits.h"

#include <bit>
#include <cstring>
#include <vector>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace orrery::kernels {
namespace {

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

std::uint64_t hamming_scalar(const void* a, const void* b, std::size_t n) noexcept {
  return hamming_words(a, b, n, [](std::uint64_t x) { return static_cast<std::uint64_t>(std::popcount(x)); });
}
SharedBits shared_scalar(const void* a, const void* b, std::size_t n) noexcept {
  return shared_words(a, b, n, [](std::uint64_t x) { return static_cast<std::uint64_t>(std::popcount(x)); });
}
const BitKernels scalar_bit_kernels = {"scalar", hamming_scalar, shared_scalar};

#if defined(__x86_64__)
#define ORRERY_POPCNT __attribute__((target("popcnt")))
struct PopcntCount {
  ORRERY_POPCNT std::uint64_t operator()(std::uint64_t x) const noexcept { return static_cast<std::uint64_t>(_mm_popcnt_u64(x)); }
};
ORRERY_POPCNT std::uint64_t hamming_popcnt(const void* a, const void* b, std::size_t n) noexcept { return hamming_words(a, b, n, PopcntCount{}); }
ORRERY_POPCNT SharedBits shared_popcnt(const void* a, const void* b, std::size_t n) noexcept { return shared_words(a, b, n, PopcntCount{}); }
const BitKernels popcnt_bit_kernels = {"popcnt", hamming_popcnt, shared_popcnt};

#define ORRERY_VPOPCNT __attribute__((target("avx512f,avx512vpopcntdq")))
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
const BitKernels vpopcnt_bit_kernels = {"avx512_vpopcntdq", hamming_vpopcnt, shared_vpopcnt};
#endif

const std::vector<const BitKernels*>& runnable() noexcept {
  static const std::vector<const BitKernels*> all = [] {
    std::vector<const BitKernels*> found{&scalar_bit_kernels};
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("popcnt")) found.push_back(&popcnt_bit_kernels);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vpopcntdq")) found.push_back(&vpopcnt_bit_kernels);
#endif
    return found;
  }();
  return all;
}

}  // namespace

const BitKernels& bit_kernels() noexcept { return *runnable().back(); }
std::span<const BitKernels* const> runnable_bit_kernels() noexcept { return runnable(); }

}  // namespace orrery::kernels
