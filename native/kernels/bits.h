// bits.h: how many bits two packed bit strings share: what Hamming and Jaccard distance need, one variant per instruction set.
//
// Arguments: a, b: uint32[n], any alignment, may alias; bits beyond the strings' end are 0 in both. n = 0 gives 0.
// No allocation, no exceptions, any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace orrery::kernels {

struct SharedBits {
  std::uint64_t both;
  std::uint64_t either;
};

struct BitKernels {
  const char* name;
  std::uint64_t (*hamming)(const void* a, const void* b, std::size_t n) noexcept;  // bits that differ
  SharedBits (*shared)(const void* a, const void* b, std::size_t n) noexcept;
};

/// The fastest variant that this processor runs.
const BitKernels& bit_kernels() noexcept;
/// Every variant that this processor runs, the scalar one first.
std::span<const BitKernels* const> runnable_bit_kernels() noexcept;

/// pgvector's: 1 where the strings share no set bit, also where neither has one.
inline double jaccard_distance(const SharedBits& bits) noexcept {
  return bits.both == 0 ? 1 : 1 - static_cast<double>(bits.both) / static_cast<double>(bits.either);
}

}  // namespace orrery::kernels
