// code_kernels_test.cc: short forms of vectors: conversions, and every variant that this processor runs against float64.
#include <cmath>
#include <limits>
#include <random>

#include "../kernels/codes.h"
#include "check.h"

namespace {
using namespace orrery::kernels;

/// Multiples of kCodePadding; vectors of SVE's are up to 256 bytes long, and not all of them a power of two.
constexpr std::size_t kLengths[] = {0, 64, 128, 192, 256, 320, 448, 832, 1536, 16000};

struct Half {
  const HalfKernels& kernels;
  std::uint16_t (*to)(float);
  float (*from)(std::uint16_t);
};
std::vector<std::uint16_t> random_halves(std::mt19937& random, std::size_t n, std::uint16_t (*to)(float)) {
  std::normal_distribution<float> normal;
  std::vector<std::uint16_t> halves(n);
  for (std::uint16_t& half : halves) half = to(normal(random));
  return halves;
}

/// Of two halves the one that is nearer: the reference for rounding.
std::uint16_t nearest_half(float value, float (*from)(std::uint16_t), std::uint16_t infinity) {
  std::uint16_t best = 0;
  double gap = std::numeric_limits<double>::infinity();
  for (std::uint32_t bits = 0; bits < infinity; bits++) {
    const double d = std::fabs(static_cast<double>(from(static_cast<std::uint16_t>(bits))) - std::fabs(value));
    if (d < gap || (d == gap && bits % 2 == 0)) gap = d, best = static_cast<std::uint16_t>(bits);
  }
  return static_cast<std::uint16_t>(best | (std::signbit(value) ? 0x8000 : 0));
}
}  // namespace

TEST("code kernels: halves round to nearest even and come back") {
  for (std::uint32_t bits = 0; bits < 0x10000; bits++) {
    const auto half = static_cast<std::uint16_t>(bits);
    if (std::isnan(from_f16(half))) CHECK(std::isnan(from_f16(to_f16(from_f16(half)))));
    else CHECK_EQ(to_f16(from_f16(half)), half);
    if (std::isnan(from_bf16(half))) CHECK(std::isnan(from_bf16(to_bf16(from_bf16(half)))));
    else CHECK_EQ(to_bf16(from_bf16(half)), half);
  }
  CHECK_EQ(to_f16(65519.0f), 0x7bff);
  CHECK_EQ(to_f16(65520.0f), 0x7c00);
  CHECK_EQ(to_f16(-1e30f), 0xfc00);
  std::mt19937 random(1);
  std::uniform_real_distribution<float> exponent(-26, 15);
  for (int i = 0; i < 300; i++) {
    const float value = std::exp2(exponent(random)) * (random() % 2 == 0 ? 1 : -1);
    CHECK_EQ(to_f16(value), nearest_half(value, from_f16, 0x7c00));
    CHECK_EQ(to_bf16(value), nearest_half(value, from_bf16, 0x7f80));
  }
}

TEST("code kernels: every variant agrees with float64 at every length") {
  std::mt19937 random(2);
  for (const CodeKernels* k : runnable_code_kernels())
    for (const std::size_t n : kLengths) {
      for (const Half& half : {Half{k->f16, to_f16, from_f16}, Half{k->bf16, to_bf16, from_bf16}}) {
        const auto a = random_halves(random, n, half.to), b = random_halves(random, n, half.to);
        double l2 = 0, dot = 0, l1 = 0, terms = 0;
        for (std::size_t i = 0; i < n; i++) {
          const double x = half.from(a[i]), y = half.from(b[i]);
          l2 += (x - y) * (x - y), dot += x * y, l1 += std::fabs(x - y), terms += std::fabs(x * y);
        }
        CHECK(std::fabs(half.kernels.l2_squared(a.data(), b.data(), n) - l2) <= 1e-5 * l2);
        CHECK(std::fabs(half.kernels.inner_product(a.data(), b.data(), n) - dot) <= 1e-5 * terms);
        CHECK(std::fabs(half.kernels.l1(a.data(), b.data(), n) - l1) <= 1e-5 * l1);
        CHECK_EQ(half.kernels.l2_squared(a.data(), a.data(), n), 0.0f);
      }
      std::vector<std::int8_t> p(n), q(n);
      std::int64_t product = 0;
      std::int32_t sum = 0;
      for (std::size_t i = 0; i < n; i++) {
        p[i] = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127), q[i] = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
        if (i % 3 == 0) p[i] = q[i] = 127;
        product += p[i] * q[i], sum += q[i];
      }
      CHECK_EQ(k->dot_int8(p.data(), q.data(), sum, n), product);
    }
}

TEST("code kernels: the largest bytes do not overflow") {
  const std::size_t n = 16000;
  const std::vector<std::int8_t> most(n, 127), least(n, -127);
  for (const CodeKernels* k : runnable_code_kernels()) {
    CHECK_EQ(k->dot_int8(most.data(), most.data(), 127 * 16000, n), 127 * 127 * 16000);
    CHECK_EQ(k->dot_int8(least.data(), least.data(), -127 * 16000, n), 127 * 127 * 16000);
    CHECK_EQ(k->dot_int8(most.data(), least.data(), -127 * 16000, n), -127 * 127 * 16000);
  }
}

TEST("code kernels: a NaN at any place gives NaN, an infinity is kept") {
  constexpr std::size_t n = 192;
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  for (const CodeKernels* k : runnable_code_kernels())
    for (const Half& half : {Half{k->f16, to_f16, from_f16}, Half{k->bf16, to_bf16, from_bf16}})
      for (std::size_t at = 0; at < n; at++) {
        std::vector<std::uint16_t> a(n, half.to(1)), b(n, half.to(2));
        a[at] = half.to(nan);
        CHECK(std::isnan(half.kernels.l2_squared(a.data(), b.data(), n)));
        CHECK(std::isnan(half.kernels.inner_product(b.data(), a.data(), n)));
        CHECK(std::isnan(half.kernels.l1(a.data(), b.data(), n)));
        a[at] = half.to(infinity);
        CHECK_EQ(half.kernels.l2_squared(a.data(), b.data(), n), infinity);
        CHECK_EQ(half.kernels.inner_product(b.data(), a.data(), n), infinity);
        CHECK_EQ(half.kernels.l1(a.data(), b.data(), n), infinity);
      }
}

TEST("code kernels: subnormal binary16 counts, at any alignment") {
  constexpr std::size_t n = 128;
  std::vector<std::uint16_t> tiny(n + 5, 3), ones(n + 5, to_f16(1));  // 3 * 2^-24
  for (const CodeKernels* k : runnable_code_kernels())
    for (std::size_t shift = 0; shift < 5; shift++) {
      CHECK_EQ(k->f16.inner_product(tiny.data() + shift, ones.data() + shift, n), 3 * 0x1p-24f * n);
      CHECK_EQ(k->f16.l1(tiny.data() + shift, tiny.data() + 5 - shift, n), 0.0f);
    }
}

TEST("code kernels: bytes are the same from every variant, at every length and scale") {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  for (std::size_t n = 0; n < 2000; n += n < 70 ? 1 : 577)
    for (const float scale : {1.0f, 1e-3f, 3e37f, 1e-30f, 1e-37f, 1e-43f, 0.0f}) {
      std::vector<float> values(n);
      float largest = 0;
      for (float& x : values) x = normal(random) * scale, largest = std::max(largest, std::fabs(x));
      for (const CodeKernels* k : runnable_code_kernels()) {
        std::vector<std::int8_t> bytes(n + 1, 99);
        const Int8Sums sums = k->to_int8(values.data(), bytes.data(), n);
        std::int64_t sum = 0, squares = 0;
        for (std::size_t i = 0; i < n; i++) {
          const double exact = largest == 0 ? 0 : values[i] * 127.0 / largest;
          CHECK(std::fabs(bytes[i] - exact) <= 0.5 + 1e-4);
          sum += bytes[i], squares += bytes[i] * bytes[i];
        }
        CHECK_EQ(sums.sum, sum);
        CHECK_EQ(sums.squares, squares);
        CHECK_EQ(sums.scale, largest / 127);
        CHECK_EQ(bytes[n], 99);
        std::vector<std::int8_t> reference(n + 1, 99);
        runnable_code_kernels().front()->to_int8(values.data(), reference.data(), n);
        CHECK(bytes == reference);
      }
    }
}
