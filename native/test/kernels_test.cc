// kernels_test.cc: every variant that this processor runs agrees with a float64 reference.
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include "../kernels/bits.h"
#include "../kernels/codes.h"
#include "../kernels/distance.h"
#include "check.h"

namespace {
using namespace orrery::kernels;

constexpr std::size_t kSizes[] = {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 127, 128, 129, 784, 1537, 15999, 16000};

struct Reference {
  double l2 = 0, dot = 0, dot_terms = 0, l1 = 0, norm_a = 0, norm_b = 0;
};
Reference reference_of(const std::vector<float>& a, const std::vector<float>& b) {
  Reference r;
  for (std::size_t i = 0; i < a.size(); i++) {
    const double x = a[i], y = b[i];
    r.l2 += (x - y) * (x - y);
    r.dot += x * y;
    r.dot_terms += std::fabs(x * y);
    r.l1 += std::fabs(x - y);
    r.norm_a += x * x;
    r.norm_b += y * y;
  }
  return r;
}
bool close(double value, double reference, double terms) { return std::fabs(value - reference) <= 1e-5 * terms; }

template <typename Kernels>
std::string names_of(std::span<const Kernels* const> variants) {
  std::string names;
  for (const Kernels* k : variants) names += (names.empty() ? "" : " ") + std::string(k->name);
  return names;
}
}  // namespace

TEST("kernels: the variants are those that ORRERY_KERNELS says, where it is set (native/Makefile: test-aarch64)") {
  const char* expected = std::getenv("ORRERY_KERNELS");
  if (expected == nullptr) return;
  const std::string names =
      names_of(runnable_distance_kernels()) + ", " + names_of(runnable_code_kernels()) + ", " + names_of(runnable_bit_kernels());
  CHECK_EQ(names, expected);
  if (names != expected) std::cerr << "  " << names << "\n";
}

TEST("kernels: error is at most 1e-5 of the sum of the terms' magnitudes at every size") {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> signed_values(-10, 10), positive_values(0, 255);
  for (const DistanceKernels* k : runnable_distance_kernels())
    for (const std::size_t n : kSizes)
      for (int round = 0; round < 4; round++) {
        std::vector<float> a(n), b(n);
        for (std::size_t i = 0; i < n; i++) {
          a[i] = round % 2 == 0 ? signed_values(random) : positive_values(random);
          b[i] = round % 2 == 0 ? signed_values(random) : positive_values(random);
        }
        const Reference r = reference_of(a, b);
        CHECK(close(k->l2_squared(a.data(), b.data(), n), r.l2, r.l2));
        CHECK(close(k->inner_product(a.data(), b.data(), n), r.dot, r.dot_terms));
        CHECK(close(k->l1(a.data(), b.data(), n), r.l1, r.l1));
        const CosineSums sums = k->cosine_sums(a.data(), b.data(), n);
        CHECK(close(sums.dot, r.dot, r.dot_terms));
        CHECK(close(sums.norm_a, r.norm_a, r.norm_a));
        CHECK(close(sums.norm_b, r.norm_b, r.norm_b));
        CHECK_EQ(k->l2_squared(a.data(), a.data(), n), 0.0f);
      }
}

TEST("kernels: a NaN at any place gives NaN, an infinity is kept") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  for (const DistanceKernels* k : runnable_distance_kernels())
    for (const std::size_t n : {1u, 5u, 16u, 33u, 100u, 784u})
      for (std::size_t at = 0; at < n; at += n > 100 ? 97 : 1) {
        std::vector<float> a(n, 1.0f), b(n, 2.0f);
        a[at] = nan;
        CHECK(std::isnan(k->l2_squared(a.data(), b.data(), n)));
        CHECK(std::isnan(k->inner_product(a.data(), b.data(), n)));
        CHECK(std::isnan(k->l1(a.data(), b.data(), n)));
        CHECK(std::isnan(k->cosine_sums(a.data(), b.data(), n).dot));
        CHECK(std::isnan(k->cosine_sums(b.data(), a.data(), n).norm_b));
        a[at] = infinity;
        CHECK_EQ(k->l2_squared(a.data(), b.data(), n), infinity);
        CHECK_EQ(k->inner_product(a.data(), b.data(), n), infinity);
        CHECK_EQ(k->l1(a.data(), b.data(), n), infinity);
        b[at] = infinity;
        CHECK(std::isnan(k->l2_squared(a.data(), b.data(), n)));
      }
}

TEST("kernels: unaligned vectors give the same sums") {
  std::vector<float> a(200), b(200);
  for (std::size_t i = 0; i < 200; i++) {
    a[i] = static_cast<float>(i % 13);
    b[i] = static_cast<float>(i % 7);
  }
  for (const DistanceKernels* k : runnable_distance_kernels())
    for (std::size_t shift = 0; shift < 5; shift++)
      CHECK_EQ(k->l2_squared(a.data() + shift, b.data() + shift, 190), scalar_distance_kernels.l2_squared(a.data() + shift, b.data() + shift, 190));
}

TEST("kernels: cosine distance stays in [0, 2] and is NaN for a zero vector") {
  CHECK_EQ(cosine_distance({2.0f, 1.0f, 1.0f}), 0.0);
  CHECK_EQ(cosine_distance({-2.0f, 1.0f, 1.0f}), 2.0);
  CHECK_EQ(cosine_distance({0.0f, 1.0f, 1.0f}), 1.0);
  CHECK(std::isnan(cosine_distance({0.0f, 0.0f, 1.0f})));
}

TEST("kernels: every variant counts the bits that strings share, at every length and place") {
  std::mt19937 random(3);
  std::vector<std::uint32_t> a(2100), b(2100);
  for (std::size_t i = 0; i < a.size(); i++) a[i] = static_cast<std::uint32_t>(random()), b[i] = static_cast<std::uint32_t>(random());
  for (const BitKernels* k : runnable_bit_kernels())
    for (const std::size_t n : {0u, 1u, 2u, 3u, 15u, 16u, 17u, 31u, 48u, 1999u, 2000u})
      for (const std::size_t from : {0u, 1u, 5u}) {
        std::uint64_t differ = 0, both = 0, either = 0;
        for (std::size_t i = from; i < from + n; i++) {
          differ += static_cast<std::uint64_t>(std::popcount(a[i] ^ b[i]));
          both += static_cast<std::uint64_t>(std::popcount(a[i] & b[i]));
          either += static_cast<std::uint64_t>(std::popcount(a[i] | b[i]));
        }
        CHECK_EQ(k->hamming(a.data() + from, b.data() + from, n), differ);
        const SharedBits shared = k->shared(a.data() + from, b.data() + from, n);
        CHECK_EQ(shared.both, both);
        CHECK_EQ(shared.either, either);
      }
  CHECK_EQ(jaccard_distance({0, 0}), 1.0);
  CHECK_EQ(jaccard_distance({1, 4}), 0.75);
}
