// sparse_kernels_test.cc: packed sparse vectors against the dense ones that they stand for.
#include <cmath>
#include <random>

#include "../kernels/sparse.h"
#include "check.h"

namespace {
using namespace orrery;
using namespace orrery::kernels;

constexpr std::uint32_t kDimensions = 40, kCapacity = 16, kPlaces = 2 * kCapacity + 1;

struct Pair {
  std::vector<float> dense = std::vector<float>(kDimensions), packed = std::vector<float>(kPlaces, NAN);
};
Pair random_pair(std::mt19937& random) {
  Pair p;
  const std::uint32_t wanted = random() % (kCapacity + 1);
  std::vector<std::uint32_t> indices;
  for (std::uint32_t i = 0; i < kDimensions && indices.size() < wanted; i++)
    if (random() % 3 == 0) indices.push_back(i);
  const auto count = static_cast<std::uint32_t>(indices.size());
  std::memcpy(p.packed.data(), &count, sizeof count);
  for (std::uint32_t i = 0; i < count; i++) {
    const float value = static_cast<float>(static_cast<int>(random() % 21) - 10) / 4;
    p.dense[indices[i]] = value;
    std::memcpy(p.packed.data() + 1 + i, &indices[i], sizeof indices[i]);
    p.packed[1 + kCapacity + i] = value;
  }
  return p;
}

TEST("sparse kernels: as the dense vectors say") {
  std::mt19937 random(3);
  const DistanceKernels& dense = scalar_distance_kernels;
  for (int round = 0; round < 2000; round++) {
    const Pair a = random_pair(random), b = random_pair(random);
    const float *x = a.packed.data(), *y = b.packed.data(), *p = a.dense.data(), *q = b.dense.data();
    CHECK(std::abs(sparse_l2_squared(x, y, kPlaces) - dense.l2_squared(p, q, kDimensions)) < 1e-3f);
    CHECK(std::abs(sparse_inner_product(x, y, kPlaces) - dense.inner_product(p, q, kDimensions)) < 1e-3f);
    CHECK(std::abs(sparse_l1(x, y, kPlaces) - dense.l1(p, q, kDimensions)) < 1e-3f);
    CHECK(std::abs(sparse_cosine_sums(x, y, kPlaces).norm_b - dense.inner_product(q, q, kDimensions)) < 1e-3f);
  }
}

TEST("sparse kernels: a count beyond the places is not believed") {
  std::vector<float> a(kPlaces, 0.0f);
  const std::uint32_t count = UINT32_MAX;
  std::memcpy(a.data(), &count, sizeof count);
  CHECK_EQ(sparse_inner_product(a.data(), a.data(), kPlaces), 0.0f);
}

}  // namespace
