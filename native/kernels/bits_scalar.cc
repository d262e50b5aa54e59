// bits_scalar.cc: the reference that the other variants are tested against, and what an unknown processor runs.
#include "bit_variants.h"

namespace orrery::kernels {
namespace {

std::uint64_t hamming_scalar(const void* a, const void* b, std::size_t n) noexcept { return hamming_words(a, b, n, PortableCount{}); }
SharedBits shared_scalar(const void* a, const void* b, std::size_t n) noexcept { return shared_words(a, b, n, PortableCount{}); }

}  // namespace

const BitKernels scalar_bit_kernels = {"scalar", hamming_scalar, shared_scalar};

}  // namespace orrery::kernels
