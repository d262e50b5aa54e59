// vector_distance.h: one query against many vectors: what orders them, without what SQL's operators do to the result.
//
// Threads: any; the query must outlive the object.
#pragma once
#include <algorithm>

#include "../kernels/bits.h"
#include "../kernels/distance.h"
#include "../kernels/sparse.h"
#include "vector_column_index.h"

namespace orrery::index {

/// Squared for l2, minus the product for inner product, else as SQL's operator; NaN where there is no order.
inline float order_distance(Metric metric, const float* a, const float* b, std::uint32_t dimensions, const kernels::DistanceKernels& kernels,
                            const kernels::BitKernels& bits) noexcept {
  switch (metric) {
    case Metric::kL2: return kernels.l2_squared(a, b, dimensions);
    case Metric::kInnerProduct: return -kernels.inner_product(a, b, dimensions);
    case Metric::kCosine: return static_cast<float>(kernels::cosine_distance(kernels.cosine_sums(a, b, dimensions)));
    case Metric::kL1: return kernels.l1(a, b, dimensions);
    case Metric::kHamming: return static_cast<float>(bits.hamming(a, b, dimensions));
    case Metric::kJaccard: return static_cast<float>(kernels::jaccard_distance(bits.shared(a, b, dimensions)));
    case Metric::kSparseL2: return kernels::sparse_l2_squared(a, b, dimensions);
    case Metric::kSparseInnerProduct: return -kernels::sparse_inner_product(a, b, dimensions);
    case Metric::kSparseCosine: return static_cast<float>(kernels::cosine_distance(kernels::sparse_cosine_sums(a, b, dimensions)));
    case Metric::kSparseL1: return kernels::sparse_l1(a, b, dimensions);
  }
  return 0;
}

class QueryDistance {
 public:
  QueryDistance(Metric metric, std::uint32_t dimensions, const float* query) noexcept
      : metric_(metric), dimensions_(dimensions), query_(query), kernels_(kernels::distance_kernels()), bits_(kernels::bit_kernels()) {}

  float operator()(const float* vector) const noexcept { return order_distance(metric_, query_, vector, dimensions_, kernels_, bits_); }
  /// Asks for the first lines; the processor sees the stride and goes on by itself. nullptr is fine.
  void prefetch(const float* vector) const noexcept {
    const auto* from = reinterpret_cast<const char*>(vector);
    for (std::size_t i = 0; i < std::min<std::size_t>(512, sizeof(float) * dimensions_); i += 64) __builtin_prefetch(from + i);
  }

 private:
  const Metric metric_;
  const std::uint32_t dimensions_;
  const float* const query_;
  const kernels::DistanceKernels& kernels_;
  const kernels::BitKernels& bits_;
};

}  // namespace orrery::index
