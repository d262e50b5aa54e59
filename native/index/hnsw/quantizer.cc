// quantizer.cc: codes and the distances between them.
#include "quantizer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace orrery::index::hnsw {
namespace {

constexpr std::size_t kHeader = 16;
constexpr std::size_t kCacheLine = 64;
/// The most that rounding moves an element, of itself.
constexpr float kF16Unit = 0x1p-11f, kBf16Unit = 0x1p-8f;

std::size_t padded_count(Quantization q, std::uint32_t dimensions) noexcept {
  if (q == Quantization::kBinary) return (dimensions + 31) / 32;
  return (dimensions + kernels::kCodePadding - 1) / kernels::kCodePadding * kernels::kCodePadding;
}
std::size_t element_bytes(Quantization q) noexcept {
  switch (q) {
    case Quantization::kF16:
    case Quantization::kBf16: return 2;
    case Quantization::kBinary: return 4;
    default: return 1;
  }
}

}  // namespace

Quantizer::Quantizer(Quantization quantization, Metric metric, std::uint32_t dimensions)
    : quantization_(quantization), metric_(metric), dimensions_(dimensions), padded_(padded_count(quantization, dimensions)),
      code_bytes_((kHeader + padded_ * element_bytes(quantization) + kCacheLine - 1) / kCacheLine * kCacheLine),
      kernels_(kernels::code_kernels()), bits_(kernels::bit_kernels()) {
  static_assert(sizeof(Header) == kHeader);
}

void Quantizer::encode(const float* vector, std::uint8_t* code) const noexcept {
  std::memset(code, 0, code_bytes_);
  Header head{1, 0, 0, 0};
  std::uint8_t* const elements = code + kHeader;
  double square = 0;
  switch (quantization_) {
    case Quantization::kNone: break;
    case Quantization::kF16:
    case Quantization::kBf16: {
      auto* out = reinterpret_cast<std::uint16_t*>(elements);
      for (std::uint32_t i = 0; i < dimensions_; i++) {
        out[i] = quantization_ == Quantization::kF16 ? kernels::to_f16(vector[i]) : kernels::to_bf16(vector[i]);
        const double value = quantization_ == Quantization::kF16 ? kernels::from_f16(out[i]) : kernels::from_bf16(out[i]);
        square += value * value;
      }
      break;
    }
    case Quantization::kInt8: {
      const kernels::Int8Sums sums = kernels_.to_int8(vector, reinterpret_cast<std::int8_t*>(elements), dimensions_);
      head.scale = sums.scale;
      head.sum = sums.sum;
      square = static_cast<double>(sums.squares) * head.scale * head.scale;
      break;
    }
    case Quantization::kBinary:
      for (std::uint32_t i = 0; i < dimensions_; i++)
        if (vector[i] > 0) elements[i / 8] = static_cast<std::uint8_t>(elements[i / 8] | 1u << i % 8);
      break;
  }
  head.square = static_cast<float>(square);
  head.factor = square > 0 ? static_cast<float>(1 / std::sqrt(square)) : 0;
  std::memcpy(code, &head, kHeader);
}

float Quantizer::distance(const std::uint8_t* a, const std::uint8_t* b) const noexcept {
  switch (quantization_) {
    case Quantization::kInt8: return int8_distance(a, b);
    case Quantization::kBinary: return static_cast<float>(bits_.hamming(a + kHeader, b + kHeader, padded_));
    default: return half_distance(a, b);
  }
}

/// How far, in any one direction, a vector lies from what its code stands for.
float Quantizer::rounding(const Header& code) const noexcept {
  constexpr float kF16Subnormal = 0x1p-25f;
  // Roundings of elements are spread evenly over their step and independent: their sum in a direction has the deviation of one.
  constexpr float kDeviation = 0.28867513f, kDeviations = 8;
  const float root = std::sqrt(static_cast<float>(dimensions_));
  switch (quantization_) {
    case Quantization::kF16: return 1.01f * kF16Unit * std::sqrt(code.square) + kF16Subnormal * root;
    case Quantization::kBf16: return 1.01f * kBf16Unit * std::sqrt(code.square);
    default: return code.scale * std::min(kDeviations * kDeviation, 0.501f * root);
  }
}

float Quantizer::at_least(float distance, const std::uint8_t* a, const std::uint8_t* b) const noexcept {
  constexpr float kNothing = -std::numeric_limits<float>::infinity();
  if (quantization_ == Quantization::kBinary || metric_ == Metric::kL1) return kNothing;
  const Header& p = header(a);
  const Header& q = header(b);
  constexpr float kFloat32 = 1e-6f;  // of the terms: what sums in float32 lose
  float least = 0;
  switch (metric_) {
    case Metric::kInnerProduct: {
      const float x = std::sqrt(p.square) + rounding(p), y = std::sqrt(q.square);
      least = distance - x * rounding(q) - y * rounding(p) - kFloat32 * x * y;
      break;
    }
    case Metric::kCosine: {
      if (p.factor == 0 || q.factor == 0) return kNothing;  // a code of zeros has no direction
      // Of vectors whose squared length is 0 in float32 the unit is left.
      const float unit = quantization_ == Quantization::kF16 ? kF16Unit : quantization_ == Quantization::kBf16 ? kBf16Unit : 0;
      least = distance - 2 * (std::max(unit, rounding(p) * p.factor) + std::max(unit, rounding(q) * q.factor)) - kFloat32;
      break;
    }
    default: {
      const float lost = quantization_ == Quantization::kInt8 ? kFloat32 * (p.square + q.square) : kFloat32 * distance;
      const float near = std::max(0.0f, std::sqrt(std::max(0.0f, distance - lost)) - rounding(p) - rounding(q));
      least = near * near;
    }
  }
  return least == least ? least : kNothing;
}

float Quantizer::half_distance(const std::uint8_t* a, const std::uint8_t* b) const noexcept {
  const auto* x = reinterpret_cast<const std::uint16_t*>(a + kHeader);
  const auto* y = reinterpret_cast<const std::uint16_t*>(b + kHeader);
  const kernels::HalfKernels& k = quantization_ == Quantization::kF16 ? kernels_.f16 : kernels_.bf16;
  switch (metric_) {
    case Metric::kInnerProduct: return -k.inner_product(x, y, padded_);
    case Metric::kCosine: return 1 - k.inner_product(x, y, padded_) * header(a).factor * header(b).factor;
    case Metric::kL1: return k.l1(x, y, padded_);
    default: return k.l2_squared(x, y, padded_);
  }
}

float Quantizer::int8_distance(const std::uint8_t* a, const std::uint8_t* b) const noexcept {
  const Header& p = header(a);
  const Header& q = header(b);
  const float product = static_cast<float>(kernels_.dot_int8(reinterpret_cast<const std::int8_t*>(a + kHeader),
                                                             reinterpret_cast<const std::int8_t*>(b + kHeader), q.sum, padded_)) *
                        p.scale * q.scale;
  switch (metric_) {
    case Metric::kInnerProduct: return -product;
    case Metric::kCosine: return 1 - product * p.factor * q.factor;
    default: return std::max(0.0f, p.square + q.square - 2 * product);
  }
}

}  // namespace orrery::index::hnsw
