// sparse.h: distances between sparse vectors, packed into places of a matrix of float32.
//
// A vector of n elements that are not zero, in 2 c + 1 places of 4 bytes (n <= c, the same c for all): uint32 n, then from place 1 its uint32 indices,
// ascending, and from place c + 1 its float32 values. What is behind them is not read.
// Arguments: a, b: such places; `places` = 2 c + 1. No allocation, no exceptions, any thread. Cost: the elements of both.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "distance.h"

namespace orrery::kernels {

class SparseView {
 public:
  SparseView(const float* places, std::uint32_t count) noexcept : places_(places), capacity_((count - 1) / 2) {
    std::uint32_t n;
    std::memcpy(&n, places, sizeof n);
    size_ = std::min(n, capacity_);
  }
  std::uint32_t size() const noexcept { return size_; }
  std::uint32_t index(std::uint32_t i) const noexcept {
    std::uint32_t value;
    std::memcpy(&value, places_ + 1 + i, sizeof value);
    return value;
  }
  float value(std::uint32_t i) const noexcept { return places_[1 + capacity_ + i]; }

 private:
  const float* places_;
  std::uint32_t capacity_, size_;
};

/// Calls use(x, y) for each index that either has, with 0 for what is missing; and, where `only_shared`, for those that both have.
template <bool only_shared, typename Use>
void merge_sparse(const float* a, const float* b, std::uint32_t places, Use&& use) noexcept {
  const SparseView x(a, places), y(b, places);
  std::uint32_t i = 0, j = 0;
  while (i < x.size() && j < y.size()) {
    const std::uint32_t p = x.index(i), q = y.index(j);
    if (p == q) use(x.value(i++), y.value(j++));
    else if (p < q) {
      if constexpr (!only_shared) use(x.value(i), 0.0f);
      i++;
    } else {
      if constexpr (!only_shared) use(0.0f, y.value(j));
      j++;
    }
  }
  if constexpr (!only_shared) {
    for (; i < x.size(); i++) use(x.value(i), 0.0f);
    for (; j < y.size(); j++) use(0.0f, y.value(j));
  }
}

inline float sparse_l2_squared(const float* a, const float* b, std::uint32_t places) noexcept {
  float sum = 0;
  merge_sparse<false>(a, b, places, [&](float x, float y) { sum += (x - y) * (x - y); });
  return sum;
}
inline float sparse_inner_product(const float* a, const float* b, std::uint32_t places) noexcept {
  float sum = 0;
  merge_sparse<true>(a, b, places, [&](float x, float y) { sum += x * y; });
  return sum;
}
inline float sparse_l1(const float* a, const float* b, std::uint32_t places) noexcept {
  float sum = 0;
  merge_sparse<false>(a, b, places, [&](float x, float y) { sum += std::abs(x - y); });
  return sum;
}
inline CosineSums sparse_cosine_sums(const float* a, const float* b, std::uint32_t places) noexcept {
  return {sparse_inner_product(a, b, places), sparse_inner_product(a, a, places), sparse_inner_product(b, b, places)};
}

}  // namespace orrery::kernels
