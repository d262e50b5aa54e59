// quantizer.h: short forms of vectors that walks compare instead of the vectors: fewer bytes to fetch for a slightly wrong order. What a walk
// found is ranked by the vectors themselves at the end.
//
// A code is a header of 16 bytes and the elements, padded with zeros to whole cache lines:
//  - f16, bf16: each element rounded;
//  - int8: each element times 127 / (the vector's largest magnitude), rounded; the header has the inverse scale, the squared length and the sum;
//  - binary: one bit an element, 1 where it is positive; the order is by how many differ.
// Threads: immutable, any.
#pragma once
#include <cstdint>

#include "../../kernels/bits.h"
#include "../../kernels/codes.h"
#include "../vector_column_index.h"

namespace orrery::index::hnsw {

enum class Quantization : std::uint8_t { kNone = 0, kF16 = 1, kBf16 = 2, kInt8 = 3, kBinary = 4 };  // on disk

/// Bit strings are as short as they get; signs say nothing of a taxicab distance, and products of bytes do not give it.
constexpr bool is_quantizable(Metric metric, Quantization q) noexcept {
  if (q == Quantization::kNone) return true;
  if (q > Quantization::kBinary || is_of_bits(metric) || is_sparse(metric)) return false;
  return metric != Metric::kL1 || q == Quantization::kF16 || q == Quantization::kBf16;
}

class Quantizer {
 public:
  /// A quantization that is_quantizable() under the metric, not kNone.
  Quantizer(Quantization quantization, Metric metric, std::uint32_t dimensions);

  /// A multiple of 64.
  std::size_t code_bytes() const noexcept { return code_bytes_; }
  /// code: code_bytes(), aligned to 16.
  void encode(const float* vector, std::uint8_t* code) const noexcept;
  /// As the graph orders: squared for l2, minus the product for inner product; for binary the bits that differ.
  float distance(const std::uint8_t* a, const std::uint8_t* b) const noexcept;
  /// What the distance between the vectors is not below, where the one between their codes is `distance`: for halves by the most that
  /// rounding moves a vector, for int8 by eight standard deviations of it. Minus infinity where codes say too little (binary, L1).
  float at_least(float distance, const std::uint8_t* a, const std::uint8_t* b) const noexcept;

 private:
  struct Header {
    float scale;        // int8: an element's value is its byte times this
    float square;       // int8: the squared length of what the code stands for
    float factor;       // cosine: 1 / length of what the code stands for
    std::int32_t sum;   // int8
  };
  static const Header& header(const std::uint8_t* code) noexcept { return *reinterpret_cast<const Header*>(code); }
  float rounding(const Header& code) const noexcept;
  float half_distance(const std::uint8_t* a, const std::uint8_t* b) const noexcept;
  float int8_distance(const std::uint8_t* a, const std::uint8_t* b) const noexcept;

  const Quantization quantization_;
  const Metric metric_;
  const std::uint32_t dimensions_;
  const std::size_t padded_;      // elements, binary: 32-bit words
  const std::size_t code_bytes_;
  const kernels::CodeKernels& kernels_;
  const kernels::BitKernels& bits_;
};

}  // namespace orrery::index::hnsw
