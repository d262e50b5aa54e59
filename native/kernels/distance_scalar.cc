// distance_scalar.cc: the reference that the other variants are tested against, and what an unknown processor runs.
#include <cmath>

#include "distance.h"

namespace orrery::kernels {
namespace {

float l2_squared(const float* a, const float* b, std::size_t n) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < n; i++) {
    const double difference = static_cast<double>(a[i]) - b[i];
    sum += difference * difference;
  }
  return static_cast<float>(sum);
}

float inner_product(const float* a, const float* b, std::size_t n) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < n; i++) sum += static_cast<double>(a[i]) * b[i];
  return static_cast<float>(sum);
}

float l1(const float* a, const float* b, std::size_t n) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < n; i++) sum += std::fabs(static_cast<double>(a[i]) - b[i]);
  return static_cast<float>(sum);
}

CosineSums cosine_sums(const float* a, const float* b, std::size_t n) noexcept {
  double dot = 0, norm_a = 0, norm_b = 0;
  for (std::size_t i = 0; i < n; i++) {
    dot += static_cast<double>(a[i]) * b[i];
    norm_a += static_cast<double>(a[i]) * a[i];
    norm_b += static_cast<double>(b[i]) * b[i];
  }
  return {static_cast<float>(dot), static_cast<float>(norm_a), static_cast<float>(norm_b)};
}

}  // namespace

const DistanceKernels scalar_distance_kernels = {"scalar", l2_squared, inner_product, l1, cosine_sums};

double cosine_distance(const CosineSums& sums) noexcept {
  const double similarity = static_cast<double>(sums.dot) / std::sqrt(static_cast<double>(sums.norm_a) * static_cast<double>(sums.norm_b));
  if (similarity > 1) return 0;
  if (similarity < -1) return 2;
  return 1 - similarity;
}

}  // namespace orrery::kernels
