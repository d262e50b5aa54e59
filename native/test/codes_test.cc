// codes_test.cc: short forms of vectors: conversions, every variant against float64, walks by codes.
#include <cmath>
#include <limits>
#include <random>
#include <thread>

#include "../kernels/codes.h"
#include "check.h"
#include "hnsw_test_data.h"

namespace {
using namespace orrery;
using namespace orrery::kernels;
using namespace orrery::test;
using index::Metric;
using index::hnsw::Graph;
using index::hnsw::Options;
using index::hnsw::Quantization;
using index::hnsw::Quantizer;

constexpr Quantization kAll[] = {Quantization::kF16, Quantization::kBf16, Quantization::kInt8, Quantization::kBinary};

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

TEST("codes: halves round to nearest even and come back") {
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

TEST("codes: every variant agrees with float64 at every length") {
  std::mt19937 random(2);
  std::normal_distribution<float> normal;
  for (const CodeKernels* k : runnable_code_kernels())
    for (const std::size_t n : {0u, 64u, 128u, 192u, 832u, 1536u, 16000u}) {
      std::vector<std::uint16_t> a(n), b(n), c(n), d(n);
      std::vector<std::int8_t> p(n), q(n);
      double l2 = 0, dot = 0, l1 = 0, terms = 0, l2_b = 0;
      std::int64_t product = 0;
      std::int32_t sum = 0;
      for (std::size_t i = 0; i < n; i++) {
        a[i] = to_f16(normal(random)), b[i] = to_f16(normal(random)), c[i] = to_bf16(normal(random)), d[i] = to_bf16(normal(random));
        const double x = from_f16(a[i]), y = from_f16(b[i]), z = static_cast<double>(from_bf16(c[i])) - from_bf16(d[i]);
        l2 += (x - y) * (x - y), dot += x * y, l1 += std::fabs(x - y), terms += std::fabs(x * y), l2_b += z * z;
        p[i] = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127), q[i] = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
        if (i % 3 == 0) p[i] = q[i] = 127;
        product += p[i] * q[i], sum += q[i];
      }
      CHECK(std::fabs(k->f16.l2_squared(a.data(), b.data(), n) - l2) <= 1e-5 * l2);
      CHECK(std::fabs(k->f16.inner_product(a.data(), b.data(), n) - dot) <= 1e-5 * terms);
      CHECK(std::fabs(k->f16.l1(a.data(), b.data(), n) - l1) <= 1e-5 * l1);
      CHECK(std::fabs(k->bf16.l2_squared(c.data(), d.data(), n) - l2_b) <= 1e-5 * l2_b);
      CHECK_EQ(k->dot_int8(p.data(), q.data(), sum, n), product);
    }
}

TEST("codes: bytes are the same from every variant, at every length and scale") {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  for (std::size_t n = 0; n < 70; n++)
    for (const float scale : {1.0f, 1e-3f, 3e37f, 1e-30f, 1e-37f, 1e-43f, 0.0f}) {
      std::vector<float> values(n);
      float largest = 0;
      for (float& x : values) x = normal(random) * scale, largest = std::max(largest, std::fabs(x));
      for (const CodeKernels* k : runnable_code_kernels()) {
        std::vector<std::int8_t> bytes(n);
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
        std::vector<std::int8_t> reference(n);
        runnable_code_kernels().front()->to_int8(values.data(), reference.data(), n);
        CHECK(bytes == reference);
      }
    }
}

TEST("codes: distances are those of the vectors, nearly") {
  const Vectors v = random_vectors(100, 70, 4);
  for (const Quantization quantization : {Quantization::kF16, Quantization::kBf16, Quantization::kInt8})
    for (const Metric metric : {Metric::kL2, Metric::kInnerProduct, Metric::kCosine}) {
      const Quantizer quantizer(quantization, metric, 70);
      std::vector<std::uint8_t> a(quantizer.code_bytes() + 16), b(quantizer.code_bytes() + 16);
      std::uint8_t* x = a.data() + (16 - reinterpret_cast<std::uintptr_t>(a.data()) % 16);
      std::uint8_t* y = b.data() + (16 - reinterpret_cast<std::uintptr_t>(b.data()) % 16);
      for (std::size_t i = 0; i + 1 < 100; i++) {
        quantizer.encode(v.at(i), x);
        quantizer.encode(v.at(i + 1), y);
        double exact = index::hnsw::sql_distance(metric, v.at(i), v.at(i + 1), 70);
        if (metric == Metric::kL2) exact *= exact;
        const double unit = metric == Metric::kCosine ? 1 : 70;
        CHECK(std::fabs(quantizer.distance(x, y) - exact) < unit * 0.02);
      }
    }
}

TEST("codes: vectors are not nearer than their codes allow, and codes allow little") {
  for (const Quantization quantization : kAll)
    for (const Metric metric : {Metric::kL2, Metric::kInnerProduct, Metric::kCosine})
      for (const std::uint32_t dimensions : {3u, 70u, 700u})
        for (const float scale : {1e-4f, 1.0f, 1000.0f}) {
          Vectors v = random_vectors(60, dimensions, 7);
          for (float& x : v.values) x *= scale;
          const Quantizer quantizer(quantization, metric, dimensions);
          std::vector<std::uint8_t> a(quantizer.code_bytes() + 16), b(quantizer.code_bytes() + 16);
          std::uint8_t* x = a.data() + (16 - reinterpret_cast<std::uintptr_t>(a.data()) % 16);
          std::uint8_t* y = b.data() + (16 - reinterpret_cast<std::uintptr_t>(b.data()) % 16);
          for (std::size_t i = 0; i < 60; i++)
            for (const std::size_t j : {(i + 1) % 60, i}) {
              quantizer.encode(v.at(i), x);
              quantizer.encode(v.at(j), y);
              double exact = index::hnsw::sql_distance(metric, v.at(i), v.at(j), dimensions);
              if (metric == Metric::kL2) exact *= exact;
              const float least = quantizer.at_least(quantizer.distance(x, y), x, y);
              if (quantization == Quantization::kBinary) {
                CHECK(std::isinf(least) && least < 0);
                continue;
              }
              const double unit = metric == Metric::kCosine ? 1 : static_cast<double>(scale) * scale * dimensions;
              CHECK(least <= exact + 1e-6 * unit);
              CHECK(least > exact - 0.25 * unit);
            }
        }
}

TEST("codes: a zero vector, huge and tiny values") {
  for (const Quantization quantization : kAll) {
    const Quantizer quantizer(quantization, Metric::kL2, 3);
    alignas(16) std::uint8_t x[256], y[256];
    const float zero[3] = {0, 0, 0}, tiny[3] = {1e-42f, -1e-42f, 0}, huge[3] = {3e38f, -3e38f, 1};
    for (const float* vector : {zero, tiny, huge}) {
      quantizer.encode(vector, x);
      quantizer.encode(zero, y);
      const float d = quantizer.distance(x, y);
      CHECK(d >= 0 || std::isnan(d));
    }
  }
}

TEST("codes: a walk by codes finds what a walk by vectors finds") {
  const Vectors v = clustered_vectors(1500, 32, 20, 6);
  const Vectors queries = clustered_vectors(60, 32, 20, 6);
  for (const Quantization quantization : kAll)
    for (const Metric metric : {Metric::kL2, Metric::kInnerProduct, Metric::kCosine}) {
      Options options{metric, 32, 16, 64};
      options.quantization = quantization;
      Graph graph(options);
      CHECK(graph.build(items_of(v), 2).is_ok());
      const bool is_rough = quantization == Quantization::kBinary;
      const Recall recall = recall_of(graph, v, queries, 10, is_rough ? 800 : 100, nullptr, false, every_row);
      CHECK_EQ(recall.fewest, 10u);
      if (!is_rough) CHECK(recall.average > 0.95);
      // Answers come in the order of the vectors' own distances.
      index::hnsw::Scan scan(graph, queries.at(0), 50, nullptr, false);
      const auto hits = take(scan, 10);
      for (std::size_t i = 1; i < hits.size(); i++) CHECK(hits[i - 1].distance <= hits[i].distance);

      ByteWriter image;
      graph.save(image, nullptr);
      CHECK(Graph::quantization_of(ByteReader(image.span())) == quantization);
      Graph loaded(options);
      ByteReader reader(image.span());
      CHECK(loaded.load(reader, [&](storage::RowId row, index::hnsw::Item* item) {
        *item = {row, static_cast<std::uint32_t>(row - 1), v.at(row - 1)};
        return true;
      }).is_ok());
      const Recall again = recall_of(loaded, v, queries, 10, is_rough ? 800 : 100, nullptr, false, every_row);
      CHECK(std::fabs(again.average - recall.average) < 0.02);
      Options other = options;
      other.quantization = Quantization::kNone;
      Graph wrong(other);
      ByteReader same(image.span());
      CHECK(!wrong.load(same, [](storage::RowId, index::hnsw::Item*) { return true; }).is_ok());
    }
}

TEST("threads: inserts, removals and scans of a quantized graph at once") {
  const Vectors v = random_vectors(2000, 24, 8);
  Options options{Metric::kCosine, 24, 8, 32};
  options.quantization = Quantization::kInt8;
  Graph graph(options);
  const auto items = items_of(v);
  CHECK(graph.build(std::span(items).first(1000), 2).is_ok());
  std::thread writer([&] { for (std::size_t i = 1000; i < 2000; i++) CHECK(graph.insert(items[i]).is_ok()); });
  std::thread remover([&] { for (std::size_t i = 0; i < 500; i++) graph.remove(items[i].row, items[i].slot); graph.repair(); });
  for (int i = 0; i < 200; i++) {
    index::hnsw::Scan scan(graph, v.at(static_cast<std::size_t>(i)), 20, nullptr, false);
    CHECK(take(scan, 5).size() == 5);
  }
  writer.join();
  remover.join();
}
